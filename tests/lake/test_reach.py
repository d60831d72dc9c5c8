"""Up to when the calls of a lake are there: by switch, carried from head to head."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from cxreports.clock import microseconds
from cxreports.lake.reach import MOST_SWITCHES, Reach

Made = Callable[..., Any]


def at(hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime(2026, 5, 1, hour, minute, second, tzinfo=UTC)


def reach(**ends: datetime) -> Reach:
    return Reach({name: microseconds(end) for name, end in ends.items()})


CALLS = [
    {"switch": "fra1", "call_time": at(10), "end_time": at(12, 41, 8)},
    {"switch": "fra1", "call_time": at(12, 40), "end_time": at(12, 40, 1)},
    {"switch": "nyc1", "call_time": at(12, 20), "end_time": at(12, 32)},
    {"switch": "old", "call_time": at(3), "end_time": at(3, 1)},
]


def test_it_is_the_end_of_the_last_call_and_not_its_beginning(made: Made) -> None:
    assert made(CALLS).reach.last == at(12, 41, 8)


def test_every_switch_has_its_own_over_all_loads(made: Made) -> None:
    assert made(CALLS).reach == reach(fra1=at(12, 41, 8), nyc1=at(12, 32), old=at(3, 1))


def test_a_switch_that_is_late_holds_it_back_and_a_quiet_one_does_not(made: Made) -> None:
    assert made(CALLS).reach.complete == at(12, 32)
    assert reach(a=at(12), b=at(11, 45)).complete == at(11, 45)
    assert reach(a=at(12), b=at(11, 44, 59)).complete == at(12)


def test_a_call_whose_end_nobody_knows_counts_by_its_beginning(made_store: Made) -> None:
    store = made_store([{"switch": "a", "call_time": at(9)}])
    rows = "(SELECT * REPLACE (CAST(NULL AS TIMESTAMPTZ) AS end_time) FROM cdr)"
    connection = store.snapshot().connection

    class Unended:
        def rows(self, _files: object) -> str:
            return rows

    assert Reach.of_calls(connection, Unended(), []) == reach(a=at(9))  # type: ignore[arg-type]


def test_an_empty_lake_reaches_nowhere(made: Made) -> None:
    nothing = made([]).reach
    assert (nothing.last, nothing.complete) == (None, None)


@pytest.mark.parametrize("change", ["compact", "rebuild"])
def test_it_outlives_other_arrangements_of_the_same_calls(made_store: Made, change: str) -> None:
    store = made_store(CALLS)
    getattr(store, change)()
    assert store.snapshot().reach == made_reach()


def made_reach() -> Reach:
    return reach(fra1=at(12, 41, 8), nyc1=at(12, 32), old=at(3, 1))


def test_a_head_of_an_older_version_reaches_as_far_as_its_log_says(made: Made) -> None:
    snapshot = made(CALLS)
    older = replace(snapshot, head=replace(snapshot.head, reach=Reach()))
    assert older.reach == Reach({"": microseconds(at(12, 41, 8))})


def test_only_so_many_switches_are_followed_those_heard_of_last() -> None:
    many = Reach({f"s{nth}": nth for nth in range(MOST_SWITCHES + 6)})
    kept = Reach.read(many.note())
    assert len(kept.ends) == MOST_SWITCHES
    assert min(kept.ends.values()) == 6
