"""What the graphs show of a bucket that is not over."""

from collections.abc import Callable
from typing import Any

import pytest

from cxreports.clock import Period
from cxreports.pages.graphs import described, graph_frames
from cxreports.pages.zoom import Window

CALLS = [
    {"call_time": "2026-03-01T10:10", "connected": True},
    {"call_time": "2026-03-01T10:20", "connected": False},
    {"call_time": "2026-03-01T11:01", "end_time": "2026-03-01T11:05", "connected": False},
]

WINDOW = Window(Period.of("2026-03-01T10:00", "2026-03-01T12:00"), "1h")


@pytest.mark.parametrize("name", ["asr", "attempts", "channels"])
def test_the_bucket_that_the_data_does_not_fill_is_marked(made: Callable[..., Any], name: str) -> None:
    frame = graph_frames(made(CALLS), "acme", [name], WINDOW, "UTC")[name]
    assert frame["so_far"].to_list() == [False, True]


def test_a_bucket_is_over_once_a_later_call_has_ended(made: Callable[..., Any]) -> None:
    later = {"customer": "other", "call_time": "2026-03-01T11:59", "end_time": "2026-03-01T12:00"}
    frame = graph_frames(made([*CALLS, later]), "acme", ["asr"], WINDOW, "UTC")["asr"]
    assert frame["so_far"].to_list() == [False, False]
    assert frame["value"].to_list() == [50.0, 0.0]


def test_a_ratio_says_of_how_many_calls_it_is(made: Callable[..., Any]) -> None:
    frames = graph_frames(made(CALLS), "acme", ["asr", "acd", "attempts", "pdd"], WINDOW, "UTC")
    weights = {name: frame["weight"].to_list() for name, frame in frames.items()}
    assert weights == {"asr": [2, 1], "acd": [1, 0], "attempts": [None, None], "pdd": [0, 0]}


def test_a_description_leaves_out_what_is_not_over(made: Callable[..., Any]) -> None:
    frame = graph_frames(made(CALLS), "acme", ["asr"], WINDOW, "UTC")["asr"]
    assert "50.00 to 50.00 %" in described("asr", frame, "UTC")
