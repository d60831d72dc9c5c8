"""Real lakes of a few calls that a test wrote down, and rows planted in them behind their back.

Every minute of channels that a made lake stores is compared with a count call by call, without a
sweep, so that what reads it stands on something that was not computed the same way.
"""

from __future__ import annotations

from bisect import bisect_left
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa

from cxreports.cdr.record import ALL_CUSTOMERS
from cxreports.lake import Store
from cxreports.lake.derive import catch_up, commit_head
from cxreports.lake.parquet.lots import write_lots
from cxreports.lake.parquet.readers import readers
from cxreports.lake.shapes import CDR
from cxreports.metrics import USER_SIDE_CODES

if TYPE_CHECKING:
    from collections.abc import Iterable

MINUTE = timedelta(minutes=1)


def made_store(home: Path, calls: Iterable[dict[str, Any]]) -> Store:
    """Make a lake of calls; a call says its call_time (UTC) and what differs from the plain one."""
    store = Store(home, user_side_codes=USER_SIDE_CODES)
    rows = [_row(number, given) for number, given in enumerate(calls)]
    tables = store._tables
    make_empty(home)
    # In the DuckDB of who will read the lake: another one would take longer to start than to do all this.
    store._readers = readers()
    with store._readers.cursor() as connection:
        columns = ", ".join(f"{each.name} {each.sql_type}" for each in CDR.columns)
        connection.execute(f"CREATE TEMP TABLE made ({columns})")
        if rows:
            # As one table: to read the text of an INSERT takes DuckDB longer than to insert a thousand rows.
            names = list(dict.fromkeys(name for row in rows for name in row))
            texts = pa.table(
                {name: pa.array([_text(row.get(name)) for row in rows], pa.string()) for name in names}
            )
            connection.register("texts", texts)
            connection.execute("INSERT INTO made BY NAME FROM texts")
        # Two loads: every hour, day and minute has rows of both, which readers must add up.
        for part in (0, 1):
            some = f"(SELECT * FROM made WHERE record_key % 2 = {part})"
            add = write_lots(connection, tables.cdr, some)
            if add:
                tables.cdr.commit(add=add)
                catch_up(connection, tables, USER_SIDE_CODES)
    check_minutes(store, [(row["customer"], row["call_time"], row["end_time"]) for row in rows])
    return store


def make_empty(home: Path) -> None:
    """Put an empty lake into a home folder: to make its tables anew takes 25 ms, to write them down 2."""
    for name, content in _empty_lake().items():
        path = home / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.write_bytes(content)


@cache
def _empty_lake() -> dict[str, bytes]:
    """Files of a lake without a call, by their names."""
    with TemporaryDirectory() as folder:
        Store(folder).create()
        files = [each for each in Path(folder).rglob("*") if each.is_file()]
        return {str(each.relative_to(folder)): each.read_bytes() for each in files}


def _row(number: int, given: dict[str, Any]) -> dict[str, Any]:
    begun = as_time(given["call_time"])
    plain = {"customer": "acme", "connected": True, "duration_s": 0, "record_key": number}
    row = {**plain, "load": 1, "legs": 1, **given}
    ended = row.get("end_time") or begun + timedelta(seconds=float(row["duration_s"] or 0))
    return row | {"call_time": begun, "end_time": as_time(ended)}


def _text(value: object) -> str | None:
    return value.isoformat() if isinstance(value, datetime) else None if value is None else str(value)


def as_time(value: str | datetime) -> datetime:
    time = datetime.fromisoformat(value) if isinstance(value, str) else value
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def check_minutes(store: Store, calls: list[tuple[str, datetime, datetime]]) -> None:
    """Compare the stored minutes of channels with a count call by call."""
    found = store.snapshot().query("SELECT customer, minute, channels, peak, area_us FROM channels")
    stored = {(customer, minute): rest for customer, minute, *rest in found.rows()}
    for customer, minute, *counted in minutes_of(calls):
        assert stored[customer, minute] == counted, f"channels of {customer} at {minute}"


def minutes_of(calls: list[tuple[str, datetime, datetime]]) -> list[tuple[str, datetime, int, int, int]]:
    """Count channels, peak and area of every minute that a call starts or ends in."""
    rows = []
    for customer in {*(each for each, _, _ in calls), ALL_CUSTOMERS}:
        own = sorted((a, b) for each, a, b in calls if customer in {each, ALL_CUSTOMERS} and b > a)
        begun = [a for a, _ in own]
        longest = max((b - a for a, b in own), default=MINUTE)
        touched = {each.replace(second=0, microsecond=0) for call in own for each in call}
        for minute in sorted(touched):
            after = minute + MINUTE
            # No call is looked at that began too late to be in the minute, or too early.
            near = own[bisect_left(begun, minute - longest) : bisect_left(begun, after)]
            inside = [(a, b) for a, b in near if a < after and b > minute]
            knots = {minute, *(each for call in inside for each in call if minute <= each < after)}
            levels = [sum(a <= knot < b for a, b in inside) for knot in knots]
            area = sum((min(b, after) - max(a, minute)) // timedelta(microseconds=1) for a, b in inside)
            level = sum(b >= after for _, b in inside)
            rows.append((customer, minute, level, max(levels), area))
    return rows


def plant(store: Store, name: str, change: str) -> None:
    """Write the rows of a table again, changed by SQL after FROM with ``{rows}``, behind the lake's back."""
    snapshot = store.snapshot()
    table = snapshot.tables[name]
    add = []
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        remove = list(snapshot.contents[name].files.values())
        for file in remove:
            add += table.write(connection, change.format(rows=table.rows([file])), file.partition)
    if name == "channels":
        commit_head(store._tables, add=add, remove=remove)
    else:
        table.commit(add=add, remove=remove, transactions=table.entry(table.latest()).transactions)
        commit_head(store._tables)
