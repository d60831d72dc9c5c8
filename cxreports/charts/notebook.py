"""How notebooks show graphs: as Vega-Lite 5, which their front ends draw without a network.

JupyterLab, Notebook 7 and VS Code bring Vega-Lite 5 along. altair's own renderers have them load Vega 6
from another host, or write a type (``vnd.vegalite.v6.json``) that none of them draws.
"""

from __future__ import annotations

import warnings
from typing import Any, Final

from cxreports.charts.theme import alt
from cxreports.language import _

RENDERER: Final = "cxreports"
"""altair's name of the renderer."""

MIME_TYPE: Final = "application/vnd.vegalite.v5+json"

WIDTH: Final = 720
"""Pixels of a graph that has no width of its own."""

_SCHEMA: Final = "https://vega.github.io/schema/vega-lite/v5.json"
"""Name of the version, which nobody loads; of another one, front ends warn."""

_ONLY_ERRORS: Final = 1

_OPTIONS: Final = {
    "renderer": "svg",
    "logLevel": _ONLY_ERRORS,
    "actions": {"export": True, "source": False, "compiled": False, "editor": False},
}
"""Options of the front end's vega-embed: its menu saves pictures, and leads to no other host."""

_ELSEWHERE: Final = 'alt.renderers.enable("html")'


def joined(*graphs: alt.LayerChart, width: int = WIDTH) -> alt.VConcatChart:
    """Graphs below one another, which share pointer and zoom.

    Parameters
    ----------
    width
        Pixels of each.
    """
    with warnings.catch_warnings():
        # altair warns that they share pointer and zoom.
        warnings.filterwarnings("ignore", "Automatically deduplicated", UserWarning)
        return alt.vconcat(*(graph.properties(width=width) for graph in graphs))


def _outputs(spec: dict[str, Any], **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Outputs of a cell by their type, and the options of each."""
    # JupyterLab widens the place of a graph that is as wide as its place, and draws it again for ever.
    width = {"width": WIDTH} if spec.get("width") == "container" else {}
    instead = _(
        "Graph: JupyterLab, Notebook 7 and VS Code draw it. Elsewhere, {renderer} does, over the network."
    ).format(renderer=_ELSEWHERE)
    embedded = {**_OPTIONS, **options.get("embed_options", {})}
    return (
        {MIME_TYPE: {**spec, **width, "$schema": _SCHEMA}, "text/plain": instead},
        {MIME_TYPE: {**options, "embed_options": embedded}},
    )


alt.renderers.register(RENDERER, _outputs)
# A renderer that the analyst enabled before, or gave options, stays.
if alt.renderers.active == "default" and not alt.renderers.options:
    alt.renderers.enable(RENDERER)
