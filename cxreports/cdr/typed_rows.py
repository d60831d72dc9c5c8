"""A table of typed rows from a clean file: DuckDB parses it as text and types it in one query.

``reader`` calls this for the file that it reads, ``rejects`` for rows that earlier files left waiting.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from typing import Final

import duckdb
import polars as pl

from cxreports.cdr.clean_file import CleanFile
from cxreports.cdr.evidence.manner import Manner
from cxreports.cdr.mapping import Mapping as FileMapping
from cxreports.cdr.record import FIELDS, KEYED_COLUMNS, ORIGIN_FIELDS
from cxreports.sql import literal

_FRAME: Final = count()


class RecordsLost(Exception):
    """DuckDB read another number of records than there are: a line swallowed others."""


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
    sighting = clean.sighting
    pairing = sighting.source_format.pairing
    keep = (pairing.column, *pairing.key, *pairing.tags) if pairing else ()
    mapping = FileMapping(sighting.source_format, sighting.columns, customer, manner, file)
    query = mapping.query(source(clean), keep)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS {query}")
    # fetchone would leave the result open, and an open result blocks the connection.
    ((read,),) = connection.execute(f"SELECT count(*) FROM {table}").fetchall()
    if read != clean.records:
        raise RecordsLost(f"{read} records where there are {clean.records}")
    _annotate(connection, table, clean.notes)


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


def _annotate(connection: duckdb.DuckDBPyConnection, table: str, notes: Mapping[int, str]) -> None:
    if notes:
        frame = pl.DataFrame({"ordinal": list(notes), "note": list(notes.values())})
        with registered(connection, frame) as name:
            connection.execute(
                f"UPDATE {table} AS t SET note = concat_ws('; ', n.note, t.note) "
                f"FROM {name} AS n WHERE t.rowid = n.ordinal"
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


def show_typed(connection: duckdb.DuckDBPyConnection, view: str, table: str) -> bool:
    """Write typed rows as whole records: what the file does not say costs nothing until it is written.

    Returns
    -------
    bool
        Whether the rows have keys of their own.
    """
    described = connection.execute(f"SELECT column_name FROM (DESCRIBE {table})").fetchall()
    given = {name for (name,) in described}
    columns = ", ".join(
        each.name if each.name in given else f"CAST(NULL AS {each.sql_type}) AS {each.name}"
        for each in (*FIELDS, *(each for each in ORIGIN_FIELDS if each.name in KEYED_COLUMNS))
    )
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW {view} AS SELECT {columns}, rowid AS ordinal FROM {table}"
    )
    return "knows" in given
