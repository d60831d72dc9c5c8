"""What the switches said of the calls under way, minute by minute: a table beside the calls, with an end.

It is written by the one process that asks the switches, in commits of its own: a lake's head does not name
it, since no figure follows from it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import duckdb

from cxreports.clock import DAY_US, microseconds
from cxreports.lake.parquet.partitions import day_of
from cxreports.lake.shapes import POLLS
from cxreports.lake.table import Table
from cxreports.sql import instant_sql, literal

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    import polars as pl

    from cxreports.lake.log import DataFile

MOST_FILES: Final = 60
"""Files of a day, a minute each, that are merged into one."""


class PollTable:
    """The polls of a lake.

    Parameters
    ----------
    lake
        Folder of the lake.
    only
        The one customer whose rows can be read; None for all of them.
    connection
        DuckDB to ask, its session in UTC; None for one of its own at each question.
    """

    def __init__(
        self, lake: Path, only: str | None = None, connection: duckdb.DuckDBPyConnection | None = None
    ) -> None:
        self._asked = connection
        self._table = Table(lake, POLLS, only)
        self._merged: int | None = None

    def add(self, rows: pl.DataFrame) -> None:
        """Add rows with the columns of `POLLS`; they become visible together."""
        if not self._table.exists():
            self._table.create()
        with _connection() as connection:
            days = rows.with_columns(day=rows["minute"].dt.date().cast(str))
            files = []
            for (day,), part in days.partition_by("day", as_dict=True, include_key=False).items():
                connection.register("part", part.to_arrow())
                files += self._table.write(connection, "part", str(day))
                connection.unregister("part")
            self._table.commit(add=files)

    def tidy(self, oldest: datetime) -> None:
        """Merge the files of each day, and drop the days before a time."""
        if not self._table.exists():
            return
        days = self._table.contents().by_partition
        first = day_of(microseconds(oldest))
        gone = [file for day, files in days.items() if day < first for file in files]
        add: list[DataFile] = []
        remove: list[DataFile] = []
        with _connection() as connection:
            for day, files in days.items():
                if day >= first and len(files) >= MOST_FILES:
                    add += self._table.write(connection, f"{self._table.rows(files)} AS merged", day)
                    remove += files
        if remove:
            self._table.commit(add=add, remove=remove, new_data=False)
        if gone:
            self._table.commit(remove=gone)
        if remove or gone:
            # A reader may still be at what the merge before has replaced, but not at older files.
            if self._merged is not None:
                self._table.vacuum(self._merged)
            self._merged = self._table.latest()
        self._table.archive()

    def minutes(self, customer: str, start: datetime, end: datetime) -> pl.DataFrame | None:
        """``minute``, ``most``, ``mean`` of the minutes of [start, end) in which every switch answered.

        Switches add up; None where none was ever asked.
        """
        if not self._table.exists():
            return None
        first, last = microseconds(start), microseconds(end)
        days = self._table.contents().by_partition
        names = [day_of(day * DAY_US) for day in range(first // DAY_US, last // DAY_US + 1)]
        files = [
            file for name in names for file in days.get(name, ()) if file.may_hold("minute", first, last)
        ]
        with self._asked.cursor() if self._asked else _connection() as connection:
            found: pl.DataFrame = connection.sql(
                "SELECT minute, CAST(sum(most) AS BIGINT) AS most, sum(total / polls) AS mean FROM ("
                "SELECT minute, switch, max(most) AS most, sum(total) AS total, sum(polls) AS polls "
                f"FROM {self._table.rows(files)} AS rows WHERE customer = {literal(customer)} "
                f"AND minute >= {instant_sql(first)} AND minute < {instant_sql(last)} GROUP BY minute, switch"
                ") GROUP BY minute ORDER BY minute"
            ).pl()
            return found


def _connection() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config={"memory_limit": "256MB"})
    connection.execute("SET GLOBAL TimeZone = 'UTC'")
    return connection
