"""The demo's people and companies: they can log in, and their balances are what they should be."""

from __future__ import annotations

import json
import stat
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from standing_demo import NOW, SCALE, Standing, demo_without_examples

from cxreports.demo.calls import demo
from cxreports.demo.people import USERS_FILE
from cxreports.lake.store import Store
from cxreports.portal import audit
from cxreports.portal.companies import companies, ledger, number_blocks
from cxreports.portal.database import Database
from cxreports.portal.people import login, users
from cxreports.portal.tables import PaymentKind, PaymentStatus, Role, Stage
from cxreports.traffic.customers import CUSTOMERS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BALANCES = {customer.id: customer.balance for customer in CUSTOMERS}


def run_again(home: Path, now: datetime = NOW) -> list[str]:
    said: list[str] = []
    demo(home, now=now, scale=SCALE, progress=said.append)
    return said


def balances(home: Path) -> dict[str, Decimal]:
    """Add up the calls' own charges, one by one, and the ledger's entries."""
    calls = Store(home).snapshot().query("SELECT customer, currency, charge FROM cdr")
    with closing(Database.of(home)) as database, database.reading() as db:
        found = {}
        for company in companies.all_companies(db):
            own = calls.filter(customer=company.id)
            assert set(own["currency"].drop_nulls()) <= {company.currency}
            paid = [
                each.amount
                for each in ledger.entries(db, company.id)
                if each.status is PaymentStatus.COMPLETED
            ]
            found[company.id] = sum(paid, Decimal(0)) - sum(own["charge"].drop_nulls(), Decimal(0))
        return found


@pytest.fixture(name="home")
def _home(standing: Standing) -> Path:
    return standing.home


@pytest.fixture(name="database")
def _database(home: Path) -> Iterator[Database]:
    with closing(Database.of(home)) as database:
        yield database


def test_every_balance_is_the_operators_to_the_last_digit(home: Path) -> None:
    assert balances(home) == BALANCES


def test_there_is_something_to_see_in_a_ledger(database: Database) -> None:
    with database.reading() as db:
        entries = ledger.entries(db, "northwind")
    assert {each.status for each in entries} == {PaymentStatus.COMPLETED, PaymentStatus.PENDING}
    assert {each.kind for each in entries} == {PaymentKind.PAYMENT, PaymentKind.ADJUSTMENT}
    assert all(not each.amount % 50 for each in entries if each.kind is PaymentKind.PAYMENT)
    assert NOW - timedelta(days=3) < min(each.made_at for each in entries) <= NOW


def test_companies_are_those_of_the_operator(database: Database) -> None:
    with database.reading() as db:
        for customer in CUSTOMERS:
            company = companies.get(db, customer.id)
            assert (company.name, company.currency, company.zone) == (
                customer.name,
                customer.currency,
                customer.zone,
            )
            assert company.channel_limit == customer.channel_limit
            assert number_blocks.block_of(db, company.id)


def test_everybody_can_log_in_with_a_password_of_their_own(home: Path, database: Database) -> None:
    path = home / USERS_FILE
    kept = json.loads(path.read_text("utf-8"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len({each["password"] for each in kept}) == len(kept)
    assert {each["company"] for each in kept} == {None, *BALANCES}
    assert [each["email"] for each in kept if each["role"] == "operator"] == ["olga.noc@operator.example"]
    for each in (kept[0], kept[-1]):
        entered = login.with_password(database, each["email"], each["password"], address="192.0.2.1")
        assert entered.stage is Stage.FULL
    with database.reading() as db:
        assert len(users.all_users(db)) == len(kept)
        for each in kept:
            user = users.get(db, each["email"])
            assert (user.company_id, user.role) == (each["company"], Role(each["role"]))


def test_no_password_is_in_the_audit_log(home: Path, database: Database) -> None:
    kept = json.loads((home / USERS_FILE).read_text("utf-8"))
    with database.reading() as db:
        told = " ".join(str(each.detail) for each in audit.entries(db, limit=10_000))
    assert not any(each["password"] in told for each in kept)


def test_running_again_keeps_balances_people_and_what_somebody_entered(
    standing: Standing, copied: Path
) -> None:
    first = "\n".join(standing.told)
    kept = (copied / USERS_FILE).read_text("utf-8")
    assert all(each["password"] in first for each in json.loads(kept))
    with closing(Database.of(copied)) as database:
        with database.writing() as db:
            companies.change(db, "acme", name="Ours")
            ledger.add(db, "acme", "100.000001", made_at=NOW)
            before = len(ledger.entries(db))
        again = "\n".join(run_again(copied))
        assert "added" not in again
        with database.reading() as db:
            assert len(ledger.entries(db)) == before
        run_again(copied, NOW + timedelta(hours=3))
        with database.reading() as db:
            assert companies.get(db, "acme").name == "Ours"
            assert len(ledger.entries(db)) > before
    assert (copied / USERS_FILE).read_text("utf-8") == kept
    assert balances(copied) == BALANCES | {"acme": BALANCES["acme"] + Decimal("100.000001")}


def test_a_user_who_went_comes_back_with_another_password(copied: Path) -> None:
    kept = {each["email"]: each for each in json.loads((copied / USERS_FILE).read_text("utf-8"))}
    with closing(Database.of(copied)) as database:
        with database.writing() as db:
            db.delete(users.get(db, "asha.rao@deccan.example"))
        said = run_again(copied)
        now = {each["email"]: each for each in json.loads((copied / USERS_FILE).read_text("utf-8"))}
        assert "added 1 users" in said[0]
        assert {email for email in kept if kept[email] != now[email]} == {"asha.rao@deccan.example"}
        assert now.keys() == kept.keys()
        assert login.with_password(
            database, "asha.rao@deccan.example", now["asha.rao@deccan.example"]["password"]
        )


def test_a_demo_without_a_call_has_its_people(tmp_path: Path) -> None:
    midnight = datetime(2026, 3, 18, tzinfo=UTC)
    demo_without_examples(tmp_path, days=0, now=midnight)
    with closing(Database.of(tmp_path)) as database, database.reading() as db:
        assert ledger.received(db, "acme") == BALANCES["acme"]
