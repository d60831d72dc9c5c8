"""What a run needs of the lake: how far calls reach, whose they are, and a report made of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

from cxreports.errors import NoSuchCustomer
from cxreports.figures.summary import totals
from cxreports.lake.store import Store

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from cxreports.clock import Period
    from cxreports.portal.database import Database
    from cxreports.settings import Settings

MEDIA_TYPES: Final = {
    "pdf": "application/pdf",
    "html": "text/html",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
}
"""Media type by format."""


@dataclass(frozen=True)
class Task:
    """A report to be made.

    Attributes
    ----------
    folder
        Empty folder that its files go to.
    """

    notebook: str
    customer: str
    period: Period
    formats: Sequence[str]
    language: str
    zone: str
    folder: Path


@dataclass(frozen=True)
class Made:
    """A report that was made.

    Attributes
    ----------
    files
        Format and path of each.
    snapshot, as_of
        Version of the lake, and how far its calls reach.
    figures
        Attempts, connected calls and charge, as texts.
    """

    files: Sequence[tuple[str, Path]]
    snapshot: int | None
    as_of: datetime | None
    is_complete: bool
    figures: Mapping[str, Any] = field(default_factory=dict)


class Workshop(Protocol):
    """Maker of reports; tests have one of their own."""

    def reach(self) -> datetime | None:
        """Time up to which all calls are there."""

    def customers(self) -> list[str]:
        """Ids of the customers who have calls."""

    def make(self, task: Task) -> Made:
        """Make a report."""

    def figures(self, customer: str, period: Period) -> dict[str, str]:
        """A customer's figures of a period as they are now, by which a revision is seen."""


class LakeWorkshop:
    """Makes reports of the calls of a home folder."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._store = Store(settings)

    def reach(self) -> datetime | None:
        """Time up to which the calls of every switch are there."""
        return self._store.snapshot().reach.complete

    def customers(self) -> list[str]:
        """Ids of the customers who have calls."""
        return list(self._store.customers()["customer"])

    def make(self, task: Task) -> Made:
        """Make a report by running its notebook."""
        raise NotImplementedError

    def figures(self, customer: str, period: Period) -> dict[str, str]:
        """Attempts, connected calls and charge of a period; none where the customer has no calls."""
        try:
            row = totals(self._store.snapshot(), customer, start=period.start, end=period.end).row(
                0, named=True
            )
        except NoSuchCustomer:
            return {}
        return {name: str(row[name]) for name in ("attempts", "connected", "charge", "currency")}
