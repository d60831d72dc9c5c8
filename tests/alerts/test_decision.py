"""The decision on figures written down by hand, a minute each."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cxreports.alerts.decision import CALM, Event, Fired, Repeated, Reset, State, decide, run
from cxreports.alerts.rule import Reading, Rule

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
ASR = Rule("asr", Decimal(35), Decimal(40), fewest_calls=10)


def minute(number: int) -> datetime:
    return NOON + timedelta(minutes=number)


def judged(rule: Rule, *figures: float | tuple[float | None, int], state: State = CALM) -> list[Event]:
    """Judge figures of 100 calls, or of as many as a pair says, minute by minute."""
    events = []
    for number, figure in enumerate(figures):
        value, calls = figure if isinstance(figure, tuple) else (figure, 100)
        state, event = decide(rule, Reading(value, calls), state, minute(number))
        if event:
            events.append(event)
    return events


def shown(events: list[Event]) -> list[tuple[str, int]]:
    return [(type(each).__name__, (each.at - NOON) // timedelta(minutes=1)) for each in events]


def test_it_fires_once_and_is_over_when_the_reset_threshold_is_reached() -> None:
    events = judged(ASR, 50, 35, 34.9, 20, 36, 39.9, 40, 41, 50)
    assert shown(events) == [("Fired", 2), ("Reset", 6)]
    over = events[1]
    assert isinstance(over, Reset)
    assert (over.lasted, over.worst) == (timedelta(minutes=4), 20)


def test_a_rule_for_what_is_too_much_works_the_other_way_round() -> None:
    busy = Rule("channels_pct", Decimal(80), Decimal(70), is_below=False)
    assert shown(judged(busy, 79, 80, 80.1, 75, 70.5, 70)) == [("Fired", 2), ("Reset", 5)]


def test_the_same_threshold_for_both_fires_and_resets_at_it() -> None:
    plain = Rule("asr", Decimal(35), Decimal(35))
    assert shown(judged(plain, 35, 34, 35, 34)) == [("Fired", 1), ("Reset", 2), ("Fired", 3)]


def test_it_fires_once_the_threshold_has_been_passed_for_long_enough() -> None:
    lasting = Rule("asr", Decimal(35), Decimal(40), lasting=timedelta(minutes=3))
    events = judged(lasting, 30, 30, 36, 30, 30, 30, 30, 45)
    assert shown(events) == [("Fired", 6), ("Reset", 7)]
    fired, over = events
    assert isinstance(fired, Fired)
    assert isinstance(over, Reset)
    assert fired.since == minute(3)
    assert over.lasted == timedelta(minutes=4)


def test_notices_are_repeated_while_it_fires_but_not_once_somebody_has_taken_it_on() -> None:
    repeated = Rule("asr", Decimal(35), Decimal(40), repeat=timedelta(minutes=2))
    low = [30.0] * 6
    assert shown(judged(repeated, *low)) == [("Fired", 0), ("Repeated", 2), ("Repeated", 4)]
    taken = State(NOON, NOON, NOON, 30, is_acknowledged=True)
    assert shown(judged(repeated, *low, 45, state=taken)) == [("Reset", 6)]


def test_too_few_calls_neither_fire_nor_end_anything() -> None:
    assert judged(ASR, (0, 9), (None, 0), (100, 9)) == []
    assert shown(judged(ASR, 30, (90, 9), (None, 0), 45)) == [("Fired", 0), ("Reset", 3)]


def test_a_minute_with_too_few_calls_breaks_the_time_that_it_must_last() -> None:
    lasting = Rule("asr", Decimal(35), Decimal(40), fewest_calls=10, lasting=timedelta(minutes=2))
    assert shown(judged(lasting, 30, 30, (30, 9), 30, 30, 30)) == [("Fired", 5)]


def test_nothing_is_repeated_on_figures_that_are_not_judged() -> None:
    repeated = Rule("asr", Decimal(35), Decimal(40), fewest_calls=10, repeat=timedelta(minutes=1))
    assert shown(judged(repeated, 30, (30, 9), (30, 9), 30)) == [("Fired", 0), ("Repeated", 3)]


def test_money_is_compared_exactly() -> None:
    balance = Rule("balance", Decimal("0.1"), Decimal("0.3"))
    figures = [Decimal("0.1"), Decimal("0.099999"), Decimal("0.299999"), Decimal("0.3")]
    state, events = CALM, []
    for number, value in enumerate(figures):
        state, event = decide(balance, Reading(value), state, minute(number))
        events += [event] if event else []
    assert shown(events) == [("Fired", 1), ("Reset", 3)]


figures = st.lists(
    st.tuples(st.one_of(st.none(), st.integers(25, 50).map(float)), st.integers(8, 12)), max_size=60
)


@given(figures, st.integers(0, 4), st.integers(0, 4))
def test_judging_many_minutes_at_once_is_judging_one_after_the_other(
    given_figures: list[tuple[float | None, int]], lasting: int, repeat: int
) -> None:
    rule = Rule(
        "asr",
        Decimal(35),
        Decimal(40),
        fewest_calls=10,
        lasting=timedelta(minutes=lasting),
        repeat=timedelta(minutes=repeat),
    )
    start = int(NOON.timestamp()) * 1_000_000
    moments = start + np.arange(len(given_figures)) * 60_000_000
    readings = [Reading(*each) for each in given_figures]
    assert run(rule, moments, readings)[1] == judged(rule, *given_figures)


def test_a_repeat_says_since_when_it_fires() -> None:
    repeated = Rule("asr", Decimal(35), Decimal(40), repeat=timedelta(minutes=2))
    last = judged(repeated, 50, 30, 30, 30)[-1]
    assert isinstance(last, Repeated)
    assert last.fired_at == minute(1)
