"""A table's cells as people read them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from cxreports.language import number
from cxreports.wording import ABSENT

if TYPE_CHECKING:
    from cxreports.reports.document import Table
    from cxreports.sheets.columns import Column
    from cxreports.sheets.selection import Value

_FORMS: Final = {
    "month": "%Y-%m",
    "day": "%Y-%m-%d",
    "minute": "%Y-%m-%d %H:%M",
    "second": "%Y-%m-%d %H:%M:%S",
    "millisecond": "%Y-%m-%d %H:%M:%S.%f",
    "microsecond": "%Y-%m-%d %H:%M:%S.%f",
}


class Cells(NamedTuple):
    """A table's texts: columns, rows, and the line of totals, empty where there is none."""

    columns: list[Column]
    rows: list[list[str]]
    totals: list[str]


def cells(table: Table) -> Cells:
    """Texts of the columns that are printed."""
    sheet = table.sheet
    columns = [each for each in sheet.columns if not table.printed or each.name in table.printed]
    texts = [_texts(table, each) for each in columns]
    lines = [list(row) for row in zip(*texts, strict=True)]
    if not sheet.totals:
        return Cells(columns, lines, [])
    last = lines.pop()
    note = sheet.totals.get(columns[0].note)
    label = f"{sheet.totals_label} ({note})" if note else sheet.totals_label
    return Cells(columns, lines, [label, *last[1:]])


def _texts(table: Table, column: Column) -> list[str]:
    shown = [_text(each, column) for each in table.sheet.values(column.name)]
    if not column.note:
        return shown
    sheet = table.sheet
    notes = [*sheet.frame[column.note].to_list(), *([sheet.totals.get(column.note)] if sheet.totals else [])]
    return [f"{text} ({note})" if note else text for text, note in zip(shown, notes, strict=True)]


def _text(value: Value, column: Column) -> str:
    match value:
        case None:
            return ABSENT if column.is_number else ""
        case Decimal():
            return number(value, column.decimals)
        case datetime():
            return value.strftime(_FORMS[column.precision])
        case _:
            return value
