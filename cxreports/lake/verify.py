"""Verification: every stored figure computed anew from the CDRs, by other means than it was built.

``hourly`` is added up in polars rather than in SQL. ``channels`` is counted, not swept: the level at
an instant is the calls begun less the calls ended so far, and the area up to an instant is
the sum of the time since each of those. Of ``cdr`` itself it is checked that no record is
there twice, that each lies in the partition of its day, and that calls of several records are what those
make (``calls.check``).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import polars as pl

from cxreports.cdr.record import ALL_CUSTOMERS
from cxreports.clock import DAY_US, MINUTE_US, Instants, from_microseconds, microseconds
from cxreports.lake.calls.check import differing_calls
from cxreports.lake.parquet.lots import ends, rows_by_day
from cxreports.lake.shapes import CHANNELS, DAILY, HOURLY
from cxreports.sql import literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cxreports.lake.log import DataFile
    from cxreports.lake.proof.damage import Behind, Damage
    from cxreports.lake.snapshot import Snapshot

_ROWS_AT_ONCE: Final = 1_000_000
_DAYS_AT_ONCE: Final = 31
_AGAIN: Final = " again"

_FIGURES: Final = {each.name: each for each in (HOURLY, DAILY, CHANNELS)}

_SCHEMA: Final = pl.Schema(
    [
        ("table", pl.String()),
        ("customer", pl.String()),
        ("at", pl.Datetime("us", "UTC")),
        ("column", pl.String()),
        ("stored", pl.String()),
        ("recomputed", pl.String()),
    ]
)


def differences(
    snapshot: Snapshot, damaged: Sequence[Damage] = (), behind: Sequence[Behind] = ()
) -> pl.DataFrame:
    """Compare everything stored with what the CDRs give.

    Parameters
    ----------
    snapshot
        The lake without its damaged files.
    damaged
        Those files; the times that they reach into are not compared.
    behind
        Tables of which readers do not see all.

    Returns
    -------
    polars.DataFrame
        ``table``, ``customer``, ``at`` (UTC), ``column``, ``stored``, ``recomputed`` (texts; null
        for a row that is not there); empty when all is well.
    """
    sums = pl.concat([each.select(_SCHEMA.names()).cast(_SCHEMA) for each in _compared(snapshot)])
    found = [_of_files(damaged), _of_tables(behind), _twice(snapshot), _misplaced(snapshot)]
    if not any(each.table in {"cdr", "leg"} for each in damaged):
        found.append(differing_calls(snapshot))
    found.append(sums.filter(~_untold(damaged)) if damaged else sums)
    return pl.concat([each.select(_SCHEMA.names()).cast(_SCHEMA) for each in found]).sort(
        "table", "at", "customer", "column"
    )


def _compared(snapshot: Snapshot) -> Iterator[pl.DataFrame]:
    yield pl.DataFrame(schema=_SCHEMA)
    yield from _sums(snapshot)
    yield from _channels(snapshot)


def _of_files(damaged: Sequence[Damage]) -> pl.DataFrame:
    rows = [
        {"table": each.table, "column": each.file.path, "stored": each.fault, "recomputed": "a whole file"}
        for each in damaged
    ]
    return pl.DataFrame(rows, schema=_SCHEMA)


def _of_tables(behind: Sequence[Behind]) -> pl.DataFrame:
    rows = [
        {
            "table": each.table,
            "column": "rows that readers see",
            "stored": str(each.seen),
            "recomputed": f"{each.held} in the table: its head is lost; load or rebuild brings it back",
        }
        for each in behind
    ]
    return pl.DataFrame(rows, schema=_SCHEMA)


def _untold(damaged: Sequence[Damage]) -> pl.Expr:
    """Whether a figure cannot be compared, as a file that it is in or is computed from is damaged."""
    told = pl.lit(value=False)
    for each in damaged:
        bounds = each.file.bounds
        if each.table == "cdr" and bounds:
            first, last = (int(side) // DAY_US * DAY_US for side in bounds["call_time"])
            until = max(int(bounds.get("end_time", (0, 0))[1]), last + DAY_US)
            is_day = (
                pl.col("at").dt.truncate("1d").is_between(from_microseconds(first), from_microseconds(last))
            )
            of_minutes = pl.col("at").is_between(from_microseconds(first), from_microseconds(until))
            told |= is_day | ((pl.col("table") == "channels") & of_minutes)
        elif each.table in _FIGURES:
            low, high = (from_microseconds(side) for side in ends(each.file, _FIGURES[each.table]))
            told |= (pl.col("table") == each.table) & pl.col("at").is_between(low, high)
    return told.fill_null(value=False)


def _twice(snapshot: Snapshot) -> pl.DataFrame:
    """Find records that are stored more than once, and lines that were set aside more than once."""
    return snapshot.query(
        "SELECT 'cdr' AS \"table\", min(customer) AS customer, min(call_time) AS at, 'record_key' AS column, "
        "concat(count(*), ' times ', record_key) AS stored, 'once' AS recomputed "
        # What identifies a record or call does so at any time; the contents of a row, with its time.
        "FROM cdr GROUP BY CASE WHEN knows IS NULL THEN call_time END, record_key HAVING count(*) > 1 "
        "UNION ALL "
        "SELECT 'reject', min(customer), min(loaded_at), 'line', "
        "concat(count(*), ' times ', min(file), ' line ', line), 'once' "
        # Several records of JSON may stand in a line.
        "FROM reject GROUP BY file_hash, line, raw HAVING count(*) > 1"
    )


def _misplaced(snapshot: Snapshot) -> pl.DataFrame:
    """Find files that hold something else than they are listed with: rows, bounds, partition."""
    found = [
        {"table": name, "column": f"{column} of {file.path}", "stored": str(listed), "recomputed": str(real)}
        for name in snapshot.tables
        for file, actual in _files(snapshot, name)
        for column, listed, real in _facts(name, file, actual)
        if listed != real
    ]
    return pl.DataFrame(found, schema=_SCHEMA)


def _files(snapshot: Snapshot, name: str) -> list[tuple[DataFile, dict[str, Any]]]:
    """Files of a table with what is really in them."""
    table, files = snapshot.tables[name], list(snapshot.contents[name].files.values())
    if not files:
        return []
    sides = "".join(
        f", min({each}) AS low_{each}, max({each}) AS high_{each}" for each in table.shape.bounded
    )
    day = "NULL"
    if name in _DATED:
        day = f"CAST(date_trunc('{table.shape.partition.name}', {table.shape.time}) AS DATE)"
    paths = table.paths(files)
    actual = snapshot.query(
        f"SELECT filename, count(*) AS rows, CAST(min({day}) AS VARCHAR) AS first_day, "
        f"CAST(max({day}) AS VARCHAR) AS last_day {sides} "
        f"FROM read_parquet([{', '.join(map(literal, paths))}], filename = true, "
        "hive_partitioning = false) GROUP BY filename"
    ).rows_by_key("filename", named=True, unique=True)
    # A file without a row is in no group.
    return [(file, actual.get(path, {"rows": 0})) for path, file in zip(paths, files, strict=True)]


def _facts(name: str, file: DataFile, actual: dict[str, Any]) -> Iterator[tuple[str, object, object]]:
    """What a file is listed with beside what is in it."""
    yield "rows", file.rows, actual["rows"]
    if not actual["rows"]:
        return
    if name in _DATED:
        yield "partition", file.partition, actual["first_day"]
        yield "partition", file.partition, actual["last_day"]
    for column, (low, high) in file.bounds.items():
        yield column, low, _plain(actual[f"low_{column}"])
        yield column, high, _plain(actual[f"high_{column}"])


_DATED: Final = frozenset({"cdr", "leg", "hourly", "daily", "channels"})
"""Tables whose rows belong to the partition that their time lies in."""


def _plain(value: object) -> object:
    return microseconds(value) if isinstance(value, datetime) else value


def _counted(user_side_codes: tuple[int, ...]) -> dict[str, pl.Expr]:
    """Each column of ``hourly`` and ``daily`` as a polars aggregate over CDRs."""
    answered, code, price = pl.col("connected"), pl.col("sip_code"), pl.col("charge")
    talk, billed, dtmf = pl.col("duration_s"), pl.col("billed_duration_s"), pl.col("dtmf")

    def number(condition: pl.Expr) -> pl.Expr:
        return condition.fill_null(value=False).sum().cast(pl.Int64)

    return {
        "attempts": pl.len().cast(pl.Int64),
        "connected": number(answered),
        "duration_s": talk.filter(answered).sum(),
        "duration_unknown": number(answered & talk.is_null()),
        "billed_duration_s": billed.filter(answered).sum(),
        "billed_unknown": number(answered & billed.is_null()),
        "charge": pl.when(price.count() > 0).then(price.sum()),
        "unpriced": number(answered & price.is_null()),
        "pdd_ms_sum": pl.col("pdd_ms").sum(),
        "pdd_count": pl.col("pdd_ms").count().cast(pl.Int64),
        "dtmf_calls": number(answered & (dtmf.str.len_bytes() > 0)),
        "dtmf_unknown": number(answered & dtmf.is_null()),
        "user_side": number(~answered & code.is_in(list(user_side_codes))),
        "ending_unknown": number(~answered & code.is_null()),
        **{f"sip_{hundred}xx": number(code // 100 == hundred) for hundred in range(2, 7)},
        "first_call": pl.col("call_time").min(),
        "last_call": pl.col("call_time").max(),
    }


def _sums(snapshot: Snapshot) -> Iterator[pl.DataFrame]:
    """Add up the calls of each month again, by hour and by day."""
    read = (
        "customer, call_time, currency, connected, duration_s, billed_duration_s, charge, pdd_ms, dtmf, "
        "sip_code"
    )
    months = {
        from_microseconds(day * DAY_US).replace(day=1)
        for name in ("cdr", "hourly", "daily")
        for day in rows_by_day(snapshot.contents[name].files.values(), snapshot.tables[name].shape)
    }
    for month in sorted(months):
        after = (month + timedelta(days=31)).replace(day=1)
        calls = snapshot.query(
            f"SELECT {read} FROM {snapshot.scan('cdr', customer='', start=month, end=after)} AS calls",
            many=True,
        )
        figures = _counted(snapshot.user_side_codes)
        for name, time, width, part in (("hourly", "hour", "1h", "month"), ("daily", "day", "1d", "year")):
            if name == "daily" and not snapshot.has_days:
                continue
            key = ["customer", time, "currency"]
            recomputed = calls.with_columns(pl.col("call_time").dt.truncate(width).alias(time)).group_by(key)
            stored = snapshot.query(
                f"SELECT * EXCLUDE ({part}) FROM {name} "
                f"WHERE {time} >= {literal(month.isoformat())} AND {time} < {literal(after.isoformat())}"
            )
            yield _unequal(name, stored, recomputed.agg(**figures), key)


def _channels(snapshot: Snapshot) -> Iterator[pl.DataFrame]:
    """Count the calls in progress again, a few days at a time."""
    for low, high in _windows(snapshot):
        begun, ended = from_microseconds(low), from_microseconds(high)
        files = [
            each for each in snapshot.contents["cdr"].files.values() if each.may_hold("end_time", low, None)
        ]
        calls = snapshot.query(
            "SELECT customer, epoch_us(call_time) AS begun, epoch_us(end_time) AS ended "
            f"FROM {snapshot.tables['cdr'].rows(files)} AS calls WHERE end_time > call_time "
            f"AND end_time >= {literal(begun.isoformat())} AND call_time < {literal(ended.isoformat())}",
            many=True,
        )
        everyone = calls.with_columns(customer=pl.lit(ALL_CUSTOMERS))
        stored = snapshot.query(
            "SELECT customer, minute, channels, peak, area_us "
            f"FROM {snapshot.scan('channels', customer='', start=begun, end=ended)} AS minutes"
        )
        of_customer = pl.concat([calls, everyone]).partition_by("customer", as_dict=True)
        recomputed = [
            _minutes(str(customer), own["begun"].to_numpy(), own["ended"].to_numpy(), low, high)
            for (customer,), own in of_customer.items()
        ]
        yield _unequal("channels", stored, pl.concat([stored.clear(), *recomputed]), ["customer", "minute"])


def _windows(snapshot: Snapshot) -> Iterator[tuple[int, int]]:
    """Cut the time in which anything goes on into whole days, about a million calls at a time."""
    calls = snapshot.contents["cdr"]
    days: set[int] = set()
    for file in snapshot.contents["channels"].files.values():
        first, last = (int(each) for each in file.bounds["minute"])
        days.update(range(first // DAY_US * DAY_US, last + 1, DAY_US))
    for file in calls.files.values():
        if "end_time" in file.bounds:
            first, last = int(file.bounds["call_time"][0]), int(file.bounds["end_time"][1])
            days.update(range(first // DAY_US * DAY_US, last + 1, DAY_US))
    of_day = rows_by_day(calls.files.values(), snapshot.tables["cdr"].shape)
    begun, after, rows = 0, 0, 0.0
    for day in sorted(days):
        if after and (day != after or rows >= _ROWS_AT_ONCE or after - begun >= _DAYS_AT_ONCE * DAY_US):
            yield begun, after
            begun, rows = day, 0.0
        begun = begun if after else day
        after = day + DAY_US
        rows += of_day.get(day // DAY_US, 0)
    if after:
        yield begun, after


def _minutes(customer: str, begun: Instants, ended: Instants, low: int, high: int) -> pl.DataFrame:
    """Count level, peak and area of the minutes of [low, high) that shall have a row."""
    events = np.concatenate([begun, ended])
    minutes = np.unique(events[(events >= low) & (events < high)] // MINUTE_US * MINUTE_US)
    begun_at, ended_at = np.sort(np.maximum(begun, low)), np.sort(np.minimum(ended, high))

    def in_progress(instants: Instants, side: Literal["left", "right"]) -> Instants:
        return np.searchsorted(begun_at, instants, side) - np.searchsorted(ended_at, instants, side)

    def area_until(instants: Instants) -> Instants:
        return _time_since(begun_at - low, instants - low) - _time_since(ended_at - low, instants - low)

    midnights = np.arange(low, high, DAY_US)
    minutes = np.union1d(minutes, midnights[in_progress(midnights, "right") > 0])
    peak = in_progress(minutes, "right")
    starts = np.unique(begun[(begun >= low) & (begun < high)])
    np.maximum.at(
        peak, np.searchsorted(minutes, starts // MINUTE_US * MINUTE_US), in_progress(starts, "right")
    )
    return pl.DataFrame(
        {
            "customer": pl.Series([customer], dtype=pl.String).new_from_index(0, len(minutes)),
            "minute": pl.Series(minutes).cast(pl.Datetime("us", "UTC")),
            "channels": in_progress(minutes + MINUTE_US, "left"),
            "peak": peak,
            "area_us": area_until(minutes + MINUTE_US) - area_until(minutes),
        }
    )


def _time_since(events: Instants, instants: Instants) -> Instants:
    """Give, for each instant, the sum of the time that has passed since each earlier event."""
    count = np.searchsorted(events, instants, "right")
    sums = np.append(0, np.cumsum(events))
    passed: Instants = count * instants - sums[count]
    return passed


def _unequal(table: str, stored: pl.DataFrame, recomputed: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """Figures that differ; a row that only one side has differs in every column."""
    columns = [each for each in stored.columns if each not in key]
    recomputed = recomputed.select(stored.columns).cast(stored.schema)
    both = stored.join(recomputed, on=key, how="full", nulls_equal=True, coalesce=True, suffix=_AGAIN)
    differ = [
        both.filter(pl.col(each).ne_missing(pl.col(each + _AGAIN))).select(
            table=pl.lit(table),
            customer="customer",
            at=pl.col(key[1]),
            column=pl.lit(each),
            stored=pl.col(each).cast(pl.String),
            recomputed=pl.col(each + _AGAIN).cast(pl.String),
        )
        for each in columns
    ]
    return pl.concat([pl.DataFrame(schema=_SCHEMA), *(each.cast(_SCHEMA) for each in differ)])
