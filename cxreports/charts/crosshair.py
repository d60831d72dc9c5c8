"""The crosshair: what a graph over time tells at each of its times, as texts.

The browser places them beside the pointer without asking anybody; the heights are those that the
lines are drawn at.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from cxreports.charts.over_time import figures_of
from cxreports.charts.points import offset, wall_clock
from cxreports.charts.theme import tone
from cxreports.clock import from_microseconds, zone
from cxreports.language import _, current, date, date_and_time, ngettext
from cxreports.metrics import METRICS
from cxreports.wording import ABSENT, minutes, number, percent

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cxreports.clock import Instants

_SECONDS_A_MINUTE: Final = 60
_DAY: Final = timedelta(hours=20)
"""A bucket that is at least so long is a day, though the clocks change on it."""

_DIVIDED_BY: Final = {
    "asr": "attempts",
    "ner": "attempts",
    "pdd": "attempts",
    "acd": "connected",
    "dtmf": "connected",
}
"""Which calls a ratio is of."""

_PARTS: Final = {"asr": "connected", "dtmf": "calls"}
"""Where the calls that a ratio counts stand: in the attempts' frame, or in its own."""


@dataclass(frozen=True)
class Side:
    """Figures of a graph in one period.

    Attributes
    ----------
    frame
        Its series.
    attempts
        The series of the attempts in the same buckets, with the column ``connected``.
    """

    frame: pl.DataFrame
    attempts: pl.DataFrame


def crosshair(
    name: str, edges: Instants, tz: str, shown: Side, before: Side | None, called: str
) -> dict[str, Any]:
    """What the crosshair tells of a graph.

    Parameters
    ----------
    name
        A metric that has a graph.
    edges
        Edges of the buckets, of which there are at least as many as rows of the frame.
    tz
        Zone of the graph.
    shown, before
        The period, and the one that it is compared with.
    called
        What that one is called.

    Returns
    -------
    dict
        ``starts`` and ``end`` (where the buckets stand on the axis), ``instants`` (their edges,
        milliseconds since 1970), ``heads`` (when they are), and ``lines``: ``label``, ``tone``, ``kind``
        (``main``, ``beside``, ``before``), ``heights``, ``texts`` and ``calls`` by bucket.
    """
    count = shown.frame.height
    instants = edges[: count + 1] if count else edges
    clocks = pl.Series("start", instants).cast(pl.Datetime("us", "UTC")).dt.convert_time_zone(tz)
    walls = wall_clock(clocks).to_list()
    figures = figures_of(name, shown.frame)
    main = next(iter(figures))
    lines = [
        _line(name, column, _(label), "beside" if at else "main", shown)
        for at, (column, label) in enumerate(figures.items())
        if column != "calls"
    ]
    if before is not None and count:
        place = _places(shown.frame, before.frame)
        line = _line(name, main, called, "before", before)
        lines.append(
            {**line, **{key: _moved(line[key], place, count) for key in ("heights", "texts", "calls")}}
        )
    return {
        "starts": walls[:count],
        "domain": [walls[0], walls[-1]] if len(walls) > 1 else [],
        "instants": [int(instant) // 1000 for instant in instants],
        "heads": _heads(instants[: count + 1], tz, shown.frame),
        "lines": lines,
    }


def _line(name: str, column: str, label: str, kind: str, side: Side) -> dict[str, Any]:
    values = side.frame[column].to_list()
    scale = _SECONDS_A_MINUTE if METRICS[name].unit == "s" else 1
    text = _writer(METRICS[name].unit)
    return {
        "label": label,
        "tone": tone("connected" if column == "connected" else name),
        "kind": kind,
        "heights": [None if value is None else value / scale for value in values],
        "texts": [text(value) for value in values],
        "calls": _calls(name, side) if column == next(iter(figures_of(name, side.frame))) else [],
    }


def _writer(unit: str) -> Callable[[Any], str]:
    if unit == "%":
        return percent
    if unit == "s":
        return minutes
    if unit == "ms":
        return lambda value: ABSENT if value is None else f"{number(value)} {_('ms')}"
    return lambda value: number(value, 0 if value is None or value == int(value) else 1)


def _calls(name: str, side: Side) -> list[str]:
    """Calls behind a ratio: ``45 of 93 calls``."""
    if name not in _DIVIDED_BY or side.attempts.height != side.frame.height:
        return []
    column = _DIVIDED_BY[name]
    calls = side.attempts["value" if column == "attempts" else column].to_list()
    frame = side.frame if _PARTS.get(name) in side.frame.columns else side.attempts
    parts = frame[_PARTS[name]].to_list() if name in _PARTS else [None] * len(calls)
    return [_of(part, count) for part, count in zip(parts, calls, strict=True)]


def _of(part: int | None, count: int | None) -> str:
    if not count:
        return _("no calls")
    if part is None:
        return ngettext("{count} call", "{count} calls", count).format(count=number(count))
    return ngettext("{part} of {count} call", "{part} of {count} calls", count).format(
        part=number(part), count=number(count)
    )


def _places(frame: pl.DataFrame, before: pl.DataFrame) -> list[int]:
    """Bucket of the period that each bucket of the one before is drawn at; -1 for none."""
    own, other = wall_clock(frame["start"]).to_list(), wall_clock(before["start"]).to_list()
    if not other:
        return []
    at: dict[int, int] = {}
    for place, wall in enumerate(own):
        at.setdefault(wall, place)
    return [at.get(wall - other[0] + own[0], -1) for wall in other]


def _moved(values: Sequence[Any], places: Sequence[int], count: int) -> list[Any]:
    moved: list[Any] = [None] * count
    for value, place in zip(values, places, strict=False):
        if place >= 0:
            moved[place] = value
    return moved


def _heads(instants: Instants, tz: str, frame: pl.DataFrame) -> list[str]:
    """When the buckets are: ``Sat 28 Nov, 21:15`` to ``21:30``."""
    unfinished = tuple(frame["so_far"]) if "so_far" in frame.columns else (False,) * len(instants)
    this_year = datetime.now(zone(tz)).year
    return list(_heads_once(tuple(map(int, instants)), tz, unfinished, this_year, current()))


@lru_cache(maxsize=16)
def _heads_once(
    instants: tuple[int, ...], tz: str, unfinished: tuple[bool, ...], this_year: int, _tag: str
) -> tuple[str, ...]:
    """Heads of the same buckets in one language: all graphs of a page have them."""
    within = zone(tz)
    times = [from_microseconds(instant).astimezone(within) for instant in instants]
    shown = Counter(each.replace(tzinfo=None, fold=0) for each in times[:-1])
    heads = []
    for (start, end), is_unfinished in zip(pairwise(times), unfinished, strict=False):
        head = _head(start, end, "MMMEd" if start.year == this_year else "yMMMEd")
        if shown[start.replace(tzinfo=None, fold=0)] > 1:
            head = f"{head} ({offset(start.utcoffset() or timedelta())})"
        heads.append(f"{head} · {_('so far')}" if is_unfinished else head)
    return tuple(heads)


def _head(start: datetime, end: datetime, skeleton: str) -> str:
    dash = "\N{EN DASH}"
    if end - start < _DAY:
        return f"{date_and_time(start, skeleton)} {dash} {end:%H:%M}"
    last = end - timedelta(hours=1)
    if last.date() == start.date():
        return date(start, skeleton)
    return f"{date(start, skeleton)} {dash} {date(last, skeleton)}"
