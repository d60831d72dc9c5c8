"""The customers' companies: the one home of names, currencies, limits and zones.

A company's id is the customer id that its CDRs bear; what CDRs do not say stands here.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any, Final

from babel.numbers import list_currencies
from sqlalchemy import select
from sqlalchemy.orm import Session

from cxreports.cdr.record import ALL_CUSTOMERS
from cxreports.clock import zone
from cxreports.errors import AlreadyThere, BadField, BadTime, NotThere
from cxreports.language import _
from cxreports.portal import fields
from cxreports.portal.actor import CONSOLE, Actor
from cxreports.portal.audit import Event
from cxreports.portal.companies import lookalike
from cxreports.portal.database import now as present
from cxreports.portal.tables import Company, Payment

MOST_CHANNELS: Final = 10_000_000
"""Channels beyond this are a mistake."""


def add(
    db: Session,
    company_id: str,
    name: str,
    *,
    by: Actor = CONSOLE,
    now: datetime | None = None,
    **chosen: Any,
) -> Company:
    """Add a company.

    Parameters
    ----------
    company_id
        The customer id that its CDRs bear.
    chosen
        Other fields of `Company`: ``contact``, ``currency``, ``debit_limit``, ``tax``, ``paypal``,
        ``channel_limit``, ``zone``, ``low_balance``.

    Raises
    ------
    AlreadyThere
        There is one with this id.
    BadField
        The id or a field cannot be taken.
    """
    values = fields.each_of({"id": lambda: _new_id(db, company_id), **_cleaning({"name": name} | chosen)})
    company_id, now = values.pop("id"), now or present()
    company = Company(id=company_id, created_at=now, **values)
    db.add(company)
    db.flush()
    by.did(db, Event.COMPANY_ADDED, company_id=company_id, now=now, **_told(values))
    return company


def change(
    db: Session, company_id: str, *, by: Actor = CONSOLE, now: datetime | None = None, **chosen: Any
) -> Company:
    """Change some fields of a company; only what differs is changed and recorded.

    Raises
    ------
    NotThere
        There is no such company.
    BadField
        A field cannot be taken, or the currency is that of entries in the ledger.
    """
    company = get(db, company_id)
    values = fields.each_of(_cleaning(chosen))
    changed = {name: value for name, value in values.items() if getattr(company, name) != value}
    if "currency" in changed and db.scalar(
        select(Payment.id).where(Payment.company_id == company.id).limit(1)
    ):
        raise BadField(
            "currency",
            _("The ledger of {company} has entries in {currency}: its currency stays.").format(
                company=company.id, currency=company.currency
            ),
        )
    for name, value in changed.items():
        setattr(company, name, value)
    if changed:
        db.flush()
        by.did(db, Event.COMPANY_CHANGED, company_id=company.id, now=now, **_told(changed))
    return company


def get(db: Session, company_id: str) -> Company:
    """A company.

    Raises
    ------
    NotThere
        There is no such company.
    """
    company = db.get(Company, company_id)
    if company is None:
        raise NotThere(_("There is no company {company}.").format(company=company_id))
    return company


def all_companies(db: Session) -> list[Company]:
    """Every company, by id."""
    return list(db.scalars(select(Company).order_by(Company.id)))


def like(db: Session, sought: str) -> list[Company]:
    """Companies whose id or name has a text in it, by name."""
    wanted = sought.strip().casefold()
    found = [
        each for each in all_companies(db) if wanted in each.id.casefold() or wanted in each.name.casefold()
    ]
    return sorted(found, key=lambda each: (each.name.casefold(), each.id))


def _new_id(db: Session, typed: str) -> str:
    company_id = _id(typed)
    if db.get(Company, company_id):
        raise AlreadyThere(_("There is a company {company} already.").format(company=company_id))
    if other := lookalike.like(company_id, db.scalars(select(Company.id))):
        raise BadField(
            "id", _("This looks like {other}, which there is already: choose another id.").format(other=other)
        )
    return company_id


def _id(typed: str) -> str:
    company_id = fields.line("id", typed, required=True)
    if not lookalike.is_plain(typed):
        raise BadField(
            "id",
            _(
                "This has blanks at an end, characters that cannot be seen, or letters of several scripts: "
                "type the id by hand."
            ),
        )
    if company_id == ALL_CUSTOMERS:
        raise BadField("id", _("“{all}” stands for all customers: choose another id.").format(all=company_id))
    return company_id


def _currency(typed: Any) -> str:
    code = fields.line("currency", typed, required=True).upper()
    if code not in list_currencies():
        raise BadField(
            "currency", _("{typed} is no currency: write its ISO 4217 code, such as USD.").format(typed=typed)
        )
    return code


def _zone(typed: Any) -> str:
    name = fields.line("zone", typed, required=True)
    try:
        return zone(name).key
    except BadTime as error:
        raise BadField(
            "zone", _("{typed} is no time zone: write such as Europe/Madrid.").format(typed=typed)
        ) from error


def _not_negative(field: str, typed: Any) -> Decimal:
    amount = fields.amount(field, typed)
    if amount < 0:
        raise BadField(field, _("This cannot be below zero."))
    return amount


def _or_none(clean: Callable[[Any], Any], typed: Any) -> Any:
    return None if typed is None or typed == "" else clean(typed)


_CLEAN: Final[Mapping[str, Callable[[Any], Any]]] = {
    "name": partial(fields.line, "name", required=True),
    "contact": partial(fields.line, "contact"),
    "currency": _currency,
    "debit_limit": partial(_not_negative, "debit_limit"),
    "tax": partial(fields.line, "tax"),
    "paypal": partial(fields.line, "paypal"),
    "channel_limit": partial(_or_none, partial(fields.whole, "channel_limit", least=0, most=MOST_CHANNELS)),
    "zone": _zone,
    "low_balance": partial(_or_none, partial(fields.amount, "low_balance")),
}


def _cleaning(chosen: Mapping[str, Any]) -> dict[str, Callable[[], Any]]:
    for name in chosen:
        if name not in _CLEAN:
            raise BadField(name, _("A company has no field {field}.").format(field=name))
    return {name: partial(_CLEAN[name], value) for name, value in chosen.items()}


def _told(values: Mapping[str, Any]) -> dict[str, Any]:
    """Put values as the audit log, which is JSON, can keep them."""
    return {name: str(value) if isinstance(value, Decimal) else value for name, value in values.items()}
