"""Reading one CDR file into typed rows and rejects, with nothing lost on the way.

A clean file takes the fast path: DuckDB parses it as text in parallel and types it in the same
query. The proof that nothing was lost is arithmetic: as many records as lines, less the
heading. Where it fails, ``repair`` writes a clean copy and sets broken lines aside, and the
same query runs on the copy. Rows whose values cannot be read go to the reject table with
their line as it stands in the file.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Final

import duckdb

from cxreports.cdr.content import Content, content_of, text_blocks
from cxreports.cdr.detect import Sighting, detect, sample_of
from cxreports.cdr.mapping import Mapping as FileMapping
from cxreports.cdr.mapping import literal
from cxreports.cdr.record import ALL_CUSTOMERS, FIELDS, REJECT_FIELDS
from cxreports.cdr.source_format import SourceFormat, known_formats
from cxreports.errors import LoadError, NotACdrFile

_NUMBER: Final = count()


@dataclass(frozen=True)
class ReadResult:
    """What a file gave.

    Always ``rows`` = rows of ``cdr`` + ``paired`` + ``rejected``, and
    ``lines`` = ``rows`` + ``skipped``.

    Attributes
    ----------
    file, file_hash, format
        Name, SHA-256 of the bytes as delivered, and format.
    lines
        Physical lines.
    rows
        Records: lines but for headings, blank and comment lines.
    paired
        Records that completed another record's call (the BYE of an INVITE).
    rejected
        Records set aside.
    cdr
        Temporary table of the connection: the canonical record, not yet deduplicated.
    reject
        Temporary table: ``record.REJECT_FIELDS``.
    resolved
        Temporary table (file_hash, line) of earlier pending rows that this file completed.
    skipped
        Lines that are no records.
    """

    file: str
    file_hash: str
    format: str
    lines: int
    rows: int
    paired: int
    rejected: int
    cdr: str
    reject: str
    resolved: str | None
    skipped: int = 0


@dataclass(frozen=True)
class Lines:
    """Which line of the file each record of the clean copy stands on.

    Attributes
    ----------
    removed
        Numbers of lines that are no records of the copy, ascending.
    """

    removed: Sequence[int]

    def of(self, ordinal: int) -> int:
        """Return the line of the record with this ordinal (from 0)."""
        return ordinal + 1 + bisect_right(range(len(self.removed)), ordinal, key=lambda j: self.removed[j] - j - 1)


@dataclass(frozen=True)
class Clean:
    """A file that DuckDB can read record by record, and what was set aside to get there.

    Attributes
    ----------
    path, heading
        The file, and its lines before the first record.
    lines
        Where its records stand in the original.
    names
        Its columns.
    rejected
        Line, raw text and reason of what is not in it.
    notes
        What was mended, by line.
    skipped
        Lines of the original that are no records.
    """

    path: Path
    heading: int
    lines: Lines
    names: tuple[str, ...]
    rejected: tuple[tuple[int, str, str], ...] = ()
    notes: Mapping[int, str] = field(default_factory=dict)
    skipped: int = 0


def read(
    connection: duckdb.DuckDBPyConnection,
    path: str | Path,
    *,
    source_format: SourceFormat | None = None,
    customer: str | None = None,
    zone: str = "UTC",
    pending: str | duckdb.DuckDBPyRelation | None = None,
) -> ReadResult:
    """Read a CDR file into temporary tables of a connection.

    Parameters
    ----------
    connection
        Where the tables go; its memory limit and spilling apply.
    path
        CSV or JSON, plain or gzip.
    source_format
        How to read it; found from the file itself if not given.
    customer
        Whose calls they are, where the file does not say.
    zone
        Zone of times without one, unless the format fixes it. A local time that occurs twice
        when clocks go back is read as the second (standard time), one that is skipped when
        they go forward as an hour on; both are noted on the row.
    pending
        Earlier reject rows that wait for their other half (table, view or relation with the
        reject columns).

    Raises
    ------
    NotACdrFile
        The file holds no call records; says what was expected.
    AmbiguousFormat
        Several formats would read it.
    LoadError
        ``customer`` is the reserved ``all``, or nobody says whose calls these are.
    """
    if customer is not None and customer.strip() in {"", ALL_CUSTOMERS}:
        raise LoadError(f"--customer {customer!r}: cannot be a customer's id; {ALL_CUSTOMERS!r} stands for all of them.")
    with content_of(Path(path)) as content:
        return _Reading(connection, content, customer, zone).result(source_format, pending)


@dataclass
class _Reading:
    """One file on its way into the tables."""

    connection: duckdb.DuckDBPyConnection
    content: Content
    customer: str | None
    zone: str
    number: int = field(default_factory=lambda: next(_NUMBER))

    def result(
        self, source_format: SourceFormat | None, pending: str | duckdb.DuckDBPyRelation | None
    ) -> ReadResult:
        sample = sample_of(self.content)
        if not any(line.strip() for line in sample):
            return self._empty(source_format)
        formats = [source_format] if source_format else known_formats().values()
        sighting = detect(self.content, sample, formats)
        del pending
        stage = self._stage(sighting)
        return stage

    def _empty(self, source_format: SourceFormat | None) -> ReadResult:
        name = source_format.name if source_format else "empty"
        cdr = f"cdr_{self.number}"
        columns = ", ".join(f"{column.name} {column.sql_type}" for column in FIELDS)
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {cdr} ({columns})")
        reject = self._reject_table([], name)
        lines = self.content.lines
        return ReadResult(self.content.name, self.content.file_hash, name, lines, 0, 0, 0, cdr, reject, None, lines)

    def _stage(self, sighting: Sighting) -> ReadResult:
        with _settings(self.connection, sighting.source_format.zone or self.zone):
            clean = Clean(self.content.path, sighting.heading, Lines(range(1, sighting.heading + 1)), sighting.names, skipped=sighting.heading)
            table = self._typed(sighting, clean)
            return self._finished(sighting, clean, table)

    def _typed(self, sighting: Sighting, clean: Clean) -> str:
        """Create the table of typed rows, bad ones included, in the order of the file."""
        table = f"cdr_{self.number}"
        seen = replace(sighting, names=clean.names)
        mapping = FileMapping(seen.source_format, seen.columns, self.customer, seen.source_format.zone or self.zone, self.content.name)
        query = mapping.query(_source(seen, clean))
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS {query}")
        return table

    def _finished(self, sighting: Sighting, clean: Clean, table: str) -> ReadResult:
        bad = self.connection.execute(f"SELECT rowid, reason FROM {table} WHERE reason IS NOT NULL ORDER BY rowid").fetchall()
        raws = self._raw([clean.lines.of(ordinal) for ordinal, _ in bad])
        rejected = [*clean.rejected, *((clean.lines.of(ordinal), raws[clean.lines.of(ordinal)], reason) for ordinal, reason in bad)]
        if bad:
            self.connection.execute(f"DELETE FROM {table} WHERE reason IS NOT NULL")
        self.connection.execute(f"ALTER TABLE {table} DROP COLUMN reason")
        reject = self._reject_table(rejected, sighting.source_format.name)
        rows = self.content.lines - clean.skipped
        return ReadResult(
            self.content.name, self.content.file_hash, sighting.source_format.name, self.content.lines, rows, 0,
            len(rejected), table, reject, None, clean.skipped,
        )

    def _raw(self, wanted: Sequence[int]) -> dict[int, str]:
        """Return lines of the file as they stand there."""
        raws: dict[int, str] = {}
        if not wanted:
            return raws
        remaining = sorted(wanted)
        at = 0
        for first, text, _ in text_blocks(self.content.path):
            lines: list[str] | None = None
            end = first + text.count("\n")
            while at < len(remaining) and remaining[at] <= end:
                lines = lines if lines is not None else text.split("\n")
                raws[remaining[at]] = lines[remaining[at] - first]
                at += 1
            if at == len(remaining):
                break
        return raws

    def _reject_table(self, rejected: Sequence[tuple[int, str, str]], source_format: str) -> str:
        table = f"reject_{self.number}"
        columns = ", ".join(f"{column.name} {column.sql_type}" for column in REJECT_FIELDS)
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {table} ({columns})")
        if rejected:
            now = datetime.now(UTC)
            rows = [
                (self.content.name, self.content.file_hash, line, raw, reason, source_format, self.customer, now, False)
                for line, raw, reason in sorted(rejected)
            ]
            self.connection.executemany(f"INSERT INTO {table} VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
        return table


def _source(sighting: Sighting, clean: Clean) -> str:
    columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(len(clean.names)))
    nulls = ", ".join(literal(word) for word in ("", *sighting.source_format.null))
    quote = literal(sighting.layout.quote)
    return (
        f"SELECT * FROM read_csv({literal(str(clean.path))}, auto_detect = false, header = false, "
        f"skip = {clean.heading}, delim = {literal(sighting.delimiter)}, quote = {quote}, escape = {quote}, "
        f"columns = {{{columns}}}, nullstr = [{nulls}], compression = 'none')"
    )


@contextmanager
def _settings(connection: duckdb.DuckDBPyConnection, zone: str) -> Iterator[None]:
    """Set the connection's zone and keep the file's order; put both back after."""
    wanted = {"TimeZone": zone, "preserve_insertion_order": "true"}
    before = {name: connection.execute("SELECT current_setting(?)", [name]).fetchone() for name in wanted}
    try:
        for name, value in wanted.items():
            connection.execute(f"SET {name} = {literal(value)}")
        yield
    finally:
        for name, row in before.items():
            value = row[0] if row else wanted[name]
            connection.execute(f"SET {name} = {literal(str(value))}")
