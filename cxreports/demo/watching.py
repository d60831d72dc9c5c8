"""The demo's alert rules and schedules of reports: what somebody at each company might have set up.

Each is added once: who removes one is not given it again. The rules are judged over the day of the outage and
over the last hours, so that there is a history to look at; a first report of each schedule is asked for, and
made by the worker beside the portal.
"""

from __future__ import annotations

from contextlib import closing
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from cxreports.alerts.evaluation import evaluate
from cxreports.lake.store import Store
from cxreports.portal.actor import Actor
from cxreports.portal.alerts import rules
from cxreports.portal.alerts.tables import AlertRule
from cxreports.portal.database import Database
from cxreports.portal.people import users
from cxreports.portal.people.vault import Vault
from cxreports.portal.schedules import schedules
from cxreports.portal.schedules.due import Timing
from cxreports.portal.schedules.tables import Schedule

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy.orm import Session

    from cxreports.settings import Settings

BY: Final = Actor("demo")

_ANA, _BEN = "ana.perez@acme.example", "ben.stone@acme.example"
_OLGA: Final = "olga.noc@operator.example"
_JUDGED_BACK: Final = timedelta(hours=20)
_AROUND: Final = timedelta(hours=6)

RULES: Final[tuple[tuple[str | None, Mapping[str, Any]], ...]] = (
    ("acme", {
        "title": "ASR of all calls", "metric": "asr", "threshold": 30, "reset": 38, "sample_min": 60,
        "fewest_calls": 60, "repeat_min": 120, "level": "critical", "emails": f"{_ANA}, {_BEN}",
    }),
    ("acme", {
        "title": "Channels nearly full", "metric": "channels_pct", "is_below": False, "threshold": 85,
        "reset": 70, "sample_min": 15, "level": "warning", "emails": _ANA,
    }),
    ("acme", {
        "title": "Charge against last week", "metric": "charge", "compared": "week", "is_below": False,
        "threshold": 150, "reset": 80, "sample_min": 360, "fewest_calls": 100, "level": "notice",
        "emails": _BEN,
    }),
    ("brightline", {
        "title": "Answered less than usual", "metric": "asr", "threshold": 25, "reset": 32, "sample_min": 60,
        "fewest_calls": 40, "level": "warning", "emails": "grace.hill@brightline.example",
    }),
    (None, {
        "title": "Carrier errors of all calls", "metric": "ner", "threshold": 75, "reset": 85,
        "sample_min": 15, "fewest_calls": 50, "repeat_min": 60, "level": "critical", "emails": _OLGA,
    }),
)  # fmt: skip
"""The company, None for the operators' own, and the fields of each."""

SCHEDULES: Final[tuple[tuple[str | None, str, str, Mapping[str, Any]], ...]] = (
    ("acme", _ANA, "Weekly quality", {
        "timing": Timing.weekly(["mon"], "07:00", "America/New_York"), "to": [_ANA, _BEN],
        "period": "last-week", "formats": ["pdf", "xlsx"],
    }),
    ("meridian", "nuria.soler@meridian.example", "Informe mensual", {
        "timing": Timing.monthly("1", "08:00", "Europe/Madrid"), "to": ["nuria.soler@meridian.example"],
        "period": "last-month", "formats": ["pdf"], "language": "es",
    }),
    (None, _OLGA, "Review of the week", {
        "timing": Timing.weekly(["mon"], "06:30", "Europe/Madrid"), "to": [_OLGA], "notebook": "review",
        "customers": ["acme"], "period": "last-week", "formats": ["html"],
    }),
)  # fmt: skip
"""Company, owner, name, and the rest of each."""


def set_up(settings: Settings, tell: Callable[[str], None], *, outage: datetime, now: datetime) -> None:
    """Add the rules and schedules that were never there, and judge the rules.

    Parameters
    ----------
    outage
        When the demo's outage begins.
    """
    with closing(Database.of(settings)) as database:
        with database.writing() as db:
            added = sum(_add_rule(db, company, fields, now) for company, fields in RULES)
        if added:
            tell(f"judging {added} alert rules around the outage and over the last hours")
            store = Store(settings)
            for at in (outage - _AROUND, outage + _AROUND, now - _JUDGED_BACK, now):
                evaluate(store, database, settings, now=at)
        vault = Vault.of(settings.home)
        with database.writing() as db:
            schedules_added = sum(_add_schedule(db, vault, now, *each) for each in SCHEDULES)
        if schedules_added:
            tell(
                f"added {schedules_added} schedules of reports; the first ones are made once the portal runs"
            )


def _add_rule(db: Session, company: str | None, fields: Mapping[str, Any], now: datetime) -> bool:
    asked = select(AlertRule.id).where(AlertRule.owner == (company or ""), AlertRule.title == fields["title"])
    if db.scalar(asked) is not None:
        return False
    rules.add(db, rules.OPERATORS, fields, company_id=company, by=BY, now=now)
    return True


def _add_schedule(
    db: Session,
    vault: Vault,
    now: datetime,
    company: str | None,
    owner: str,
    name: str,
    fields: Mapping[str, Any],
) -> bool:
    if (
        db.scalar(select(Schedule.id).where(Schedule.company_id == company, Schedule.name == name))
        is not None
    ):
        return False
    wanted = schedules.Wanted(name, **fields)
    schedule = schedules.add(
        db, wanted, company_id=company, vault=vault, owner=users.find(db, owner), by=BY, now=now
    )
    schedules.ask_run(db, schedule, by=BY, now=now)
    return True
