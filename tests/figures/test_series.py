"""Series: golden ones for each clock change, and live channels against call-by-call counting."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_lake import plant

from cxreports.clock import from_microseconds
from cxreports.errors import BadTime, NoSuchCustomer, NoSuchMetric
from cxreports.figures.series import series
from cxreports.metrics import METRICS

Make = Callable[..., Any]

MICROSECOND = timedelta(microseconds=1)
SPRING = datetime(2026, 3, 29, tzinfo=UTC)
AUTUMN = datetime(2026, 10, 25, tzinfo=UTC)


def values(frame: pl.DataFrame, column: str = "value") -> list[Any]:
    return frame[column].to_list()


def test_the_day_that_clocks_go_forward_has_23_hours(made: Make) -> None:
    lake = made([{"call_time": SPRING + timedelta(minutes=m)} for m in (30, 90)])
    hours = series(
        lake,
        "acme",
        "attempts",
        start="2026-03-29T00:00+01:00",
        end="2026-03-30T00:00+02:00",
        tz="Europe/Madrid",
    )
    assert hours.height == 23
    assert [f"{t:%H:%M%z}" for t in values(hours, "start")[:4]] == [
        "00:00+0100",
        "01:00+0100",
        "03:00+0200",
        "04:00+0200",
    ]
    assert values(hours)[:4] == [0, 1, 1, 0]


def test_the_repeated_hour_is_two_buckets(made: Make) -> None:
    lake = made([{"call_time": AUTUMN + timedelta(minutes=m)} for m in (30, 45, 90)])
    hours = series(
        lake,
        "acme",
        "attempts",
        start="2026-10-25T00:00+02:00",
        end="2026-10-26T00:00+01:00",
        tz="Europe/Madrid",
    )
    assert hours.height == 25
    assert [(f"{t:%H:%M%z}", n) for t, n in hours.rows() if n] == [("02:00+0200", 2), ("02:00+0100", 1)]


@pytest.mark.parametrize(
    ("zone", "start", "end", "hours"),
    [
        ("Europe/Madrid", "2026-03-28T00:00+01:00", "2026-03-31T00:00+02:00", [24, 23, 24]),
        ("Europe/Madrid", "2026-10-24T00:00+02:00", "2026-10-27T00:00+01:00", [24, 25, 24]),
        ("Australia/Lord_Howe", "2026-04-04T00:00+11:00", "2026-04-06T00:00+10:30", [24, 24.5]),
        ("Pacific/Apia", "2011-12-29T00:00-10:00", "2012-01-01T00:00+14:00", [24, 24]),
        ("Asia/Kolkata", "2024-02-28T00:00+05:30", "2024-03-02T00:00+05:30", [24, 24, 24]),
    ],
)
def test_days_are_as_long_as_in_their_zone(
    made: Make, zone: str, start: str, end: str, hours: list[float]
) -> None:
    first = datetime.fromisoformat(start).astimezone(UTC)
    every_half_hour = [
        {"call_time": first + timedelta(minutes=30 * n)} for n in range(-2, int(2 * sum(hours)) + 2)
    ]
    days = series(made(every_half_hour), "acme", "attempts", every="1d", start=start, end=end, tz=zone)
    assert values(days) == [2 * n for n in hours]
    assert {(t.hour, t.minute) for t in values(days, "start")} == {(0, 0)}


def test_months_of_a_half_hour_zone_start_at_its_midnight(made: Make) -> None:
    lake = made([{"call_time": "2024-02-29T18:29:59.999999"}, {"call_time": "2024-02-29T18:30"}])
    months = series(
        lake, "acme", "attempts", every="1mo", start="2024-02-10", end="2024-03-10", tz="Asia/Kolkata"
    )
    assert [(str(t.date()), n) for t, n in months.rows()] == [("2024-02-01", 1), ("2024-03-01", 1)]


def test_the_default_is_the_day_up_to_the_last_call(made: Make) -> None:
    lake = made([{"call_time": "2026-05-01T09:00"}, {"call_time": "2026-05-03T12:00"}])
    hours = series(lake, "acme", "attempts")
    assert hours.height == 24
    assert hours.rows()[-1] == (datetime(2026, 5, 3, 12, tzinfo=ZoneInfo("UTC")), 1)
    assert sum(values(hours)) == 1


def test_calls_outside_the_period_do_not_count_in_a_bucket_that_it_cuts(made: Make) -> None:
    lake = made([{"call_time": f"2026-05-01T10:{m}"} for m in ("09:59.999999", "10", "39:59.999999", "40")])
    assert values(series(lake, "acme", "attempts", start="2026-05-01T10:10", end="2026-05-01T10:40")) == [2]


def test_ragged_ends_come_from_calls_and_whole_hours_from_sums(made_store: Make) -> None:
    store = made_store([{"call_time": f"2026-05-01T{h}:{m}"} for h in range(10, 15) for m in ("05", "35")])
    # Each hour has one call of either of the two loads, so a row of its own for each.
    plant(store, "hourly", "(SELECT * REPLACE (attempts + 100 AS attempts) FROM {rows})")
    lake = store.snapshot()
    hours = series(lake, "acme", "attempts", start="2026-05-01T10:30", end="2026-05-01T13:30")
    assert values(hours) == [1, 202, 202, 1]


def test_ratios_without_calls_are_null_and_counts_are_zero(made: Make) -> None:
    lake = made([{"call_time": "2026-05-01T10:00", "pdd_ms": 5, "dtmf": "1", "charge": 1, "currency": "EUR"}])
    quiet = {"start": "2026-05-02", "end": "2026-05-02T01:00"}
    found = {name: series(lake, "acme", name, **quiet).drop("start").row(0) for name in METRICS}
    assert found == {
        "channels": (0, 0, 0.0),
        "asr": (None,),
        "acd": (None, 0),
        "ner": (None,),
        "pdd": (None, None, None, 0),
        "dtmf_calls": (0, 0),
        "dtmf": (None, 0, 0),
        "cps": (0, 0, 0.0),
        "attempts": (0,),
        "connected": (0,),
        "duration": (0, 0),
        "billed_duration": (0, 0),
        "charge": (Decimal(0), "EUR", 0),
    }


@pytest.mark.parametrize("name", METRICS)
def test_an_empty_period_and_an_empty_lake_have_no_buckets(made: Make, name: str) -> None:
    lake = made([{"call_time": "2026-05-01T10:00"}])
    moment = series(lake, "acme", name, start="2026-05-02", end="2026-05-02")
    assert moment.is_empty()
    day = series(lake, "acme", name, start="2026-05-02", end="2026-05-03")
    assert moment.schema == day.schema
    assert series(made([]), "all", name).is_empty()


def test_cps_counts_the_fullest_second_and_the_mean_over_the_cut_bucket(made: Make) -> None:
    lake = made(
        [{"call_time": f"2026-05-01T10:00:{s}"} for s in ("00.1", "00.9", "01.0", "29")]
        + [{"call_time": "2026-05-01T10:01:00", "customer": "other"}]
    )
    cps = series(lake, "acme", "cps", every="1m", start="2026-05-01T10:00", end="2026-05-01T10:01:30")
    assert cps.drop("start").rows() == [(2, 2, 4 / 60), (0, 0, 0.0)]
    assert (
        series(lake, "all", "cps", every="1m", start="2026-05-01T10:01", end="2026-05-01T10:01:30").row(0)[3]
        == 1 / 30
    )


def test_pdd_has_percentiles_beside_the_mean(made: Make) -> None:
    lake = made([{"call_time": "2026-05-01T10:00", "pdd_ms": n} for n in (*range(100), None)])
    assert series(lake, "acme", "pdd").drop("start", "unknown").row(-1) == pytest.approx((49.5, 49.5, 94.05))
    months = series(lake, "acme", "pdd", every="1mo", start="2026-03-01", end="2026-06-01")
    assert months.drop("start", "unknown").rows() == [
        (None,) * 3,
        (None,) * 3,
        pytest.approx((49.5, 49.5, 94.05)),
    ]


def test_dtmf_counts_where_the_source_says(made: Make) -> None:
    lake = made(
        [
            {"call_time": f"2026-05-01T{h}:00", "dtmf": d}
            for h, d in ((10, "1"), (10, ""), (11, "1"), (11, None))
        ]
    )
    dtmf = series(lake, "acme", "dtmf", start="2026-05-01T10:00", end="2026-05-01T12:00")
    # Of the later two calls one is known, and has a digit: a share divides by what is known.
    assert dtmf.drop("start").rows() == [(50.0, 1, 0), (100.0, 1, 1)]


def test_a_charge_of_several_currencies_is_not_added(made: Make) -> None:
    priced = [("10:00", "EUR"), ("10:30", "USD"), ("11:00", "USD")]
    lake = made([{"call_time": f"2026-05-01T{t}", "charge": "0.1", "currency": c} for t, c in priced])
    found = series(lake, "acme", "charge", start="2026-05-01T10:00", end="2026-05-01T12:00")
    assert [(c and str(c), currency) for _, c, currency, _ in found.rows()] == [
        (None, "mixed"),
        ("0.1000000000", "USD"),
    ]


def test_what_is_not_known_is_named(made: Make) -> None:
    lake = made([{"call_time": "2026-05-01T10:00"}])
    with pytest.raises(NoSuchMetric, match="'mos'; there are: channels, asr"):
        series(lake, "acme", "mos")
    with pytest.raises(NoSuchCustomer, match="did you mean acme"):
        series(lake, "acmee", "asr")
    with pytest.raises(BadTime, match="Europe/Madrid"):
        series(lake, "acme", "asr", tz="Madrid")
    with pytest.raises(BadTime, match="do not divide a day"):
        series(lake, "acme", "asr", every="7h")
    with pytest.raises(BadTime, match="swap them"):
        series(lake, "acme", "asr", start="2026-05-02", end="2026-05-01")


# Live channels. The oracle counts, at every instant at which the count can change, the calls
# that are in progress, and adds up the overlap of each call with the bucket.


def oracle(calls: list[tuple[datetime, datetime]], start: datetime, end: datetime) -> tuple[int, float]:
    knots = {start, *(t for a, b in calls for t in (a, b) if start <= t < end)}
    peak = max(sum(a <= knot < b for a, b in calls) for knot in knots)
    area = sum(max((min(b, end) - max(a, start)) // MICROSECOND, 0) for a, b in calls)
    return peak, area / ((end - start) // MICROSECOND)


DAY = datetime(2026, 1, 31, 12, tzinfo=UTC)
LENGTHS = st.one_of(
    st.just(0),
    st.integers(0, 200_000_000),
    st.integers(0, 3 * 86_400_000_000),
    st.sampled_from([60_000_000, 1]),
)
STARTS = st.one_of(
    st.integers(-3 * 86_400_000_000, 86_400_000_000), st.integers(-60, 60 * 24).map(lambda m: m * 60_000_000)
)
CALLS = st.lists(st.tuples(STARTS, LENGTHS, st.sampled_from(["acme", "other"])), min_size=1, max_size=12)
WINDOWS = st.tuples(
    st.sampled_from(["30s", "1m", "15m", "1h", "6h", "1d"]),
    st.sampled_from([0, 60, 90, 1]),
    st.integers(1, 40),
    st.sampled_from(["UTC", "Asia/Kolkata", "Europe/Madrid"]),
    st.sampled_from(["acme", "other", "all"]),
)


@settings(max_examples=10, deadline=None)
@given(CALLS, st.lists(WINDOWS, min_size=4, max_size=8))
def test_channels_equal_counting_call_by_call(
    made: Make, found: list[tuple[int, int, str]], windows: list[tuple[str, int, int, str, str]]
) -> None:
    calls = [(DAY + a * MICROSECOND, DAY + (a + n) * MICROSECOND, who) for a, n, who in found]
    calls += [(DAY, DAY + MICROSECOND, "acme"), (DAY, DAY + MICROSECOND, "other")]
    lake = made([{"call_time": a, "end_time": b, "customer": who} for a, b, who in calls])
    width = {"30s": 30, "1m": 60, "15m": 900, "1h": 3600, "6h": 21600, "1d": 86400}
    for every, offset_s, buckets, tz, customer in windows:
        own = [(a, b) for a, b, who in calls if customer in {who, "all"}]
        start = DAY + timedelta(seconds=offset_s)
        end = start + timedelta(seconds=width[every] * buckets - 7 * (offset_s == 90))
        frame = series(lake, customer, "channels", every=every, start=start, end=end, tz=tz)
        edges = [*values(frame, "start"), frame["start"][-1] + timedelta(days=1)]
        expected = [oracle(own, max(a, start), min(b, end)) for a, b in pairwise(edges)]
        assert list(zip(values(frame), values(frame, "mean"), strict=True)) == expected
    assert values(frame, "max") == values(frame)


def test_a_call_that_began_days_before_is_carried_in(made: Make) -> None:
    lake = made(
        [{"call_time": "2026-01-29T23:00", "end_time": "2026-02-02T01:00"}, {"call_time": "2026-02-03"}]
    )
    for start in ("2026-01-31T23:00", "2026-01-31T23:00:30"):
        hours = series(lake, "acme", "channels", start=start, end="2026-02-02T03:00")
        assert values(hours) == [1] * 26 + [0] * 2
        assert values(hours, "mean") == [1.0] * 26 + [0.0] * 2


def test_the_peak_of_all_is_not_the_sum_of_peaks(made: Make) -> None:
    lake = made(
        [
            {"call_time": "2026-05-01T10:01", "end_time": "2026-05-01T10:02", "customer": "acme"},
            {"call_time": "2026-05-01T10:02", "end_time": "2026-05-01T10:03", "customer": "other"},
        ]
    )
    hour = {"start": "2026-05-01T10:00", "end": "2026-05-01T11:00"}
    assert values(series(lake, "all", "channels", **hour)) == [1]
    assert values(series(lake, "all", "channels", **hour), "mean") == [2 / 60]


def test_stored_minutes_are_used_when_the_edges_are_on_minutes(made_store: Make) -> None:
    store = made_store([{"call_time": "2026-05-01T10:01", "end_time": "2026-05-01T10:02"}])
    seven = "CASE WHEN channels = 1 OR peak = 1 THEN 7 ELSE peak END AS peak"
    plant(store, "channels", f"(SELECT * REPLACE ({seven}) FROM {{rows}})")
    lake = store.snapshot()
    assert max(values(series(lake, "acme", "channels", every="1m"))) == 7
    assert max(values(series(lake, "acme", "channels", every="30s"))) == 1


def test_a_year_of_days_needs_no_loop(made: Make) -> None:
    lake = made([{"call_time": "2026-05-01T10:01", "end_time": "2026-05-01T10:02"}])
    days = series(
        lake, "acme", "channels", every="1d", start="2025-07-01", end="2026-07-01", tz="Europe/Madrid"
    )
    assert days.filter(pl.col("value") > 0)["mean"].to_list() == [60 / 86_400]
    assert days["start"][0] == from_microseconds(1751320800000000)


@pytest.mark.parametrize(
    ("metric", "value", "unknown"),
    [
        ("duration", 60, 1),
        ("billed_duration", 120, 0),
        ("acd", 60, 1),
        ("charge", Decimal("0.5"), 1),
        ("dtmf", 100, 1),
        ("pdd", 800, 2),
    ],
)
def test_a_series_says_of_how_many_calls_a_part_is_not_known(
    made: Make, metric: str, value: object, unknown: int
) -> None:
    """Of two answered calls one says next to nothing; one that was not answered has no delay either."""
    common = {"call_time": "2026-05-01T10:00", "billed_duration_s": 60, "currency": "EUR"}
    calls = [
        {"duration_s": 60, "charge": "0.5", "dtmf": "1", "pdd_ms": 800},
        {"duration_s": None, "charge": None, "dtmf": None, "pdd_ms": None},
        {"connected": False, "duration_s": 0, "charge": None, "pdd_ms": None, "billed_duration_s": None},
    ]
    span = {"start": "2026-05-01T09:00", "end": "2026-05-01T11:00"}
    found = series(made([common | call for call in calls]), "acme", metric, **span)
    assert found["unknown"].to_list() == [0, unknown]
    assert found["value"].to_list()[1] == value
