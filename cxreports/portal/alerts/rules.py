"""Rules: added, changed, paused, removed and brought back, each with its entry in the audit log.

A company's users keep the rules of their company, operators those of anyone and their own. A rule of another
company does not exist for a customer.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import delete, select

from cxreports.errors import AlreadyThere, BadField, NotThere
from cxreports.language import _
from cxreports.portal.alerts import receivers, typed_rule
from cxreports.portal.alerts.tables import Alert, AlertRule, AlertState
from cxreports.portal.audit import Event
from cxreports.portal.companies import companies
from cxreports.portal.database import now as present

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from cxreports.portal.actor import Actor

MOST_RULES: Final = 200
"""Rules that a company, or the operators, may have."""

LONGEST_MUTE: Final = timedelta(days=90)

UNDO_WITHIN: Final = timedelta(days=30)
"""A removed rule can be brought back for so long."""


@dataclass(frozen=True)
class Keeper:
    """Whose rules are in reach.

    Attributes
    ----------
    company_id
        The company of a customer's user; None for operators, who reach all.
    """

    company_id: str | None

    @property
    def is_operator(self) -> bool:
        """Whether every rule is in reach."""
        return self.company_id is None

    def owns(self, model: type[AlertRule | Alert]) -> ColumnElement[bool]:
        """SQL of the rows in reach."""
        return model.id.is_not(None) if self.company_id is None else model.company_id == self.company_id


OPERATORS: Final = Keeper(None)


def listed(db: Session, keeper: Keeper, company_id: str | None = None) -> list[AlertRule]:
    """Rules in reach that are not removed, by title.

    Parameters
    ----------
    company_id
        For operators: those of one company alone.
    """
    asked = select(AlertRule).where(AlertRule.removed_at.is_(None), keeper.owns(AlertRule))
    if company_id is not None:
        asked = asked.where(AlertRule.company_id == company_id)
    return sorted(db.scalars(asked), key=lambda rule: (rule.owner, rule.title_key or "", rule.id))


def get(db: Session, keeper: Keeper, rule_id: int, *, removed: bool = False) -> AlertRule:
    """A rule in reach.

    Raises
    ------
    NotThere
        There is none in reach.
    """
    rule = db.get(AlertRule, rule_id, populate_existing=True)
    out_of_reach = rule is None or not (keeper.is_operator or rule.company_id == keeper.company_id)
    if rule is None or out_of_reach or (rule.removed_at is not None) is not removed:
        raise NotThere(_("There is no such rule."))
    return rule


def titled(db: Session, keeper: Keeper, title: str, company_id: str | None = None) -> AlertRule:
    """A rule in reach by its title.

    Raises
    ------
    NotThere
        There is none in reach.
    """
    owner = keeper.company_id or company_id or ""
    found = db.scalar(select(AlertRule).where(AlertRule.owner == owner, AlertRule.title_key == folded(title)))
    if found is None:
        raise NotThere(_("There is no rule “{title}”.").format(title=title))
    return found


def add(
    db: Session,
    keeper: Keeper,
    typed: Mapping[str, Any],
    *,
    by: Actor,
    company_id: str | None = None,
    standing: str | None = None,
    now: datetime | None = None,
) -> AlertRule:
    """Add a rule.

    Parameters
    ----------
    typed
        Its fields, see `cxreports.portal.alerts.typed_rule.read`.
    company_id
        For operators: the company that it is for; None for a rule of the operators' own.
    standing
        Name of a rule that stands from the start.

    Raises
    ------
    BadField
        A field cannot be taken.
    AlreadyThere
        There is a rule of this title.
    NotThere
        There is no such company.
    """
    now, owner = now or present(), keeper.company_id or company_id
    if owner is not None:
        companies.get(db, owner)
    values = typed_rule.read(typed, has_company=owner is not None)
    if len(_of_owner(db, owner or "")) >= MOST_RULES:
        raise BadField("title", _("There are {most} rules: remove one first.").format(most=MOST_RULES))
    _check_title(db, owner or "", values["title"])
    rule = AlertRule(
        owner=owner or "",
        company_id=owner,
        title_key=folded(values["title"]),
        standing=standing,
        created_at=now,
        changed_at=now,
        changed_by=by.who,
        **values,
    )
    db.add(rule)
    db.flush()
    by.did(db, Event.ALERT_RULE_ADDED, company_id=owner, now=now, title=rule.title)
    return rule


def change(
    db: Session,
    keeper: Keeper,
    rule_id: int,
    typed: Mapping[str, Any],
    *,
    by: Actor,
    now: datetime | None = None,
) -> AlertRule:
    """Change a rule; where it is judged otherwise from now on, what fires is closed.

    Raises
    ------
    BadField, AlreadyThere, NotThere
        As `add` and `get`.
    """
    now, rule = now or present(), get(db, keeper, rule_id)
    values = typed_rule.read(typed, has_company=rule.company_id is not None)
    _check_title(db, rule.owner, values["title"], but=rule.id)
    changed = {name: value for name, value in values.items() if getattr(rule, name) != value}
    if not changed:
        return rule
    receivers.admit(db, rule, values["emails"])
    for name, value in changed.items():
        setattr(rule, name, value)
    rule.title_key = folded(rule.title)
    rule.changed_at, rule.changed_by = now, by.who
    if changed.keys() & typed_rule.JUDGED:
        _begin_anew(db, rule, "changed", now)
    db.flush()
    told = {name: value if isinstance(value, (int, list)) else str(value) for name, value in changed.items()}
    by.did(db, Event.ALERT_RULE_CHANGED, company_id=rule.company_id, now=now, title=rule.title, changed=told)
    return rule


def pause(
    db: Session,
    keeper: Keeper,
    rule_id: int,
    *,
    by: Actor,
    until: datetime | None = None,
    now: datetime | None = None,
) -> AlertRule:
    """Judge a rule no more, until it is resumed or up to a time; what fires is closed."""
    now, rule = now or present(), get(db, keeper, rule_id)
    if until is not None and until <= now:
        raise BadField("until", _("This should be a time to come."))
    rule.paused_at, rule.paused_until, rule.paused_by = now, until, by.who
    _begin_anew(db, rule, "paused", now)
    by.did(db, Event.ALERT_RULE_PAUSED, company_id=rule.company_id, now=now, title=rule.title)
    return rule


def resume(db: Session, keeper: Keeper, rule_id: int, *, by: Actor, now: datetime | None = None) -> AlertRule:
    """Judge a paused rule again, from now on."""
    now, rule = now or present(), get(db, keeper, rule_id)
    if rule.paused_at is not None:
        rule.paused_at = rule.paused_until = None
        _begin_anew(db, rule, "paused", now)
        by.did(db, Event.ALERT_RULE_RESUMED, company_id=rule.company_id, now=now, title=rule.title)
    return rule


def mute(
    db: Session, keeper: Keeper, rule_id: int, until: datetime, *, by: Actor, now: datetime | None = None
) -> AlertRule:
    """Judge a rule without a notice up to a time; what fires still then is told of at that time.

    Raises
    ------
    BadField
        The time is not within `LONGEST_MUTE` from now.
    NotThere
        There is no such rule in reach.
    """
    now, rule = now or present(), get(db, keeper, rule_id)
    if not now < until <= now + LONGEST_MUTE:
        raise BadField(
            "until",
            _("This should be a time within the next {days} days.").format(days=LONGEST_MUTE.days),
        )
    rule.muted_until, rule.muted_by = until, by.who
    by.did(
        db, Event.ALERT_RULE_MUTED, company_id=rule.company_id, now=now, title=rule.title,
        until=until.isoformat(),
    )  # fmt: skip
    return rule


def unmute(db: Session, keeper: Keeper, rule_id: int, *, by: Actor, now: datetime | None = None) -> AlertRule:
    """Let a muted rule give notice again."""
    now, rule = now or present(), get(db, keeper, rule_id)
    if rule.muted_until is not None:
        rule.muted_until, rule.muted_by = None, ""
        by.did(db, Event.ALERT_RULE_UNMUTED, company_id=rule.company_id, now=now, title=rule.title)
    return rule


def is_muted(rule: AlertRule, now: datetime) -> bool:
    """Whether a rule gives no notice at a time."""
    return rule.muted_until is not None and now < rule.muted_until


def remove(db: Session, keeper: Keeper, rule_id: int, *, by: Actor, now: datetime | None = None) -> AlertRule:
    """Remove a rule; its history stays, and it can be brought back for `UNDO_WITHIN`."""
    now, rule = now or present(), get(db, keeper, rule_id)
    rule.removed_at, rule.title_key = now, None
    _begin_anew(db, rule, "removed", now)
    by.did(db, Event.ALERT_RULE_REMOVED, company_id=rule.company_id, now=now, title=rule.title)
    return rule


def bring_back(
    db: Session, keeper: Keeper, rule_id: int, *, by: Actor, now: datetime | None = None
) -> AlertRule:
    """Undo a removal.

    Raises
    ------
    NotThere
        There is no removed rule in reach, or it was removed too long ago.
    AlreadyThere
        Another rule has its title by now.
    """
    now, rule = now or present(), get(db, keeper, rule_id, removed=True)
    if rule.removed_at is not None and now - rule.removed_at > UNDO_WITHIN:
        raise NotThere(_("There is no such rule."))
    _check_title(db, rule.owner, rule.title)
    rule.removed_at, rule.title_key = None, folded(rule.title)
    _begin_anew(db, rule, "removed", now)
    by.did(db, Event.ALERT_RULE_BROUGHT_BACK, company_id=rule.company_id, now=now, title=rule.title)
    return rule


def folded(title: str) -> str:
    """A title by which rules are told apart: one that is written otherwise is the same."""
    return unicodedata.normalize("NFKC", title).casefold()


def is_paused(rule: AlertRule, now: datetime) -> bool:
    """Whether a rule is not judged at a time."""
    return rule.paused_at is not None and (rule.paused_until is None or now < rule.paused_until)


def _of_owner(db: Session, owner: str) -> list[AlertRule]:
    asked = select(AlertRule).where(AlertRule.owner == owner, AlertRule.removed_at.is_(None))
    return list(db.scalars(asked))


def _check_title(db: Session, owner: str, title: str, but: int | None = None) -> None:
    same = select(AlertRule.id).where(AlertRule.owner == owner, AlertRule.title_key == folded(title))
    found = db.scalar(same)
    if found is not None and found != but:
        raise AlreadyThere(_("There is a rule “{title}” already.").format(title=title))


def _begin_anew(db: Session, rule: AlertRule, why: str, now: datetime) -> None:
    """Forget where a rule stands, and close what fires; moments before this one are not judged any more."""
    for alert in db.scalars(select(Alert).where(Alert.rule_id == rule.id, Alert.ended_at.is_(None))):
        alert.ended_at, alert.ended_by = now, why
    db.execute(delete(AlertState).where(AlertState.rule_id == rule.id))
    rule.revision += 1
    rule.judged_at = None
    db.flush()
