"""People made by hand, for tests that need some."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from cxreports.portal import passwords
from cxreports.portal.tables import Company, Role, User

if TYPE_CHECKING:
    from cxreports.portal.database import Database

NOON: Final = datetime(2026, 6, 1, 12, tzinfo=UTC)
PASSWORD: Final = "correct horse battery staple"
ADDRESS: Final = "192.0.2.7"


@lru_cache
def hash_of(password: str) -> str:
    """Hash a password once: it takes as long as it should."""
    return passwords.hashed(password)


def add_user(database: Database, email: str = "ana@example.org", **fields: Any) -> User:
    values: dict[str, Any] = {
        "name": "Ana",
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
