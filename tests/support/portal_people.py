"""People made by hand, and ways to look at what the database keeps and is asked."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import preloaded
import pyotp
from sqlalchemy import event, select

from cxreports.portal.people import passwords, second_factor
from cxreports.portal.tables import Company, Role, Row, User

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxreports.portal.database import Database
    from cxreports.portal.people.vault import Vault

NOON: Final = datetime(2026, 6, 1, 12, tzinfo=UTC)
PASSWORD: Final = "correct horse battery staple"
WRONG: Final = "incorrect horse battery staple"
ADDRESS: Final = "192.0.2.7"
SECRET_KEY: Final = "the key of the tests, which is long enough"


def later(**time: float) -> datetime:
    return NOON + timedelta(**time)


@lru_cache
def hash_of(password: str) -> str:
    """Hash a password once: it takes as long as it should."""
    return passwords.hashed(password)


def add_user(database: Database, email: str = "ana@example.org", **fields: Any) -> User:
    values: dict[str, Any] = {
        "name": "Ana Garcia",
        "role": Role.CUSTOMER,
        "company_id": "acme",
        "password_hash": hash_of(PASSWORD),
        "created_at": NOON,
    } | fields
    with database.writing() as db:
        if values["company_id"] and not db.get(Company, values["company_id"]):
            db.add(Company(id=values["company_id"], name="Acme", created_at=NOON))
            db.flush()
        user = User(email=email, email_key=email.lower(), **values)
        db.add(user)
    return user


def change(database: Database, user: User, **fields: Any) -> None:
    with database.writing() as db:
        kept = db.get_one(User, user.id)
        for name, value in fields.items():
            setattr(kept, name, value)


def user_now(database: Database, user: User) -> User:
    with database.reading() as db:
        return db.get_one(User, user.id)


def confirmed(database: Database, user: User, vault: Vault) -> tuple[pyotp.TOTP, list[str]]:
    """Turn the second factor on, as a user does; the code of noon is used up."""
    with database.writing() as db:
        totp = pyotp.TOTP(second_factor.begin(db, user, vault).secret)
    with database.writing() as db:
        return totp, second_factor.confirm(db, user, totp.at(NOON), vault, now=NOON)


def everything(database: Database) -> str:
    """Give every value of every row, as one text to look for secrets in."""
    with database.reading() as db:
        rows = [row for table in Row.metadata.sorted_tables for row in db.execute(select(table))]
    return "\n".join(repr(tuple(row)) for row in rows)


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """Collect the statements that the database is asked while the block runs."""
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_others: Any) -> None:
        asked.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


RACER: Final = """
import os, sys
from datetime import datetime
from cxreports.errors import CxreportsError
from cxreports.portal.people import credentials, login, verification
from cxreports.portal.database import Database
from cxreports.portal.tables import Purpose, User
from cxreports.portal.people.vault import Vault
url, time, key, *runners = sys.argv[1:]
now, vault = datetime.fromisoformat(time), Vault(key)
gate, starter = os.pipe()
ready, reporter = os.pipe()
for runner in runners:
    if os.fork() == 0:
        arguments = runner.split("|")
        database = Database(url)
        with database.reading() as db:
            user = db.query(User).order_by(User.id).first()
        os.write(reporter, b".")
        os.close(starter)
        os.read(gate, 1)
        try:
            {tried}
            outcome = "won"
        except CxreportsError as error:
            outcome = type(error).__name__
        os.write(1, (outcome + chr(10)).encode())
        os._exit(0)
for _ in runners:
    os.read(ready, 1)
os.close(gate)
os.close(starter)
for _ in runners:
    os.wait()
"""


def race(database: Database, tried: str, *runners: tuple[str, ...], now: datetime = NOON) -> list[str]:
    """Run a statement in several processes at the same moment, and give what became of each, sorted.

    Each runner is the ``arguments`` of one process. All have a connection before any may begin: they
    wait at a pipe that is closed for all of them at once.
    """
    url = database.url.render_as_string(hide_password=False)
    script = [sys.executable, "-c", RACER.format(tried=tried), url, now.isoformat(), SECRET_KEY]
    done = preloaded.run(
        [*script, *("|".join(each) for each in runners)], check=True, capture_output=True, text=True
    )
    return sorted(done.stdout.split())
