"""Points of a graph over time: what a series' rows look like when a chart embeds them."""

from __future__ import annotations

import math
from collections import Counter
from datetime import timedelta
from itertools import accumulate, pairwise
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
    clocks = wall_clock(frame["start"]).to_list()
    so_far, few = _marks(frame)
    # In lists: each step of polars takes longer than all of a graph's points.
    figures = frame.select(pl.col(columns).cast(pl.Float64)).to_dict(as_series=False)
    values = [None if is_open else each for each, is_open in zip(figures[columns[0]], so_far, strict=True)]
    few = [is_few and not is_open for is_few, is_open in zip(few, so_far, strict=True)]
    strong = [None if is_few else each for each, is_few in zip(values, few, strict=True)]
    back = (after <= before for before, after in pairwise(clocks))
    marks = {
        "offset": _offsets(frame["start"], clocks),
        "turn": list(accumulate(back, initial=0)),
        "so_far": so_far,
        "few": few,
        "lone": [_is_alone(values if is_few else strong, at) for at, is_few in enumerate(few)],
    }
    return [
        {
            "start": clocks[at],
            **{name: _whole(figures[name][at]) for name in columns},
            **{name: mark for name, of_all in marks.items() if (mark := of_all[at])},
        }
        for at in _kept(figures[columns[0]])
    ]


def _whole(figure: float | None) -> float | None:
    return int(figure) if figure is not None and figure.is_integer() else figure


def _is_alone(values: Sequence[float | None], at: int) -> bool:
    """Whether a value has no neighbour of its kind."""
    beside = (values[each] for each in (at - 1, at + 1) if 0 <= each < len(values))
    return values[at] is not None and all(each is None for each in beside)


def _marks(frame: pl.DataFrame) -> tuple[list[bool], list[bool]]:
    """Which buckets are not over, and which have few calls."""
    no = [False] * frame.height
    so_far = frame["so_far"].to_list() if "so_far" in frame.columns else no
    if "weight" not in frame.columns:
        return so_far, no
    return so_far, [each is not None and each < FEW_CALLS for each in frame["weight"].to_list()]


def _offsets(starts: pl.Series, clocks: Sequence[int]) -> list[str | None]:
    """Offset from UTC of times that the clocks show twice: ``+2`` and ``+1``, else None."""
    if len(set(clocks)) == len(clocks):
        return [None] * len(clocks)
    shown = Counter(clocks)
    return [
        offset(timedelta(milliseconds=clock - instant)) if shown[clock] > 1 else None
        for clock, instant in zip(clocks, starts.dt.epoch("ms").to_list(), strict=True)
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
    cut = min((each for each, is_open in zip(clocks, _marks(frame)[0], strict=True) if is_open), default=None)
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


def _kept(figures: Sequence[float | None]) -> Sequence[int]:
    """Which points are kept: the highest and the lowest bucket of each stretch when there are too many."""
    if len(figures) <= MOST_POINTS:
        return range(len(figures))
    filled = [-math.inf if each is None else each for each in figures]
    stretch = -(-2 * len(filled) // MOST_POINTS)
    parts = [range(low, min(low + stretch, len(filled))) for low in range(0, len(filled), stretch)]
    return sorted({pick(part, key=filled.__getitem__) for part in parts for pick in (max, min)})
