"""Balances, counted by hand: which charges are in them, which are beside them."""

from __future__ import annotations

from contextlib import closing
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from cxreports.accounts.balances import Balance, balance_of, balances
from cxreports.desk.answers import Holder
from cxreports.desk.clerk import ledger_of, ledgers
from cxreports.lake.store import Store
from cxreports.portal.companies import companies, ledger
from cxreports.portal.database import Database

if TYPE_CHECKING:
    from pathlib import Path

HEADINGS = (
    "Call ID,Switch,Call Time,Source Number,Card ID,Tech Prefix,Destination,LRN Number,Duration,"
    "Recording File,Release Reason,PDD In,Ring Duration,SIP Code,SIP Reason,DTMF,Direction,Source IP,"
    "Destination Code,Destination Name,Billed Duration,Rate,Connect Cost,PDD,Charge"
)
CALL = (
    "{n},sw,2026-01-01 1{n}:00:00,34911,1,,4420,,60,,,10,3,200,OK,,inbound,1.1.1.1,44,UK,60,1.0,0,10,{charge}"
)


@pytest.fixture(name="store")
def _store(tmp_path: Path) -> Store:
    """Two calls of acme, whose file knows prices but no currency."""
    path = tmp_path / "acme.csv"
    calls = [CALL.format(n=n, charge=charge) for n, charge in enumerate(("100.25", "50.25"))]
    path.write_text("\n".join([HEADINGS, *calls]) + "\n")
    store = Store(tmp_path)
    (report,) = store.load(path, customer="acme")
    assert (report.refused, report.loaded) == (None, 2)
    return store


def test_a_price_without_a_currency_is_in_the_companys(store: Store) -> None:
    with closing(Database.of(store.home)) as database, database.writing() as db:
        acme = companies.add(db, "acme", "Acme", currency="USD")
        idle = companies.add(db, "idle", "Idle", currency="EUR")
        ledger.add(db, "acme", "120")
        snapshot = store.snapshot()
        found = balances(ledgers(db), snapshot)
        assert found == {each.id: balance_of(ledger_of(db, each), snapshot) for each in (acme, idle)}
    assert (found["acme"].received, found["acme"].charged) == (Decimal(120), Decimal("150.50"))
    assert (found["acme"].left, found["acme"].foreign) == (Decimal("-30.50"), {})
    assert (found["idle"].left, found["idle"].foreign) == (Decimal(0), {})


def test_a_charge_in_another_currency_stands_beside_the_balance() -> None:
    company = Holder(id="acme", currency="USD")
    cost = {None: Decimal("0.5"), "USD": Decimal("1.25"), "EUR": Decimal(7), "GBP": Decimal(0)}
    found = Balance.of(company, Decimal(10), cost)
    assert (found.charged, found.left) == (Decimal("1.75"), Decimal("8.25"))
    assert found.foreign == {"EUR": Decimal(7)}, "a charge of nothing is not worth a word"


def test_sums_keep_every_digit() -> None:
    cost = {None: Decimal("0.0000000001"), "USD": Decimal(1234567890123456789012345678)}
    found = Balance.of(Holder(id="acme", currency="USD"), Decimal("0.000001"), cost)
    assert found.charged == Decimal("1234567890123456789012345678.0000000001")
    assert found.left == Decimal("-1234567890123456789012345677.9999990001")
    found = Balance.of(Holder("acme"), Decimal("12.50"), {})
    assert str(found.left) == "12.50"
