"""Calls under way: each customer's own, unknown where a switch does not answer, never of long ago."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from cxreports.cdr.record import ALL_CUSTOMERS
from cxreports.desk.clerk import answered
from cxreports.desk.requests import Channels
from cxreports.portal.feeds.under_way import (
    FILE,
    HOLDS_S,
    Dialog,
    Reading,
    calls_of,
    channels_of,
    keep,
    readings,
)
from cxreports.visitor import Visitor

if TYPE_CHECKING:
    from pathlib import Path

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)


def call(number: int, customer: str) -> Dialog:
    return Dialog(str(number), "100", "200", NOON - timedelta(seconds=number), customer=customer)


SBC = Reading("sbc", "kamailio", NOON, (call(1, "acme"), call(2, "acme"), call(3, "bravo"), call(4, "")))
PBX = Reading("pbx", "asterisk", NOON - timedelta(seconds=1), (call(5, "acme"),))
DEAD = Reading("pbx", "asterisk", NOON, unknown_since=NOON - timedelta(minutes=8), failure="does not answer")


@pytest.mark.parametrize(("customer", "count"), [("acme", 3), ("bravo", 1), ("carol", 0), (ALL_CUSTOMERS, 5)])
def test_the_channels_of_all_switches_add_up(customer: str, count: int) -> None:
    found = channels_of([SBC, PBX], customer)
    assert found is not None
    assert (found.count, found.as_of, found.kinds) == (count, PBX.at, "kamailio, asterisk")


def test_the_longest_call_comes_first() -> None:
    assert [each.id for each in calls_of([SBC, PBX], "acme")] == ["5", "2", "1"]


def test_where_one_switch_does_not_answer_the_number_is_unknown_and_not_smaller() -> None:
    found = channels_of([SBC, DEAD], "bravo")
    assert found is not None
    assert (found.count, found.as_of, found.kinds) == (None, NOON - timedelta(minutes=8), "asterisk")


def test_without_a_switch_there_is_nothing_to_say() -> None:
    assert channels_of([], "acme") is None


def test_what_is_kept_comes_back(tmp_path: Path) -> None:
    keep(tmp_path, [SBC, DEAD])
    assert readings(tmp_path, NOON) == (SBC, DEAD)
    assert (tmp_path / FILE).stat().st_mode & 0o077 == 0


def test_what_nobody_replaces_is_unknown_since_it_was_said(tmp_path: Path) -> None:
    keep(tmp_path, [SBC])
    (found,) = readings(tmp_path, NOON + timedelta(seconds=HOLDS_S, microseconds=1))
    assert (found.calls, found.unknown_since) == ((), NOON)


@pytest.mark.parametrize("content", ["", "[", '[{"switch": 1}]', '{"a": 1}'])
def test_a_file_that_cannot_be_read_says_nothing(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE).write_text(content)
    assert readings(tmp_path) == ()


@pytest.mark.parametrize(
    ("own", "asked", "count"),
    [
        ("acme", "acme", 2),
        ("acme", "bravo", None),
        ("acme", ALL_CUSTOMERS, None),
        ("", "", None),
        (None, "bravo", 1),
        (None, ALL_CUSTOMERS, 4),
    ],
)
def test_a_customer_is_told_of_no_other(
    tmp_path: Path, own: str | None, asked: str, count: int | None
) -> None:
    keep(tmp_path, [Reading("sbc", "kamailio", datetime.now(UTC), SBC.calls)])
    visitor = Visitor(1, "x@example.org", "X", own)
    found = answered(None, visitor, Channels(customer=asked), tmp_path)
    if own == "":  # a visitor of no company: calls that no rule gave to anybody are not theirs
        assert found is None or found.count == 0
    else:
        assert (found and found.count) == count
