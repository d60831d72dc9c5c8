"""The checklist, for each thing that can wait."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from cxreports.accounts.checklist import Places, alerts, is_low
from cxreports.portal.tables import Company, Role, User

NOW = datetime(2026, 3, 18, tzinfo=UTC)
SETTLED = {
    "email_verified_at": NOW,
    "mobile": "+442079460018",
    "mobile_verified_at": NOW,
    "totp_enabled_at": NOW,
}


def user(**fields: Any) -> User:
    return User(email="ana@acme.example", name="Ana", role=Role.CUSTOMER, **({"mobile": ""} | fields))


def company(**fields: Any) -> Company:
    values = {"currency": "USD", "debit_limit": Decimal(0), "low_balance": None} | fields
    return Company(id="acme", name="Acme", **values)


def titles(who: User, whose: Company | None = None, balance: str | None = None) -> list[str]:
    return [each.title for each in alerts(who, whose, balance=None if balance is None else Decimal(balance))]


def test_nothing_waits_when_all_is_settled() -> None:
    assert titles(user(**SETTLED), company(), "0.01") == []


def test_all_that_can_wait_of_a_person() -> None:
    assert titles(user()) == [
        "E-mail not verified",
        "Mobile not verified",
        "Two-factor authentication is off",
    ]


@pytest.mark.parametrize(
    ("missing", "title"),
    [
        ("email_verified_at", "E-mail not verified"),
        ("mobile_verified_at", "Mobile not verified"),
        ("totp_enabled_at", "Two-factor authentication is off"),
    ],
)
def test_each_waits_by_itself(missing: str, title: str) -> None:
    assert titles(user(**SETTLED | {missing: None})) == [title]


def test_a_secret_that_was_not_confirmed_is_no_second_factor() -> None:
    half = user(**SETTLED | {"totp_enabled_at": None, "totp_secret": b"x"})
    assert titles(half) == ["Two-factor authentication is off"]


def test_a_mobile_number_can_be_missing() -> None:
    (alert,) = alerts(user(**SETTLED | {"mobile": "", "mobile_verified_at": None}), None, balance=None)
    assert (alert.action, alert.url) == ("Add mobile number", "/profile#mobile")


@pytest.mark.parametrize(
    ("balance", "debit_limit", "low", "title"),
    [
        ("0.000001", "0", None, None),
        ("0", "0", None, "The balance is used up"),
        ("-0.000001", "0", None, "The debit limit is exceeded"),
        ("-10", "10", None, "The balance is used up"),
        ("-10.000001", "10", None, "The debit limit is exceeded"),
        ("50", "0", "50", "The balance is low"),
        ("50.000001", "0", "50", None),
        ("0", "0", "50", "The balance is used up"),
        ("-5", "100", "-50", "The balance is used up"),
    ],
)
def test_a_balance_is_low(balance: str, debit_limit: str, low: str | None, title: str | None) -> None:
    whose = company(debit_limit=Decimal(debit_limit), low_balance=None if low is None else Decimal(low))
    assert is_low(whose, Decimal(balance)) == (title is not None)
    assert titles(user(**SETTLED), whose, balance) == ([] if title is None else [title])


def test_a_low_balance_says_how_low_and_where_to_pay() -> None:
    pay = Places(pay="https://pay.example.org/")
    (alert,) = alerts(
        user(**SETTLED), company(debit_limit=Decimal(100)), balance=Decimal("-12.5"), places=pay
    )
    assert (alert.text, alert.action, alert.url) == (
        "It stands at -$12.50.",
        "Make a payment",
        "https://pay.example.org/",
    )
    (nowhere,) = alerts(user(**SETTLED), company(), balance=Decimal(0))
    assert (nowhere.action, nowhere.url) == ("", "")


def test_a_balance_that_nobody_keeps_is_not_low() -> None:
    assert titles(user(**SETTLED), company(), None) == []
