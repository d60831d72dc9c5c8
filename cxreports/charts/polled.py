"""What the switches said, as a fine line over the channels that the call records know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cxreports.charts.drawing import inline
from cxreports.charts.points import points_of
from cxreports.charts.theme import alt

if TYPE_CHECKING:
    import polars as pl

    from cxreports.charts.drawing import Rows


def polled_rows(polled: pl.DataFrame | None) -> Rows:
    """Points of the line; none where the switches said nothing."""
    return [] if polled is None else points_of(polled, ["most"])


def polled_layers(rows: Rows, height: alt.Y, along: Any) -> list[alt.Chart]:
    """Layer of the line."""
    said: alt.Chart = alt.Chart(inline(rows)).transform_calculate(drawn="datum.most")
    return [said.mark_line(style="muted", strokeWidth=0.8).encode(x=along, y=height)]
