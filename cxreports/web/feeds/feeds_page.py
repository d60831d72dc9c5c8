"""The page of the feeds, for operators: what each delivered last, how late, what was refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from cxreports import clock
from cxreports.alerts.sentences import title_text
from cxreports.cdr.record import ALL_CUSTOMERS
from cxreports.errors import BadFeed
from cxreports.feeds import spool
from cxreports.feeds.configuration import FILE, Feeds, Switch, feeds_of
from cxreports.feeds.feeding import WATCHED
from cxreports.figures.polled_channels import HOUR, compared
from cxreports.lake.polls.poll_table import PollTable
from cxreports.language import _, ngettext
from cxreports.portal import site_map
from cxreports.portal.alerts.tables import Alert, AlertRule, RefusedFile
from cxreports.portal.database import now
from cxreports.portal.feeds import states, under_way
from cxreports.portal.site_map import Access
from cxreports.private_file import LAKE
from cxreports.web.forms.form import FormPage
from cxreports.wording import minutes, number, time_on_the_clock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy.orm import Session

    from cxreports.lake.store import Store
    from cxreports.portal.feeds.tables import FeedState
    from cxreports.portal.feeds.under_way import Reading

MOST_REFUSED: Final = 20
SILENCE: Final = "silent_feed"
"""The standing rule of switches that deliver nothing."""


@dataclass(frozen=True)
class Row:
    """A feed, worded.

    Attributes
    ----------
    tone
        ``good``, ``bad``, or empty.
    note
        Why it cannot be reached, or the last refusal.
    """

    name: str
    kind: str
    state: str
    tone: str
    note: str
    delivered: str
    lag: str
    rows: str
    rejected: str
    refused: str


@dataclass(frozen=True)
class SwitchRow:
    """A switch that is asked for its calls, worded."""

    name: str
    kind: str
    state: str
    tone: str
    note: str
    calls: str
    nobody: str


@dataclass(frozen=True)
class Hour:
    """Mean channels of an hour, by the switches and by the records, and the channel-hours that lack."""

    at: str
    polled: str
    recorded: str
    missing: str


class FeedsHandler(FormPage):
    """The list."""

    access = Access.OPERATOR

    async def get(self) -> None:
        """Show it."""
        shell = self.shell()
        values = await self.look(self._read, shell.zone if shell else "UTC")
        self.show("feeds.html.j2", file=FILE, **values)

    def _read(self, tz: str) -> dict[str, Any]:
        present, wrong = now(), ""
        try:
            feeds = feeds_of(self.site.home)
        except BadFeed as error:
            feeds, wrong = Feeds(), str(error)
        found = under_way.readings(self.site.home, present)
        with self.database.reading() as db:
            names = [each.name for _kind, each in feeds.all()]
            kept = states.by_feed(db, [*names, WATCHED])
            refused = db.scalars(
                select(RefusedFile).order_by(RefusedFile.at.desc()).limit(MOST_REFUSED)
            ).all()
            rule = db.scalar(select(AlertRule).where(AlertRule.standing == SILENCE))
            fires = rule is not None and _fires(db, rule)
        return {
            "wrong_file": wrong,
            "zone": clock.zone(tz).key.replace("_", " "),
            "switches": [_switch(each, found, tz, present) for each in feeds.switch],
            "rows": list(self._rows(feeds, kept, tz, present)),
            "refusals": [
                (time_on_the_clock(each.at, clock.zone(tz), present), each.name, each.reason)
                for each in refused
            ],
            "hours": _hours(self.store, tz, present) if feeds.switch else [],
            "rule": None if rule is None else (rule.id, title_text(rule.standing, rule.title), fires),
        }

    def _rows(self, feeds: Feeds, kept: dict[str, FeedState], tz: str, present: datetime) -> Iterator[Row]:
        for kind, feed in feeds.all():
            if isinstance(feed, Switch):
                continue
            waits = len(spool.ready(self.site.home, feed.name)) if kind == "push" else 0
            yield _row(feed.name, kind, kept.get(feed.name), waits, tz, present)
        if WATCHED in kept:
            yield _row(WATCHED, "folder", kept[WATCHED], 0, tz, present)


def _hours(store: Store, tz: str, present: datetime) -> list[Hour]:
    """Whole hours of the last day, as the switches said and as the records have them, the newest first.

    The last one that is over waits for the calls that have not ended.
    """
    end = present.replace(minute=0, second=0, microsecond=0) - HOUR
    snapshot = store.snapshot()
    found = compared(PollTable(store.home / LAKE), snapshot, ALL_CUSTOMERS, end - 24 * HOUR, end)
    return [
        Hour(
            time_on_the_clock(row["hour"], clock.zone(tz), present),
            number(row["polled"], 1),
            number(row["recorded"], 1),
            "" if row["missing"] is None else number(row["missing"], 1),
        )
        for row in found.reverse().iter_rows(named=True)
    ]


def _fires(db: Session, rule: AlertRule) -> bool:
    return db.scalar(select(Alert.id).where(Alert.rule_id == rule.id, Alert.ended_at.is_(None))) is not None


def _row(name: str, kind: str, state: FeedState | None, waits: int, tz: str, present: datetime) -> Row:
    if state is None:
        return Row(name, kind, _("nothing yet"), "", "", "", "", "", "", "")
    text, tone, note = _("delivers"), "good", ""
    if waits:
        note = ngettext("{count} file waits", "{count} files wait", waits).format(count=number(waits))
    if state.refused_at is not None:
        is_last = state.delivered_at is None or state.refused_at >= state.delivered_at
        if is_last:
            text, tone = _("last one refused"), "bad"
            note = state.refusal
    if state.failing_since is not None:
        since = time_on_the_clock(state.failing_since, clock.zone(tz), present)
        text, tone, note = _("not reached since {time}").format(time=since), "bad", state.failure
    lag = None
    if state.delivered_at is not None and state.last_call is not None:
        lag = max(0.0, (state.delivered_at - state.last_call).total_seconds())
    return Row(
        name,
        kind,
        text,
        tone,
        note,
        time_on_the_clock(state.delivered_at, clock.zone(tz), present) if state.delivered_at else "",
        "" if lag is None else minutes(lag),
        number(state.rows),
        number(state.rejected),
        number(state.refused),
    )


def _switch(switch: Switch, found: tuple[Reading, ...], tz: str, present: datetime) -> SwitchRow:
    reading = next((each for each in found if each.switch == switch.name), None)
    if reading is None:
        return SwitchRow(switch.name, switch.kind, _("not asked yet"), "", "", "", "")
    if reading.unknown_since is not None:
        since = time_on_the_clock(reading.unknown_since, clock.zone(tz), present)
        text = _("unknown since {time}").format(time=since)
        return SwitchRow(switch.name, switch.kind, text, "bad", reading.failure, "", "")
    calls = under_way.calls_of([reading], ALL_CUSTOMERS)
    nobody = sum(not call.customer for call in calls)
    return SwitchRow(
        switch.name,
        switch.kind,
        _("answers"),
        "good",
        "",
        number(len(calls)),
        number(nobody) if nobody else "",
    )


ROUTES: Final[list[tuple[Any, ...]]] = [(site_map.FEEDS.route, FeedsHandler)]
