"""Frames as files of a table, against what DuckDB writes of the same rows."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import duckdb
import polars as pl
import pytest

from cxreports.clock import DAY_US, microseconds, time
from cxreports.lake.parquet.frames import fetched, polars_types, write_dated, write_frame
from cxreports.lake.parquet.partitions import year_of
from cxreports.lake.proof.seal import is_whole
from cxreports.lake.shapes import CDR, CHANNELS
from cxreports.lake.table import Table

if TYPE_CHECKING:
    from pathlib import Path

FIRST = microseconds(time("2026-02-27 12:00:00+00:00"))


def rows() -> pl.DataFrame:
    """Calls of six days in no order, with the least, the greatest and no values in turn."""
    value: dict[str, list[Any]] = {
        "VARCHAR": ["", "Côte d'Ivoire", "\u2028", None, "x" * 5_000],
        "BOOLEAN": [True, None, False],
        "TINYINT": [-128, None, 127],
        "SMALLINT": [-32_768, None, 32_767],
        "INTEGER": [-(2**31), None, 2**31 - 1],
        "BIGINT": [-(2**63) + 1, None, 2**63 - 1],
        "DECIMAL(18,6)": [Decimal("-999999999999.999999"), None, Decimal("0.000001")],
        "DECIMAL(18,3)": [Decimal("999999999999999.999"), None],
        "DECIMAL(28,10)": [Decimal("999999999999999999.9999999999"), None, Decimal("-0.0000000001")],
        "TIMESTAMPTZ": [0, None, microseconds(time("2199-12-31 23:59:59+00:00"))],
    }
    count = 211
    columns: dict[str, list[Any]] = {
        each.name: [value[each.sql_type][nth % len(value[each.sql_type])] for nth in range(count)]
        for each in CDR.columns
    }
    columns["customer"] = [("beta", "alpha", "β", "Z")[nth * 7 % 4] for nth in range(count)]
    columns["call_time"] = [FIRST + nth * 7_919 % count * DAY_US // 40 + nth for nth in range(count)]
    columns["load"] = [nth % 3 for nth in range(count)]
    return pl.DataFrame(columns, schema=pl.Schema(polars_types(CDR)))


@pytest.fixture(name="connection")
def _connection() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    return connection


@pytest.fixture(name="cdr")
def _cdr(tmp_path: Path) -> Table:
    table = Table(tmp_path, CDR)
    table.create()
    return table


@pytest.mark.parametrize("largest", [2**62, 0])
def test_lots_of_days_are_written_as_duckdb_writes_them(
    cdr: Table, connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch, largest: int
) -> None:
    monkeypatch.setattr("cxreports.lake.parquet.frames._LARGEST", largest)
    connection.register("calls", rows())
    days = sorted({at // DAY_US for at in rows()["call_time"].to_physical()})
    assert len(days) == 6
    begins = [days[0], days[1], days[2], days[5]]
    written = write_dated(cdr, fetched(connection, cdr, "calls"), begins)
    assert [each.partition for each in written] == [year_of(day * DAY_US) for day in begins]
    for each, begin, end in zip(written, begins, [*begins[1:], days[-1] + 1], strict=True):
        of_days = f"(FROM calls WHERE epoch_us(call_time) // {DAY_US} BETWEEN {begin} AND {end - 1})"
        (expected,) = cdr.write(connection, of_days, each.partition)
        assert (each.rows, each.bounds) == (expected.rows, expected.bounds)
        assert each.size == (cdr.folder / each.path).stat().st_size
        assert is_whole(cdr.folder / each.path)
        ours, theirs = (connection.sql(f"FROM {cdr.rows([file])}") for file in (each, expected))
        assert ours.types == theirs.types
        assert ours.fetchall() == theirs.fetchall()


def test_a_row_group_can_be_skipped_by_what_the_file_says_of_it(
    cdr: Table, connection: duckdb.DuckDBPyConnection
) -> None:
    connection.register("calls", rows())
    written = write_dated(cdr, fetched(connection, cdr, "calls"), [FIRST // DAY_US])
    found = connection.execute(
        "SELECT path_in_schema, stats_min_value, stats_max_value, stats_null_count FROM parquet_metadata(?)",
        [str(cdr.folder / written[0].path)],
    ).fetchall()
    said = {name: (low, high, nulls) for name, low, high, nulls in found}
    assert said["customer"] == ("Z", "β", 0)
    low, high, nulls = said["call_time"]
    assert [microseconds(time(side)) for side in (low, high)] == list(written[0].bounds["call_time"])
    assert nulls == 0
    assert said["recording"][2] > 0


def test_no_rows_are_no_file(tmp_path: Path) -> None:
    for shape in (CDR, CHANNELS):
        nothing = pl.DataFrame(schema=pl.Schema(polars_types(shape)))
        assert write_frame(Table(tmp_path, shape), nothing, "2026-01-01") == []
    assert write_dated(Table(tmp_path, CDR), pl.DataFrame(schema=pl.Schema(polars_types(CDR))), []) == []
    assert list(tmp_path.rglob("*.parquet")) == []
