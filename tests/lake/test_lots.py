"""Which days and months share a file, how files are found by days, and lakes of earlier versions."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

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
from cxreports.lake.parquet.partitions import year_of
from cxreports.lake.shapes import CDR, CHANNELS, HOURLY, LEG
from cxreports.lake.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from cxreports.cdr.source_format import SourceFormat
    from cxreports.lake import LoadReport
    from cxreports.lake.log import TableShape

JANUARY = 20_454
"""1 January 2026, days since 1970."""


def parted(shape: TableShape, by: str) -> TableShape:
    """A table as an earlier version parted it."""
    return replace(shape, partition=replace(shape.partition, name=by))


def day(number: int, rows: int) -> Day:
    return Day(number * DAY_US + 1, (number + 1) * DAY_US - 1, rows)


def test_days_share_a_file_up_to_a_size_and_within_a_year() -> None:
    few, many = MOST_ROWS // 4, MOST_ROWS + 1
    days = [
        *(day(JANUARY + nth, few) for nth in range(6)),
        day(JANUARY + 6, many),
        day(JANUARY + 7, 1),
        day(JANUARY + 8, many),
        *(day(JANUARY + nth, 10) for nth in (15, 16, 23, 31, 38, 364, 365, 366)),
    ]
    found = [[each.number - JANUARY for each in lot] for lot in lots(days, CDR)]
    assert found == [[0, 1, 2, 3], [4, 5], [6], [7], [8], [15, 16, 23], [31, 38], [364], [365, 366]]
    assert [len(lot) for lot in lots(days, parted(CDR, "day"))] == [1] * len(days)
    by_month = [[each.number - JANUARY for each in lot] for lot in lots(days[-8:], parted(CDR, "month"))]
    assert by_month == [[15, 16, 23], [31, 38], [364], [365, 366]]


def test_months_share_a_file_up_to_a_size_and_within_a_year() -> None:
    few = MOST_ROWS // 60
    days = [
        *(day(JANUARY + nth, few) for nth in range(59)),  # January and February, all but full
        *(day(JANUARY + nth, few) for nth in range(59, 90)),
        day(JANUARY + 90, MOST_ROWS),
        day(JANUARY + 119, MOST_ROWS),  # April's, however far and large
        day(JANUARY + 120, 1),
        day(JANUARY + 151, 1),  # a month without one
        day(JANUARY + 180, 1),
        day(JANUARY + 184, 1),
        day(JANUARY + 365, 1),
    ]
    found = [[each.number - JANUARY for each in lot] for lot in lots(days, HOURLY)]
    assert found == [[*range(59)], [*range(59, 90)], [90, 119], [120], [151, 180, 184], [365]]
    assert [len(lot) for lot in lots(days, parted(HOURLY, "month"))] == [31, 28, 31, 2, 1, 2, 1, 1]


spans = st.tuples(st.integers(-60, 60), st.integers(0, 4)).map(lambda each: (each[0], each[0] + each[1]))


def file(nth: int, first: int, last: int, rows: int = 1) -> DataFile:
    low, high = (JANUARY + first) * DAY_US + 5, (JANUARY + last) * DAY_US + 9
    return DataFile(f"{nth}", year_of(low), rows, 1, {"call_time": (low, high)})


@given(st.lists(spans, max_size=12), st.sets(st.integers(-63, 70), max_size=12))
def test_files_of_days_are_those_that_reach_into_one(
    files: Sequence[tuple[int, int]], days: set[int]
) -> None:
    # A file lies in one year.
    present = [
        each
        for each in (file(nth, *span) for nth, span in enumerate(files))
        if year_of(int(each.bounds["call_time"][1])) == each.partition
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
        file(7, 17, 18, 1),
        file(8, 26, 26, 1),  # too far
    ]
    found = [[each.path for each in group] for group in _close(table, files[::-1])]
    assert found == [["0", "1"], ["2"], ["3", "4", "5"], ["6", "7"], ["8"]]


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


Parted: TypeAlias = tuple[Store, str]
Content: TypeAlias = dict[str, list[tuple[Any, ...]]]


@pytest.fixture(params=["day", "month"])
def older(
    request: pytest.FixtureRequest, tmp_path: Path, plain: SourceFormat, monkeypatch: pytest.MonkeyPatch
) -> Parted:
    """A lake as an earlier version made it: calls and legs are parted by day or month, sums by month."""
    home, by = tmp_path / "older", request.param
    with monkeypatch.context() as patched:
        for name, shape in (("CDR", CDR), ("LEG", LEG)):
            patched.setattr(f"cxreports.lake.head.{name}", parted(shape, by))
        for name, shape in (("HOURLY", HOURLY), ("CHANNELS", CHANNELS)):
            patched.setattr(f"cxreports.lake.head.{name}", parted(shape, "month"))
        Store(home).load(write_calls(tmp_path / "before.csv", months(70)), source_format=plain)
    return Store(home), by


@pytest.fixture(scope="module")
def steps(tmp_path_factory: pytest.TempPathFactory, plain: SourceFormat) -> list[Content]:
    """What a lake of today holds after each step that the older ones take."""
    folder = tmp_path_factory.mktemp("fresh")
    fresh = Store(folder / "home")
    fresh.load(write_calls(folder / "before.csv", months(70)), source_format=plain)
    return list(taken(fresh, folder, plain))


def taken(lake: Store, folder: Path, plain: SourceFormat) -> Iterator[Content]:
    """Load, take back, compact: give what is there after each."""
    more = [*months(90)[60:], call(1_000, "2026-02-03T10:00:00Z", "2026-02-03T10:05:00Z")]
    (report,) = Store(lake.home).load(write_calls(folder / "more.csv", more), source_format=plain)
    assert (report.loaded, report.duplicates) == (21, 10)
    yield content(lake)
    lake.unload(1)
    assert lake.verify().is_empty()
    yield content(lake)
    lake.compact()
    assert lake.verify().is_empty()
    yield content(lake)


def content(store: Store) -> Content:
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


def test_a_lake_of_an_earlier_version_stays_parted_as_it_is(
    older: Parted, steps: list[Content], tmp_path: Path, plain: SourceFormat
) -> None:
    lake, by = older
    found = taken(lake, tmp_path, plain)
    assert next(found) == steps[0]
    partitions = {
        name: {each.partition for each in contents.files.values()}
        for name, contents in lake.snapshot().contents.items()
    }
    assert partitions["cdr"] > {"2026-02-03" if by == "day" else "2026-02-01"}
    assert partitions["hourly"] == partitions["channels"] == {"2026-01-01", "2026-02-01", "2026-03-01"}
    assert steps[1] == steps[2], "to compact changes nothing"
    assert [*found] == steps[1:]


def test_how_a_lake_is_parted_is_known_without_the_beginning_of_its_log(older: Parted) -> None:
    lake, by = older
    for name, expected in (("cdr", by), ("leg", by), ("hourly", "month")):
        folder = lake.home / "lake" / name
        DeltaTable(str(folder)).create_checkpoint()
        (folder / "_delta_log" / f"{0:020}.json").unlink()
        shape = lake.snapshot().tables[name].shape
        assert Table(lake.home / "lake", shape).shape.partition.name == expected
        assert Table(lake.home / "new", CDR).shape.partition == CDR.partition
    assert lake.snapshot().query("SELECT count(DISTINCT day) FROM cdr").item() == 9


def test_calls_of_three_years_take_a_file_a_year(store: Store, load: Callable[..., LoadReport]) -> None:
    """A file a month would make 111 of them, a file a day 3,300; what they hold is verified by counting."""
    begun = datetime(2023, 6, 1, 12, tzinfo=UTC)
    load(
        *(
            call(nth, f"{at:%Y-%m-%dT%H:%M:%SZ}", f"{at + timedelta(minutes=3):%Y-%m-%dT%H:%M:%SZ}")
            for nth, at in ((nth, begun + timedelta(hours=30 * nth)) for nth in range(900))
        )
    )
    contents = store.snapshot().contents
    for name in ("cdr", "hourly", "daily", "channels"):
        files = sorted(each.partition for each in contents[name].files.values())
        assert files == ["2023-01-01", "2024-01-01", "2025-01-01", "2026-01-01"]
    assert store.verify().is_empty()
    months = store.snapshot().query("SELECT month, sum(attempts) AS attempts FROM hourly GROUP BY month")
    assert months.height == 37
    assert months["attempts"].sum() == 900


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
