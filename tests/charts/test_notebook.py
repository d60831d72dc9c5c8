"""How notebooks show graphs: whose renderer it is, and what it writes."""

import subprocess
import sys

import pytest

CHOOSE = """
import altair as alt
{before}
import cxreports
cxreports.charts
print(alt.renderers.active, alt.renderers.options)
"""


@pytest.mark.parametrize(
    ("before", "chosen"),
    [
        ("", "cxreports {}"),
        ("alt.renderers.enable('mimetype')", "mimetype {}"),
        ("alt.renderers.set_embed_options(scaleFactor=2)", "default {'embed_options': {'scaleFactor': 2}}"),
    ],
)
def test_a_renderer_that_the_analyst_chose_stays(before: str, chosen: str) -> None:
    program = CHOOSE.format(before=before)
    ran = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert ran.stdout.strip() == chosen


def test_options_of_the_analyst_come_before_ours_and_the_chart_stays_as_it_was() -> None:
    from cxreports.charts.notebook import _outputs

    spec = {"mark": "bar", "width": 300}
    shown, metadata = _outputs(spec, embed_options={"renderer": "canvas"})
    assert shown["application/vnd.vegalite.v5+json"]["width"] == 300
    assert metadata["application/vnd.vegalite.v5+json"]["embed_options"]["renderer"] == "canvas"
    assert not metadata["application/vnd.vegalite.v5+json"]["embed_options"]["actions"]["editor"]
    assert spec == {"mark": "bar", "width": 300}
    assert 'alt.renderers.enable("html")' in shown["text/plain"]
