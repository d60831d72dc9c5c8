"""What each part of a period is added up from: days and hours as they are kept, else calls."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final, TypeAlias

from cxreports.clock import DAY_US, HOUR_US

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cxreports.clock import Instants

Span: TypeAlias = tuple[int, int]
"""Half-open, microseconds since 1970."""

WIDTHS: Final = {"daily": DAY_US, "hourly": HOUR_US, "cdr": 1}
"""Microseconds that a row of a table stands for, the widest first; ``cdr`` has the calls themselves."""

MOST_ENDS: Final = 8
"""So many ends are read apart from what is stored whole; of more the finer table is read throughout."""


def stored_spans(
    widths: Mapping[str, int], edges: Instants, low: int, high: int, last: int | None
) -> list[tuple[str, list[Span]]]:
    """Spans of a period by the table that they are best read from; together they are the period.

    Parameters
    ----------
    widths
        As `WIDTHS`, of the tables that can be read.
    edges
        Of the buckets that are asked for: what a table has whole lies in one of them.
    low, high
        The period, half-open, microseconds since 1970.
    last
        After the last call: what lies behind it is whole, as there is nothing in it.
    """
    if last is not None and low < high and high >= last:
        high = -(-high // DAY_US) * DAY_US
    left: list[Span] = [(low, high)]
    stored: list[tuple[str, list[Span]]] = []
    for table, width in widths.items():
        spans, rest = (left, []) if table == "cdr" else _whole(left, edges, width)
        if not spans or len(rest) > MOST_ENDS:
            continue
        stored.append((table, spans))
        left = rest
        if not left:
            break
    return stored


def _whole(spans: Iterable[Span], edges: Instants, width: int) -> tuple[list[Span], list[Span]]:
    """Part spans into those of whole units that no edge cuts, and the rest."""
    ragged = edges[1:-1][edges[1:-1] % width != 0]
    whole: list[Span] = []
    rest: list[Span] = []
    for first, last in spans:
        inside = ragged[(ragged > first) & (ragged < last)].tolist()
        for begin, end in pairwise([first, *inside, last]):
            low, high = -(-begin // width) * width, end // width * width
            if low < high:
                whole.append((low, high))
                rest += [(begin, low), (high, end)]
            else:
                rest.append((begin, end))
    return _joined(whole), _joined(rest)


def _joined(spans: Iterable[Span]) -> list[Span]:
    """Spans in their order, without empty ones; those that follow each other are one."""
    joined: list[Span] = []
    for begin, end in spans:
        if joined and joined[-1][1] == begin:
            joined[-1] = joined[-1][0], end
        elif begin < end:
            joined.append((begin, end))
    return joined
