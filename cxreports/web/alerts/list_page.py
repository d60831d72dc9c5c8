"""The page of alerts: what fires, acknowledged here; rules, paused and resumed here; the history."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Final

from sqlalchemy import select

from cxreports.alerts import standing
from cxreports.alerts.sentences import title_text
from cxreports.language import _
from cxreports.portal import site_map
from cxreports.portal.alerts import history, pauses, rules
from cxreports.portal.alerts.tables import Alert, AlertRule, AlertState
from cxreports.portal.companies import companies
from cxreports.portal.database import now
from cxreports.portal.people.receivers import Receivers
from cxreports.web.alerts import history_file, past, quiet
from cxreports.web.alerts.alerts_page import AlertsPage
from cxreports.web.alerts.rows import Rows
from cxreports.web.alerts.worded import Worded
from cxreports.web.forms.form import NO_FAULT, Fault, Paged
from cxreports.web.forms.proof import FILE
from cxreports.web.sent import whole_number

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from sqlalchemy.orm import Session

    from cxreports.web.forms.question import Question

MOST_FIRING: Final = 6
"""Cards of what fires; the others are in the history."""

KINDS: Final = ("all", "firing", "paused")

_KEPT: Final = ("company", "page", "kind", "q", "period", "past", "history")
"""What the address says of what is shown, which stays when something is done."""

_LONGEST: Final = 100
_CHANGES: Final[Mapping[str, Callable[..., Any]]] = {
    "pause": rules.pause, "resume": rules.resume, "unmute": rules.unmute, "remove": rules.remove,
    "bring_back": rules.bring_back,
}  # fmt: skip


class AlertsHandler(AlertsPage):
    """The list."""

    operators_prove_files = True
    acts: ClassVar[Mapping[str, str]] = {
        "acknowledge": "note", "take_back": "", "pause": "", "resume": "", "mute": "", "unmute": "",
        "test": "", "remove": "", "bring_back": "", quiet.PAUSE: "until", quiet.RESUME: "",
    }  # fmt: skip

    async def get(self) -> None:
        """Show it, or send its history as a file."""
        if self.get_query_argument(FILE, "") == "csv":
            self.send_file("alerts.csv", await self.look(self._history))
            return
        await self._page(NO_FAULT)

    def _history(self) -> list[tuple[str, ...]]:
        asked = past.Asked.of(self.get_query_argument)
        wanted = asked.wanted(self.company_asked(), now())
        with self.database.reading() as db:
            found = history.listed(db, self.keeper, wanted, limit=history_file.MOST_ROWS)
            rows = list(history_file.rows(db, found))
        self.tell_export("alert history", len(found))
        return rows

    async def post(self) -> None:
        """Acknowledge an alert, change a rule or how all are heard, or undo one of these."""
        done = await self.attempt(self._change)
        if isinstance(done, Fault):
            await self._page(done)
            return
        kept = {name: self.get_query_argument(name, "") for name in _KEPT}
        self.go(site_map.ALERTS.path, self.act, str(done), **kept)

    def question(self) -> Question | None:
        """What is asked before a rule is removed."""
        return self.question_of(self._number()) if self.act == "remove" else None

    def _number(self) -> int:
        return whole_number(self.get_body_argument("id", "")) or 0

    def _change(self) -> int:
        number, act = self._number(), self.act
        if act == "test":
            self.send_test_of(number)
            return number
        with self.database.writing() as db:
            if act == "acknowledge":
                note = self.get_body_argument("note", "")
                history.acknowledge(db, self.keeper, number, note, by=self.actor)
            elif act == "take_back":
                history.take_back(db, self.keeper, number, by=self.actor)
            elif act == "mute":
                self.mute(db, number)
            elif act in {quiet.PAUSE, quiet.RESUME}:
                quiet.change(db, self, act)
            else:
                _CHANGES[act](db, self.keeper, number, by=self.actor)
        return number

    async def _page(self, fault: Fault) -> None:
        if self.visitor.is_operator:
            await self.run(standing.ensure, self.database, now=now())
        values = await self.look(self._read, self.company_asked(), self.within, now())
        done = self.just_done() if fault is NO_FAULT else ("",)
        message, undo = await self.run(self._said, *done)
        self.show("alerts.html.j2", fault=fault, done=message, undo=undo, **values)

    def _said(self, act: str = "", number: str = "", *_rest: str) -> tuple[str, tuple[str, str]]:
        """What was done, and the form that undoes it."""
        plain = {"test": self.test_text(), quiet.RESUME: _("Notices are sent again.")}
        if act in plain:
            return plain[act], ("", "")
        texts = {
            "acknowledge": (
                _("“{title}” is acknowledged: it is not repeated until it is over."),
                "take_back",
            ),
            "over": (_("“{title}” is acknowledged."), "take_back"),
            "take_back": (_("The acknowledgement of “{title}” is taken back."), ""),
            "pause": (_("The rule “{title}” is paused."), "resume"),
            "resume": (_("The rule “{title}” is judged again from now on."), ""),
            "mute": (
                _("The rule “{title}” is muted: it is judged, and nobody is notified for a while."),
                "unmute",
            ),
            "unmute": (_("The rule “{title}” notifies again."), ""),
            "remove": (_("The rule “{title}” is removed. Its history stays."), "bring_back"),
            "bring_back": (_("The rule “{title}” is back."), ""),
            "added": (_("The rule “{title}” is added."), ""),
            "changed": (_("The rule “{title}” is saved."), ""),
        }
        if act not in texts:
            return "", ("", "")
        with self.database.reading() as db:
            row = self._row(db, act, whole_number(number) or 0)
        if row is None:
            return "", ("", "")
        is_over = act == "acknowledge" and isinstance(row, Alert) and row.ended_at is not None
        text, undo = texts["over" if is_over else act]
        title = title_text(row.standing if isinstance(row, AlertRule) else None, row.title)
        return text.format(title=title), (undo, number)

    def _row(self, db: Session, act: str, number: int) -> Alert | AlertRule | None:
        """Alert or rule that something was done to; None where it is out of reach."""
        is_alert = act in {"acknowledge", "take_back"}
        row = db.get(Alert, number) if is_alert else db.get(AlertRule, number)
        is_own = row is not None and (self.keeper.is_operator or row.company_id == self.keeper.company_id)
        return row if is_own else None

    def _read(self, company_id: str | None, within: ZoneInfo, present: datetime) -> dict[str, Any]:
        sought = self.get_query_argument("q", "")[:_LONGEST]
        kind = self.get_query_argument("kind", "all")
        with self.database.reading() as db:
            company = companies.get(db, company_id) if company_id else None
            receivers, worded = Receivers.of(db, self.keeper.company_id), Worded(db, within, present)
            every = rules.listed(db, self.keeper, company_id)
            fires = history.listed(
                db, self.keeper, history.Wanted(company_id=company_id, is_open=True), limit=1000
            )
            by_rule = {row.id: row for row in every}
            fires = [alert for alert in fires if alert.rule_id in by_rule]
            held_back = pauses.listed(db, self.keeper, present, company_id)
            found = [row for row in every if not sought.strip() or self._has(row, worded, sought)]
            firing = {alert.rule_id for alert in fires} & {row.id for row in found}
            paused = {row.id for row in found if rules.is_paused(row, present)}
            only = {"firing": firing, "paused": paused}.get(kind)
            paged = Paged.of([row for row in found if only is None or row.id in only], self.page_number)
            snapshot, owners = self.store.snapshot(), {each.owner for each in held_back}
            rows = Rows(db, snapshot, worded, receivers, paused=owners)
            cards = sorted(fires, key=lambda each: each.acknowledged_at is not None)[:MOST_FIRING]
            shown = {row.id: row for row in [*paged.rows, *(by_rule[each.rule_id] for each in cards)]}
            rows.draw(list(shown.values()))
            states = _states(db, by_rule)
            open_alerts = {alert.id: alert for alert in fires}
            return {
                "company": company,
                "cards": [
                    rows.firing(each, by_rule[each.rule_id], states[each.rule_id].get(each.customer))
                    for each in cards
                ],
                "fires": len(fires),
                "waits": sum(each.acknowledged_at is None for each in fires),
                "paged": paged,
                "rows": [rows.rule(row, states[row.id].values(), open_alerts) for row in paged.rows],
                "total": len(every),
                "sought": sought,
                "paused": len(paused),
                "firing_rules": len(firing),
                "kind": kind if kind in KINDS else "all",
                "quiet": [quiet.line(each, worded, receivers) for each in held_back],
                "choices": quiet.choices(within, present),
                "judged": _judged(every, within),
                "zone": within.key.replace("_", " "),
                **self._past(db, company_id, worded, receivers),
            }

    def _has(self, row: AlertRule, worded: Worded, sought: str) -> bool:
        """Whether a rule has a text in its title or in what it says; for operators also in whose it is."""
        parts = [title_text(row.standing, row.title), worded.sentence(row)]
        whose = [worded.whose(row)] if self.visitor.is_operator else []
        return any(rules.folded(sought.strip()) in rules.folded(each) for each in (*parts, *whose))

    def _past(
        self, db: Session, company_id: str | None, worded: Worded, receivers: Receivers
    ) -> dict[str, Any]:
        """What the history shows."""
        asked = past.Asked.of(self.get_query_argument)
        wanted = asked.wanted(company_id, worded.now)
        total = history.count(db, self.keeper, wanted)
        number = self.page_of(total, past.ROWS, named="history")
        found = history.listed(db, self.keeper, wanted, limit=past.ROWS, offset=(number - 1) * past.ROWS)
        of_past = {each.rule_id for each in found}
        known = {row.id: row for row in db.scalars(select(AlertRule).where(AlertRule.id.in_(of_past)))}
        lines = [past.past(worded, receivers, each, known.get(each.rule_id)) for each in found]
        waiting = replace(wanted, is_unacknowledged=True)
        return {
            "past": Paged(lines, number, total > number * past.ROWS, total),
            "asked": asked,
            "periods": past.periods(),
            "unacknowledged": history.count(db, self.keeper, waiting),
        }


def _judged(listed: Sequence[AlertRule], within: ZoneInfo) -> str:
    last = max((row.judged_at for row in listed if row.judged_at), default=None)
    return f"{last.astimezone(within):%H:%M}" if last else ""


def _states(db: Session, by_rule: Mapping[int, AlertRule]) -> dict[int, dict[str, AlertState]]:
    found: dict[int, dict[str, AlertState]] = defaultdict(dict)
    for state in db.scalars(select(AlertState).where(AlertState.rule_id.in_(by_rule))):
        found[state.rule_id][state.customer] = state
    return found


ROUTES: Final[list[tuple[Any, ...]]] = [(site_map.ALERTS.route, AlertsHandler)]
