"""Files of records with legs, revisions and cut lines, and a naive count of the calls that they make.

Nothing here is shared with what it checks: a lake is thought away, and the calls are made anew from what each
file says last.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random

COLUMNS = ("rec", "call", "leg", "who", "begin", "answer", "end", "talk", "billed", "code", "to", "price")

LEGS = """
name = "legs"
title = "records with legs"
documents = ["https://example.org/"]
identity = ["rec"]

[[layout]]
name = "legs"
needs = ["rec", "call", "begin"]

[legs]
call = ["call"]
caller = { column = "who", in = ["caller"] }
challenge = [407]

[[connected]]
field = "sip_code"
between = [200, 299]

[fields.call_id]
column = "rec"
[fields.leg]
column = "leg"
[fields.call_time]
column = "begin"
[fields.answer_time]
column = "answer"
[fields.end_time]
column = "end"
[fields.duration_s]
column = "talk"
[fields.billed_duration_s]
column = "billed"
[fields.sip_code]
column = "code"
[fields.destination]
column = "to"
[fields.charge]
column = "price"
[fields.tech_prefix]
column = "who"
[fields.currency]
constant = "USD"
"""

FIRST = datetime(2026, 3, 1, 22, 0, tzinfo=UTC)
MAPPED = ("rec", "leg", "begin", "answer", "end", "talk", "billed", "code", "to", "price", "who")
OF_ANSWER = ("answer", "end", "talk", "code")
NAMES = {"answer": "answer_time", "talk": "duration_s", "billed": "billed_duration_s", "code": "sip_code"}
NAMES |= {"to": "destination", "price": "charge"}
"""Values that are compared, and the fields that they are."""

Row = dict[str, str]


def records(chance: random.Random, calls: int) -> list[Row]:
    """Make records of calls: legs, and versions of each that know more, less or something else."""
    rows: list[Row] = []
    for call in range(calls):
        begun = FIRST + timedelta(seconds=chance.randrange(4 * 3600))
        for leg in range(chance.randint(1, 3)):
            at = begun + timedelta(seconds=chance.randrange(40))
            rows += [_version(chance, call, leg, at) for _ in range(chance.randint(1, 3))]
    return rows


def _version(chance: random.Random, call: int, leg: int, at: datetime) -> Row:
    code = chance.choice([200, 200, 486, 407])
    answer, talk = at + timedelta(seconds=5), chance.choice([30, 60, 3600])
    is_over = code != 200 or chance.random() < 0.7
    ended = (answer if code == 200 else at) + timedelta(seconds=talk)
    return {
        "rec": f"{call}-{leg}",
        "call": f"c{call}",
        "leg": str(leg),
        "who": "caller" if leg == 0 else "",
        "begin": at.isoformat(),
        "answer": answer.isoformat() if code == 200 else "",
        "end": ended.isoformat() if is_over else "",
        "talk": str(talk) if is_over and code == 200 else "",
        "billed": str(talk) if is_over else "",
        "code": str(code),
        "to": chance.choice(["", "44", "33"]),
        "price": chance.choice(["", "1.25", "0.75"]),
    }


@dataclass
class File:
    """A file that is delivered, grows, and may end in the middle of a line."""

    rows: list[tuple[int, Row]] = field(default_factory=list)
    cut: bool = False

    def text(self) -> str:
        """What stands in it: the last row lacks its last character where it is cut."""
        out = io.StringIO()
        writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(row for _, row in self.rows)
        text = out.getvalue()
        return text[:-2] if self.cut else text

    def delivered(self) -> list[tuple[tuple[int, int], Row]]:
        """Rows as they can be read, each with when it came and its place."""
        rows = [((at, nth), dict(row)) for nth, (at, row) in enumerate(self.rows)]
        if self.cut and rows:
            rows[-1][1]["price"] = rows[-1][1]["price"][:-1]
        return rows


def calls_of(files: list[File]) -> list[dict[str, Any]]:
    """Make the calls of what the files say."""
    delivered = [(order, _typed(row)) for each in files for order, row in each.delivered()]
    delivered.sort(key=lambda each: each[1]["call"])
    return [_call(list(group)) for _, group in groupby(delivered, key=lambda each: each[1]["call"])]


def _typed(row: Row) -> dict[str, Any]:
    connected = row["code"] == "200"
    begin = datetime.fromisoformat(row["begin"])
    answer = datetime.fromisoformat(row["answer"]) if row["answer"] else None
    end = datetime.fromisoformat(row["end"]) if row["end"] else answer or begin
    talk = int(row["talk"]) if row["talk"] else None
    return {
        "call": row["call"], "rec": row["rec"], "leg": int(row["leg"]), "connected": connected,
        "begin": begin, "answer": answer, "end": end, "talk": talk if connected else 0,
        "billed": int(row["billed"]) if row["billed"] else None, "code": int(row["code"]),
        "to": row["to"] or None, "price": Decimal(row["price"]) if row["price"] else None,
        "caller": row["who"] == "caller", "knows": sum(bool(row[name]) for name in MAPPED),
    }  # fmt: skip


def _call(delivered: list[tuple[tuple[int, int], dict[str, Any]]]) -> dict[str, Any]:
    of_record: dict[str, list[tuple[tuple[int, int], dict[str, Any]]]] = {}
    for order, row in delivered:
        of_record.setdefault(row["rec"], []).append((order, row))
    legs, noted = [], set()
    for versions in of_record.values():
        rows = [row for _, row in sorted(versions, key=lambda each: each[0])]
        fullest = max(r["knows"] for r in rows)
        says = [r["connected"] for r in rows if r["knows"] == fullest]
        merged: dict[str, Any] = {"connected": says[-1]}
        unanswered_after_all = not says[-1] and any(r["connected"] for r in rows)
        if len(set(says)) > 1 or unanswered_after_all or rows[-1]["connected"] != says[-1]:
            noted.add("connected")
        for name in rows[0].keys() - {"connected"}:
            same = [r for r in rows if name not in OF_ANSWER or r["connected"] == merged["connected"]]
            values = [r[name] for r in same if r[name] is not None]
            merged[name] = values[-1] if values else None
            if name in NAMES and len(set(values)) > 1:
                noted.add(NAMES[name])
        legs.append(merged)
    legs.sort(key=lambda r: (r["code"] == 407, not r["caller"], not r["connected"], r["begin"], r["leg"]))
    answered = [r for r in legs if r["connected"]]
    seconds = {s for r in answered for s in _seconds(r)}
    unknown = any(r["talk"] is None for r in answered)
    prices = [r["price"] for r in legs if r["price"] is not None]
    return {
        "begin": min(r["begin"] for r in legs),
        "end": max(r["end"] for r in legs),
        "connected": bool(answered),
        "talk": None if unknown else len(seconds),
        "billed": legs[0]["billed"],
        "code": (answered or legs)[0]["code"],
        "to": legs[0]["to"],
        "price": sum(prices) if prices else None,
        "legs": max(1, sum(r["code"] != 407 for r in legs)),
        "noted": noted,
    }


def _seconds(row: dict[str, Any]) -> range:
    begun = int((row["answer"] or row["end"]).timestamp())
    return range(begun, begun + (row["talk"] or 0))
