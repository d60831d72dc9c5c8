"""The poller: a switch that does not answer is unknown since it did not, and asked less and less often."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cxreports.feeds.configuration import Switch
from cxreports.feeds.switches.poller import LONGEST_WAIT_S, Poller
from cxreports.feeds.switches.source import NoAnswer, Silent
from cxreports.portal.feeds.under_way import HOLDS_S, Dialog, Reading

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)
SWITCH = Switch(
    name="sbc",
    kind="kamailio",
    url="http://127.0.0.1:1/RPC",
    every_s=2,
    customer=({"attribute": "caller", "map": {"100": "acme"}},),
)


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


class Answers(Silent):
    """A switch that answers with what the test gives it."""

    def __init__(self, *answers: list[Dialog] | Exception) -> None:
        self.answers = list(answers)

    def channels_now(self) -> list[Dialog]:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def polled(*answers: list[Dialog] | Exception) -> tuple[list[Reading], list[float]]:
    told: list[Reading] = []
    clock = Clock()
    poller = Poller(SWITCH, told.append, [].append, Answers(*answers), clock)
    waits = []
    for _ in answers:
        waits.append(poller.poll())
        clock.now += timedelta(seconds=waits[-1])
    return told, waits


def test_an_answer_has_its_calls_with_their_customers() -> None:
    ((reading,), waits) = polled([Dialog("1", "100", "200"), Dialog("2", "101", "200")])
    assert [each.customer for each in reading.calls] == ["acme", ""]
    assert (reading.at, reading.unknown_since, waits) == (NOON, None, [2])


def test_an_outage_is_unknown_since_the_last_answer() -> None:
    gone = NoAnswer("sbc does not answer")
    readings, waits = polled([Dialog("1", "100", "200")], gone, gone, gone, gone, gone, [])
    assert [each.unknown_since for each in readings] == [None, *[NOON] * 5, None]
    assert [len(each.calls) for each in readings] == [1, 0, 0, 0, 0, 0, 0]
    assert readings[3].failure == "sbc does not answer"
    assert waits == [2, 2, 4, 8, LONGEST_WAIT_S, LONGEST_WAIT_S, 2]
    assert LONGEST_WAIT_S < HOLDS_S


@pytest.mark.parametrize(("every_s", "holds_s"), [(0.5, HOLDS_S), (2, HOLDS_S), (30, 63), (60, 123)])
def test_an_answer_holds_until_the_second_question_is_overdue(every_s: float, holds_s: float) -> None:
    told: list[Reading] = []
    switch = SWITCH.model_copy(update={"every_s": every_s, "timeout_s": 3.0})
    Poller(switch, told.append, [].append, Answers([]), Clock()).poll()
    assert [each.holds_s for each in told] == [holds_s]


def test_a_defect_of_a_source_is_an_outage_too() -> None:
    readings, _ = polled(ValueError("?"), [])
    assert [each.unknown_since for each in readings] == [NOON, None]
