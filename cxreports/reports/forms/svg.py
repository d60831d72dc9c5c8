"""Graphs as SVG.

Of a graph of cxreports' own Vega draws what lies behind the lines, once for all that have the same axes, and
`lines` draws the lines. Graphs that are not cxreports' own are drawn one by one, as they say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cxreports import language
from cxreports.charts import Drawing
from cxreports.reports.document import CARD_PX
from cxreports.reports.forms import lines, vega

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cxreports.reports.document import Graph

_LEFT, _RIGHT, _ABOVE, _BELOW = 44, 10, 8, 20
"""Pixels around a graph's lines, for its labels."""

_WIDTH: Final = _LEFT + CARD_PX[0] + _RIGHT
_HEIGHT: Final = _ABOVE + CARD_PX[1] + _BELOW


def drawn(graphs: Sequence[Graph]) -> list[str]:
    """SVG of each graph, in the current language."""
    return [
        _picture(_elements(each.drawing))
        if isinstance(each.drawing, Drawing)
        else vega.of_specification(each.drawing)
        for each in graphs
    ]


def _elements(drawing: Drawing) -> str:
    axes = lines.extent(drawing)
    if axes is None:
        return vega.whole(drawing)
    colours = vega.look(language.current())["style"]
    return vega.ground(drawing, axes) + lines.marks(drawing, axes, colours)


def _picture(elements: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{_HEIGHT}" '
        f'viewBox="{-_LEFT} {-_ABOVE} {_WIDTH} {_HEIGHT}">'
        f'<g fill="none" stroke-miterlimit="10">{elements}</g></svg>'
    )
