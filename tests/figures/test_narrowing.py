"""Narrowed figures, against lakes that hold nothing but the calls that a filter in plain Python keeps."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from cxreports.errors import BadFilter, NoSuchCustomer
from cxreports.figures.breakdown import destinations, sip_codes
from cxreports.figures.call_records import CdrFilter, count
from cxreports.figures.narrowing import Narrowing, narrowed
from cxreports.figures.series import series
from cxreports.figures.summary import charges, summary, totals

if TYPE_CHECKING:
    from collections.abc import Callable

    from cxreports.lake import Snapshot

    Made = Callable[[list[dict[str, Any]]], Snapshot]

START = datetime(2026, 10, 24, 20, tzinfo=UTC)
PERIOD = {"start": START + timedelta(minutes=95), "end": START + timedelta(hours=29, minutes=10)}

ASKED = [
    {"sip": "486"},
    {"sip": "5xx"},
    {"sip": "none"},
    {"direction": "inbound"},
    {"number": "+44 77"},
    {"destination": "O'Hara's Island"},
    {"destination": "447…"},
    {"destination": "Not said by the switch"},
    {"sip": "200", "direction": "outbound", "number": "34", "destination": "Spain"},
]


def calls_of(draw: random.Random) -> list[dict[str, Any]]:
    """Calls of two customers over a day and a half in which the clocks of Europe go back."""
    calls = []
    for _ in range(90):
        code = draw.choice([200, 200, 404, 486, 503, None])
        connected = code == 200
        calls.append(
            {
                "call_time": START + timedelta(seconds=draw.randrange(0, 32 * 3600)),
                "customer": draw.choice(["acme", "acme", "other"]),
                "sip_code": code,
                "connected": connected,
                "duration_s": Decimal(draw.randrange(0, 5_000_000)) / 1000 if connected else 0,
                "billed_duration_s": draw.randrange(0, 5000) if connected else 0,
                "charge": Decimal(draw.randrange(0, 10**9)) / 10**8 if connected else None,
                "currency": draw.choice(["USD", "USD", "EUR"]),
                "pdd_ms": draw.choice([None, draw.randrange(100, 9000)]),
                "dtmf": draw.choice(["", "1", "99#"]) if connected else None,
                "direction": draw.choice(["inbound", "outbound", None]),
                "source": draw.choice(["+34911", "447700", "100"]),
                "destination": draw.choice(["+447700900123", "34600111222", "", None]),
                "destination_name": draw.choice(["Spain", "O'Hara's Island", "", None]),
            }
        )
    return calls


def counts(call: dict[str, Any], asked: dict[str, str]) -> bool:
    """Whether a narrowing lets a call through, as a person would say it."""
    sides = [str(call[side] or "").removeprefix("+") for side in ("source", "destination")]
    number = asked.get("number", "").replace(" ", "").removeprefix("+")
    code, sip = call["sip_code"], asked.get("sip", "")
    place = call["destination_name"] or (f"{sides[1][:3]}…" if sides[1] else "Not said by the switch")
    return (
        any(side.startswith(number) for side in sides)
        and (not sip or {"none": code is None, "5xx": code == 503}.get(sip, str(code) == sip))
        and asked.get("direction", call["direction"]) == call["direction"]
        and asked.get("destination", place) == place
    )


@pytest.mark.parametrize("asked", ASKED, ids=str)
def test_narrowed_figures_are_those_of_the_calls_let_through(made: Made, asked: dict[str, Any]) -> None:
    draw = random.Random(str(asked))
    customer = draw.choice(["acme", "all"])
    every = calls_of(random.Random(1))
    kept = [call for call in every if counts(call, asked)]
    # A customer without calls would not be known; one before the period counts nowhere.
    early = [{"call_time": START - timedelta(days=9), "customer": each} for each in ("acme", "other")]
    whole, plain = narrowed(made(every + early), Narrowing(**asked)), made(kept + early)
    assert 0 < len(kept) < len(every)
    for name, width in (
        ("channels", "1h"), ("channels", "30s"), ("cps", "1h"), ("pdd", "1d"), ("asr", "1h"), ("charge", "1d")
    ):  # fmt: skip
        asked_for = {"every": width, "tz": "Europe/Madrid", **PERIOD}
        assert series(whole, customer, name, **asked_for).equals(series(plain, customer, name, **asked_for))
    for by in ("hour", "month"):
        narrow, alone = (summary(lake, customer, by, weighed=True, **PERIOD) for lake in (whole, plain))
        # How far the data reaches is said by all calls.
        assert narrow.drop("so_far", strict=False).equals(alone.drop("so_far", strict=False))
        assert charges(whole, customer, by, **PERIOD).equals(charges(plain, customer, by, **PERIOD))
    assert sip_codes(whole, customer, **PERIOD).equals(sip_codes(plain, customer, **PERIOD))
    assert destinations(whole, customer, **PERIOD).equals(destinations(plain, customer, **PERIOD))
    at = START + timedelta(minutes=draw.randrange(1, 1900))
    assert whole.channels_at(customer, at) == plain.channels_at(customer, at)


def test_narrowed_sums_are_those_of_a_loop(made: Made) -> None:
    every = [each | {"currency": "USD"} for each in calls_of(random.Random(4))]
    lake = made(every)
    for asked in ASKED:
        own = [each for each in every if each["customer"] == "acme" and counts(each, asked)]
        connected = [each for each in own if each["connected"]]
        row = totals(narrowed(lake, Narrowing(**asked)), "acme").row(0, named=True)
        assert (row["attempts"], row["connected"]) == (len(own), len(connected))
        assert row["duration_s"] == sum(each["duration_s"] for each in connected)
        assert (row["charge"] or 0) == sum(each["charge"] or 0 for each in own)
        assert count(lake, CdrFilter(customer="acme", **asked)) == len(own)


def test_nothing_narrowed_is_the_snapshot_itself(made: Made) -> None:
    lake = made([{"call_time": START}])
    assert narrowed(lake, Narrowing()) is lake
    assert narrowed(lake, Narrowing(number=" + ")) is lake


def test_stored_sums_of_every_call_are_out_of_reach(made: Made) -> None:
    lake = narrowed(made([{"call_time": START}]), Narrowing(sip="486"))
    for table in ("hourly", "daily", "channels"):
        with pytest.raises(ValueError, match="narrowed"):
            lake.scan(table)
    with pytest.raises(ValueError, match="narrowed"):
        lake.channels_by_customer(START)


def test_customers_stay_known_when_none_of_their_calls_counts(made: Made) -> None:
    lake = narrowed(made([{"call_time": START, "sip_code": 200}]), Narrowing(sip="486"))
    assert totals(lake, "acme")["attempts"].to_list() == [0]
    with pytest.raises(NoSuchCustomer):
        totals(lake, "nobody")


@pytest.mark.parametrize("evil", ["'", "' OR true --", "x'); DROP TABLE cdr; --", "?", "\x00", "{x}"])
def test_what_is_narrowed_to_is_never_sql(made: Made, evil: str) -> None:
    lake = made([{"call_time": START, "source": "1", "destination": "2"}])
    for only in (Narrowing(number=evil), Narrowing(destination=evil)):
        assert totals(narrowed(lake, only), "acme")["attempts"].to_list() == [0]
    for wrong in ({"sip": evil}, {"direction": evil}):
        with pytest.raises(BadFilter):
            Narrowing(**wrong)  # type: ignore[arg-type]
