"""What a run needs of the lake: how far calls reach, whose they are, and a report made of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

from cxreports.errors import NoSuchCustomer
from cxreports.figures.summary import Asked, tables_at_once
from cxreports.lake.store import Store
from cxreports.reports.completeness import complete_until

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from cxreports.clock import Period
    from cxreports.lake.snapshot import Snapshot
    from cxreports.reports.run import Finished
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
    """Reports to be made, of the same notebook and period.

    Attributes
    ----------
    folder
        Empty folder that the files go to.
    """

    notebook: str
    customers: Sequence[str]
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
    pages
        Pages of its PDF; None without one.
    """

    files: Sequence[tuple[str, Path]]
    snapshot: int | None
    as_of: datetime | None
    is_complete: bool
    figures: Mapping[str, Any] = field(default_factory=dict)
    pages: int | None = None


class Workshop(Protocol):
    """Maker of reports; tests have one of their own.

    Attributes
    ----------
    store
        The lake that alert rules are judged on.
    batch
        Customers whose reports are made at a time; a worker that is killed loses no more.
    """

    batch: int
    store: Store

    def reach(self, end: datetime) -> datetime | None:
        """Time up to which all calls are there, for a period with this end."""

    def customers(self) -> list[str]:
        """Ids of the customers who have calls."""

    def make(self, task: Task, go_on: Callable[[], None]) -> dict[str, Made | str]:
        """Make reports; by customer, what was made or why it was not.

        Parameters
        ----------
        go_on
            Called after each customer: the worker is still at it.
        """

    def figures(self, customer: str, period: Period) -> dict[str, str]:
        """A customer's figures of a period as they are now, by which a revision is seen."""


class LakeWorkshop:
    """Makes reports of the calls of a home folder."""

    batch = 50

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.store = Store(settings)

    def reach(self, end: datetime) -> datetime | None:
        """Time up to which the calls of every switch are there, for a period with this end."""
        return complete_until(self.store.snapshot(), end)

    def customers(self) -> list[str]:
        """Ids of the customers who have calls."""
        return list(self.store.customers()["customer"])

    def make(self, task: Task, go_on: Callable[[], None]) -> dict[str, Made | str]:
        """Make reports by running their notebook, in processes beside each other."""
        from cxreports.reports.run import Failed, Form, run  # noqa: PLC0415 (a worker without work needs none)

        outcomes = run(
            task.notebook,
            customer=list(task.customers),
            period=task.period,
            # The library shows a PDF by its first page, drawn now, while the page is at hand.
            formats=[*task.formats, *([Form.THUMBNAIL] if Form.PDF in task.formats else [])],
            to=task.folder,
            language=task.language,
            zone=task.zone,
            home=self._settings,
            progress=lambda *_: go_on(),
        )
        found: dict[str, Made | str] = {}
        for customer in task.customers:
            theirs = [each for each in outcomes if each.customer == customer]
            failed = next((each for each in theirs if isinstance(each, Failed)), None)
            files = [each for each in theirs if not isinstance(each, Failed) and each.form != Form.THUMBNAIL]
            found[customer] = failed.reason if failed else self._made(customer, task, files)
        return found

    def _made(self, customer: str, task: Task, files: Sequence[Finished]) -> Made | str:
        if not files:
            return "no file was made"
        first = files[0]
        return Made(
            files=[(str(each.form), each.path.resolve()) for each in files],
            snapshot=first.snapshot,
            as_of=first.as_of,
            is_complete=all(each.is_complete for each in files),
            figures=self.figures(customer, task.period),
            pages=next((each.pages for each in files if each.pages is not None), None),
        )

    def figures(self, customer: str, period: Period) -> dict[str, str]:
        """A customer's figures of a period as they are now, by which a revision is seen."""
        (found,) = headlines(self.store.snapshot(), customer, [period])
        return found


def headlines(snapshot: Snapshot, customer: str, periods: Sequence[Period]) -> list[dict[str, str]]:
    """Attempts, connected calls, charge and its currency in each of some periods, as texts.

    They are read from the lake at once; all are empty where the customer has no calls.
    """
    try:
        tables = tables_at_once(snapshot, customer, [Asked(period) for period in periods])
    except NoSuchCustomer:
        return [{} for _ in periods]
    rows = [table.row(0, named=True) for table in tables]
    return [
        {name: str(row[name]) for name in ("attempts", "connected", "charge", "currency")} for row in rows
    ]
