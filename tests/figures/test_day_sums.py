"""Sums of days that are kept: the same as those of the calls, and read anew only where files are new."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import polars as pl
import pytest
from lake_calls import PLAIN, call, write_calls

from cxreports.cdr.definition import parse_format
from cxreports.clock import microseconds
from cxreports.figures import day_sums as module
from cxreports.figures.day_sums import Question, day_sums
from cxreports.lake import Store
from cxreports.private_file import DAY_SUMS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FIRST, LAST = (microseconds(datetime(2026, 3, day, tzinfo=UTC)) for day in (1, 9))
COUNTS = Question(
    "counts",
    lambda calls: (
        "SELECT customer, CAST(call_time AS DATE) AS day, CAST(COUNT(*) AS BIGINT) AS calls "
        f"FROM {calls} AS calls GROUP BY ALL"
    ),
)


@pytest.fixture
def delivered(tmp_path: Path) -> Callable[[str], Store]:
    """Load calls, given as customer and call time, and open the store anew."""
    numbers = itertools.count()

    def load(rows: str) -> Store:
        calls = []
        for row in rows.split(";"):
            customer, begun = row.split()
            calls.append(call(next(numbers), f"{begun}:00Z", f"{begun}:30Z", customer=customer))
        path = write_calls(tmp_path / f"{next(numbers)}.csv", calls)
        (report,) = Store(tmp_path / "home").load(path, source_format=parse_format(PLAIN, "plain.toml"))
        assert report.refused is None
        return Store(tmp_path / "home")

    return load


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many files were read at once, each time that some were."""
    found: list[int] = []
    plain = module._Keep.asked

    def counted(keep: module._Keep, day: int, files: list[object]) -> pl.DataFrame:
        found.append(len(files))
        return plain(keep, day, files)  # type: ignore[arg-type]

    monkeypatch.setattr(module._Keep, "asked", counted)
    return found


def counts(store: Store, customer: str = "all") -> dict[str, int]:
    rows = day_sums(store.snapshot(), COUNTS, FIRST, LAST, customer)
    found = rows.group_by("day").agg(pl.col("calls").sum()).sort("day")
    return {f"{day:%d}": calls for day, calls in found.iter_rows()}


def test_only_days_with_new_files_are_read_again(delivered: Callable[[str], Store], asked: list[int]) -> None:
    store = delivered("a 2026-03-02T10:00;b 2026-03-02T11:00;a 2026-03-03T10:00;a 2026-03-04T10:00")
    assert counts(store) == {"02": 2, "03": 1, "04": 1}
    assert asked == [1, 1, 1]
    asked.clear()
    assert counts(Store(store.home), "b") == {"02": 1}
    assert asked == []
    # A late call of the 3rd, and another of the newest day: of that day the new file alone is read.
    store = delivered("a 2026-03-03T12:00;b 2026-03-04T12:00")
    assert counts(store) == {"02": 2, "03": 2, "04": 2}
    assert sorted(asked) == [1, 2]


def test_what_was_taken_back_is_in_no_sum(delivered: Callable[[str], Store]) -> None:
    store = delivered("a 2026-03-02T10:00;a 2026-03-04T10:00")
    store = delivered("a 2026-03-02T12:00;a 2026-03-04T12:00")
    assert counts(store) == {"02": 2, "04": 2}
    store.unload(1)
    assert counts(Store(store.home)) == {"02": 1, "04": 1}


def test_a_damaged_file_of_sums_is_made_anew(delivered: Callable[[str], Store]) -> None:
    store = delivered("a 2026-03-02T10:00;a 2026-03-03T10:00")
    assert counts(store) == {"02": 1, "03": 1}
    (path,) = (store.home / DAY_SUMS).rglob("*.parquet")
    path.write_bytes(b"PAR1 cut in the middle")
    assert counts(store) == {"02": 1, "03": 1}
    assert path.stat().st_mode & 0o077 == 0


def test_a_day_keeps_the_sums_of_its_present_files_alone(delivered: Callable[[str], Store]) -> None:
    counts(delivered("a 2026-03-02T10:00;a 2026-03-03T10:00"))
    store = delivered("a 2026-03-02T12:00")
    counts(store)
    assert len(list((store.home / DAY_SUMS).rglob("*.parquet"))) == 1


def test_a_call_of_a_year_to_come_makes_nothing_old(
    delivered: Callable[[str], Store], asked: list[int]
) -> None:
    store = delivered("a 2026-03-02T10:00;a 2026-03-03T10:00;a 2199-01-01T10:00")
    assert counts(store) == {"02": 1, "03": 1}
    asked.clear()
    assert counts(store) == {"02": 1, "03": 1}
    assert asked == []
