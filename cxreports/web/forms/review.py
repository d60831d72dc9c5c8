"""The operator's review: the access log, filtered and page by page, and who logged in during a week."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from cxreports.clock import time
from cxreports.errors import BadField, BadTime
from cxreports.language import _
from cxreports.portal import audit, audit_text, fields, site_map
from cxreports.portal.audit import EVENTS, Event
from cxreports.portal.companies import companies
from cxreports.portal.database import now as present
from cxreports.portal.people import users
from cxreports.portal.site_map import Access
from cxreports.web.forms.form import NO_FAULT, ROWS, Fault, FormPage, Paged
from cxreports.web.forms.proof import FILE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cxreports.portal.audit import Review
    from cxreports.portal.tables import AuditEntry, Company

_DAY: Final = timedelta(days=1)
_MOST_ROWS: Final = 100_000
"""Entries that a download has."""


class _Review(FormPage):
    """What both pages need: choices of companies, times out of addresses, files."""

    access = Access.OPERATOR
    needs_recent = True

    def every_company(self) -> dict[str, Company]:
        """All companies by id, in the order in which they are listed."""
        with self.database.reading() as db:
            return {each.id: each for each in companies.like(db, "")}

    def day(self, name: str) -> datetime | None:
        """Beginning of a day that the address names, in UTC; None where it names none.

        Raises
        ------
        BadField
            It is no date.
        """
        asked = self.get_query_argument(name, "")
        try:
            return time(asked) if asked else None
        except BadTime as error:
            raise BadField(
                name, _("{typed} is no date: write such as 2026-03-29.").format(typed=asked)
            ) from error


def _options(every: dict[str, Company]) -> list[tuple[str, str]]:
    """Companies that can be chosen."""
    return [("", _("All")), *((each.id, each.name) for each in every.values())]


class LogHandler(_Review):
    """The access log."""

    async def get(self) -> None:
        """Show a page of it, or send it as a file."""
        every = await self.run(self.every_company)
        try:
            asked = self._asked()
        except BadField as error:
            self._page(Paged([]), Fault("filter", {}, error.faults), every)
            return
        if self.get_query_argument(FILE, "") == "csv":
            entries = await self.run(self._read, asked, _MOST_ROWS)
            await self.run(self.tell_export, "access log", len(entries))
            self.send_file("access-log.csv", _log_rows(entries, every))
            return
        number = self.page_number
        entries = await self.run(self._read, asked, number * ROWS + 1)
        rows = entries[(number - 1) * ROWS : number * ROWS]
        self._page(Paged(rows, number, len(entries) > number * ROWS), NO_FAULT, every)

    def _page(self, paged: Paged[AuditEntry], fault: Fault, every: dict[str, Company]) -> None:
        names = ("company", "user", "event", "since", "until")
        self.show(
            "review.html.j2",
            paged=paged,
            fault=fault,
            asked={name: self.get_query_argument(name, "") for name in names},
            company_options=_options(every),
            event_options=[("", _("All")), *((event.value, audit_text.title(event)) for event in Event)],
            title_of=audit_text.title,
            person_of=audit_text.person,
            name_of=partial(audit_text.company_name, companies=every),
            detail_of=partial(audit_text.detail, companies=every),
        )

    def _asked(self) -> dict[str, Any]:
        """Understand the filter."""
        asked = fields.each_of(
            {"events": self._events, "since": lambda: self.day("since"), "until": lambda: self.day("until")}
        )
        until = asked.pop("until")
        return {
            "company_id": self.get_query_argument("company", "") or None,
            "until": None if until is None else until + _DAY,
            **asked,
        }

    def _events(self) -> tuple[Event, ...]:
        event = self.get_query_argument("event", "")
        if event and event not in EVENTS:
            raise BadField("event", _("There is no such event."))
        return (EVENTS[event],) if event else ()

    def _read(self, asked: dict[str, Any], limit: int) -> list[AuditEntry]:
        email = self.get_query_argument("user", "").strip()
        with self.database.reading() as db:
            if email:
                user = users.find(db, email)
                if user is None:
                    return []
                asked = {**asked, "user_id": user.id}
            return audit.entries(db, limit=limit, **asked)


class WeekHandler(_Review):
    """Who logged in during seven days, from where, and who failed to."""

    async def get(self) -> None:
        """Show the week up to a day, by default the last seven days, or send it as a file."""
        company = self.get_query_argument("company", "")
        try:
            last, fault = self.day("until"), NO_FAULT
        except BadField as error:
            last, fault = None, Fault("filter", {}, error.faults)
        until = present() if last is None else last + _DAY
        review, every = await self.run(self._read, until, company or None), await self.run(self.every_company)
        if self.get_query_argument(FILE, "") == "csv":
            await self.run(self.tell_export, "weekly review", len(review.logins))
            self.send_file(f"weekly-review-{review.until - _DAY:%Y-%m-%d}.csv", _week_rows(review))
            return
        self.show(
            "week.html.j2",
            review=review,
            before=f"{review.since - _DAY:%Y-%m-%d}",
            after=f"{review.until + audit.WEEK - _DAY:%Y-%m-%d}" if last and until <= present() else "",
            asked={"company": company, "until": self.get_query_argument("until", "")},
            company_options=_options(every),
            name_of=partial(audit_text.company_name, companies=every),
            fault=fault,
        )

    def _read(self, until: datetime, company: str | None) -> Review:
        with self.database.reading() as db:
            return audit.weekly_review(db, until=until, company_id=company)


def _log_rows(entries: Iterable[AuditEntry], every: dict[str, Company]) -> Iterable[tuple[str, ...]]:
    """Lines of the log's file: ids for programs, and beside them what people read."""
    yield "time_utc", "event", "title", "user", "company", "company_name", "address", "detail"
    for each in entries:
        yield (
            _utc(each.at),
            each.event,
            audit_text.title(each.event),
            audit_text.person(each),
            each.company_id or "",
            audit_text.company_name(each.company_id, every),
            each.address,
            audit_text.detail(each, every),
        )


def _week_rows(review: Review) -> Iterable[tuple[str, ...]]:
    yield "user", "company", "logins", "failures", "last_login_utc", "last_failure_utc", "addresses"
    for each in review.logins:
        yield (
            each.who,
            each.company_id or "",
            str(each.logins),
            str(each.failures),
            _utc(each.last),
            _utc(each.last_failure),
            " ".join(each.addresses),
        )


def _utc(at: datetime | None) -> str:
    return "" if at is None else f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


ROUTES: Final[list[tuple[Any, ...]]] = [
    (site_map.REVIEW.route, LogHandler),
    ("/operator/review/week", WeekHandler),
]
