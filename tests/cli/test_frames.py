import csv
import json
import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cxreports.cli.frames import Output, iso, money, write

FRAME = pl.DataFrame(
    {
        "start": [datetime(2026, 3, 29, 0, tzinfo=UTC), datetime(2026, 3, 29, 1, tzinfo=UTC)],
        "attempts": [12345, 0],
        "asr_pct": [62.29508196721311, None],
        "acd_s": [5.39072368421, None],
        "duration_s": pl.Series([Decimal("614.543000"), Decimal("60.000000")], dtype=pl.Decimal(38, 6)),
        "charge": pl.Series([Decimal("1234.5"), Decimal("0.0000000001")], dtype=pl.Decimal(38, 10)),
        "currency": ["USD", None],
    }
)


def written(frame: pl.DataFrame, output: Output, **options: Any) -> str:
    stream = StringIO()
    write(frame, output, to=stream, **options)
    return stream.getvalue()


def test_json_says_every_value_exactly() -> None:
    assert json.loads(written(FRAME, Output.JSON), parse_float=str) == [
        {
            "start": "2026-03-29T00:00:00Z",
            "attempts": 12345,
            "asr_pct": "62.2951",
            "acd_s": "5.390724",
            "duration_s": "614.543",
            "charge": "1234.500000",
            "currency": "USD",
        },
        {
            "start": "2026-03-29T01:00:00Z",
            "attempts": 0,
            "asr_pct": None,
            "acd_s": None,
            "duration_s": 60,
            "charge": "0.0000000001",
            "currency": None,
        },
    ]


def test_json_has_no_number_that_json_does_not_know() -> None:
    frame = pl.DataFrame({"ratio": [float("nan"), float("inf")], "raw": [b"x", None]})
    assert json.loads(written(frame, Output.JSON)) == [
        {"ratio": None, "raw": "78"},
        {"ratio": None, "raw": None},
    ]


def test_json_of_no_rows_is_an_empty_array() -> None:
    assert written(FRAME.clear(), Output.JSON) == "[]\n"


def test_csv_says_what_json_says() -> None:
    rows = list(csv.DictReader(StringIO(written(FRAME, Output.CSV))))
    assert rows[0] == {
        "start": "2026-03-29T00:00:00Z",
        "attempts": "12345",
        "asr_pct": "62.2951",
        "acd_s": "5.390724",
        "duration_s": "614.543",
        "charge": "1234.500000",
        "currency": "USD",
    }
    assert rows[1]["asr_pct"] == ""


def test_a_table_aligns_numbers_right_and_rounds_them_for_eyes() -> None:
    assert written(FRAME, Output.TABLE).splitlines() == [
        "start             attempts  asr_pct  acd_s  duration_s      charge  currency",
        "2026-03-29 00:00    12,345    62.30    5.4         615  1,234.5000  USD",
        "2026-03-29 01:00         0                          60      0.0000",
    ]


def test_a_table_is_never_cut_however_wide() -> None:
    frame = pl.DataFrame({f"column_{n}": ["x" * 30] for n in range(20)})
    assert written(frame, Output.TABLE).count("x" * 30) == 20


def test_text_is_shown_as_it_is_even_if_it_looks_like_markup() -> None:
    assert "[red]0044[/red]" in written(pl.DataFrame({"source": ["[red]0044[/red]"]}), Output.TABLE)


def test_other_values_have_a_json_form() -> None:
    frame = pl.DataFrame(
        {"day": [date(2026, 3, 29)], "ring": [timedelta(seconds=1.5)], "codes": [[480, 486]]}
    )
    assert json.loads(written(frame, Output.JSON)) == [
        {"day": "2026-03-29", "ring": 1.5, "codes": [480, 486]}
    ]


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("12.5", "12.500000"),
        ("0", "0.000000"),
        ("-3.1234567000", "-3.1234567"),
        ("0E-10", "0.000000"),
        ("1E+3", "1000.000000"),
        ("123456789012345678.0000000001", "123456789012345678.0000000001"),
    ],
)
def test_money_has_six_decimals_or_as_many_as_it_needs(amount: str, text: str) -> None:
    assert money(Decimal(amount)) == text


def test_times_carry_their_offset() -> None:
    summer = datetime(2026, 7, 1, 12, 30, 0, 250000, tzinfo=ZoneInfo("Europe/Madrid"))
    assert iso(summer) == "2026-07-01T12:30:00.250000+02:00"
    assert iso(datetime(2026, 7, 1, tzinfo=ZoneInfo("UTC"))) == "2026-07-01T00:00:00Z"


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


TEXTS = ["", "Ann", "Müller, Söhne", "漢字", "e\u0301", "[red]0044[/red]", "👩\u200d🚀", "x" * 90]


@pytest.mark.parametrize("stream", [StringIO, Terminal])
@pytest.mark.parametrize("seed", range(4))
def test_a_table_is_what_rich_makes_of_it(
    monkeypatch: pytest.MonkeyPatch, stream: type[StringIO], seed: int
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    chance = random.Random(seed)
    rows = [
        {"file": chance.choice(TEXTS), "rows": chance.choice([0, 7, 1234567]), "名": chance.choice(TEXTS)}
        for _ in range(seed * 3)
    ]
    frame = pl.DataFrame(rows, schema={"file": pl.String, "rows": pl.Int64, "名": pl.String})
    made = stream()
    write(frame, to=made)
    is_terminal = made.isatty()
    table = Table(box=box.SIMPLE_HEAD if is_terminal else None, pad_edge=False, show_edge=False)
    for name in frame.columns:
        table.add_column(name, justify="right" if name == "rows" else "left", no_wrap=True)
    for file, count, name in frame.rows():
        table.add_row(Text(file), Text(f"{count:,}"), Text(name))
    console = Console(file=StringIO(), width=4_000, highlight=False, soft_wrap=True, color_system=None)
    with console.capture() as capture:
        console.print(table)
    text = made.getvalue().replace("\x1b[1m", "").replace("\x1b[0m", "")
    assert [line.rstrip() for line in text.splitlines()] == [
        line.rstrip() for line in capture.get().splitlines()
    ]
    assert ("\x1b[1m" in made.getvalue()) == is_terminal


def test_no_text_of_a_table_breaks_its_row_or_commands_a_terminal() -> None:
    table = written(pl.DataFrame({"raw": ["a\nb\tc\r", "\x1b[2J\x9b2J"], "n": [1, 2]}), Output.TABLE)
    assert table.splitlines() == ["raw      n", "a␊b␉c␍   1", "␛[2J\ufffd2J  2"]
