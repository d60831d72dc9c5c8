"""A document's tables as a workbook, a sheet each, and as CSV files, exact to the last digit."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from xlsxwriter import Workbook

from cxreports.sheets.files import put_sheet, to_csv
from cxreports.sheets.names import LONGEST_SHEET_NAME, sheet_name
from cxreports.sheets.selection import Selection

if TYPE_CHECKING:
    from cxreports.reports.document import Document


def xlsx(document: Document) -> bytes:
    """Workbook of a document's tables: number formats, frozen heads, totals last.

    One without a table has a sheet that says whose report it is.
    """
    out, head = io.BytesIO(), document.head
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with Workbook(out, {**options, "strings_to_numbers": False, "remove_timezone": True}) as book:
        # Excel's times have no zone; those that a file bears are UTC.
        book.set_properties(
            {
                "title": head.title,
                "author": head.operator or head.company,
                "company": head.company,
                "comments": head.foot,
                "created": head.created.replace(tzinfo=None),
            }
        )
        taken: set[str] = set()
        for table in document.tables():
            put_sheet(book, Selection.of(table.sheet), _free(table.title or table.name, taken), totals=True)
        if not taken:
            book.add_worksheet().write_string(0, 0, f"{head.company} · {head.title}")
    return out.getvalue()


def csv(document: Document) -> dict[str, bytes]:
    """CSV file of each table, by name."""
    files: dict[str, bytes] = {}
    for table in document.tables():
        name = table.name
        nth = 2
        while name in files:
            name, nth = f"{table.name}-{nth}", nth + 1
        files[name] = to_csv(Selection.of(table.sheet))
    return files


def _free(title: str, taken: set[str]) -> str:
    """Name of a sheet that no other has; Excel reads capitals as small letters."""
    name, nth = sheet_name(title), 2
    while name.casefold() in taken:
        ending = f" {nth}"
        name, nth = sheet_name(title)[: LONGEST_SHEET_NAME - len(ending)] + ending, nth + 1
    taken.add(name.casefold())
    return name
