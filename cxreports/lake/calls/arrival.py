"""New records on their way into ``cdr``: which of them are calls by themselves, and which touch others.

Most records are calls that nobody has heard of; they are written as they are. The others complete, revise or
repeat something, in the same file or in the lake: of their calls ``members`` finds out what changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cxreports.cdr.clean_file import NOT_ENDED
from cxreports.clock import DAY_US
from cxreports.lake.calls.members import TOUCHED, Members, Settled, create_touched, touch_loads, touched
from cxreports.lake.shapes import CDR
from cxreports.lake.table import day_of, instant_sql
from cxreports.sql import literal

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    import duckdb

    from cxreports.lake.head import Tables
    from cxreports.lake.log import DataFile

_OWN: Final = ("load", "legs")


@dataclass(frozen=True)
class Day:
    """Rows of one UTC day.

    Attributes
    ----------
    number
        Days since 1970.
    first, last
        Earliest and latest call time, microseconds since 1970.
    rows
        How many.
    """

    number: int
    first: int
    last: int
    rows: int

    @property
    def name(self) -> str:
        """The day, as partitions are named."""
        return day_of(self.number * DAY_US)


@dataclass(frozen=True)
class Arrived:
    """What records that arrive change.

    Attributes
    ----------
    rows
        SQL of those that are calls by themselves.
    duplicates
        How many were there already.
    calls, legs
        What changes in ``cdr`` and ``leg``; None where nothing does.
    """

    rows: str
    duplicates: int = 0
    calls: Settled | None = None
    legs: Settled | None = None


@dataclass(frozen=True)
class Arrival:
    """Records of a file, typed, not yet compared with what is stored.

    Attributes
    ----------
    connection
        DuckDB, session in UTC.
    tables
        The lake's tables.
    view
        View of the records, with ``ordinal``.
    number
        Number of the load; a last line without its end has the next one.
    ended
        Whether the file's last line has its end.
    """

    connection: duckdb.DuckDBPyConnection
    tables: Tables
    view: str
    number: int
    ended: bool

    @property
    def rows(self) -> str:
        """SQL of the records as rows of ``cdr``, with ``nth``."""
        load = str(self.number)
        if not self.ended:
            load = f"CASE WHEN contains(note, {literal(NOT_ENDED)}) THEN {self.number + 1} ELSE {load} END"
        names = ", ".join(name for name in CDR.names if name not in _OWN)
        return (
            f"(SELECT {names}, CAST({load} AS BIGINT) AS load, CAST(1 AS INTEGER) AS legs, "
            f"ordinal AS nth FROM {self.view})"
        )

    def days(self, rows: str) -> list[Day]:
        """Days of some rows."""
        found = self.connection.execute(
            f"SELECT epoch_us(call_time) // {DAY_US} AS day, epoch_us(min(call_time)), "
            f"epoch_us(max(call_time)), count(*) FROM {rows} AS rows GROUP BY day ORDER BY day"
        )
        return [Day(*each) for each in found.fetchall()]

    def plain(self) -> Arrived:
        """Records that only their contents identify: the same once more is delivered again."""
        self._table("duplicate_rows", "SELECT CAST(NULL AS BIGINT) AS ordinal WHERE false")
        key = "call_time, record_key"
        repeated = f"SELECT {key} FROM {self.view} GROUP BY {key} HAVING count(*) > 1"
        self.connection.execute(
            "INSERT INTO duplicate_rows SELECT ordinal FROM (SELECT ordinal, row_number() OVER "
            f"(PARTITION BY {key} ORDER BY ordinal) AS place FROM {self.view} "
            f"WHERE ({key}) IN ({repeated})) WHERE place > 1"
        )
        days = self.days(self.view)
        again = 0
        files = [file for day in days for file in self._stored_near(day)]
        if files:
            span = f"call_time BETWEEN {instant_sql(days[0].first)} AND {instant_sql(days[-1].last)}"
            stored = f"(FROM {self.tables.cdr.rows(files, key)} WHERE {span})"
            self._table(
                "stored_rows",
                f"SELECT ordinal FROM {self.view} AS new SEMI JOIN {stored} AS stored USING ({key}) "
                "WHERE ordinal NOT IN (FROM duplicate_rows)",
            )
            again = self._count("stored_rows")
        within = self._count("duplicate_rows")
        if again:
            self.connection.execute("INSERT INTO duplicate_rows FROM stored_rows")
        if not within and not again:
            return Arrived(self.rows)
        rows = f"(SELECT * FROM {self.rows} WHERE nth NOT IN (FROM duplicate_rows))"
        return Arrived(rows, within + again, legs=self._delivered_again() if again else None)

    def touching(self, *, keyed: bool, dropped: Collection[int] = ()) -> Arrived:
        """Records that may be part of other calls, or stand for records that are dropped.

        Parameters
        ----------
        keyed
            Whether their format identifies them.
        dropped
            Numbers of loads that they replace.
        """
        execute, kt = self.connection.execute, "CAST(NULL AS TIMESTAMPTZ)" if keyed else "call_time"
        create_touched(self.connection)
        execute(
            f"INSERT INTO {TOUCHED} SELECT record_key, {kt} AS kt FROM {self.view} "
            "GROUP BY ALL HAVING count(*) > 1"
        )
        days = [day.number for day in self.days(self.view)]
        near = sorted({day + by for day in days for by in (-1, 0, 1)}) if keyed else days
        partitions = self.tables.cdr.contents().by_partition
        files = [file for day in near for file in partitions.get(day_of(day * DAY_US), ())]
        if files:
            stored = self.tables.cdr.rows(files, "record_key, call_time, knows")
            same = "record_key" if keyed else "record_key, call_time"
            execute(
                f"INSERT INTO {TOUCHED} SELECT DISTINCT record_key, {kt} FROM {stored} AS stored "
                f"SEMI JOIN {self.view} AS new USING ({same}) WHERE knows IS {'NOT' if keyed else ''} NULL"
            )
        if dropped:
            days += touch_loads(self.connection, self.tables, dropped)
        if not self._count(TOUCHED):
            return Arrived(self.rows)
        self._table("touching", f"SELECT * FROM {touched(self.rows)}")
        calls, legs = Members(self.connection, self.tables).settle(days, "touching", dropped)
        own = f"load IN ({self.number}, {self.number + 1})"
        ((new,),) = execute(f"SELECT count(*) FROM version WHERE {own}").fetchall()
        rows = f"(SELECT * FROM {touched(self.rows, unless=True)})"
        return Arrived(rows, self._count("touching") - new, calls, legs)

    def _delivered_again(self) -> Settled:
        again = (
            "SELECT record_key, customer, call_time, load, file, record_key AS contents, nth, true AS again "
            f"FROM {self.rows} WHERE nth IN (FROM stored_rows)"
        )
        leg = self.tables.leg.rows(())
        self._table("leg_gone", f"SELECT * FROM {leg}")
        self._table("leg_add", f"SELECT * FROM {leg} UNION ALL BY NAME {again}")
        return Settled(self.tables.leg, "leg_add", "leg_gone", "record_key")

    def _stored_near(self, day: Day) -> Iterable[DataFile]:
        stored = self.tables.cdr.contents().by_partition.get(day.name, ())
        return (each for each in stored if each.may_hold("call_time", day.first, day.last))

    def _count(self, table: str) -> int:
        ((count,),) = self.connection.execute(f"SELECT count(*) FROM {table}").fetchall()
        return int(count)

    def _table(self, name: str, query: str) -> None:
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {query}")
