"""How a notebook shows a graph: as Vega-Lite 5, which its front end draws without a network.

JupyterLab, Notebook 7 and VS Code bring Vega-Lite 5 along. altair's own renderers have them load Vega 6
from another host, or write a type (``vnd.vegalite.v6.json``) that none of them draws.
"""

from __future__ import annotations

from typing import Any, Final

from cxreports.charts.theme import alt
from cxreports.language import _

RENDERER: Final = "cxreports"
"""altair's name of the renderer."""

MIME_TYPE: Final = "application/vnd.vegalite.v5+json"

_SCHEMA: Final = "https://vega.github.io/schema/vega-lite/v5.json"
"""Name of the version, which nobody loads; another one makes front ends warn of what they draw."""

_OPTIONS: Final = {
    "renderer": "svg",
    "actions": {"export": True, "source": False, "compiled": False, "editor": False},
}
"""Options of the front end's vega-embed: its menu saves pictures, and leads nowhere else."""

_ELSEWHERE: Final = 'alt.renderers.enable("html")'


def _shown(spec: dict[str, Any], **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Outputs of a notebook's cell by their type, and the options of each."""
    instead = _(
        "Graph: JupyterLab, Notebook 7 and VS Code draw it. Elsewhere, {renderer} does, over the network."
    ).format(renderer=_ELSEWHERE)
    embedded = {**_OPTIONS, **options.get("embed_options", {})}
    return (
        {MIME_TYPE: {**spec, "$schema": _SCHEMA}, "text/plain": instead},
        {MIME_TYPE: {**options, "embed_options": embedded}},
    )


alt.renderers.register(RENDERER, _shown)
# A renderer that the analyst enabled before, or gave options, stays.
if alt.renderers.active == "default" and not alt.renderers.options:
    alt.renderers.enable(RENDERER)
