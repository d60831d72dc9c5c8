"""What the graphs show of a period that is not over."""

from collections.abc import Callable
from typing import Any

from cxreports.clock import Period
from cxreports.pages.graphs import graph_frames
from cxreports.pages.zoom import Window

CALLS = [
    {"call_time": "2026-03-01T10:10", "connected": True},
    {"call_time": "2026-03-01T11:01", "connected": False},
]


def window(end: str) -> Window:
    return Window(Period.of("2026-03-01T10:00", end), "1h")


def test_a_bucket_that_is_not_over_has_no_ratio_yet(made: Callable[..., Any]) -> None:
    frame = graph_frames(made(CALLS), "acme", ["asr"], window("2026-03-01T11:05"), "UTC")["asr"]
    assert frame["value"].to_list() == [100.0, None]


def test_a_bucket_that_is_over_has_its_ratio(made: Callable[..., Any]) -> None:
    frame = graph_frames(made(CALLS), "acme", ["asr"], window("2026-03-01T12:00"), "UTC")["asr"]
    assert frame["value"].to_list() == [100.0, 0.0]


def test_calls_count_at_once(made: Callable[..., Any]) -> None:
    frame = graph_frames(made(CALLS), "acme", ["attempts"], window("2026-03-01T11:05"), "UTC")["attempts"]
    assert frame["value"].to_list() == [1, 1]
