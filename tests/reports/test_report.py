"""The summary report: every form of it has the figures of `summary`, to the digit that it shows."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime
from decimal import Decimal
from html import unescape
from typing import TYPE_CHECKING, Any

import openpyxl
import pypdfium2
import pytest
from report_operator import NOW

from cxreports import Lake
from cxreports.reports import Failed, Finished, run

if TYPE_CHECKING:
    from pathlib import Path

    from report_operator import Operator


def made(operator: Operator, folder: Path, notebook: str = "report", **asked: Any) -> list[Finished]:
    options = {"customer": "acme", "period": "2026-10", "operator": "Northern Carrier", "now": NOW, "jobs": 0}
    files = run(notebook, to=folder, home=operator.home, **{**options, **asked})
    assert not [each for each in files if isinstance(each, Failed)], files
    return files  # type: ignore[return-value]


@pytest.fixture(scope="module")
def files(operator: Operator, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("report")
    finished = made(operator, folder, formats=("pdf", "html", "xlsx", "csv"))
    return {each.path.name.removeprefix("acme-report-2026-10"): each.path for each in finished}


def pages(path: Path) -> list[str]:
    document = pypdfium2.PdfDocument(path)
    texts = [document[at].get_textpage().get_text_range() for at in range(len(document))]
    document.close()
    return texts


def summary_rows(operator: Operator) -> list[dict[str, Any]]:
    return Lake(operator.home).summary("acme", "day", start="2026-10-01", end="2026-11-01").to_dicts()


def test_every_day_of_the_summary_stands_in_the_pdf(operator: Operator, files: dict[str, Path]) -> None:
    text = " ".join("\n".join(pages(files[".pdf"])).split())
    rows = summary_rows(operator)
    assert len(rows) == 31
    for row in rows:
        line = (
            f"{row['start']:%Y-%m-%d} {row['attempts']:,} {row['connected']:,} {row['asr_pct']:.2f} "
            f"{row['acd_s']:.1f} {row['ner_pct']:.2f} {row['pdd_ms']:,.0f} {row['duration_s']:,.0f}"
        )
        assert line in text
        charge = re.search(rf"{row['start']:%Y-%m-%d} .*? ([\d.]+)(?= 2026-| 31 days)", text)
        assert charge, line
        assert Decimal(charge[1]) == row["charge"]


def test_the_pages_say_whose_report_it_is_of_when_and_as_of_when(files: dict[str, Path]) -> None:
    for number, text in enumerate(texts := pages(files[".pdf"]), start=1):
        assert "Acme Telecom · Monthly report · October 2026" in text
        assert "Northern Carrier" in text
        assert "as of 1 Nov 2026" in text
        assert "graphs in Europe/Madrid, tables in UTC · charges in USD" in text
        assert f"{number} / {len(texts)}" in text


def test_the_pdf_is_tagged_titled_and_has_only_fonts_of_packages(files: dict[str, Path]) -> None:
    content = files[".pdf"].read_bytes()
    assert b"/StructTreeRoot" in content or b"/MarkInfo" in content
    document = pypdfium2.PdfDocument(files[".pdf"])
    assert document.get_metadata_dict()["Title"] == "Monthly report · October 2026"
    assert document.is_tagged()
    document.close()


def test_texts_of_graphs_can_be_selected_and_are_in_the_zones_calendar(files: dict[str, Path]) -> None:
    first = pages(files[".pdf"])[0]
    for day in ("4 Oct", "11 Oct", "18 Oct", "25 Oct"):
        assert first.count(day) == 4


def test_the_workbook_has_each_figure_as_a_number_under_a_frozen_head(
    operator: Operator, files: dict[str, Path]
) -> None:
    book = openpyxl.load_workbook(files[".xlsx"])
    assert book.sheetnames[:3] == ["Destinations", "How calls ended", "By day"]
    sheet = book["By day"]
    assert all(each.freeze_panes == "A2" for each in book)
    names = {cell.value: cell.column - 1 for cell in sheet[1]}
    rows = summary_rows(operator)
    columns = {"Attempts": "attempts", "Connected": "connected", "ASR %": "asr_pct", "Charge USD": "charge"}
    for line, row in zip(sheet.iter_rows(min_row=2, values_only=True), rows, strict=False):
        assert line[0].replace(tzinfo=UTC) == row["start"]
        for heading, column in columns.items():
            assert line[names[heading]] == pytest.approx(float(row[column]), abs=1e-6), (
                row["start"],
                heading,
            )
    totals = [cell.value for cell in sheet[sheet.max_row]]
    assert totals[0] == "31 days"
    assert totals[names["Attempts"]] == sum(row["attempts"] for row in rows)
    charge = sheet.cell(sheet.max_row, names["Charge USD"] + 1)
    assert Decimal(str(charge.value)) == sum(row["charge"] for row in rows)
    assert charge.number_format == "#,##0.000000"


def test_csv_has_money_to_the_last_digit(operator: Operator, files: dict[str, Path]) -> None:
    text = files["-by-day.csv"].read_text("utf-8-sig")
    lines = list(csv.DictReader(io.StringIO(text)))
    rows = summary_rows(operator)
    assert [line["Day (UTC)"] for line in lines] == [f"{row['start']:%Y-%m-%d}" for row in rows]
    assert [Decimal(line["Charge USD"]) for line in lines] == [row["charge"] for row in rows]
    assert [int(line["Attempts"]) for line in lines] == [row["attempts"] for row in rows]


def test_destinations_add_up_and_none_is_a_formula(operator: Operator, files: dict[str, Path]) -> None:
    lines = list(csv.DictReader(io.StringIO(files["-destinations.csv"].read_text("utf-8-sig"))))
    rows = summary_rows(operator)
    assert {line["Destination"] for line in lines} == {
        "Spain Mobile",
        "France",
        "Réunion",
        "Japan Tokyo",
        "'=1+1",
    }
    assert sum(int(line["Attempts"]) for line in lines) == sum(row["attempts"] for row in rows)
    assert sum(Decimal(line["Charge USD"]) for line in lines) == sum(row["charge"] for row in rows)


def test_the_page_has_all_within_it(files: dict[str, Path]) -> None:
    page = files[".html"].read_text("utf-8")
    assert page.count("<svg") == 4
    assert not re.search(r"""(src|href)=["'](?!data:)|url\(|@import|<script""", page)
    assert "default-src 'none'" in unescape(page)


def test_the_same_snapshot_gives_the_same_bytes(
    operator: Operator, files: dict[str, Path], tmp_path: Path
) -> None:
    again = made(operator, tmp_path, formats=("pdf", "html", "xlsx", "csv"))
    assert len(again) == len(files)
    for each in again:
        before = files[each.path.name.removeprefix("acme-report-2026-10")]
        assert each.path.read_bytes() == before.read_bytes(), each.path.name


def test_a_period_is_compared_only_with_one_that_has_calls(operator: Operator, tmp_path: Path) -> None:
    (acme,) = made(operator, tmp_path)
    assert "compared with the 31 days before" in pages(acme.path)[0]
    (bravo,) = made(operator, tmp_path, customer="bravo")
    text = pages(bravo.path)[0]
    assert "compared" not in text
    assert "▲" not in text


def test_a_period_that_the_data_does_not_reach_is_marked(operator: Operator, tmp_path: Path) -> None:
    (october, november) = (made(operator, tmp_path, period=each)[0] for each in ("2026-10", "this-month"))
    assert october.is_complete
    assert not november.is_complete
    assert "Not complete: the data reaches to" in pages(november.path)[0]
    assert november.as_of is not None
    assert november.as_of < datetime(2026, 11, 3, tzinfo=UTC)
