"""What a rule would have done, as its editor shows it: sentence, graph, times, what would be sent."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from cxreports import language
from cxreports.alerts.decision import Fired
from cxreports.alerts.notices import Addresses, Notice
from cxreports.alerts.replay import DAYS, Episode, Replay, replay
from cxreports.alerts.rule import Reading, Rule
from cxreports.alerts.sentences import figure_text, length_text, metric_text, rule_text, why_text
from cxreports.alerts.surroundings import surroundings
from cxreports.clock import from_microseconds, zone
from cxreports.language import _, ngettext
from cxreports.portal.alerts.watched import WATCHED
from cxreports.portal.schedules import links
from cxreports.portal.tables import Company
from cxreports.web.alerts import drawing
from cxreports.web.alerts.calls_link import calls_address
from cxreports.wording import number

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from cxreports.lake.store import Store
    from cxreports.portal.alerts.tables import AlertRule
    from cxreports.portal.database import Database
    from cxreports.settings import Settings

POINTS: Final = 720
MOST_LISTED: Final = 12
"""Times that are listed, the last ones."""

_AROUND: Final = timedelta(hours=2)
_ROOM: Final = 4.0


@dataclass(frozen=True)
class Shown:
    """A time for which the rule would have fired.

    Attributes
    ----------
    number
        In the graph and in the list.
    spark
        Curve around it; None where there is nothing to draw.
    """

    number: int
    when: str
    text: str
    spark: drawing.Curve | None
    calls: str


@dataclass(frozen=True)
class Band:
    """A time in the graph, per cent; with its number where there is room for it."""

    left: float
    width: float
    number: int = 0


@dataclass(frozen=True)
class Choice:
    """Another threshold, and how often it would have fired."""

    threshold: str
    reset: str
    text: str
    times: str
    is_own: bool


@dataclass(frozen=True)
class Preview:
    """What stands beside the form.

    Attributes
    ----------
    sentence
        The rule in wording.
    recipients
        How many are notified, in wording.
    subject, text
        The mail.
    webhook
        JSON that is posted, a line for each value; empty where nothing is.
    count
        How often it would have fired; None where there is nothing to replay.
    """

    sentence: str
    recipients: str
    subject: str = ""
    text: str = ""
    webhook: str = ""
    count: int | None = None
    span: str = ""
    whose: str = ""
    legend: str = ""
    gaps: str = ""
    curve: drawing.Curve | None = None
    ticks: tuple[drawing.Mark, ...] = ()
    times: tuple[drawing.Mark, ...] = ()
    limit: str = ""
    reset: str = ""
    shown: tuple[Shown, ...] = ()
    bands: tuple[Band, ...] = ()
    choices: tuple[Choice, ...] = ()
    is_below: bool = True

    @property
    def title(self) -> str:
        """How often it would have fired, in wording."""
        if self.count is None:
            return _("There are no calls to try it on yet")
        return ngettext(
            "Would have fired {count} time in the last 30 days",
            "Would have fired {count} times in the last 30 days",
            self.count,
        ).format(count=number(self.count))

    @property
    def left_out(self) -> int:
        """Times that are not listed."""
        return (self.count or 0) - len(self.shown)


def preview_of(
    database: Database,
    store: Store,
    settings: Settings,
    row: AlertRule,
    customer: str,
    *,
    now: datetime,
    within: ZoneInfo,
) -> Preview:
    """Preview of a rule, kept or only typed.

    Parameters
    ----------
    customer
        Whose calls it is tried on.
    within
        Zone of its times.
    """
    with database.reading() as db:
        company = db.get(Company, customer)
        around = surroundings(db, store.snapshot(), since=now - timedelta(days=DAYS + 1))
    local = zone(company.zone) if company else None
    found = replay(around, Rule.of(row), customer, now=now, zone=local)
    wording = _Wording(row, customer, company, within)
    blank = Preview(wording.sentence(), _recipients(row), is_below=row.is_below)
    if found is None:
        return blank
    notice = wording.notice(settings, found)
    has_mail = row.emails or row.to_operators
    plain = [_judged(found.rule, reading) for reading in found.readings]
    curve = drawing.curve(
        drawing.thinned(plain, POINTS, is_below=row.is_below), float(row.threshold), float(row.reset)
    )
    return Preview(
        sentence=blank.sentence,
        recipients=blank.recipients,
        subject=notice.subject(),
        text=notice.text(links.any_stop(settings) if has_mail else ""),
        webhook=json.dumps(notice.payload(), ensure_ascii=False, indent=2) if row.webhook else "",
        count=len(found.episodes),
        span=wording.span(found),
        whose=company.name if company else "",
        legend=wording.legend(),
        gaps=wording.gaps(),
        curve=curve,
        ticks=tuple(
            drawing.Mark(curve.scale.height(each), wording.axis(each)) for each in curve.scale.ticks()
        ),
        times=tuple(drawing.time_marks(found.moments, within)),
        limit=wording.figure(float(row.threshold)),
        reset=wording.figure(float(row.reset)),
        shown=tuple(wording.shown(found, plain)),
        bands=tuple(_bands(found)),
        choices=tuple(wording.choices(found)),
        is_below=row.is_below,
    )


def _bands(found: Replay) -> list[Band]:
    """Every time in the graph; of numbers that would cover each other the later one is left out."""
    first, last = (from_microseconds(int(found.moments[each])) for each in (0, -1))
    length = max(last - first, timedelta(minutes=1))
    bands: list[Band] = []
    marked = -_ROOM
    for nth, episode in enumerate(found.episodes, 1):
        ended = episode.ended.at if episode.ended else last
        left = 100 * ((episode.fired.at - first) / length)
        has_room = left - marked >= _ROOM
        marked = left if has_room else marked
        width = max(100 * ((ended - episode.fired.at) / length), 0.3)
        bands.append(Band(round(left, 2), round(width, 2), nth if has_room else 0))
    return bands


def _judged(rule: Rule, reading: Reading) -> float | None:
    """Figure to draw; none where there are too few calls to judge it."""
    is_few = reading.calls is not None and reading.calls < rule.fewest_calls
    return None if is_few or reading.value is None else float(reading.value)


def _recipients(row: AlertRule) -> str:
    people = len(row.emails)
    parts = [_("operators")] if row.to_operators else []
    if people:
        text = ngettext("{count} person", "{count} people", people)
        parts.append(text.format(count=number(people)))
    if row.webhook:
        parts.append(_("one webhook"))
    if not parts:
        return _("Nobody is notified: it shows in the bell and on this page.")
    return _("Notified: {recipients}.").format(recipients=", ".join(parts))


@dataclass(frozen=True)
class _Wording:
    """Wording of a rule's replay."""

    row: AlertRule
    customer: str
    company: Company | None
    within: ZoneInfo

    @property
    def _currency(self) -> str | None:
        return self.company.currency if self.company else None

    def figure(self, value: float) -> str:
        """A figure with its unit."""
        return figure_text(self.row.metric, value, self._currency, is_change=bool(self.row.compared))

    def axis(self, value: float) -> str:
        """A figure at the axis, short."""
        whole = value == int(value)
        return number(value, 0 if whole else 1)

    def sentence(self) -> str:
        """The rule in wording."""
        return rule_text(self.row, self._currency)

    def span(self, found: Replay) -> str:
        """Period that it was tried on."""
        first, last = (self._moment(int(each)) for each in (found.moments[0], found.moments[-1]))
        return f"{first} – {last}, {self.within.key}"  # noqa: RUF001 (a range)

    def legend(self) -> str:
        """What the curve is."""
        if WATCHED[self.row.metric].kind == "learned":
            return metric_text(self.row.metric)
        length = length_text(timedelta(minutes=self.row.sample_min))
        return _("{metric} over {length}").format(metric=metric_text(self.row.metric), length=length)

    def gaps(self) -> str:
        """What a gap means; empty where none can be."""
        if not self.row.fewest_calls:
            return ""
        text = ngettext(
            "gaps: fewer than {count} call, not judged",
            "gaps: fewer than {count} calls, not judged",
            self.row.fewest_calls,
        )
        return text.format(count=number(self.row.fewest_calls))

    def notice(self, settings: Settings, found: Replay) -> Notice:
        """What the last firing would have sent, or a firing now."""
        last = found.episodes[-1].fired if found.episodes else None
        event = last or Fired(
            from_microseconds(int(found.moments[-1])),
            Reading(self.row.threshold),
            from_microseconds(int(found.moments[-1])),
        )
        return Notice(self.row, self.customer, self.company, event, None, Addresses(settings), is_trial=True)

    def shown(self, found: Replay, plain: Sequence[float | None]) -> list[Shown]:
        """The last times at which it would have fired."""
        numbered = list(enumerate(found.episodes, 1))[-MOST_LISTED:]
        return [self._shown(nth, each, found, plain) for nth, each in reversed(numbered)]

    def choices(self, found: Replay) -> list[Choice]:
        """Other thresholds."""
        return [
            Choice(
                f"{each.threshold.normalize():f}",
                f"{each.reset.normalize():f}",
                self.figure(float(each.threshold)),
                ngettext("{count} time", "{count} times", each.times).format(count=number(each.times)),
                each.threshold == found.rule.threshold,
            )
            for each in found.neighbours
        ]

    def _shown(
        self,
        nth: int,
        episode: Episode,
        found: Replay,
        plain: Sequence[float | None],
    ) -> Shown:
        begun = episode.fired.at.astimezone(self.within)
        last = from_microseconds(int(found.moments[-1]))
        ended = episode.ended.at if episode.ended else last
        until = _("now") if episode.ended is None else f"{ended.astimezone(self.within):%H:%M}"
        if episode.ended and ended.astimezone(self.within).date() != begun.date():
            until = language.date_and_time(ended.astimezone(self.within), "MMMd")
        worst = _("lowest {figure}") if self.row.is_below else _("highest {figure}")
        lasted = length_text(ended - episode.fired.since)
        text = f"{worst.format(figure=self.figure(float(episode.worst)))}, {lasted}"
        if episode.fired.reading.why:
            text = f"{text}. {why_text(episode.fired.reading.why, self._currency)}"
        sample = timedelta(minutes=self.row.sample_min)
        return Shown(
            nth,
            f"{language.date_and_time(begun, 'MMMEd')} – {until}",  # noqa: RUF001 (a range)
            text,
            self._spark(episode, found, plain, ended),
            calls_address(self.row, self.customer, episode.fired.since - sample, ended),
        )

    def _spark(
        self, episode: Episode, found: Replay, plain: Sequence[float | None], ended: datetime
    ) -> drawing.Curve | None:
        first = from_microseconds(int(found.moments[0]))
        around = max(_AROUND, 6 * found.step)
        low = max(0, (episode.fired.at - around - first) // found.step)
        high = (ended + around - first) // found.step
        values = drawing.thinned(plain[low:high], 60, is_below=self.row.is_below)
        known = any(each is not None for each in values)
        return drawing.curve(values, float(self.row.threshold), float(self.row.reset)) if known else None

    def _moment(self, instant: int) -> str:
        return language.date_and_time(from_microseconds(instant).astimezone(self.within), "MMMd")
