"""Exports of a page's figures, in the audit log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cxreports.portal.actor import Actor
from cxreports.portal.audit import Event
from cxreports.portal.database import database_of
from cxreports.visitor import current

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cxreports.widgets.part import Part


def audit_exports(home: Path, page: str, *parts: Part) -> None:
    """Record every export that the visitor asks widgets of a page for; nothing outside a portal."""
    visitor = current()
    if visitor is None:
        return
    actor = Actor(visitor.email, visitor.user_id, visitor.address)

    def record(_widget: Any, content: Mapping[str, Any], _buffers: Any) -> None:
        asked = content.get("export", {}).get("form") or content.get("download")
        form = asked or ("csv" if content.get("ask") == "csv" else "")
        if not form:
            return
        with database_of(home).writing() as db:
            actor.did(db, Event.EXPORTED, company_id=visitor.customer, what=page, form=str(form)[:20])

    for part in parts:
        part.on_msg(record)
