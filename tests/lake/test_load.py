"""Loading: every record once, whatever is loaded, again or at the same time."""

from __future__ import annotations

import gzip
import sys
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from threading import Event
from typing import TYPE_CHECKING

import preloaded
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lake_calls import LOADER, PLAIN, call, counts, some, stored, write_calls

from cxreports.errors import BadTime, DefinitionChanged, LakeBusy
from cxreports.lake import LoadReport, Store
from cxreports.lake.lock import writing
from cxreports.lake.progress import watched

if TYPE_CHECKING:
    from pathlib import Path

    from cxreports.cdr.source_format import SourceFormat

Load = Callable[..., LoadReport]


def test_the_same_file_again_is_known_by_its_contents(
    store: Store, tmp_path: Path, plain: SourceFormat
) -> None:
    path = write_calls(tmp_path / "a.csv", some(0, 5))
    assert counts(store.load(path, source_format=plain)[0]) == (5, 5, 0, 0)
    versions = store.snapshot().versions
    again = store.load(path, path.rename(tmp_path / "renamed.csv"), source_format=plain)
    assert again[0].refused is not None
    assert counts(again[1]) == (5, 0, 5, 0)
    assert store.snapshot().versions == versions


def test_a_zone_that_is_none_is_refused_for_a_known_file_too(
    store: Store, tmp_path: Path, plain: SourceFormat
) -> None:
    path = write_calls(tmp_path / "a.csv", some(0, 5))
    store.load(path, source_format=plain)
    with pytest.raises(BadTime, match="Europe/Madrid"):
        store.load(path, source_format=plain, zone="Europe/Madrdi")


def test_overlapping_files_bring_each_record_once(store: Store, load: Load) -> None:
    assert counts(load(*some(0, 3000))) == (3000, 3000, 0, 0)
    assert counts(load(*some(2000, 5000))) == (3000, 2000, 1000, 0)
    assert counts(load(*some(0, 5000))) == (5000, 0, 5000, 0)
    assert stored(store) == 5000
    assert store.verify().is_empty()


def test_a_record_that_stands_in_a_file_twice_counts_once(store: Store, load: Load) -> None:
    assert counts(load(*some(0, 4), *some(2, 6), *some(0, 1))) == (9, 6, 3, 0)
    assert store.verify().is_empty()


def test_rows_of_one_call_with_different_contents_are_legs(store: Store, load: Load) -> None:
    one = call(1, "2026-03-01T10:00:00Z", "2026-03-01T10:01:00Z")
    assert counts(load(one, one | {"pdd_ms": "1"}, one | {"charge": "2"})) == (3, 3, 0, 0)
    assert stored(store) == 3


def test_what_cannot_be_read_is_set_aside_once(
    store: Store, tmp_path: Path, plain: SourceFormat, load: Load
) -> None:
    bad = call(9, "not a time", "2026-03-01T10:01:00Z")
    assert counts(load(*some(0, 2), bad)) == (3, 2, 0, 1)
    path = write_calls(tmp_path / "other.csv", [*some(0, 2), bad])
    named = replace(plain, name="plain")
    assert counts(store.load(path, source_format=named)[0])[1] == 0
    assert stored(store, "reject") == 1
    assert store.snapshot().query("SELECT line, pending FROM reject").rows() == [(4, False)]


def test_a_known_file_is_reported_with_what_was_set_aside_of_it(
    store: Store, tmp_path: Path, plain: SourceFormat
) -> None:
    bad = call(9, "not a time", "2026-03-01T10:01:00Z")
    path = write_calls(tmp_path / "a.csv", [*some(0, 2), bad])
    assert counts(store.load(path, source_format=plain)[0]) == (3, 2, 0, 1)
    assert counts(store.load(path, source_format=plain)[0]) == (3, 0, 2, 1)


def test_a_refused_file_is_named_and_the_others_are_loaded(
    store: Store, tmp_path: Path, plain: SourceFormat
) -> None:
    (tmp_path / "photo.csv").write_bytes(b"\x89PNG....")
    files = [write_calls(tmp_path / "a.csv", some(0, 2)), tmp_path / "photo.csv", tmp_path / "missing.csv"]
    files.append(write_calls(tmp_path / "b.csv", some(2, 4)))
    reports = store.load(*files, source_format=plain)
    assert [each.loaded for each in reports] == [2, 0, 0, 2]
    assert [bool(each.refused) for each in reports] == [False, True, True, False]
    assert "photo.csv" in str(reports[1].refused)
    assert "missing.csv" in str(reports[2].refused)


def test_a_file_packed_with_gzip_brings_the_same_records(
    store: Store, tmp_path: Path, plain: SourceFormat, load: Load
) -> None:
    load(*some(0, 3))
    packed = tmp_path / "packed.csv.gz"
    packed.write_bytes(gzip.compress(write_calls(tmp_path / "p.csv", some(0, 4)).read_bytes()))
    assert counts(store.load(packed, source_format=plain)[0]) == (4, 1, 3, 0)


def test_an_empty_lake_answers(store: Store) -> None:
    snapshot = store.snapshot()
    assert snapshot.customers().is_empty()
    assert [stored(store, name) for name in ("cdr", "hourly", "daily", "channels", "reject")] == [0] * 5
    for table in ("cdr", "hourly", "daily", "channels"):
        assert snapshot.query(f"SELECT count(*) FROM {snapshot.scan(table, start='2026-01-01')}").item() == 0
    assert snapshot.channels_at("all", "2026-01-01") == 0
    assert store.verify().is_empty()


def test_progress_is_told_in_bytes_of_all_files(store: Store, tmp_path: Path, plain: SourceFormat) -> None:
    files = [write_calls(tmp_path / f"{each}.csv", some(each, each + 1)) for each in range(2)]
    seen: list[tuple[str, int, int]] = []
    store.load(*files, source_format=plain, progress=lambda *each: seen.append(each))
    total = sum(each.stat().st_size for each in files)
    assert seen[0] == ("0.csv", 0, total)
    assert seen[-1] == ("1.csv", total, total)


def test_progress_within_a_file_is_told_as_its_days_are_written(
    store: Store, tmp_path: Path, plain: SourceFormat, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Days are written as many at once as fit in memory, and several to a file: let that be one.
    monkeypatch.setattr("cxreports.lake.parquet.frames.MOST_IN_MEMORY", 1)
    monkeypatch.setattr("cxreports.lake.parquet.frames._GATHERED", 1)
    monkeypatch.setattr("cxreports.lake.parquet.lots.MOST_ROWS", 1)
    days = [call(each, f"2026-03-0{each}T10:00:00Z", f"2026-03-0{each}T10:01:00Z") for each in range(1, 5)]
    path = write_calls(tmp_path / "days.csv", days)
    seen: list[int] = []
    store.load(path, source_format=plain, progress=lambda _, done, total: seen.append(done * 100 // total))
    assert seen == sorted(seen)
    assert {0, 100} < set(seen)
    assert len({each for each in seen if 50 < each < 100}) >= len(days)


def test_progress_within_a_query_is_what_duckdb_says_of_the_furthest_one() -> None:
    says = iter([-1.0, 40.0, 0.0, 90.0])
    seen: list[float] = []
    come = Event()

    class Asked:
        def query_progress(self) -> float:
            return next(says, 100.0)

    def told(share: float) -> None:
        seen.append(share)
        if share == 1.0:
            come.set()

    with watched(Asked(), told):  # type: ignore[arg-type]
        assert come.wait(60)
    assert seen[:5] == [0.0, 0.4, 0.4, 0.9, 1.0]


money = st.decimals(
    min_value=Decimal("-99999999.9999999999"), max_value=Decimal("99999999.9999999999"), places=10
)


@given(st.lists(st.lists(money, min_size=1, max_size=8), min_size=4, max_size=9))
@settings(max_examples=3, deadline=None)
def test_sums_are_pythons_decimal_sums_to_the_last_digit(
    tmp_path_factory: pytest.TempPathFactory, plain: SourceFormat, charges: list[list[Decimal]]
) -> None:
    folder = tmp_path_factory.mktemp("money")
    store = Store(folder / "home")
    priced = [(f"c{nth}", format(charge, "f")) for nth, own in enumerate(charges) for charge in own]
    calls = [
        call(number, "2026-03-01T10:00:00Z", "2026-03-01T10:01:00Z", customer=customer, charge=charge)
        for number, (customer, charge) in enumerate(priced)
    ]
    for nth, part in enumerate((calls[::2], calls[1::2])):
        store.load(write_calls(folder / f"{nth}.csv", part), source_format=plain)
    snapshot = store.snapshot()
    expected = {f"c{nth}": sum(own) for nth, own in enumerate(charges)}
    assert dict(snapshot.query("SELECT customer, charge FROM hourly").rows()) == expected
    assert snapshot.query("SELECT sum(charge) FROM cdr").item() == sum(expected.values())


def test_another_load_is_waited_for_and_then_named(store: Store, tmp_path: Path) -> None:
    with (
        writing(store.home / "lake"),
        pytest.raises(LakeBusy, match=r"process \d+ since"),
    ):
        store.load(tmp_path / "a.csv", wait_s=0.05)


def test_two_processes_that_load_overlapping_files_at_once(store: Store, tmp_path: Path) -> None:
    files = [
        str(write_calls(tmp_path / f"{each}.csv", some(each * 500, each * 500 + 1500))) for each in range(4)
    ]
    loaders = [
        preloaded.Popen([sys.executable, "-c", LOADER, str(store.home), PLAIN, *order])
        for order in (files, files[::-1])
    ]
    assert [each.wait(120) for each in loaders] == [0, 0]
    assert stored(store) == 3000
    assert store.verify().is_empty()


def test_other_user_side_codes_need_a_rebuild(store: Store, load: Load) -> None:
    load(call(1, "2026-03-01T10:00:00Z", "", sip_code=404), call(2, "2026-03-01T10:00:00Z", "", sip_code=486))
    other = Store(store.home, user_side_codes=[404, 486])
    with pytest.raises(DefinitionChanged, match="404, 486"):
        other.snapshot()
    with pytest.raises(DefinitionChanged, match="480, 486, 487, 600, 603"):
        other.recover()
    other.rebuild()
    assert other.snapshot().query("SELECT user_side FROM hourly").item() == 2
    assert other.verify().is_empty()
    with pytest.raises(DefinitionChanged):
        store.snapshot()


@pytest.mark.parametrize(("most_rows", "expected"), [(16_384, 3), (12, 11), (1, 21)])
def test_days_that_are_written_in_memory_are_those_that_duckdb_writes(
    tmp_path: Path, plain: SourceFormat, monkeypatch: pytest.MonkeyPatch, most_rows: int, expected: int
) -> None:
    monkeypatch.setattr("cxreports.lake.parquet.lots.MOST_ROWS", most_rows)
    calls = [
        call(
            nth,
            f"2026-0{1 + nth % 3}-{1 + nth % 7:02}T{nth % 24:02}:00:0{nth % 10}Z",
            "",
            customer=f"c{nth % 4}",
        )
        for nth in range(90)
    ]
    path = write_calls(tmp_path / "months.csv", calls)
    found = []
    for name, most, held_bytes in (
        ("in-memory", 2_000, 1 << 20),
        ("all-at-once", 2_000, 0),
        ("some-at-once", 10, 0),
        ("duckdb", 0, 0),
    ):
        monkeypatch.setattr("cxreports.lake.parquet.frames.MOST_IN_MEMORY", most)
        monkeypatch.setattr("cxreports.cdr.typed_rows.MOST_IN_MEMORY", held_bytes)
        lake = Store(tmp_path / name)
        (report,) = lake.load(path, source_format=plain)
        assert report.loaded == len(calls)
        if name in {"in-memory", "duckdb"}:  # The others are compared with them.
            assert lake.verify().rows() == []
        contents = lake.snapshot().contents["cdr"]
        files = sorted(
            (each.partition, each.bounds["call_time"], each.rows) for each in contents.files.values()
        )
        tables = [
            lake.snapshot().query(f"SELECT * FROM {table} ORDER BY ALL").rows()
            for table in ("cdr", "hourly", "daily", "channels")
        ]
        found.append((files, tables))
        rows = lake.snapshot().tables["cdr"].rows
        every = lake.snapshot().query(
            "SELECT filename, customer, call_time, day "
            f"FROM {rows(contents.files.values(), partition=True, named=True)}"
        )
        by_file = every.partition_by("filename", as_dict=True, include_key=False)
        for own in contents.files.values():
            stored = by_file[(str(lake.home / "lake" / "cdr" / own.path),)]
            pairs = stored.select("customer", "call_time").rows()
            assert pairs == sorted(pairs), "a file is in the table's order"
            assert {f"{day:%Y-01-01}" for day in stored["day"]} == {own.partition}
            assert own.rows <= most_rows or stored["day"].n_unique() == 1
    assert len(found[0][0]) == expected
    assert found[0] == found[1] == found[2] == found[3]
