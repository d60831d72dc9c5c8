"""Tables on paper: rows that are known to be one line high are set once, and look the same."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import polars as pl
import pypdfium2
import pytest

from cxreports.reports.document import Document, Head, Table
from cxreports.reports.forms import pdf as module
from cxreports.reports.forms.pdf import page_count, pdf
from cxreports.reports.reported import Reported
from cxreports.sheets.columns import Column
from cxreports.sheets.selection import Sheet

NOW = datetime(2026, 11, 2, tzinfo=UTC)
HEAD = Head("Acme", "Monthly report", "", "as of 1 Nov 2026", "en", NOW)


def table(columns: int, text: str = "", rows: int = 70) -> Table:
    """Table of figures, longer than a page, with a line of totals and one cell of a text."""
    # Of each column other figures are wide: with few digits and many, with points and without.
    frame = pl.DataFrame(
        {
            f"c{at}": [10.0 ** (row % (at % 5 + 1)) * 1.115 + row for row in range(rows)]
            for at in range(columns)
        }
    )
    names = [*frame.columns, *(["text"] if text else [])]
    if text:
        frame = frame.with_columns(text=pl.lit(text))
    shown = tuple(
        Column(each, each.title(), align="left") if each == "text" else Column(each, f"{each} %", "ratio", 2)
        for each in names
    )
    return Table(Sheet(frame, shown, {"c1": 5.0}, "70 rows"), "made", "Made")


def made(shown: Table) -> bytes:
    return pdf(Document(HEAD, (shown,), Reported.of("2026-10", NOW)), {})


def is_low(shown: Table) -> list[bool]:
    return [each["low"] for each in module._tables(shown)]


@pytest.mark.parametrize("shown", [table(3), table(8), table(9, "2026-10-01 \N{EN DASH} 2")])
def test_rows_that_are_set_once_stand_where_they_would_anyway(
    shown: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert is_low(shown) == [True]
    once = made(shown)
    monkeypatch.setattr(module, "_FIGURES", re.compile("never"))
    assert is_low(shown) == [False]
    assert made(shown) == once


@pytest.mark.parametrize("rows", [1, 70, 1_500])
def test_pages_are_counted_as_a_reader_counts_them(rows: int) -> None:
    content = made(table(3, rows=rows))
    assert page_count(content) == len(pypdfium2.PdfDocument(content))


@pytest.mark.parametrize(
    "text", ["Spain, Balearic Islands and more", "\N{CJK UNIFIED IDEOGRAPH-4E2D}", "two\nlines"]
)
def test_texts_that_may_be_higher_are_looked_at(text: str) -> None:
    assert is_low(table(3, text)) == [False]


def test_tables_that_are_too_wide_for_a_page_are_looked_at() -> None:
    assert set(is_low(table(30))) == {False}
