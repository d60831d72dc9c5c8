"""The desk of a page: its questions by name, whoever answers them."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from cxreports.desk.line import ask
from cxreports.desk.requests import Account, Channels, Choices, Exported, Keep, Ledgers, Names
from cxreports.errors import NotBound
from cxreports.visitor import PORTAL_VARIABLE, line

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cxreports.desk.answers import AccountAnswer, Ledger
    from cxreports.desk.requests import Request
    from cxreports.portal.feeds.under_way import SwitchChannels
    from cxreports.visitor import Line


class Desk(ABC):
    """Whom a page asks about people and accounts, and tells what it must not forget."""

    def names(self) -> dict[str, str]:
        """Names of the companies that the visitor may see, by id."""
        found: dict[str, str] = self._answer(Names())
        return found

    def account(self, customer: str) -> AccountAnswer:
        """A customer's account, as far as the visitor may see it."""
        found: AccountAnswer = self._answer(Account(customer=customer))
        return found

    def channels(self, customer: str) -> SwitchChannels | None:
        """Channels of a customer that are in use now; None where no switch is asked."""
        found: SwitchChannels | None = self._answer(Channels(customer=customer))
        return found

    def ledgers(self) -> tuple[Ledger, ...]:
        """Ledgers of all companies.

        Raises
        ------
        OutOfReach
            The visitor is no operator.
        """
        found: tuple[Ledger, ...] = self._answer(Ledgers())
        return found

    def choices(self) -> dict[str, str]:
        """What the visitor has chosen for the pages, on whichever device."""
        found: dict[str, str] = self._answer(Choices())
        return found

    def keep(self, changed: Mapping[str, str]) -> None:
        """Keep choices for the visitor, beside those that were made before.

        Raises
        ------
        PortalError
            One of them is no choice.
        """
        self._answer(Keep(changed=dict(changed)))

    def record_export(self, page: str, form: str, rows: int, customer: str) -> None:
        """Record in the audit log that a file is about to be sent to the visitor.

        Raises
        ------
        ProofNeeded
            It holds calls or balances of all customers, and the password was given long ago.
        """
        asked = {"page": page, "form": form, "rows": rows, "customer": customer}
        self._answer(Exported.model_validate(asked))

    @abstractmethod
    def _answer(self, request: Request) -> Any:
        """Answer of a request."""


class ServersDesk(Desk):
    """The desk of a portal's page, which opens no database: the server answers."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def _answer(self, request: Request) -> Any:
        return ask(self._line, request)


def desk_of(home: Path) -> Desk:
    """Desk of this process: the server's in a page of a portal, else one that opens the home's database.

    Raises
    ------
    NotBound
        The process is a portal's, and has no line to the server.
    """
    own = line()
    if own is not None:
        return ServersDesk(own)
    if PORTAL_VARIABLE in os.environ:
        raise NotBound("this page's process has no line to the server, so it asks nobody")
    from cxreports.desk.clerk import Clerk  # noqa: PLC0415 (a page of the portal never imports the database)
    from cxreports.portal.database import database_of  # noqa: PLC0415

    return Clerk(database_of(home), home)
