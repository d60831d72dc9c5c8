"""A first definition that is guessed from a file reads that file."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from cxreports import cdr
from cxreports.cdr.definition import parse_format
from cxreports.cdr.evidence.draft import draft
from cxreports.cli.app import app
from cxreports.errors import NotACdrFile


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


HEADED = (
    "Id;Start Date;From;To;Talk Time;Result;Price;Currency\n"
    "a1;14/03/2024 10:00:00;+34600111222;+44777;0:01:05;Answered;-0,05;EUR\n"
    "a2;14/03/2024 10:01:00;+34600111222;+44778;0:00:00;Busy;0,00;EUR\n"
)
HEADLESS = "1709546400,34600111222,44777,65,ok\n1709546460,34600111222,44778,0,failed\n"


def test_columns_are_told_by_their_names_and_values(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    path = tmp_path / "pbx.csv"
    path.write_text(HEADED)
    own = parse_format(draft(path, "pbx"), "pbx.toml")
    result = cdr.read(connection, path, source_format=own)
    assert result.rejected == 0
    rows = connection.execute(
        "SELECT call_id, call_time, source, destination, connected, duration_s, charge, currency "
        f"FROM {result.cdr}"
    ).fetchall()
    begin = datetime(2024, 3, 14, 10, tzinfo=UTC)
    assert rows == [
        ("a1", begin, "+34600111222", "+44777", True, 65, Decimal("0.05"), "EUR"),
        ("a2", begin.replace(minute=1), "+34600111222", "+44778", False, 0, 0, "EUR"),
    ]


def test_columns_without_headings_are_told_by_their_values(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    path = tmp_path / "pbx.csv"
    path.write_text(HEADLESS)
    own = parse_format(draft(path, "pbx"), "pbx.toml")
    result = cdr.read(connection, path, source_format=own)
    rows = connection.execute(
        f"SELECT epoch(call_time), source, destination, connected, duration_s FROM {result.cdr} ORDER BY 1"
    ).fetchall()
    assert rows == [
        (1709546400, "34600111222", "44777", True, 65),
        (1709546460, "34600111222", "44778", False, 0),
    ]


def test_a_file_without_times_is_no_file_of_calls(tmp_path: Path) -> None:
    path = tmp_path / "letter.csv"
    path.write_text("name,town\nAnn,Madrid\n")
    with pytest.raises(NotACdrFile, match="no column looks like the time of a call"):
        draft(path, "letter")


def test_format_try_writes_a_definition_and_shows_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("pbx.csv").write_text(HEADED)
    first = CliRunner().invoke(app, ["format", "try", "pbx.csv"])
    assert first.exit_code == 0, first.output
    assert "+44778" in first.stdout
    assert "2 rows, 0 of them cannot be read" in first.stderr
    assert not Path("data").exists()
    again = CliRunner().invoke(app, ["format", "try", "pbx.csv"])
    assert again.exit_code == 1
    assert "--again" in again.stderr
    own = Path("pbx.toml")
    own.write_text(own.read_text().replace('column = "To"', 'column = "From"'))
    edited = CliRunner().invoke(app, ["format", "try", "pbx.csv", "--again"])
    assert "+44778" not in edited.stdout
    loaded = CliRunner().invoke(
        app, ["--home", "home", "load", "pbx.csv", "--format", "pbx.toml", "-o", "json"]
    )
    assert loaded.exit_code == 0, loaded.output
