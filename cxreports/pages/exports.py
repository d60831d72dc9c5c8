"""Exports of a page's figures: what they are called, and their entries in the audit log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxreports.cdr.record import ALL_CUSTOMERS
from cxreports.clock import zone
from cxreports.desk.desk import desk_of
from cxreports.language import _, date_and_time, isolated
from cxreports.sheets.names import file_name
from cxreports.visitor import current

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cxreports.clock import Period
    from cxreports.widgets import ChartWidget
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


def name_downloads(
    widget: ChartWidget, name: str, customer: str, names: Mapping[str, str], period: Period, tz: str
) -> None:
    """Name a graph's downloads, and caption its pictures: customer, period and zone.

    Parameters
    ----------
    name
        The graph's id.
    names
        Names of customers, by id.
    """
    widget.file = file_name(customer, name, period, tz)
    whose = _("All customers") if customer == ALL_CUSTOMERS else names.get(customer, customer)
    widget.caption = [whose, caption(period, tz)]


def caption(period: Period, tz: str) -> str:
    """Period and zone: ``28 Nov 2026, 13:00 to 29 Nov 2026, 13:00 · Europe/Madrid``."""
    begin, end = (
        isolated(date_and_time(each.astimezone(zone(tz)), "yMMMd")) for each in (period.start, period.end)
    )
    return _("{begin} to {end}").format(begin=begin, end=end) + f" · {isolated(tz.replace('_', ' '))}"
