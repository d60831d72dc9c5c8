"""Pages that are forms and lists: what is sent is done, and the page shown again says so.

What is wrong stands at its field, with all that was typed. A list is shown page by page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, TypeVar
from urllib.parse import urlencode

import tornado.web

from cxreports import wording
from cxreports.csv_files import MEDIA_TYPE, csv_of_rows
from cxreports.errors import BadDatabase, BadField, BadKey, LoginRefused, NotThere, PortalError
from cxreports.portal.actor import Actor
from cxreports.portal.audit import Event
from cxreports.web.forms.done import SaysDone
from cxreports.web.forms.question import AskingPage
from cxreports.web.sent import whole_number

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence

    from cxreports.lake.store import Store

T = TypeVar("T")

At = str | Mapping[type[PortalError], str]
"""Field at which a refusal is shown that names none, for all or by kind of error; empty: above the page."""

ROWS: Final = 50
"""Rows of a list that a page shows."""

_MOST_PAGES: Final = 10_000


@dataclass(frozen=True)
class Fault:
    """What could not be done.

    Attributes
    ----------
    act
        Which form of the page was sent.
    typed
        What was typed into it.
    faults
        What is wrong, by field.
    wrong
        What is wrong with no field in particular.
    wait_s
        Seconds until another try is looked at; 0 for at once.
    """

    act: str = ""
    typed: Mapping[str, str] = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)
    wrong: str = ""
    wait_s: float = 0.0

    @classmethod
    def of(cls, error: PortalError, act: str, typed: Mapping[str, str], at: At = "") -> Fault:
        """Fault of a form that was refused.

        Parameters
        ----------
        at
            Field of an error that names none itself.
        """
        name = at if isinstance(at, str) else at.get(type(error), "")
        faults = {name: str(error)} if name else {}
        faults = dict(error.faults) if isinstance(error, BadField) else faults
        wait_s = error.wait_s if isinstance(error, LoginRefused) else 0.0
        return cls(act, typed, faults, "" if faults else str(error), wait_s)

    @property
    def status(self) -> HTTPStatus:
        """Status of the page that shows it."""
        return HTTPStatus.TOO_MANY_REQUESTS if self.wait_s else HTTPStatus.UNPROCESSABLE_ENTITY


NO_FAULT: Final = Fault()


@dataclass(frozen=True)
class Paged(Generic[T]):
    """A page of a list.

    Attributes
    ----------
    rows
        Of this page.
    number
        Of the page, from 1.
    has_more
        Whether a page follows.
    total
        Rows in all; None where they are not counted.
    """

    rows: Sequence[T]
    number: int = 1
    has_more: bool = False
    total: int | None = None

    @classmethod
    def of(cls, rows: Sequence[T], number: int) -> Paged[T]:
        """Cut a page out of a whole list."""
        number = min(number, last_page(len(rows), ROWS))
        first = (number - 1) * ROWS
        return cls(rows[first : first + ROWS], number, len(rows) > first + ROWS, len(rows))

    @property
    def first(self) -> int:
        """Place of the page's first row in a list that is counted, from 1."""
        before = (self.number - 1) * len(self.rows) if self.has_more else (self.total or 0) - len(self.rows)
        return before + 1

    @property
    def last(self) -> int:
        """Place of the page's last row in a list that is counted."""
        return self.first + len(self.rows) - 1


@dataclass(frozen=True)
class Tag:
    """A state as a tag: its text, its colour, whether it needs nobody (full) or is at rest (hollow)."""

    text: str
    tone: str = ""
    is_full: bool = False


def last_page(total: int, size: int) -> int:
    """Number of the last page of a list, from 1; an empty list has one page."""
    return max(1, -(-total // size))


class FormPage(SaysDone, AskingPage):
    """A page of forms.

    Each form says in ``act`` what it is for. A subclass lists its `acts`, each with the field at which a
    refusal is said that names none; an empty one is said above the page.
    """

    acts: ClassVar[Mapping[str, str]] = {}

    @property
    def store(self) -> Store:
        """The lake, with the calls of every customer: a page asks it for one at a time."""
        store: Store = self.settings["cx_store"]
        return store

    @property
    def actor(self) -> Actor:
        """Who asks, as the audit log names them."""
        return Actor(self.visitor.email, self.visitor.user_id, self.address)

    @property
    def page_number(self) -> int:
        """Which page of a list is asked for, from 1."""
        return self._asked_page("page")

    def page_of(self, total: int, size: int, *, named: str = "page") -> int:
        """Which page of a list of so many rows is asked for, from 1; at most the last one."""
        return min(self._asked_page(named), last_page(total, size))

    def _asked_page(self, named: str) -> int:
        asked = self.get_query_argument(named, "1")
        return min(max(1, whole_number(asked) or 1), _MOST_PAGES)

    @property
    def act(self) -> str:
        """What the form is for that was sent."""
        asked: str = self.get_body_argument("act", "")
        if asked not in self.acts:
            raise tornado.web.HTTPError(HTTPStatus.BAD_REQUEST)
        return asked

    def typed(self) -> dict[str, str]:
        """What was sent, by field; of several values the last one."""
        return {name: self.get_body_argument(name) for name in self.request.body_arguments if name != "_xsrf"}

    async def attempt(self, do: Callable[..., T], *arguments: Any) -> T | Fault:
        """Do what a form asks for that says in ``act`` what it is for; see `attempted`."""
        act = self.act
        return await self.attempted(self.run(do, *arguments), act=act, typed=self.typed(), at=self.acts[act])

    async def attempted(
        self,
        work: Awaitable[T],
        *,
        act: str = "",
        typed: Mapping[str, str] = MappingProxyType({}),
        at: At = "",
    ) -> T | Fault:
        """Outcome of what a form asks for; what cannot be done comes back as a fault."""
        try:
            return await work
        except (BadDatabase, BadKey):
            # For the operator's log alone: they name files and servers.
            raise
        except PortalError as error:
            return Fault.of(error, act, typed, at)

    def tell(self, fault: Fault, at: str) -> None:
        """Answer a script with what is wrong, by field; what belongs to no field is told at one."""
        self.set_status(HTTPStatus.UNPROCESSABLE_ENTITY)
        self.finish({"faults": dict(fault.faults) or {at: fault.wrong}})

    async def refuse(self, fault: Fault) -> None:
        """Show the question again that a form was sent from, with what is wrong."""
        if fault.wait_s:
            self.set_header("Retry-After", str(int(fault.wait_s) + 1))
        await self.ask_once_more(fault.faults, fault.wrong, fault.status)

    async def look(self, do: Callable[..., T], *arguments: Any) -> T:
        """Read what a page shows; what its address names and does not exist is not found."""
        try:
            return await self.run(do, *arguments)  # type: ignore[no-any-return]
        except NotThere as error:
            raise tornado.web.HTTPError(HTTPStatus.NOT_FOUND) from error

    def go(self, path: str, *done: str, **query: str) -> None:
        """Show a page after something was done: loading it again does nothing again.

        Parameters
        ----------
        done
            What was done, and the figures of it, which the page says once (`just_done`).
        """
        if done:
            self.keep_done(path, *done)
        self.redirect(self.address_of(path, **query), status=HTTPStatus.SEE_OTHER)

    def send_file(self, name: str, rows: Iterable[Iterable[str]]) -> None:
        """Answer with a CSV file that no spreadsheet computes."""
        self.set_header("Content-Type", MEDIA_TYPE)
        self.set_header("Content-Disposition", f'attachment; filename="{name}"')
        self.set_header("Cache-Control", "no-store")
        self.finish(csv_of_rows(rows))

    def tell_export(self, what: str, rows: int) -> None:
        """Note in the log that a file was taken from it."""
        with self.database.writing() as db:
            self.actor.did(db, Event.EXPORTED, what=what, rows=rows)

    def address_of(self, path: str, **query: str) -> str:
        """Address of a page of this portal."""
        asked = {name: value for name, value in query.items() if value}
        return f"{self.base_url}{path}" + (f"?{urlencode(asked)}" if asked else "")

    def with_query(self, **changed: str | int) -> str:
        """Address of this page with some of its query changed."""
        kept = {name: self.get_query_argument(name) for name in self.request.query_arguments}
        asked = {name: value for name, value in (kept | changed).items() if value != ""}
        return f"{self.request.path}?{urlencode(asked)}"

    def show(self, template: str, status: int = HTTPStatus.OK, **values: Any) -> None:
        """Answer with a page; with a fault in it, the status says so."""
        fault: Fault = values.get("fault", NO_FAULT)
        if fault is not NO_FAULT:
            status = fault.status
            if fault.wait_s:
                self.set_header("Retry-After", str(int(fault.wait_s) + 1))
        super().show(
            template,
            status,
            **{
                "fault": NO_FAULT,
                "wrong": fault.wrong,
                "faulty": len(fault.faults),
                "with_query": self.with_query,
                "address_of": self.address_of,
                "amount": partial(wording.money, exact=True),
                "rounded": wording.money,
                "count": wording.number,
                "moment": wording.moment,
                "day": wording.day,
                **values,
            },
        )
