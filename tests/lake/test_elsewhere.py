"""The same record again on another day: it is the same one, or verification says that it is there twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import cxreports
from cxreports.lake.calls import elsewhere

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cxreports.figures.analyst import Lake

HEAD = "calldate,clid,src,dst,duration,billsec,disposition,uniqueid,linkedid,sequence"


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return cxreports.open(tmp_path / "home")


@pytest.fixture
def deliver(lake: Lake, tmp_path: Path) -> Callable[..., list[tuple[Any, ...]]]:
    """Load calls, by day, uniqueid and linkedid, as a new file, and give all calls of the lake."""
    numbers = iter(range(100))

    def delivered(*calls: tuple[str, str, str]) -> list[tuple[Any, ...]]:
        rows = [f"{day} 10:00:00,x,100,200,20,10,ANSWERED,{u},{linked},1" for day, u, linked in calls]
        path = tmp_path / f"cdr-{next(numbers)}.csv"
        path.write_text("\n".join([HEAD, *rows, ""]), "utf-8")
        (report,) = lake.load(path, customer="acme")
        assert (report.refused, report.rejected) == (None, 0)
        days = "SELECT strftime(call_time, '%m-%d'), legs, note FROM cdr ORDER BY call_time"
        return lake.sql(days).fetchall()

    return delivered


AGAIN = "delivered again with another call_time, answer_time"
UNSURE = "date may have another order, read as day/month/year"


def test_day_and_month_that_were_exchanged(lake: Lake, deliver: Callable[..., list[tuple[Any, ...]]]) -> None:
    assert deliver(("03/04/2024", "a1", "a1")) == [("04-03", 1, UNSURE)]
    # Another export, a fortnight later, shows that the month comes first.
    calls = deliver(("03/18/2024", "a2", "a2"), ("03/04/2024", "a1", "a1"))
    assert calls == [("03-04", 1, f"{UNSURE}; {AGAIN}"), ("03-18", 1, None)]
    assert lake.verify().rows() == []
    (row,) = lake.summary("all", "month").to_dicts()
    assert (row["attempts"], row["duration_s"]) == (2, 20)


def test_in_a_large_lake_the_days_with_day_and_month_exchanged_are_looked_at(
    lake: Lake, deliver: Callable[..., list[tuple[Any, ...]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(elsewhere, "MOST_ROWS", 0)
    deliver(("03/04/2024", "a1", "a1"))
    calls = deliver(("03/18/2024", "a2", "a2"), ("03/04/2024", "a1", "a1"))
    assert [day for day, *_ in calls] == ["03-04", "03-18"]
    assert lake.verify().rows() == []


def test_a_leg_of_a_call_of_several_that_comes_again_on_another_day(
    lake: Lake, deliver: Callable[..., list[tuple[Any, ...]]]
) -> None:
    deliver(("2024-03-04", "a1", "a1"), ("2024-03-04", "a2", "a1"))
    assert [(day, legs) for day, legs, _ in deliver(("2024-05-20", "a2", "a1"))] == [("03-04", 2)]
    assert lake.verify().rows() == []


def test_verification_names_a_record_that_stands_there_on_two_days(
    lake: Lake, deliver: Callable[..., list[tuple[Any, ...]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A large lake: nobody looks two months back."""
    monkeypatch.setattr(elsewhere, "MOST_ROWS", 0)
    deliver(("2024-03-04", "a1", "a1"))
    assert [day for day, *_ in deliver(("2024-05-20", "a1", "a1"))] == ["03-04", "05-20"]
    ((table, column, stored, again),) = lake.verify().select("table", "column", "stored", "recomputed").rows()
    assert (table, column, again) == ("cdr", "record_key", "once")
    assert stored.startswith("2 times ")
