"""Calls made by hand, files of them in a plain format, and what tests ask of a store."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from cxreports.lake import LoadReport, Store

COLUMNS = [
    "call_id",
    "customer",
    "call_time",
    "end_time",
    "duration_s",
    "billed_duration_s",
    "pdd_ms",
    "sip_code",
    "dtmf",
    "charge",
    "currency",
]

PLAIN = """
name = "plain"
title = "one column per field"
documents = ["https://example.org/"]

[[layout]]
name = "plain"
needs = ["call_id", "customer", "call_time", "end_time"]

[customer]
column = "customer"

[[connected]]
field = "sip_code"
between = [200, 299]
""" + "".join(f'[fields.{name}]\ncolumn = "{name}"\n' for name in COLUMNS if name != "customer")

LOADER = """
import sys
from cxreports.cdr.definition import parse_format
from cxreports.lake import Store
home, text, *files = sys.argv[1:]
plain = parse_format(text, "plain.toml")
for file in files:
    (report,) = Store(home).load(file, source_format=plain)
    assert report.refused is None, report
"""
"""A process that loads files one after the other."""


def call(number: int, begun: str, ended: str, **given: Any) -> dict[str, Any]:
    """Make a call with a number of its own; times are UTC."""
    return {
        "call_id": f"call-{number}",
        "customer": "acme",
        "call_time": begun,
        "end_time": ended,
        "duration_s": "1.5",
        "billed_duration_s": "60",
        "pdd_ms": "1200.125",
        "sip_code": 200,
        "charge": "0.0123456789",
        "currency": "USD",
        **given,
    }


def some(first: int, last: int) -> list[dict[str, Any]]:
    """Make calls with numbers, a minute apart, over as many days as that takes."""
    return [
        call(
            number,
            f"2026-03-{1 + number // 1440:02}T{number // 60 % 24:02}:{number % 60:02}:07Z",
            "",
            duration_s="75.5",
        )
        for number in range(first, last)
    ]


def write_calls(path: Path, calls: Iterable[Mapping[str, Any]]) -> Path:
    """Write calls as a file in the plain format."""
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS, restval="")
        writer.writeheader()
        writer.writerows(calls)
    return path


def counts(report: LoadReport) -> tuple[int, int, int, int]:
    """Give rows, loaded, duplicates and rejected of a report that adds up."""
    assert report.rows == report.loaded + report.duplicates + report.rejected + report.paired
    return report.rows, report.loaded, report.duplicates, report.rejected


def stored(store: Store, table: str = "cdr") -> int:
    """Count the rows that readers see of a table."""
    return int(store.snapshot().query(f"SELECT count(*) FROM {table}").item())


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
