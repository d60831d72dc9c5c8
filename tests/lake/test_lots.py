"""Which days of calls share a file, how files are found by days, and lakes that are parted by day."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from deltalake import DeltaTable
from hypothesis import given
from hypothesis import strategies as st
from lake_calls import call, write_calls

from cxreports.clock import DAY_US
from cxreports.lake import Store
from cxreports.lake.compact import _close
from cxreports.lake.log import Contents, DataFile
from cxreports.lake.parquet.lots import MOST_ROWS, Day, files_at, lots, rows_by_day, span_of
from cxreports.lake.parquet.partitions import month_of
from cxreports.lake.shapes import CDR, LEG
from cxreports.lake.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from typing import Any

    from cxreports.cdr.source_format import SourceFormat
    from cxreports.lake import LoadReport

JANUARY = 20_454
"""1 January 2026, days since 1970."""


def day(number: int, rows: int) -> Day:
    return Day(number * DAY_US + 1, (number + 1) * DAY_US - 1, rows)


def test_days_share_a_file_up_to_a_size_and_within_a_month() -> None:
    few, many = MOST_ROWS // 4, MOST_ROWS + 1
    days = [
        *(day(JANUARY + nth, few) for nth in range(6)),
        day(JANUARY + 6, many),
        day(JANUARY + 7, 1),
        day(JANUARY + 8, many),
        *(day(JANUARY + nth, 10) for nth in range(29, 34)),
    ]
    found = [[each.number - JANUARY for each in lot] for lot in lots(days, CDR)]
    assert found == [[0, 1, 2, 3], [4, 5], [6], [7], [8], [29, 30], [31, 32, 33]]
    by_day = replace(CDR, partition=CDR.day or CDR.partition)
    assert [len(lot) for lot in lots(days, by_day)] == [1] * len(days)


spans = st.tuples(st.integers(0, 120), st.integers(0, 4)).map(lambda each: (each[0], each[0] + each[1]))


def file(nth: int, first: int, last: int, rows: int = 1) -> DataFile:
    low, high = (JANUARY + first) * DAY_US + 5, (JANUARY + last) * DAY_US + 9
    return DataFile(f"{nth}", month_of(low), rows, 1, {"call_time": (low, high)})


@given(st.lists(spans, max_size=12), st.sets(st.integers(-3, 130), max_size=12))
def test_files_of_days_are_those_that_reach_into_one(
    files: Sequence[tuple[int, int]], days: set[int]
) -> None:
    # A file lies in one month.
    present = [
        each
        for each in (file(nth, *span) for nth, span in enumerate(files))
        if month_of(int(each.bounds["call_time"][1])) == each.partition
    ]
    contents = Contents.of(1, {each.path: each for each in present})
    asked = [((JANUARY + each) * DAY_US, (JANUARY + each + 1) * DAY_US - 1) for each in sorted(days)]
    expected = {
        each.path
        for each in present
        if any(files[int(each.path)][0] <= at <= files[int(each.path)][1] for at in days)
    }
    assert {each.path for each in files_at(contents, CDR, asked)} == expected


def test_rows_of_a_file_are_spread_over_its_days() -> None:
    found = rows_by_day([file(0, 0, 3, 8), file(1, 3, 3, 5)], CDR)
    assert {at - JANUARY: rows for at, rows in found.items()} == {0: 2, 1: 2, 2: 2, 3: 7}


def test_a_file_of_which_nothing_is_known_stands_where_its_partition_begins() -> None:
    lost = DataFile("lost", "2026-01-01", 0, 0)
    assert span_of(lost, CDR) == (JANUARY, JANUARY)
    contents = Contents.of(1, {"lost": lost})
    assert files_at(contents, CDR, [(JANUARY * DAY_US, JANUARY * DAY_US + 5)]) == [lost]


def test_files_are_merged_that_share_days_or_fit_into_one(tmp_path: Path) -> None:
    table, half = Table(tmp_path, CDR), MOST_ROWS // 2
    files = [
        file(0, 0, 0, half),
        file(1, 1, 1, half),
        file(2, 2, 2, half),  # one day too many
        file(3, 4, 6, MOST_ROWS),
        file(4, 6, 7, MOST_ROWS),  # it shares the 6th
        file(5, 7, 9, MOST_ROWS),
        file(6, 10, 10, 1),
    ]
    found = [[each.path for each in group] for group in _close(table, files[::-1])]
    assert found == [["0", "1"], ["2"], ["3", "4", "5"], ["6"]]


def months(count: int) -> list[dict[str, Any]]:
    return [
        call(
            nth,
            f"2026-0{1 + nth % 3}-{1 + nth % 9:02}T23:{nth % 60:02}:00Z",
            f"2026-0{1 + nth % 3}-{2 + nth % 9:02}T00:{nth % 60:02}:00Z",
            customer=f"c{nth % 4}",
        )
        for nth in range(count)
    ]


@pytest.fixture
def by_day(tmp_path: Path, plain: SourceFormat, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A lake as an earlier version made it, whose calls and legs are parted by day."""
    home = tmp_path / "by-day"
    with monkeypatch.context() as patched:
        for name, shape in (("CDR", CDR), ("LEG", LEG)):
            assert shape.day is not None
            patched.setattr(f"cxreports.lake.head.{name}", replace(shape, partition=shape.day, day=None))
        Store(home).load(write_calls(tmp_path / "before.csv", months(70)), source_format=plain)
    return Store(home)


def content(store: Store) -> Mapping[str, list[tuple[Any, ...]]]:
    kept = {
        "cdr": "* EXCLUDE (load)",
        "leg": "* EXCLUDE (load, nth)",
        "hourly": "*",
        "daily": "*",
        "channels": "*",
    }
    return {
        name: store.snapshot().query(f"SELECT {columns} FROM {name} ORDER BY ALL").rows()
        for name, columns in kept.items()
    }


def test_a_lake_that_is_parted_by_day_goes_on_as_it_is(
    by_day: Store, tmp_path: Path, plain: SourceFormat
) -> None:
    fresh = Store(tmp_path / "fresh")
    fresh.load(tmp_path / "before.csv", source_format=plain)
    more = [*months(90)[60:], call(1_000, "2026-02-03T10:00:00Z", "2026-02-03T10:05:00Z")]
    path = write_calls(tmp_path / "more.csv", more)
    for store in (by_day, fresh):
        (report,) = Store(store.home).load(path, source_format=plain)
        assert (report.loaded, report.duplicates) == (21, 10)
    assert content(by_day) == content(fresh)
    assert {each.partition for each in by_day.snapshot().contents["cdr"].files.values()} > {"2026-02-03"}
    for store in (by_day, fresh):
        store.unload(1)
        assert store.verify().is_empty()
    assert content(by_day) == content(fresh)
    before = content(by_day)
    by_day.compact()
    assert content(by_day) == before
    assert by_day.verify().is_empty()


def test_how_a_lake_is_parted_is_known_without_the_beginning_of_its_log(by_day: Store) -> None:
    table = DeltaTable(str(by_day.home / "lake" / "cdr"))
    table.create_checkpoint()
    (by_day.home / "lake" / "cdr" / "_delta_log" / f"{0:020}.json").unlink()
    assert Table(by_day.home / "lake", CDR).shape.partition == CDR.day
    assert Table(by_day.home / "new", CDR).shape.partition == CDR.partition
    assert by_day.snapshot().query("SELECT count(DISTINCT day) FROM cdr").item() == 9


def test_small_loads_of_many_days_come_together_once(store: Store, load: Callable[..., LoadReport]) -> None:
    for nth in range(1, 25):
        load(call(nth, f"2026-03-{nth:02}T10:00:00Z", f"2026-03-{nth:02}T10:01:00Z"))
    assert len(store.snapshot().contents["cdr"].files) <= 8
    store.compact()
    (only,) = store.snapshot().contents["cdr"].files.values()
    assert only.rows == 24
    assert store.compact() == 0
    assert store.verify().is_empty()


def test_files_that_share_days_are_apart_once_they_are_merged(
    store: Store, load: Callable[..., LoadReport], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cxreports.lake.parquet.lots.MOST_ROWS", 10)
    monkeypatch.setattr("cxreports.lake.compact.MOST_ROWS", 10)
    for nth in range(9):
        load(
            *(
                call(nth * 10 + at, f"2026-03-0{at}T1{nth}:00:00Z", f"2026-03-0{at}T1{nth}:01:00Z")
                for at in range(1, 7)
            )
        )
    assert store.compact() + len(store.snapshot().contents["cdr"].files) > 6
    files = sorted(each.bounds["call_time"] for each in store.snapshot().contents["cdr"].files.values())
    assert [int(low) // DAY_US == int(high) // DAY_US for low, high in files] == [True] * 6
    assert store.compact() == 0
    assert store.verify().is_empty()
