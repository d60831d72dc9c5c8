"""The checklist, for everything that can wait."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from cxreports.accounts.balances import Balance
from cxreports.accounts.checklist import NoSecondFactor, UnverifiedEmail, UnverifiedMobile, checklist
from cxreports.accounts.low_balance import Level, LowBalance, low_balance
from cxreports.desk.answers import Holder, Person
from cxreports.desk.clerk import person_of
from cxreports.portal.tables import Role, User

NOW = datetime(2026, 3, 18, tzinfo=UTC)
MOBILE = "+442079460018"
SETTLED = {
    "email_verified_at": NOW,
    "mobile": MOBILE,
    "mobile_verified_at": NOW,
    "totp_enabled_at": NOW,
}


def user(**fields: Any) -> Person:
    return person_of(
        User(email="ana@acme.example", name="Ana", role=Role.CUSTOMER, **({"mobile": ""} | fields))
    )


def balance(left: str, debit_limit: str = "0", low: str | None = None) -> Balance:
    company = Holder(
        id="acme",
        name="Acme",
        currency="USD",
        debit_limit=Decimal(debit_limit),
        low_balance=None if low is None else Decimal(low),
    )
    return Balance(company, Decimal(left), Decimal(0))


def test_nothing_waits_when_all_is_settled() -> None:
    assert checklist(user(**SETTLED), balance("0.01")) == ()


def test_all_that_can_wait_of_a_person() -> None:
    everything = (UnverifiedEmail("ana@acme.example"), UnverifiedMobile(""), NoSecondFactor())
    assert checklist(user(), None) == everything


@pytest.mark.parametrize(
    ("missing", "item"),
    [
        ("email_verified_at", UnverifiedEmail("ana@acme.example")),
        ("mobile_verified_at", UnverifiedMobile(MOBILE)),
        ("totp_enabled_at", NoSecondFactor()),
    ],
)
def test_an_item_waits_by_itself(missing: str, item: Any) -> None:
    assert checklist(user(**SETTLED | {missing: None}), None) == (item,)


def test_a_secret_that_was_not_confirmed_is_no_second_factor() -> None:
    half = user(**SETTLED | {"totp_enabled_at": None, "totp_secret": b"x"})
    assert checklist(half, None) == (NoSecondFactor(),)


@pytest.mark.parametrize(
    ("left", "debit_limit", "low", "level"),
    [
        ("0.000001", "0", None, None),
        ("0", "0", None, Level.USED_UP),
        ("-0.000001", "0", None, Level.OVER_LIMIT),
        ("-10", "10", None, Level.USED_UP),
        ("-10.000001", "10", None, Level.OVER_LIMIT),
        ("50", "0", "50", Level.LOW),
        ("50.000001", "0", "50", None),
        ("0", "0", "50", Level.USED_UP),
        ("-5", "100", "-50", Level.USED_UP),
    ],
)
def test_a_balance_is_low(left: str, debit_limit: str, low: str | None, level: Level | None) -> None:
    found = low_balance(balance(left, debit_limit, low))
    assert (found and found.level) == level
    assert checklist(None, balance(left, debit_limit, low)) == (() if found is None else (found,))


def test_a_low_balance_carries_its_figures_and_comes_before_what_a_person_has_to_do() -> None:
    low = LowBalance(Level.LOW, Decimal(20), "USD", mark=Decimal(50), debit_limit=Decimal(7))
    assert checklist(user(**SETTLED | {"totp_enabled_at": None}), balance("20", "7", "50")) == (
        low,
        NoSecondFactor(),
    )
