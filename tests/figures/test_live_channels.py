"""Channels in use by call records: a number with its time, unknown, or nothing to go by."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cxreports.figures.live_channels import STALE, LiveChannels, live_channels
from cxreports.figures.series import series

Made = Callable[..., Any]

LAST = datetime(2026, 5, 1, 12, 32, 20, tzinfo=UTC)

CALLS = [
    {"call_time": "2026-05-01T12:00:00", "end_time": "2026-05-01T12:40:00"},
    {"call_time": "2026-05-01T12:32:05", "end_time": "2026-05-01T12:32:10"},
    {"call_time": LAST, "end_time": "2026-05-01T12:34:00"},
]


def test_it_is_what_was_in_progress_in_the_minute_of_the_last_call(made: Made) -> None:
    found = live_channels(made(CALLS), "acme", LAST, LAST + timedelta(minutes=9))
    assert found == LiveChannels(2, "cdr", LAST)


def test_the_graph_never_shows_less(made: Made) -> None:
    snapshot = made(CALLS)
    found = live_channels(snapshot, "acme", LAST, LAST)
    for every in ("1m", "15m", "1h"):
        most = series(
            snapshot, "acme", "channels", every=every, start="2026-05-01T12:00", end=LAST.replace(minute=45)
        )
        assert found.count is not None
        assert found.count <= most.filter(most["start"] <= LAST)["max"][-1]


@pytest.mark.parametrize(("age", "is_known"), [(STALE, True), (STALE + timedelta(microseconds=1), False)])
def test_long_after_the_last_call_it_is_unknown(made: Made, age: timedelta, is_known: bool) -> None:
    found = live_channels(made(CALLS), "acme", LAST, LAST + age)
    assert (found.count is not None) is is_known
    assert found.as_of == LAST


def test_without_calls_there_is_nothing_to_go_by(made: Made) -> None:
    assert live_channels(made([]), "acme", None, LAST) == LiveChannels(None, "none", None)
