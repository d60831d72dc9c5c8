"""Reports of a run that could not be made: told once to whoever waits for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cxreports import language
from cxreports.delivery import outbox
from cxreports.language import _
from cxreports.portal.people import users
from cxreports.portal.schedules import library, links
from cxreports.portal.schedules.period import label, period_of
from cxreports.portal.schedules.tables import RunState
from cxreports.schedules import owner

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from cxreports.portal.schedules.library import Outcome
    from cxreports.portal.schedules.tables import Run
    from cxreports.settings import Settings

_NAMED: Final = 20
"""Customers that a letter names; the page of the schedule has more."""


def tell(db: Session, run: Run, settings: Settings, now: datetime) -> None:
    """Write to whoever asked for a run, else to the schedule's owner, if some of it was not made.

    Reasons may name files and cells, so operators alone are told them. Whoever has a report made once looks
    at its page, and gets no letter.
    """
    outcome = library.outcomes(db, [run.id]).get(run.id, library.Outcome(0, 0))
    schedule, to = run.schedule, run.only_to or run.schedule.owner_email
    if not (outcome.failed or run.state == RunState.FAILED) or not to or schedule.once_key is not None:
        return
    person = users.find(db, to)
    is_operator = person is not None and person.company_id is None
    about = period_of(schedule.period, run.about_at, schedule.zone)
    with owner.language_of(db, schedule, to):
        text = state(outcome) if outcome.all else _("Failed")
        paragraphs = [
            f"{schedule.name}, {label(about.start, about.end)}: {text}.",
            *(_reasons(db, run, outcome) if is_operator else [_("The report could not be made.")]),
            f"{links.base(settings)}{links.LIBRARY}/schedule?schedule={schedule.id}",
        ]
        letter = owner.letter(
            schedule, to, owner.key("not made", run), f"{schedule.name}: {text}", paragraphs
        )
    outbox.put(db, letter, now=now)


def state(outcome: Outcome) -> str:
    """How much of a run was made: ``998 of 1,000 made``."""
    made, every = (language.number(count) for count in (outcome.made, outcome.all))
    return _("{count} of {all} made").format(count=made, all=every)


def _reasons(db: Session, run: Run, outcome: Outcome) -> Sequence[str]:
    failed = library.failed(db, run.id, None, limit=_NAMED)
    lines = [f"{part.customer}: {part.error}" for part in failed]
    more = outcome.failed - len(lines)
    return [
        *([run.error] if run.error else []),
        *([_("It could not be made for:")] if lines else []),
        *lines,
        *([_("%(count)s more") % {"count": language.number(more)}] if more > 0 else []),
    ]
