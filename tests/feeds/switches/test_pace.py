"""Pace: a question at each interval, and within a second after an event; never two a second for events."""

from __future__ import annotations

from cxreports.feeds.switches.pace import SETTLES_S, SOONEST_S, Pace

EVERY_S = 30.0


def paced() -> Pace:
    """A switch that has answered at 100 s, and is asked each half a minute."""
    pace = Pace(100.0)
    assert pace.due == 100.0
    pace.answered(100.0, 100.0, EVERY_S)
    return pace


def test_a_switch_that_says_nothing_is_asked_at_its_interval() -> None:
    pace = paced()
    assert pace.due == 130.0
    pace.answered(130.1, 130.2, EVERY_S)
    assert pace.due == 160.0
    pace.answered(200.0, 201.0, EVERY_S)  # slept through: not asked again for what is over
    assert pace.due == 201.0


def test_an_event_brings_the_next_question_within_a_second() -> None:
    for heard_at in (100.0, 100.2, 100.9, 105.0, 129.9):
        pace = paced()
        pace.heard(heard_at)
        assert heard_at < pace.due <= heard_at + SOONEST_S


def test_events_bring_one_question_a_second_however_many_they_are() -> None:
    pace, now, asked = paced(), 100.0, 0
    while now < 110.0:
        now += 0.001
        pace.heard(now)
        if now >= pace.due:
            pace.answered(now, now, EVERY_S)
            asked += 1
    assert asked == round(10 / SOONEST_S)


def test_an_event_just_before_a_question_is_not_covered_by_its_answer() -> None:
    pace = paced()
    pace.heard(110.0)
    pace.heard(110.4)
    assert pace.due == 110.0 + SETTLES_S
    pace.answered(110.5, 110.6, EVERY_S)
    assert pace.due == 110.6 + SOONEST_S
    pace.answered(pace.due, pace.due, EVERY_S)
    assert pace.due == 130.0


def test_a_question_after_an_event_does_not_put_off_the_one_at_the_interval() -> None:
    pace = paced()
    pace.heard(129.0)
    pace.answered(pace.due, 129.6, EVERY_S)
    assert (pace.due, pace.regular_at) == (130.0, 130.0)


def test_after_a_failure_nothing_hurries() -> None:
    pace = paced()
    pace.heard(110.0)
    pace.failed(110.5, 8.0)
    assert pace.due == 118.5
