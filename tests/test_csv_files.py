"""What a spreadsheet would compute, through every writer of files that people download."""

from __future__ import annotations

import csv
import io
import re
import tokenize
import zipfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from source import PACKAGE, own_files

from cxreports.csv_files import csv_of_frame, csv_of_rows, guarded
from cxreports.figures.call_files import download
from cxreports.figures.call_records import CdrFilter
from cxreports.sheets.columns import Column
from cxreports.sheets.files import to_csv, to_xlsx
from cxreports.sheets.selection import Selection, Sheet
from cxreports.widgets.chart import figures_csv

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MARK = b"\xef\xbb\xbf"

GUARDED = {
    "=cmd|'/c calc'!A1": "'=cmd|'/c calc'!A1",
    "+1": "+1",
    "-2": "-2",
    "-2.50": "-2.50",
    "+442071234567": "+442071234567",
    "+44 20 7123": "'+44 20 7123",
    "+1+cmd|x": "'+1+cmd|x",
    "-2+3": "'-2+3",
    "-2\n": "'-2\n",
    "-": "'-",
    "@x": "'@x",
    "\t=1": "'\t=1",
    "\r=1": "'\r=1",
    "Spain = x": "Spain = x",
    "Réunion": "Réunion",
    "'=1": "'=1",
}
"""What the cell of a file is, by the text that it is made of."""

TEXTS = list(GUARDED)


def selection() -> Selection:
    return Selection.of(Sheet(pl.DataFrame({"who": TEXTS}), (Column("who", "=Who"),)))


def of_selection(_made: Callable[..., Any]) -> bytes:
    return to_csv(selection())


def of_graph(_made: Callable[..., Any]) -> bytes:
    return figures_csv(pl.DataFrame({"=Who": TEXTS}))


def of_graph_by_category(_made: Callable[..., Any]) -> bytes:
    return figures_csv(pl.DataFrame({"=Who": pl.Series(TEXTS, dtype=pl.Categorical)}))


def of_rows(_made: Callable[..., Any]) -> bytes:
    """Write as the access log is written: tests/web/forms/test_admin.py downloads one."""
    return csv_of_rows([["=Who"], *([text] for text in TEXTS)])


def of_call_records(made: Callable[..., Any]) -> bytes:
    noon = datetime(2026, 3, 28, 12, tzinfo=UTC)
    calls = [{"call_time": noon.replace(minute=n), "source": text} for n, text in enumerate(TEXTS)]
    return b"".join(download(made(calls), CdrFilter(), columns=["source"]))


@pytest.mark.parametrize("writer", [of_selection, of_graph, of_graph_by_category, of_rows, of_call_records])
def test_no_downloaded_file_computes_and_each_begins_with_its_mark(
    writer: Callable[..., bytes], made: Callable[..., Any]
) -> None:
    contents = writer(made)
    assert contents.startswith(MARK)
    assert contents.count(MARK) == 1
    heading, *rows = csv.reader(io.StringIO(contents[3:].decode(), newline=""))
    assert heading in (["'=Who"], ["source"])
    assert [cell for (cell,) in rows] == list(GUARDED.values())


def test_a_workbook_has_texts_and_no_formulas() -> None:
    with zipfile.ZipFile(io.BytesIO(to_xlsx(selection()))) as book:
        cells = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in cells
    assert cells.count(' t="s"') == len(TEXTS) + 1


def test_numbers_stay_numbers() -> None:
    frame = pl.DataFrame(
        {"calls": [-2], "charge": pl.Series(["-0.0125"]).cast(pl.Decimal(28, 4)), "asr": [-1.5]}
    )
    assert csv_of_frame(frame) == MARK + b"calls,charge,asr\r\n-2,-0.0125,-1.5\r\n"


@given(st.lists(st.text("=+-@\t\r\n 019.٣a'", max_size=6).filter(lambda text: "\0" not in text), min_size=1))
def test_rows_and_columns_are_guarded_alike(texts: list[str]) -> None:
    lines = csv_of_frame(pl.DataFrame({"text": texts})).decode("utf-8-sig")
    cells = [row[0] if row else "" for row in csv.reader(io.StringIO(lines, newline=""))]
    assert cells[1:] == [guarded(text) for text in texts]


NOT_DOWNLOADED = {
    "csv_files.py",
    "cli/frames.py",  # for programs: exact, no mark
    "cdr/records/write_rows.py",  # dumps and other records on their way to the reader
    "feeds/tail.py",  # rows of a CDR table, likewise
}


WRITES: Final = re.compile(r"\. (write_csv|sink_csv)\b|\bcsv \. (writer|DictWriter)\b")


def code_of(path: Path) -> str:
    """Names and operators of a module, one space between them."""
    with tokenize.open(path) as file:
        tokens = list(tokenize.generate_tokens(file.readline))
    return " ".join(token.string for token in tokens if token.type in {tokenize.NAME, tokenize.OP})


def test_every_other_csv_goes_through_the_one_writer() -> None:
    writers = {
        path.relative_to(PACKAGE).as_posix() for path in own_files(".py") if WRITES.search(code_of(path))
    }
    # Synthetic calls are written as switches write them.
    assert {name for name in writers if not name.startswith("traffic/")} == NOT_DOWNLOADED
