"""The history of alerts as the page shows it: of a period, all of it or what nobody has taken on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from cxreports.alerts.measuring import value_of
from cxreports.alerts.sentences import length_text, level_text, title_text
from cxreports.language import _
from cxreports.portal.alerts.history import Wanted
from cxreports.web.alerts.calls_link import calls_address
from cxreports.web.alerts.worded import TONES

if TYPE_CHECKING:
    from collections.abc import Callable

    from cxreports.portal.alerts.tables import Alert, AlertRule
    from cxreports.portal.people.receivers import Receivers
    from cxreports.web.alerts.worded import Worded

ROWS: Final = 20

PERIODS_D: Final = (7, 30, 90)
"""Days that the history can be of; else it is of all times."""

FIRST: Final = "30"
ALWAYS: Final = "all"
UNACKNOWLEDGED: Final = "open"


@dataclass(frozen=True)
class Asked:
    """What of the history an address asks for.

    Attributes
    ----------
    period
        Days up to now, one of `PERIODS_D`, or `ALWAYS`.
    is_unacknowledged
        Whether only what nobody has acknowledged is asked for.
    """

    period: str
    is_unacknowledged: bool

    @classmethod
    def of(cls, ask: Callable[[str, str], str]) -> Asked:
        """What the query of an address asks for; what it gets wrong is as usual."""
        period = ask("period", FIRST)
        known = {*map(str, PERIODS_D), ALWAYS}
        return cls(period if period in known else FIRST, ask("past", "") == UNACKNOWLEDGED)

    def wanted(self, company_id: str | None, now: datetime) -> Wanted:
        """Which alerts these are, of one company or of all."""
        since = None if self.period == ALWAYS else now - timedelta(days=int(self.period))
        return Wanted(company_id=company_id, since=since, is_unacknowledged=self.is_unacknowledged)

    @property
    def period_text(self) -> str:
        """Name of the period."""
        return dict(periods())[self.period]


def periods() -> list[tuple[str, str]]:
    """Periods that can be chosen, each with its name."""
    days = {7: _("Last 7 days"), 30: _("Last 30 days"), 90: _("Last 90 days")}
    return [*((str(each), days[each]) for each in PERIODS_D), (ALWAYS, _("All times"))]


@dataclass(frozen=True)
class Past:
    """What fired once, in the history."""

    id: int
    title: str
    when: str
    whose: str
    level: str
    tone: str
    value: str
    cause: str
    lasted: str
    notices: str
    notices_tone: str
    taken_by: str
    taken_at: str
    note: str
    calls: str


def past(worded: Worded, receivers: Receivers, alert: Alert, row: AlertRule | None) -> Past:
    """A row of the history."""
    since = datetime.fromisoformat(str(alert.limits["since"]))
    ended = alert.ended_at or worded.now
    lasted = length_text(ended - since)
    notices, tone = worded.notices(alert)
    is_change = bool(alert.limits.get("compared"))
    return Past(
        id=alert.id,
        title=title_text(row.standing if row else None, alert.title),
        when=worded.moment(alert.fired_at),
        whose=worded.name(alert.customer),
        level=level_text(alert.level),
        tone=TONES[alert.level],
        value=worded.figure(alert.metric, alert.customer, value_of(alert.worst), is_change=is_change),
        cause=worded.cause(alert),
        lasted=_("lasts, {length}").format(length=lasted) if alert.ended_at is None else lasted,
        notices=notices,
        notices_tone=tone,
        taken_by=receivers.name(alert.acknowledged_by),
        taken_at=worded.moment(alert.acknowledged_at) if alert.acknowledged_at else "",
        note=alert.note,
        calls=calls_address(row, alert.customer, since - timedelta(minutes=row.sample_min), ended)
        if row
        else "",
    )
