"""Definitions: each metric on hand-counted calls, and ratios against exact fractions."""

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxreports.errors import NoSuchMetric
from cxreports.metrics import METRICS, SUMS, added_sums_sql, metric_named, sums_sql

Make = Callable[..., Any]

NOTHING = {each.name: 0 for each in SUMS} | {"charge": None}


def figures(**sums: Any) -> dict[str, Any]:
    frame = pl.DataFrame({name: [value] for name, value in (NOTHING | sums).items()})
    return {name: frame.select(m.expr).item() for name, m in METRICS.items() if m.expr is not None}


def sums_of(made: Make, calls: list[dict[str, Any]], **settings: Any) -> dict[str, Any]:
    lake = made([{"call_time": "2026-05-01T10:00", **call} for call in calls])
    return lake.query(f"SELECT {sums_sql(**settings)} FROM cdr").row(0, named=True)


def test_sums_count_each_ending_once(made: Make) -> None:
    calls = [
        {"connected": True, "sip_code": 200, "dtmf": "12#", "duration_s": 60},
        {"connected": True, "sip_code": 200, "dtmf": "", "duration_s": 0},
        {"connected": True, "sip_code": 487, "dtmf": None, "duration_s": None},
        {"connected": False, "sip_code": 487, "dtmf": "1"},
        {"connected": False, "sip_code": 603},
        {"connected": False, "sip_code": 503, "pdd_ms": "1.5"},
        {"connected": False, "sip_code": None, "pdd_ms": 0},
    ]
    found = sums_of(made, calls)
    assert found | {"duration_s": 60, "pdd_ms_sum": 1.5} == NOTHING | {
        "attempts": 7,
        "connected": 3,
        "duration_s": 60,
        "duration_unknown": 1,
        "billed_unknown": 3,
        "unpriced": 3,
        "pdd_ms_sum": 1.5,
        "pdd_count": 2,
        "dtmf_calls": 1,
        "dtmf_unknown": 1,
        "user_side": 2,
        "ending_unknown": 1,
        "sip_2xx": 2,
        "sip_4xx": 2,
        "sip_5xx": 1,
        "sip_6xx": 1,
    }


def test_the_code_set_of_user_side_endings_is_a_setting(made: Make) -> None:
    calls = [{"connected": False, "sip_code": code} for code in (486, 404, 404)]
    assert sums_of(made, calls)["user_side"] == 1
    assert sums_of(made, calls, user_side_codes=(404,))["user_side"] == 2
    assert sums_of(made, calls, user_side_codes=())["user_side"] == 0


def test_talk_time_of_an_unanswered_call_is_no_duration(made: Make) -> None:
    found = sums_of(made, [{"connected": False, "duration_s": 9, "billed_duration_s": 9}])
    assert (found["duration_s"], found["billed_duration_s"], found["duration_unknown"]) == (0, 0, 0)


def test_sums_add_up_to_themselves(made: Make) -> None:
    lake = made(
        [{"call_time": f"2026-05-01T1{n}:00", "charge": "0.1", "duration_s": "1.5"} for n in range(9)]
    )
    whole = lake.query(f"SELECT {sums_sql()} FROM cdr")
    assert lake.query(f"SELECT {added_sums_sql()} FROM hourly").equals(whole)
    assert lake.query(f"SELECT {added_sums_sql()} FROM hourly").schema == whole.schema


def test_money_is_added_to_the_last_digit(made: Make) -> None:
    prices = [Decimal("0.0000000001"), Decimal("123456789.0123456789"), Decimal("-0.1")] * 7
    assert sums_of(made, [{"charge": each} for each in prices])["charge"] == sum(prices)


def test_ratios_of_no_calls_are_null() -> None:
    assert {name: value for name, value in figures().items() if value != 0} == dict.fromkeys(
        ["asr", "acd", "ner", "pdd", "dtmf", "charge"]
    )


def test_all_failed_is_zero_per_cent_and_has_no_talk_time() -> None:
    found = figures(attempts=5)
    assert (found["asr"], found["ner"], found["acd"], found["dtmf"]) == (0.0, 0.0, None, None)


def test_what_some_calls_do_not_say_is_left_out_and_what_none_says_is_null() -> None:
    known = {"attempts": 10, "connected": 4, "user_side": 3, "dtmf_calls": 1, "duration_s": Decimal(100)}
    assert figures(**known)["ner"] == 70.0
    assert figures(**known)["dtmf"] == 25.0
    assert figures(**known)["acd"] == 25.0
    assert figures(**known, ending_unknown=1)["ner"] is None
    assert figures(**known, dtmf_unknown=2)["dtmf"] == 50.0
    assert figures(**known, dtmf_unknown=2)["dtmf_calls"] == 1
    assert figures(**known, duration_unknown=2)["acd"] == 50.0
    assert figures(**known, duration_unknown=2)["duration"] == 100
    assert figures(**known, billed_unknown=2)["billed_duration"] == 0
    nothing = figures(**known, dtmf_unknown=4, duration_unknown=4, billed_unknown=4)
    for name in ("dtmf", "dtmf_calls", "acd", "duration", "billed_duration"):
        assert nothing[name] is None
    assert figures(**known, ending_unknown=1, dtmf_unknown=1)["asr"] == 40.0


COUNTS = st.one_of(st.integers(1, 1000), st.integers(1, 10**12))


@given(COUNTS, st.fractions(0, 1), st.integers(0, 10**22))
def test_ratios_are_correctly_rounded(attempts: int, share: Fraction, talk_us: int) -> None:
    connected = int(attempts * share)
    found = figures(
        attempts=attempts,
        connected=connected,
        duration_s=Decimal(talk_us).scaleb(-6).quantize(Decimal("1E-6")),
    )
    assert found["asr"] == float(Fraction(100 * connected, attempts))
    assert found["acd"] == (float(Fraction(talk_us, 10**6 * connected)) if connected else None)


@given(st.integers(1, 10**9), st.integers(0, 10**15))
def test_pdd_is_correctly_rounded(count: int, thousandths: int) -> None:
    found = figures(pdd_count=count, pdd_ms_sum=Decimal(thousandths).scaleb(-3))
    assert found["pdd"] == float(Fraction(thousandths, 1000 * count))


def test_every_metric_says_what_it_is() -> None:
    for name, metric in METRICS.items():
        assert metric.name == name
        assert metric.label
        assert metric.unit
        assert metric.meaning
        assert metric.weight is None or metric.weight in NOTHING


def test_metrics_are_found_by_name() -> None:
    assert metric_named(" ASR ") is METRICS["asr"]
    with pytest.raises(NoSuchMetric, match="'asd'; there are: channels, asr, acd"):
        metric_named("asd")


@given(
    connected=st.integers(1, 10**9),
    missed=st.integers(0, 10**9),
    part=st.integers(0, 10**9),
    seconds=st.decimals(0, 10**9, places=6),
)
def test_a_ratio_is_what_its_weight_divides_by_its_weight(
    connected: int, missed: int, part: int, seconds: Decimal
) -> None:
    sums = {
        "attempts": connected + missed,
        "connected": connected,
        "user_side": min(part, missed),
        "dtmf_calls": min(part, connected),
        "duration_s": seconds,
        "pdd_ms_sum": seconds.quantize(Decimal("0.001")),
        "pdd_count": connected,
    }
    ratios = [metric for metric in METRICS.values() if metric.weight]
    assert [metric.name for metric in ratios] == ["asr", "acd", "ner", "pdd", "dtmf"]
    shown = figures(**sums)
    frame = pl.DataFrame({name: [value] for name, value in (NOTHING | sums).items()})
    for metric in ratios:
        assert metric.below is not None
        whole = Fraction(frame.select(metric.above).item()) / frame.select(metric.below).item()
        assert frame.select(metric.below).item() == sums[metric.weight]
        assert shown[metric.name] == pytest.approx(float(whole), rel=1e-15, abs=0)
