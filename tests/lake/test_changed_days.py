"""Which days' sums a change of some calls costs, where their files hold many days."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from lake_calls import PLAIN, call, write_calls

from cxreports.cdr.definition import parse_format
from cxreports.lake import Store, rollup

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from cxreports.lake.table import Table

FIRST = datetime(2026, 2, 3, 10, tzinfo=UTC)
IDENTIFIED = parse_format(PLAIN.replace('title = "', 'identity = ["call_id"]\ntitle = "'), "plain.toml")


def on_day(nth: int, number: int, **given: Any) -> dict[str, Any]:
    begun = FIRST + timedelta(days=nth, seconds=number)
    ended = begun + timedelta(minutes=2)
    return call(number, f"{begun:%Y-%m-%dT%H:%M:%SZ}", f"{ended:%Y-%m-%dT%H:%M:%SZ}", **given)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[set[int]]:
    """Days, from the first, whose calls were added up anew, by change."""
    seen: list[set[int]] = []
    on_days: Callable[[Table, Collection[int]], str] = rollup.on_days
    first = (FIRST - datetime(1970, 1, 1, tzinfo=UTC)).days

    def noted(table: Table, days: Collection[int]) -> str:
        seen.append({day - first for day in days})
        return on_days(table, days)

    monkeypatch.setattr(rollup, "on_days", noted)
    return seen


def sums(store: Store) -> list[tuple[Any, ...]]:
    question = "SELECT hour, attempts, charge, duration_s FROM hourly ORDER BY hour"
    return store.snapshot().query(question).rows()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path / "home")
    store.load(
        write_calls(tmp_path / "first.csv", [on_day(nth, nth, charge="") for nth in range(100)]),
        source_format=IDENTIFIED,
    )
    (file,) = store.snapshot().contents["cdr"].files.values()
    assert file.rows == 100
    return store


def test_a_revision_costs_its_own_day(store: Store, tmp_path: Path, asked: list[set[int]]) -> None:
    revised = [on_day(40, 40, charge="0.5"), on_day(41, 1041, charge="0.25")]
    store.load(write_calls(tmp_path / "priced.csv", revised), source_format=IDENTIFIED)
    assert asked == [{40}]
    # The other came beside the call that was there: a row more for its hour.
    found = {hour: (attempts, charge) for hour, attempts, charge, _ in sums(store)}
    assert len(found) == 100
    assert [str(charge) for _, charge in found.values() if charge is not None] == [
        "0.5000000000",
        "0.2500000000",
    ]
    assert sum(attempts for attempts, _ in found.values()) == 101
    assert store.verify().is_empty()


def test_a_call_that_moves_costs_the_day_it_leaves(
    store: Store, tmp_path: Path, asked: list[set[int]]
) -> None:
    moved = on_day(41, 40, charge="0.5")
    store.load(write_calls(tmp_path / "moved.csv", [moved]), source_format=IDENTIFIED)
    assert all(40 in days for days in asked)
    assert sum(len(days) for days in asked) <= 2
    assert sum(attempts for _, attempts, _, _ in sums(store)) == 100
    assert store.verify().is_empty()


def test_what_is_taken_back_costs_its_own_days(store: Store, tmp_path: Path, asked: list[set[int]]) -> None:
    before = sums(store)
    more = [on_day(nth, 2_000 + nth) for nth in (7, 8, 50)]
    store.load(write_calls(tmp_path / "more.csv", more), source_format=IDENTIFIED)
    store.compact()
    assert len(store.snapshot().contents["cdr"].files) == 1
    assert asked == []
    store.unload(2)
    assert asked == [{7, 8, 50}]
    assert sums(store) == before
    assert store.verify().is_empty()


@pytest.mark.parametrize(("limit", "expected"), [("MOST_ROWS", 0), ("frames.MOST_IN_MEMORY", 99)])
def test_where_much_went_its_days_are_added_up_anew(
    store: Store,
    tmp_path: Path,
    asked: list[set[int]],
    monkeypatch: pytest.MonkeyPatch,
    limit: str,
    expected: int,
) -> None:
    monkeypatch.setattr(f"cxreports.lake.rollup.{limit}", expected)
    store.load(write_calls(tmp_path / "priced.csv", [on_day(40, 40, charge="0.5")]), source_format=IDENTIFIED)
    assert asked == [set(range(100))]
    assert store.verify().is_empty()
