"""Rows and bounds of Parquet files whose log says nothing of them."""

from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from cxreports.lake.parquet.bounds import measured

BEGUN = datetime(2026, 3, 1, 10, 0, 0, 123_456, tzinfo=UTC)
BEGUN_US = 1_772_359_200_123_456


@pytest.mark.parametrize("statistics", [True, False])
def test_bounds_are_the_same_with_and_without_statistics_in_the_footer(
    tmp_path: Path, statistics: bool
) -> None:
    rows = pa.table(
        {
            "customer": ["beta", "acme", "zeta", "beta"],
            "call_time": pa.array([BEGUN, None, BEGUN.replace(second=7), None], pa.timestamp("us", "UTC")),
            "end_time": pa.array([None] * 4, pa.timestamp("us", "UTC")),
        }
    )
    parquet.write_table(rows, tmp_path / "part.parquet", write_statistics=statistics, row_group_size=2)
    assert measured(tmp_path / "part.parquet", ("customer", "call_time", "end_time")) == (
        4,
        {"customer": ("acme", "zeta"), "call_time": (BEGUN_US, BEGUN_US + 7_000_000)},
    )


def test_a_file_that_is_gone_has_no_rows(tmp_path: Path) -> None:
    assert measured(tmp_path / "vacuumed.parquet", ("customer",)) == (0, {})
