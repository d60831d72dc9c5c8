"""What an operator is warned of, and from which mark on."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from cxreports.accounts.balances import Balance
from cxreports.accounts.warnings import warnings
from cxreports.portal.tables import Company
from cxreports.sheets.customers import NO_CALLS

NOW = datetime(2026, 5, 2, 12, tzinfo=UTC)


def balance(left: str = "100", limit: int | None = 10, debit: str = "50", low: str | None = None) -> Balance:
    company = Company(
        id="acme",
        channel_limit=limit,
        debit_limit=Decimal(debit),
        low_balance=None if low is None else Decimal(low),
    )
    return Balance(company, Decimal(left), Decimal(0))


def figures(**given: Any) -> dict[str, Any]:
    usual = {"last_call": NOW, "channels": 0, "attempts": 50, "before_attempts": 50}
    return {**NO_CALLS, **usual, "asr_pct": 50.0, "before_asr_pct": 50.0, **given}


def test_nothing_out_of_the_ordinary_is_no_warning() -> None:
    assert warnings(figures(), balance(), NOW) == []


@pytest.mark.parametrize(
    ("asr", "before", "attempts", "told"),
    [
        (40.0, 50.0, 50, ["ASR 10.0 points below the day before"]),
        (40.1, 50.0, 50, []),
        (60.0, 50.0, 50, []),
        (0.0, 90.0, 50, ["ASR 90.0 points below the day before"]),
        (0.0, 90.0, 49, []),
    ],
)
def test_an_asr_that_falls(asr: float, before: float, attempts: int, told: list[str]) -> None:
    given = figures(asr_pct=asr, before_asr_pct=before, attempts=attempts)
    assert warnings(given, balance(), NOW) == told
    turned = figures(asr_pct=asr, before_asr_pct=before, before_attempts=attempts)
    assert warnings(turned, balance(), NOW) == told


@pytest.mark.parametrize(
    ("used", "limit", "told"),
    [
        (7, 10, []),
        (8, 10, ["8 of 10 channels in use"]),
        (11, 10, ["11 of 10 channels in use"]),
        (8, None, []),
        (0, 0, []),
        (1, 0, ["1 of 0 channels in use"]),
    ],
)
def test_channels_near_their_limit(used: int, limit: int | None, told: list[str]) -> None:
    assert warnings(figures(channels=used), balance(limit=limit), NOW) == told


def test_a_customer_that_has_fallen_silent() -> None:
    silent = figures(last_call=NOW - timedelta(hours=24))
    assert warnings(silent, balance(), NOW) == ["no calls since 1 May 2026, 12:00 UTC"]
    assert warnings(figures(last_call=NOW - timedelta(hours=23, minutes=59)), balance(), NOW) == []
    assert warnings(NO_CALLS, balance(), NOW) == ["no calls yet"]


@pytest.mark.parametrize(
    ("left", "low", "told"),
    [
        ("0.000001", None, []),
        ("0", None, ["balance low"]),
        ("-50", None, ["balance low"]),
        ("-50.000001", None, ["debit limit exceeded"]),
        ("20", "20", ["balance low"]),
        ("20.000001", "20", []),
    ],
)
def test_a_balance_that_is_low(left: str, low: str | None, told: list[str]) -> None:
    assert warnings(figures(), balance(left, low=low), NOW) == told


def test_a_customer_that_is_no_company() -> None:
    assert warnings(figures(), None, NOW) == ["no company in the portal"]


def test_the_worst_comes_first() -> None:
    everything = figures(channels=10, asr_pct=1.0, last_call=NOW - timedelta(days=2))
    assert [each.split()[0] for each in warnings(everything, balance("-99"), NOW)] == [
        "10", "ASR", "no", "debit",
    ]  # fmt: skip
