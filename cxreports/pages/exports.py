"""Exports of a page's figures, in the audit log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxreports.desk.desk import desk_of
from cxreports.visitor import current

if TYPE_CHECKING:
    from pathlib import Path

    from cxreports.widgets.part import Part


def audit_exports(home: Path, page: str, *parts: Part) -> None:
    """Record every file that widgets of a page write for the visitor; nothing outside a portal.

    The entry is made before the file is sent, and says what the widget wrote, not what it was asked for.
    """
    if current() is None:
        return

    def record(form: str, rows: int, customer: str) -> None:
        desk_of(home).record_export(page, form, rows, customer)

    for part in parts:
        part.on_export = record
