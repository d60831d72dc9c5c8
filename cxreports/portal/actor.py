"""Who does something to an account, as the audit log names them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from cxreports.portal import audit


@dataclass(frozen=True)
class Actor:
    """A user at an address, or somebody at the command line.

    Attributes
    ----------
    who
        The e-mail address of the user, or what else acts.
    user_id
        The user; None where it is none of the portal's.
    address
        Network address that it comes from; empty for this machine.
    """

    who: str
    user_id: int | None = None
    address: str = ""

    def did(
        self,
        db: Session,
        event: audit.Event,
        *,
        company_id: str | None = None,
        now: datetime | None = None,
        **detail: Any,
    ) -> None:
        """Record what was done."""
        audit.record(
            db,
            event,
            who=self.who,
            user_id=self.user_id,
            company_id=company_id,
            address=self.address,
            now=now,
            **detail,
        )


CONSOLE: Final = Actor("command line")
"""Whoever can run commands on this machine."""
