"""Synthetic calls: the same whenever asked for, exact money, and figures that a switch could have written."""

from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from cxreports.cdr.record import FIELDS
from cxreports.traffic.customers import CUSTOMERS, crowd, outage_on
from cxreports.traffic.days import LONGEST_S, SCHEMA, Traffic, expected_per_day, generate
from cxreports.traffic.endings import ENDINGS

MONDAY = date(2026, 11, 9)
"""An ordinary week, without a clock change."""


@pytest.fixture(scope="module")
def week() -> pl.DataFrame:
    return pl.concat(generate(MONDAY, 7))


def by_customer(week: pl.DataFrame, value: pl.Expr) -> dict[str, float]:
    return dict(week.group_by("customer").agg(value.cast(pl.Float64)).iter_rows())


def test_columns_are_those_of_the_canonical_record() -> None:
    bookkeeping = {"note", "file", "record_key", "legs"}
    assert [field.name for field in FIELDS if field.name not in bookkeeping] == list(SCHEMA)
    assert dict(next(generate(MONDAY, 1)).schema) == SCHEMA


def test_a_day_does_not_depend_on_the_days_and_customers_asked_for(week: pl.DataFrame) -> None:
    thursday = MONDAY + timedelta(days=3)
    alone = next(generate(thursday, 1))
    assert_frame_equal(alone, week.filter(pl.col("call_time").dt.date() == thursday))
    acme = next(generate(thursday, 1, customers=CUSTOMERS[:1]))
    assert_frame_equal(acme, alone.filter(pl.col("customer") == CUSTOMERS[0].id))


def test_another_seed_gives_other_calls() -> None:
    one, other = (next(generate(MONDAY, 1, seed=seed)) for seed in (1, 2))
    assert not set(one["call_id"]) & set(other["call_id"])


def test_records_of_pieces_add_up_to_those_of_the_whole() -> None:
    start, end = (datetime(2026, 11, 9, hour, 7, 31, tzinfo=UTC) for hour in (1, 23))
    end += timedelta(days=1)
    middle = start + timedelta(hours=17, seconds=11)
    whole = pl.concat(calls for _, _, calls in Traffic().delivered(start, end))
    pieces = [*Traffic().delivered(start, middle), *Traffic().delivered(middle, end)]
    assert_frame_equal(pl.concat(calls for _, _, calls in pieces).sort("end_time", "call_id"), whole)
    assert whole["end_time"].is_between(start, end, closed="left").all()
    assert [begin for begin, _, _ in pieces] == [start, middle, datetime(2026, 11, 10, tzinfo=UTC)]
    for (_, until, _), (begin, _, _) in pairwise(pieces):
        assert until == begin


def test_no_time_at_all_delivers_nothing() -> None:
    now = datetime(2026, 11, 9, 12, tzinfo=UTC)
    assert list(Traffic().delivered(now, now)) == []


def test_a_call_is_over_within_the_day_after_it_began(week: pl.DataFrame) -> None:
    assert week["duration_s"].max() <= LONGEST_S
    assert (week["end_time"] - week["call_time"]).max() < timedelta(hours=24)


def test_call_ids_are_unique(week: pl.DataFrame) -> None:
    assert week["call_id"].is_unique().all()
    assert week["call_id"].str.contains("^[0-9a-f]{32}$").all()


def test_times_follow_one_another(week: pl.DataFrame) -> None:
    setup = pl.col("pdd_ms").fill_null(0).cast(pl.Int64) * 1_000 + pl.col("ring_s").cast(pl.Int64) * 1_000_000
    talk = pl.col("duration_s").cast(pl.Int64) * 1_000_000
    answer = pl.col("call_time") + pl.duration(microseconds=setup)
    expected = week.select(
        answer_time=pl.when("connected").then(answer),
        end_time=answer + pl.duration(microseconds=talk),
    )
    assert_frame_equal(week.select("answer_time", "end_time"), expected)


def test_unanswered_calls_have_no_talk_no_digits_and_no_price(week: pl.DataFrame) -> None:
    failed = week.filter(~pl.col("connected"))
    for column in ("duration_s", "billed_duration_s", "charge"):
        assert failed[column].unique().to_list() == [0]
    assert failed["answer_time"].is_null().all()
    assert failed["recording"].is_null().all()
    assert failed["dtmf"].unique().to_list() == [""]


def test_codes_and_reasons_fit_each_other(week: pl.DataFrame) -> None:
    known = {(each.sip_code, each.sip_reason, each.release_reason) for each in ENDINGS.values()}
    failed = week.filter(~pl.col("connected")).select("sip_code", "sip_reason", "release_reason").unique()
    assert set(failed.iter_rows()) == known
    answered = week.filter("connected").select("sip_code", "sip_reason", "release_reason").unique()
    assert answered.rows() == [(200, "OK", "Normal Clearing")]


def test_charges_are_exact_to_the_last_digit(week: pl.DataFrame) -> None:
    columns = ("rate", "connect_cost", "billed_duration_s", "charge")
    for rate, connect_cost, billed_s, charge in week.filter("connected").select(columns).unique().iter_rows():
        exact = connect_cost + rate * billed_s / 60
        assert charge == exact.quantize(Decimal("0.000001"), ROUND_HALF_UP)


def test_billed_time_follows_the_increments(week: pl.DataFrame) -> None:
    steps = {each.id: (each.tariff.first_s, each.tariff.step_s) for each in CUSTOMERS}
    columns = ("customer", "destination_name", "duration_s", "billed_duration_s")
    for customer, place, duration, billed in week.filter("connected").select(columns).unique().iter_rows():
        first, step = (60, 60) if place.startswith("Mexico") else steps[customer]
        assert billed >= duration
        if duration == 0:
            assert billed == 0
        else:
            assert billed >= first
            assert billed == first or ((billed - first) % step == 0 and billed - step < duration)


def test_destinations_begin_with_their_dial_code(week: pl.DataFrame) -> None:
    outbound = week.filter(pl.col("direction") == "outbound")
    assert outbound.select(pl.col("destination").str.starts_with(pl.col("destination_code")).all()).item()
    inbound = week.filter(pl.col("direction") == "inbound")
    assert inbound["destination"].n_unique() < 10
    assert inbound["source"].n_unique() > 1_000


def test_answers_talk_and_digits_are_what_each_customer_is_described_with() -> None:
    month = pl.concat(generate(MONDAY, 28))
    answered = pl.col("connected")
    asr = by_customer(month, answered.mean() * 100)
    acd = by_customer(month, pl.col("duration_s").cast(pl.Float64).filter(answered).mean())
    digits = by_customer(month, (pl.col("dtmf").filter(answered) != "").mean() * 100)
    for customer in CUSTOMERS:
        assert asr[customer.id] == pytest.approx(customer.asr_pct, abs=3)
        assert acd[customer.id] == pytest.approx(customer.acd_s, rel=0.12)
        assert digits[customer.id] == pytest.approx(customer.dtmf_pct, abs=3)


def test_traffic_follows_the_customers_own_clock(week: pl.DataFrame) -> None:
    for name, zone, busy in (("hartmann", "Europe/Berlin", (8, 18)), ("sakura", "Asia/Tokyo", (8, 18))):
        hour = week.filter(pl.col("customer") == name)["call_time"].dt.convert_time_zone(zone).dt.hour()
        assert hour.is_between(busy[0] - 1, busy[1]).mean() > 0.95
    local = week.filter(pl.col("customer") == "hartmann")["call_time"].dt.convert_time_zone("Europe/Berlin")
    assert (local.dt.weekday() >= 6).mean() < 0.05
    lunch, morning = (local.dt.hour() == 12).sum(), (local.dt.hour() == 10).sum()
    assert lunch < 0.8 * morning


def test_a_diallers_calls_come_in_bursts(week: pl.DataFrame) -> None:
    second = week.filter(pl.col("customer") == "brightline")["call_time"].dt.second()
    assert (second % 20 < 2).all()


def test_the_outage_shows_in_the_answers_of_outbound_customers_only() -> None:
    outage = outage_on(MONDAY)
    calls = next(generate(MONDAY, 1, outages=[outage]))
    without = next(generate(MONDAY, 1))
    during = pl.col("call_time").is_between(outage.start, outage.end, closed="left")
    assert_frame_equal(calls.filter(~during), without.filter(~during))
    outbound = calls.filter(during & (pl.col("direction") == "outbound"))
    assert outbound["connected"].mean() < 0.2
    assert (outbound["sip_code"] == 503).mean() > 0.6
    inbound = pl.col("direction") == "inbound"
    assert_frame_equal(calls.filter(during & inbound), without.filter(during & inbound))


def test_volume_is_what_was_asked_for() -> None:
    people = crowd(40, 20_000)
    assert len({customer.id for customer in people}) == 40
    assert people[0].attempts_per_day == pytest.approx(10 * people[9].attempts_per_day)
    made = sum(day.height for day in generate(MONDAY, 7, customers=people))
    assert made == pytest.approx(7 * expected_per_day(people), rel=0.1)
    halved = sum(day.height for day in generate(MONDAY, 7, customers=people, scale=0.5))
    assert halved == pytest.approx(made / 2, rel=0.05)


def test_nobody_calls_without_traffic() -> None:
    empty = next(generate(MONDAY, 1, scale=0.0))
    assert empty.height == 0
    assert dict(empty.schema) == SCHEMA
