"""What is typed into the editor of a schedule, and when that is due, in words."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from cxreports import clock, wording
from cxreports.errors import PortalError
from cxreports.language import _
from cxreports.portal import site_map
from cxreports.portal.database import now
from cxreports.portal.schedules import period, schedules
from cxreports.portal.schedules.due import Timing
from cxreports.portal.schedules.tables import Missed
from cxreports.web.forms.form import Fault
from cxreports.web.reports import rows
from cxreports.web.reports.list_page import ReportsPage
from cxreports.web.sent import whole_number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from cxreports.portal.schedules.tables import Schedule

WHEN: Final = f"{site_map.REPORTS.path}/when"

SHOWN: Final = 3
"""Due times that the page foretells."""

LONGEST: Final = 4_000
"""Characters that are read of a field."""

FIRST: Final[Mapping[str, str]] = {
    "name": "", "notebook": "report", "period": "last-week", "every": "weekly", "days": "mon", "day": "1",
    "at": "07:00", "cron": "0 7 * * 1", "missed": Missed.ONCE, "wait_h": "6", "formats": "pdf", "to": "",
    "keeps": "", "language": "", "zone": "", "customers": "", "to_customers": "",
}  # fmt: skip
"""Fields of a new schedule, by name."""

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


class Editor(ReportsPage):
    """What the editor, its sentence and its mail share."""

    def sent(self, kept: Mapping[str, str], *, is_form: bool) -> dict[str, str]:
        """What stands in the fields: what was sent, else what is kept; several values with commas."""
        given = self.request.body_arguments if is_form else self.request.query_arguments
        ask = self.get_body_arguments if is_form else self.get_query_arguments
        if not given.keys() & {"every", "name"}:
            return dict(kept)
        found = {}
        for name in FIRST:
            values = [value[:LONGEST] for value in ask(name)]
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


class WhenHandler(Editor):
    """The sentence alone, for the script that follows what is typed."""

    in_shell = False

    async def get(self) -> None:
        """Answer with the part of the page, or with what is wrong at which field."""
        self.set_header("Cache-Control", "no-store")
        try:
            when = self.when(self.sent(FIRST, is_form=False))
        except PortalError as error:
            self.tell(Fault.of(error, "", {}, "at"), "at")
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
    return dict(FIRST) | {
        "name": schedule.name,
        "notebook": schedule.notebook,
        "period": schedule.period,
        "every": timing.shape,
        "days": ",".join(timing.weekdays) or FIRST["days"],
        "day": timing.day if timing.shape == "monthly" else FIRST["day"],
        "at": timing.at or FIRST["at"],
        "cron": timing.cron,
        "zone": timing.zone,
        "missed": schedule.missed,
        "wait_h": str(schedule.wait_h),
        "formats": ",".join(schedule.formats),
        "language": schedule.language,
        "customers": ",".join(schedule.customers),
        "to_customers": "1" if schedule.to_customers else "",
    }


def _exception(at: datetime, timing: Timing, *, is_missing: bool) -> str:
    local = at.astimezone(clock.zone(timing.zone))
    day = wording.day(at, clock.zone(timing.zone))
    if is_missing:
        return _("On {day} the clocks pass over {time}: it is due at {then}.").format(
            day=day, time=timing.at, then=f"{local:%H:%M}"
        )
    return _("On {day} the clocks show {time} twice: it is due at the first.").format(day=day, time=timing.at)


def _listed(text: str) -> Sequence[str]:
    return [each.strip() for each in text.split(",") if each.strip()]


ROUTES: Final[list[tuple[Any, ...]]] = [(f"/{WHEN}", WhenHandler)]
