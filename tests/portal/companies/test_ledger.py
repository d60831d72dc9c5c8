"""The ledger against Decimal, and what it refuses."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cxreports.errors import AlreadyThere, BadAmount, BadField, NotThere
from cxreports.portal import audit
from cxreports.portal.columns import millionths
from cxreports.portal.companies import companies, ledger
from cxreports.portal.database import Database
from cxreports.portal.tables import Payment, PaymentKind, PaymentStatus

NOW = datetime(2026, 3, 18, 13, 15, 56, tzinfo=UTC)
LARGEST = Decimal(2**63 - 1).scaleb(-6)


@pytest.fixture(name="acme")
def _acme(database: Database) -> Database:
    with database.writing() as db:
        companies.add(db, "acme", "Acme")
        companies.add(db, "other", "Other", currency="EUR")
    return database


MILLIONTHS = st.integers(-(2**63) + 1, 2**63 - 1)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(MILLIONTHS, st.sampled_from(list(PaymentStatus))), max_size=8))
def test_what_was_received_is_exact(acme: Database, amounts: list[tuple[int, PaymentStatus]]) -> None:
    with acme.writing() as db:
        db.query(Payment).delete()
        for amount, status in amounts:
            if amount:
                ledger.add(db, "acme", Decimal(amount).scaleb(-6), status=status)
        ledger.add(db, "other", "7.5")
    expected = Fraction(sum(amount for amount, status in amounts if status is PaymentStatus.COMPLETED), 10**6)
    with acme.reading() as db:
        assert Fraction(ledger.received(db, "acme")) == expected
        assert ledger.received(db, "other") == Decimal("7.5")


def test_without_entries_nothing_was_received(acme: Database) -> None:
    with acme.reading() as db:
        assert ledger.received(db, "acme") == 0


def test_a_hundred_largest_payments_add_up(acme: Database) -> None:
    with acme.writing() as db:
        for _ in range(100):
            ledger.add(db, "acme", LARGEST)
        with localcontext(prec=60):
            assert ledger.received(db, "acme") == LARGEST * 100


def test_adjustments_count_and_what_is_pending_or_cancelled_does_not(acme: Database) -> None:
    with acme.writing() as db:
        ledger.add(db, "acme", "100")
        ledger.add(db, "acme", "-0.000001", kind=PaymentKind.ADJUSTMENT)
        waiting = ledger.add(db, "acme", "40", status="pending")
        ledger.add(db, "acme", "9", status=PaymentStatus.CANCELLED)
        assert ledger.received(db, "acme") == Decimal("99.999999")
        ledger.change_status(db, waiting.id, PaymentStatus.COMPLETED)
        assert ledger.received(db, "acme") == Decimal("139.999999")
        ledger.change_status(db, waiting.id, "cancelled")
        assert ledger.received(db, "acme") == Decimal("99.999999")


@pytest.mark.parametrize(
    ("amount", "kept"),
    [
        ("0.000001", 1),
        ("-12.5", -12_500_000),
        ("1E+3", 1_000_000_000),
        ("1.50000000000000000000000000000000000000", 1_500_000),
        ("9223372036854.775807", 2**63 - 1),
        ("0E-50", 0),
        ("0E+999", 0),
    ],
)
def test_millionths_are_exact(amount: str, kept: int) -> None:
    assert millionths(Decimal(amount)) == kept


@pytest.mark.parametrize(
    "amount",
    [
        "0.0000001",
        "1.00000000000000000000000000000001",
        "9223372036854.775808",
        "1E+999999",
        "1E-999999",
        "NaN",
        "-Infinity",
    ],
)
def test_what_cannot_be_kept_exactly_is_refused(amount: str) -> None:
    with pytest.raises(BadAmount):
        millionths(Decimal(amount))


def test_an_entry_says_what_was_typed(acme: Database) -> None:
    with acme.writing() as db:
        added = ledger.add(
            db,
            "acme",
            "12.5",
            kind="adjustment",
            status="pending",
            currency="usd",
            reference=" INV-1 ",
            note="Márgen",
            made_at="2026-03-01T01:30+02:00",
            now=NOW,
        )
    with acme.reading() as db:
        (kept,) = ledger.entries(db, "acme")
        assert (kept.id, kept.kind, kept.status, kept.amount) == (
            added.id,
            "adjustment",
            "pending",
            Decimal("12.5"),
        )
        assert (kept.currency, kept.reference, kept.note) == ("USD", "INV-1", "Márgen")
        assert (kept.made_at, kept.recorded_at) == (datetime(2026, 2, 28, 23, 30, tzinfo=UTC), NOW)
        (told,) = audit.entries(db, company_id="acme", events=[audit.Event.PAYMENT_ADDED])
        assert (told.event, told.at) == (audit.Event.PAYMENT_ADDED, NOW)
        assert told.detail["amount"] == "12.5"
        assert told.detail["payment"] == added.id


def test_entries_come_newest_first_within_a_period(acme: Database) -> None:
    with acme.writing() as db:
        for hours in (1, 3, 2):
            ledger.add(db, "acme", hours, made_at=NOW + timedelta(hours=hours))
        ledger.add(db, "other", 9, made_at=NOW)
        assert [each.amount for each in ledger.entries(db, "acme")] == [3, 2, 1]
        assert [each.amount for each in ledger.entries(db)] == [3, 2, 1, 9]
        assert [each.amount for each in ledger.entries(db, limit=1)] == [3]
        period = {"since": NOW + timedelta(hours=1), "until": NOW + timedelta(hours=3)}
        assert [each.amount for each in ledger.entries(db, **period)] == [2, 1]


def test_a_reference_is_there_once_for_a_company(acme: Database) -> None:
    with acme.writing() as db:
        ledger.add(db, "acme", 1, reference="R1")
        ledger.add(db, "other", 1, reference="R1")
        ledger.add(db, "acme", 1)
        ledger.add(db, "acme", 1, reference=" ")
        with pytest.raises(AlreadyThere, match="R1"):
            ledger.add(db, "acme", 2, reference="R1")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("amount", "0"),
        ("amount", 1.5),
        ("amount", "1,50"),
        ("amount", True),
        ("kind", "gift"),
        ("status", "lost"),
        ("currency", "EUR"),
        ("made_at", "yesterday"),
        ("reference", "a\nb"),
        ("note", "x" * 1001),
    ],
)
def test_what_cannot_be_taken_names_its_field(acme: Database, field: str, value: Any) -> None:
    with acme.writing() as db, pytest.raises(BadField) as caught:
        ledger.add(db, "acme", **({"amount": 1} | {field: value}))
    assert caught.value.field == field


def test_who_is_not_there(acme: Database) -> None:
    with acme.writing() as db:
        with pytest.raises(NotThere, match="nobody"):
            ledger.add(db, "nobody", 1)
        with pytest.raises(NotThere, match="999"):
            ledger.change_status(db, 999, "completed")


@pytest.mark.parametrize(
    ("before", "after", "may"),
    [
        ("pending", "completed", True),
        ("pending", "cancelled", True),
        ("completed", "cancelled", True),
        ("completed", "pending", False),
        ("completed", "completed", False),
        ("cancelled", "completed", False),
        ("cancelled", "pending", False),
    ],
)
def test_which_status_follows_which(acme: Database, before: str, after: str, may: bool) -> None:
    with acme.writing() as db:
        payment = ledger.add(db, "acme", 1, status=before)
        db.flush()
        db.expire_all()
        if not may:
            with pytest.raises(BadField, match=before):
                ledger.change_status(db, payment.id, after)
            return
        ledger.change_status(db, payment.id, after)
        newest = audit.entries(db)[0]
        assert newest.event == audit.Event.PAYMENT_CHANGED
        expected = {"payment": payment.id, "before": before, "after": after, "currency": "USD"}
        assert expected.items() <= newest.detail.items()
        assert Decimal(newest.detail["amount"]) == 1
