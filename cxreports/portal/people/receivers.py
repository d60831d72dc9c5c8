"""Receivers of reports and alerts by the names of the people whose addresses they are."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from sqlalchemy import select

from cxreports.portal.post import targets
from cxreports.portal.tables import User, email_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session


@dataclass(frozen=True)
class Receivers:
    """Names of people by e-mail address, folded (`email_key`)."""

    names: Mapping[str, str]

    @classmethod
    def of(cls, db: Session, company_id: str | None) -> Self:
        """People of a company, or everybody for operators (None); who share a name go by their addresses."""
        asked = select(User.email_key, User.name)
        if company_id is not None:
            asked = asked.where(User.company_id == company_id)
        found = [(key, name) for key, name in db.execute(asked) if name]
        count = Counter(name for _key, name in found)
        return cls({key: name for key, name in found if count[name] == 1})

    def name(self, target: str) -> str:
        """Name of whom a target reaches; of nobody's address, and of a URL, itself without its password."""
        return self.names.get(email_key(target)) or targets.shown(target)
