"""Lakes made by hand: a few calls as in-memory tables, with the same methods as a snapshot's.

The stored minutes of channels are counted call by call, without a sweep, so that what reads
them is checked against something that was not computed the same way.
"""

import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import duckdb
import polars as pl
import pytest

from cxreports.cdr.record import ALL_CUSTOMERS, FIELDS
from cxreports.metrics import USER_SIDE_CODES, sums_sql

if TYPE_CHECKING:
    from playwright.sync_api import Browser

MINUTE = timedelta(minutes=1)

CHROMIUM: Final = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
"""The system's browser; Playwright's own where there is none."""

CHROMIUM_FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@dataclass(frozen=True, eq=False)
class MadeSnapshot:
    """A snapshot of calls that a test wrote down."""

    connection: duckdb.DuckDBPyConnection
    as_of: datetime = datetime(2026, 6, 1, tzinfo=UTC)
    user_side_codes: tuple[int, ...] = USER_SIDE_CODES
    has_days: bool = True

    def query(self, sql: str) -> pl.DataFrame:
        return self.connection.sql(sql).pl()

    def scan(self, table: str, *, customer: str = "all", start: Any = None, end: Any = None) -> str:
        column = {"cdr": "call_time", "hourly": "hour", "daily": "day", "channels": "minute"}[table]
        wanted = ["true"]
        if customer != ALL_CUSTOMERS or table == "channels":
            wanted.append(f"customer = '{customer}'")
        wanted += [f"{column} >= '{start}'"] * (start is not None) + [f"{column} < '{end}'"] * (
            end is not None
        )
        return f"(SELECT * FROM {table} WHERE {' AND '.join(wanted)})"

    def in_progress(self, customer: str, start: datetime, end: datetime) -> pl.DataFrame:
        return self.query(
            f"SELECT call_time, end_time FROM {self.scan('cdr', customer=customer)} "
            f"WHERE call_time < '{end}' AND end_time > '{start}'"
        )

    def channels_at(self, customer: str, time: datetime) -> int:
        rows = self.scan("cdr", customer=customer)
        found = self.query(f"SELECT count(*) FROM {rows} WHERE call_time <= '{time}' AND end_time > '{time}'")
        return int(found.item())

    def channels_by_customer(self, time: datetime) -> pl.DataFrame:
        minute = time.replace(second=0, microsecond=0)
        return self.query(
            "SELECT customer, count(*) AS channels FROM cdr "
            f"WHERE call_time < '{minute}' AND end_time >= '{minute}' GROUP BY customer"
        )

    def customers(self) -> pl.DataFrame:
        return self.query(
            "SELECT customer, count(*) AS cdrs, min(call_time) AS first_call, max(call_time) AS last_call "
            "FROM cdr GROUP BY customer ORDER BY customer"
        )


def minutes_of(calls: list[tuple[str, datetime, datetime]]) -> list[tuple[str, datetime, int, int, int]]:
    """Count channels, peak and area of every minute that a call starts or ends in."""
    rows = []
    for customer in {*(each for each, _, _ in calls), ALL_CUSTOMERS}:
        own = [(a, b) for each, a, b in calls if customer in {each, ALL_CUSTOMERS} and b > a]
        touched = {each.replace(second=0, microsecond=0) for call in own for each in call}
        for minute in sorted(touched):
            after = minute + MINUTE
            inside = [(a, b) for a, b in own if a < after and b > minute]
            knots = {minute, *(each for call in inside for each in call if minute <= each < after)}
            levels = [sum(a <= knot < b for a, b in inside) for knot in knots]
            area = sum((min(b, after) - max(a, minute)) // timedelta(microseconds=1) for a, b in inside)
            level = sum(b >= after for _, b in inside)
            rows.append((customer, minute, level, max(levels), area))
    return rows


def made(calls: Iterable[dict[str, Any]]) -> MadeSnapshot:
    """Make a snapshot of calls; a call says its call_time (UTC) and what differs from the plain one."""
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'; SET threads = 1")
    connection.execute(
        "CREATE TABLE cdr (" + ", ".join(f"{each.name} {each.sql_type}" for each in FIELDS) + ")"
    )
    ended = []
    for number, given in enumerate(calls):
        begun = given["call_time"] = as_time(given["call_time"])
        call = {"customer": "acme", "connected": True, "duration_s": 0, "record_key": number, **given}
        call.setdefault("end_time", begun + timedelta(seconds=float(call["duration_s"] or 0)))
        call["end_time"] = as_time(call["end_time"])
        names = ", ".join(call)
        connection.execute(
            f"INSERT INTO cdr ({names}) VALUES ({', '.join('?' * len(call))})", list(call.values())
        )
        ended.append((call["customer"], begun, call["end_time"]))
    # Two deltas for each hour: readers must add them up.
    connection.execute(
        "CREATE TABLE hourly AS SELECT customer, date_trunc('hour', call_time) AS hour, currency, "
        f"{sums_sql()} FROM cdr GROUP BY customer, hour, currency, record_key % 2"
    )
    connection.execute(
        "CREATE TABLE daily AS SELECT customer, date_trunc('day', call_time) AS day, currency, "
        f"{sums_sql()} FROM cdr GROUP BY customer, day, currency, record_key % 2"
    )
    connection.execute(
        "CREATE TABLE channels "
        "(customer VARCHAR, minute TIMESTAMPTZ, channels INTEGER, peak INTEGER, area_us BIGINT)"
    )
    for row in minutes_of(ended):
        connection.execute("INSERT INTO channels VALUES (?, ?, ?, ?, ?)", row)
    return MadeSnapshot(connection)


def as_time(value: str | datetime) -> datetime:
    time = datetime.fromisoformat(value) if isinstance(value, str) else value
    return time if time.tzinfo else time.replace(tzinfo=UTC)


@pytest.fixture(name="made", scope="session")
def _made() -> Callable[..., MadeSnapshot]:
    return made


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    """The one browser of a module: Playwright cannot be started twice at a time.

    While it is open its event loop runs in this thread, and no notebook can be run beside it.
    """
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        yield started
        started.close()
