"""Records of the calls that something touches: gathered, folded anew, and compared with what is stored.

A call of one record stands in ``cdr`` as that record. The records of any other call are all in ``leg``, each
distinct one once, and ``cdr`` has what they fold to. Who delivered a record again is noted in ``leg`` too, so
that taking one delivery back leaves the record to the next.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cxreports.clock import DAY_US
from cxreports.lake.calls.fold import folded_sql
from cxreports.lake.parquet.lots import on_days
from cxreports.lake.shapes import CDR, LEG

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    import duckdb

    from cxreports.lake.head import Tables
    from cxreports.lake.log import DataFile
    from cxreports.lake.table import Table

_ROW: Final = ", ".join(CDR.names)
_LEG: Final = ", ".join(LEG.names)
_SAID: Final = tuple(
    each
    for each in CDR.columns
    if each.name not in {"file", "note", "record_key", "legs", "load", "leg_key", "leg_rank"}
)
"""Columns that make a record's contents."""

_KEYS: Final = "CASE WHEN knows IS NULL THEN call_time END AS kt, coalesce(leg_key, record_key) AS lk"
"""What tells records apart within their key: rows that only their contents identify count by time as well."""

TOUCHED: Final = "touched"
"""Temporary table (record_key, kt) of the calls in question."""

OLD_LOAD: Final = -1
"""Number of the load of a record that a version without numbers stored."""


def contents_sql() -> str:
    """SQL of a row's contents, as a digest; rows that nothing else identifies have it as their key."""
    texts = [f"epoch_us({each.name})" if each.sql_type == "TIMESTAMPTZ" else each.name for each in _SAID]
    parts = ", chr(31), ".join(f"CAST({text} AS VARCHAR)" for text in texts)
    digest = f"CAST(md5_number_lower(concat({parts})) >> 1 AS BIGINT)"
    return f"CASE WHEN knows IS NULL THEN record_key ELSE {digest} END"


@dataclass(frozen=True)
class Settled:
    """What changes in a table: rows to add and rows that go, as temporary tables."""

    table: Table
    add: str
    gone: str
    using: str


def holding(
    connection: duckdb.DuckDBPyConnection, table: Table, files: Iterable[DataFile], rows: str, using: str
) -> list[DataFile]:
    """Files of a table that hold any of some rows: what follows FROM, equal in the columns `using`."""
    sought = f"SEMI JOIN {rows} AS sought USING ({using}) LIMIT 1"
    return [
        each
        for each in files
        if connection.execute(f"SELECT 1 FROM {table.rows([each])} AS rows {sought}").fetchall()
    ]


def touch_loads(connection: duckdb.DuckDBPyConnection, tables: Tables, numbers: Collection[int]) -> list[int]:
    """Add the calls of some loads' records to `TOUCHED`; give the days on which they lie."""
    listed = ", ".join(map(str, numbers))
    days: set[int] = set()
    for table in (tables.cdr, tables.leg):
        files = [
            each
            for each in table.contents().files.values()
            if each.may_hold("load", min(numbers), max(numbers))
        ]
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE taken AS SELECT record_key, call_time, "
            "CASE WHEN knows IS NULL THEN call_time END AS kt "
            f"FROM {table.rows(files)} WHERE load IN ({listed})"
        )
        connection.execute(f"INSERT INTO {TOUCHED} SELECT DISTINCT record_key, kt FROM taken")
        found = connection.execute(f"SELECT DISTINCT epoch_us(call_time) // {DAY_US} FROM taken")
        days.update(day for (day,) in found.fetchall())
    return sorted(days)


def create_touched(connection: duckdb.DuckDBPyConnection) -> None:
    """Make `TOUCHED`, empty."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {TOUCHED} (record_key BIGINT, kt TIMESTAMPTZ)")


@dataclass(frozen=True)
class Members:
    """The calls of `TOUCHED`, on their way to be settled.

    Attributes
    ----------
    connection
        DuckDB, session in UTC; its temporary tables hold everything.
    tables
        The lake's tables.
    """

    connection: duckdb.DuckDBPyConnection
    tables: Tables

    def settle(
        self, days: Iterable[int], new: str | None = None, dropped: Collection[int] = ()
    ) -> tuple[Settled, Settled]:
        """Fold the touched calls anew.

        Parameters
        ----------
        days
            Days since 1970 near which the calls lie.
        new
            Table of new records: the columns of ``cdr`` and ``nth``.
        dropped
            Numbers of loads that are taken back.

        Returns
        -------
        tuple of Settled
            What changes in ``cdr`` and in ``leg``.
        """
        self._gather(sorted(set(days)), new)
        self._versions(dropped)
        self._changes()
        return (
            Settled(self.tables.cdr, "call_add", "call_gone", "record_key, call_time"),
            Settled(self.tables.leg, "leg_add", "leg_gone", "record_key, call_time, contents, load, nth"),
        )

    def _table(self, name: str, query: str) -> None:
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {query}")

    def _gather(self, days: list[int], new: str | None) -> None:
        around = {day + by for day in days for by in (-1, 0, 1)}
        calls = on_days(self.tables.cdr, around)
        self._table(
            "old_call",
            f"SELECT {_ROW.replace('load', f'coalesce(load, {OLD_LOAD}) AS load')} FROM {touched(calls)}",
        )
        self._gather_legs(around)
        single = (
            f"SELECT {_ROW}, {contents_sql()} AS contents, 0 AS nth, false AS again "
            "FROM old_call WHERE load <> 0"
        )
        parts = [single, f"SELECT {_LEG} FROM old_leg"]
        if new:
            parts.append(
                f"SELECT {_ROW}, {contents_sql()} AS contents, nth, false AS again FROM {touched(new)}"
            )
        self._table("member", f"SELECT *, {_KEYS} FROM ({' UNION ALL BY NAME '.join(parts)})")

    def _gather_legs(self, around: set[int]) -> None:
        """Read the stored records of the calls; of every file, where those days do not have them all."""
        found = self.connection.execute(
            f"SELECT DISTINCT epoch_us(call_time) // {DAY_US}, epoch_us(end_time) // {DAY_US} "
            "FROM old_call WHERE load = 0"
        )
        days = around | {day for first, last in found.fetchall() for day in range(first - 1, last + 2)}
        table = self.tables.leg
        self._table("old_leg", f"SELECT {_LEG} FROM {touched(on_days(table, days))}")
        ((missing,),) = self.connection.execute(
            "SELECT count(*) FROM (SELECT record_key, knows FROM old_call WHERE load = 0) AS calls "
            "LEFT JOIN (SELECT record_key, count(*) AS held FROM old_leg WHERE NOT again "
            "GROUP BY record_key) AS legs USING (record_key) WHERE knows <> coalesce(held, 0)"
        ).fetchall()
        if missing:
            every = table.rows(table.contents().files.values())
            self._table("old_leg", f"SELECT {_LEG} FROM {touched(every)}")

    def _versions(self, dropped: Collection[int]) -> None:
        taken = ", ".join(map(str, dropped)) or "NULL"
        kept = f"load NOT IN ({taken})" if dropped else "true"
        self._table(
            "delivery",
            "SELECT record_key, kt, lk, contents, load, max(nth) AS nth, any_value(file) AS file, "
            "any_value(customer) AS customer, any_value(call_time) AS call_time, "
            "any_value(leg_key) AS leg_key, any_value(knows) AS knows, "
            "row_number() OVER (PARTITION BY record_key, kt, lk, contents ORDER BY load) AS turn "
            f"FROM member WHERE {kept} GROUP BY record_key, kt, lk, contents, load",
        )
        full = (
            "SELECT * FROM member WHERE NOT again QUALIFY row_number() OVER "
            "(PARTITION BY record_key, kt, lk, contents ORDER BY load, nth) = 1"
        )
        owner = (
            "SELECT record_key, kt, lk, contents, any_value(load) FILTER (turn = 1) AS load, "
            "any_value(nth) FILTER (turn = 1) AS nth, any_value(file) FILTER (turn = 1) AS file, "
            "max(load) AS last_load, arg_max(nth, load) AS last_nth "
            "FROM delivery GROUP BY record_key, kt, lk, contents"
        )
        self._table(
            "version",
            "SELECT f.* REPLACE (o.load AS load, o.nth AS nth, o.file AS file, CAST(1 AS INTEGER) AS legs), "
            "o.last_load, o.last_nth, count(*) OVER (PARTITION BY f.record_key, f.kt) AS versions "
            f"FROM ({full}) AS f JOIN ({owner}) AS o ON f.record_key = o.record_key "
            "AND f.kt IS NOT DISTINCT FROM o.kt AND f.lk = o.lk AND f.contents = o.contents",
        )

    def _changes(self) -> None:
        several = "(SELECT * EXCLUDE versions FROM version WHERE versions > 1)"
        self._table(
            "new_call",
            f"SELECT {_ROW} FROM version WHERE versions = 1 "
            f"UNION ALL BY NAME SELECT {_ROW} FROM {folded_sql(several)}",
        )
        full = ", ".join(name for name in LEG.names)
        noted = {"record_key", "customer", "call_time", "load", "file", "leg_key", "knows", "contents", "nth"}
        again = ", ".join(
            name if name in noted else "true AS again" if name == "again" else f"NULL AS {name}"
            for name in LEG.names
        )
        self._table(
            "new_leg",
            f"SELECT {full} FROM {several} UNION ALL SELECT {again} FROM delivery WHERE turn > 1",
        )
        for kind in ("call", "leg"):
            self._table(f"{kind}_add", f"FROM new_{kind} EXCEPT FROM old_{kind}")
            self._table(f"{kind}_gone", f"FROM old_{kind} EXCEPT FROM new_{kind}")


def touched(rows: str, *, unless: bool = False) -> str:
    """SQL of those rows whose call is touched, or of the others."""
    return (
        f"{rows} AS r WHERE {'NOT ' if unless else ''}EXISTS "
        f"(SELECT 1 FROM {TOUCHED} AS t WHERE t.record_key = r.record_key "
        "AND t.kt IS NOT DISTINCT FROM CASE WHEN r.knows IS NULL THEN r.call_time END)"
    )
