"""Points of a graph over time: what a series' rows look like when a chart embeds them."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from itertools import accumulate, pairwise
from math import inf
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from cxreports.metrics import FEW_CALLS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cxreports.charts.drawing import Rows

MOST_POINTS: Final = 1_500
"""Points of a line that are embedded in a chart; of more, the highest and lowest are kept."""

MINUS: Final = "\N{MINUS SIGN}"

_HOUR: Final = timedelta(hours=1)
_MINUTE: Final = timedelta(minutes=1)
_MILLISECOND_US: Final = 1_000


def points_of(frame: pl.DataFrame, columns: list[str]) -> Rows:
    """Series as a chart embeds it: wall-clock milliseconds, numbers, and rare marks.

    ``turn`` counts how often the clocks went back, ``offset`` tells apart times that the clocks show twice,
    ``so_far`` marks a bucket that is not over, ``few`` a ratio of few calls, and ``lone`` a figure of whose
    kind no neighbour is, so that a line shows nothing of it.

    Parameters
    ----------
    frame
        A series; ``so_far`` and ``weight`` mark points only where it was read ``weighed``.
    columns
        What is drawn, first of all, and what the pointer tells.
    """
    # In Python: a graph has few points, and each step of polars costs as much as all of them here.
    clocks = wall_clock(frame["start"]).to_list()
    figures = frame.select(pl.col(columns).cast(pl.Float64)).to_dict(as_series=False)
    so_far, few = _marks(frame)
    value = [None if part else figure for figure, part in zip(figures[columns[0]], so_far, strict=True)]
    strong = [None if faint else figure for figure, faint in zip(value, few, strict=True)]
    marks: dict[str, Sequence[Any]] = {
        "offset": _offsets(frame["start"], clocks),
        "turn": list(accumulate(int(later <= earlier) for earlier, later in pairwise([-inf, *clocks]))),
        "so_far": so_far,
        "few": few,
        "lone": [_is_lone(value if faint else strong, at) for at, faint in enumerate(few)],
    }
    points = []
    for at in _kept(figures[columns[0]]):
        point: dict[str, Any] = {"start": clocks[at]} if clocks[at] else {}
        for name in columns:
            figure = figures[name][at]
            point[name] = int(figure) if figure is not None and figure.is_integer() else figure
        points.append(point | {name: mark[at] for name, mark in marks.items() if mark[at]})
    return points


def _marks(frame: pl.DataFrame) -> tuple[list[bool], list[bool]]:
    """Which buckets are not over, and which of the others have few calls."""
    no = [False] * frame.height
    so_far = frame["so_far"].to_list() if "so_far" in frame.columns else no
    weights = frame["weight"].to_list() if "weight" in frame.columns else no
    few = [weight is not None and weight is not False and weight < FEW_CALLS for weight in weights]
    return so_far, [faint and not part for faint, part in zip(few, so_far, strict=True)]


def _is_lone(values: Sequence[float | None], at: int) -> bool:
    return values[at] is not None and all(
        each is None for each in (*values[max(0, at - 1) : at], *values[at + 1 : at + 2])
    )


def _offsets(starts: pl.Series, clocks: Sequence[int]) -> list[str | None]:
    """Offset from UTC of times that the clocks show twice: ``+2`` and ``+1``, else nothing."""
    shown = Counter(clocks)
    if len(shown) == len(clocks):
        return [None] * len(clocks)
    instants = starts.dt.epoch("ms").to_list()
    return [
        offset(timedelta(milliseconds=clock - instant)) if shown[clock] > 1 else None
        for clock, instant in zip(clocks, instants, strict=True)
    ]


def offset(ahead: timedelta) -> str:
    """Offset from UTC that tells times apart: ``+2``, ``+5:30``."""
    hours, rest = divmod(abs(ahead), _HOUR)
    minutes = f":{rest // _MINUTE:02d}" if rest else ""
    sign = "+" if ahead >= timedelta() else MINUS
    return f"{sign}{hours}{minutes}"


def wall_clock(starts: pl.Series) -> pl.Series:
    """Milliseconds that UTC's clocks need to show what the zone's clocks show."""
    clocks = starts.dt.replace_time_zone(None).dt.cast_time_unit("us")
    return pl.Series("start", clocks.to_numpy().view(np.int64) // _MILLISECOND_US)


def shifted(previous: pl.DataFrame, frame: pl.DataFrame, column: str) -> Rows:
    """Points of the previous period, moved to where this period's times stand.

    Its last bucket is cut where this period's is, so it is marked as this one is.
    """
    if previous.is_empty() or frame.is_empty():
        return []
    clocks = wall_clock(frame["start"]).to_list()
    begun, ended = min(clocks), max(clocks)
    cut = min((clock for clock, part in zip(clocks, _marks(frame)[0], strict=True) if part), default=None)
    points = points_of(previous.select("start", column), [column])
    by = begun - points[0]["start"]
    moved = [{**point, "start": point["start"] + by} for point in points]
    return [
        point | ({"so_far": True} if cut is not None and point["start"] >= cut else {})
        for point in moved
        if point["start"] <= ended
    ]


def unfinished(points: Rows, column: str) -> Rows:
    """Points that are drawn apart: those of buckets that are not over, after the last one that is."""
    first = next((at for at, point in enumerate(points) if point.get("so_far")), None)
    if first is None:
        return []
    return [point for point in points[max(0, first - 1) :] if point[column] is not None]


def strip(points: Rows, text: str) -> list[dict[str, Any]]:
    """Stretch of time of the buckets that are not over, as wide as those before."""
    starts = [point["start"] for point in points]
    part = [point["start"] for point in points if point.get("so_far")]
    if not part or len(starts) == 1:
        return []
    return [{"start": part[0], "end": 2 * starts[-1] - starts[-2], "text": text}]


def _kept(values: Sequence[float | None]) -> Sequence[int]:
    """Places of the points that are embedded: of too many the highest and the lowest of each stretch."""
    count = len(values)
    if count <= MOST_POINTS:
        return range(count)
    stretch = -(-2 * count // MOST_POINTS)
    heights = [-inf if value is None else value for value in values]
    parts = [range(begin, min(begin + stretch, count)) for begin in range(0, count, stretch)]
    ends = (end(part, key=heights.__getitem__) for part in parts for end in (max, min))
    return sorted(set(ends))
