"""What pages show of an account."""

from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from cxreports.accounts.account import CompanyAccount, account_of, company_names
from cxreports.errors import CxreportsError
from cxreports.portal.companies import companies, ledger
from cxreports.portal.database import Database
from cxreports.portal.people import users
from cxreports.portal.tables import Company, Role, User
from cxreports.visitor import Visitor

PAY = "https://pay.example.org/?account={account}&amount={amount}&currency={currency}"
NOW = datetime(2026, 3, 18, tzinfo=UTC)


def account(balance: str, template: str = PAY, user: User | None = None) -> CompanyAccount:
    company = Company(id="a&b", name="A & B", currency="USD", debit_limit=Decimal(100), channel_limit=7)
    return CompanyAccount(company, Decimal(balance), template, user)


def test_balance_says_its_currency() -> None:
    assert account("1284.06").balance == "$1,284.06 USD"
    assert not account("0.01").is_low
    assert account("0.01").channel_limit == 7


@pytest.mark.parametrize("balance", ["0", "-12.5"])
def test_used_up_balance_is_outstanding(balance: str) -> None:
    (alert,) = account(balance).alerts
    assert account(balance).is_low
    assert alert.title == "The balance is used up"
    assert alert.url == account(balance).pay_url
    assert alert.action == "Make a payment"


def test_what_a_person_has_not_settled_is_outstanding_too() -> None:
    ana = User(email="ana@acme.example", name="Ana", role=Role.CUSTOMER, mobile="", email_verified_at=NOW)
    assert [each.title for each in account("0", user=ana).alerts] == [
        "The balance is used up",
        "Mobile not verified",
        "Two-factor authentication is off",
    ]


def test_link_has_what_is_owed_and_escapes_what_it_fills_in() -> None:
    assert account("-12.50").pay_url == "https://pay.example.org/?account=a%26b&amount=12.50&currency=USD"
    assert account("5").pay_url.endswith("amount=0&currency=USD")
    assert account("-0.0000000001").pay_url.endswith("amount=0.0000000001&currency=USD")


def test_of_an_unknown_company_there_is_nothing_to_show() -> None:
    nobody = CompanyAccount(None, Decimal(0), PAY)
    assert (nobody.balance, nobody.pay_url, nobody.alerts, nobody.is_low) == ("", "", (), False)
    assert nobody.channel_limit is None


@pytest.mark.parametrize(
    "template", ["https://x/{who}", "https://x/{", "https://x/{0}", "javascript:alert(1)"]
)
def test_bad_template_is_refused(template: str) -> None:
    with pytest.raises(CxreportsError, match="payment address"):
        account("1", template).pay_url  # noqa: B018


def test_a_balance_is_what_was_received_less_what_calls_cost(tmp_path: Path) -> None:
    with closing(Database.of(tmp_path)) as database, database.writing() as db:
        companies.add(db, "acme", "Acme", currency="EUR", channel_limit=7)
        ledger.add(db, "acme", "100.10")
        ledger.add(db, "acme", "5", status="pending")
    asked: list[str] = []

    def charged(currency: str) -> Decimal:
        asked.append(currency)
        return Decimal("0.0000000001")

    found = account_of(tmp_path, "acme", charged, PAY)
    assert (found.left, asked) == (Decimal("100.0999999999"), ["EUR"])
    assert found.channel_limit == 7
    assert company_names(tmp_path) == {"acme": "Acme"}
    assert account_of(tmp_path, "all", charged, PAY).balance == ""
    assert asked == ["EUR"]


@pytest.fixture(name="home")
def _home(tmp_path: Path) -> Path:
    with closing(Database.of(tmp_path)) as database, database.writing() as db:
        for company_id in ("acme", "other"):
            companies.add(db, company_id, company_id.title())
            ledger.add(db, company_id, "100")
        users.add(db, "ana@acme.example", "Ana", role=Role.CUSTOMER, company_id="acme")
    return tmp_path


def test_a_customers_user_sees_one_account_and_what_waits_for_them(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana = Visitor(1, "ana@acme.example", "Ana", "acme")
    monkeypatch.setattr("cxreports.visitor._bound", ana)
    own, others = (account_of(home, each, lambda _: Decimal(0)) for each in ("acme", "other"))
    assert (own.balance, others.balance) == ("$100.00 USD", "")
    assert company_names(home) == {"acme": "Acme"}
    assert "E-mail not verified" in [each.title for each in own.alerts]


def test_outside_a_portal_everything_is_in_reach_and_nothing_waits(home: Path) -> None:
    own, others = (account_of(home, each, lambda _: Decimal(0)) for each in ("acme", "other"))
    assert (own.balance, others.balance) == ("$100.00 USD", "$100.00 USD")
    assert company_names(home) == {"acme": "Acme", "other": "Other"}
    assert own.alerts == ()
