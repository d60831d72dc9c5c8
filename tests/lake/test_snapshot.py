"""Snapshots: one consistent moment, whatever is loaded meanwhile, and quick to ask."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import duckdb
import polars as pl
import pytest
from lake_calls import call, some, stored, write_calls

from cxreports.errors import LakeError, NoSuchVersion
from cxreports.figures.summary import totals
from cxreports.lake import LoadReport, Snapshot, Store
from cxreports.lake.shapes import DAILY
from cxreports.lake.table import Table

if TYPE_CHECKING:
    from pathlib import Path

    from cxreports.cdr.source_format import SourceFormat

Load = Callable[..., LoadReport]


def test_an_answer_that_is_being_read_goes_on_beside_questions(store: Store, load: Load) -> None:
    load(*some(0, 10))
    snapshot = store.snapshot()
    reading = snapshot.connection.execute("SELECT * FROM range(100000)")
    assert reading.fetchmany(2) == [(0,), (1,)]
    assert snapshot.customers()["cdrs"].sum() == 10
    assert totals(snapshot, "all")["attempts"].item() == 10
    assert len(reading.fetchall()) == 99_998


def test_a_snapshot_stays_as_it_is_while_files_are_loaded(store: Store, load: Load) -> None:
    load(*some(0, 10))
    before = store.snapshot()
    load(*some(10, 30))
    assert before.query("SELECT count(*), sum(record_key) > 0 FROM cdr").row(0) == (10, True)
    assert before.query("SELECT sum(attempts) FROM hourly").item() == 10
    assert stored(store) == 30


def test_nothing_new_is_the_same_snapshot(store: Store, load: Load) -> None:
    load(*some(0, 2))
    assert store.snapshot() is store.snapshot()
    load(*some(0, 2))
    first = store.snapshot()
    load(*some(2, 3))
    assert store.snapshot() is not first


def test_the_past_is_read_by_version_and_by_time(store: Store, load: Load) -> None:
    load(*some(0, 10))
    first = store.snapshot()
    time.sleep(0.01)
    load(*some(10, 25))
    second = store.snapshot()
    assert store.snapshot(first.versions["channels"]).customers()["cdrs"].sum() == 10
    assert store.snapshot(first.as_of).versions == first.versions
    assert store.snapshot(second.as_of - timedelta(milliseconds=1)).versions == first.versions
    assert store.snapshot(datetime.now(UTC)).versions == second.versions
    assert store.snapshot(0).customers().is_empty()


@pytest.mark.parametrize("as_of", [-1, 999, datetime(2001, 1, 1, tzinfo=UTC)])
def test_what_is_not_kept_is_said(store: Store, load: Load, as_of: int | datetime) -> None:
    load(*some(0, 1))
    with pytest.raises(NoSuchVersion):
        store.snapshot(as_of)


def test_what_vacuum_has_removed_is_no_longer_kept(store: Store, load: Load) -> None:
    for each in range(3):
        load(*some(each, each + 1))
    old = store.snapshot().versions["channels"]
    store.compact()
    assert store.vacuum(keep_hours=0) > 0
    assert stored(store) == 3
    assert store.verify().is_empty()
    with pytest.raises(NoSuchVersion, match="vacuumed"):
        store.snapshot(old)


def test_a_scan_opens_only_files_that_can_hold_what_is_asked_for(store: Store, load: Load) -> None:
    load(*some(0, 3000))
    load(*[each | {"customer": "zeta"} for each in some(3000, 3010)])
    snapshot = store.snapshot()
    scan = snapshot.scan("cdr", customer="acme", start="2026-03-02", end="2026-03-02T12:00Z")
    assert scan.count(".parquet") == 1
    found = snapshot.query(f"SELECT count(*), min(call_time), max(call_time) FROM {scan}").row(0)
    assert found == (
        720,
        datetime(2026, 3, 2, 0, 0, 7, tzinfo=UTC),
        datetime(2026, 3, 2, 11, 59, 7, tzinfo=UTC),
    )
    assert snapshot.scan("cdr", customer="zeta").count(".parquet") == 1
    assert snapshot.query(f"SELECT count(*) FROM {snapshot.scan('cdr', customer='nobody')}").item() == 0


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory, plain: SourceFormat) -> Snapshot:
    """Calls over six midnights, of two customers, and one day that comes in many files."""
    folder = tmp_path_factory.mktemp("nights")
    store = Store(folder / "home")
    for number in range(6):
        begun, ended = f"2026-03-0{number + 1}T23:59:30Z", f"2026-03-0{number + 2}T00:01:00Z"
        of_both = [call(number, begun, ended, customer=whose) for whose in ("acme", "o'hara")]
        at_noon = [call(99 + number, "2026-03-04T10:00:00Z", "2026-03-04T10:00:10Z")]
        for nth, calls in enumerate((of_both, at_noon)):
            store.load(write_calls(folder / f"{number}-{nth}.csv", calls), source_format=plain)
    return store.snapshot()


@pytest.mark.parametrize("customer", ["acme", "o'hara", "all"])
def test_a_scan_is_what_the_view_says(nights: Snapshot, customer: str) -> None:
    snapshot = nights
    quoted = "customer = '" + customer.replace("'", "''") + "'"
    whose = {"cdr": "true" if customer == "all" else quoted, "channels": quoted}
    for table, column in (("cdr", "call_time"), ("channels", "minute")):
        scan = snapshot.scan(table, customer=customer, start="2026-03-02", end="2026-03-05")
        period = f"{column} >= '2026-03-02' AND {column} < '2026-03-05'"
        viewed = f"SELECT * FROM {table} WHERE {whose[table]} AND {period}"
        columns = snapshot.query(f"SELECT * FROM {scan}").columns
        assert snapshot.query(f"SELECT * FROM {scan} ORDER BY ALL").equals(
            snapshot.query(f"SELECT {', '.join(columns)} FROM ({viewed}) ORDER BY ALL")
        )


def test_calls_in_progress_are_found_days_after_they_began(store: Store, load: Load) -> None:
    load(
        call(1, "2026-03-01T10:00:00Z", "2026-03-04T10:00:00Z"),
        call(2, "2026-03-03T10:00:00Z", "2026-03-03T10:00:00Z"),
        call(3, "2026-03-03T10:00:00Z", "2026-03-03T11:00:00Z", customer="bulk"),
        call(4, "2026-03-03T12:00:00Z", "2026-03-03T13:00:00Z"),
    )
    snapshot = store.snapshot()
    at = {"start": "2026-03-03T10:30Z", "end": "2026-03-03T12:00Z"}
    assert snapshot.in_progress("acme", **at).rows() == [
        (datetime(2026, 3, 1, 10, tzinfo=UTC), datetime(2026, 3, 4, 10, tzinfo=UTC))
    ]
    assert len(snapshot.in_progress("all", **at)) == 2
    assert snapshot.in_progress("all", "2026-03-04T10:00Z", "2026-03-05").is_empty()
    assert snapshot.in_progress("all", *at.values()).schema == {
        "call_time": pl.Datetime("us", "UTC"),
        "end_time": pl.Datetime("us", "UTC"),
    }


def test_the_level_at_a_minute_is_what_is_carried_into_it(store: Store, load: Load) -> None:
    load(call(1, "2026-03-01T10:00:30Z", "2026-03-03T10:00:00Z"))
    load(call(2, "2026-03-02T10:00:30Z", "2026-03-02T10:00:40Z"))
    level = store.snapshot().channels_at
    times = ("2026-03-01T10:00Z", "2026-03-01T10:01Z", "2026-03-02", "2026-03-03T10:00Z", "2026-03-03T10:01Z")
    assert [level("acme", each) for each in times] == [0, 1, 1, 1, 0]
    assert level("all", "2026-03-02T12:00Z") == 1
    assert level("bulk", "2026-03-02T12:00Z") == 0


def test_customers_are_counted_to_the_microsecond(store: Store, load: Load) -> None:
    load(call(1, "2026-03-01T10:00:00.000001Z", "2026-03-01T10:00:30Z"), call(2, "2026-03-01T11:00:00Z", ""))
    load(call(3, "2026-03-05T10:00:00.123456Z", "", customer="bulk", currency="EUR"))
    assert store.customers().rows() == [
        ("acme", 2, datetime(2026, 3, 1, 10, 0, 0, 1, UTC), datetime(2026, 3, 1, 11, tzinfo=UTC)),
        ("bulk", 1, *[datetime(2026, 3, 5, 10, 0, 0, 123456, UTC)] * 2),
    ]


def test_hours_are_added_up_over_files(store: Store, load: Load) -> None:
    load(call(1, "2026-03-01T10:00:00Z", ""), call(2, "2026-03-01T10:00:00Z", "", currency="EUR"))
    load(call(3, "2026-03-01T10:59:59Z", "", charge=""))
    rows = (
        store.snapshot()
        .query("SELECT currency, attempts, charge, unpriced FROM hourly ORDER BY currency")
        .rows()
    )
    assert [(currency, attempts, str(charge), unpriced) for currency, attempts, charge, unpriced in rows] == [
        ("EUR", 1, "0.0123456789", 0),
        ("USD", 2, "0.0123456789", 1),
    ]


def test_a_lake_without_days_is_read_by_hours_until_something_is_loaded(
    store: Store, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = Table.commit

    def without_days(self: Table, **given: Any) -> int:
        return 0 if self.shape is DAILY else commit(self, **given)

    with monkeypatch.context() as patched:
        patched.setattr(Table, "commit", without_days)
        load(*some(0, 40))
    shutil.rmtree(store.home / "lake" / "daily")
    old = Store(store.home)
    assert not old.snapshot().has_days
    assert totals(old.snapshot(), "all", start="2026-01-01", end="2027-01-01")["attempts"].item() == 40
    assert old.customers()["cdrs"].sum() == 40
    assert old.verify().is_empty()
    load(*some(30, 60))
    days = store.snapshot().query("SELECT sum(attempts) FROM daily").item()
    assert (store.snapshot().has_days, days) == (True, 60)
    assert store.verify().is_empty()


def test_an_export_is_a_database_of_one_customer_alone(store: Store, load: Load, tmp_path: Path) -> None:
    load(*some(0, 5), *(each | {"customer": "bulk"} for each in some(5, 9)))
    for customer, calls in (("acme", 5), ("all", 9)):
        path = tmp_path / f"{customer}.duckdb"
        for _ in range(2):
            store.export(path, customer)
        with duckdb.connect(str(path), read_only=True) as database:
            assert database.execute("SELECT count(*) FROM cdr").fetchone() == (calls,)
            assert database.execute("SELECT sum(attempts) FROM hourly").fetchone() == (calls,)
            assert database.execute("SELECT customer FROM snapshot").fetchone() == (customer,)
            whose = {
                each for (each,) in database.execute("SELECT DISTINCT customer FROM channels").fetchall()
            }
    assert whose == {"acme", "bulk", "all"}
    store.export(tmp_path / "part.duckdb", "acme", "2026-03-01T00:01Z", "2026-03-01T00:03Z")
    with duckdb.connect(str(tmp_path / "part.duckdb"), read_only=True) as database:
        assert database.execute("SELECT count(*) FROM cdr").fetchone() == (2,)
        assert database.execute("SELECT DISTINCT customer FROM channels").fetchall() == [("acme",)]


def test_an_export_replaces_databases_but_nothing_else(store: Store, load: Load, tmp_path: Path) -> None:
    load(*some(0, 5))
    letter = tmp_path / "letter.txt"
    letter.write_text("precious")
    with pytest.raises(LakeError, match=r"letter\.txt: is there already"):
        store.export(letter)
    assert letter.read_text() == "precious"


def test_channels_of_all_customers_are_those_of_each_one(store: Store, load: Load) -> None:
    load(
        call(1, "2026-05-01T23:50:10", "2026-05-02T00:20:10", customer="acme"),
        call(2, "2026-05-02T00:05:00", "2026-05-02T00:06:30", customer="acme"),
        call(3, "2026-05-02T00:05:59", "2026-05-02T00:06:00", customer="bravo"),
        call(4, "2026-05-02T00:05:10", "2026-05-02T00:30:00", customer="bravo"),
    )
    snapshot = store.snapshot()
    midnight = datetime(2026, 5, 2, tzinfo=UTC)
    expected = {-5: (1, 0), 0: (1, 0), 5: (1, 0), 6: (2, 2), 7: (1, 1), 20: (1, 1), 21: (0, 1), 40: (0, 0)}
    for minute, (acme, bravo) in expected.items():
        at = midnight + timedelta(minutes=minute)
        found = dict(snapshot.channels_by_customer(at).iter_rows())
        counted = found.get("acme", 0), found.get("bravo", 0)
        assert counted == (snapshot.channels_at("acme", at), snapshot.channels_at("bravo", at))
        assert counted == (acme, bravo), minute
