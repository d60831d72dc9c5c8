"""A report made once, for whoever asks: the form, and the page that waits for it and opens it."""

from __future__ import annotations

import secrets
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar, Final

from cxreports import clock, language
from cxreports.errors import BadField, BadTime, PortalError
from cxreports.language import _, marked
from cxreports.portal import site_map
from cxreports.portal.companies import companies
from cxreports.portal.database import now
from cxreports.portal.people import users
from cxreports.portal.schedules import library, once, period, schedules
from cxreports.portal.schedules.tables import PartState, RunState
from cxreports.web.forms.form import NO_FAULT, Fault
from cxreports.web.reports import rows
from cxreports.web.reports.list_page import ReportsPage

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zoneinfo import ZoneInfo

    from cxreports.portal.schedules.tables import Part, Run, Schedule

PATH: Final = f"{site_map.REPORTS.path}/once"

DATES: Final = "dates"
"""Choice of two dates instead of a period that has a name."""

_PERIODS: Final[Mapping[str, str]] = {
    "last-week": marked("Last week"),
    "last-month": marked("Last month"),
    period.THIS_MONTH: marked("This month so far"),
    DATES: marked("Two dates"),
}

_LONGEST: Final = 100
_FIRST: Final[Mapping[str, str]] = {
    "notebook": "report", "customers": "", "period": "last-week", "first": "", "last": "", "formats": "pdf",
}  # fmt: skip


class OnceHandler(ReportsPage):
    """The form."""

    acts: ClassVar[Mapping[str, str]] = {"make": ""}

    async def get(self) -> None:
        """Show it."""
        await self._page(NO_FAULT)

    async def post(self) -> None:
        """Have the report made, and show how far it is; the form sent twice asks for one."""
        done = await self.attempt(self._ask)
        if isinstance(done, Fault):
            await self._page(done)
        else:
            self.redirect(self.address_of(f"{PATH}/{done}"), status=HTTPStatus.SEE_OTHER)

    def _ask(self) -> int:
        values = self._sent(is_form=True)
        wanted = once.Once(
            name=rows.notebook_title(values["notebook"]),
            notebook=values["notebook"],
            period=_period(values),
            formats=_listed(values["formats"]),
            language=language.current(),
            zone=self.within.key,
            customer=values["customers"],
        )
        known = self.store.snapshot().by_customer
        with self.database.writing() as db:
            owner = users.of_id(db, self.visitor.user_id)
            key = self.get_body_argument("key", "")
            run = once.ask(db, wanted, key=key, company_id=self.scope, owner=owner, by=self.actor)
            # Said at once, not by the worker: nobody waits for a report of nothing.
            if run.schedule.customers[0] not in known:
                raise PortalError(_("There are no calls to report on yet."))
            return run.id

    def _sent(self, *, is_form: bool) -> dict[str, str]:
        """What stands in the fields: what was sent or the address has, else what is usual."""
        given = self.request.body_arguments if is_form else self.request.query_arguments
        ask = self.get_body_arguments if is_form else self.get_query_arguments
        found = {name: ",".join(each[:_LONGEST] for each in ask(name)) for name in _FIRST if name in given}
        missing = {"formats": ""} if is_form else {}
        return dict(_FIRST) | missing | found

    async def _page(self, fault: Fault) -> None:
        values = await self.look(self._read)
        is_form = fault is not NO_FAULT
        self.show(
            "report_once.html.j2",
            fault=fault,
            values=self._sent(is_form=is_form),
            faults=dict(fault.faults),
            key=self._key(is_form=is_form),
            formats=schedules.FORMATS,
            notebooks=[(name, rows.notebook_title(name)) for name in schedules.NOTEBOOKS],
            periods=[(name, _(text)) for name, text in _PERIODS.items()],
            **values,
        )

    def _key(self, *, is_form: bool) -> str:
        """Key of the report that the form asks for: another one each time that the page is loaded."""
        sent = self.get_body_argument("key", "") if is_form else ""
        return sent if once.KEY.fullmatch(sent) else secrets.token_hex(16)

    def _read(self) -> dict[str, Any]:
        if self.scope is not None:
            return {"names": {}}
        with self.database.reading() as db:
            return {"names": {each.id: each.name for each in companies.all_companies(db)}}


class MadeHandler(ReportsPage):
    """How far a report is that this person asked for: in the making, ready, or failed."""

    async def get(self, asked: str) -> None:
        """Show it."""
        values = await self.look(self._read, int(asked), self.within)
        part = self.address_of(f"{PATH}/{asked}/state", zone=self.within.key)
        self.show("report_made.html.j2", part=part, path=PATH, **values)

    def _read(self, run_id: int, zone: ZoneInfo) -> dict[str, Any]:
        with self.database.reading() as db:
            run = once.run_of(db, run_id, self.visitor.user_id)
            part = library.of_run(db, run.id)
            names = {}
            if self.visitor.is_operator:
                names = {each.id: each.name for each in companies.all_companies(db)}
            is_ready = part is not None and part.state == PartState.DONE
            return {
                "card": rows.card(part, names, zone, self.site.home, now()) if part and is_ready else None,
                "is_failed": not is_ready and (part is not None or run.state != RunState.WAITING),
                "reason": self._why(run, part),
                "about": self._about(run, names),
                "since": language.date_and_time(run.due_at.astimezone(zone), "MMMd"),
                "again": self.address_of(PATH, **_asked_for(run.schedule)),
            }

    def _why(self, run: Run, part: Part | None) -> str:
        """Why it failed, for operators: it may name files and cells."""
        return (part.error if part else run.error) if self.visitor.is_operator else ""

    def _about(self, run: Run, names: Mapping[str, str]) -> str:
        schedule = run.schedule
        about = period.period_of(schedule.period, run.about_at, schedule.zone)
        whose = rows.whose_text(schedule, names) if self.visitor.is_operator else ""
        return ", ".join(
            each for each in (schedule.name, whose, period.label(about.start, about.end)) if each
        )


class MadePartHandler(MadeHandler):
    """The part of that page which the script keeps up to date: nobody's visit, and without a shell."""

    in_shell: ClassVar[bool] = False
    counts_as_visit: ClassVar[bool] = False

    async def get(self, asked: str) -> None:
        """Show it."""
        try:
            zone = clock.zone(self.get_query_argument("zone", "UTC"))
        except BadTime:
            zone = clock.zone("UTC")
        self.set_header("Cache-Control", "no-store")
        self.show("report_made_state.html.j2", **await self.look(self._read, int(asked), zone))


def _period(values: Mapping[str, str]) -> str:
    """Name of the period that the form asks for."""
    if values["period"] not in _PERIODS:
        raise BadField("period", _("Choose one of {choices}.").format(choices=", ".join(_PERIODS)))
    if values["period"] == DATES:
        return period.dates(values["first"], values["last"])
    return values["period"]


def _asked_for(schedule: Schedule) -> dict[str, str]:
    """Fields of the form that a report was asked for with."""
    first, slash, end = schedule.period.partition("/")
    chosen = {"period": schedule.period}
    if slash:
        chosen = {"period": DATES, "first": first, "last": period.last_day(end)}
    return chosen | {
        "notebook": schedule.notebook,
        "formats": ",".join(schedule.formats),
        "customers": "" if schedule.company_id else ",".join(schedule.customers),
    }


def _listed(text: str) -> list[str]:
    return [each for each in text.split(",") if each]


ROUTES: Final[list[tuple[Any, ...]]] = [
    (f"/{PATH}", OnceHandler),
    (rf"/{PATH}/(\d{{1,9}})", MadeHandler),
    (rf"/{PATH}/(\d{{1,9}})/state", MadePartHandler),
]
