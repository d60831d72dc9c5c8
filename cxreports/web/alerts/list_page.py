"""The page of alerts: what fires, acknowledged here; rules, paused and resumed here; the history."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, ClassVar, Final

from sqlalchemy import select

from cxreports import clock
from cxreports.alerts import standing
from cxreports.alerts.sentences import title_text
from cxreports.cdr.record import ALL_CUSTOMERS
from cxreports.language import _
from cxreports.portal import site_map
from cxreports.portal.alerts import history, rules
from cxreports.portal.alerts.rules import Keeper
from cxreports.portal.alerts.tables import Alert, AlertRule, AlertState
from cxreports.portal.companies import companies
from cxreports.portal.database import now
from cxreports.portal.people.receivers import Receivers
from cxreports.web.alerts import history_file
from cxreports.web.alerts.rows import Rows
from cxreports.web.forms.form import NO_FAULT, Fault, FormPage, Paged
from cxreports.web.forms.proof import FILE
from cxreports.web.sent import whole_number

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from sqlalchemy.orm import Session


HISTORY_ROWS: Final = 20
MOST_FIRING: Final = 6
"""Cards of what fires; the others are in the history."""

_CHANGES: Final[Mapping[str, Callable[..., Any]]] = {
    "pause": rules.pause, "resume": rules.resume, "unmute": rules.unmute, "bring_back": rules.bring_back,
}  # fmt: skip

KINDS: Final = ("all", "firing", "paused")


class AlertsPage(FormPage):
    """What the pages of alerts share."""

    @property
    def keeper(self) -> Keeper:
        """Whose rules are in reach."""
        return Keeper(self.visitor.customer)

    @property
    def within(self) -> ZoneInfo:
        """Zone of the page's times."""
        shell = self.shell()
        return clock.zone(shell.zone if shell else "UTC")

    def company_asked(self) -> str | None:
        """For operators: the company whose rules are shown; None for all."""
        asked = self.get_query_argument("company", "")
        return None if not self.visitor.is_operator or asked in {"", ALL_CUSTOMERS} else asked


class AlertsHandler(AlertsPage):
    """The list."""

    operators_prove_files = True
    acts: ClassVar[Mapping[str, str]] = {
        "acknowledge": "note", "take_back": "", "pause": "", "resume": "", "unmute": "", "bring_back": "",
    }  # fmt: skip

    async def get(self) -> None:
        """Show it, or send its history as a file."""
        if self.get_query_argument(FILE, "") == "csv":
            self.send_file("alerts.csv", await self.look(self._history))
            return
        await self._page(NO_FAULT)

    def _history(self) -> list[tuple[str, ...]]:
        with self.database.reading() as db:
            found = history.listed(
                db, self.keeper, company_id=self.company_asked(), limit=history_file.MOST_ROWS
            )
            rows = list(history_file.rows(db, found))
        self.tell_export("alert history", len(found))
        return rows

    async def post(self) -> None:
        """Acknowledge an alert, pause a rule, or undo one of these."""
        done = await self.attempt(self._change)
        if isinstance(done, Fault):
            await self._page(done)
            return
        kept = {name: self.get_query_argument(name, "") for name in ("company", "page", "kind")}
        self.go(site_map.ALERTS.path, self.act, str(done), **kept)

    def _change(self) -> int:
        number = whole_number(self.get_body_argument("id", "")) or 0
        act = self.act
        with self.database.writing() as db:
            if act == "acknowledge":
                note = self.get_body_argument("note", "")
                history.acknowledge(db, self.keeper, number, note, by=self.actor)
            elif act == "take_back":
                history.take_back(db, self.keeper, number, by=self.actor)
            else:
                _CHANGES[act](db, self.keeper, number, by=self.actor)
        return number

    async def _page(self, fault: Fault) -> None:
        if self.visitor.is_operator:
            await self.run(standing.ensure, self.database, now=now())
        values = await self.look(self._read, self.company_asked(), self.within)
        done = self.just_done() if fault is NO_FAULT else ("",)
        message, undo = await self.run(self._said, *done)
        self.show("alerts.html.j2", fault=fault, done=message, undo=undo, **values)

    def _said(self, act: str = "", number: str = "", *_rest: str) -> tuple[str, tuple[str, str]]:
        """What was done, and the form that undoes it."""
        texts = {
            "acknowledge": (
                _("“{title}” is acknowledged: it is not repeated until it is over."),
                "take_back",
            ),
            "take_back": (_("The acknowledgement of “{title}” is taken back."), ""),
            "pause": (_("The rule “{title}” is paused."), "resume"),
            "resume": (_("The rule “{title}” is judged again from now on."), ""),
            "muted": (
                _("The rule “{title}” is muted: it is judged, and nobody is notified for a while."),
                "unmute",
            ),
            "unmute": (_("The rule “{title}” notifies again."), ""),
            "removed": (_("The rule “{title}” is removed. Its history stays."), "bring_back"),
            "bring_back": (_("The rule “{title}” is back."), ""),
            "added": (_("The rule “{title}” is added."), ""),
            "changed": (_("The rule “{title}” is saved."), ""),
        }
        if act not in texts:
            return "", ("", "")
        text, undo = texts[act]
        with self.database.reading() as db:
            title = self._title(db, act, whole_number(number) or 0)
        return (text.format(title=title), (undo, number)) if title else ("", ("", ""))

    def _title(self, db: Session, act: str, number: int) -> str:
        is_alert = act in {"acknowledge", "take_back"}
        row = db.get(Alert, number) if is_alert else db.get(AlertRule, number)
        if row is None or not (self.keeper.is_operator or row.company_id == self.keeper.company_id):
            return ""
        return title_text(row.standing if isinstance(row, AlertRule) else None, row.title)

    def _read(self, company_id: str | None, within: ZoneInfo) -> dict[str, Any]:
        present, kind = now(), self.get_query_argument("kind", "all")
        with self.database.reading() as db:
            company = companies.get(db, company_id) if company_id else None
            listed = rules.listed(db, self.keeper, company_id)
            fires = history.listed(db, self.keeper, company_id=company_id, is_open=True, limit=1000)
            by_rule = {row.id: row for row in listed}
            fires = [alert for alert in fires if alert.rule_id in by_rule]
            wanted = {"firing": {alert.rule_id for alert in fires}}.get(kind)
            shown = [
                row
                for row in listed
                if (wanted is None or row.id in wanted)
                and (kind != "paused" or rules.is_paused(row, present))
            ]
            paged = Paged.of(shown, self.page_number)
            receivers = Receivers.of(db, self.keeper.company_id)
            rows = Rows(db, self.store.snapshot(), within, present, receivers)
            urgent = sorted(fires, key=lambda each: each.acknowledged_at is not None)
            cards = urgent[:MOST_FIRING]
            rows.draw(
                list(
                    {
                        row.id: row for row in [*paged.rows, *(by_rule[each.rule_id] for each in cards)]
                    }.values()
                )
            )
            states = _states(db, by_rule)
            open_alerts = {alert.id: alert for alert in fires}
            past = history.listed(
                db, self.keeper, company_id=company_id, limit=HISTORY_ROWS + 1,
                offset=(self._history_page - 1) * HISTORY_ROWS,
            )  # fmt: skip
            of_past = {each.rule_id for each in past}
            known = {row.id: row for row in db.scalars(select(AlertRule).where(AlertRule.id.in_(of_past)))}
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
                "total": len(listed),
                "paused": sum(rules.is_paused(row, present) for row in listed),
                "firing_rules": len({each.rule_id for each in fires}),
                "kind": kind if kind in KINDS else "all",
                "past": [rows.past(each, known.get(each.rule_id)) for each in past[:HISTORY_ROWS]],
                "history_page": self._history_page,
                "has_older": len(past) > HISTORY_ROWS,
                "judged": self._judged(listed, within),
                "zone": within.key.replace("_", " "),
            }

    @property
    def _history_page(self) -> int:
        return max(1, whole_number(self.get_query_argument("history", "1")) or 1)

    def _judged(self, listed: Sequence[AlertRule], within: ZoneInfo) -> str:
        last = max((row.judged_at for row in listed if row.judged_at), default=None)
        return f"{last.astimezone(within):%H:%M}" if last else ""


def _states(db: Session, by_rule: Mapping[int, AlertRule]) -> dict[int, dict[str, AlertState]]:
    found: dict[int, dict[str, AlertState]] = defaultdict(dict)
    for state in db.scalars(select(AlertState).where(AlertState.rule_id.in_(by_rule))):
        found[state.rule_id][state.customer] = state
    return found


ROUTES: Final[list[tuple[Any, ...]]] = [(site_map.ALERTS.route, AlertsHandler)]
