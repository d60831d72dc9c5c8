"""Files as switches, spreadsheets and people really write them, each with the calls that it holds."""

from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

from cxreports import cdr

CASES = Path(__file__).parent / "cases"

Read = Callable[..., list[tuple[object, ...]]]


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


@pytest.fixture
def read(connection: duckdb.DuckDBPyConnection) -> Read:
    """Read a file of a case, of which nothing is set aside, and give these columns of its calls."""

    def reading(name: str, columns: str, **how: object) -> list[tuple[object, ...]]:
        result = cdr.read(connection, CASES / name, **how)  # type: ignore[arg-type]
        assert result.rejected == 0
        return connection.execute(
            f"SELECT {columns} FROM {result.cdr} ORDER BY call_time, call_id"
        ).fetchall()

    return reading


def test_a_caller_id_whose_quote_closes_inside_the_field(read: Read) -> None:
    rows = read("quote-inside-clid-rejected/freepbx.csv", "connected, duration_s, call_id, release_reason")
    assert rows == [(True, 6, "1709555966.1", "ANSWERED")]


def test_no_column_moves_behind_a_quote_that_closes_inside_a_field(read: Read) -> None:
    rows = read(
        "quote-shift-silent/freepbx.csv", "connected, duration_s, billed_duration_s, call_id, release_reason"
    )
    assert rows == [(True, 6, 6, "1709555966.1", "ANSWERED"), (True, 16, 16, "1709556026.2", "ANSWERED")]
