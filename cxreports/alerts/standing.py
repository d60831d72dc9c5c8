"""Rules that stand from the start, the operators' own.

A silent feed, a refused file, a balance that runs out, figures outside their learned bands: each is added
once; who changes or removes it is not given it again. They notify all operators, until somebody changes that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from cxreports.alerts.sentences import STANDING_TITLES
from cxreports.portal.actor import Actor
from cxreports.portal.alerts import rules
from cxreports.portal.alerts.tables import AlertRule

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from cxreports.portal.database import Database

STANDING: Final[Mapping[str, Mapping[str, Any]]] = {
    "silent_feed": {
        "title": STANDING_TITLES["silent_feed"],
        "metric": "silence", "is_below": False, "threshold": 60, "reset": 15,
        "level": "critical", "repeat_min": 24 * 60, "to_operators": True,
    },
    "refused_file": {
        "title": STANDING_TITLES["refused_file"],
        "metric": "refused_files", "is_below": False, "threshold": 0,
        "reset": 0, "sample_min": 12 * 60, "level": "warning", "to_operators": True,
    },
    "balance_gone": {
        "title": STANDING_TITLES["balance_gone"],
        "metric": "balance_days", "is_each": True,
        "threshold": 5, "reset": 7, "level": "warning", "repeat_min": 24 * 60, "to_operators": True,
    },
    "learned": {
        "title": STANDING_TITLES["learned"],
        "metric": "usual", "is_below": False, "is_each": True,
        "threshold": 100, "reset": 50, "level": "warning", "to_operators": True,
    },
}  # fmt: skip
"""The fields of each, by name."""

BY: Final = Actor("cxreports")


def ensure(database: Database, *, now: datetime) -> None:
    """Add the rules that were never there."""
    asked = select(AlertRule.standing).where(AlertRule.standing.is_not(None))
    with database.reading() as db:
        if STANDING.keys() <= set(db.scalars(asked)):
            return
    with database.writing() as db:
        there = set(db.scalars(asked))
        for name, fields in STANDING.items():
            if name not in there and not _is_taken(db, str(fields["title"])):
                rules.add(db, rules.OPERATORS, fields, by=BY, standing=name, now=now)


def _is_taken(db: Any, title: str) -> bool:
    same = select(AlertRule.id).where(AlertRule.owner == "", AlertRule.title_key == rules.folded(title))
    return db.scalar(same) is not None
