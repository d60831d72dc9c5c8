"""Companies: what is kept of them, and what is refused."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from cxreports.errors import AlreadyThere, BadField, NotThere
from cxreports.portal import audit
from cxreports.portal.companies import companies, ledger
from cxreports.portal.database import Database

NOW = datetime(2026, 3, 18, 13, 15, 56, tzinfo=UTC)


def test_what_is_added_is_given_back(database: Database) -> None:
    with database.writing() as db:
        companies.add(
            db,
            "acme",
            "Acme Telecom",
            contact="Ana Pérez",
            currency="eur",
            debit_limit="250.5",
            tax="ES B-123",
            paypal="pay@acme.example",
            channel_limit="1000",
            zone="Europe/Madrid",
            low_balance="12.345678",
            now=NOW,
        )
        companies.add(db, "Z9", "  Last  ", now=NOW)
    with database.reading() as db:
        acme = companies.get(db, "acme")
        told = {
            name: getattr(acme, name) for name in ("name", "contact", "currency", "tax", "paypal", "zone")
        }
        assert told == {
            "name": "Acme Telecom",
            "contact": "Ana Pérez",
            "currency": "EUR",
            "tax": "ES B-123",
            "paypal": "pay@acme.example",
            "zone": "Europe/Madrid",
        }
        assert (acme.debit_limit, acme.channel_limit) == (Decimal("250.5"), 1000)
        assert (acme.low_balance, acme.created_at) == (Decimal("12.345678"), NOW)
        plain = companies.get(db, "Z9")
        assert (plain.name, plain.currency, plain.zone) == ("Last", "USD", "UTC")
        assert (plain.channel_limit, plain.low_balance, plain.debit_limit) == (None, None, 0)
        assert {each.id for each in companies.all_companies(db)} == {"acme", "Z9"}


def test_an_id_is_there_once(database: Database) -> None:
    with database.writing() as db:
        companies.add(db, "acme", "Acme")
        with pytest.raises(AlreadyThere, match="acme"):
            companies.add(db, "acme", "Another")


def test_only_what_differs_is_changed_and_told(database: Database) -> None:
    with database.writing() as db:
        companies.add(db, "acme", "Acme", channel_limit=10, now=NOW)
        companies.change(db, "acme", name="Acme", channel_limit="", debit_limit="5", now=NOW)
        companies.change(db, "acme", name="Acme")
        changed, added = audit.entries(db)
        assert changed.event == audit.Event.COMPANY_CHANGED
        assert (changed.company_id, changed.who, changed.at) == ("acme", "command line", NOW)
        assert changed.detail == {"channel_limit": None, "debit_limit": "5"}
        assert added.event == audit.Event.COMPANY_ADDED
        assert companies.get(db, "acme").channel_limit is None


def test_who_is_not_there(database: Database) -> None:
    with database.writing() as db, pytest.raises(NotThere, match="nobody"):
        companies.change(db, "nobody", name="x")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", " "),
        ("name", "x" * 201),
        ("name", "two\nlines"),
        ("name", "nul\0"),
        ("name", "\u202egnp"),
        ("currency", "XXQ"),
        ("currency", ""),
        ("zone", "Mars/Olympus"),
        ("zone", ""),
        ("channel_limit", -1),
        ("channel_limit", "1.5"),
        ("channel_limit", "\u0663"),
        ("channel_limit", True),
        ("channel_limit", "9" * 5000),
        ("debit_limit", "-0.01"),
        ("debit_limit", 0.1),
        ("debit_limit", "1_000"),
        ("debit_limit", "NaN"),
        ("debit_limit", "1e400000000"),
        ("low_balance", "1.1234567"),
        ("low_balance", "\u0663"),
        ("nickname", "x"),
    ],
)
def test_what_cannot_be_taken_names_its_field(database: Database, field: str, value: Any) -> None:
    with database.writing() as db:
        companies.add(db, "acme", "Acme")
        with pytest.raises(BadField) as caught:
            companies.change(db, "acme", **{field: value})
        assert caught.value.field == field


@pytest.mark.parametrize("company_id", ["", "all", "a\tb"])
def test_an_id_that_no_cdr_bears_is_refused(database: Database, company_id: str) -> None:
    with database.writing() as db, pytest.raises(BadField) as caught:
        companies.add(db, company_id, "Acme")
    assert caught.value.field == "id"


def test_the_currency_stays_once_the_ledger_has_entries(database: Database) -> None:
    with database.writing() as db:
        companies.add(db, "acme", "Acme", currency="USD")
        companies.change(db, "acme", currency="EUR")
        ledger.add(db, "acme", "1")
        with pytest.raises(BadField, match="EUR") as caught:
            companies.change(db, "acme", currency="USD")
        assert caught.value.field == "currency"
        companies.change(db, "acme", currency="EUR", name="Acme again")
