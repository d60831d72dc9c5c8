"""What calls are counted by, against a naive count in Python."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from cxreports.charts.bars import BREAKDOWNS
from cxreports.errors import NoSuchCustomer
from cxreports.figures import breakdown
from cxreports.metrics import USER_SIDE_CODES

Make = Callable[..., Any]
Call = dict[str, Any]

START = datetime(2026, 5, 1, tzinfo=UTC)
END = START + timedelta(hours=20)
NAMES = ("USA", "Spain Mobile", "", None)
CODES = (200, 404, 486, 487, 503, 699, None)


def random_calls(seed: int, count: int = 120) -> list[Call]:
    draw = random.Random(seed)
    calls = []
    for _ in range(count):
        code = draw.choice(CODES)
        connected = code == 200 or (code is None and draw.random() < 0.5)
        calls.append(
            {
                # Some lie before and after the period.
                "call_time": START + timedelta(minutes=draw.randrange(-60, 1300)),
                "customer": draw.choice(["acme", "acme", "other"]),
                "sip_code": code,
                "connected": connected,
                "duration_s": Decimal(draw.randrange(0, 9_000_000)) / 1000 if connected else 0,
                "charge": Decimal(draw.randrange(0, 10**9)) / 10**8 if connected else None,
                "currency": "USD" if draw.random() < 0.8 else "EUR",
                "destination_name": draw.choice(NAMES),
                "destination_code": draw.choice(["34", "1", "", None]),
                "destination": draw.choice(["+447700900123", "34600111222", "11", "", None]),
            }
        )
    return calls


def within(calls: list[Call], customer: str) -> list[Call]:
    return [
        call for call in calls if START <= call["call_time"] < END and customer in {call["customer"], "all"}
    ]


def destination_of(call: Call) -> str:
    number = (call["destination"] or "").lstrip("+")
    return (
        call["destination_name"]
        or call["destination_code"]
        or (f"{number[:3]}…" if number else "Not said by the switch")
    )


@pytest.mark.parametrize("customer", ["acme", "all"])
@pytest.mark.parametrize("seed", [0, *(pytest.param(nth, marks=pytest.mark.slow) for nth in (1, 2))])
def test_sip_codes_equal_a_naive_count(made: Make, seed: int, customer: str) -> None:
    calls = random_calls(seed)
    frame = breakdown.sip_codes(made(dict(c) for c in calls), customer, start=START, end=END)
    own = within(calls, customer)
    codes = [call["sip_code"] for call in own]
    assert {row["sip_code"]: row["attempts"] for row in frame.to_dicts()} == {
        code: codes.count(code) for code in set(codes)
    }
    for row in frame.to_dicts():
        assert row["share_pct"] == pytest.approx(float(Fraction(100 * row["attempts"], len(own))))
    assert frame["attempts"].to_list() == sorted(frame["attempts"], reverse=True)


@pytest.mark.parametrize("customer", ["acme", "all"])
@pytest.mark.parametrize("seed", [0, *(pytest.param(nth, marks=pytest.mark.slow) for nth in (1, 2))])
def test_destinations_equal_a_naive_count(made: Make, seed: int, customer: str) -> None:
    calls = random_calls(seed)
    frame = breakdown.destinations(made(dict(c) for c in calls), customer, start=START, end=END)
    own = within(calls, customer)
    assert set(frame["destination"]) == {destination_of(call) for call in own}
    for row in frame.to_dicts():
        here = [call for call in own if destination_of(call) == row["destination"]]
        answered = [call for call in here if call["connected"]]
        priced = {call["currency"] for call in here if call["charge"] is not None}
        assert row["attempts"] == len(here)
        assert row["connected"] == len(answered)
        assert row["asr_pct"] == 100 * len(answered) / len(here)
        talk = sum(call["duration_s"] for call in answered)
        assert row["acd_s"] == (pytest.approx(float(talk) / len(answered)) if answered else None)
        charge = sum(call["charge"] for call in here if call["charge"] is not None)
        expected = {0: (None, None), 1: (charge, next(iter(priced), None)), 2: (None, "mixed")}
        assert (row["charge"], row["currency"]) == expected[len(priced)]
    assert frame["attempts"].to_list() == sorted(frame["attempts"], reverse=True)


def test_nobody_answered_has_no_acd(made: Make) -> None:
    calls = [{"call_time": START, "connected": False, "sip_code": 486, "destination_name": "Peru"}]
    (row,) = breakdown.destinations(made(calls), "acme").to_dicts()
    assert (row["asr_pct"], row["acd_s"]) == (0.0, None)


def test_a_talk_time_that_is_not_said_leaves_no_acd(made: Make) -> None:
    calls = [{"call_time": START, "duration_s": None, "end_time": START, "destination_name": "Peru"}]
    (row,) = breakdown.destinations(made(calls), "acme").to_dicts()
    assert (row["connected"], row["acd_s"]) == (1, None)


def test_endings_are_told_as_the_ner_counts_them(made: Make) -> None:
    codes = (200, 486, 404, None)
    calls = [{"call_time": START, "connected": code == 200, "sip_code": code} for code in codes]
    frame = breakdown.sip_codes(made(calls), "acme")
    endings = dict(zip(frame["sip_code"], frame["ending"], strict=True))
    assert 486 in USER_SIDE_CODES
    assert endings == {200: "answered", 486: "user side", 404: "network side", None: None}


@pytest.mark.parametrize("count", [breakdown.sip_codes, breakdown.destinations])
def test_a_period_without_calls_has_no_row(made: Make, count: Callable[..., Any]) -> None:
    lake = made([{"call_time": START}])
    assert count(lake, "acme", start="2020-01-01", end="2020-01-02").is_empty()
    assert count(made([]), "all").is_empty()


@pytest.mark.parametrize("count", [breakdown.sip_codes, breakdown.destinations])
def test_an_unknown_customer_is_refused(made: Make, count: Callable[..., Any]) -> None:
    with pytest.raises(NoSuchCustomer, match="did you mean acme"):
        count(made([{"call_time": START}]), "acmee")


def test_destinations_say_of_how_many_calls_a_part_is_not_known(made: Make) -> None:
    """Two calls to Spain, of which one has no price and the other no duration; one to France has both."""
    common = {"call_time": START, "connected": True, "currency": "USD"}
    calls = [
        {"destination_name": "Spain", "duration_s": 60, "charge": None},
        {"destination_name": "Spain", "duration_s": None, "charge": 5},
        {"destination_name": "France", "duration_s": 30, "charge": 1},
    ]
    frame = breakdown.destinations(made([common | call for call in calls]), "acme")
    columns = ("destination", "acd_s", "duration_unknown", "charge", "charge_unknown")
    assert frame.select(columns).rows() == [
        ("Spain", 60, 1, Decimal(5), 1),
        ("France", 30, 0, Decimal(1), 0),
    ]
    bars = BREAKDOWNS["destinations"](frame).rows["bars"]
    assert [(bar["acd"], bar["charge"]) for bar in bars] == [
        ("1:00 · 1 of 2 calls has no duration yet", "$5.00 · 1 of 2 calls has no price yet"),
        ("0:30", "$1.00"),
    ]
