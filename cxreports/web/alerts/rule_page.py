"""The editor of a rule beside its replay, which follows what is typed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Final

from cxreports.alerts.rule import customer_of
from cxreports.alerts.sentences import length_text, level_text, title_text
from cxreports.cdr.record import ALL_CUSTOMERS
from cxreports.delivery import webhook
from cxreports.errors import NoSuchCustomer, PortalError
from cxreports.figures.breakdown import destinations
from cxreports.language import _
from cxreports.portal import site_map
from cxreports.portal.alerts import history, pauses, receivers, rules, typed_rule
from cxreports.portal.alerts.tables import AlertRule
from cxreports.portal.alerts.watched import WATCHED
from cxreports.portal.companies import companies
from cxreports.portal.database import now
from cxreports.web.alerts.alerts_page import AlertsPage
from cxreports.web.alerts.preview import Preview, preview_of
from cxreports.web.forms.form import NO_FAULT, Fault, Tag
from cxreports.web.sent import whole_number
from cxreports.wording import exact_digits, near_moment, time_on_the_clock

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy.orm import Session

    from cxreports.web.forms.question import Question

PATH: Final = f"{site_map.ALERTS.path}/rule"
PREVIEW: Final = f"{site_map.ALERTS.path}/preview"

EACH: Final = "each"
"""Stands for every customer by itself, where a customer is chosen."""

FIELDS: Final = (
    "title", "metric", "compared", "destination", "sip", "direction", "side", "threshold", "reset",
    "sample_min", "fewest_calls", "lasting_min", "repeat_min", "level", "emails", "webhook",
    "to_operators", "whose",
)  # fmt: skip

FIRST: Final[Mapping[str, str]] = {
    "title": "", "metric": "asr", "compared": "", "destination": "", "sip": "", "direction": "",
    "side": "below", "threshold": "35", "reset": "40", "sample_min": "30", "fewest_calls": "20",
    "lasting_min": "0", "repeat_min": "120", "level": "warning", "emails": "", "webhook": "",
    "to_operators": "", "whose": "",
}  # fmt: skip
"""What a new rule begins with."""

SAMPLES: Final = (5, 10, 15, 30, 60, 120, 180, 360, 720, 1440)
LASTING: Final = (0, 5, 10, 15, 30, 60, 120)
MUTED_FOR: Final = (1, 4, 12, 24, 72, 168)
"""Hours."""

REPEATS: Final = (0, 30, 60, 120, 360, 720, 1440)

_LONGEST: Final = 4_000
_MOST_DESTINATIONS: Final = 100
_WEEK: Final = timedelta(days=7)


class _Editor(AlertsPage):
    """What the editor and its preview share."""

    def asked_rule(self) -> int | None:
        """Number of the rule that is edited; None for a new one."""
        return whole_number(self.get_query_argument("rule", ""))

    def sent(self, values: Mapping[str, str]) -> dict[str, Any]:
        """Fields of a form as `typed_rule.read` takes them."""
        typed: dict[str, Any] = {name: text for name, text in values.items() if name not in {"side", "whose"}}
        typed["is_below"] = values.get("side", "below") == "below"
        typed["is_each"] = values.get("whose") == EACH
        return typed

    def company_of(self, values: Mapping[str, str], rule: AlertRule | None) -> str | None:
        """Company that a rule is of; None for the operators' own."""
        if not self.visitor.is_operator:
            return self.visitor.customer
        if rule is not None:
            return rule.company_id
        whose = values.get("whose", "")
        return None if whose in {"", ALL_CUSTOMERS, EACH} else whose

    def typed_in(self, ask: Any, kept: Mapping[str, str]) -> dict[str, str]:
        """What stands in the fields: what was asked for, else what is kept."""
        return {name: str(ask(name, kept.get(name, "")))[:_LONGEST] for name in FIELDS}

    def kept(self, db: Session) -> tuple[AlertRule | None, dict[str, str]]:
        """The rule that is edited, and its fields; those of a new one begin as usual, or as another's."""
        number, copied = self.asked_rule(), whole_number(self.get_query_argument("copy", ""))
        if number is not None:
            rule = rules.get(db, self.keeper, number)
            return rule, fields_of(rule)
        if copied is not None:
            rule = rules.get(db, self.keeper, copied)
            return None, fields_of(rule) | {"title": self._title_of_copy(rule)}
        own = {"emails": self.visitor.email, "whose": self.company_asked() or ALL_CUSTOMERS}
        return None, dict(FIRST) | own

    def _title_of_copy(self, rule: AlertRule) -> str:
        title = _("{title} (copy)").format(title=title_text(rule.standing, rule.title))
        return title if len(title) <= typed_rule.LONGEST_TITLE else title_text(rule.standing, rule.title)

    def preview(self, values: Mapping[str, str], rule: AlertRule | None) -> Preview:
        """What the rule that is typed would have done."""
        company = self.company_of(values, rule)
        read = typed_rule.read(self.sent(values), has_company=company is not None)
        row = AlertRule(id=rule.id if rule else 0, company_id=company, standing=None, **read)
        customer = customer_of(row) or self._example()
        return preview_of(
            self.database, self.store, self.site.settings, row, customer, now=now(), within=self.within
        )

    def _example(self) -> str:
        """Customer that a rule for each is tried on: the one with most calls."""
        known = self.store.snapshot().customers()
        return str(known.sort("cdrs", descending=True)["customer"][0]) if known.height else ALL_CUSTOMERS


class RuleHandler(_Editor):
    """The editor."""

    acts: ClassVar[Mapping[str, str]] = {"save": "title", "test": "", "mute": "mute_for", "remove": ""}

    async def get(self) -> None:
        """Show it, with what its address says in the fields."""
        await self._page(NO_FAULT)

    async def post(self) -> None:
        """Save the rule, remove it, or send a test notice."""
        act = self.act
        do = {"save": self._save, "test": self._test, "mute": self._mute, "remove": self._remove}[act]
        done = await self.attempt(do)
        if isinstance(done, Fault):
            await self._page(done)
            return
        number, what = done
        company = self.get_query_argument("company", "")
        if act == "test":
            self.go(PATH, what, rule=str(number), company=company)
        else:
            self.go(site_map.ALERTS.path, what, str(number), company=company)

    def question(self) -> Question | None:
        """What is asked before a rule is removed."""
        return self.question_of(self.asked_rule() or 0) if self.act == "remove" else None

    @property
    def way_back(self) -> str:
        """The editor again."""
        return self.request.uri or self.base_url

    def _save(self) -> tuple[int, str]:
        with self.database.writing() as db:
            rule, _kept = self.kept(db)
            values = self.typed_in(self.get_body_argument, {})
            if rule is None:
                company = self.company_of(values, None)
                added = rules.add(db, self.keeper, self.sent(values), company_id=company, by=self.actor)
                return added.id, "added"
            rules.change(db, self.keeper, rule.id, self.sent(values), by=self.actor)
            return rule.id, "changed"

    def _remove(self) -> tuple[int, str]:
        with self.database.writing() as db:
            return rules.remove(db, self.keeper, self.asked_rule() or 0, by=self.actor).id, "remove"

    def _mute(self) -> tuple[int, str]:
        with self.database.writing() as db:
            self.mute(db, self.asked_rule() or 0)
        return self.asked_rule() or 0, "mute"

    def _test(self) -> tuple[int, str]:
        self.send_test_of(self.asked_rule() or 0)
        return self.asked_rule() or 0, "test"

    async def _page(self, fault: Fault) -> None:
        values = await self.look(self._read, fault)
        self.show("alert_rule.html.j2", fault=fault, message=self._message(fault), **values)

    def _message(self, fault: Fault) -> str:
        done = self.just_done() if fault is NO_FAULT else ("",)
        return self.test_text() if done[0] == "test" else ""

    def _read(self, fault: Fault) -> dict[str, Any]:
        with self.database.reading() as db:
            rule, kept = self.kept(db)
            options = self._whose(db) if self.visitor.is_operator and rule is None else []
            owner = companies.get(db, rule.company_id).name if rule and rule.company_id else ""
            quiet_until = self._quiet_until(db, rule) if rule else ""
            state = self._state(db, rule) if rule else None
            gone = (
                [(each.target, _why(each.removed_why)) for each in receivers.gone(db, rule)] if rule else []
            )
        ask = self.get_body_argument if fault.act == "save" else self.get_query_argument
        values = self.typed_in(ask, kept)
        try:
            preview = self.preview(values, rule)
            faults = fault.faults
        except PortalError as error:
            asked = any(name in self.request.query_arguments for name in ("threshold", "metric"))
            preview, faults = None, fault.faults or (Fault.of(error, "", {}, "title").faults if asked else {})
        return {
            "rule": rule,
            "title": title_text(rule.standing, rule.title) if rule else _("New rule"),
            "values": values,
            "faults": faults,
            "preview": preview,
            "whose_options": options,
            "whose": owner or (_whose_text(rule) if rule else ""),
            "metrics": [(name, _(each.label)) for name, each in WATCHED.items()],
            "units": {name: _(each.unit) for name, each in WATCHED.items() if each.unit != "currency"},
            "samples": _lengths(SAMPLES, values["sample_min"]),
            "lastings": _lengths(LASTING, values["lasting_min"], _("at once")),
            "repeats": _lengths(REPEATS, values["repeat_min"], _("never")),
            "levels": [(each, level_text(each)) for each in typed_rule.LEVELS],
            "destinations": self._destinations(self.company_of(values, rule)),
            "mutes": [(str(each), length_text(timedelta(hours=each))) for each in MUTED_FOR],
            "muted_until": quiet_until,
            "state": state,
            "gone": gone,
            "has_operators": self.visitor.is_operator and (rule is None or rule.company_id is None),
            "webhook_secret": webhook.secret(self.vault, rule.company_id) if rule and rule.webhook else "",
            "preview_path": PREVIEW,
            "path": PATH,
        }

    def _state(self, db: Session, rule: AlertRule) -> Tag | None:
        """Whether a rule is paused, or fires."""
        if rules.is_paused(rule, now()):
            return Tag(_("Paused"))
        fires = history.listed(db, self.keeper, history.Wanted(rule_id=rule.id, is_open=True), limit=1)
        if not fires:
            return None
        since = time_on_the_clock(fires[0].fired_at, self.within, now())
        return Tag(_("Firing since {time}").format(time=since), "bad", is_full=True)

    def _quiet_until(self, db: Session, rule: AlertRule) -> str:
        """Up to when a rule gives no notice: its own mute, or a pause of all."""
        present = now()
        pause = pauses.in_force(db, rule.owner, present)
        ends = [rule.muted_until if rules.is_muted(rule, present) else None, pause.until if pause else None]
        last = max((each for each in ends if each is not None), default=None)
        return near_moment(last, self.within, present) if last else ""

    def _whose(self, db: Session) -> list[tuple[str, str]]:
        every = [(each.id, each.name) for each in companies.like(db, "")]
        return [(ALL_CUSTOMERS, _("All calls together")), (EACH, _("Every customer by itself")), *every]

    def _destinations(self, company: str | None) -> list[str]:
        """Where calls went of late, to choose from."""
        snapshot = self.store.snapshot()
        last = snapshot.reach.last
        if last is None:
            return []
        try:
            found = destinations(snapshot, company or ALL_CUSTOMERS, start=last - _WEEK, end=last)
        except NoSuchCustomer:
            return []
        return [str(each) for each in found["destination"].head(_MOST_DESTINATIONS)]


class PreviewHandler(_Editor):
    """The replay alone, for the script that follows what is typed."""

    async def get(self) -> None:
        """Answer with the part of the page, or with what is wrong at which field."""
        self.set_header("Cache-Control", "no-store")
        found = await self.attempted(self.run(self._read))
        if isinstance(found, Fault):
            self.tell(found, "title")
            return
        preview, values = found
        self.show("alert_preview.html.j2", preview=preview, values=values, path=PATH)

    def _read(self) -> tuple[Preview, dict[str, str]]:
        with self.database.reading() as db:
            rule, kept = self.kept(db)
        values = self.typed_in(self.get_query_argument, kept)
        return self.preview(values | {"title": values["title"] or _("New rule")}, rule), values


def fields_of(rule: AlertRule) -> dict[str, str]:
    """Fields of a rule as its form has them."""
    return {
        "title": rule.title,
        "metric": rule.metric,
        "compared": rule.compared,
        "destination": rule.destination,
        "sip": rule.sip,
        "direction": rule.direction,
        "side": "below" if rule.is_below else "above",
        "threshold": exact_digits(rule.threshold),
        "reset": exact_digits(rule.reset),
        "sample_min": str(rule.sample_min),
        "fewest_calls": str(rule.fewest_calls),
        "lasting_min": str(rule.lasting_min),
        "repeat_min": str(rule.repeat_min),
        "level": rule.level,
        "to_operators": "1" if rule.to_operators else "",
        "emails": ", ".join(rule.emails),
        "webhook": rule.webhook,
        "whose": rule.company_id or (EACH if rule.is_each else ALL_CUSTOMERS),
    }


def _why(text: str) -> str:
    return _("wants no more") if text == receivers.UNSUBSCRIBED else text


def _whose_text(rule: AlertRule) -> str:
    return _("Every customer by itself") if rule.is_each else _("All calls together")


def _lengths(minutes: Iterable[int], chosen: str, none: str = "") -> list[tuple[str, str]]:
    own = whole_number(chosen)
    every = sorted({*minutes, *([own] if own is not None else [])})
    return [(str(each), length_text(timedelta(minutes=each)) if each or not none else none) for each in every]


ROUTES: Final[list[tuple[Any, ...]]] = [(f"/{PATH}", RuleHandler), (f"/{PREVIEW}", PreviewHandler)]
