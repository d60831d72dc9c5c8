"""Rows that are held in memory: the same figures as from the files, and nobody else's rows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from lake_calls import call, write_calls

from cxreports.clock import Period
from cxreports.figures.breakdown import destinations
from cxreports.figures.series import series
from cxreports.figures.summary import summary
from cxreports.lake.calls import held as module
from cxreports.lake.calls.held import held

if TYPE_CHECKING:
    from pathlib import Path

    import polars as pl

    from cxreports.cdr.source_format import SourceFormat
    from cxreports.lake import Store
    from cxreports.lake.snapshot import Snapshot

MARCH = Period(datetime(2026, 3, 10, tzinfo=UTC), datetime(2026, 3, 12, tzinfo=UTC))


@pytest.fixture
def whole(store: Store, tmp_path: Path, plain: SourceFormat) -> Snapshot:
    """Calls of two customers over three weeks, in several files a day."""
    for part in range(3):
        calls = [
            call(
                part * 1000 + nth,
                f"2026-03-{1 + nth % 21:02}T{nth % 24:02}:{nth % 60:02}:07Z",
                f"2026-03-{1 + nth % 21:02}T{nth % 24:02}:{nth % 60:02}:59Z",
                customer=("acme", "bravo")[nth % 2],
            )
            for nth in range(part, 300, 3)
        ]
        store.load(write_calls(tmp_path / f"{part}.csv", calls), source_format=plain)
    return store.snapshot()


def figures(snapshot: Snapshot, customer: str) -> list[pl.DataFrame]:
    start, end = "2026-03-01", "2026-03-22"  # longer than what is held
    within = {"start": MARCH.start, "end": MARCH.end}
    return [
        snapshot.customers(),
        summary(snapshot, customer, "hour", **within),
        summary(snapshot, customer, "day", start=start, end=end),
        series(snapshot, customer, "channels", every="1h", **within),
        destinations(snapshot, customer, **within),
        destinations(snapshot, customer, start=start, end=end),
        snapshot.query("SELECT count(*) AS calls, sum(duration_s) AS seconds FROM cdr"),
    ]


@pytest.mark.parametrize("customer", ["acme", "bravo"])
def test_figures_are_those_of_the_files(store: Store, whole: Snapshot, customer: str) -> None:
    kept = held(whole, MARCH, "test")
    assert set(kept) == {"cdr", "hourly", "daily", "channels"}
    plain, quick = store.reaching(whole, customer), store.reaching(whole, customer, kept)
    assert "test_cdr" in quick.scan("cdr", start=MARCH.start, end=MARCH.end)
    for one, other in zip(figures(plain, customer), figures(quick, customer), strict=True):
        assert one.equals(other)
    for table in kept:
        rows = quick.query(f"SELECT DISTINCT customer FROM {quick.scan(table)} AS rows")["customer"].to_list()
        assert rows == [customer]


def test_a_large_table_is_not_held(whole: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_ROWS", 10)
    assert held(whole, MARCH, "test") == {}
