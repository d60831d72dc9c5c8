"""A workshop that needs no lake: its reports are small CSV files, its calls reach as far as a test says."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from portal_people import SECRET_KEY, add_user

from cxreports.portal.people.vault import Vault
from cxreports.portal.schedules import schedules
from cxreports.portal.schedules.due import Timing
from cxreports.portal.schedules.schedules import Wanted
from cxreports.portal.tables import Company
from cxreports.schedules.worker import Worker
from cxreports.schedules.workshop import Made, Task
from cxreports.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cxreports.clock import Period
    from cxreports.portal.database import Database
    from cxreports.portal.schedules.tables import Schedule
    from cxreports.portal.tables import User

FAR: datetime = datetime(2100, 1, 1, tzinfo=UTC)


class Bench:
    """Makes reports out of thin air, one at a time."""

    batch = 1
    store: Any = None

    def __init__(self, customers: tuple[str, ...] = ("acme", "hartmann")) -> None:
        self.reached: datetime | None = FAR
        self.ids = list(customers)
        self.failing: set[str] = set()
        self.tasks: list[Task] = []
        self.now_figures = {"attempts": "100", "connected": "47", "charge": "12.5", "currency": "USD"}
        self.padding = 0

    def reach(self, end: datetime) -> datetime | None:
        del end
        return self.reached

    def customers(self) -> list[str]:
        return self.ids

    def make(self, task: Task, go_on: Callable[[], None]) -> dict[str, Made | str]:
        self.tasks.append(task)
        (customer,) = task.customers
        made = f"{customer} has no calls" if customer in self.failing else self._made(task, customer)
        go_on()
        return {customer: made}

    def _made(self, task: Task, customer: str) -> Made:
        files = []
        for form in task.formats:
            path = task.folder / f"report.{form}"
            path.write_bytes(f"{customer},{task.period}\r\n".encode() + b"x" * self.padding)
            files.append((form, path))
        whole = self.reached is not None and self.reached >= task.period.end
        pages = 2 if "pdf" in task.formats else None
        return Made(files, 214, self.reached, whole, dict(self.now_figures), pages)

    def figures(self, customer: str, period: Period) -> dict[str, str]:
        del customer, period
        return dict(self.now_figures)


class Clock:
    """Shows what a test sets."""

    def __init__(self, at: str) -> None:
        self.now = moment(at)

    def __call__(self) -> datetime:
        return self.now

    def set(self, at: str) -> None:
        self.now = moment(at)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def company(database: Database, company_id: str, name: str = "") -> None:
    with database.writing() as db:
        if db.get(Company, company_id) is None:
            db.add(Company(id=company_id, name=name or company_id.title(), created_at=moment("2026-01-01")))


def schedule(
    database: Database, now: datetime, *, company_id: str | None = "acme", **wanted: Any
) -> Schedule:
    """Add a schedule as its owner would, by default of every Monday, 07:00 in Madrid."""
    owner = wanted.pop("owner", None)
    values = {
        "name": "Weekly quality",
        "timing": Timing("0 7 * * 1", "Europe/Madrid"),
        "to": ("ben@acme.example",),
        "formats": ("csv",),
    } | wanted
    with database.writing() as db:
        return schedules.add(
            db, Wanted(**values), company_id=company_id, vault=Vault(SECRET_KEY), owner=owner, now=now
        )


def person(database: Database, email: str, company_id: str | None = "acme", **more: Any) -> User:
    return add_user(database, email, company_id=company_id, email_verified_at=moment("2026-01-01"), **more)


def worker(database: Database, home: Path, bench: Bench, clock: Clock, **settings: Any) -> Worker:
    chosen = Settings(home=home, secret_key=SECRET_KEY, **settings)
    return Worker(database, chosen, bench, clock)
