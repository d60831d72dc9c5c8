"""Score of the learned bands: faults planted into synthetic traffic, and quiet days beside them.

Twelve customers, six weeks to learn from, sixty quiet days, and two holidays among them: a Monday with the
calls of a Sunday, and a Thursday on which nearly everybody has closed. Each kind of fault is planted once for each
customer. A fault is found when an alarm fires while it lasts, or within three hours of its end; every other
alarm is false, those on a holiday too, which no fault is found by.

    python benchmarks/bands.py
    python benchmarks/bands.py --seed 7         # other calls, and the faults on other days
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import duckdb
import numpy as np
import polars as pl

from cxreports.alerts.alarms import NONE
from cxreports.alerts.learned import Learner, cause_of, kept
from cxreports.alerts.learning.sums import cells_sql, hourly_sql
from cxreports.alerts.rule import Reading, Rule
from cxreports.alerts.standing import STANDING
from cxreports.clock import HOUR_US, from_microseconds, microseconds
from cxreports.traffic.customers import CUSTOMERS
from cxreports.traffic.days import SEED, Traffic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from cxreports.traffic.customers import Customer

FIRST = date(2026, 1, 5)
LEARNING = 43
QUIET = 60
GRACE = timedelta(hours=3)
LIKE_SUNDAY, CLOSED = 49, 94

OPEN_PERCENT = 3
PUMPED = "Somalia Mobile"
LARGE = 1_000


@dataclass(frozen=True)
class Fault:
    """A planted fault.

    Attributes
    ----------
    changed
        Gives a day's calls with the fault.
    is_named
        Whether what an alarm says is its cause.
    """

    kind: str
    customer: Customer
    start: datetime
    end: datetime
    changed: Callable[[pl.DataFrame], pl.DataFrame]
    is_named: Callable[[dict], bool]


def main() -> None:
    """Print the score."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--keep", type=Path, help="folder in which the quiet traffic's sums are kept")
    options.add_argument(
        "--seed", type=int, default=SEED, help="of the calls; limits were chosen on the default"
    )
    options.add_argument("--part", choices=("quiet", "faults", "all"), default="all")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        hourly, cells = quiet(asked.keep or Path(folder), asked.seed)
    false: dict[str, int] = {}
    on_holidays = 0
    for customer in CUSTOMERS if asked.part != "faults" else ():
        own = [each.filter(pl.col("customer") == customer.id) for each in (hourly, cells)]
        alarms = list(fired(customer, *own, _midnight(LEARNING), _midnight(LEARNING + QUIET)))
        false[customer.id] = len(alarms)
        on_holidays += sum(on_holiday(at) for at, _ in alarms)
        for at, what in alarms:
            print(f"false: {customer.id} {at:%Y-%m-%d %H:%M} {on_holiday(at)} {what}", flush=True)
    print(f"quiet days: {sum(false.values())} alarms, {on_holidays} on holidays, {false}", flush=True)
    found: list[tuple[Fault, bool, bool, int]] = []
    for fault in faults(asked.seed) if asked.part != "quiet" else ():
        alarms = [each for each in with_fault(fault, asked.seed, hourly, cells) if not on_holiday(each[0])]
        hits = [what for at, what in alarms if fault.start < at <= fault.end + GRACE]
        found.append((fault, bool(hits), any(map(fault.is_named, hits)), len(alarms) - len(hits)))
        delay = next((at for at, _ in alarms if fault.start < at <= fault.end + GRACE), None)
        took = "missed" if delay is None else f"{(delay - fault.start) / timedelta(hours=1):.0f} h"
        print(f"{fault.kind}: {fault.customer.id} {took} named={found[-1][2]} {hits[:1]}", flush=True)
        for at, what in alarms:
            if not fault.start < at <= fault.end + GRACE:
                print(f"  beside: {(at - fault.end) / timedelta(hours=1):.0f} h after its end {what}")
    report(found, sum(false.values()), on_holidays)


def report(found: list[tuple[Fault, bool, bool, int]], false: int, on_holidays: int) -> None:
    """Print precision and recall."""
    for kind in dict.fromkeys(fault.kind for fault, *_ in found):
        of = [each for each in found if each[0].kind == kind]
        large = [each for each in of if each[0].customer.attempts_per_day >= LARGE]
        print(
            f"| {kind} | {sum(hit for _, hit, _, _ in of)} of {len(of)} | {sum(hit for _, hit, _, _ in large)} "
            f"of {len(large)} | {sum(named for _, _, named, _ in of)} |"
        )
    hits = sum(hit for _, hit, _, _ in found)
    beside = sum(other for *_, other in found)
    print(f"recall {hits / max(len(found), 1):.2f}, precision {hits / max(hits + beside + false, 1):.2f}")
    print(
        f"false alarms: {false} in the quiet days, {on_holidays} of them on holidays, {beside} beside faults"
    )
    print(f"per customer and 30 days: {false / len(CUSTOMERS) / QUIET * 30:.2f}")


def quiet(folder: Path, seed: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Sums of the quiet traffic."""
    paths = folder / "hourly.parquet", folder / "cells.parquet"
    if not all(path.exists() for path in paths):
        folder.mkdir(parents=True, exist_ok=True)
        source = Source(CUSTOMERS, seed)
        parts = [sums(source.day(FIRST + timedelta(days=nth))) for nth in range(LEARNING + QUIET)]
        for path, frames in zip(paths, zip(*parts, strict=True), strict=True):
            pl.concat(frames).write_parquet(path)
    hourly, cells = map(pl.read_parquet, paths)
    return hourly, cells


class Source:
    """Calls of some customers by days, the holidays among them."""

    def __init__(self, customers: Sequence[Customer], seed: int) -> None:
        # Calls of another seed, so that the Sunday before a holiday is not seen twice.
        self._usual, self._of_sunday = Traffic(customers, seed=seed), Traffic(customers, seed=seed + 1)

    def day(self, day: date) -> pl.DataFrame:
        """Calls of a UTC day; a holiday is one from midnight to midnight by each customer's clocks."""
        calls = self._usual.day(day)
        if not any(abs((day - FIRST).days - nth) <= 1 for nth in (LIKE_SUNDAY, CLOSED)):
            return calls
        sunday = self._of_sunday.day(day - timedelta(days=1))
        sunday = sunday.with_columns(pl.col("call_time") + timedelta(days=1))
        kept = ~_is_on(calls, CLOSED) | _chance(calls, OPEN_PERCENT)
        return pl.concat(
            [calls.filter(kept & ~_is_on(calls, LIKE_SUNDAY)), sunday.filter(_is_on(sunday, LIKE_SUNDAY))]
        )


def _is_on(calls: pl.DataFrame, nth: int) -> pl.Series:
    """Which calls are on a day by their customers' clocks."""
    on = pl.Series([False]).new_from_index(0, calls.height)
    for customer in CUSTOMERS:
        local = calls["call_time"].dt.convert_time_zone(customer.zone).dt.date()
        on |= (calls["customer"] == customer.id) & (local == FIRST + timedelta(days=nth))
    return on


def on_holiday(at: datetime) -> bool:
    """Whether an alarm is one of a holiday."""
    around = timedelta(hours=14)  # by the clocks of any zone
    return any(_midnight(nth) - around < at <= _midnight(nth + 1) + around for nth in (LIKE_SUNDAY, CLOSED))


def sums(calls: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Sums that bands are learned from, and those that changes are split into."""
    with duckdb.connect() as connection:
        connection.execute("SET threads = 1; SET TimeZone = 'UTC'")
        connection.register("calls_of_day", calls.to_arrow())
        return tuple(connection.sql(sql("calls_of_day")).pl() for sql in (hourly_sql, cells_sql))


def fired(
    customer: Customer, hourly: pl.DataFrame, cells: pl.DataFrame, start: datetime, end: datetime
) -> Iterator[tuple[datetime, dict]]:
    """Alarms of a customer, judged as an evaluation judges them."""
    fields = STANDING["learned"]
    threshold, reset = (Decimal(fields[name]) for name in ("threshold", "reset"))
    rule = Rule("usual", threshold, reset, is_below=False)
    learner = Learner(hourly, ZoneInfo(customer.zone), microseconds(_midnight(LEARNING + QUIET)))
    alarms = NONE
    for edge in range(microseconds(start) + HOUR_US, microseconds(end) + 1, HOUR_US):
        found = learner.at(edge, alarms)
        score = None if found is None else 100 * max(found.finding.score, 0.0)
        hours = None if found is None else {"hours": found.finding.hours}
        was_calm, alarms = alarms.begun is None, alarms.after(rule, Reading(score, None, hours), edge)
        if found is not None and was_calm and alarms.begun is not None:
            of = cells.filter(pl.col("hour").is_in([*found.span, *learner.like(found.span)]))
            larger = learner.larger(learner.day_of(found.span[-1]))
            yield from_microseconds(edge), kept(found, cause_of(found, of, larger))


def with_fault(
    fault: Fault, seed: int, hourly: pl.DataFrame, cells: pl.DataFrame
) -> Iterator[tuple[datetime, dict]]:
    """Alarms of the fault's customer from a day before it to a day after it."""
    source = Source((fault.customer,), seed)
    first, last = fault.start.date(), fault.end.date()
    days = [first + timedelta(days=nth) for nth in range((last - first).days + 1)]
    parts = [sums(fault.changed(source.day(day))) for day in days]
    low = microseconds(datetime.combine(first, datetime.min.time(), UTC))
    kept_rows = (pl.col("customer") == fault.customer.id) & ~pl.col("hour").is_between(
        low, low + len(days) * 24 * HOUR_US, closed="left"
    )
    rows, own = (
        pl.concat([quiet_rows.filter(kept_rows), *frames])
        for quiet_rows, frames in zip((hourly, cells), zip(*parts, strict=True), strict=True)
    )
    around = timedelta(days=1)
    return fired(fault.customer, rows, own, _hour(fault.start) - around, _hour(fault.end) + around)


def faults(seed: int) -> Iterator[Fault]:
    """Every kind once for each customer, beginning on Wednesdays, Thursdays and Fridays."""
    shift = seed - SEED
    for nth, customer in enumerate(CUSTOMERS, shift):
        name = top_destination(customer, seed)
        busy = busiest(customer)
        for kind, planted in enumerate((outage, decay, pumping, dead)):
            day = FIRST + timedelta(days=LEARNING + 1 + 7 * (nth % 5) + (nth + kind) % 3)
            yield planted(customer, day, busy, name)


def outage(customer: Customer, day: date, busy: int, name: str) -> Fault:
    """Nearly every call to the customer's first destination meets a 503, for four hours."""
    start, end = _local(customer, day, busy), _local(customer, day, busy + 4)

    def changed(calls: pl.DataFrame) -> pl.DataFrame:
        hit = _within(start, end) & (pl.col("destination_name") == name) & _chance(calls, 95)
        return _failed(calls, hit, 503)

    return Fault(
        "outage of a destination", customer, start, end, changed, lambda what: _names(what, name, "503")
    )


def decay(customer: Customer, day: date, _busy: int, _name: str) -> Fault:
    """Answered calls fail with a 408, more every hour, up to half of them after two weeks."""
    start, end = _local(customer, day, 0), _local(customer, day + timedelta(days=14), 0)

    def changed(calls: pl.DataFrame) -> pl.DataFrame:
        part = (pl.col("call_time") - start).dt.total_seconds() / (end - start).total_seconds()
        hit = _within(start, end) & pl.col("connected") & (_draws(calls) < 50 * part)
        return _failed(calls, hit, 408)

    return Fault("slow decay", customer, start, end, changed, lambda what: _names(what, "", "408"))


def pumping(customer: Customer, day: date, _busy: int, _name: str) -> Fault:
    """Twenty calls an hour of four minutes to one expensive prefix, for six hours of the night."""
    start, end = _local(customer, day, 1), _local(customer, day, 7)

    def changed(calls: pl.DataFrame) -> pl.DataFrame:
        count = 120
        at = [start + (end - start) * nth / count for nth in range(count)]
        mine = [each for each in at if each.date() == calls["call_time"][0].date()]
        extra = calls.sample(len(mine), with_replacement=True, seed=1).with_columns(
            pl.Series("call_time", mine).cast(pl.Datetime("us", "UTC")),
            pl.lit(PUMPED).alias("destination_name"),
            pl.lit(200, pl.Int32).alias("sip_code"),
            pl.lit(value=True).alias("connected"),
            pl.lit(Decimal(240)).cast(pl.Decimal(18, 6)).alias("duration_s"),
            pl.lit(Decimal("3.6")).cast(pl.Decimal(28, 10)).alias("charge"),
        )
        return pl.concat([calls, extra])

    return Fault("call pumping", customer, start, end, changed, lambda what: _names(what, PUMPED, ""))


def dead(customer: Customer, day: date, busy: int, _name: str) -> Fault:
    """No call of the customer arrives, for six hours."""
    start, end = _local(customer, day, busy), _local(customer, day, busy + 6)

    def changed(calls: pl.DataFrame) -> pl.DataFrame:
        return calls.filter(~_within(start, end))

    def is_named(what: dict) -> bool:
        return what["metric"] == "attempts" and what["value"] < what["low"]

    return Fault("dead feed", customer, start, end, changed, is_named)


def _failed(calls: pl.DataFrame, hit: pl.Expr, code: int) -> pl.DataFrame:
    zero = pl.when(hit).then(0)
    return calls.with_columns(
        pl.when(hit).then(pl.lit(code, pl.Int32)).otherwise("sip_code").alias("sip_code"),
        pl.when(hit).then(statement=False).otherwise("connected").alias("connected"),
        zero.otherwise("duration_s").cast(pl.Decimal(18, 6)).alias("duration_s"),
        zero.otherwise("charge").cast(pl.Decimal(28, 10)).alias("charge"),
    )


def _within(start: datetime, end: datetime) -> pl.Expr:
    return pl.col("call_time").is_between(start, end, closed="left")


def _draws(calls: pl.DataFrame) -> pl.Series:
    return pl.Series(np.random.default_rng(calls.height).uniform(0, 100, calls.height))


def _chance(calls: pl.DataFrame, percent: int) -> pl.Series:
    return _draws(calls) < percent


def _names(what: dict, destination: str, code: str) -> bool:
    because = what["cause"]
    return (
        bool(because)
        and (because["destination"] == destination or not destination)
        and (because["code"] == code or not code)
    )


def top_destination(customer: Customer, seed: int) -> str:
    """Name of the destination that a customer calls most."""
    calls = Traffic((customer,), seed=seed).day(FIRST + timedelta(days=1))
    return calls["destination_name"].value_counts(sort=True)[0, 0]


def busiest(customer: Customer) -> int:
    """Local hour at which the busiest six hours of a Wednesday begin."""
    day = np.array(customer.rhythm.week[2], float)
    return int(np.argmax(np.convolve(day, np.ones(6), "valid")))


def _local(customer: Customer, day: date, hour: int) -> datetime:
    day, hour = day + timedelta(days=hour // 24), hour % 24
    return datetime(day.year, day.month, day.day, hour, tzinfo=ZoneInfo(customer.zone)).astimezone(UTC)


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def _midnight(days: int) -> datetime:
    return datetime.combine(FIRST + timedelta(days=days), datetime.min.time(), UTC)


if __name__ == "__main__":
    main()
