"""The editor of a schedule, beside when it is due and what it will be about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from cxreports import language
from cxreports.cdr.record import ALL_CUSTOMERS
from cxreports.delivery import webhook
from cxreports.errors import BadField
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
from cxreports.portal.schedules.due import LAST_DAY, MONTH_DAYS, WEEKDAYS
from cxreports.portal.schedules.tables import Missed
from cxreports.web.forms.form import NO_FAULT, Fault
from cxreports.web.forms.question import Question
from cxreports.web.reports import preview, rows, typed
from cxreports.web.reports.typed import Editor
from cxreports.web.sent import whole_number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

    from cxreports.portal.schedules.tables import Recipient, Schedule

PATH: Final = f"{site_map.REPORTS.path}/schedule"

SHAPES: Final = ("daily", "weekly", "monthly", "cron")


class ScheduleHandler(Editor):
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
        values = self.sent(typed.FIRST, is_form=True)
        wanted = typed.wanted_of(values)
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
            kept = self._first() | copied if schedule is None else typed.values_of(schedule)
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
            "when_path": typed.WHEN,
            "preview_path": preview.PATH,
            "mail_path": preview.MAIL,
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
        return typed.values_of(schedule) | {
            "name": name if len(name) <= schedules.LONGEST_NAME else schedule.name,
            "notebook": schedule.notebook if is_ours else typed.FIRST["notebook"],
            "to": "\n".join(to),
        }

    def _first(self) -> dict[str, str]:
        """Fields of a new schedule: to oneself, in one's own language and zone."""
        asked = self.get_query_argument("company", "")
        return dict(typed.FIRST) | {
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


def weekday_names() -> list[str]:
    """Days of the week in short, Monday first, in the reader's language."""
    return [language.locale().days["stand-alone"]["abbreviated"][day] for day in range(7)]


def _why(text: str) -> str:
    return _("wants no more") if text == recipients.UNSUBSCRIBED else text


ROUTES: Final[list[tuple[Any, ...]]] = [(f"/{PATH}", ScheduleHandler)]
