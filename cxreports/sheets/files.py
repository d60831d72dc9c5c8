"""Selected cells as files: CSV to the last digit, and a workbook that can be computed with.

Cells of the rectangle around a selection that are not selected are blank; rows and columns
without any selected cell are left out. Times are UTC.
"""

from __future__ import annotations

import io
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from cxreports import csv_files
from cxreports.errors import BadSelection
from cxreports.language import _, number
from cxreports.sheets.columns import Column
from cxreports.sheets.names import sheet_name
from cxreports.wording import exact_digits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cxreports.sheets.selection import Selection, Sheet, Value

MEDIA: Final = {
    "csv": csv_files.MEDIA_TYPE,
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
"""Media type by form of file."""

EXCEL_DIGITS: Final = 15
"""Significant digits that a workbook's numbers keep: they are floating-point."""

EXCEL_ROWS: Final = 1_048_576

_FORMS: Final = {
    "month": ("%Y-%m", "yyyy-mm"),
    "day": ("%Y-%m-%d", "yyyy-mm-dd"),
    "minute": ("%Y-%m-%dT%H:%MZ", "yyyy-mm-dd hh:mm"),
    "second": ("%Y-%m-%dT%H:%M:%SZ", "yyyy-mm-dd hh:mm:ss"),
    "millisecond": ("%Y-%m-%dT%H:%M:%S.%fZ", "yyyy-mm-dd hh:mm:ss.000"),
    "microsecond": ("%Y-%m-%dT%H:%M:%S.%fZ", ""),
}
"""How times are written in CSV, and a workbook's format of them; it has no microseconds."""


def write(selection: Selection, form: str, *, headers: bool = True) -> bytes:
    """Write a selection as a file's contents.

    Parameters
    ----------
    form
        ``csv`` or ``xlsx``.
    headers
        Whether the first line has the columns' headings.

    Raises
    ------
    BadSelection
        Nothing is selected, the form is not known, or a workbook cannot hold so many rows.
    """
    if form not in MEDIA:
        raise BadSelection(f"a selection is exported as {' or '.join(MEDIA)}, not as {form!r}")
    if not selection.areas:
        raise BadSelection("nothing is selected: select some cells first")
    return (to_csv if form == "csv" else to_xlsx)(selection, headers=headers)


def to_csv(selection: Selection, *, headers: bool = True) -> bytes:
    """CSV file of a selection, decimals in full; see `cxreports.csv_files`."""
    filled = list(_filled(selection))
    texts = [[_csv_text(value, column) for value in values] for column, values in filled]
    headings = [[heading(column) for column, _values in filled]] if headers else []
    return csv_files.csv_of_rows([*headings, *zip(*texts, strict=True)])


def to_xlsx(selection: Selection, *, headers: bool = True) -> bytes:
    """Write a workbook: numbers as numbers with all their decimals in the format, times as dates.

    A number of more than 15 significant digits becomes a text, since a workbook would round it.
    """
    # Takes 60 ms to import, which only a download needs.
    from xlsxwriter import Workbook  # noqa: PLC0415

    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with Workbook(out, {**options, "strings_to_numbers": False, "remove_timezone": True}) as book:
        put_sheet(book, selection, sheet_name(selection.sheet.title), headers=headers)
    return out.getvalue()


def put_sheet(
    book: Any, selection: Selection, name: str, *, headers: bool = True, totals: bool = False
) -> None:
    """Add a selection to a workbook (XlsxWriter's) as a sheet.

    Parameters
    ----------
    totals
        Whether the table's totals are a last line.

    Raises
    ------
    BadSelection
        A workbook cannot hold so many rows.
    """
    if len(selection.rows) + headers + totals > EXCEL_ROWS:
        raise BadSelection(
            _("a workbook holds {most} rows, and {rows} are selected: export CSV").format(
                most=number(EXCEL_ROWS), rows=number(len(selection.rows))
            )
        )
    sheet = book.add_worksheet(name)
    bold = book.add_format({"bold": True, "bottom": 1})
    last = selection.sheet.totals if totals else {}
    for at, (column, values) in enumerate(_filled(selection)):
        if headers:
            sheet.write_string(0, at, heading(column), bold)
        total = _total(selection.sheet, column) if last else None
        form = {"num_format": _number_format(column, [*values, total]), "align": _side(column)}
        put = _putter(sheet, column, book.add_format(form))
        for row, value in enumerate(values, start=int(headers)):
            if value is not None:
                put(row, at, value)
        if total is not None:
            below = book.add_format({**form, "bold": True, "top": 1})
            _putter(sheet, column, below)(len(values) + headers, at, total)
        elif last and at == 0:
            label = book.add_format({"bold": True, "top": 1})
            sheet.write_string(len(values) + headers, at, selection.sheet.totals_label, label)
        widest = max((len(_csv_text(value, column)) for value in [*values[:200], total]), default=0)
        sheet.set_column(at, at, max(widest, len(heading(column))) + 2)
    if headers:
        sheet.freeze_panes(1, 0)


def _total(sheet: Sheet, column: Column) -> Value:
    """Total of a column, None where it has none."""
    if sheet.totals.get(column.name) is None:
        return None
    return sheet.value(column.name, sheet.held[column.name][-1])


def _filled(selection: Selection) -> Iterator[tuple[Column, list[Value]]]:
    """Columns of a file with their values: those selected, and after each its notes if there are any."""
    for name in selection.columns:
        column = selection.sheet.column(name)
        yield column, selection.values(name)
        notes = selection.notes(name)
        if any(notes):
            yield Column(column.note, _("Note")), notes


def heading(column: Column) -> str:
    """Heading of a column in a file: times say that they are UTC."""
    if column.kind == "time" and "UTC" not in column.label:
        return f"{column.label} (UTC)"
    return column.label


def _csv_text(value: Value, column: Column) -> str:
    match value:
        case None:
            return ""
        case Decimal():
            return exact_digits(value, column.decimals)
        case datetime():
            text = value.strftime(_FORMS[column.precision][0])
            return text.replace("000Z", "Z") if column.precision == "millisecond" else text
        case _:
            return value


def _number_format(column: Column, values: list[Value]) -> str:
    if column.kind == "time":
        return _FORMS[column.precision][1]
    if not column.is_number:
        return "@"
    texts = (exact_digits(value, column.decimals) for value in values if isinstance(value, Decimal))
    decimals = max((len(text.partition(".")[2]) for text in texts), default=0)
    return f"#,##0.{'0' * decimals}" if decimals else "#,##0"


def _side(column: Column) -> str:
    return column.align or ("right" if column.is_number else "left")


def _putter(sheet: Any, column: Column, style: Any) -> Callable[[int, int, Any], object]:
    """Choose how a column's values are put into a worksheet."""

    def number(row: int, at: int, value: Decimal) -> object:
        text = exact_digits(value, 0)
        if len(text.replace(".", "").strip("-").strip("0")) > EXCEL_DIGITS:
            return sheet.write_string(row, at, exact_digits(value, column.decimals), style)
        return sheet.write_number(row, at, float(value), style)

    def time(row: int, at: int, value: datetime) -> object:
        if not _FORMS[column.precision][1]:
            return sheet.write_string(row, at, _csv_text(value, column), style)
        return sheet.write_datetime(row, at, value, style)

    if column.is_number:
        return number
    if column.kind == "time":
        return time
    return lambda row, at, value: sheet.write_string(row, at, value, style)
