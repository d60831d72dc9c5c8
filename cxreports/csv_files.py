"""CSV files that people download: one guard against formulas and one byte order mark for all of them.

Such files are opened in spreadsheets. Whatever a caller, a switch or a user of the portal wrote
stands in them as a text, never as a formula; UTF-8 begins with its byte order mark, without which
Excel reads ``Réunion`` in the local code page.

Neighbours: the selections of grids (``sheets.files``), the data behind a graph
(``widgets.chart``), call records (``figures.call_files``), the access log (``web.forms.review``) and
deliveries of reports (``web.reports.deliveries_file``) are written here. What the command line prints
with ``--output csv`` (``cli.frames``) is not: programs read it, and an apostrophe or a mark would be part
of a value.
A workbook needs no guard: its cells have types, and texts are written as texts.
"""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    import polars as pl

MEDIA_TYPE: Final = "text/csv;charset=utf-8"

BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
"""First bytes of a CSV file."""

_FORMULA: Final = r"^[=+\-@\t\r]"
_NUMBER: Final = r"^[+-]?[0-9]+(\.[0-9]+)?$"


def guarded(text: str) -> str:
    """Text that no spreadsheet takes for a formula: an apostrophe stands before ``= + - @``, tab or CR.

    A plain number computes nothing and stays as it is: -2, and callers' numbers such as +442071234567.
    """
    # Python's $ also matches before a line end, Rust's (in `guarded_column`) does not.
    is_number = re.fullmatch(_NUMBER, text)
    return f"'{text}" if re.match(_FORMULA, text) and not is_number else text


def guarded_column(column: pl.Expr) -> pl.Expr:
    """Column of texts, each as `guarded` writes it."""
    # The server writes rows and should not wait for polars.
    import polars as pl  # noqa: PLC0415

    is_formula = column.str.contains(_FORMULA) & ~column.str.contains(_NUMBER)
    return pl.when(is_formula).then(pl.concat_str(pl.lit("'"), column)).otherwise(column)


def csv_of_rows(rows: Iterable[Iterable[str]]) -> bytes:
    """CSV file of rows of texts, the headings among them: UTF-8 with its mark, CR LF."""
    out = io.StringIO()
    csv.writer(out).writerows([guarded(cell) for cell in row] for row in rows)
    return BYTE_ORDER_MARK + out.getvalue().encode()


def csv_of_frame(
    frame: pl.DataFrame,
    *,
    continues: bool = False,
    datetime_format: str | None = None,
    line_terminator: str = "\r\n",
) -> bytes:
    """CSV file of a frame under its column names: decimals in full, UTF-8 with its mark.

    Parameters
    ----------
    continues
        Whether it goes on with a file that has begun: no mark, no headings.
    datetime_format
        How times are written, as ``strftime`` names it; by default as polars does.
    """
    import polars as pl  # noqa: PLC0415
    import polars.selectors as cs  # noqa: PLC0415

    texts = cs.string() | cs.categorical() | cs.by_dtype(pl.Enum)
    names = [name for name in frame.columns if name in frame.select(texts).columns]
    safe = frame.with_columns(guarded_column(pl.col(name).cast(pl.String)).alias(name) for name in names)
    lines = safe.rename(guarded).write_csv(
        include_header=not continues, datetime_format=datetime_format, line_terminator=line_terminator
    )
    return lines.encode() if continues else BYTE_ORDER_MARK + lines.encode()
