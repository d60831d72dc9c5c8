"""Names, figures and times of alerts, worded for who reads the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select

from cxreports.alerts.pausing import HELD_BACK, PAUSED
from cxreports.alerts.sentences import figure_text, rule_text, why_text
from cxreports.cdr.record import ALL_CUSTOMERS
from cxreports.language import _, ngettext
from cxreports.portal.alerts.receivers import about_alert
from cxreports.portal.post.outgoing import OutgoingMessage, State
from cxreports.portal.tables import Company
from cxreports.wording import near_moment, number, time_on_the_clock

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from sqlalchemy.orm import Session

    from cxreports.portal.alerts.tables import Alert, AlertRule

TONES: Final = {"critical": "bad", "warning": "warn", "notice": "info"}
"""Tone of each level."""


class Worded:
    """Words what the page's rows have in common.

    Parameters
    ----------
    within
        Zone of their times.
    now
        Moment that they are seen from.
    """

    def __init__(self, db: Session, within: ZoneInfo, now: datetime) -> None:
        self._db = db
        self.within, self.now = within, now
        self.companies: Mapping[str, Company] = {each.id: each for each in db.scalars(select(Company))}

    def name(self, customer: str) -> str:
        """Name of a customer."""
        if customer == ALL_CUSTOMERS:
            return _("All customers")
        company = self.companies.get(customer)
        return company.name if company else customer

    def whose(self, row: AlertRule) -> str:
        """Whose calls a rule watches."""
        if row.company_id is not None:
            return self.name(row.company_id)
        return _("Every customer by itself") if row.is_each else _("All customers")

    def sentence(self, row: AlertRule) -> str:
        """What a rule says, in one line."""
        return rule_text(row, self._currency(row.company_id or ""))

    def figure(self, metric: str, customer: str, value: object, *, is_change: bool) -> str:
        """A figure of a customer, with its unit."""
        return figure_text(metric, value, self._currency(customer), is_change=is_change)  # type: ignore[arg-type]

    def cause(self, alert: Alert) -> str:
        """What a learned rule found, and what it consists of; empty for other rules."""
        why = alert.limits.get("why")
        return why_text(why, self._currency(alert.customer)) if why else ""

    def calls(self, count: int) -> str:
        """A number of calls."""
        return ngettext("{count} call", "{count} calls", count).format(count=number(count))

    def clock(self, at: datetime) -> str:
        """Time within a sentence."""
        return time_on_the_clock(at, self.within, self.now)

    def moment(self, at: datetime) -> str:
        """Time that stands alone."""
        return near_moment(at, self.within, self.now)

    def notices(self, alert: Alert) -> tuple[str, str]:
        """How many of an alert's notices have arrived, or why none were sent, and the tone of that."""
        begin = about_alert(alert.id)
        asked = (
            select(OutgoingMessage.state, func.count())
            .where(OutgoingMessage.key >= begin, OutgoingMessage.key < f"{begin[:-1]}!")
            .group_by(OutgoingMessage.state)
        )
        counts = {State(state): count for state, count in self._db.execute(asked)}
        total, sent = sum(counts.values()), counts.get(State.SENT, 0)
        why = alert.limits.get(HELD_BACK)
        if why and not sent:
            return _("Not sent: paused") if why == PAUSED else _("Not sent: muted"), ""
        if not total:
            return "", ""
        text = _("{sent} of {total} delivered").format(sent=number(sent), total=number(total))
        return text, "good" if sent == total else "bad" if State.FAILED in counts else ""

    def _currency(self, company_id: str) -> str | None:
        company = self.companies.get(company_id)
        return company.currency if company else None
