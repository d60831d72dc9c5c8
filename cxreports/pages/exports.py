"""Exports of a page's figures, in the audit log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxreports.portal.actor import Actor
from cxreports.portal.audit import Event
from cxreports.portal.database import database_of
from cxreports.visitor import current

if TYPE_CHECKING:
    from pathlib import Path

    from cxreports.widgets.part import Part


def audit_exports(home: Path, page: str, *parts: Part) -> None:
    """Record every file that widgets of a page write for the visitor; nothing outside a portal.

    The entry is made before the file is sent, and says what the widget wrote, not what it was asked for.
    """
    visitor = current()
    if visitor is None:
        return
    actor = Actor(visitor.email, visitor.user_id, visitor.address)

    def record(form: str, rows: int, customer: str) -> None:
        with database_of(home).writing() as db:
            actor.did(
                db,
                Event.EXPORTED,
                company_id=visitor.customer,
                what=page,
                form=form,
                rows=rows,
                customer=customer,
            )

    for part in parts:
        part.on_export = record
