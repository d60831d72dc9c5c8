"""An account as one visitor sees it: whose it is, and what of it is in reach."""

from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from cxreports.accounts.account import Account, account_of, company_names
from cxreports.accounts.checklist import NoSecondFactor, UnverifiedEmail, UnverifiedMobile
from cxreports.accounts.low_balance import Level, LowBalance
from cxreports.figures.costs import Costs
from cxreports.portal.companies import companies, ledger
from cxreports.portal.database import Database
from cxreports.portal.people import users
from cxreports.portal.tables import Role
from cxreports.visitor import Visitor

PAY = "https://pay.example.org/?account={account}&amount={amount}&currency={currency}"


def left(account: Account) -> Decimal | None:
    return None if account.balance is None else account.balance.left


def test_a_balance_is_what_was_received_less_what_calls_cost(tmp_path: Path) -> None:
    with closing(Database.of(tmp_path)) as database, database.writing() as db:
        companies.add(db, "acme", "Acme", currency="EUR", channel_limit=7)
        ledger.add(db, "acme", "100.10")
        ledger.add(db, "acme", "5", status="pending")
    asked: list[str] = []

    def cost() -> Costs:
        asked.append("acme")
        return {"EUR": Decimal("0.0000000001"), "USD": Decimal(3)}

    found = account_of(tmp_path, "acme", cost, PAY)
    assert (left(found), asked) == (Decimal("100.0999999999"), ["acme"])
    assert found.pay_url == "https://pay.example.org/?account=acme&currency=EUR"
    assert found.channel_limit == 7
    assert company_names(tmp_path) == {"acme": "Acme"}
    assert account_of(tmp_path, "all", cost, PAY) == Account()
    assert asked == ["acme"], "nobody asks what calls of no company cost"


def test_a_low_balance_is_outstanding(tmp_path: Path) -> None:
    with closing(Database.of(tmp_path)) as database, database.writing() as db:
        companies.add(db, "acme", "Acme", currency="USD", debit_limit=100)
    found = account_of(tmp_path, "acme", lambda: {"USD": Decimal("12.5")})
    assert found.is_low
    assert found.checklist == (
        LowBalance(Level.USED_UP, Decimal("-12.5"), "USD", mark=Decimal(0), debit_limit=Decimal(100)),
    )


def test_of_an_unknown_company_there_is_nothing_to_show() -> None:
    nobody = Account()
    assert (nobody.balance, nobody.pay_url, nobody.checklist, nobody.is_low) == (None, "", (), False)
    assert nobody.channel_limit is None


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
    own, others = (account_of(home, customer, dict) for customer in ("acme", "other"))
    assert (left(own), left(others)) == (Decimal(100), None)
    assert company_names(home) == {"acme": "Acme"}
    waits = (UnverifiedEmail("ana@acme.example"), UnverifiedMobile(""), NoSecondFactor())
    assert own.checklist == others.checklist == waits


def test_outside_a_portal_everything_is_in_reach_and_nothing_waits(home: Path) -> None:
    own, others = (account_of(home, customer, dict) for customer in ("acme", "other"))
    assert left(own) == left(others) == Decimal(100)
    assert company_names(home) == {"acme": "Acme", "other": "Other"}
    assert own.checklist == ()
