"""The page of reports: schedules, finished reports, and deliveries with the receivers' answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from cxreports import clock
from cxreports.cdr.record import ALL_CUSTOMERS
from cxreports.delivery import outbox
from cxreports.language import _
from cxreports.portal import site_map
from cxreports.portal.companies import companies
from cxreports.portal.database import now
from cxreports.portal.people.receivers import Receivers
from cxreports.portal.schedules import library, schedules
from cxreports.web.forms.form import NO_FAULT, Fault, FormPage, Paged
from cxreports.web.forms.proof import FILE
from cxreports.web.forms.question import Question
from cxreports.web.reports import deliveries_file, rows
from cxreports.web.reports.changed import changes_since
from cxreports.web.sent import whole_number

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zoneinfo import ZoneInfo

    from sqlalchemy.orm import Session

CARDS: Final = 8
"""Finished reports that the page shows at a time, unless all are asked for."""

MORE_CARDS: Final = 48
"""Finished reports at a time where all, or those with a text, are asked for."""

_LONGEST: Final = 100


class ReportsPage(FormPage):
    """What the pages of reports share."""

    @property
    def scope(self) -> str | None:
        """Whose schedules and reports are in reach: the company's; None for everybody's."""
        return self.visitor.customer

    @property
    def shown(self) -> str | None:
        """Company whose reports are shown: for operators the one that the address names; None for all."""
        asked = self.get_query_argument("company", "")
        return self.scope if self.scope is not None or asked in {"", ALL_CUSTOMERS} else asked

    @property
    def within(self) -> ZoneInfo:
        """Zone of the page's times."""
        shell = self.shell()
        return clock.zone(shell.zone if shell else "UTC")


class ReportsHandler(ReportsPage):
    """The list."""

    operators_prove_files = True
    acts: ClassVar[Mapping[str, str]] = {
        "pause": "", "resume": "", "remove": "", "run": "", "send": "", "retry": "", "again": "",
    }  # fmt: skip

    async def get(self) -> None:
        """Show it, or send its deliveries as a file."""
        if self.get_query_argument(FILE, "") == "csv":
            self.send_file("deliveries.csv", await self.look(self._listed_deliveries))
            return
        await self._page(NO_FAULT)

    @property
    def only_missing(self) -> bool:
        """Whether only deliveries that have not arrived are asked for."""
        return self.get_query_argument("show", "") == "missing"

    def _listed_deliveries(self) -> list[tuple[str, ...]]:
        with self.database.reading() as db:
            found = library.deliveries(
                db, self.shown, only_missing=self.only_missing, limit=deliveries_file.MOST_ROWS
            )
            lines = list(deliveries_file.rows(db, found))
        self.tell_export("deliveries", len(found))
        return lines

    async def post(self) -> None:
        """Pause, resume, remove or run a schedule, or try a delivery again."""
        done = await self.attempt(self._change)
        if isinstance(done, Fault):
            await self._page(done)
            return
        kept = {name: self.get_query_argument(name, "") for name in ("company", "page", "made", "show", "q")}
        self.go(site_map.REPORTS.path, self.act, str(done), **kept)

    def question(self) -> Question | None:
        """What is asked before a schedule is removed."""
        if self.act != "remove":
            return None
        with self.database.reading() as db:
            schedule = schedules.get(db, self._number(), self.scope)
        return Question(
            _("Delete the schedule “{name}”").format(name=schedule.name),
            _("Nothing is sent by it any more. The reports that it made stay in the library."),
            _("Keep the schedule"),
        )

    def _number(self) -> int:
        return whole_number(self.get_body_argument("id", "")) or 0

    def _change(self) -> int:
        number, act = self._number(), self.act
        with self.database.writing() as db:
            if act == "retry":
                outbox.retry(db, library.delivery(db, number, self.scope).message.id)
            elif act == "again":
                part = library.report(db, number, self.scope)
                schedule = schedules.get(db, part.run.schedule_id, self.scope)
                schedules.ask_run(db, schedule, revises=part.run, by=self.actor)
            elif act in {"run", "send"}:
                only_to = self.visitor.email if act == "send" else ""
                schedules.ask_run(db, schedules.get(db, number, self.scope), only_to=only_to, by=self.actor)
            else:
                change = {"pause": schedules.pause, "resume": schedules.resume, "remove": schedules.remove}[
                    act
                ]
                change(db, schedules.get(db, number, self.scope), by=self.actor)
        return number

    async def _page(self, fault: Fault) -> None:
        values = await self.look(self._read, self.shown, self.within)
        done = self.just_done() if fault is NO_FAULT else ("",)
        self.show("reports.html.j2", fault=fault, done=self._said(*done), undo=self._undo(*done), **values)

    def _said(self, act: str = "", *_rest: str) -> str:
        return {
            "added": _("The schedule is added."),
            "changed": _("The schedule is saved."),
            "pause": _("The schedule is paused."),
            "resume": _("The schedule goes on from its next time."),
            "remove": _("The schedule is deleted."),
            "run": _("The report is being made: it appears below when it is finished."),
            "send": _("The report is being made, and goes to {email} alone.").format(
                email=self.visitor.email
            ),
            "again": _("The report is made anew and sent again, marked with what has changed."),
            "retry": _("It is tried again now."),
        }.get(act, "")

    def _undo(self, act: str = "", number: str = "", *_rest: str) -> tuple[str, str]:
        """Form that undoes what was done: its act, and what it is about."""
        return ({"pause": "resume", "resume": "pause"}.get(act, ""), number)

    def _read(self, company: str | None, zone: ZoneInfo) -> dict[str, Any]:
        sought = self.get_query_argument("q", "")[:_LONGEST]
        only_missing, present = self.only_missing, now()
        every = self.get_query_argument("show", "") == "all"
        size = MORE_CARDS if every or sought else CARDS
        is_operator = self.visitor.is_operator
        with self.database.reading() as db:
            names = {each.id: each.name for each in companies.all_companies(db)} if is_operator else {}
            if company is not None:
                names[company] = companies.get(db, company).name
            named = rows.Names(names, Receivers.of(db, self.scope))
            missing = library.deliveries(db, company, only_missing=True)
            return {
                "schedules": rows.schedule_rows(db, schedules.listed(db, company), named, zone, present),
                "made": self._made(db, company, names, zone, sought=sought, size=size),
                "sought": sought,
                "every": every,
                "urgent": [
                    rows.delivery_row(each, named, zone, present, is_operator=is_operator)
                    for each in missing
                    if each.state == library.RETRYING
                ][:3],
                "deliveries": self._deliveries(db, company, named, zone, only_missing=only_missing),
                "has_deliveries": library.count_deliveries(db, company) > 0,
                "missing": library.count_deliveries(db, company, only_missing=True),
                "only_missing": only_missing,
                "zone": zone.key,
                "kept_months": round(self.site.settings.reports_kept_days * 12 / 365),
                "company": names.get(company or "", ""),
                "company_id": (company or "") if is_operator else "",
            }

    def _made(
        self,
        db: Session,
        company: str | None,
        names: Mapping[str, str],
        zone: ZoneInfo,
        *,
        sought: str,
        size: int,
    ) -> Paged[rows.Card]:
        total = library.count_reports(db, company, sought=sought)
        number = self.page_of(total, size, named="made")
        found = library.reports(db, company, sought=sought, limit=size, offset=(number - 1) * size)
        home = self.site.home
        changed = changes_since(found, self.store, home)
        cards = [rows.card(each, names, zone, home, now(), changed.get(each.id, ())) for each in found]
        return Paged(cards, number, total > number * size, total)

    def _deliveries(
        self,
        db: Session,
        company: str | None,
        names: rows.Names,
        zone: ZoneInfo,
        *,
        only_missing: bool,
    ) -> Paged[rows.DeliveryRow]:
        total = library.count_deliveries(db, company, only_missing=only_missing)
        number = self.page_of(total, library.PAGE)
        found = library.deliveries(db, company, only_missing=only_missing, offset=(number - 1) * library.PAGE)
        listed = [
            rows.delivery_row(each, names, zone, now(), is_operator=self.visitor.is_operator)
            for each in found
        ]
        return Paged(listed, number, total > number * library.PAGE, total)


ROUTES: Final[list[tuple[Any, ...]]] = [(site_map.REPORTS.route, ReportsHandler)]
