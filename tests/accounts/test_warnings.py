"""What an operator is warned of, with which figures, and from which mark on."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from cxreports.accounts.balances import Balance
from cxreports.accounts.low_balance import Level, LowBalance
from cxreports.accounts.warnings import (
    AsrFall,
    ChannelsNearLimit,
    ForeignCharges,
    NoCalls,
    NoCompany,
    warnings,
)
from cxreports.desk.answers import Holder
from cxreports.sheets.customers import NO_CALLS

NOW = datetime(2026, 5, 2, 12, tzinfo=UTC)
DAY = timedelta(hours=24)


def balance(left: str = "100", limit: int | None = 10, low: str | None = None, **foreign: Decimal) -> Balance:
    company = Holder(
        id="acme",
        currency="USD",
        channel_limit=limit,
        debit_limit=Decimal(50),
        low_balance=None if low is None else Decimal(low),
    )
    return Balance(company, Decimal(left), Decimal(0), foreign)


def figures(**given: Any) -> dict[str, Any]:
    usual = {"last_call": NOW, "channels": 0, "attempts": 50, "before_attempts": 50}
    return {**NO_CALLS, **usual, "asr_pct": 50.0, "before_asr_pct": 50.0, **given}


def test_nothing_out_of_the_ordinary_is_no_warning() -> None:
    assert warnings(figures(), balance(), NOW) == []


@pytest.mark.parametrize(
    ("asr", "before", "attempts", "points"),
    [(40.0, 50.0, 50, 10.0), (40.1, 50.0, 50, None), (60.0, 50.0, 50, None), (0.0, 90.0, 50, 90.0),
     (0.0, 90.0, 49, None)],
)  # fmt: skip
def test_an_asr_that_falls(asr: float, before: float, attempts: int, points: float | None) -> None:
    expected = [] if points is None else [AsrFall(asr, before, threshold_points=10.0)]
    given = figures(asr_pct=asr, before_asr_pct=before, attempts=attempts)
    assert warnings(given, balance(), NOW) == expected
    assert [warning.points for warning in expected] == [points] * len(expected)
    turned = figures(asr_pct=asr, before_asr_pct=before, before_attempts=attempts)
    assert warnings(turned, balance(), NOW) == expected


@pytest.mark.parametrize(
    ("used", "limit", "is_warned"),
    [(7, 10, False), (8, 10, True), (11, 10, True), (8, None, False), (0, 0, False), (1, 0, True)],
)
def test_channels_near_their_limit(used: int, limit: int | None, is_warned: bool) -> None:
    expected = [ChannelsNearLimit(used, limit or 0, threshold_pct=80)] if is_warned else []
    assert warnings(figures(channels=used), balance(limit=limit), NOW) == expected


def test_a_customer_that_has_fallen_silent() -> None:
    silent = figures(last_call=NOW - DAY)
    assert warnings(silent, balance(), NOW) == [NoCalls(NOW - DAY, threshold=DAY)]
    assert warnings(figures(last_call=NOW - timedelta(hours=23, minutes=59)), balance(), NOW) == []
    assert warnings(NO_CALLS, balance(), NOW) == [NoCalls(None, threshold=DAY)]


@pytest.mark.parametrize(
    ("left", "low", "level"),
    [
        ("0.000001", None, None),
        ("0", None, Level.USED_UP),
        ("-50", None, Level.USED_UP),
        ("-50.000001", None, Level.OVER_LIMIT),
        ("20", "20", Level.LOW),
        ("20.000001", "20", None),
    ],
)
def test_a_balance_that_is_low(left: str, low: str | None, level: Level | None) -> None:
    mark = Decimal(low or 0)
    expected = [] if level is None else [LowBalance(level, Decimal(left), "USD", mark, Decimal(50))]
    assert warnings(figures(), balance(left, low=low), NOW) == expected


def test_charges_that_the_balance_leaves_out() -> None:
    found = warnings(figures(), balance(GBP=Decimal("0.1"), EUR=Decimal(2)), NOW)
    assert found == [ForeignCharges((("EUR", Decimal(2)), ("GBP", Decimal("0.1"))))]


def test_a_customer_that_is_no_company() -> None:
    assert warnings(figures(), None, NOW) == [NoCompany()]


def test_the_worst_comes_first() -> None:
    everything = figures(channels=10, asr_pct=1.0, last_call=NOW - timedelta(days=2))
    found = warnings(everything, balance("-99", EUR=Decimal(1)), NOW)
    assert [type(warning) for warning in found] == [
        ChannelsNearLimit, AsrFall, NoCalls, LowBalance, ForeignCharges,
    ]  # fmt: skip
