"""How notebooks show graphs: whose renderer it is, and what it writes."""

import subprocess
import sys

CHOOSE = """
import os, sys
sys.modules["rfc3987_syntax"] = None
import altair as alt
import cxreports.figures.bucket_sums
assert "cxreports.charts" not in sys.modules
for before in sys.argv[1:]:
    if not os.fork():
        exec(before)
        import cxreports
        cxreports.charts
        print(alt.renderers.active, alt.renderers.options, flush=True)
        os._exit(0)
    os.wait()
"""
"""Forks a process for each choice: what takes long is imported once, or not at all (`charts.theme`)."""

CHOSEN = {
    "": "cxreports {}",
    "alt.renderers.enable('mimetype')": "mimetype {}",
    "alt.renderers.set_embed_options(scaleFactor=2)": "default {'embed_options': {'scaleFactor': 2}}",
}
"""What is enabled then, by what the analyst did before."""


def test_a_renderer_that_the_analyst_chose_stays() -> None:
    command = [sys.executable, "-c", CHOOSE, *CHOSEN]
    ran = subprocess.run(command, check=True, capture_output=True, text=True)
    assert ran.stdout.splitlines() == list(CHOSEN.values())


def test_options_of_the_analyst_come_before_ours_and_the_chart_stays_as_it_was() -> None:
    from cxreports.charts.notebook import _outputs

    spec = {"mark": "bar", "width": 300}
    shown, metadata = _outputs(spec, embed_options={"renderer": "canvas"})
    assert shown["application/vnd.vegalite.v5+json"]["width"] == 300
    assert metadata["application/vnd.vegalite.v5+json"]["embed_options"]["renderer"] == "canvas"
    assert not metadata["application/vnd.vegalite.v5+json"]["embed_options"]["actions"]["editor"]
    assert spec == {"mark": "bar", "width": 300}
    assert 'alt.renderers.enable("html")' in shown["text/plain"]
