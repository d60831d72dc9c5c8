"""A lake in a temporary folder, and CDR files in a plain format to fill it with."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cxreports.cdr.definition import parse_format
from cxreports.cdr.source_format import SourceFormat
from cxreports.lake import LoadReport, Store

COLUMNS = (
    "call_id customer call_time end_time connected_code duration_s billed_duration_s pdd_ms sip_code dtmf charge "
    "currency"
).split()

PLAIN = """
name = "plain"
title = "one column per field"
documents = ["https://example.org/"]

[[layout]]
name = "plain"
needs = ["call_id", "customer", "call_time", "end_time", "connected_code"]

[customer]
column = "customer"

[[connected]]
field = "sip_code"
between = [200, 299]
""" + "".join(
    f'[fields.{name}]\ncolumn = "{name}"\n' for name in COLUMNS if name not in {"customer", "connected_code"}
)


@pytest.fixture(scope="session")
def plain() -> SourceFormat:
    return parse_format(PLAIN, "plain.toml")


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


def write_calls(path: Path, calls: Iterable[Mapping[str, Any]]) -> Path:
    """Write calls as a file in the plain format."""
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS, restval="")
        writer.writeheader()
        writer.writerows(calls)
    return path


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "home")


@pytest.fixture
def load(store: Store, tmp_path: Path, plain: SourceFormat) -> Callable[..., LoadReport]:
    """Load calls as one file with a new name."""
    names = iter(range(1_000_000))

    def loaded(*calls: Mapping[str, Any]) -> LoadReport:
        path = write_calls(tmp_path / f"calls-{next(names)}.csv", calls)
        (report,) = store.load(path, source_format=plain)
        return report

    return loaded


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
