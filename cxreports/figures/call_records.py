"""Call records themselves: those that a filter lets through, counted and in pages.

Neighbours: ``summary`` and ``series`` add the same records up; ``pages.call_records`` shows them.
Matching calls are counted by hour first. The counts say which hours a page of calls lies in, so
that a page a million calls away opens no other file, and cut a file of them (``call_files``) into
slices that fit into memory.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

from cxreports.cdr.record import ALL_CUSTOMERS, COLUMNS
from cxreports.clock import DAY_US, HOUR_US, Period, from_microseconds, microseconds
from cxreports.errors import BadFilter
from cxreports.figures.bucket_sums import span
from cxreports.figures.narrowing import Narrowing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import duckdb
    import polars as pl

    from cxreports.lake.snapshot import Snapshot

_LOOKED_UP: Final = 1_000
_KEY: Final = ("call_time", "record_key")

MANY_LEGS: Final = 2
"""Legs from which on a call's are told."""
_COUNTS_KEPT: Final = 16


@dataclass(frozen=True)
class CdrFilter(Narrowing):
    """Which calls are asked for: those of a narrowing, of a customer and a period.

    Attributes
    ----------
    customer
        Whose calls, or ``all``.
    period
        Half-open; calls whose call time lies in it.
    connected
        Whether only calls that were answered are wanted.

    Raises
    ------
    BadFilter
        The SIP code or the direction is none.
    """

    customer: str = ALL_CUSTOMERS
    period: Period | None = None
    connected: bool = False


_counted: WeakKeyDictionary[Snapshot, dict[CdrFilter, Hours]] = WeakKeyDictionary()


def count(snapshot: Snapshot, asked: CdrFilter) -> int:
    """Count the calls that a filter lets through.

    Raises
    ------
    NoSuchCustomer
        The customer has no call at all.
    """
    return hours_of(snapshot, asked).total


def page(
    snapshot: Snapshot,
    asked: CdrFilter,
    *,
    sort: str = "call_time",
    descending: bool = True,
    offset: int = 0,
    limit: int | None = None,
    columns: Sequence[str] = COLUMNS,
) -> pl.DataFrame:
    """Some of the calls that a filter lets through, in an order that is always the same.

    Parameters
    ----------
    sort
        Column; calls that are equal in it stand by call time, then by ``record_key``. Calls
        without a value come last either way.
    descending
        Whether the largest comes first; the order of equal calls turns too.
    offset, limit
        How many calls to leave out, and the most to give; no limit gives all.
    columns
        Columns of the record, in the order wanted.

    Returns
    -------
    polars.DataFrame
        The columns as the lake holds them: times in UTC, amounts and seconds as decimals.

    Raises
    ------
    BadFilter
        There is no such column, or the offset or limit is negative.
    NoSuchCustomer
        The customer has no call at all.
    """
    check_columns(columns, sort, offset, limit)
    hours = hours_of(snapshot, asked)
    limit = max(0, min(hours.total - offset, hours.total if limit is None else limit))
    period = asked.period
    if sort == "call_time":
        period, offset = hours.around(offset, limit, descending=descending)
    if not limit:
        period = NEVER
    way = "DESC" if descending else "ASC"
    ordered = " ".join(
        (
            "ORDER BY",
            ", ".join(f"{each} {way} NULLS LAST" for each in dict.fromkeys((sort, *_KEY))),
            f"LIMIT {limit} OFFSET {offset}",
        )
    )
    if sort == "call_time" or limit > _LOOKED_UP:
        return _frame(snapshot, asked, period, ", ".join(columns), ordered)
    # Sorting whole records takes 9 s of a million, sorting what identifies them half a second.
    keys = _frame(snapshot, asked, period, ", ".join(_KEY), ordered)
    wanted = f"AND record_key IN ({', '.join(map(str, keys['record_key'])) or 'NULL'})"
    records = _frame(snapshot, asked, period, ", ".join(dict.fromkeys((*columns, *_KEY))), wanted)
    return keys.join(records, on=_KEY, how="left", maintain_order="left").select(columns)


def one(snapshot: Snapshot, asked: CdrFilter, key: int) -> dict[str, Any] | None:
    """The call with a record key, all columns by name; None where the filter lets no such call through."""
    span(snapshot, asked.customer)
    found = _frame(snapshot, asked, asked.period, ", ".join(COLUMNS), f"AND record_key = {int(key)} LIMIT 1")
    return found.row(0, named=True) if found.height else None


def legs_near(snapshot: Snapshot, call: Mapping[str, Any]) -> str:
    """SQL of the records in ``leg`` from the UTC day before a call to the day after it, its own among them.

    A load looks as far for what a record belongs to (`cxreports.lake.calls.members`).

    Parameters
    ----------
    call
        Its ``call_time`` and ``end_time``.
    """
    begun, ended = (microseconds(call[name] or call["call_time"]) for name in ("call_time", "end_time"))
    first, last = (from_microseconds((at // DAY_US + by) * DAY_US) for at, by in ((begun, -1), (ended, 2)))
    return snapshot.scan("leg", start=first, end=last)


def legs_of(snapshot: Snapshot, call: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The legs of a call, the first first; none of a call that is one record.

    Parameters
    ----------
    call
        Its ``record_key``, ``legs``, ``call_time`` and ``end_time``.

    Returns
    -------
    list of dict
        ``call_time``, ``source``, ``destination``, ``connected``, ``duration_s``, ``sip_code``,
        ``release_reason`` of each, as it was delivered last.
    """
    if (call["legs"] or 1) < MANY_LEGS:
        return []
    rows = legs_near(snapshot, call)
    newest = "row_number() OVER (PARTITION BY leg_key ORDER BY knows DESC, load DESC, nth DESC) = 1"
    return snapshot.query(
        "SELECT call_time, source, destination, connected, duration_s, sip_code, release_reason "
        f"FROM {rows} AS legs WHERE record_key = {int(call['record_key'])} AND NOT again AND leg_rank > 0 "
        f"QUALIFY {newest} ORDER BY call_time, TRY_CAST(leg AS BIGINT), leg"
    ).to_dicts()


@dataclass(frozen=True)
class Hours:
    """How many calls there are in each hour that has any.

    Attributes
    ----------
    begin
        First instant of each, ascending, microseconds since 1970.
    before
        How many calls come before each; one more entry for all of them.
    """

    begin: tuple[int, ...]
    before: tuple[int, ...]

    @property
    def total(self) -> int:
        """How many calls there are in all."""
        return self.before[-1]

    def around(self, offset: int, limit: int, *, descending: bool) -> tuple[Period, int]:
        """Hours that hold some calls by call time, and the offset within them."""
        if not limit:
            return NEVER, 0
        low = self.total - offset - limit if descending else offset
        first = bisect_right(self.before, low) - 1
        last = bisect_right(self.before, low + limit - 1) - 1
        left_out = self.before[last + 1] - low - limit if descending else low - self.before[first]
        return self._period(first, last), left_out

    def slices(self, rows: int) -> Iterator[Period]:
        """Cut into stretches of so many calls at most, or of one hour that has more."""
        first = 0
        for at in range(len(self.begin)):
            if at > first and self.before[at + 1] - self.before[first] > rows:
                yield self._period(first, at - 1)
                first = at
        if self.begin:
            yield self._period(first, len(self.begin) - 1)

    def _period(self, first: int, last: int) -> Period:
        return Period(from_microseconds(self.begin[first]), from_microseconds(self.begin[last] + HOUR_US))


NEVER: Final = Period(from_microseconds(0), from_microseconds(0))


def hours_of(snapshot: Snapshot, asked: CdrFilter) -> Hours:
    """Count the calls by hour, once for each snapshot and filter."""
    known = _counted.setdefault(snapshot, {})
    if asked not in known:
        span(snapshot, asked.customer)
        hour = f"epoch_us(call_time) // {HOUR_US} * {HOUR_US}"
        sql, values = select_sql(snapshot, asked, asked.period, f"{hour} AS hour, count(*)")
        rows = ask(snapshot, f"{sql} GROUP BY hour ORDER BY hour", values).fetchall()
        if len(known) >= _COUNTS_KEPT:
            known.pop(next(iter(known)))
        known[asked] = Hours(
            tuple(hour for hour, _ in rows), tuple(accumulate((calls for _, calls in rows), initial=0))
        )
    return known[asked]


def select_sql(
    snapshot: Snapshot, asked: CdrFilter, period: Period | None, columns: str
) -> tuple[str, list[Any]]:
    """SQL of columns of a filter's calls, within a period that need not be the filter's own."""
    within = _within(asked.period, period)
    start, end = (within.start, within.end) if within else (None, None)
    rows = snapshot.scan("cdr", customer=asked.customer, start=start, end=end)
    values: list[Any] = []

    def bind(value: Any) -> str:
        values.append(value)
        return "?"

    wanted = asked.conditions(bind) + (["connected"] if asked.connected else [])
    return f"SELECT {columns} FROM {rows} AS calls WHERE {' AND '.join(wanted) or 'true'}", values


def _within(whole: Period | None, part: Period | None) -> Period | None:
    """What two periods have in common; None is all of time."""
    if whole is None or part is None:
        return whole or part
    start = max(whole.start, part.start)
    return Period(start, max(start, min(whole.end, part.end)))


def _frame(
    snapshot: Snapshot, asked: CdrFilter, period: Period | None, columns: str, rest: str
) -> pl.DataFrame:
    sql, values = select_sql(snapshot, asked, period, columns)
    frame: pl.DataFrame = ask(snapshot, f"{sql} {rest}", values).pl()
    return frame


def ask(snapshot: Snapshot, sql: str, values: list[Any]) -> duckdb.DuckDBPyRelation:
    """Ask on a connection of its own, so that an answer that is read slowly keeps nobody waiting."""
    return snapshot.connection.cursor().sql(sql, params=values)


def check_columns(
    columns: Sequence[str], sort: str = "call_time", offset: int = 0, limit: int | None = None
) -> None:
    """Refuse columns that there are not, and pages that cannot be."""
    for each in (*columns, sort):
        if each not in COLUMNS:
            raise BadFilter(f"call records have no column {each!r}: they have {', '.join(COLUMNS)}")
    if not columns:
        raise BadFilter("no column is asked for: name one at least")
    if offset < 0 or (limit is not None and limit < 0):
        raise BadFilter(f"no page of calls begins at {offset} and has {limit}: neither can be negative")
