"""What receivers of a report get: a mail with its files or links, a webhook, or the files themselves."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from cxreports import clock, wording
from cxreports.delivery import outbox
from cxreports.delivery.outbox import Attachment, Channel, Message
from cxreports.language import _, speaking
from cxreports.portal.post import letters, mail
from cxreports.portal.post.outgoing import OutgoingMessage
from cxreports.portal.schedules import links, recipients
from cxreports.portal.schedules.period import label
from cxreports.portal.schedules.tables import Delivery, Part, PartState, Recipient, Run, Schedule
from cxreports.portal.tables import Company, email_key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy.orm import Session

    from cxreports.clock import Period
    from cxreports.portal.people.vault import Vault
    from cxreports.portal.post.mail import Letter
    from cxreports.portal.schedules.tables import ReportFile
    from cxreports.settings import Settings

_DAY: Final = timedelta(days=1)
_MEGABYTE: Final = 1_000_000
_NOT_IN_NAMES: Final = re.compile(r"[^\w.+-]+")
_LONGEST_NAME: Final = 60
_NONE: Final = str(None)
"""Stands for a figure that has no value, in the figures of a report."""


def file_names(
    schedule: Schedule, customer: str, period: Period, run: Run, files: Sequence[tuple[str, Path]]
) -> list[str]:
    """Names of a report's files: the same for every try, others for each schedule, customer and period.

    Where a format has several files, such as a CSV for each table, what their own names differ by follows.
    """
    stem = _stem(schedule, customer, period, run)
    names = []
    for form, path in files:
        same = [other.stem for kind, other in files if kind == form]
        own = path.stem[len(_shared(same)) :] if len(same) > 1 else ""
        names.append(f"{stem}{f'_{own}' if own else ''}.{form}")
    return names


def _shared(names: Sequence[str]) -> str:
    """What all names begin with."""
    first, last = min(names), max(names)
    alike = (index for index, (one, other) in enumerate(zip(first, last, strict=False)) if one != other)
    return first[: next(alike, min(len(first), len(last)))]


def _stem(schedule: Schedule, customer: str, period: Period, run: Run) -> str:
    last = period.end - _DAY
    parts = [schedule.name, customer, f"{period.start:%Y-%m-%d}", f"{last:%Y-%m-%d}"]
    if run.is_revision:
        parts.append(f"revised-{run.due_at:%Y-%m-%dT%H%M}")
    elif run.asked_by:
        parts.append(f"{run.due_at:%Y-%m-%dT%H%M%S}")
    return "_".join(_NOT_IN_NAMES.sub("-", part).strip("-.")[:_LONGEST_NAME] for part in parts)


@dataclass(frozen=True)
class Parcels:
    """Messages of one finished report.

    Attributes
    ----------
    before
        Figures of the report that this one revises; None for none.
    """

    schedule: Schedule
    run: Run
    part: Part
    files: Sequence[ReportFile]
    settings: Settings
    vault: Vault
    now: datetime
    before: Mapping[str, str] | None

    def put_all(self, db: Session) -> None:
        """Put them into the outbox: one for each receiver, each under a key of its own."""
        if self.run.only_to:
            company_id = self.part.company_id or self.schedule.company_id
            self._put(db, self._mail(self.run.only_to, None, company_id), None)
            return
        for recipient in recipients.active(db, self.schedule):
            self._put(db, self._message(recipient, self.schedule.company_id), recipient)
        if self.schedule.to_customers and db.get(Company, self.part.customer) is not None:
            for person in recipients.of_customer(db, self.schedule, self.part.customer, now=self.now):
                self._put(db, self._message(person, self.part.customer), person)

    def _put(self, db: Session, message: Message, recipient: Recipient | None) -> None:
        if not outbox.put(db, message, now=self.now):
            return
        message_id = db.scalars(select(OutgoingMessage.id).where(OutgoingMessage.key == message.key)).one()
        db.add(
            Delivery(
                message_id=message_id,
                report_id=self.part.id,
                recipient_id=recipient.id if recipient else None,
                is_settled=False,
            )
        )
        db.flush()

    def put_as_links(self, db: Session, delivery: Delivery) -> None:
        """Send a mail anew that was too large for the receiver's server: with links in place of its files."""
        to = delivery.message.target
        recipient = db.get(Recipient, delivery.recipient_id) if delivery.recipient_id else None
        message = self._mail(to, recipient, delivery.message.company_id, as_links=True)
        outbox.put_anew(db, message, now=self.now)

    def _message(self, recipient: Recipient, company_id: str | None) -> Message:
        channel = Channel(recipient.channel)
        if channel is Channel.MAIL:
            return self._mail(recipient.target, recipient, company_id)
        text = json.dumps(self._facts(), ensure_ascii=False) if channel is Channel.WEBHOOK else ""
        return Message(
            key=self._key(recipient.target_key),
            channel=channel,
            target=recipient.target,
            subject=self.schedule.name,
            text=text,
            company_id=company_id,
            attachments=() if channel is Channel.WEBHOOK else self._attachments(),
        )

    def _mail(
        self, to: str, recipient: Recipient | None, company_id: str | None, *, as_links: bool = False
    ) -> Message:
        stop_link = "" if recipient is None else links.unsubscribe_link(self.settings, self.vault, recipient)
        headers = links.one_click(stop_link) if stop_link else {}
        letter = replace(self.letter(to, stop_link, as_links=as_links), headers=headers)
        size = mail.size_at_most(letter, (file.size for file in self.files))
        if not as_links and size > self.settings.mail_most_mb * _MEGABYTE:
            return self._mail(to, recipient, company_id, as_links=True)
        return Message(
            key=self._key(email_key(to)),
            channel=Channel.MAIL,
            target=to,
            subject=letter.subject,
            text=letter.text,
            html=letter.html,
            company_id=company_id,
            attachments=() if as_links else self._attachments(),
            headers=headers,
        )

    def letter(self, to: str, stop_link: str = "", *, as_links: bool = False) -> Letter:
        """Mail to a receiver, without its files.

        Parameters
        ----------
        stop_link
            Address at which the receiver ends these mails; empty for one that was asked for once.
        as_links
            Whether links stand in it for the files.
        """
        with speaking(self.schedule.language):
            paragraphs = [*self._paragraphs(), *(self._file_links() if as_links else [])]
            if stop_link:
                paragraphs += [_("To get no more of these reports:"), stop_link]
            return letters.letter_of(to, self._subject(), paragraphs)

    def _key(self, to: str) -> str:
        """Names schedule, due time, customer and receiver: nothing else is ever sent under it."""
        facts = [self.schedule.id, self.schedule.created_at, self.run.due_at, self.part.customer, to]
        return "report " + json.dumps(facts, default=str, ensure_ascii=False)

    def _attachments(self) -> tuple[Attachment, ...]:
        return tuple(Attachment(file.name, file.media_type, file.path) for file in self.files)

    def _file_links(self) -> list[str]:
        addresses = [links.file_link(self.settings, self.vault, file.id, self.now) for file in self.files]
        text = _(
            "The files are too large for a mail. For {days} days they are here, once you have logged in:"
        )
        return [text.format(days=links.LIFE.days), *addresses]

    def _subject(self) -> str:
        about = f"{self.schedule.name}, {label(self.part.period_start, self.part.period_end)}"
        return _("Revised: {report}").format(report=about) if self.run.is_revision else about

    def _paragraphs(self) -> list[str]:
        start, end = self.part.period_start, self.part.period_end
        found = [f"{self.schedule.name}, {self.part.customer}: {label(start, end)} (UTC)."]
        if not self.part.is_complete:
            found.append(self._incomplete())
        if self.before is not None:
            changed = changes(self.before, self.part.figures)
            found.append(
                _("Its figures have changed since it was sent:")
                if changed
                else _("No headline figure has changed since it was sent.")
            )
            found += changed
        elif self.part.figures:
            found.append(
                " \N{MIDDLE DOT} ".join(f"{title}: {text}" for title, text in _headline(self.part.figures))
            )
        return found

    def _incomplete(self) -> str:
        if self.part.as_of is None:
            return _("There are no calls yet: the report is incomplete.")
        zone = clock.zone(self.schedule.zone)
        return _("The calls reach up to {time} ({zone}): the report is incomplete.").format(
            time=wording.moment(self.part.as_of, zone), zone=self.schedule.zone
        )

    def _facts(self) -> dict[str, Any]:
        """What a webhook says."""
        return {
            "type": "report.finished",
            "report": self.schedule.name,
            "customer": self.part.customer,
            "period": {"start": self.part.period_start.isoformat(), "end": self.part.period_end.isoformat()},
            "is_complete": self.part.is_complete,
            "is_revision": self.run.is_revision,
            "snapshot": self.part.snapshot,
            "files": [
                {
                    "name": file.name,
                    "format": file.format,
                    "bytes": file.size,
                    "url": links.file_link(self.settings, self.vault, file.id, self.now),
                }
                for file in self.files
            ],
        }


def figures_before(db: Session, part: Part) -> Mapping[str, str] | None:
    """Figures of the report that a revision follows: the newest earlier one that went to all receivers.

    None where there is none: it failed, or is not kept any more.
    """
    earlier = (
        select(Part.figures)
        .join(Run, Run.id == Part.run_id)
        .where(
            Run.schedule_id == select(Run.schedule_id).where(Run.id == part.run_id).scalar_subquery(),
            Part.customer == part.customer,
            Part.period_start == part.period_start,
            Part.period_end == part.period_end,
            Part.state == PartState.DONE.value,
            Part.id < part.id,
            Run.only_to == "",
        )
        .order_by(Part.id.desc())
        .limit(1)
    )
    return db.scalar(earlier)


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """What has changed between two states of a report's figures, a line each, as the report words them."""
    return [
        f"{title}: {old} \N{RIGHTWARDS ARROW} {new}"
        for (title, old), (_title, new) in zip(_headline(before), _headline(after), strict=True)
        if old != new
    ]


def _headline(figures: Mapping[str, str]) -> list[tuple[str, str]]:
    """Figures of a report with their names, as the report words them."""
    from cxreports.reports.contents.headline import charged  # noqa: PLC0415 (most letters need none)

    row: dict[str, Any] = {
        name: None if figures.get(name, _NONE) == _NONE else Decimal(figures[name])
        for name in ("attempts", "connected", "charge")
    }
    currency = figures.get("currency", _NONE)
    row["currency"] = None if currency == _NONE else currency
    return [
        (_("Attempts"), wording.number(row["attempts"])),
        (_("Connected"), wording.number(row["connected"])),
        (_("Charge"), charged(row)),
    ]
