"""The clerk: answers a page's requests from the database, for one visitor, whatever the page says it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, select

from cxreports.cdr.record import ALL_CUSTOMERS
from cxreports.desk.answers import AccountAnswer, FiringAlert, Holder, Ledger, Person
from cxreports.desk.desk import Desk
from cxreports.desk.requests import Account, Channels, Choices, Exported, Keep, Ledgers, Names
from cxreports.errors import OutOfReach, ProofNeeded
from cxreports.language import _
from cxreports.portal.actor import Actor
from cxreports.portal.alerts.rules import Keeper
from cxreports.portal.alerts.tables import Alert, AlertRule
from cxreports.portal.audit import Event
from cxreports.portal.companies import companies, ledger
from cxreports.portal.feeds import under_way
from cxreports.portal.people import preferences, sessions
from cxreports.portal.tables import Company, LoginSession, User
from cxreports.visitor import current

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.orm import Session

    from cxreports.desk.requests import Request
    from cxreports.portal.database import Database
    from cxreports.portal.feeds.under_way import SwitchChannels
    from cxreports.visitor import Visitor

_WRITES: Final = (Keep, Exported)

_MOST_FIRING: Final = 50
"""Alerts that a page is told of."""

_RECORDS_OF_CUSTOMERS: Final = ("call records", "customers")
"""Pages whose files with all customers hold more than sums."""


class Clerk(Desk):
    """The desk of a process that may open the database: JupyterLab, a script, a test."""

    def __init__(self, database: Database, home: Path | None = None) -> None:
        self._database, self._home = database, home

    def _answer(self, request: Request) -> Any:
        return answered(self._database, current(), request, self._home)


def answered(database: Database, visitor: Visitor | None, request: Request, home: Path | None = None) -> Any:
    """Answer of a request.

    Parameters
    ----------
    visitor
        Who asks; None outside a portal, where all companies are in reach and nobody's choices are kept.
    home
        Where the calls under way are written down.

    Raises
    ------
    OutOfReach
        The visitor may not ask for it.
    PortalError
        What is to be kept cannot be.
    """
    if isinstance(request, Channels):
        return _channels(visitor, request.customer, home)
    transaction = database.writing() if isinstance(request, _WRITES) else database.reading()
    with transaction as db:
        match request:
            case Names():
                return _names(db, visitor)
            case Account(customer=customer):
                return _account(db, visitor, customer)
            case Ledgers():
                return _ledgers(db, visitor)
            case Choices():
                return {} if visitor is None else preferences.load(db, visitor.user_id)
            case Keep(changed=changed) if visitor is not None:
                preferences.save(db, visitor.user_id, changed)
            case Exported() if visitor is not None:
                _record(db, visitor, request)
    return None


def holder_of(company: Company) -> Holder:
    """A company as its account needs it."""
    return Holder(
        id=company.id,
        name=company.name,
        currency=company.currency,
        debit_limit=company.debit_limit,
        channel_limit=company.channel_limit,
        low_balance=company.low_balance,
    )


def person_of(user: User) -> Person:
    """What a user has settled of their own account."""
    return Person(
        email=user.email,
        mobile=user.mobile,
        has_verified_email=user.email_verified_at is not None,
        has_verified_mobile=user.mobile_verified_at is not None,
        has_second_factor=user.totp_enabled_at is not None,
    )


def ledger_of(db: Session, company: Company) -> Ledger:
    """Ledger of one company; its users are not counted."""
    return Ledger(holder_of(company), ledger.received(db, company.id))


def ledgers(db: Session) -> tuple[Ledger, ...]:
    """Ledgers of all companies."""
    received = ledger.received_by_company(db)
    counted = (
        select(User.company_id, func.count())
        .where(User.company_id.is_not(None), User.disabled_at.is_(None))
        .group_by(User.company_id)
    )
    users = {str(company): count for company, count in db.execute(counted)}
    return tuple(
        Ledger(holder_of(company), received.get(company.id, ledger.NOTHING), users.get(company.id, 0))
        for company in companies.all_companies(db)
    )


def _names(db: Session, visitor: Visitor | None) -> dict[str, str]:
    """Names of the companies that a visitor sees, by id."""
    asked = select(Company.id, Company.name).order_by(Company.id)
    if visitor is not None and visitor.customer is not None:
        asked = asked.where(Company.id == visitor.customer)
    return {str(company): str(name) for company, name in db.execute(asked)}


def _sees(visitor: Visitor | None, customer: str) -> bool:
    return visitor is None or visitor.customer in {None, customer}


def _channels(visitor: Visitor | None, customer: str, home: Path | None) -> SwitchChannels | None:
    if home is None or not _sees(visitor, customer):
        return None
    return under_way.channels_of(under_way.readings(home), customer)


def _account(db: Session, visitor: Visitor | None, customer: str) -> AccountAnswer:
    user = db.get(User, visitor.user_id) if visitor else None
    company = db.get(Company, customer) if _sees(visitor, customer) else None
    own = None if company is None else ledger_of(db, company)
    firing = _firing(db, visitor, customer) if _sees(visitor, customer) or customer == ALL_CUSTOMERS else ()
    return AccountAnswer(own, None if user is None else person_of(user), firing)


def _firing(db: Session, visitor: Visitor | None, customer: str) -> tuple[FiringAlert, ...]:
    """What fires of a customer's rules, and for operators of their own about it; of all of them for all."""
    keeper = Keeper(None if visitor is None else visitor.customer)
    asked = select(Alert, AlertRule).join(AlertRule, AlertRule.id == Alert.rule_id)
    asked = asked.where(Alert.ended_at.is_(None), AlertRule.removed_at.is_(None), keeper.owns(Alert))
    if customer != ALL_CUSTOMERS:
        asked = asked.where(Alert.customer == customer)
    # Of all customers together first: their own rules stand on the page's graphs.
    first = asked.order_by((Alert.customer == customer).desc(), Alert.fired_at.desc(), Alert.id.desc())
    found = db.execute(first.limit(_MOST_FIRING)).all()
    found = sorted(found, key=lambda row: (row[0].fired_at, row[0].id), reverse=True)
    names = {alert.customer for alert, _rule in found}
    held = db.execute(select(Company.id, Company.currency).where(Company.id.in_(names)))
    currencies = {str(company): str(currency) for company, currency in held}
    return tuple(_firing_of(alert, rule, currencies.get(alert.customer, "")) for alert, rule in found)


def _firing_of(alert: Alert, rule: AlertRule, currency: str) -> FiringAlert:
    return FiringAlert(
        id=alert.id,
        title=alert.title,
        standing=rule.standing or "",
        customer=alert.customer,
        metric=alert.metric,
        level=alert.level,
        value=alert.value,
        is_change=bool(rule.compared),
        is_narrowed=bool(rule.destination or rule.sip or rule.direction),
        currency=currency,
        since=alert.fired_at,
        is_acknowledged=alert.acknowledged_at is not None,
        why=alert.limits.get("why"),
    )


def _ledgers(db: Session, visitor: Visitor | None) -> tuple[Ledger, ...]:
    if visitor is not None and not visitor.is_operator:
        raise OutOfReach("the ledgers of all companies are for operators")
    return ledgers(db)


def _record(db: Session, visitor: Visitor, export: Exported) -> None:
    if export.customer == ALL_CUSTOMERS and export.page in _RECORDS_OF_CUSTOMERS:
        login = db.scalar(select(LoginSession).where(LoginSession.id_hash == visitor.session))
        if login is None or not sessions.is_recent(login):
            raise ProofNeeded(
                _("A file with the calls or balances of all customers needs your password or passkey again.")
            )
    if not _sees(visitor, export.customer) and export.customer != ALL_CUSTOMERS:
        raise OutOfReach("an export of another customer's figures")
    Actor(visitor.email, visitor.user_id, visitor.address).did(
        db,
        Event.EXPORTED,
        company_id=visitor.customer,
        what=export.page,
        form=export.form,
        rows=export.rows,
        customer=export.customer,
    )
