"""Lines that are set aside, and those among them that wait for their other half.

A waiting line is typed again when a later file is read: its row in ``reject`` says in columns of its own
how that is done (zone, delimiter, heading) and which call it is half of.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import duckdb
import polars as pl

from cxreports.cdr.clean_file import CleanFile, Lines
from cxreports.cdr.content import Content
from cxreports.cdr.detect import Sighting
from cxreports.cdr.evidence.manner import Manner
from cxreports.cdr.pairing import Half, call_id_sql
from cxreports.cdr.record import REJECT_FIELDS
from cxreports.cdr.repair import Grammar
from cxreports.cdr.source_format import DELIMITERS
from cxreports.cdr.typed_rows import create_typed, reading_in, registered

_PROSE: Final = re.compile(r" \(zone ([^;]*); columns (.*)\)$", re.DOTALL)


@dataclass(frozen=True)
class Reading:
    """How the lines of a file are read: what a raw line does not say itself."""

    zone: str
    delimiter: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Reject:
    """A line that is set aside; with ``half`` and ``reading``, one that waits for its other half."""

    line: int
    raw: str
    reason: str
    half: Half | None = None
    reading: Reading | None = None


@dataclass(frozen=True)
class TakenUp:
    """Typed rows that earlier files left waiting.

    Attributes
    ----------
    table
        Temporary table with ``ordinal``; None if there are none.
    places
        File digest and line, by ordinal.
    """

    table: str | None = None
    places: tuple[tuple[str, int], ...] = ()


def create_rejects(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    rejects: Sequence[tuple[Content, Sequence[Reject]]],
    *,
    source_format: str,
    customer: str | None,
) -> None:
    """Create the temporary table of files' rejects, ``record.REJECT_FIELDS``, in order of their lines."""
    columns = ", ".join(f"{column.name} {column.sql_type}" for column in REJECT_FIELDS)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {table} ({columns})")
    rows = [
        (content.name, content.file_hash, *_row(reject))
        for content, lines in rejects
        for reject in sorted(lines, key=lambda reject: (reject.line, reject.raw, reject.reason))
    ]
    if not rows:
        return
    frame = pl.DataFrame(rows, _ROW, orient="row")
    with registered(connection, frame) as name:
        connection.execute(
            f"INSERT INTO {table} BY NAME SELECT ? AS format, ? AS customer, "
            "? AS loaded_at, * EXCLUDE call_time_us, make_timestamptz(call_time_us) AS call_time "
            f"FROM {name} ORDER BY line",
            [source_format, customer, datetime.now(UTC)],
        )


_ROW: Final = {
    "file": pl.String,
    "file_hash": pl.String,
    "line": pl.Int64,
    "raw": pl.String,
    "reason": pl.String,
    "pending": pl.Boolean,
    "call_id": pl.String,
    "half": pl.String,
    "call_time_us": pl.Int64,
    "zone": pl.String,
    "delimiter": pl.String,
    "heading": pl.String,
}


def _row(reject: Reject) -> tuple[object, ...]:
    half, reading = reject.half, reject.reading
    return (
        reject.line,
        reject.raw,
        reject.reason,
        half is not None,
        *((half.call_id, half.name, half.call_time_us) if half else (None,) * 3),
        *((reading.zone, reading.delimiter, json.dumps(reading.names)) if reading else (None,) * 3),
    )


def take_up(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    pending: str | duckdb.DuckDBPyRelation | None,
    sighting: Sighting,
    content: Content,
    folder: Path,
    manner: Manner,
) -> TakenUp:
    """Type the rows of earlier files that wait for a call of which this file has a row.

    Parameters
    ----------
    table
        Typed rows of the file; the table made here is named after it.
    pending
        Rejects of earlier files.
    sighting
        How the file is read: rows of other formats are left alone.
    content
        The file.
    folder
        For a file of the lines.
    manner
        How the file writes its values: so did the earlier ones, but for their zone.
    """
    pairing = sighting.source_format.pairing
    if pending is None or pairing is None:
        return TakenUp()
    relation = connection.sql(f"SELECT * FROM {pending}") if isinstance(pending, str) else pending
    here = f"SELECT {call_id_sql(pairing)} FROM {table}"
    rows = (
        relation.filter("pending")
        # An older version did not say which call a row is half of.
        .filter(f"call_id IS NULL OR call_id IN ({here})")
        .filter(duckdb.ColumnExpression("format") == duckdb.ConstantExpression(sighting.source_format.name))
        .select("file", "file_hash", "line", "raw", "reason", "customer", "zone", "delimiter", "heading")
        .fetchall()
    )
    groups: dict[tuple[str, str | None, Reading], list[tuple[str, int, str]]] = {}
    for file, file_hash, line, raw, reason, customer, zone, delimiter, heading in rows:
        reading = Reading(zone, delimiter, tuple(json.loads(heading))) if heading else _from_prose(reason)
        if reading is not None:
            groups.setdefault((file, customer, reading), []).append((file_hash, line, raw))
    target, places = f"{table}_pending", list[tuple[str, int]]()
    for (file, customer, reading), members in groups.items():
        clean, readable = _file_of(members, reading, sighting, content, folder)
        with reading_in(connection, reading.zone):
            create_typed(
                connection,
                f"{target}_part",
                clean,
                file=file,
                customer=customer,
                manner=replace(manner, zone=reading.zone, folds=(), gaps=()),
            )
        start = f"INSERT INTO {target}" if places else f"CREATE OR REPLACE TEMP TABLE {target} AS"
        connection.execute(f"{start} SELECT *, rowid + {len(places)} AS ordinal FROM {target}_part")
        places += readable
    return TakenUp(target if places else None, tuple(places))


def _file_of(
    members: Sequence[tuple[str, int, str]],
    reading: Reading,
    sighting: Sighting,
    content: Content,
    folder: Path,
) -> tuple[CleanFile, list[tuple[str, int]]]:
    """Clean file of raw lines that are read in the same way, and the places of those that can be."""
    path, width = folder / "pending", len(reading.names)
    grammar = Grammar(reading.delimiter, sighting.layout.quote, width, width)
    parsed = [((file_hash, line), grammar.mended(raw)[0]) for file_hash, line, raw in members]
    readable = [(place, fields) for place, fields in parsed if fields is not None]
    path.write_text("".join(grammar.written(fields) + "\n" for _, fields in readable), "utf-8")
    seen = replace(sighting, names=reading.names, delimiter=reading.delimiter)
    return CleanFile(path, 0, seen, len(readable), Lines(content, ())), [place for place, _ in readable]


def _from_prose(reason: str) -> Reading | None:
    """How a row is read that a version before the columns set aside: its reason ends with it."""
    found = _PROSE.search(reason)
    if not found:
        return None
    delimiter = next((character for character in DELIMITERS if character in found[2]), ",")
    return Reading(found[1], delimiter, tuple(found[2].split(delimiter)))
