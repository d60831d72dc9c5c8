"""New records on their way into ``cdr``: which of them are calls by themselves, and which touch others.

Most records are calls that nobody has heard of; they are written as they are. The others complete, revise or
repeat something, in the same file or in the lake: of their calls ``members`` finds out what changes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Self

import numpy as np
import polars as pl

from cxreports.cdr.bundles.reading import NotTogether
from cxreports.cdr.clean_file import NOT_ENDED
from cxreports.clock import DAY_US
from cxreports.lake.calls.elsewhere import touch_elsewhere
from cxreports.lake.calls.members import TOUCHED, Members, Settled, create_touched, touch_loads, touched
from cxreports.lake.parquet.frames import whole_numbers
from cxreports.lake.parquet.lots import days_in, days_of, files_at, on_days
from cxreports.lake.shapes import CDR
from cxreports.sql import instant_sql, literal

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import duckdb

    from cxreports.cdr.records.read_result import ReadResult
    from cxreports.lake.head import Tables

_OWN: Final = ("load", "legs")
_MIXING: Final = np.int64(-7046029254386353131)
"""Odd, with well mixed bits: 2 ** 64 divided by the golden ratio."""

_ALONE: Final = "0"
"""Place of a file that comes by itself, as SQL."""


@dataclass(frozen=True)
class Arrived:
    """What records that arrive change.

    Attributes
    ----------
    rows
        SQL of those that are calls by themselves.
    duplicates
        How many were there already, by file; 0 stands for a file that came by itself.
    calls, legs
        What changes in ``cdr`` and ``leg``; None where nothing does.
    held
        The same as `rows`, if they are in memory.
    """

    rows: str
    duplicates: Mapping[int, int] = field(default_factory=dict)
    calls: Settled | None = None
    legs: Settled | None = None
    held: pl.DataFrame | None = None


@dataclass(frozen=True)
class Arrival:
    """Records of a file or several, typed, not yet compared with what is stored.

    Attributes
    ----------
    connection
        DuckDB, session in UTC.
    tables
        The lake's tables.
    view
        View of the records, with ``ordinal``: those of earlier files before those of later ones.
    first, last
        Numbers of their loads.
    load, nth, member
        SQL of a record's load, its place in its file, and its file's place among those that came together.
    held
        The records of the view, if they are in memory.
    dated
        Whether their dates were written in numbers, in an order that the file decides.
    """

    connection: duckdb.DuckDBPyConnection
    tables: Tables
    view: str
    first: int
    last: int
    load: str = "load"
    nth: str = "nth"
    member: str = "member"
    held: pl.DataFrame | None = None
    dated: bool = False

    @classmethod
    def of_file(
        cls,
        connection: duckdb.DuckDBPyConnection,
        tables: Tables,
        result: ReadResult,
        number: int,
        *,
        ended: bool,
    ) -> Self:
        """Records of one file.

        Parameters
        ----------
        number
            Number of the load; a last line without its end has the next one.
        ended
            Whether the file's last line has its end.
        """
        load, held = str(number), result.typed.frame
        if not ended:
            load = f"CASE WHEN contains(note, {literal(NOT_ENDED)}) THEN {number + 1} ELSE {load} END"
        if held is not None:
            is_cut = pl.lit(not ended) & pl.col("note").str.contains(NOT_ENDED, literal=True)
            numbered = pl.when(is_cut).then(number + 1).otherwise(number).cast(pl.Int64)
            held = held.with_columns(load=numbered, legs=pl.lit(1, pl.Int32))
        given = (connection, tables, result.cdr, number, number + 1)
        dated = result.manner is not None and result.manner.order is not None
        return cls(*given, load, "ordinal", _ALONE, held, dated)

    @property
    def rows(self) -> str:
        """SQL of the records as rows of ``cdr``, with ``nth``, ``member`` and ``ordinal``."""
        names = ", ".join(name for name in CDR.names if name not in _OWN)
        return (
            f"(SELECT {names}, CAST({self.load} AS BIGINT) AS load, CAST(1 AS INTEGER) AS legs, "
            f"{self.nth} AS nth, {self.member} AS member, ordinal FROM {self.view})"
        )

    def plain(self) -> Arrived:
        """Records that only their contents identify: the same once more is delivered again."""
        key, member = "call_time, record_key", f"{self.member} AS member"
        if self.held is not None and not _has_repeated(self.held):
            for name in ("duplicate_rows", "stored_rows"):
                self._table(name, "SELECT CAST(0 AS BIGINT) AS ordinal, 0 AS member WHERE false")
        else:
            self._find_repeated(key, member)
        held = self.held
        days = days_of(self.connection, self.view) if held is None else days_in(held)
        cdr = self.tables.cdr
        files = files_at(cdr.contents(), cdr.shape, [(day.first, day.last) for day in days])
        if files:
            span = f"call_time BETWEEN {instant_sql(days[0].first)} AND {instant_sql(days[-1].last)}"
            stored = f"(FROM {cdr.rows(files, key)} WHERE {span})"
            found = "SELECT ordinal FROM duplicate_rows UNION ALL SELECT ordinal FROM stored_rows"
            self.connection.execute(
                f"INSERT INTO stored_rows SELECT ordinal, {member} FROM {self.view} AS new "
                f"SEMI JOIN {stored} AS stored USING ({key}) WHERE ordinal NOT IN ({found})"
            )
        again = self._count("stored_rows")
        if again:
            self.connection.execute("INSERT INTO duplicate_rows FROM stored_rows")
        duplicates = self._counts("SELECT member, count(*) FROM duplicate_rows GROUP BY member")
        if not duplicates:
            return Arrived(self.rows, held=held)
        rows = f"(SELECT * FROM {self.rows} WHERE ordinal NOT IN (SELECT ordinal FROM duplicate_rows))"
        legs = self._delivered_again() if again else None
        return Arrived(rows, duplicates, legs=legs, held=self._held_but("duplicate_rows"))

    def _find_repeated(self, key: str, member: str) -> None:
        """Note the records whose key came before, in `duplicate_rows` and `stored_rows`."""
        repeated = f"SELECT {key} FROM {self.view} GROUP BY {key} HAVING count(*) > 1"
        # Of a file's own the first counts; what an earlier file has is as good as stored.
        self._table(
            "repeated_rows",
            f"SELECT ordinal, {member}, row_number() OVER (PARTITION BY {key} ORDER BY ordinal) AS place, "
            f"row_number() OVER (PARTITION BY {key}, {self.member} ORDER BY ordinal) AS place_in_file "
            f"FROM {self.view} WHERE ({key}) IN ({repeated})",
        )
        chosen = "SELECT ordinal, member FROM repeated_rows WHERE"
        self._table("duplicate_rows", f"{chosen} place_in_file > 1")
        self._table("stored_rows", f"{chosen} place_in_file = 1 AND place > 1")

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
        days = [day.number for day in days_of(self.connection, self.view)]
        around = {day + by for day in days for by in (-1, 0, 1)} if keyed else set(days)
        stored = None
        if self.tables.cdr.contents().files:
            stored = on_days(self.tables.cdr, around)
            same = "record_key" if keyed else "record_key, call_time"
            execute(
                f"INSERT INTO {TOUCHED} SELECT DISTINCT record_key, {kt} FROM {stored} AS stored "
                f"SEMI JOIN {self.view} AS new USING ({same}) WHERE knows IS {'NOT' if keyed else ''} NULL"
            )
            if keyed:
                given = (self.connection, self.tables, self.view, list(days))
                days += touch_elsewhere(*given, dated=self.dated)
        if dropped:
            days += touch_loads(self.connection, self.tables, dropped)
        if not self._count(TOUCHED):
            return Arrived(self.rows, held=self.held)
        if keyed and self.member != _ALONE:
            self._check_near(stored)
        self._table("touching", f"SELECT * FROM {touched(self.rows)}")
        calls, legs = Members(self.connection, self.tables).settle(days, "touching", dropped)
        rows = f"(SELECT * FROM {touched(self.rows, unless=True)})"
        return Arrived(rows, self._delivered_before(), calls, legs, self._held_but("touching"))

    def _delivered_before(self) -> Mapping[int, int]:
        """How many records of `touching` are no versions of their own, by file."""
        own = f"SELECT load, count(*) AS kept FROM version WHERE load BETWEEN {self.first} AND {self.last}"
        return self._counts(
            "SELECT member, count(*) - coalesce(any_value(kept), 0) FROM touching LEFT JOIN "
            f"(SELECT member, CAST(sum(kept) AS BIGINT) AS kept FROM ({own} GROUP BY load) "
            "JOIN (SELECT DISTINCT load, member FROM touching) USING (load) GROUP BY member) "
            "USING (member) GROUP BY member"
        )

    def _check_near(self, stored: str | None) -> None:
        """Make sure that each file would find by itself what all find together.

        Raises
        ------
        NotTogether
            Records of a call lie days apart, and a search looks a day before and after a file's own.
        """
        day = f"record_key, epoch_us(call_time) // {DAY_US} AS day"
        rows = " UNION ALL ".join(f"SELECT {day} FROM {each}" for each in (self.view, stored) if each)
        found = self.connection.execute(
            f"SELECT record_key FROM ({rows}) SEMI JOIN {TOUCHED} USING (record_key) "
            "GROUP BY record_key HAVING max(day) - min(day) > 1 LIMIT 1"
        )
        if found.fetchall():
            raise NotTogether

    def _delivered_again(self) -> Settled:
        again = (
            "SELECT record_key, customer, call_time, load, file, record_key AS contents, nth, true AS again "
            f"FROM {self.rows} WHERE ordinal IN (SELECT ordinal FROM stored_rows)"
        )
        leg = self.tables.leg.rows(())
        self._table("leg_gone", f"SELECT * FROM {leg}")
        self._table("leg_add", f"SELECT * FROM {leg} UNION ALL BY NAME {again}")
        return Settled(self.tables.leg, "leg_add", "leg_gone", "record_key")

    def _held_but(self, table: str) -> pl.DataFrame | None:
        """Records in memory, if they are there, less those of a table."""
        if self.held is None:
            return None
        gone = self.connection.execute(f"SELECT ordinal FROM {table}").fetchall()
        ordinals = pl.Series([ordinal for (ordinal,) in gone], dtype=pl.Int64)
        return self.held.filter(~pl.col("ordinal").is_in(ordinals.implode()))

    def _count(self, table: str) -> int:
        ((count,),) = self.connection.execute(f"SELECT count(*) FROM {table}").fetchall()
        return int(count)

    def _counts(self, query: str) -> Mapping[int, int]:
        return dict(self.connection.execute(query).fetchall())

    def _table(self, name: str, query: str) -> None:
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {query}")


def _has_repeated(records: pl.DataFrame) -> bool:
    """Whether the call time and key of a record may be those of another one too."""
    # One number of each, mixed so that hardly any two are equal by chance, sorts quicker than pairs group.
    mixed = records["record_key"].to_numpy() ^ (whole_numbers(records["call_time"]) * _MIXING)
    mixed.sort()
    return bool((mixed[1:] == mixed[:-1]).any())
