"""The first day of a company: true steps, each with the action that settles it, in the reader's words."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from cxreports.accounts.account import Account
from cxreports.accounts.balances import Balance
from cxreports.accounts.checklist import NoSecondFactor, UnverifiedMobile
from cxreports.accounts.low_balance import Level, LowBalance
from cxreports.desk.answers import Holder
from cxreports.pages import notices
from cxreports.visitor import Visitor

if TYPE_CHECKING:
    import pytest

LOW = LowBalance(Level.USED_UP, Decimal(0), "EUR", mark=Decimal(0), debit_limit=Decimal(0))
OF_COMPANY = Balance.of(Holder("newco", "New Company", "EUR", channel_limit=12), Decimal(0), {})
ACCOUNT = Account(OF_COMPANY, "https://pay.example.org/", (LOW, UnverifiedMobile(""), NoSecondFactor()))


def seen_by(monkeypatch: pytest.MonkeyPatch, visitor: Visitor | None) -> dict[str, Any]:
    monkeypatch.setattr(notices, "current", lambda: visitor)
    return notices.first_day("newco", "New Company", ACCOUNT)


def steps(notice: dict[str, Any], title: str) -> list[tuple[str, bool | None, str]]:
    (card,) = (card for card in notice["cards"] if card["title"] == title)
    return [(step["title"], step["done"], step["url"]) for step in card["steps"]]


def test_a_customer_sees_what_is_settled_and_where_the_rest_is(monkeypatch: pytest.MonkeyPatch) -> None:
    notice = seen_by(monkeypatch, Visitor(1, "jana@newco.example", "Jana", customer="newco"))
    assert notice["title"] == "Your operator has not delivered calls yet"
    assert steps(notice, "Meanwhile") == [
        ("Account opened", True, ""),
        ("E-mail verified", True, ""),
        ("Mobile not verified", False, "/profile#mobile"),
        ("Two-factor authentication is off", False, "/profile#two-factor"),
        ("The balance is used up", False, "https://pay.example.org/"),
    ]
    assert steps(notice, "Your operator's part")[-1] == ("First call records delivered", False, "")
    assert "cxreports" not in json.dumps(notice), "no command is for a customer"


def test_an_operator_sees_what_comes_next(monkeypatch: pytest.MonkeyPatch) -> None:
    notice = seen_by(monkeypatch, Visitor(2, "olga@op.example", "Olga", customer=None))
    assert notice["title"] == "There are no calls of New Company"
    assert steps(notice, "What comes next") == [
        ("Company added", True, ""),
        ("Channels", True, "/operator/companies/change?company=newco"),
        ("Users", None, "/operator/users?company=newco"),
        ("First call records loaded", False, ""),
    ]


def test_whoever_is_nobody_of_a_portal_gets_no_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "cards" not in seen_by(monkeypatch, None)
