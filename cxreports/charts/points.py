"""Points of a graph over time: what a series' rows look like when a chart embeds them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import polars as pl

from cxreports.metrics import FEW_CALLS

if TYPE_CHECKING:
    from cxreports.charts.drawing import Rows

MOST_POINTS: Final = 1_500
"""Points of a line that are embedded in a chart; of more, the highest and lowest are kept."""

MINUS: Final = "\N{MINUS SIGN}"

_HOUR_MS: Final = 3_600_000
_MINUTE_MS: Final = 60_000


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
    clocks = wall_clock(frame["start"])
    so_far, few = _marks(frame)
    value = pl.when(~pl.col("so_far")).then(columns[0])
    strong = pl.when(~pl.col("few")).then(value)
    faint_alone, strong_alone = (
        each.is_not_null() & each.shift(1).is_null() & each.shift(-1).is_null() for each in (value, strong)
    )
    embedded = (
        frame.select(clocks, pl.col(columns).cast(pl.Float64), offset=_offsets(frame["start"], clocks))
        .with_columns(
            turn=(clocks.diff() <= 0).fill_null(value=False).cum_sum(), so_far=so_far, few=few & ~so_far
        )
        .with_columns(lone=pl.when("few").then(faint_alone).otherwise(strong_alone))
    )
    return [
        {
            key: int(figure) if isinstance(figure, float) and figure.is_integer() else figure
            for key, figure in row.items()
            if key in columns or figure
        }
        for row in _thinned(embedded, columns[0]).to_dicts()
    ]


def _marks(frame: pl.DataFrame) -> tuple[pl.Series, pl.Series]:
    """Which buckets are not over, and which have few calls."""
    no = pl.repeat(value=False, n=frame.height, eager=True)
    so_far = frame["so_far"] if "so_far" in frame.columns else no
    few = (frame["weight"] < FEW_CALLS).fill_null(value=False) if "weight" in frame.columns else no
    return so_far, few


def _offsets(starts: pl.Series, clocks: pl.Series) -> pl.Series:
    """Offset from UTC of times that the clocks show twice: ``+2`` and ``+1``, else null."""
    twice = clocks.is_duplicated()
    offsets = (clocks - starts.dt.epoch("ms")).to_list()
    texts = [_offset(each) if again else None for each, again in zip(offsets, twice, strict=True)]
    return pl.Series("offset", texts, pl.String)


def _offset(milliseconds: int) -> str:
    hours, rest = divmod(abs(milliseconds), _HOUR_MS)
    minutes = f":{rest // _MINUTE_MS:02d}" if rest else ""
    sign = "+" if milliseconds >= 0 else MINUS
    return f"{sign}{hours}{minutes}"


def wall_clock(starts: pl.Series) -> pl.Series:
    """Milliseconds that UTC's clocks need to show what the zone's clocks show."""
    return starts.dt.replace_time_zone(None).dt.epoch("ms").alias("start")


def shifted(previous: pl.DataFrame, frame: pl.DataFrame, column: str) -> Rows:
    """Points of the previous period, moved to where this period's times stand.

    Its last bucket is cut where this period's is, so it is marked as this one is.
    """
    if previous.is_empty() or frame.is_empty():
        return []
    clocks = wall_clock(frame["start"])
    begun, ended = clocks.sort().gather([0, -1])
    cut = clocks.filter(_marks(frame)[0]).min()
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


def _thinned(points: pl.DataFrame, column: str) -> pl.DataFrame:
    """Keep the highest and the lowest bucket of each stretch when there are too many points."""
    if points.height <= MOST_POINTS:
        return points
    stretch = -(-2 * points.height // MOST_POINTS)
    numbered = points.with_row_index("row").with_columns(part=pl.col("row") // stretch)
    filled = pl.col(column).fill_null(float("-inf"))
    kept = numbered.group_by("part").agg(
        pl.col("row").get(filled.arg_max()).alias("high"), pl.col("row").get(filled.arg_min()).alias("low")
    )
    rows = pl.concat([kept["high"], kept["low"]]).unique()
    return numbered.filter(pl.col("row").is_in(rows.implode())).drop("row", "part")
