"""Numbers that applications recorded, before and after a checkpoint of the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from cxreports.lake.calls.recorded import Recorded
from cxreports.lake.shapes import CDR
from cxreports.lake.table import Table

if TYPE_CHECKING:
    from pathlib import Path


def test_numbers_of_all_commits_are_found_at_once(tmp_path: Path) -> None:
    table = Table(tmp_path, CDR)
    table.create()
    with duckdb.connect() as connection:
        recorded = Recorded(connection, table)
        assert recorded.look_up(["a", "b", "c"]) == {}
        for number in range(1, 46):
            table.commit(transactions={f"name {number % 30}": number, "last": number})
            if number in {3, 19, 21, 45}:
                every = [f"name {other}" for other in range(30)]
                newest = {f"name {other % 30}": other for other in range(1, number + 1)}
                assert recorded.look_up([*every, "last", "none"]) == newest | {"last": number}
        assert recorded.look_up(["last"]) == {"last": 45}
        assert list((tmp_path / "cdr" / "_delta_log").glob("*.checkpoint.parquet"))
        assert Recorded(connection, table).look_up(["name 14", "name 29", "x"]) == {
            "name 14": 44,
            "name 29": 29,
        }
