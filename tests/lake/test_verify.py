"""Verification finds an error that is planted in any table."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from lake_calls import call, some, write_calls
from made_lake import plant

from cxreports.lake import Store
from cxreports.lake.verify import _counted
from cxreports.metrics import SUMS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cxreports.cdr.source_format import SourceFormat
    from cxreports.lake import LoadReport

HOURLY = [each.name for each in SUMS] + ["first_call", "last_call"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, plain: SourceFormat) -> Path:
    """Home of a lake without an error."""
    folder = tmp_path_factory.mktemp("whole")
    store = Store(folder / "home")
    bulk = call(90, "2026-03-01T00:00:30Z", "2026-03-03T10:00:00Z", customer="bulk")
    busy = call(92, "2026-03-01T00:05:00Z", "", sip_code=486)
    for name, calls in (("1", [*some(0, 30), bulk]), ("2", [*some(20, 40), call(91, "no time", ""), busy])):
        store.load(write_calls(folder / f"{name}.csv", calls), source_format=plain)
    assert store.verify().is_empty()
    return store.home


@pytest.fixture
def filled(store: Store, whole: Path) -> Store:
    """A copy of it, for an error to be planted in."""
    shutil.copytree(whole, store.home, dirs_exist_ok=True)
    return store


def test_two_records_of_a_line_are_no_line_twice(store: Store, tmp_path: Path) -> None:
    record = (
        '{"variables": {"uuid": "%s", "hangup_cause": "BUSY", "start_uepoch": "soon", "answer_uepoch": "0"}}'
    )
    path = tmp_path / "two.json"
    path.write_text(" ".join(record % name for name in "ab"))
    (report,) = store.load(path)
    assert (report.rows, report.rejected) == (2, 2)
    assert store.verify().is_empty()


@pytest.mark.parametrize("table", ["hourly", "daily"])
def test_a_wrong_sum_is_found(store: Store, load: Callable[..., LoadReport], table: str) -> None:
    """Each sum is wrong for a customer of its own, and nothing else is."""
    of_customer = {f"c{number}": column for number, column in enumerate(HOURLY)}
    load(
        *(
            call(number, "2026-03-01T00:00:30Z", "2026-03-03T10:00:00Z", customer=customer)
            for number, customer in enumerate(of_customer)
        )
    )
    steps = {"charge": "0.0000000001"} | dict.fromkeys(("first_call", "last_call"), "INTERVAL 1 MICROSECOND")
    changed = ", ".join(
        f"CASE customer WHEN '{customer}' THEN {name} + {steps.get(name, '1')} ELSE {name} END AS {name}"
        for customer, name in of_customer.items()
    )
    assert store.verify().is_empty()
    plant(store, table, f"(SELECT * REPLACE ({changed}) FROM {{rows}})")
    found = store.verify().select("table", "customer", "column").unique().rows()
    assert sorted(found) == sorted((table, customer, column) for customer, column in of_customer.items())


@pytest.mark.parametrize("column", ["channels", "peak", "area_us"])
def test_a_wrong_figure_of_a_minute_is_found(filled: Store, column: str) -> None:
    plant(
        filled,
        "channels",
        f"(SELECT * REPLACE ({column} + CAST(customer = 'all' AND hour(minute) = 10 AS BIGINT) AS {column}) "
        "FROM {rows})",
    )
    assert filled.verify().select("table", "customer", "column").rows() == [("channels", "all", column)]


@pytest.mark.parametrize("name", ["hourly", "daily", "channels"])
def test_a_row_that_is_missing_or_too_many_is_found(filled: Store, name: str) -> None:
    plant(filled, name, "(SELECT * FROM {rows} WHERE customer <> 'bulk')")
    found = filled.verify()
    assert set(found["customer"]) == {"bulk"}
    assert found["stored"].null_count() == len(found)
    plant(filled, name, "(SELECT * REPLACE ('ghost' AS customer) FROM {rows})")
    assert {"ghost", "acme", "bulk"} <= set(filled.verify()["customer"])


def test_a_record_that_is_there_twice_or_lost_is_found(filled: Store) -> None:
    plant(
        filled,
        "cdr",
        "(FROM {rows} UNION ALL FROM {rows} WHERE record_key = (SELECT min(record_key) FROM {rows}))",
    )
    found = filled.verify()
    assert {"cdr", "hourly", "daily", "channels"} <= set(found["table"])
    assert found.filter(table="cdr")["stored"].str.contains("2 times").all()


def test_a_call_that_was_changed_is_found(filled: Store) -> None:
    plant(filled, "cdr", "(SELECT * REPLACE (end_time + INTERVAL 1 MICROSECOND AS end_time) FROM {rows})")
    assert set(filled.verify()["table"]) == {"channels"}


def test_a_call_in_the_wrong_partition_is_found(filled: Store) -> None:
    plant(filled, "cdr", "(SELECT * REPLACE (call_time + INTERVAL 1 YEAR AS call_time) FROM {rows})")
    assert filled.verify().filter(table="cdr")["column"].str.starts_with("partition of year=").any()


def test_a_line_that_is_set_aside_twice_is_found(filled: Store) -> None:
    plant(filled, "reject", "(FROM {rows} UNION ALL FROM {rows})")
    assert set(filled.verify()["table"]) == {"reject"}


def test_every_stored_sum_is_recomputed() -> None:
    assert list(_counted(())) == HOURLY
