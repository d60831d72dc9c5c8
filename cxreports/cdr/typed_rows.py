"""Typed rows from a clean file: DuckDB parses it as text and types it in one query.

``reader`` asks for those of the file that it reads, ``rejects`` for rows that earlier files left waiting.
Rows that fit in memory come as a frame, neither written to a table nor read from it; others, and those that
SQL shall change, as a temporary table.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from typing import Final, Protocol

import duckdb
import polars as pl

from cxreports.cdr.clean_file import CleanFile
from cxreports.cdr.evidence.manner import Manner
from cxreports.cdr.mapping import Mapping as FileMapping
from cxreports.cdr.record import FIELDS, KEYED_COLUMNS, ORIGIN_FIELDS
from cxreports.sql import literal

MOST_IN_MEMORY: Final = 96 << 20
"""Bytes of a clean file whose typed rows are held in memory, where they take about twice as many."""

_FRAME: Final = count()


class TypedRows(Protocol):
    """Typed rows of a file, unreadable ones included at first, with what tells them apart.

    Attributes
    ----------
    name
        Name by which SQL reads them.
    ordinal
        Column that numbers them in the order of the file, from 0.
    frame
        The rows, if they are in memory.
    """

    name: str
    ordinal: str
    frame: pl.DataFrame | None

    def pass_over(self, reason: str) -> int:
        """Drop the rows with a reason; return how many."""

    def faults(self) -> list[tuple[int, str]]:
        """Return ordinal and reason of the rows that have one, ascending."""

    def drop_faults(self) -> None:
        """Drop those rows."""

    def forget(self) -> None:
        """Drop all rows."""


class TypedTable:
    """Typed rows in a temporary table of a connection."""

    ordinal = "rowid"
    frame: pl.DataFrame | None = None

    def __init__(self, connection: duckdb.DuckDBPyConnection, name: str) -> None:
        self._connection, self.name = connection, name

    def pass_over(self, reason: str) -> int:
        """Drop the rows with a reason; return how many."""
        ((passed,),) = self._connection.execute(
            f"DELETE FROM {self.name} WHERE reason = {literal(reason)}"
        ).fetchall()
        return int(passed)

    def number(self) -> None:
        """Give each row its ordinal as a column, as rows of other files will join them."""
        self._connection.execute(f"ALTER TABLE {self.name} ADD COLUMN ordinal BIGINT")
        self._connection.execute(f"UPDATE {self.name} SET ordinal = rowid")

    def faults(self) -> list[tuple[int, str]]:
        """Return ordinal and reason of the rows that have one, ascending."""
        return self._connection.execute(
            f"SELECT rowid, reason FROM {self.name} WHERE reason IS NOT NULL ORDER BY 1"
        ).fetchall()

    def drop_faults(self) -> None:
        """Drop those rows."""
        self._connection.execute(f"DELETE FROM {self.name} WHERE reason IS NOT NULL")

    def forget(self) -> None:
        """Drop the table."""
        self._connection.execute(f"DROP TABLE {self.name}")


class TypedFrame:
    """Typed rows in memory, which a connection reads under a name."""

    ordinal = "ordinal"

    def __init__(self, connection: duckdb.DuckDBPyConnection, name: str, frame: pl.DataFrame) -> None:
        self._connection, self.name = connection, name
        self.frame: pl.DataFrame | None = None
        self._show(frame)

    def pass_over(self, reason: str) -> int:
        """Drop the rows with a reason; return how many."""
        before = len(self._rows)
        if self._rows["reason"].null_count() < before:
            self._show(self._rows.filter(pl.col("reason").ne_missing(reason)))
        return before - len(self._rows)

    def faults(self) -> list[tuple[int, str]]:
        """Return ordinal and reason of the rows that have one, ascending."""
        return self._rows.filter(pl.col("reason").is_not_null()).select("ordinal", "reason").rows()

    def drop_faults(self) -> None:
        """Drop those rows."""
        self._show(self._rows.filter(pl.col("reason").is_null()))

    def forget(self) -> None:
        """Drop the rows."""
        self._connection.unregister(self.name)

    def _show(self, rows: pl.DataFrame) -> None:
        self.frame = self._rows = rows
        # The newest level hands texts over as they are, where others copy them.
        self._connection.register(self.name, rows.to_arrow(compat_level=pl.CompatLevel.newest()))


class RecordsLost(Exception):
    """DuckDB read another number of records than there are: a line swallowed others."""


def typed_rows(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    clean: CleanFile,
    file: str,
    customer: str | None,
    manner: Manner,
    *,
    is_joined: bool,
) -> TypedRows:
    """Typed rows of a file, in memory if they fit, see `create_typed`.

    Parameters
    ----------
    is_joined
        Whether rows of other files will join them, which takes a table.
    """
    if is_joined or clean.path.stat().st_size > MOST_IN_MEMORY:
        create_typed(connection, name, clean, file=file, customer=customer, manner=manner)
        return TypedTable(connection, name)
    frame = typed_frame(connection, clean, file=file, customer=customer, manner=manner)
    return TypedFrame(connection, name, frame)


def create_typed(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    clean: CleanFile,
    *,
    file: str,
    customer: str | None,
    manner: Manner,
) -> None:
    """Create a table of typed rows, unreadable ones included, in the order of the file.

    Parameters
    ----------
    file
        Name for the ``file`` column.
    customer
        Whose calls they are, where the file does not say.
    manner
        How the file writes its values; the connection's zone is the same.

    Raises
    ------
    RecordsLost
        The table has not as many rows as the file has records.
    """
    query = _query(clean, file, customer, manner)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS {query}")
    # fetchone would leave the result open, and an open result blocks the connection.
    ((read,),) = connection.execute(f"SELECT count(*) FROM {table}").fetchall()
    _check(clean, read)
    if clean.notes:
        with registered(connection, _notes(clean.notes)) as name:
            connection.execute(
                f"UPDATE {table} AS t SET note = concat_ws('; ', n.mended, t.note) "
                f"FROM {name} AS n WHERE t.rowid = n.ordinal"
            )


def typed_frame(
    connection: duckdb.DuckDBPyConnection,
    clean: CleanFile,
    *,
    file: str,
    customer: str | None,
    manner: Manner,
) -> pl.DataFrame:
    """Typed rows as `create_typed` makes them, in memory, with their ``ordinal``.

    Raises
    ------
    RecordsLost
        There are not as many as the file has records.
    """
    read = connection.sql(_query(clean, file, customer, manner)).to_arrow_table()
    _check(clean, read.num_rows)
    rows = pl.DataFrame(read).rechunk()
    rows = rows.cast({pl.Datetime: pl.Datetime("us", "UTC")})  # the same instants, shown in the zone of all
    rows = rows.with_columns(pl.int_range(rows.height, dtype=pl.Int64).alias("ordinal"))
    if clean.notes:
        noted = rows.join(_notes(clean.notes), on="ordinal", how="left", maintain_order="left")
        note = pl.concat_str("mended", "note", separator="; ", ignore_nulls=True)
        has_note = pl.any_horizontal(pl.col("mended", "note").is_not_null())
        rows = noted.with_columns(note=pl.when(has_note).then(note)).drop("mended")
    return rows


def _query(clean: CleanFile, file: str, customer: str | None, manner: Manner) -> str:
    sighting = clean.sighting
    pairing = sighting.source_format.pairing
    keep = (pairing.column, *pairing.key, *pairing.tags) if pairing else ()
    mapping = FileMapping(sighting.source_format, sighting.columns, customer, manner, file)
    return mapping.query(source(clean), keep)


def _check(clean: CleanFile, read: int) -> None:
    if read != clean.records:
        raise RecordsLost(f"{read} records where there are {clean.records}")


def _notes(notes: Mapping[int, str]) -> pl.DataFrame:
    return pl.DataFrame({"ordinal": list(notes), "mended": list(notes.values())})


def source(clean: CleanFile) -> str:
    """Write SQL that reads a clean file's columns ``c0`` … as text."""
    sighting = clean.sighting
    columns = ", ".join(f"{literal(f'c{i}')}: 'VARCHAR'" for i in range(len(sighting.names)))
    nulls = ", ".join(literal(word) for word in ("", *sighting.source_format.null))
    quote = literal(sighting.layout.quote)
    return (
        f"SELECT * FROM read_csv({literal(clean.path)}, auto_detect = false, header = false, "
        f"skip = {clean.heading}, delim = {literal(sighting.delimiter)}, quote = {quote}, escape = {quote}, "
        f"columns = {{{columns}}}, nullstr = [{nulls}], compression = 'none')"
    )


@contextmanager
def registered(connection: duckdb.DuckDBPyConnection, frame: pl.DataFrame) -> Iterator[str]:
    """Let a connection read a frame for a while, under a name of its own."""
    name = f"frame_{next(_FRAME)}"
    connection.register(name, frame)
    try:
        yield name
    finally:
        connection.unregister(name)


@contextmanager
def reading_in(connection: duckdb.DuckDBPyConnection, zone: str) -> Iterator[None]:
    """Set the connection's zone and keep the file's order; put both back after."""
    wanted = {"TimeZone": zone, "preserve_insertion_order": "true"}
    before = {name: connection.execute("SELECT current_setting(?)", [name]).fetchall() for name in wanted}
    try:
        for name, value in wanted.items():
            connection.execute(f"SET {name} = {literal(value)}")
        yield
    finally:
        for name, ((value,),) in before.items():
            connection.execute(f"SET {name} = {literal(value)}")


def show_typed(connection: duckdb.DuckDBPyConnection, view: str, typed: TypedRows) -> bool:
    """Show typed rows as whole records: what the file does not say costs nothing until it is written.

    Returns
    -------
    bool
        Whether the rows have keys of their own.
    """
    described = connection.execute(f"SELECT column_name FROM (DESCRIBE {typed.name})").fetchall()
    given = {name for (name,) in described}
    columns = ", ".join(
        each.name if each.name in given else f"CAST(NULL AS {each.sql_type}) AS {each.name}"
        for each in (*FIELDS, *(each for each in ORIGIN_FIELDS if each.name in KEYED_COLUMNS))
    )
    rows = f"SELECT {columns}, {typed.ordinal} AS ordinal FROM {typed.name}"
    connection.execute(f"CREATE OR REPLACE TEMP VIEW {view} AS {rows}")
    return "knows" in given
