"""Refusals in the audit log: who was refused what, from where; a flood of them fills no disk."""

from __future__ import annotations

import re
import time
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from cxreports.portal import audit

if TYPE_CHECKING:
    from collections.abc import Callable

    from cxreports.portal.audit import Event
    from cxreports.portal.database import Database
    from cxreports.visitor import Visitor

MOST_A_MINUTE: Final = 20
"""Entries about one address; the last of them says that more are left out."""

_MOST_ADDRESSES: Final = 1000
_LONGEST_PATH: Final = 100
_SECRET: Final = re.compile(r"[\w-]{20,}")


class Refusals:
    """Counts the refusals of a minute.

    Parameters
    ----------
    clock
        Seconds that go on.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._minute = clock, -1
        self._counts: Counter[str] = Counter()

    def place(self, address: str) -> int:
        """Number of this refusal among those of its address and minute, from 1; 0 for one too many."""
        minute = int(self._clock() // 60)
        if minute != self._minute:
            self._minute = minute
            self._counts.clear()
        if address not in self._counts and len(self._counts) >= _MOST_ADDRESSES:
            address = ""
        self._counts[address] += 1
        return self._counts[address] if self._counts[address] <= MOST_A_MINUTE else 0


def record_refusal(
    database: Database, event: Event, visitor: Visitor | None, address: str, detail: dict[str, Any]
) -> None:
    """Add an entry about something that was refused to a visitor, or to a stranger."""
    with database.writing() as db:
        audit.record(
            db,
            event,
            who=visitor.email if visitor else "",
            user_id=visitor.user_id if visitor else None,
            company_id=visitor.customer if visitor else None,
            address=address,
            outcome="refused",
            **detail,
        )


def shown_path(path: str) -> str:
    """Path as a log may have it: without control characters, and without what could be a link's token."""
    plain = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in path)
    return _SECRET.sub("…", plain)[:_LONGEST_PATH]
