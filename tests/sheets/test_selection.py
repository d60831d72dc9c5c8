"""Selected cells: sums against Decimal and Fraction, files read back."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxreports.errors import BadSelection
from cxreports.figures.summary import summary, totals
from cxreports.metrics import METRICS
from cxreports.sheets.columns import Column
from cxreports.sheets.files import to_csv, to_xlsx, write
from cxreports.sheets.selection import Area, Selection, Sheet
from cxreports.sheets.summary import summary_grid

openpyxl = pytest.importorskip("openpyxl")

Make = Callable[..., Any]

COLUMNS = (
    Column("start", "Hour", "time", precision="minute"),
    Column("calls", "Calls", "number"),
    Column("asr", "ASR %", "ratio", 2, numerator="answered", denominator="calls", weight_label="calls"),
    Column("charge", "Charge", "number", 4),
    Column("who", "Who"),
)
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
HUGE = Decimal("12345678901234567.0000000001")


def sheet(rows: list[tuple[Any, ...]] | None = None) -> Sheet:
    rows = rows or [
        (NOON, 10, 50.0, Decimal("1.25"), "=1+1", 500),
        (NOON.replace(hour=13), 30, 100.0, HUGE, "+34911", 3000),
        (NOON.replace(hour=14), 0, None, None, None, 0),
        (NOON.replace(hour=15), None, float("nan"), Decimal("-0.5"), "@x", 7),
    ]
    schema = {
        "start": pl.Datetime("us", "UTC"),
        "calls": pl.Int64,
        "asr": pl.Float64,
        "charge": pl.Decimal(38, 10),
        "who": pl.String,
        "answered": pl.Int64,
    }
    return Sheet(pl.DataFrame(rows, schema, orient="row"), COLUMNS, name="made")


def test_sums_are_exact_and_empty_cells_are_no_values() -> None:
    everything = Selection.of(sheet())
    assert everything.cells == 20
    assert [everything.count(each.name) for each in COLUMNS] == [4, 3, 2, 3, 3]
    assert everything.sum("calls") == 40
    assert everything.sum("charge") == Decimal("12345678901234567.7500000001")
    assert str(everything.average("calls"))[:18] == "13.333333333333333"
    assert everything.average("asr") == 75
    assert everything.true_average("asr") == Decimal("87.5")
    assert everything.sum("asr") is None
    assert everything.sum("who") is None
    assert everything.average("start") is None
    assert everything.true_average("calls") is None


def test_values_are_those_that_are_held() -> None:
    frame = pl.DataFrame(
        {
            "amount": pl.Series(["1.10", None, "-3"], dtype=pl.String).cast(pl.Decimal(20, 4)),
            "share": [0.1234565, float("nan"), -1e18],
            "odd": [float("inf"), 2.5e-7, 3.5e-6],
            "count": [2**62, None, -1],
            "day": [date(2026, 3, 1), None, date(2026, 3, 2)],
            "at": pl.Series(
                [datetime(2026, 3, 1, 1, tzinfo=UTC), None, datetime(2026, 7, 1, tzinfo=UTC)]
            ).dt.convert_time_zone("Europe/Madrid"),
            "name": ["a", None, ""],
            "flag": [True, None, False],
        }
    )
    kinds: dict[str, Any] = {"day": "time", "at": "time", "name": "text", "flag": "text"}
    columns = tuple(Column(name, name, kinds.get(name, "ratio")) for name in frame.columns)
    for last in ({}, {"amount": Decimal("-1.9"), "share": 2, "count": 5, "name": "all"}):
        sheet = Sheet(frame, columns, last)
        for name in frame.columns:
            held = [sheet.value(name, each) for each in sheet.held[name].to_list()]
            assert sheet.values(name) == held


def test_no_value_gives_no_figure() -> None:
    empty = Selection.of(sheet(), rows=[2])
    assert empty.sum("charge") is None
    assert empty.average("asr") is None
    assert empty.true_average("asr") is None
    assert empty.sum("calls") == 0


def test_overlapping_areas_count_a_cell_once() -> None:
    areas = [Area(0, 0, 2, 2), Area(1, 1, 2, 2), Area(0, 1, 1, 2)]
    chosen = Selection.of(sheet(), [0, 1], ["start", "calls"], areas)
    assert chosen.cells == 4
    assert chosen.sum("calls") == 40


@settings(deadline=None, max_examples=50)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 10**7), st.integers(0, 10**7), st.decimals(-(10**9), 10**9, places=10) | st.none()
        ),
        min_size=1,
        max_size=20,
    ),
    st.data(),
)
def test_any_selection_agrees_with_fractions(calls: list[tuple[int, int, Decimal | None]], data: Any) -> None:
    rows = [
        (NOON, each, 100 * min(got, each) / each if each else None, charge, None, 100 * min(got, each))
        for each, got, charge in calls
    ]
    picked = data.draw(st.lists(st.sampled_from(range(len(rows))), unique=True, min_size=1))
    chosen = Selection.of(sheet(rows), picked)
    charges = [Fraction(rows[at][3]) for at in picked if rows[at][3] is not None]
    assert chosen.sum("charge") == (sum(charges) if charges else None)
    if charges:
        average = chosen.average("charge")
        assert average is not None
        assert abs(Fraction(average) - sum(charges) / len(charges)) < Fraction(1, 10**30)
    below = sum(rows[at][1] for at in picked)
    if below:
        true = chosen.true_average("asr")
        assert true is not None
        assert abs(Fraction(true) - Fraction(sum(rows[at][5] for at in picked), below)) < Fraction(1, 10**30)


@pytest.mark.parametrize(
    ("rows", "columns", "areas", "says"),
    [
        ([4], None, None, "row 4 is selected, but the table has 4 rows"),
        ([-1], None, None, "the table has 4 rows"),
        (None, ["answered"], None, "no column 'answered'"),
        ([0, 1], ["calls"], [Area(0, 0, 3, 1)], "not within 2 rows and 1 columns"),
        ([0, 1], ["calls"], [Area(1, 0, 1, 1)], "not within 2 rows and 1 columns"),
    ],
)
def test_cells_that_are_not_there_are_refused(rows: Any, columns: Any, areas: Any, says: str) -> None:
    with pytest.raises(BadSelection, match=says):
        Selection.of(sheet(), rows, columns, areas)


def test_csv_is_exact_and_harmless() -> None:
    text = to_csv(Selection.of(sheet())).decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(text))) == [
        ["Hour (UTC)", "Calls", "ASR %", "Charge", "Who"],
        ["2026-05-01T12:00Z", "10", "50.00", "1.2500", "'=1+1"],
        ["2026-05-01T13:00Z", "30", "100.00", str(HUGE), "+34911"],
        ["2026-05-01T14:00Z", "0", "", "", ""],
        ["2026-05-01T15:00Z", "", "", "-0.5000", "'@x"],
    ]


def test_cells_that_are_not_selected_are_blank_in_csv() -> None:
    areas = [Area(0, 0, 1, 1), Area(1, 1, 2, 2)]
    chosen = Selection.of(sheet(), [1, 0], ["calls", "charge"], areas)
    assert to_csv(chosen, headers=False).decode("utf-8-sig") == "30,\r\n,1.2500\r\n"


def test_a_workbook_keeps_every_digit() -> None:
    book = openpyxl.load_workbook(io.BytesIO(to_xlsx(Selection.of(sheet()))))
    heading, *rows = book.active.iter_rows(values_only=True)
    assert heading == ("Hour (UTC)", "Calls", "ASR %", "Charge", "Who")
    assert rows == [
        (datetime(2026, 5, 1, 12), 10, 50, 1.25, "=1+1"),  # noqa: DTZ001
        (datetime(2026, 5, 1, 13), 30, 100, str(HUGE), "+34911"),  # noqa: DTZ001
        (datetime(2026, 5, 1, 14), 0, None, None, None),  # noqa: DTZ001
        (datetime(2026, 5, 1, 15), None, None, -0.5, "@x"),  # noqa: DTZ001
    ]
    assert book.active["E2"].data_type == "s", "a text, not a formula"
    assert book.active["D2"].number_format == "#,##0.0000000000"
    assert book.active["A2"].number_format == "yyyy-mm-dd hh:mm"


def test_other_forms_are_refused() -> None:
    with pytest.raises(BadSelection, match="csv or xlsx, not as 'pdf'"):
        write(Selection.of(sheet()), "pdf")
    with pytest.raises(BadSelection, match="nothing is selected"):
        write(Selection.of(sheet(), areas=[]), "csv")


def test_the_true_average_of_all_hours_is_the_total(made: Make) -> None:
    calls = [
        {
            "call_time": f"2026-05-01T{10 + i // 25}:30",
            "connected": i % 3 != 0,
            "duration_s": 7 * i if i % 3 else 0,
        }
        | {"sip_code": 200 if i % 3 else (486, 503)[i % 2], "pdd_ms": 100 + i, "dtmf": "1" if i % 4 else ""}
        | {"charge": Decimal(i) / 1000, "currency": "USD"}
        for i in range(60)
    ]
    lake = made(calls)
    frame, total = summary(lake, "acme", "hour", weighed=True), totals(lake, "acme")
    everything = Selection.of(shown := summary_grid(frame, total, "hour"))
    labels = [each.label for each in shown.columns if each.shown]
    assert labels[:4] == ["Hour (UTC)", "Attempts", "Connected", "ASR %"]
    assert shown.frame["start"].is_sorted(descending=True)
    ratios = [metric for metric in METRICS.values() if metric.weight]
    for metric in ratios:
        true = everything.true_average(metric.column)
        assert float(true or 0) == pytest.approx(total[metric.column].item(), rel=1e-12)
    assert everything.average("asr_pct") != everything.true_average("asr_pct")
    for column in ("attempts", "connected", "duration_s", "billed_duration_s", "charge"):
        if total[column].item() is not None:
            assert everything.sum(column) == total[column].item()


def test_a_summary_without_weights_has_no_true_average(made: Make) -> None:
    lake = made([{"call_time": "2026-05-01T10:30"}])
    shown = summary_grid(summary(lake, "acme", "hour"), totals(lake, "acme"), "hour")
    chosen = Selection.of(shown)
    assert chosen.average("asr_pct") == 100
    assert chosen.true_average("asr_pct") is None
    assert shown.totals_label == "1 hour"


def test_money_of_months_in_several_currencies_is_not_added(made: Make) -> None:
    calls = [
        {"call_time": "2026-04-01", "charge": 5, "currency": "USD"},
        {"call_time": "2026-05-01", "charge": 7, "currency": "EUR"},
    ]
    lake = made(calls)
    chosen = Selection.of(summary_grid(summary(lake, "acme", "month"), totals(lake, "acme"), "month"))
    assert (chosen.count("charge"), chosen.sum("charge"), chosen.average("charge")) == (2, None, None)
    assert chosen.sum("attempts") == 2


def test_calls_without_a_duration_are_noted_beside_their_period(made: Make) -> None:
    lake = made([{"call_time": "2026-05-01", "duration_s": each} for each in (60, None)])
    shown = summary_grid(summary(lake, "acme", "month"), totals(lake, "acme"), "month")
    assert shown.frame["note"].to_list() == ["1 of 2 calls has no duration yet"]
    assert shown.totals["note"] == "1 of 2 calls has no duration yet"


def test_a_missing_billed_duration_is_noted_and_a_delay_that_there_was_not_is_no_news(made: Make) -> None:
    lake = made(
        [
            {"call_time": "2026-05-01", "billed_duration_s": 60, "pdd_ms": 900},
            {"call_time": "2026-05-01", "billed_duration_s": None, "pdd_ms": None},
            {"call_time": "2026-05-01", "connected": False, "duration_s": 0, "pdd_ms": None},
        ]
    )
    shown = summary_grid(summary(lake, "acme", "month"), totals(lake, "acme"), "month")
    (note,) = shown.frame["note"].to_list()
    assert note.split("; ")[0] == "1 of 2 calls has no billed duration yet"
    assert "delay" not in note


def test_amounts_of_several_currencies_are_neither_added_nor_averaged() -> None:
    frame = pl.DataFrame({"due": [Decimal("1.50"), Decimal("-2.25")]})
    selection = Selection.of(Sheet(frame, (Column("due", "Due", "amount", 2),)))
    assert (selection.count("due"), selection.sum("due"), selection.average("due")) == (2, None, None)
    assert to_csv(selection).decode("utf-8-sig") == "Due\r\n1.50\r\n-2.25\r\n"


def test_a_table_without_rows_is_a_file_of_names() -> None:
    empty = Sheet(sheet().frame.clear(), COLUMNS, name="made")
    selection = Selection.of(empty)
    assert (selection.cells, selection.count("calls"), selection.sum("charge")) == (0, 0, None)
    assert to_csv(selection).decode("utf-8-sig") == "Hour (UTC),Calls,ASR %,Charge,Who\r\n"
    (written,) = openpyxl.load_workbook(io.BytesIO(to_xlsx(selection))).worksheets
    assert [[cell.value for cell in row] for row in written] == [
        ["Hour (UTC)", "Calls", "ASR %", "Charge", "Who"]
    ]
    with pytest.raises(BadSelection):
        Selection.of(empty, areas=[Area(0, 0, 0, 5)])
