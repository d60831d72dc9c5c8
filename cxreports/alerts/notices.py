"""Notices: the mails and webhooks of an alert, put into the outbox once each."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from cxreports.alerts.decision import Event, Fired, Repeated, Reset
from cxreports.alerts.sentences import (
    figure_text,
    found_text,
    length_text,
    level_text,
    rule_text,
    title_text,
)
from cxreports.cdr.record import ALL_CUSTOMERS
from cxreports.clock import zone
from cxreports.delivery import outbox
from cxreports.delivery.outbox import Channel, Message
from cxreports.language import _, ngettext, speaking
from cxreports.portal.actor import Actor
from cxreports.portal.alerts import receivers
from cxreports.portal.audit import Event as AuditEvent
from cxreports.portal.people import users
from cxreports.portal.people.vault import Vault
from cxreports.portal.schedules import links
from cxreports.portal.site_map import ALERTS
from cxreports.portal.tables import Company, User, email_key
from cxreports.wording import exact_digits, moment, number

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from zoneinfo import ZoneInfo

    from sqlalchemy.orm import Session

    from cxreports.portal.alerts.tables import Alert, AlertRule
    from cxreports.portal.database import Database
    from cxreports.portal.post.outgoing import OutgoingMessage
    from cxreports.settings import Settings

KINDS: Final = {Fired: "fired", Repeated: "repeated", Reset: "reset"}
"""Names of the events, as webhooks have them."""

WORKER: Final = Actor("worker")
"""As the audit log names what nobody did by hand."""

SETTLES: Final = timedelta(days=7)
"""So far back is looked for mail that could not be delivered."""


@dataclass(frozen=True)
class Addresses:
    """Addresses of the portal that notices have."""

    settings: Settings

    @property
    def alerts(self) -> str:
        """Where the alerts are shown."""
        return f"{links.base(self.settings)}/{ALERTS.path}"

    def stop(self, rule: AlertRule, address: str) -> str:
        """Where one receiver ends the mails of one rule."""
        token = receivers.token(Vault.of(self.settings), rule.id, address)
        return f"{links.base(self.settings)}{links.UNSUBSCRIBE}/{token}"


@dataclass(frozen=True)
class Notice:
    """What is to be said of an event.

    Attributes
    ----------
    alert
        What fired; None in a test, and in a trial.
    is_trial
        Whether it shows what would be sent.
    """

    rule: AlertRule
    customer: str
    company: Company | None
    event: Event
    alert: Alert | None
    addresses: Addresses
    is_trial: bool = False

    @property
    def kind(self) -> str:
        """Name of the event; ``test`` where nothing fired."""
        return "test" if self.alert is None and not self.is_trial else KINDS[type(self.event)]

    @property
    def _currency(self) -> str | None:
        return None if self.company is None else self.company.currency

    @property
    def _zone(self) -> ZoneInfo:
        return zone("UTC" if self.company is None else self.company.zone)

    @property
    def _name(self) -> str:
        if self.customer == ALL_CUSTOMERS:
            return _("All customers")
        return self.customer if self.company is None else self.company.name

    @property
    def _title(self) -> str:
        return title_text(self.rule.standing, self.rule.title)

    @property
    def _why(self) -> Mapping[str, Any] | None:
        """What a learned rule found; once it is over, or seen less far out, what it fired for."""
        if self.event.reading.why is not None and not isinstance(self.event, Reset):
            return self.event.reading.why
        return None if self.alert is None else self.alert.limits.get("why")

    def subject(self) -> str:
        """Subject of the mail, in the current language."""
        level, title = level_text(self.rule.level), self._title
        if self.kind == "test":
            return _("[Test] {title} – {company}").format(title=title, company=self._name)  # noqa: RUF001 (a dash)
        if isinstance(self.event, Reset):
            about = title if self._why is None else f"{title}: {self._found()}"
            return _("[Over] {title} – {company}").format(title=about, company=self._name)  # noqa: RUF001
        return f"[{level}] {title}: {self._found()} – {self._name}"  # noqa: RUF001

    def text(self, stop: str = "") -> str:
        """The mail, in the current language.

        Parameters
        ----------
        stop
            Address that ends these mails; empty for none.
        """
        last = (_("To get no more of these mails:"), stop) if stop else ()
        return "\n\n".join((*self._paragraphs(), self.addresses.alerts, *last)) + "\n"

    def payload(self) -> dict[str, Any]:
        """The webhook's JSON: figures as decimal texts, times in UTC."""
        event, rule = self.event, self.rule
        return {
            "event": self.kind,
            "alert": None if self.alert is None else self.alert.id,
            "rule": rule.id,
            "title": rule.title,
            "level": rule.level,
            "customer": self.customer,
            "metric": rule.metric,
            "change": bool(rule.compared),
            "destination": rule.destination,
            "sip": rule.sip,
            "direction": rule.direction,
            "side": "below" if rule.is_below else "above",
            "threshold": exact_digits(rule.threshold),
            "reset": exact_digits(rule.reset),
            "value": None if event.reading.value is None else f"{event.reading.value}",
            "calls": event.reading.calls,
            "why": event.reading.why,
            "at": _iso(event.at),
            "since": _iso(event.since if isinstance(event, Fired | Reset) else event.fired_at),
            "worst": f"{event.worst}" if isinstance(event, Reset) else None,
            "lasted_s": int(event.lasted.total_seconds()) if isinstance(event, Reset) else None,
            "url": self.addresses.alerts,
        }

    def mail(self, db: Session, about: str, address: str) -> Message:
        """The mail to an address, in its owner's language; all but a test have a link that ends them."""
        stop = "" if self.kind == "test" else self.addresses.stop(self.rule, address)
        with speaking(_language(db, address)):
            return Message(
                key=f"{about} {email_key(address)}",
                channel=Channel.MAIL,
                target=address,
                subject=self.subject(),
                text=self.text(stop),
                company_id=self.rule.company_id,
                headers=links.one_click(stop) if stop else {},
            )

    def posting(self, about: str, url: str) -> Message:
        """What is posted to a webhook."""
        return Message(
            key=f"{about} webhook",
            channel=Channel.WEBHOOK,
            target=url,
            subject=self.rule.title,
            text=json.dumps(self.payload(), ensure_ascii=False),
            company_id=self.rule.company_id,
        )

    def _found(self) -> str:
        rule, event = self.rule, self.event
        is_change = bool(rule.compared)
        if isinstance(event, Reset) and self._why is None:
            return figure_text(rule.metric, event.reading.value, self._currency, is_change=is_change)
        return found_text(
            rule.metric,
            event.reading.value,
            self._currency,
            event.at,
            self._zone,
            is_change=is_change,
            why=self._why,
        )

    def _paragraphs(self) -> Iterator[str]:
        event, zone_name = self.event, self._zone.key
        at = _("{time} ({zone})").format(time=moment(event.at, self._zone), zone=zone_name)
        if self.kind == "test":
            yield _("This is a test: nothing has fired.")
        if self._why is None:
            yield _("{title}: {figure} at {time}.").format(title=self._title, figure=self._found(), time=at)
        else:
            yield f"{self._title}: {self._found()}."
            yield _("Judged up to {time}.").format(time=at)
        if event.reading.calls is not None:
            yield ngettext("It is of {count} call.", "It is of {count} calls.", event.reading.calls).format(
                count=number(event.reading.calls)
            )
        if isinstance(event, Reset) and self._why is not None:
            yield _("It is over. It lasted {length}.").format(length=length_text(event.lasted))
        elif isinstance(event, Reset):
            worst = figure_text(
                self.rule.metric, event.worst, self._currency, is_change=bool(self.rule.compared)
            )
            yield _("It is over. It lasted {length}; the worst figure was {figure}.").format(
                length=length_text(event.lasted), figure=worst
            )
        elif isinstance(event, Repeated):
            yield _("It has been firing since {time}.").format(time=moment(event.fired_at, self._zone))
        yield _("The rule: {rule}.").format(rule=rule_text(self.rule, self._currency))


def put(db: Session, notice: Notice, *, now: datetime) -> int:
    """Put an event's notices into the outbox, in the transaction that records it; give how many there are."""
    rule, event = notice.rule, notice.event
    about = f"{receivers.about_alert(notice.alert.id if notice.alert else 0)}{notice.kind} {_iso(event.at)}"
    count = 0
    for address in receivers.addresses(db, rule):
        count += outbox.put(db, notice.mail(db, about, address), now=now)
    if rule.webhook:
        count += outbox.put(db, notice.posting(about, rule.webhook), now=now)
    return count


def put_test(db: Session, notice: Notice, *, email: str, webhook: str, now: datetime) -> None:
    """Put a notice that is marked as a test into the outbox, to an address and a webhook; empty for none."""
    about = f"{receivers.KEYS}test {notice.rule.id} {_iso(now)}"
    if email:
        outbox.put(db, notice.mail(db, about, email), now=now)
    if webhook:
        outbox.put(db, notice.posting(about, webhook), now=now)


def settle(database: Database, settings: Settings, now: datetime) -> int:
    """Take off receivers whose mail failed for good, with a letter to who changed the rule last; how many."""
    since = now - SETTLES
    with database.reading() as db:
        if not receivers.undeliverable(db, since):
            return 0
    with database.writing() as db:
        found = receivers.undeliverable(db, since)
        for receiver, message in found:
            rule = receiver.rule
            receivers.take_off(db, receiver, message.answer, failed_message=message.id, now=now)
            WORKER.did(
                db,
                AuditEvent.RECEIVER_REMOVED,
                company_id=rule.company_id,
                now=now,
                name=rule.title,
                target=receiver.address,
                answer=message.answer,
            )
            keeper = users.find(db, rule.changed_by)
            if keeper is not None and keeper.email_key != email_key(receiver.address):
                outbox.put(db, _letter(keeper, receiver, message, settings), now=now)
    return len(found)


def _letter(
    keeper: User, receiver: receivers.Receiver, message: OutgoingMessage, settings: Settings
) -> Message:
    rule = receiver.rule
    with speaking(keeper.language or "en"):
        title = title_text(rule.standing, rule.title)
        paragraphs = (
            _("“{report}” could not be delivered to {target}, which answered:").format(
                report=title, target=receiver.address
            ),
            message.answer,
            _("Another try would change nothing, so the address was taken off the rule."),
            _("Change whom it goes to:"),
            Addresses(settings).alerts,
        )
        return Message(
            key=f"taken off {message.key}",
            channel=Channel.MAIL,
            target=keeper.email,
            subject=_("An address was taken off “{report}”").format(report=title),
            text="\n\n".join(paragraphs) + "\n",
            company_id=rule.company_id,
        )


def _language(db: Session, address: str) -> str:
    """Language of whoever has an address; English for others."""
    return db.scalar(select(User.language).where(User.email_key == email_key(address))) or "en"


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
