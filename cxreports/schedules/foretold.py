"""The mail that a schedule would send if it were due now."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cxreports.portal.schedules import links
from cxreports.portal.schedules.period import period_before
from cxreports.portal.schedules.tables import Part, Run, Schedule
from cxreports.schedules.messages import Parcels, file_names
from cxreports.schedules.workshop import headlines

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from cxreports.lake.snapshot import Snapshot
    from cxreports.portal.people.vault import Vault
    from cxreports.portal.post.mail import Letter
    from cxreports.portal.schedules.schedules import Wanted
    from cxreports.settings import Settings


@dataclass(frozen=True)
class Foretold:
    """A mail to nobody yet, and the names of its files: one a format, though CSV may be several."""

    letter: Letter
    files: Sequence[str]


def foretold(
    wanted: Wanted, customer: str, snapshot: Snapshot, settings: Settings, vault: Vault, *, now: datetime
) -> Foretold:
    """Mail of a customer's report, with the figures of the calls that are there by now.

    Raises
    ------
    BadField
        There is no such period.
    """
    about = period_before(wanted.period, now, wanted.timing.zone)
    # Rows that no database has: what is sent is worded from them.
    schedule = Schedule(name=wanted.name, language=wanted.language, zone=wanted.timing.zone)
    run = Run(due_at=now, about_at=now, asked_by="", only_to="", is_revision=False)
    (figures,) = headlines(snapshot, customer, [about])
    part = Part(
        customer=customer,
        period_start=about.start,
        period_end=about.end,
        is_complete=True,
        as_of=None,
        figures=figures,
    )
    letter = Parcels(schedule, run, part, (), settings, vault, now, None).letter("", links.any_stop(settings))
    files = [(form, Path(form)) for form in wanted.formats]
    return Foretold(letter, file_names(schedule, customer, about, run, files))
