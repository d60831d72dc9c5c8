"""All notices of a company held back for a time, as the page of alerts offers it and says it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from cxreports.alerts import pausing
from cxreports.alerts.sentences import length_text
from cxreports.language import _
from cxreports.portal.alerts import pauses
from cxreports.portal.database import now

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from sqlalchemy.orm import Session

    from cxreports.portal.alerts.tables import NoticePause
    from cxreports.portal.people.receivers import Receivers
    from cxreports.web.alerts.alerts_page import AlertsPage
    from cxreports.web.alerts.worded import Worded

PAUSE: Final = "pause_notices"
RESUME: Final = "resume_notices"

HOURS: Final = (1, 8)
"""Lengths to choose from; else it lasts until a time."""

_MORNING_H: Final = 8
_FIELD: Final = "%Y-%m-%dT%H:%M"
"""A local time as browsers put it into a field."""


@dataclass(frozen=True)
class Line:
    """A pause in force: whose rules, which company the form that ends it names, and what is to be said."""

    whose: str
    company: str
    text: str


@dataclass(frozen=True)
class Choices:
    """How long a pause can last: hours with their names, and the times that a field takes."""

    hours: tuple[tuple[int, str], ...]
    until: str
    first: str
    last: str


def change(db: Session, page: AlertsPage, act: str) -> None:
    """Pause or resume the notices of the visitor's company; of operators that of the form, or their own."""
    keeper, by = page.keeper, page.actor
    company_id = page.get_body_argument("company", "") or None
    if act == RESUME:
        pauses.end(db, keeper, by=by, company_id=company_id)
        return
    length, present = page.length_of("hours", pauses.LONGEST), now()
    typed = page.get_body_argument("until", "")
    until = present + length if length else _typed(typed, page.within)
    pausing.pause(db, keeper, until or present, by=by, company_id=company_id, now=present)


def line(pause: NoticePause, worded: Worded, receivers: Receivers) -> Line:
    """What the page says of a pause."""
    text = _("No notices are sent until {time}. Paused by {name}, {since}; everything is judged and shown.")
    return Line(
        _("Rules of the operators") if pause.company_id is None else worded.name(pause.company_id),
        pause.owner,
        text.format(
            time=worded.moment(pause.until),
            name=receivers.name(pause.paused_by),
            since=worded.moment(pause.since),
        ),
    )


def choices(within: ZoneInfo, present: datetime) -> Choices:
    """How long a pause can last; a time of one's own begins as tomorrow morning."""
    local = present.astimezone(within)
    morning = (local + timedelta(days=1)).replace(hour=_MORNING_H, minute=0)
    return Choices(
        tuple((each, length_text(timedelta(hours=each))) for each in HOURS),
        f"{morning:{_FIELD}}",
        f"{local:{_FIELD}}",
        f"{local + pauses.LONGEST:{_FIELD}}",
    )


def _typed(text: str, within: ZoneInfo) -> datetime | None:
    """Time that was typed, on the page's clock; None for what is none."""
    try:
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=within)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
