"""What companies have paid: entries that are added and settled, never changed or deleted.

Amounts are exact to six decimals and in the company's currency. A balance is what was received
(completed payments and adjustments) less what the calls cost, which the lake knows.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Context, Decimal, Inexact
from typing import Any, Final

from sqlalchemy import BigInteger, func, select, type_coerce
from sqlalchemy.orm import Session

from cxreports.clock import time
from cxreports.errors import AlreadyThere, BadField, BadTime, NotThere
from cxreports.language import _
from cxreports.portal import fields
from cxreports.portal.actor import CONSOLE, Actor
from cxreports.portal.audit import Event
from cxreports.portal.columns import MONEY_DECIMALS
from cxreports.portal.companies import companies
from cxreports.portal.database import now as present
from cxreports.portal.tables import Company, Payment, PaymentKind, PaymentStatus

LONGEST_NOTE: Final = 1000

NOTHING: Final = Decimal(0)
"""What was received of a company without an entry."""

_PART: Final = 10**9
"""Amounts are added up in two parts, each of which a sum of 64 bits has room for."""

_EXACT: Final = Context(prec=80, traps=[Inexact])

_FOLLOWS: Final[Mapping[PaymentStatus, Sequence[PaymentStatus]]] = {
    PaymentStatus.PENDING: (PaymentStatus.COMPLETED, PaymentStatus.CANCELLED),
    PaymentStatus.COMPLETED: (PaymentStatus.CANCELLED,),
    PaymentStatus.CANCELLED: (),
}


def add(
    db: Session,
    company_id: str,
    amount: Decimal | str | int,
    *,
    kind: PaymentKind | str = PaymentKind.PAYMENT,
    status: PaymentStatus | str = PaymentStatus.COMPLETED,
    currency: str | None = None,
    reference: str | None = None,
    note: str = "",
    made_at: datetime | str | None = None,
    by: Actor = CONSOLE,
    now: datetime | None = None,
) -> Payment:
    """Add an entry to a company's ledger.

    Parameters
    ----------
    amount
        What was received; below zero for what was given back.
    currency
        ISO code, to be checked against the company's; by default the company's.
    reference
        The payment provider's; each one is there once for a company.
    made_at
        When it was paid; a time without an offset is UTC; by default now.

    Raises
    ------
    NotThere
        There is no such company.
    AlreadyThere
        The company has an entry of this reference.
    BadField
        A field cannot be taken.
    """
    now = now or present()
    payment = read(
        db,
        {
            "company": company_id,
            "amount": amount,
            "kind": kind,
            "status": status,
            "currency": currency,
            "reference": reference,
            "note": note,
            "made_at": made_at,
        },
        now=now,
    )
    if payment.reference is not None and of_reference(db, payment.company_id, payment.reference):
        raise AlreadyThere(
            _("{company} has a payment of the reference {reference} already.").format(
                company=payment.company_id, reference=payment.reference
            )
        )
    db.add(payment)
    db.flush()
    by.did(db, Event.PAYMENT_ADDED, company_id=payment.company_id, now=now, **_told(payment))
    return payment


def read(db: Session, typed: Mapping[str, Any], *, now: datetime) -> Payment:
    """Make an entry of what was typed, checked; it is not added yet.

    Raises
    ------
    NotThere
        There is no such company.
    BadField
        A field cannot be taken.
    """
    values = fields.each_of(
        {
            "company": lambda: companies.get(db, fields.line("company", typed["company"], required=True)),
            "amount": lambda: _amount(typed["amount"]),
            "kind": lambda: _one_of(PaymentKind, "kind", typed.get("kind") or PaymentKind.PAYMENT),
            "status": lambda: _one_of(
                PaymentStatus, "status", typed.get("status") or PaymentStatus.COMPLETED
            ),
            "reference": lambda: fields.line("reference", typed.get("reference") or "") or None,
            "note": lambda: fields.line("note", typed.get("note") or "", most=LONGEST_NOTE),
            "made_at": lambda: _made_at(typed.get("made_at")) or now,
        }
    )
    company: Company = values.pop("company")
    currency = fields.line("currency", typed.get("currency") or company.currency).upper()
    if currency != company.currency:
        raise BadField(
            "currency",
            _("The account of {company} is kept in {currency}, not in {other}.").format(
                company=company.id, currency=company.currency, other=currency
            ),
        )
    return Payment(company_id=company.id, currency=currency, recorded_at=now, **values)


def _amount(typed: Any) -> Decimal:
    amount = fields.amount("amount", typed)
    if not amount:
        raise BadField("amount", _("A payment of nothing is none."))
    return amount


def get(db: Session, payment_id: int) -> Payment:
    """An entry.

    Raises
    ------
    NotThere
        There is no such entry.
    """
    payment = db.get(Payment, payment_id)
    if payment is None:
        raise NotThere(_("There is no payment {number}.").format(number=payment_id))
    return payment


def change_status(
    db: Session,
    payment_id: int,
    status: PaymentStatus | str,
    *,
    by: Actor = CONSOLE,
    now: datetime | None = None,
) -> Payment:
    """Settle a payment: a pending one is completed or cancelled, a completed one cancelled.

    Raises
    ------
    NotThere
        There is no such payment.
    BadField
        Its status cannot become that one.
    """
    payment = get(db, payment_id)
    after = _one_of(PaymentStatus, "status", status)
    before = PaymentStatus(payment.status)
    if after not in _FOLLOWS[before]:
        raise BadField(
            "status",
            _("Payment {number} is {before}: it cannot become {after}.").format(
                number=payment_id, before=before, after=after
            ),
        )
    payment.status = after
    db.flush()
    by.did(
        db,
        Event.PAYMENT_CHANGED,
        company_id=payment.company_id,
        now=now,
        **{**_told(payment), "before": before, "after": after},
    )
    return payment


def entries(
    db: Session,
    company_id: str | None = None,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int | None = None,
) -> list[Payment]:
    """Entries of a company, or of all, made in [since, until), newest first."""
    asked = select(Payment).order_by(Payment.made_at.desc(), Payment.id.desc()).limit(limit)
    if company_id is not None:
        asked = asked.where(Payment.company_id == company_id)
    if since is not None:
        asked = asked.where(Payment.made_at >= since)
    if until is not None:
        asked = asked.where(Payment.made_at < until)
    return list(db.scalars(asked))


def of_reference(db: Session, company_id: str, reference: str) -> Payment | None:
    """A company's entry of a reference; None without one."""
    found = select(Payment).where(Payment.company_id == company_id, Payment.reference == reference)
    return db.scalars(found).one_or_none()


def received(db: Session, company_id: str) -> Decimal:
    """Add up a company's completed payments and adjustments, exactly, in its currency."""
    return received_by_company(db, company_id).get(company_id, NOTHING)


def received_by_company(db: Session, company_id: str | None = None) -> dict[str, Decimal]:
    """Add up the same for all companies (or one) at once; those that nothing was received of are left out."""
    millionths = type_coerce(Payment.amount, BigInteger)
    asked = (
        select(Payment.company_id, func.sum(millionths // _PART), func.sum(millionths % _PART))
        .where(Payment.status == PaymentStatus.COMPLETED)
        .group_by(Payment.company_id)
    )
    if company_id is not None:
        asked = asked.where(Payment.company_id == company_id)
    return {
        company: Decimal(int(whole) * _PART + int(rest)).scaleb(-MONEY_DECIMALS, _EXACT)
        for company, whole, rest in db.execute(asked)
    }


def _one_of(kind: Any, field: str, typed: Any) -> Any:
    try:
        return kind(typed.strip().lower() if isinstance(typed, str) else typed)
    except ValueError as error:
        raise BadField(
            field,
            _("{typed} should be one of {known}.").format(typed=typed, known=", ".join(kind)),
        ) from error


def _made_at(typed: datetime | str | None) -> datetime | None:
    if typed is None or typed == "":
        return None
    try:
        return time(typed.strip() if isinstance(typed, str) else typed)
    except BadTime as error:
        raise BadField(
            "made_at",
            _("{typed} is no time: write such as 2026-03-29 or 2026-03-29T01:30+02:00.").format(typed=typed),
        ) from error


def _told(payment: Payment) -> dict[str, Any]:
    return {
        "payment": payment.id,
        "kind": payment.kind,
        "status": payment.status,
        "amount": str(payment.amount),
        "currency": payment.currency,
        "reference": payment.reference,
    }
