"""Polls: added up by minute, kept for a while, drawn by bucket, and held against the records."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from cxreports.cdr.record import ALL_CUSTOMERS
from cxreports.clock import microseconds
from cxreports.feeds.polls import Polls
from cxreports.figures.polled_channels import compared, polled
from cxreports.lake.polls import poll_table
from cxreports.lake.polls.poll_table import PollTable
from cxreports.portal.feeds.under_way import Dialog, Reading
from cxreports.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def said(at: datetime, acme: int, nobody: int = 0, switch: str = "sbc") -> Reading:
    calls = [Dialog(f"a{n}", "1", "2", customer="acme") for n in range(acme)]
    return Reading(switch, "kamailio", at, (*calls, *(Dialog(f"n{n}", "1", "2") for n in range(nobody))))


@pytest.fixture(name="settings")
def _settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


def filled(settings: Settings, *readings: Reading) -> PollTable:
    polls = Polls(settings)
    for reading in readings:
        polls.add(reading)
    polls.flush()
    return PollTable(settings.lake)


def minutes(table: PollTable, customer: str) -> list[tuple[Any, ...]]:
    found = table.minutes(customer, NOON - timedelta(days=1), NOON + timedelta(days=1))
    return [] if found is None else found.rows()


def test_a_minute_has_the_most_and_the_mean_of_its_answers(settings: Settings) -> None:
    at = [NOON + timedelta(seconds=s) for s in (0, 20, 40, 60)]
    table = filled(settings, said(at[0], 2), said(at[1], 5, 1), said(at[2], 2), said(at[3], 1))
    assert minutes(table, "acme") == [(NOON, 5, 3.0), (NOON + MINUTE, 1, 1.0)]
    assert minutes(table, ALL_CUSTOMERS) == [(NOON, 6, pytest.approx(10 / 3)), (NOON + MINUTE, 1, 1.0)]
    assert minutes(table, "bravo") == []


def test_switches_add_up(settings: Settings) -> None:
    table = filled(settings, said(NOON, 2), said(NOON, 3, switch="pbx"))
    assert minutes(table, "acme") == [(NOON, 5, 5.0)]


def test_a_customer_whose_calls_have_ended_has_none_and_an_outage_is_a_gap(settings: Settings) -> None:
    gone = Reading("sbc", "kamailio", NOON + 2 * MINUTE, unknown_since=NOON + MINUTE)
    table = filled(settings, said(NOON, 1), said(NOON + MINUTE, 0), gone, said(NOON + 3 * MINUTE, 0))
    assert minutes(table, "acme") == [(NOON, 1, 1.0), (NOON + MINUTE, 0, 0.0), (NOON + 3 * MINUTE, 0, 0.0)]


def test_a_visitors_process_reads_no_other_customers_polls(settings: Settings) -> None:
    filled(settings, said(NOON, 2, 1))
    assert minutes(PollTable(settings.lake, "bravo"), "acme") == []
    assert minutes(PollTable(settings.lake, "bravo"), ALL_CUSTOMERS) == []
    assert minutes(PollTable(settings.lake, "acme"), "acme") == [(NOON, 2, 2.0)]


def test_where_no_switch_was_ever_asked_there_is_nothing(settings: Settings) -> None:
    assert minutes(PollTable(settings.lake), "acme") == []


def test_days_are_merged_and_end(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(poll_table, "MOST_FILES", 3)
    old = NOON - timedelta(days=1)
    table = filled(settings, said(old, 9), *(said(NOON + n * MINUTE, n) for n in range(5)))
    before = minutes(table, "acme")
    files = lambda: len(list((settings.lake / "polls").glob("day=*/*.parquet")))  # noqa: E731
    assert (len(before), files()) == (6, 6)
    table.tidy(old)
    assert minutes(table, "acme") == before
    table.tidy(NOON)
    assert minutes(table, "acme") == before[1:]
    # What was merged is deleted once nobody can still be reading it: at the next time that something changes.
    assert files() < 8
    assert minutes(PollTable(settings.lake), "acme") == before[1:]


def test_buckets_have_the_most_of_their_minutes(settings: Settings) -> None:
    table = filled(settings, *(said(NOON + n * MINUTE, n) for n in (0, 1, 7, 16)))
    edges = np.array([microseconds(NOON + n * 15 * MINUTE) for n in range(4)], np.int64)
    found = polled(table, "acme", edges)
    assert found is not None
    assert found.rows() == [(NOON, 7), (NOON + 15 * MINUTE, 16)]
    assert polled(table, "acme", edges[:1]) is None
    assert polled(table, "bravo", edges) is None


def test_records_that_are_missing_are_told_in_channel_hours(
    settings: Settings, made: Callable[..., Any]
) -> None:
    begun = NOON - timedelta(hours=2)
    ended = begun + timedelta(hours=2)
    snapshot = made([{"call_time": begun, "end_time": ended, "call_id": str(n)} for n in range(3)])
    # Every fourth minute: each one is a commit.
    hours = [said(begun + n * MINUTE, 3) for n in range(0, 60, 4)]
    hours += [said(begun + n * MINUTE, 5) for n in range(60, 120, 4)]
    found = compared(filled(settings, *hours), snapshot, "acme", begun, NOON)
    assert found.rows() == [
        (begun, 15, 3.0, 3.0, None),
        (begun + timedelta(hours=1), 15, 5.0, 3.0, 0.5),
    ]
