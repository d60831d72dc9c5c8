"""The editor of a schedule, beside when it is due and what it will be about."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from itertools import islice
from typing import TYPE_CHECKING, Any, ClassVar, Final

from cxreports import clock, language, wording
from cxreports.cdr.record import ALL_CUSTOMERS
from cxreports.delivery import webhook
from cxreports.errors import BadField, PortalError
from cxreports.language import LANGUAGES, _
from cxreports.pages.view import zone_names
from cxreports.portal import site_map
from cxreports.portal.companies import companies
from cxreports.portal.database import now
from cxreports.portal.people import users
from cxreports.portal.people.receivers import Receivers
from cxreports.portal.post import targets
from cxreports.portal.post.outgoing import Channel
from cxreports.portal.schedules import library, period, recipients, schedules
from cxreports.portal.schedules.due import LAST_DAY, MONTH_DAYS, WEEKDAYS, Timing
from cxreports.portal.schedules.tables import Missed
from cxreports.web.forms.form import NO_FAULT, Fault
from cxreports.web.forms.question import Question
from cxreports.web.reports import preview, rows
from cxreports.web.reports.list_page import ReportsPage
from cxreports.web.sent import whole_number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from cxreports.portal.schedules.tables import Recipient, Schedule

PATH: Final = f"{site_map.REPORTS.path}/schedule"
WHEN: Final = f"{site_map.REPORTS.path}/when"

SHAPES: Final = ("daily", "weekly", "monthly", "cron")
SHOWN: Final = 3
"""Due times that the page foretells."""

_LONGEST: Final = 4_000
_FIRST: Final[Mapping[str, str]] = {
    "name": "", "notebook": "report", "period": "last-week", "every": "weekly", "days": "mon", "day": "1",
    "at": "07:00", "cron": "0 7 * * 1", "missed": Missed.ONCE, "wait_h": "6", "formats": "pdf", "to": "",
    "keeps": "", "language": "", "zone": "", "customers": "", "to_customers": "",
}  # fmt: skip
_SEVERAL: Final = frozenset({"days", "formats", "keeps"})


@dataclass(frozen=True)
class Due:
    """A due time as the page foretells it."""

    day: str
    utc: str
    about: str


@dataclass(frozen=True)
class When:
    """When a schedule is due, in words."""

    sentence: str
    zone: str
    is_steady: bool
    times: tuple[Due, ...]
    exceptions: tuple[str, ...]


class _Editor(ReportsPage):
    """What the editor and its sentence share."""

    def sent(self, kept: Mapping[str, str], *, is_form: bool) -> dict[str, str]:
        """What stands in the fields: what was sent, else what is kept; several values with commas."""
        given = self.request.body_arguments if is_form else self.request.query_arguments
        ask = self.get_body_arguments if is_form else self.get_query_arguments
        if not given.keys() & {"every", "name"}:
            return dict(kept)
        found = {}
        for name in _FIRST:
            values = [value[:_LONGEST] for value in ask(name)]
            found[name] = ",".join(values) if name in _SEVERAL else (values[-1] if values else "")
        return found

    def when(self, values: Mapping[str, str]) -> When:
        """Sentence, next due times and the days when clocks change, of what is typed."""
        timing = timing_of(values)
        zone = clock.zone(timing.zone)
        times = []
        for due in islice(timing.after(now()), SHOWN):
            about = period.period_before(values["period"], due, timing.zone)
            times.append(
                Due(
                    rows.moment_text(due, zone),
                    f"{due:%H:%M}",
                    period.label(about.start, about.end),
                )
            )
        sentence = timing.sentence()
        exceptions = timing.exceptional(now())
        return When(
            sentence[:1].upper() + sentence[1:],
            timing.zone,
            bool(timing.at) and not exceptions and timing.zone != "UTC",
            tuple(times),
            tuple(_exception(each.at, timing, is_missing=each.is_missing) for each in exceptions),
        )


class ScheduleHandler(_Editor):
    """The editor; what it saves sends files of calls' figures out, again and again."""

    needs_recent = True
    acts: ClassVar[Mapping[str, str]] = {"save": "name", "send": "", "remove": ""}

    async def get(self) -> None:
        """Show it."""
        await self._page(NO_FAULT)

    async def post(self) -> None:
        """Save the schedule, remove it, or send one report to whoever asks."""
        act = self.act
        done = await self.attempt({"save": self._save, "send": self._send, "remove": self._remove}[act])
        if isinstance(done, Fault):
            await self._page(done)
            return
        number, what = done
        company = self.get_query_argument("company", "")
        if act == "send":
            self.go(PATH, what, schedule=str(number), company=company)
        else:
            self.go(site_map.REPORTS.path, what, str(number), company=company)

    def question(self) -> Question | None:
        """What is asked before a schedule is removed."""
        if self.act != "remove":
            return None
        with self.database.reading() as db:
            schedule = schedules.get(db, self._asked() or 0, self.scope)
        return Question(
            _("Delete the schedule “{name}”").format(name=schedule.name),
            _("Nothing is sent by it any more. The reports that it made stay in the library."),
            _("Keep the schedule"),
        )

    @property
    def way_back(self) -> str:
        """The editor again."""
        return self.request.uri or self.base_url

    def _asked(self) -> int | None:
        return whole_number(self.get_query_argument("schedule", ""))

    def _save(self) -> tuple[int, str]:
        values = self.sent(_FIRST, is_form=True)
        wanted = wanted_of(values)
        number = self._asked()
        with self.database.writing() as db:
            if number is None:
                owner = users.of_id(db, self.visitor.user_id)
                company = self.scope
                added = schedules.add(
                    db, wanted, company_id=company, vault=self.vault, owner=owner, by=self.actor
                )
                return added.id, "added"
            schedule = schedules.get(db, number, self.scope)
            return schedules.change(db, schedule, wanted, vault=self.vault, by=self.actor).id, "changed"

    def _send(self) -> tuple[int, str]:
        with self.database.writing() as db:
            schedule = schedules.get(db, self._asked() or 0, self.scope)
            schedules.ask_run(db, schedule, only_to=self.visitor.email, by=self.actor)
            return schedule.id, "sent"

    def _remove(self) -> tuple[int, str]:
        with self.database.writing() as db:
            schedule = schedules.get(db, self._asked() or 0, self.scope)
            schedules.remove(db, schedule, by=self.actor)
            return schedule.id, "remove"

    async def _page(self, fault: Fault) -> None:
        values = await self.look(self._read, fault)
        self.show("report_schedule.html.j2", fault=fault, message=self._message(fault), **values)

    def _message(self, fault: Fault) -> str:
        if fault is not NO_FAULT or self.just_done()[0] != "sent":
            return ""
        return _("The report is being made, and goes to {email} alone.").format(email=self.visitor.email)

    def _read(self, fault: Fault) -> dict[str, Any]:
        number = self._asked()
        with self.database.reading() as db:
            schedule = None if number is None else schedules.get(db, number, self.scope)
            copied = self._copied(db) if schedule is None else {}
            kept = self._first() | copied if schedule is None else values_of(schedule)
            stay = [] if schedule is None else recipients.active(db, schedule)
            gone = [] if schedule is None else recipients.gone(db, schedule)
            names = {each.id: each.name for each in companies.all_companies(db)} if self.scope is None else {}
            newest = None if schedule is None else self._newest(db, schedule, names)
            named = rows.Names(names, Receivers.of(db, self.scope))
            found = [] if schedule is None else [schedule]
            listed = rows.schedule_rows(db, found, named, self.within, now())
            not_made = rows.not_made(db, schedule, self.scope, names) if schedule else rows.NotMade()
        values = self.sent(kept, is_form=fault.act == "save")
        kept_ids = values["keeps"].split(",") if fault.act == "save" else [str(each.id) for each in stay]
        faults = dict(fault.faults)
        when = None
        try:
            when = self.when(values)
        except BadField as error:
            faults = faults or error.faults
        return {
            "schedule": schedule,
            "title": schedule.name if schedule else _("New schedule"),
            "values": values,
            "faults": faults,
            "when": when,
            "receivers": [(each.id, rows.receiver_text(each), str(each.id) in kept_ids) for each in stay],
            "gone": [(rows.receiver_text(each), _why(each.removed_why)) for each in gone],
            "newest": newest,
            "not_made": not_made,
            "row": listed[0] if listed else None,
            "webhook_secret": self._webhook_secret(schedule, stay),
            "notebooks": self._notebooks(kept["notebook"]),
            "periods": [(name, _(text)) for name, text in period.LABELS.items()],
            "shapes": list(zip(SHAPES, (_("Daily"), _("Weekly"), _("Monthly"), _("Cron")), strict=True)),
            "weekdays": list(zip(WEEKDAYS, weekday_names(), strict=True)),
            "month_days": [(day, _("the last day") if day == LAST_DAY else day) for day in MONTH_DAYS],
            "misseds": [
                (Missed.ONCE.value, _("catch up, once")),
                (Missed.ALL.value, _("catch up, every one")),
                (Missed.SKIP.value, _("skip it")),
            ],
            "formats": schedules.FORMATS,
            "languages": list(LANGUAGES.items()),
            "zones": zone_names(),
            "names": names,
            "path": PATH,
            "when_path": WHEN,
            "preview_path": preview.PATH,
            "company_id": self.get_query_argument("company", ""),
        }

    def _webhook_secret(self, schedule: Schedule | None, stay: Sequence[Recipient]) -> str:
        """Secret that signatures are checked with, where the schedule has a webhook."""
        if schedule is None or all(each.channel != Channel.WEBHOOK for each in stay):
            return ""
        return webhook.secret(self.vault, schedule.company_id)

    def _copied(self, db: Session) -> dict[str, str]:
        """Fields of the schedule that a new one is to be like; passwords of its receivers are not copied."""
        number = whole_number(self.get_query_argument("copy", ""))
        if number is None:
            return {}
        schedule = schedules.get(db, number, self.scope)
        to = [
            each.target for each in recipients.active(db, schedule) if not targets.has_password(each.target)
        ]
        name = _("{title} (copy)").format(title=schedule.name)
        is_ours = schedule.notebook in schedules.NOTEBOOKS
        return values_of(schedule) | {
            "name": name if len(name) <= schedules.LONGEST_NAME else schedule.name,
            "notebook": schedule.notebook if is_ours else _FIRST["notebook"],
            "to": "\n".join(to),
        }

    def _first(self) -> dict[str, str]:
        """Fields of a new schedule: to oneself, in one's own language and zone."""
        asked = self.get_query_argument("company", "")
        return dict(_FIRST) | {
            "to": self.visitor.email,
            "language": language.current(),
            "zone": self.within.key,
            "customers": asked if self.scope is None and asked else ALL_CUSTOMERS,
        }

    def _notebooks(self, kept: str) -> list[tuple[str, str, str]]:
        about = {
            "report": _("figures, four graphs, destinations, endings, by day"),
            "review": _("who logged in, which alerts fired"),
            "destinations": _("where the calls went, one by one"),
        }
        names = [*schedules.NOTEBOOKS, *([] if kept in schedules.NOTEBOOKS else [kept])]
        return [(name, rows.notebook_title(name), about.get(name, "")) for name in names]

    def _newest(self, db: Session, schedule: Schedule, names: Mapping[str, str]) -> rows.Card | None:
        found = library.of_schedule(db, schedule.id, self.scope)
        return rows.card(found, names, self.within, self.site.home, now()) if found else None


class WhenHandler(_Editor):
    """The sentence alone, for the script that follows what is typed."""

    in_shell = False

    async def get(self) -> None:
        """Answer with the part of the page, or with what is wrong at which field."""
        self.set_header("Cache-Control", "no-store")
        try:
            when = self.when(self.sent(_FIRST, is_form=False))
        except PortalError as error:
            self.set_status(HTTPStatus.UNPROCESSABLE_ENTITY)
            self.finish({"faults": dict(Fault.of(error, "", {}, "at").faults)})
            return
        self.show("report_when.html.j2", when=when)


def timing_of(values: Mapping[str, str]) -> Timing:
    """When the fields of the form say that a schedule is due.

    Raises
    ------
    BadField
        They do not say it.
    """
    zone = values["zone"] or "UTC"
    match values["every"]:
        case "daily":
            return Timing.daily(values["at"], zone)
        case "weekly":
            return Timing.weekly(_listed(values["days"]), values["at"], zone)
        case "monthly":
            return Timing.monthly(values["day"], values["at"], zone)
    return Timing(values["cron"].strip(), zone)


def wanted_of(values: Mapping[str, str]) -> schedules.Wanted:
    """Schedule that the fields of the form ask for."""
    return schedules.Wanted(
        name=values["name"],
        timing=timing_of(values),
        to=[each for each in values["to"].replace(",", "\n").replace(";", "\n").split("\n") if each.strip()],
        notebook=values["notebook"],
        period=values["period"],
        formats=_listed(values["formats"]),
        language=values["language"],
        customers=_listed(values["customers"]),
        to_customers=values["to_customers"] == "1",
        missed=values["missed"],
        wait_h=values["wait_h"],
        keeps=[number for each in _listed(values["keeps"]) if (number := whole_number(each)) is not None],
    )


def values_of(schedule: Schedule) -> dict[str, str]:
    """Fields of the form of a schedule that is kept."""
    timing = schedules.timing_of(schedule)
    return dict(_FIRST) | {
        "name": schedule.name,
        "notebook": schedule.notebook,
        "period": schedule.period,
        "every": timing.shape,
        "days": ",".join(timing.weekdays) or _FIRST["days"],
        "day": timing.day if timing.shape == "monthly" else _FIRST["day"],
        "at": timing.at or _FIRST["at"],
        "cron": timing.cron,
        "zone": timing.zone,
        "missed": schedule.missed,
        "wait_h": str(schedule.wait_h),
        "formats": ",".join(schedule.formats),
        "language": schedule.language,
        "customers": ",".join(schedule.customers),
        "to_customers": "1" if schedule.to_customers else "",
    }


def weekday_names() -> list[str]:
    """Days of the week in short, Monday first, in the reader's language."""
    return [language.locale().days["stand-alone"]["abbreviated"][day] for day in range(7)]


def _exception(at: datetime, timing: Timing, *, is_missing: bool) -> str:
    local = at.astimezone(clock.zone(timing.zone))
    day = wording.day(at, clock.zone(timing.zone))
    if is_missing:
        return _("On {day} the clocks pass over {time}: it is due at {then}.").format(
            day=day, time=timing.at, then=f"{local:%H:%M}"
        )
    return _("On {day} the clocks show {time} twice: it is due at the first.").format(day=day, time=timing.at)


def _why(text: str) -> str:
    return _("wants no more") if text == recipients.UNSUBSCRIBED else text


def _listed(text: str) -> Sequence[str]:
    return [each.strip() for each in text.split(",") if each.strip()]


ROUTES: Final[list[tuple[Any, ...]]] = [(f"/{PATH}", ScheduleHandler), (f"/{WHEN}", WhenHandler)]
