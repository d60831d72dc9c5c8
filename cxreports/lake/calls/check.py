"""Calls of several records checked: folded again, one by one, and compared with ``cdr``."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from cxreports.cdr.identity.keys import IN_TURN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from cxreports.lake.snapshot import Snapshot

Row = dict[str, Any]

_PARTS_OF: Final = 500_000
"""Rows of ``leg`` that are looked at together."""

_COMPARED: Final = (
    "customer", "call_time", "answer_time", "end_time", "source", "destination", "duration_s",
    "billed_duration_s", "sip_code", "charge", "currency", "connected", "legs",
)  # fmt: skip
_OF_ANSWER: Final = ("answer_time", "end_time", "duration_s", "sip_code")


def differing_calls(snapshot: Snapshot) -> pl.DataFrame:
    """Calls whose row is not what their records make, and rows of ``leg`` that stand alone or twice.

    Returns
    -------
    polars.DataFrame
        ``table``, ``customer``, ``at``, ``column``, ``stored``, ``recomputed``: texts but for the time.
    """
    rows = sum(each.rows for each in snapshot.contents["leg"].files.values())
    parts = max(1, rows // _PARTS_OF)
    found = [row for part in range(parts) for row in _differing(snapshot, parts, part)]
    schema = dict.fromkeys(("table", "customer", "column", "stored", "recomputed"), pl.String)
    return pl.DataFrame(found, schema=schema | {"at": pl.Datetime("us", "UTC")}, orient="row")


def _differing(snapshot: Snapshot, parts: int, part: int) -> Iterator[Row]:
    here = f"record_key % {parts} = {part}"
    legs = snapshot.query(f"SELECT * FROM leg WHERE {here} ORDER BY record_key")
    calls = snapshot.query(
        f"SELECT * FROM cdr WHERE {here} "
        f"AND (load = 0 OR record_key IN (SELECT record_key FROM leg WHERE {here}))"
    )
    stored: dict[int, list[Row]] = {}
    for row in calls.iter_rows(named=True):
        stored.setdefault(row["record_key"], []).append(row)
    for key, group in groupby(legs.iter_rows(named=True), key=lambda row: row["record_key"]):
        rows = list(group)
        yield from _of_call(rows, stored.pop(key, []))
    for alone in stored.values():
        for row in alone:
            yield _difference("cdr", row, "legs", str(row["knows"]), "none in leg")


def _of_call(rows: list[Row], stored: list[Row]) -> Iterator[Row]:
    full = [row for row in rows if not row["again"]]
    deliveries = [(row["call_time"], row["leg_key"], row["contents"], row["load"]) for row in rows]
    if len(set(deliveries)) < len(deliveries):
        yield _difference("leg", rows[0], "load", "delivered twice by one load", "once")
    if not stored:
        yield _difference("leg", rows[0], "record_key", str(rows[0]["record_key"]), "no such call in cdr")
    # Of a call that stands there more than once nobody can say which records are whose: `verify` says that.
    if not full or len(stored) != 1:
        return
    call = _call(rows, full)
    for name in _COMPARED:
        if call[name] != stored[0][name]:
            yield _difference("cdr", stored[0], name, _text(stored[0][name]), _text(call[name]))


def _call(rows: list[Row], full: list[Row]) -> Row:
    """Fold the records of a call, one after the other."""
    by_record: dict[int, list[Row]] = {}
    for row in full:
        own = [r for r in rows if (r["leg_key"], r["contents"]) == (row["leg_key"], row["contents"])]
        last = max((r["load"], r["nth"]) for r in own)
        by_record.setdefault(row["leg_key"] or 0, []).append(row | {"last": last})
    records = [_record(versions) for versions in by_record.values()]
    records.sort(key=_place)
    first = records[0]
    answered = [each for each in records if each["connected"]]
    priced = [each for each in records if each["charge"] is not None]
    currencies = [each["currency"] for each in (*priced, *records) if each["currency"] is not None]
    one_currency = len({each["currency"] for each in priced}) <= 1
    return {
        **{name: first[name] for name in ("customer", "source", "destination", "billed_duration_s")},
        "source": first["source"],
        "call_time": min(each["call_time"] for each in records),
        "answer_time": min((e["answer_time"] for e in answered if e["answer_time"]), default=None),
        "end_time": _ended(records),
        "duration_s": _talked(answered),
        "sip_code": (answered or records)[0]["sip_code"],
        "charge": sum((e["charge"] for e in priced), Decimal(0)) if priced and one_currency else None,
        "currency": currencies[0] if currencies else None,
        "connected": bool(answered),
        "legs": max(1, sum(each["leg_rank"] is not None and each["leg_rank"] > 0 for each in records)),
    }


def _record(versions: list[Row]) -> Row:
    """Merge versions of a record, the latest last; the one that knows most says if it was answered."""
    versions = sorted(versions, key=lambda each: (each["last"], each["contents"]))
    most = max(each["knows"] for each in versions)
    connected = [each["connected"] for each in versions if each["knows"] == most][-1]
    agreeing = [each for each in versions if each["connected"] == connected]
    merged = dict(versions[-1])
    for name in merged:
        of_same = agreeing if name in _OF_ANSWER else versions
        known = [each[name] for each in of_same if each[name] is not None]
        merged[name] = known[-1] if known else None
    return merged | {"connected": connected, "leg_rank": agreeing[-1]["leg_rank"]}


def _place(record: Mapping[str, Any]) -> tuple[Any, ...]:
    leg, rank = record["leg"], record["leg_rank"]
    number = int(leg) if leg is not None and leg.strip().lstrip("+-").isdigit() else None
    return (
        rank == 0,
        -(rank or 0),
        not record["connected"],
        record["call_time"],
        (number is None, number or 0),
        (leg is None, (leg or "").encode()),
        record["leg_key"] or 0,
    )


def _follows(record: Mapping[str, Any]) -> bool:
    """Whether a leg follows the one before it and does not say when it begins."""
    return record["leg_rank"] is not None and record["leg_rank"] > IN_TURN


def _ended(records: list[Row]) -> datetime | None:
    """When the last leg ended; of legs that follow each other, when all of their times have passed."""
    ended = [each for each in records if each["end_time"]]
    if not any(map(_follows, records)):
        return max((each["end_time"] for each in ended), default=None)
    begun: datetime = min(each["call_time"] for each in records)
    return begun + sum((each["end_time"] - each["call_time"] for each in ended), timedelta(0))


def _talked(answered: list[Row]) -> Decimal | None:
    """Time in which any leg was answered: null where one does not say how long."""
    if any(each["duration_s"] is None for each in answered):
        return None
    if len(answered) == 1 or any(map(_follows, answered)):
        return sum((Decimal(each["duration_s"]) for each in answered), Decimal(0))
    spans = []
    for each in answered:
        length = timedelta(microseconds=int(each["duration_s"] * 1_000_000))
        begun = each["answer_time"] or each["end_time"] - length
        spans.append((begun, begun + length))
    return Decimal(_union(spans)) / 1_000_000


def _union(spans: Iterable[tuple[Any, Any]]) -> int:
    """Microseconds that some spans cover together."""
    covered, until = timedelta(0), None
    for begun, ended in sorted(spans):
        begins = begun if until is None else max(begun, until)
        covered += max(timedelta(0), ended - begins)
        until = ended if until is None else max(ended, until)
    return covered // timedelta(microseconds=1)


def _difference(table: str, row: Row, column: str, stored: str | None, again: str | None) -> Row:
    return {
        "table": table,
        "customer": row["customer"],
        "at": row["call_time"],
        "column": column,
        "stored": stored,
        "recomputed": again,
    }


def _text(value: object) -> str | None:
    return None if value is None else str(value)
