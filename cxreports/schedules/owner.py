"""Letters to whoever made a schedule: what became of it, in their own language."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cxreports.delivery.outbox import Channel, Message
from cxreports.language import speaking
from cxreports.portal.people import users
from cxreports.portal.post import letters

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from sqlalchemy.orm import Session

    from cxreports.portal.schedules.tables import Run, Schedule


def language_of(db: Session, schedule: Schedule, email: str) -> AbstractContextManager[None]:
    """Speak the language of a person, else that of the schedule, while the block runs."""
    person = users.find(db, email)
    return speaking((person.language if person else "") or schedule.language)


def letter(schedule: Schedule, to: str, key: str, subject: str, paragraphs: Sequence[str]) -> Message:
    """Letter about a schedule, to its owner or whoever asked for a run."""
    written = letters.letter_of(to, subject, paragraphs)
    return Message(
        key=key,
        channel=Channel.MAIL,
        target=to,
        subject=written.subject,
        text=written.text,
        html=written.html,
        company_id=schedule.company_id,
    )


def key(about: str, run: Run) -> str:
    """Key under which a run's owner is written to about something once, however often it comes up."""
    schedule = run.schedule
    facts = [schedule.id, schedule.created_at, run.due_at]
    return f"{about} {json.dumps(facts, default=str)}"
