"""Known devices: browsers that have logged in before, so that strangers' failures do not slow them down.

A cookie holds the device's token, the day on which it was given out, and two seals: one of the account that
was logged in to, one of this portal alone. It opens nothing; it decides whose failures count.
"""

import hmac
import re
import secrets
from datetime import UTC, datetime, timedelta
from typing import Final

from cxreports.portal.database import now as present
from cxreports.portal.people.vault import Vault
from cxreports.portal.tables import email_key

LIFE: Final = timedelta(days=180)
"""Time after which a device is a stranger again."""

_TOKEN_BYTES: Final = 16
_COOKIE: Final = re.compile(r"([0-9]{1,7}-[0-9a-f]{32})\.([0-9a-f]{64})\.([0-9a-f]{64})", re.ASCII)


def cookie(vault: Vault, email: str, *, now: datetime | None = None) -> str:
    """Cookie of a device that has logged in to the account of an address."""
    token = f"{_day(now)}-{secrets.token_hex(_TOKEN_BYTES)}"
    return f"{token}.{_seal(vault, token, email)}.{_seal(vault, token)}"


def of_account(vault: Vault, value: str, email: str, *, now: datetime | None = None) -> str | None:
    """Token of a device that has logged in to this account; None for any other, and when it is too old."""
    token, own, _any = _parts(value, now)
    return token if token and hmac.compare_digest(own, _seal(vault, token, email)) else None


def of_portal(vault: Vault, value: str, *, now: datetime | None = None) -> str | None:
    """Token of a device that has logged in to any account here; None for others, and when it is too old."""
    token, _own, seal = _parts(value, now)
    return token if token and hmac.compare_digest(seal, _seal(vault, token)) else None


def _parts(value: str, now: datetime | None) -> tuple[str, str, str]:
    found = _COOKIE.fullmatch(value)
    if found is None:
        return "", "", ""
    token, own, seal = found.groups()
    day = int(token.partition("-")[0])
    return (token, own, seal) if 0 <= _day(now) - day <= LIFE.days else ("", "", "")


def _day(now: datetime | None) -> int:
    return (now or present()).astimezone(UTC).toordinal()


def _seal(vault: Vault, token: str, email: str | None = None) -> str:
    if email is None:
        return vault.sign("device", token)
    return vault.sign("device of an account", f"{token} {email_key(email)}")
