"""Slows guessing down: whoever fails again and again waits longer and longer.

Failures are counted by what was tried and by where from. They stand in the database: starting anew
forgets nothing, and several servers count together. A try is counted *before* it is looked at, so that
a hundred tries at once are a hundred tries; one that succeeds is given back.
"""

import hashlib
import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete
from sqlalchemy.orm import Session

from cxreports.portal.database import now as present
from cxreports.portal.tables import Throttle, email_key

FORGET: Final = timedelta(days=1)
"""After so long without a failure, those before are forgotten."""

_IPV6_SITE_BITS: Final = 64


@dataclass(frozen=True)
class Pace:
    """How quickly one may try.

    Attributes
    ----------
    free
        Failures before the first wait.
    first_s, longest_s
        The first wait; each further failure doubles it, up to the longest.
    recovers_s
        Time in which one failure is forgotten.
    """

    free: int
    first_s: int
    longest_s: int
    recovers_s: int

    def wait_s(self, failures: int) -> int:
        """Wait after so many failures."""
        if failures <= self.free:
            return 0
        return min(self.first_s << min(failures - self.free - 1, 20), self.longest_s)


PACES: Final = {
    # A stranger can fail at anybody's account: its owner is slowed, never kept out.
    "account": Pace(free=4, first_s=1, longest_s=30, recovers_s=900),
    # What only the owner's own browser can fail at.
    "device": Pace(free=4, first_s=1, longest_s=900, recovers_s=900),
    "device-code": Pace(free=4, first_s=1, longest_s=900, recovers_s=900),
    "session": Pace(free=4, first_s=1, longest_s=900, recovers_s=900),
    "session-code": Pace(free=4, first_s=1, longest_s=900, recovers_s=900),
    "second-factor": Pace(free=4, first_s=1, longest_s=900, recovers_s=900),
    # Many people may share an address behind one router.
    "address": Pace(free=29, first_s=1, longest_s=900, recovers_s=60),
    "send": Pace(free=0, first_s=60, longest_s=3600, recovers_s=3600),
    # Shorter than a link is good for: whoever has to wait has one in the mailbox.
    "send-account": Pace(free=2, first_s=60, longest_s=300, recovers_s=900),
    "send-device": Pace(free=2, first_s=60, longest_s=3600, recovers_s=3600),
    # Reports and notices that somebody asks for go to whomever they please.
    "send-report": Pace(free=10, first_s=60, longest_s=3600, recovers_s=300),
    # A text message costs, whatever number it is sent to.
    "send-user": Pace(free=5, first_s=60, longest_s=3600, recovers_s=3600),
    "challenge-address": Pace(free=99, first_s=1, longest_s=60, recovers_s=3),
    "challenge-device": Pace(free=99, first_s=1, longest_s=60, recovers_s=3),
    # Of known devices alone: one that logs in anew gets another token each time.
    "challenge-known": Pace(free=999, first_s=1, longest_s=60, recovers_s=1),
    "send-address": Pace(free=19, first_s=1, longest_s=3600, recovers_s=60),
}
"""How quickly, by the first word of the key."""


def account(email: str, kind: str = "account") -> str:
    """Key of an account, whether there is one or not."""
    return f"{kind} {_digest(email_key(email))}"


def device(token: str, kind: str = "device") -> str:
    """Key of a browser that has logged in before, by its token."""
    return f"{kind} {_digest(token)}"


def session(id_hash: str, kind: str = "session") -> str:
    """Key of a log-in, by the hash of its id."""
    return f"{kind} {id_hash}"


def address(network_address: str, kind: str = "address") -> str:
    """Key of a network address; IPv6 hosts choose theirs within a network, which counts as one."""
    try:
        ip = ipaddress.ip_address(network_address.partition("%")[0])
    except ValueError:
        return f"{kind} {_digest(network_address)}"
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped:
            return f"{kind} {ip.ipv4_mapped}"
        return f"{kind} {ipaddress.ip_network((ip, _IPV6_SITE_BITS), strict=False)}"
    return f"{kind} {ip}"


def second_factor(user_id: int) -> str:
    """Key of somebody's second factor."""
    return f"second-factor {user_id}"


def send(what: str, target: str) -> str:
    """Key of sending something to an address or number."""
    return f"send {what} {_digest(email_key(target))}"


def send_user(user_id: int, kind: str = "send-user") -> str:
    """Key of sending codes for a user, wherever to."""
    return f"{kind} {user_id}"


def wait_s(db: Session, *keys: str, now: datetime | None = None) -> float:
    """Seconds until a try is looked at again; 0 for at once."""
    now = now or present()
    rows = [row for key in keys if (row := _row(db, key, now))]
    return max([(row.open_at - now).total_seconds() for row in rows if row.open_at > now], default=0.0)


def failed(db: Session, *keys: str, now: datetime | None = None) -> None:
    """Count a failure, and forget those that are long ago."""
    now = now or present()
    db.execute(delete(Throttle).where(Throttle.failed_at <= now - FORGET))
    for key in keys:
        row = _row(db, key, now)
        if row is None:
            row = Throttle(key=key, failures=0, failed_at=now, open_at=now)
            db.add(row)
        pace = _pace(key)
        forgotten = int((now - row.failed_at).total_seconds()) // pace.recovers_s
        row.failures = max(row.failures - max(forgotten, 0), 0) + 1
        row.failed_at = now
        row.open_at = now + timedelta(seconds=pace.wait_s(row.failures))
    db.flush()


def attempt(db: Session, *keys: str, now: datetime | None = None) -> float:
    """Ask to try: 0 when the try may be looked at, which counts as failed until it succeeds.

    Otherwise the seconds to wait, and nothing is counted.
    """
    wait = wait_s(db, *keys, now=now)
    if wait == 0:
        failed(db, *keys, now=now)
    return wait


def succeeded(db: Session, *keys: str) -> None:
    """Take back the failure that a good try was counted as, and, of an account, those before.

    An address keeps what else was tried from it: an account of one's own opens no other.
    """
    for key in keys:
        row = db.get(Throttle, key, populate_existing=True)
        if row is None:
            continue
        if key.partition(" ")[0] == "address" and row.failures > 1:
            row.failures -= 1
            row.open_at = row.failed_at
        else:
            db.delete(row)
    db.flush()


def _row(db: Session, key: str, now: datetime) -> Throttle | None:
    row = db.get(Throttle, key, populate_existing=True)
    return row if row and row.failed_at > now - FORGET else None


def _pace(key: str) -> Pace:
    return PACES[key.partition(" ")[0]]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
