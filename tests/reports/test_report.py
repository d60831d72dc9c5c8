"""The summary report: every form of it has the figures of `summary`, to the digit that it shows."""

from __future__ import annotations

import csv
import ctypes
import io
import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from html import unescape
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openpyxl
import pypdfium2
import pypdfium2.raw as pdfium_c
import pytest
from fontTools.ttLib import TTCollection, TTFont
from report_operator import NOW

from cxreports import Lake
from cxreports.reports import Failed, Finished, run

if TYPE_CHECKING:
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


def test_the_pdf_is_tagged_and_titled(files: dict[str, Path]) -> None:
    content = files[".pdf"].read_bytes()
    assert b"/StructTreeRoot" in content or b"/MarkInfo" in content
    document = pypdfium2.PdfDocument(files[".pdf"])
    assert document.get_metadata_dict()["Title"] == "Monthly report · October 2026"
    assert document.is_tagged()
    document.close()


@pytest.mark.parametrize(
    ("language", "own"),
    [
        ("en", "Noto Sans"),
        ("ar", "Noto Sans Arabic"),
        ("hi", "Noto Sans Devanagari"),
        ("ja", "Noto Sans CJK JP"),
        ("zh", "Noto Sans CJK SC"),
    ],
)
def test_the_pdf_has_only_fonts_of_packages(
    language: str, own: str, operator: Operator, tmp_path: Path
) -> None:
    (file,) = made(operator, tmp_path, language=language)
    fonts = fonts_of(file.path)
    assert own in {name for name, _is_embedded in fonts}
    assert {name for name, _is_embedded in fonts} <= names_in_packages()
    assert {is_embedded for _name, is_embedded in fonts} == {True}


def fonts_of(path: Path) -> set[tuple[str, bool]]:
    """Family of each font that a text of the pages is set in, and whether the file brings it along."""
    found = set()
    document = pypdfium2.PdfDocument(path)
    for page in document:
        for text in page.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_TEXT], max_depth=9):
            font = pdfium_c.FPDFTextObj_GetFont(text)
            size = pdfium_c.FPDFFont_GetFamilyName(font, None, 0)
            name = ctypes.create_string_buffer(size)
            pdfium_c.FPDFFont_GetFamilyName(font, name, size)
            found.add((name.value.decode(), bool(pdfium_c.FPDFFont_GetIsEmbedded(font))))
    document.close()
    return found


@cache
def names_in_packages() -> set[str]:
    """Families of the font files that come with packages, as the files themselves name them."""
    found = set()
    for package in ("manimgx_fonts", "manimgx_fonts_cjk"):
        for path in Path(str(resources.files(package))).glob("*.[ot]t[fc]"):
            many = path.suffix == ".ttc"
            fonts = TTCollection(path, lazy=True).fonts if many else [TTFont(path, lazy=True)]
            found |= {font["name"].getDebugName(1) for font in fonts}
            for font in fonts:
                font.close()
    return found


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


@pytest.mark.parametrize("name", ["destinations", "endings"])
def test_destinations_and_endings_are_those_of_the_lake_cell_by_cell(
    name: str, operator: Operator, files: dict[str, Path]
) -> None:
    lake, october = Lake(operator.home), {"start": "2026-10-01", "end": "2026-11-01"}
    if name == "destinations":
        title, frame = "Destinations", lake.destinations("acme", **october)
        columns = {
            "Destination": "destination",
            "Attempts": "attempts",
            "Connected": "connected",
            "ASR %": "asr_pct",
            "ACD s": "acd_s",
            "Charge USD": "charge",
        }
    else:
        title, frame = "How calls ended", lake.sip_codes("acme", **october)
        columns = {"SIP": "sip_code", "Meaning": "meaning", "Calls": "attempts", "%": "share_pct"}
    assert frame.height >= 4
    head, *lines = openpyxl.load_workbook(files[".xlsx"])[title].iter_rows(values_only=True)
    in_csv = list(csv.reader(io.StringIO(files[f"-{name}.csv"].read_text("utf-8-sig"))))
    assert list(head) == in_csv[0] == list(columns)
    assert len(lines) == len(in_csv) - 1 == frame.height
    for cells, texts, row in zip(lines, in_csv[1:], frame.iter_rows(named=True), strict=True):
        for cell, text, column in zip(cells, texts, columns.values(), strict=True):
            assert is_same(cell, text, row[column]), (column, cell, text, row)


def is_same(cell: Any, text: str, value: Any) -> bool:
    """Whether a cell of a workbook and the same one of a CSV file are a value of the lake."""
    match value:
        case Decimal():  # exact in CSV; a workbook's numbers have 15 digits
            return Decimal(text) == value and Decimal(str(cell)) == value
        case float():
            return float(text) == float(cell) == round(value, 6)
        case str():
            # What a spreadsheet would take for a formula has an apostrophe before it in a CSV file.
            return cell == value and text == (f"'{value}" if value.startswith("=") else value)
    return str(cell) == text == str(value)


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


def test_the_same_snapshot_gives_the_same_bytes_another_day_in_another_process(
    operator: Operator, files: dict[str, Path], tmp_path: Path
) -> None:
    asked = [*("--customer", "acme", "--period", "2026-10"), *("--operator", "Northern Carrier")]
    subprocess.run(
        [
            *(sys.executable, "-m", "cxreports", "report", "run", "report", *asked),
            *("--format", "pdf,html,xlsx,csv", "--to", str(tmp_path)),
        ],
        env=os.environ | {"CXREPORTS_HOME": str(operator.home), "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"},
        check=True,
        capture_output=True,
    )
    again = {path.name.removeprefix("acme-report-2026-10"): path for path in tmp_path.iterdir()}
    assert again.keys() == files.keys()
    for name, path in again.items():
        assert path.read_bytes() == files[name].read_bytes(), name


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


@pytest.mark.parametrize("customer", ["acme", "bravo"])
def test_a_period_without_calls_has_a_report_in_every_form(
    customer: str, operator: Operator, tmp_path: Path
) -> None:
    forms = ("pdf", "html", "xlsx", "csv")
    found = made(operator, tmp_path, customer=customer, period="2026-07", formats=forms)
    paths = {each.path.name.removeprefix(f"{customer}-report-2026-07"): each.path for each in found}
    assert "2026-07-31" in " ".join(pages(paths[".pdf"]))
    assert "2026-07-31" in paths[".html"].read_text("utf-8")
    for table, first in (("destinations", "Destination"), ("endings", "SIP")):
        (head,) = csv.reader(io.StringIO(paths[f"-{table}.csv"].read_text("utf-8-sig")))
        assert head[0] == first
    book = openpyxl.load_workbook(paths[".xlsx"])
    rows = {sheet["A1"].value: sheet.max_row for sheet in book}
    assert rows.items() >= {"Destination": 1, "SIP": 1, "Day (UTC)": 1 + 31 + 1}.items(), (
        "names, days, totals"
    )
