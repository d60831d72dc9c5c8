"""Times for which an alert fires, as they stand in a graph: a tinted stretch with the alert's title."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from cxreports.charts.drawing import inline
from cxreports.charts.points import wall_clock
from cxreports.charts.theme import alt

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from cxreports.charts.drawing import Rows


def firing_rows(frame: pl.DataFrame, firing: Sequence[tuple[str, datetime]]) -> Rows:
    """Stretches from when alerts fired to the end of a series; of those that began in one place one title."""
    if frame.height <= 1 or not firing:
        return []
    clocks = wall_clock(frame["start"])
    first, last = int(clocks[0]), int(clocks[-1]) + int(clocks[-1]) - int(clocks[-2])
    since = pl.Series("start", [at for _, at in firing]).dt.convert_time_zone(frame["start"].dtype.time_zone)  # type: ignore[attr-defined]
    begun = [max(first, int(each)) for each in wall_clock(since)]
    titles: dict[int, list[str]] = {}
    for start, (title, _at) in zip(begun, firing, strict=True):
        titles.setdefault(start, []).append(title)
    return [
        {"start": start, "end": last, "text": ", ".join(listed)}
        for start, listed in sorted(titles.items())
        if start < last
    ]


def firing_layers(rows: Rows) -> list[alt.Chart]:
    """Tint the stretches, and name the alerts above their beginnings."""
    at = alt.Chart(inline(rows))
    along = alt.X("start:T").scale(type="utc")
    tint = at.mark_rect(style="limit", opacity=0.13).encode(x=along, x2=alt.X2("end:T"))
    edge = at.mark_rule(style="limit", strokeWidth=1.2).encode(x=along)
    text = at.mark_text(style="limit", align="right", baseline="top", y=16, dx=-4, fontSize=11)
    return [tint, edge, text.encode(x=along, text=alt.Text("text:N"))]
