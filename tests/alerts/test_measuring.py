"""Figures of rules on crafted calls: worked out by hand, and the same as the summary's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from cxreports.alerts.accounts_at import AccountAt
from cxreports.alerts.measuring import Ask, Surroundings, measured, moments_between, settled, week_before
from cxreports.alerts.rule import Reading, Rule
from cxreports.clock import Period, from_microseconds, microseconds, zone
from cxreports.desk.answers import Holder, Ledger
from cxreports.figures.narrowing import Narrowing, narrowed
from cxreports.figures.series import measures
from cxreports.figures.summary import totals
from cxreports.portal.alerts.watched import WATCHED

if TYPE_CHECKING:
    from collections.abc import Callable

    from cxreports.lake import Snapshot

DAY = "2026-06-01T"
BASE = Rule("asr", Decimal(35), Decimal(40), sample=timedelta(minutes=10))


def at(clock: str) -> datetime:
    return datetime.fromisoformat(f"{DAY}{clock}").replace(tzinfo=UTC)


def call(clock: str, seconds: int | None = 60, code: int | None = None, **more: Any) -> dict[str, Any]:
    is_failed = code is not None and code >= 300
    values = {"sip_code": code or 200, "connected": not is_failed, "dtmf": "", "currency": "USD"}
    return {"call_time": f"{DAY}{clock}", "duration_s": 0 if is_failed else seconds} | values | more


def read(
    snapshot: Snapshot, rule: Rule, *clocks: str, customer: str = "acme", **around: Any
) -> list[Reading]:
    moments = np.array([microseconds(at(clock)) for clock in clocks], np.int64)
    (found,) = measured(Surroundings(snapshot, **around), [Ask(rule, customer, moments)])
    return found


def test_the_asr_of_the_minutes_before_each_moment(made: Callable[..., Snapshot]) -> None:
    lake = made([call("12:00"), call("12:04:59", code=503), call("12:09", code=486), call("12:10")])
    found = read(lake, BASE, "12:00", "12:05", "12:10", "12:11", "12:20", "12:25")
    # The moment itself is no part of the minutes before it; a window without calls has no ASR.
    assert found == [
        Reading(None, 0), Reading(50.0, 2), Reading(100 / 3, 3), Reading(100 / 3, 3), Reading(100.0, 1),
        Reading(None, 0),
    ]  # fmt: skip


def test_only_calls_of_the_destination_code_and_direction_count(made: Callable[..., Snapshot]) -> None:
    lake = made(
        [
            call("12:00", code=503, destination_name="UK", direction="outbound"),
            call("12:01", destination_name="UK", direction="outbound"),
            call("12:02", destination_name="UK", direction="inbound"),
            call("12:03", destination_name="India", direction="outbound"),
        ]
    )
    only = Narrowing(destination="UK", direction="outbound")
    assert read(lake, Rule("asr", Decimal(1), Decimal(1), only=only), "12:10") == [Reading(50.0, 2)]
    failures = Rule("attempts", Decimal(1), Decimal(1), only=Narrowing(sip="5xx"))
    assert read(lake, failures, "12:10") == [Reading(1, 1)]


def test_other_customers_calls_do_not_count_but_for_all_together(made: Callable[..., Snapshot]) -> None:
    lake = made([call("12:00"), call("12:01", code=503, customer="other"), call("12:02", customer="other")])
    assert read(lake, BASE, "12:05") == [Reading(100.0, 1)]
    assert read(lake, BASE, "12:05", customer="all") == [Reading(200 / 3, 3)]
    assert read(lake, BASE, "12:05", customer="nobody") == [Reading(None, 0)]


def test_live_channels_are_the_most_at_once_in_the_period(made: Callable[..., Snapshot]) -> None:
    lake = made([call("12:00", 300), call("12:01", 60), call("12:01:30", 60)])
    rule = Rule("channels", Decimal(1), Decimal(1), is_below=False, sample=timedelta(minutes=2))
    found = read(lake, rule, "12:01", "12:02", "12:03", "12:04", "12:05", "12:08")
    assert [each.value for each in found] == [1, 3, 3, 2, 1, 0]
    limit = {"acme": AccountAt(Ledger(Holder("acme", channel_limit=4), Decimal(0)))}
    used = Rule("channels_pct", Decimal(1), Decimal(1), is_below=False, sample=timedelta(minutes=2))
    assert read(lake, used, "12:03", accounts=limit) == [Reading(75.0)]
    assert read(lake, used, "12:03") == [Reading(None)]


def test_the_change_on_the_same_time_a_week_before(made: Callable[..., Snapshot]) -> None:
    before = [call("12:01") | {"call_time": f"2026-05-25T12:0{number}"} for number in range(4)]
    lake = made([*before, call("12:01"), call("12:02"), call("12:03")])
    rule = Rule("attempts", Decimal(-20), Decimal(-20), is_change=True, sample=timedelta(minutes=10))
    assert read(lake, rule, "12:10", "12:20") == [Reading(-25.0, 4), Reading(None, 0)]


def test_a_week_before_is_by_the_clock_on_the_wall() -> None:
    madrid = zone("Europe/Madrid")
    noon = datetime(2026, 3, 31, 10, tzinfo=UTC)  # 12:00 of summer; a week before 12:00 was 11:00 UTC
    (earlier,) = week_before(np.array([microseconds(noon)], np.int64), madrid)
    assert from_microseconds(earlier) == datetime(2026, 3, 24, 11, tzinfo=UTC)


def test_charges_of_several_currencies_are_no_figure(made: Callable[..., Snapshot]) -> None:
    lake = made(
        [
            call("12:00", charge=Decimal("0.0123456789")),
            call("12:01", charge=Decimal("0.1")),
            call("12:30", charge=Decimal(1), currency="EUR"),
        ]
    )
    rule = Rule("charge", Decimal(1), Decimal(1), sample=timedelta(minutes=10))
    assert [each.value for each in read(lake, rule, "12:05", "12:35", "13:00")] == [
        Decimal("0.1123456789"), Decimal(1), Decimal(0),
    ]  # fmt: skip
    hour = Rule("charge", Decimal(1), Decimal(1), sample=timedelta(hours=1))
    assert read(lake, hour, "12:40") == [Reading(None, 3)]


def test_balance_at_each_moment_and_how_long_it_lasts(made: Callable[..., Snapshot]) -> None:
    lake = made(
        [
            call("12:00", charge=Decimal(3)),
            call("14:00", charge=Decimal("4.5")),
            call("14:30", charge=Decimal(50), currency="EUR"),
        ]
    )
    entries = [(at("10:00"), Decimal(20)), (at("13:00"), Decimal(5))]
    accounts = {"acme": AccountAt(Ledger(Holder("acme"), Decimal(25)), entries)}
    balance = Rule("balance", Decimal(1), Decimal(1))
    found = read(lake, balance, "12:00", "12:01", "13:01", "14:01", "15:00", accounts=accounts)
    assert [each.value for each in found] == [
        Decimal(20), Decimal(17), Decimal(22), Decimal("17.5"), Decimal("17.5"),
    ]  # fmt: skip
    # 7.50 in seven days: 17.50 lasts 7 · 17.5 / 7.5 days.
    lasts = Rule("balance_days", Decimal(1), Decimal(1))
    (days,) = read(lake, lasts, "15:00", accounts=accounts)
    assert float(days.value or 0) == pytest.approx(7 * 17.5 / 7.5)
    assert read(lake, balance, "15:00", customer="other") == [Reading(None)]


def test_silence_is_of_the_switch_that_has_been_silent_for_longest(made: Callable[..., Snapshot]) -> None:
    hourly = [call(f"{hour:02}:00", 60, switch="a") for hour in range(8, 13)]
    lake = made([*hourly, *(call(f"{hour:02}:00", 60, switch="b") for hour in range(8, 15))])
    rule = Rule("silence", Decimal(60), Decimal(15), is_below=False)
    # Up to 14:01 switch a is silent for 119 minutes, where an hour is usual; b's hour is usual.
    found = read(lake, rule, "12:11", "13:00", "13:02", "14:00", "14:41", customer="all")
    assert [each.value for each in found] == [10, 59, 61, 119, 160]
    assert [each.value for each in read(lake, rule, "14:31")] == [30]


def test_the_weekend_of_a_switch_is_no_silence(made: Callable[..., Snapshot]) -> None:
    monday = datetime(2026, 6, 1, tzinfo=UTC)

    def hours(switch: str, days: list[int], first: int, last: int) -> list[dict[str, Any]]:
        times = [monday + timedelta(days=day, hours=hour) for day in days for hour in range(first, last + 1)]
        return [call("", 60, switch=switch, call_time=f"{time:%Y-%m-%dT%H:%M}") for time in times]

    office = [day for day in range(12) if day % 7 < 5]
    lake = made([*hours("office", office, 8, 17), *hours("always", list(range(15)), 0, 23)])
    rule = Rule("silence", Decimal(60), Decimal(15), is_below=False)

    def minutes(day: int, hour: int) -> Any:
        moment = np.array([microseconds(monday + timedelta(days=day, hours=hour, minutes=31))], np.int64)
        ((found,),) = measured(Surroundings(lake), [Ask(rule, "all", moment)])
        return found.value

    # As long as the weekend before: from Friday 17:01 to Monday 08:01 nobody calls the office.
    assert [minutes(day, 20) for day in (11, 12, 13)] == [30, 30, 30]
    assert minutes(14, 7) == 30
    # On the third Monday the office says nothing: 62 h 30 min on Monday 07:31 and 63 h 30 min an hour later.
    assert minutes(14, 8) == 63 * 60 + 30


def test_refused_files_of_the_period(made: Callable[..., Snapshot]) -> None:
    rule = Rule("refused_files", Decimal(0), Decimal(0), is_below=False, sample=timedelta(hours=1))
    refused = [at("12:00"), at("12:30")]
    found = read(made([]), rule, "12:00", "12:01", "12:31", "13:01", "14:00", refused=refused)
    assert [each.value for each in found] == [0, 1, 2, 1, 0]


def test_the_unfinished_minutes_are_not_judged(made: Callable[..., Snapshot]) -> None:
    lake = made([call("12:00", 150)])
    assert settled(lake, at("18:00")) == at("11:57")  # reach 12:02:30, less five minutes, whole
    assert settled(lake, at("11:30")) == at("11:25")
    assert settled(made([]), at("18:00")) is None


def test_every_metric_is_the_summarys_own(made: Callable[..., Snapshot]) -> None:
    """Against `totals` and `measures` of the same stretch, which are tested against loops over calls."""
    calls = [
        call(
            f"12:{number:02}:{number * 7 % 60:02}",
            60 + number * 13,
            (None, 486, 503)[number % 3],
            pdd_ms=500 + number,
            charge=Decimal(number) / 7,
            billed_duration_s=60 * number,
            dtmf="1" if number % 4 == 0 else "",
        )
        for number in range(40)
    ]
    lake = made(calls)
    edges = np.array([microseconds(at("12:07")), microseconds(at("12:37"))], np.int64)
    for only in (Narrowing(), Narrowing(sip="2xx")):
        part = narrowed(lake, only)
        (row,) = totals(part, "acme", start=at("12:07"), end=at("12:37")).rows(named=True)
        for watched in WATCHED.values():
            rule = Rule(watched.name, Decimal(1), Decimal(1), sample=timedelta(minutes=30), only=only)
            if watched.kind in {"ratio", "count"}:
                expected = row[_column(watched.name)]
            elif watched.name in {"channels", "cps"}:
                period = Period(at("12:07"), at("12:37"))
                expected = measures(part, "acme", watched.name, edges, period)["max"].item()
            else:
                continue
            assert read(lake, rule, "12:37")[0].value == expected, watched.name


def _column(name: str) -> str:
    from cxreports.metrics import METRICS

    return METRICS[name].column


def test_many_rules_of_the_same_calls_are_one_read(
    made: Callable[..., Snapshot], monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = made([call("12:00"), call("12:01", customer="other")])
    asked: list[str] = []
    query = type(lake).query
    monkeypatch.setattr(type(lake), "query", lambda self, sql: asked.append(sql) or query(self, sql))
    moments = moments_between(at("12:05"), at("12:05"))
    rules = [Rule(name, Decimal(1), Decimal(1)) for name in ("asr", "acd", "attempts", "charge", "ner")]
    asks = [Ask(rule, customer, moments) for rule in rules for customer in ("acme", "other", "all")]
    measured(Surroundings(lake), asks)
    assert len(asked) == 1
