"""Summaries: hand-computed tables, and every figure against a loop over the calls."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import product
from random import Random
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_lake import plant

from cxreports.clock import Period
from cxreports.errors import BadTime, NoSuchCustomer
from cxreports.figures.summary import Asked, charges, summary, tables_at_once, totals

Make = Callable[..., Any]

COLUMNS = [
    "start", "attempts", "connected", "asr_pct", "acd_s", "ner_pct", "pdd_ms", "dtmf_calls", "dtmf_pct",
    "duration_s", "billed_duration_s", "charge", "currency", "duration_unknown", "billed_duration_unknown",
    "charge_unknown", "pdd_unknown", "dtmf_unknown",
]  # fmt: skip


def talk(when: str, seconds: int, **more: Any) -> dict[str, Any]:
    call = {
        "sip_code": 200, "dtmf": "", "pdd_ms": 1200, "billed_duration_s": -(-seconds // 60) * 60,
        "charge": Decimal("0.0123456789"), "currency": "EUR",
    }  # fmt: skip
    return {"call_time": when, "duration_s": seconds} | call | more


def failed(when: str, code: int = 503, **more: Any) -> dict[str, Any]:
    return {"call_time": when, "connected": False, "sip_code": code, "charge": 0, "currency": "EUR"} | more


def test_a_day_by_hand(made: Make) -> None:
    lake = made(
        [
            talk("2026-05-01T00:00", 30, dtmf="1"),
            talk("2026-05-01T23:59:59.999999", 90),
            failed("2026-05-01T12:00", 486, pdd_ms=600),
            failed("2026-05-01T12:00"),
            talk("2026-05-01T12:00", 999, customer="other"),
        ]
    )
    (row,) = summary(lake, "acme", "day").rows(named=True)
    assert list(row) == COLUMNS
    assert row == {
        "start": datetime(2026, 5, 1, tzinfo=UTC),
        "attempts": 4,
        "connected": 2,
        "asr_pct": 50.0,
        "acd_s": 60.0,
        "ner_pct": 75.0,
        "pdd_ms": 1000.0,
        "dtmf_calls": 1,
        "dtmf_pct": 50.0,
        "duration_s": Decimal(120),
        "billed_duration_s": Decimal(180),
        "charge": Decimal("0.0246913578"),
        "currency": "EUR",
        "duration_unknown": 0,
        "billed_duration_unknown": 0,
        "charge_unknown": 0,
        "pdd_unknown": 1,
        "dtmf_unknown": 0,
    }


def test_a_call_across_midnight_belongs_to_the_day_it_began(made: Make) -> None:
    lake = made([talk("2024-02-29T23:59:59.999999", 7200), talk("2024-03-01T00:00", 60)])
    days = summary(lake, "acme", "day")
    assert days["start"].dt.strftime("%m-%d").to_list() == ["02-29", "03-01"]
    assert days["duration_s"].to_list() == [7200, 60]


@pytest.mark.parametrize(
    ("by", "starts"),
    [
        ("hour", ["2024-02-29 22:00", "2024-02-29 23:00", "2024-03-01 00:00"]),
        ("day", ["2024-02-29 00:00", "2024-03-01 00:00"]),
        ("week", ["2024-02-26 00:00"]),
        ("month", ["2024-02-01 00:00", "2024-03-01 00:00"]),
    ],
)
def test_the_default_is_from_the_first_call_to_the_last(made: Make, by: str, starts: list[str]) -> None:
    lake = made(
        [talk("2024-02-29T22:30", 1), talk("2024-03-01T00:00", 1), talk("2020-01-01", 1, customer="other")]
    )
    table = summary(lake, "acme", by)
    assert table["start"].dt.strftime("%Y-%m-%d %H:%M").to_list() == starts
    assert table["attempts"].sum() == 2


def test_hours_without_calls_are_there(made: Make) -> None:
    lake = made([talk("2026-03-29T00:30", 10), failed("2026-03-29T03:30", 486)])
    hours = summary(lake, "acme", "hour")
    assert hours["attempts"].to_list() == [1, 0, 0, 1]
    assert hours.row(1)[1:] == (0, 0, None, None, None, None, 0, None, 0, 0, 0, "EUR", 0, 0, 0, 0, 0)
    assert hours["asr_pct"].to_list() == [100.0, None, None, 0.0]
    assert hours["ner_pct"].to_list() == [100.0, None, None, 100.0]


def test_a_summary_is_in_utc_whatever_the_clocks_do(made: Make) -> None:
    lake = made([talk("2026-03-29T12:00", 1)])
    assert summary(lake, "acme", "hour", start="2026-03-29", end="2026-03-30").height == 24


def test_calls_outside_the_period_do_not_count_in_a_bucket_that_it_cuts(made: Make) -> None:
    lake = made([talk(f"2026-05-01T10:{m}", 1) for m in ("09:59.999999", "10", "39:59.999999", "40")])
    period = {"start": "2026-05-01T10:10", "end": "2026-05-01T10:40"}
    assert summary(lake, "acme", "day", **period)["attempts"].to_list() == [2]
    assert totals(lake, "acme", **period)["attempts"].to_list() == [2]


def test_whole_hours_are_read_from_the_stored_sums(made_store: Make) -> None:
    store = made_store([talk("2026-05-01T10:10", 1), talk("2026-05-02T10:10", 1)])
    plant(store, "cdr", "(FROM {rows} WHERE call_time >= '2026-05-02')")
    lake = store.snapshot()
    assert summary(lake, "acme", "day", start="2026-05-01", end="2026-05-03")["attempts"].to_list() == [1, 1]
    assert summary(lake, "acme", "month", start="2026-05-01T10:00")["attempts"].to_list() == [2]


def test_whole_days_are_read_from_the_stored_sums_and_ragged_ends_from_the_calls(made_store: Make) -> None:
    ends = [talk("2026-05-01T10:10", 1), talk("2026-05-03T10:10", 1), talk("2026-05-03T10:50", 1)]
    store = made_store([*ends, talk("2026-05-02T10:10", 1)])
    for table in ("cdr", "hourly"):
        time = {"cdr": "call_time", "hourly": "hour"}[table]
        plant(store, table, f"(FROM {{rows}} WHERE CAST({time} AS DATE) <> '2026-05-02')")
    lake = store.snapshot()
    period = {"start": "2026-05-01T10:05", "end": "2026-05-03T10:20"}
    assert summary(lake, "acme", "day", **period)["attempts"].to_list() == [1, 1, 1]
    assert summary(lake, "acme", "hour", **period)["attempts"].sum() == 2


def test_currencies_are_never_added(made: Make) -> None:
    lake = made(
        [
            talk("2026-05-01", 1, charge=Decimal("1.1")),
            talk("2026-05-01", 1, charge=Decimal("2.2"), currency="USD"),
            failed("2026-05-02", charge=None, currency=None),
            talk("2026-05-03", 1, charge=Decimal("3.3"), currency="USD"),
        ]
    )
    days = summary(lake, "acme", "day")
    assert days.select("charge", "currency").rows() == [
        (None, "mixed"),
        (None, None),
        (Decimal("3.3"), "USD"),
    ]
    assert totals(lake, "acme").select("attempts", "charge", "currency").rows() == [(4, None, "mixed")]
    assert charges(lake, "acme").select("currency", "attempts", "charge").rows() == [
        (None, 1, None),
        ("EUR", 1, Decimal("1.1")),
        ("USD", 2, Decimal("5.5")),
    ]
    by_day = charges(lake, "acme", "day")
    assert by_day.group_by("currency").agg(pl.col("charge").sum()).height == 3
    assert by_day["start"].dt.day().to_list() == [1, 1, 2, 3]


def test_calls_without_a_price_make_no_price(made: Make) -> None:
    unpriced = {"charge": None, "currency": None}
    lake = made(
        [
            talk("2026-05-01", 1, **unpriced),
            talk("2026-05-02", 1),
            talk("2026-05-02", 1, **unpriced),
            failed("2026-05-03", **unpriced),
        ]
    )
    assert summary(lake, "acme", "day")["charge"].to_list() == [None, Decimal("0.0123456789"), 0]
    alone = made([talk("2026-05-01", 1, **unpriced), failed("2026-05-02", **unpriced)])
    assert summary(alone, "acme", "day").select("charge", "currency").rows() == [(None, None)] * 2


def test_all_is_every_customer(made: Make) -> None:
    lake = made([talk("2026-05-01", 30), talk("2026-05-02", 60, customer="other")])
    assert summary(lake, "all", "day")["duration_s"].to_list() == [30, 60]


def test_an_unknown_customer_is_answered_with_near_ones(made: Make) -> None:
    lake = made([talk("2026-05-01", 1, customer=each) for each in ("Acme Telecom", "Globex")])
    with pytest.raises(NoSuchCustomer, match=r"'acme telcom': did you mean Acme Telecom\?"):
        summary(lake, "acme telcom", "day")
    with pytest.raises(NoSuchCustomer, match="known are Acme Telecom, Globex"):
        totals(lake, "xyz", start="2026-05-01", end="2026-05-02")
    with pytest.raises(NoSuchCustomer, match="lake is empty"):
        summary(made([]), "acme", "day")


def test_an_empty_lake_has_an_empty_summary_of_all(made: Make) -> None:
    table = summary(made([]), "all", "day")
    assert table.is_empty()
    assert table.columns == COLUMNS
    assert totals(made([]), "all").is_empty()
    assert charges(made([]), "all").is_empty()


def test_frames_have_the_same_types_with_and_without_calls(made: Make) -> None:
    lake = made([talk("2026-05-01", 1)])
    full, quiet = (
        summary(lake, "acme", "day"),
        summary(lake, "acme", "day", start="2025-01-01", end="2025-01-03"),
    )
    assert full.schema == quiet.schema == summary(made([]), "all", "day").schema
    assert quiet.height == 2
    assert full.to_pandas().shape == (1, 18)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"by": "minute"}, "by hour, day, week, month"),
        ({"start": "tomorrow"}, "ISO 8601"),
        ({"start": "2026-05-02", "end": "2026-05-01"}, "swap them"),
    ],
)
def test_what_cannot_be_understood_is_said(made: Make, asked: Any, message: str) -> None:
    with pytest.raises(BadTime, match=message):
        summary(made([talk("2026-05-01", 1)]), "acme", **asked)


CALL = st.fixed_dictionaries(
    {
        "minute": st.integers(0, 60 * 24 * 45),
        "connected": st.booleans(),
        "seconds": st.decimals(0, 9000, places=6),
        "charge": st.none() | st.decimals(0, 1000, places=10),
        "currency": st.sampled_from(["EUR", "EUR", "EUR", "USD"]),
        "sip_code": st.sampled_from([200, 404, 486, 503, None]),
        "dtmf": st.sampled_from([None, "", "5"]),
        "pdd_ms": st.none() | st.decimals(0, 60_000, places=3),
        "customer": st.sampled_from(["acme", "other"]),
    }
)


def naive(calls: list[dict[str, Any]]) -> dict[str, Any]:
    """Compute a row call by call, with exact fractions."""
    answered = [c for c in calls if c["connected"]]
    failed = [c for c in calls if not c["connected"]]
    user_side = [c for c in failed if c["sip_code"] in {480, 486, 487, 600, 603}]
    pdd = [Fraction(c["pdd_ms"]) for c in calls if c["pdd_ms"] is not None]
    said = [c for c in answered if c["dtmf"] is not None]
    talked = [Fraction(c["duration_s"]) for c in answered if c["duration_s"] is not None]
    billed = [c["billed_duration_s"] for c in answered if c["billed_duration_s"] is not None]
    toned = sum(bool(c["dtmf"]) for c in answered)

    def ratio(above: int | Fraction, below: int, *, known: bool = True) -> float | None:
        return float(Fraction(above) / below) if below and known else None

    return {
        "attempts": len(calls),
        "connected": len(answered),
        "asr_pct": ratio(100 * len(answered), len(calls)),
        "acd_s": ratio(sum(talked), len(talked)),
        "ner_pct": ratio(
            100 * (len(answered) + len(user_side)),
            len(calls),
            known=all(c["sip_code"] is not None for c in failed),
        ),
        "pdd_ms": ratio(sum(pdd), len(pdd)),
        "dtmf_calls": toned if said or not answered else None,
        "dtmf_pct": ratio(100 * toned, len(said)),
        "duration_s": sum(talked) if talked or not answered else None,
        "billed_duration_s": sum(billed) if billed or not answered else None,
        "duration_unknown": len(answered) - len(talked),
        "billed_duration_unknown": len(answered) - len(billed),
        "charge_unknown": sum(c["charge"] is None for c in answered),
        "pdd_unknown": len(calls) - len(pdd),
        "dtmf_unknown": len(answered) - len(said),
    }


@settings(max_examples=5, deadline=None)
@given(st.lists(CALL, min_size=1, max_size=25))
def test_every_figure_equals_a_loop_over_the_calls(made: Make, drawn: list[dict[str, Any]]) -> None:
    origin = datetime(2026, 1, 20, tzinfo=UTC)
    calls = []
    for each in drawn:
        seconds = each["seconds"] if each["connected"] else Decimal(0)
        call = {name: value for name, value in each.items() if name not in {"minute", "seconds"}}
        when = origin + timedelta(minutes=each["minute"])
        is_over = not each["connected"] or each["minute"] % 5
        talk = seconds if is_over else None
        calls.append(call | {"call_time": when, "duration_s": talk, "billed_duration_s": talk})
    lake = made(calls)
    customers = {each["customer"] for each in calls} | {"all"}
    for customer, by, ragged in product(customers, ["hour", "day", "week", "month"], [False, True]):
        first, last = (
            (origin + timedelta(minutes=7), origin + timedelta(days=31, minutes=7))
            if ragged
            else (None, None)
        )
        table = summary(lake, customer, by, start=first, end=last)
        edges = [*table["start"].to_list(), table["start"][-1] + timedelta(days=31)]
        for row, begin, end in zip(table.rows(named=True), edges, edges[1:], strict=False):
            own = [
                c
                for c in calls
                if customer in {c["customer"], "all"}
                and max(begin, first or begin) <= c["call_time"] < min(end, last or end)
            ]
            assert naive(own).items() <= row.items()
            prices = [c for c in own if c["charge"] is not None]
            if prices:
                currencies = {c["currency"] for c in prices}
                assert row["charge"] == (sum(c["charge"] for c in prices) if len(currencies) == 1 else None)
                assert row["currency"] == (currencies.pop() if len(currencies) == 1 else "mixed")


ORIGIN = datetime(2026, 1, 29, tzinfo=UTC)
"""A Thursday: the six days after it have a new month and a new week."""

moments = st.integers(0, 6 * 24 * 60).map(lambda minute: ORIGIN + timedelta(minutes=minute, seconds=7))
hours = st.integers(0, 6 * 24).map(lambda hour: ORIGIN + timedelta(hours=hour))
periods = st.tuples(moments | hours, moments | hours).map(lambda ends: Period(min(ends), max(ends)))
tables = st.builds(Asked, periods, st.sampled_from([None, "hour", "day", "week", "month"]), st.booleans())


@pytest.fixture(scope="module")
def busy(made: Make) -> Any:
    """Calls of a few days of which some have no price, another currency, or no end."""
    random = Random(7)
    calls = []
    for _ in range(400):
        when = ORIGIN + timedelta(seconds=random.randrange(6 * 86_400))
        more = {"customer": random.choice(["acme", "beta"]), "currency": random.choice(["EUR", "EUR", "USD"])}
        if random.random() < 0.4:
            calls.append(failed(when.isoformat(), random.choice([404, 486, 503]), **more))
        else:
            charge = random.choice([None, Decimal("0.0123456789"), Decimal(2)])
            calls.append(talk(when.isoformat(), random.randrange(900), **more | {"charge": charge}))
    return made(calls)


@settings(max_examples=12, deadline=None)
@given(st.lists(tables, min_size=1, max_size=4))
def test_tables_that_are_read_at_once_are_those_that_are_read_alone(busy: Any, asked: list[Asked]) -> None:
    asked = [each if each.by else replace(each, weighed=False) for each in asked]
    for customer in ("acme", "all"):
        found = tables_at_once(busy, customer, asked)
        for each, table in zip(asked, found, strict=True):
            span = {"start": each.period.start, "end": each.period.end}
            alone = (
                summary(busy, customer, each.by, **span, weighed=each.weighed)
                if each.by
                else totals(busy, customer, **span)
            )
            assert table.schema == alone.schema
            assert table.equals(alone), each


def test_what_is_read_at_once_is_one_question(busy: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    questions: list[str] = []
    query = type(busy).query

    def counted(snapshot: Any, sql: str, **more: Any) -> pl.DataFrame:
        questions.append(sql)
        return query(snapshot, sql, **more)

    now = ORIGIN + timedelta(days=3, hours=5, minutes=17, seconds=3)
    day = timedelta(days=1)
    asked = [
        Asked(Period(now - day, now)),
        Asked(Period(now - 2 * day, now - day)),
        Asked(Period(now - day, now), "hour"),
    ]
    tables_at_once(busy, "acme", asked)
    monkeypatch.setattr(type(busy), "query", counted)
    tables_at_once(busy, "acme", asked)
    assert len(questions) == 1
    # Ragged ends are read from the calls, all else from the stored hours.
    assert questions[0].count("/hourly/") > 0
    tables_at_once(
        busy,
        "acme",
        [Asked(Period(ORIGIN, ORIGIN + timedelta(hours=1))), Asked(Period(now, now + timedelta(hours=1)))],
    )
    assert len(questions) == 3, "what lies far apart is asked for by itself"
