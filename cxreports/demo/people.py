"""The demo's people and companies: who may log in, and what each company has paid.

Payments are chosen so that each balance comes out as the demo operator's description says, whatever
the calls have cost up to now. ``demo-users.json`` in the home keeps the passwords, which are made up
anew for each home.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Final

from sqlalchemy.orm import Session

from cxreports.accounts.balances import NO_COSTS, Balance
from cxreports.desk.clerk import holder_of
from cxreports.figures.costs import costs
from cxreports.lake.store import Store
from cxreports.portal.companies import companies, ledger, number_blocks
from cxreports.portal.database import Database
from cxreports.portal.people import users
from cxreports.portal.tables import Company, Payment, PaymentKind, PaymentStatus, Role
from cxreports.private_file import write_private
from cxreports.settings import Settings
from cxreports.traffic.customers import CUSTOMERS, Customer

USERS_FILE: Final = "demo-users.json"
"""E-mail, password, company and role of each user; for the owner of the home alone."""

FIRST_NUMBER: Final = 1000
BLOCK_SIZE: Final = 1000

_OPERATOR: Final = ("olga.noc@operator.example", "Olga Novak")

_PEOPLE: Final = {
    "acme": (("ana.perez@acme.example", "Ana Pérez"), ("ben.stone@acme.example", "Ben Stone")),
    "northwind": (("ines.haddad@northwind.example", "Inès Haddad"),),
    "brightline": (
        ("grace.hill@brightline.example", "Grace Hill"),
        ("sam.reid@brightline.example", "Sam Reid"),
    ),
    "cobalt": (("dale.morris@cobalt.example", "Dale Morris"),),
    "hartmann": (("jana.hartmann@hartmann.example", "Jana Hartmann"),),
    "lumiere": (("luc.moreau@lumiere.example", "Luc Moreau"),),
    "meridian": (("nuria.soler@meridian.example", "Núria Soler"),),
    "radiotaxi": (("rui.tavares@radiotaxi.example", "Rui Tavares"),),
    "sakura": (("yuki.mori@sakura.example", "Yuki Mori"),),
    "vivacasa": (("bia.ramos@vivacasa.example", "Bia Ramos"),),
    "harbour": (("claire.roy@harbour.example", "Claire Roy"),),
    "deccan": (("asha.rao@deccan.example", "Asha Rao"),),
}
"""Invented people of each customer; the first is whom one speaks to there."""

_DEBIT_LIMITS: Final = {"northwind": 5_000, "cobalt": 100, "harbour": 1_000}
_REFERENCE: Final = "demo-"
_PAYMENTS: Final = 3
_ROUND: Final = Decimal(50)

Progress = Callable[[str], None]


def introduce(settings: Settings, tell: Progress, *, now: datetime) -> None:
    """Add companies, blocks of numbers and users that are not there yet; what is there stays as it is."""
    home = settings.home
    with closing(Database.of(settings)) as database:
        with database.writing() as db:
            known = {company.id for company in companies.all_companies(db)}
            missing = [each for each in CUSTOMERS if each.id not in known]
            for customer in missing:
                _add_company(db, customer, now)
        if missing:
            tell(f"added {len(missing)} companies")
        added = [(each[0], _add_user(database, home, *each, now)) for each in _everybody()]
    if new := [f"  {email}  {password}" for email, password in added if password]:
        tell("\n".join([f"added {len(new)} users, whose passwords {home / USERS_FILE} keeps:", *new]))


def settle(settings: Settings, *, begun: datetime, now: datetime) -> None:
    """Enter payments, so that each balance is what the demo operator's description says.

    What somebody else has entered is left out of the account: it shows in the balance.

    Parameters
    ----------
    begun
        When the calls of the demo begin.
    """
    cost = costs(Store(settings).snapshot())
    with closing(Database.of(settings)) as database, database.writing() as db:
        for customer in CUSTOMERS:
            company = companies.get(db, customer.id)
            ours = [each for each in ledger.entries(db, company.id) if _is_ours(each)]
            counted = sum(
                (each.amount for each in ours if each.status is PaymentStatus.COMPLETED), Decimal(0)
            )
            balance = Balance.of(holder_of(company), counted, cost.get(company.id, NO_COSTS))
            due = customer.balance - balance.left
            if not ours:
                due -= _pay_in(db, company, due, begun, now)
            if due:
                _enter(db, company, due, f"rest-{len(ours)}", now, kind=PaymentKind.ADJUSTMENT)


def _pay_in(db: Session, company: Company, due: Decimal, begun: datetime, now: datetime) -> Decimal:
    """Enter some round payments, one more that is on its way, and give what they add up to."""
    payment = max(Decimal(0), due / _PAYMENTS // _ROUND * _ROUND)
    if not payment:
        return payment
    for number in range(_PAYMENTS):
        made_at = begun + (now - begun) * number / _PAYMENTS
        _enter(db, company, payment, f"payment-{number + 1}", made_at)
    _enter(db, company, payment, f"payment-{_PAYMENTS + 1}", now, status=PaymentStatus.PENDING)
    return payment * _PAYMENTS


def _enter(
    db: Session,
    company: Company,
    amount: Decimal,
    reference: str,
    made_at: datetime,
    *,
    kind: PaymentKind = PaymentKind.PAYMENT,
    status: PaymentStatus = PaymentStatus.COMPLETED,
) -> None:
    ledger.add(
        db,
        company.id,
        amount,
        kind=kind,
        status=status,
        reference=f"{_REFERENCE}{reference}",
        made_at=made_at,
        now=made_at,
    )


def _is_ours(payment: Payment) -> bool:
    return (payment.reference or "").startswith(_REFERENCE)


def _add_company(db: Session, customer: Customer, now: datetime) -> None:
    companies.add(
        db,
        customer.id,
        customer.name,
        contact=_PEOPLE[customer.id][0][1],
        currency=customer.currency,
        debit_limit=_DEBIT_LIMITS.get(customer.id, 0),
        paypal=f"accounts@{customer.id}.example",
        channel_limit=customer.channel_limit,
        zone=customer.zone,
        now=now,
    )
    if number_blocks.settings(db) is None:
        number_blocks.choose_settings(db, FIRST_NUMBER, BLOCK_SIZE, now=now)
    number_blocks.assign(db, customer.id, now=now)


def _everybody() -> Iterator[tuple[str, str, str | None]]:
    yield (*_OPERATOR, None)
    for company_id, members in _PEOPLE.items():
        for email, name in members:
            yield email, name, company_id


def _add_user(
    database: Database, home: Path, email: str, name: str, company_id: str | None, now: datetime
) -> str | None:
    """Add a user, and give the password; None for one who is there already."""
    password = users.made_up_password()
    role = Role.OPERATOR if company_id is None else Role.CUSTOMER
    with database.writing() as db:
        if users.find(db, email):
            return None
        users.add(db, email, name, role=role, company_id=company_id, password=password, now=now)
        # Before the user is there for good: a password that nobody knows could not be found again.
        _keep(home, {"email": email, "password": password, "company": company_id, "role": role.value})
    return password


def _keep(home: Path, user: dict[str, str | None]) -> None:
    path = home / USERS_FILE
    kept = json.loads(path.read_text("utf-8")) if path.exists() else []
    users = [each for each in kept if each["email"] != user["email"]] + [user]
    write_private(path, (json.dumps(users, indent=1, ensure_ascii=False) + "\n").encode())
