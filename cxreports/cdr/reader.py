"""Reading one CDR file into typed rows and rejects, with nothing lost on the way.

A clean file takes the fast path: DuckDB parses it as text in parallel and types it in the same
query. The proof that nothing was lost is arithmetic: as many records as lines, less the
heading. Where it fails, ``repair`` writes a clean copy and sets broken lines aside, and the
same query runs on the copy. Rows whose values cannot be read go to the reject table with
their line as it stands in the file.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

import duckdb
import polars as pl

from cxreports.cdr.clean_file import CleanFile, Lines, as_it_is, from_json, repaired
from cxreports.cdr.content import Content, content_of
from cxreports.cdr.definition import known_formats
from cxreports.cdr.detect import Sighting, detect, sample_of
from cxreports.cdr.mapping import Mapping as FileMapping
from cxreports.cdr.pairing import how_read, pair, waiting_reason
from cxreports.cdr.record import ALL_CUSTOMERS, FIELDS, REJECT_FIELDS, Field
from cxreports.cdr.repair import Grammar
from cxreports.cdr.source_format import SourceFormat
from cxreports.errors import BadTime, LoadError
from cxreports.sql import literal

_CSV_ERRORS: Final = (duckdb.InvalidInputException, duckdb.ConversionException, duckdb.OutOfRangeException)
_NUMBER: Final = count()

StoredCalls: TypeAlias = Callable[[int, int], str | None]
"""Gives the SQL of the calls of earlier files (``pairing.STORED_COLUMNS``) that rows may belong
to whose times lie between the two, microseconds since 1970; None if there are none."""


@dataclass(frozen=True)
class ReadResult:
    """What a file gave.

    Always ``rows`` = rows of ``cdr`` + ``paired`` + ``counted`` + ``rejected``, and
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
        Temporary view of the connection: the canonical record, not yet deduplicated, and
        ``ordinal``, which tells its rows apart.
    reject
        Temporary table: ``record.REJECT_FIELDS``.
    resolved
        Temporary table (file_hash, line) of earlier pending rows that this file completed.
    skipped
        Lines that are no records.
    counted
        Records that are part of a call which an earlier file completed.
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
    counted: int = 0

    def forget(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Drop the temporary tables."""
        connection.execute(f"DROP VIEW {self.cdr}; DROP TABLE {_typed(self.cdr)}; DROP TABLE {self.reject}")
        if self.resolved:
            connection.execute(f"DROP TABLE {self.resolved}")


class _RecordsLost(Exception):
    """DuckDB read another number of records than there are: a line swallowed others."""


def read(
    connection: duckdb.DuckDBPyConnection,
    path: str | Path | Content,
    *,
    source_format: SourceFormat | None = None,
    customer: str | None = None,
    zone: str = "UTC",
    pending: str | duckdb.DuckDBPyRelation | None = None,
    stored: StoredCalls | None = None,
) -> ReadResult:
    """Read a CDR file into temporary tables of a connection.

    Parameters
    ----------
    connection
        Where the tables go; its memory limit and spilling apply.
    path
        CSV or JSON, plain or gzip; or its content, if that has been opened already.
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
    stored
        The calls of earlier files, asked for where two rows make a call.

    Raises
    ------
    NotACdrFile
        The file holds no call records; says what was expected.
    AmbiguousFormat
        Several formats would read it.
    BadTime
        ``zone`` is not a zone.
    LoadError
        ``customer`` is the reserved ``all``, or nobody says whose calls these are.
    """
    if customer is not None and customer.strip() in {"", ALL_CUSTOMERS}:
        raise LoadError(
            f"--customer {customer!r}: cannot be a customer's id; {ALL_CUSTOMERS!r} stands for all of them."
        )
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError) as error:
        raise BadTime(f"zone {zone!r}: is not in the IANA database; say e.g. Europe/Madrid") from error
    opened = nullcontext(path) if isinstance(path, Content) else content_of(Path(path))
    with opened as content, TemporaryDirectory(prefix="cxreports-") as folder:
        return _Reading(connection, content, Path(folder), customer, zone, stored).result(
            source_format, pending
        )


@dataclass
class _Reading:
    """One file on its way into the tables."""

    connection: duckdb.DuckDBPyConnection
    content: Content
    folder: Path
    customer: str | None
    zone: str
    stored: StoredCalls | None = None
    number: int = field(default_factory=lambda: next(_NUMBER))

    @property
    def view(self) -> str:
        """Name of the view of CDRs."""
        return f"cdr_{self.number}"

    @property
    def table(self) -> str:
        """Name of the table of typed rows."""
        return _typed(self.view)

    def result(
        self, source_format: SourceFormat | None, pending: str | duckdb.DuckDBPyRelation | None
    ) -> ReadResult:
        sample = sample_of(self.content)
        if not any(line.strip() for line in sample) or "".join(sample).split() == ["[]"]:
            return self._empty(source_format)
        formats = [source_format] if source_format else known_formats().values()
        sighting = detect(self.content, sample, formats)
        found = sighting.source_format
        if found.customer.default is None and self.customer is None and not found.customer.columns:
            raise LoadError(
                f"{self.content.name}: does not say whose calls it holds; say it with --customer."
            )
        zone = found.zone or self.zone
        with _settings(self.connection, zone):
            clean = self._clean(sighting, zone)
            return self._finished(clean, zone, pending)

    def _empty(self, source_format: SourceFormat | None) -> ReadResult:
        name = source_format.name if source_format else "empty"
        self._create(self.table, FIELDS)
        self._show(self.table)
        reject = self._reject_table([], name)
        content = self.content
        return ReadResult(
            content.name,
            content.file_hash,
            name,
            content.lines,
            0,
            0,
            0,
            self.view,
            reject,
            None,
            content.lines,
        )

    # from the file to typed rows -----------------------------------------------------------

    def _clean(self, sighting: Sighting, zone: str) -> CleanFile:
        """Type the rows of the file, as it is or of a clean copy, and return what was read."""
        if sighting.layout.kind == "json":
            clean = from_json(self.content, self.folder, sighting)
            self.typed(clean, zone, self.table)
            return clean
        for attempt in self._attempts(sighting):
            clean = attempt()
            try:
                self.typed(clean, zone, self.table)
            except (_RecordsLost, *_CSV_ERRORS) as error:
                failure = error
            else:
                return clean
        raise LoadError(f"{self.content.name}: cannot be read as {sighting.source_format.name}: {failure}")

    def _attempts(self, sighting: Sighting) -> Iterator[Callable[[], CleanFile]]:
        if self.content.even and sighting.source_format.comment is None:
            yield lambda: as_it_is(self.content, sighting)
        yield lambda: repaired(self.content, self.folder, sighting)
        yield lambda: repaired(self.content, self.folder, sighting, rewrite=True)

    def typed(self, clean: CleanFile, zone: str, table: str, customer: str | None = None) -> None:
        """Create the table of typed rows, unreadable ones included, in the order of the file."""
        sighting = clean.sighting
        pairing = sighting.source_format.pairing
        keep = (pairing.column, *pairing.key, *pairing.tags) if pairing else ()
        mapping = FileMapping(
            sighting.source_format, sighting.columns, customer or self.customer, zone, self.content.name
        )
        query = mapping.query(_source(clean), keep)
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS {query}")
        read = self._count(f"SELECT count(*) FROM {table}")
        if read != clean.records:
            raise _RecordsLost(f"{read} records where there are {clean.records}")
        self._annotate(table, clean.notes)

    def _annotate(self, table: str, notes: Mapping[int, str]) -> None:
        if notes:
            with self._frame(pl.DataFrame({"ordinal": list(notes), "note": list(notes.values())})) as name:
                self.connection.execute(
                    f"UPDATE {table} AS t SET note = concat_ws('; ', n.note, t.note) "
                    f"FROM {name} AS n WHERE t.rowid = n.ordinal"
                )

    # from typed rows to the result -----------------------------------------------------------

    def _finished(
        self, clean: CleanFile, zone: str, pending: str | duckdb.DuckDBPyRelation | None
    ) -> ReadResult:
        sighting = clean.sighting
        table = self.table
        pairing = sighting.source_format.pairing if self._pairs(sighting) else None
        faults = f"SELECT {'ordinal' if pairing else 'rowid'}, reason FROM {table} WHERE reason IS NOT NULL"
        paired, counted, resolved = 0, 0, None
        waiting: list[tuple[int, str]] = []
        if pairing is None:
            bad = self.connection.execute(f"{faults} ORDER BY 1").fetchall()
        else:
            self.connection.execute(f"ALTER TABLE {table} ADD COLUMN ordinal BIGINT")
            self.connection.execute(f"UPDATE {table} SET ordinal = rowid")
            bad = self.connection.execute(f"{faults} ORDER BY 1").fetchall()
            earlier, places = self._taken_up(sighting, pending)
            halves = pair(self.connection, table, earlier, pairing, self._stored_near())
            paired, counted = halves.rows, halves.counted
            bad += halves.aside
            waiting += halves.waiting
            resolved = self._resolved_table([places[i] for i in halves.resolved])
            self._drop_ordinals(table, [ordinal for ordinal, _ in (*halves.aside, *halves.waiting)])
        rejected = [(*part, False) for part in clean.rejected]
        skipped = 0
        for (ordinal, reason), line, raw in self._with_lines(clean, bad):
            del ordinal
            if sighting.layout.kind == "csv" and sighting.is_heading(raw):
                skipped += 1
            else:
                rejected.append((line, raw, reason, False))
        for (_, reason), line, raw in self._with_lines(clean, waiting):
            full = waiting_reason(reason, zone, sighting.delimiter, sighting.names)
            rejected.append((line, raw, full, True))
        if bad:
            self.connection.execute(f"DELETE FROM {table} WHERE reason IS NOT NULL")
        self._show(table)
        reject = self._reject_table(rejected, sighting.source_format.name)
        rows = clean.records + len(clean.rejected) - skipped
        content = self.content
        return ReadResult(
            file=content.name,
            file_hash=content.file_hash,
            format=sighting.source_format.name,
            lines=content.lines,
            rows=rows,
            paired=paired,
            rejected=len(rejected),
            cdr=self.view,
            reject=reject,
            resolved=resolved,
            skipped=max(0, content.lines - rows),
            counted=counted,
        )

    def _stored_near(self) -> str | None:
        """Return the SQL of the stored calls that rows of this file may belong to."""
        if self.stored is None:
            return None
        ((first, last),) = self.connection.execute(
            "SELECT epoch_us(min(call_time)), epoch_us(max(call_time)) "
            f"FROM {self.table} WHERE reason IS NULL"
        ).fetchall()
        return None if first is None else self.stored(first, last)

    def _pairs(self, sighting: Sighting) -> bool:
        pairing = sighting.source_format.pairing
        return pairing is not None and sighting.columns.sql(pairing.column) is not None

    def _with_lines(
        self, clean: CleanFile, marked: Sequence[tuple[int, str]]
    ) -> Iterator[tuple[tuple[int, str], int, str]]:
        ordinals = [ordinal for ordinal, _ in marked]
        if not ordinals:
            return iter(())
        return zip(marked, clean.origin.lines(ordinals), clean.origin.raws(ordinals), strict=True)

    def _drop_ordinals(self, table: str, ordinals: Sequence[int]) -> None:
        if ordinals:
            with self._frame(pl.DataFrame({"ordinal": list(ordinals)})) as name:
                self.connection.execute(f"DELETE FROM {table} WHERE ordinal IN (SELECT ordinal FROM {name})")

    def _show(self, table: str) -> None:
        """Give typed rows as whole records: what the file does not say costs nothing until it is written."""
        described = self.connection.execute(f"SELECT column_name FROM (DESCRIBE {table})").fetchall()
        given = {name for (name,) in described}
        columns = ", ".join(
            each.name if each.name in given else f"CAST(NULL AS {each.sql_type}) AS {each.name}"
            for each in FIELDS
        )
        self.connection.execute(
            f"CREATE OR REPLACE TEMP VIEW {self.view} AS SELECT {columns}, rowid AS ordinal FROM {table}"
        )

    def _taken_up(
        self, sighting: Sighting, pending: str | duckdb.DuckDBPyRelation | None
    ) -> tuple[str | None, list[tuple[str, int]]]:
        """Type the rows that earlier files left waiting; returns their table and places."""
        if pending is None:
            return None, []
        name = sighting.source_format.name
        relation = self.connection.sql(f"SELECT * FROM {pending}") if isinstance(pending, str) else pending
        rows = relation.select(
            "file", "file_hash", "line", "raw", "reason", "format", "customer", "pending"
        ).fetchall()
        groups: dict[
            tuple[str, str | None, tuple[str, str, tuple[str, ...]]], list[tuple[str, int, str]]
        ] = {}
        for file, file_hash, line, raw, reason, source_format, customer, waits in rows:
            how = how_read(reason) if waits and source_format == name else None
            if how is not None:
                groups.setdefault((file, customer, how), []).append((file_hash, line, raw))
        table = f"{self.table}_pending"
        places: list[tuple[str, int]] = []
        for (file, customer, (zone, delimiter, names)), members in groups.items():
            seen = replace(sighting, names=names, delimiter=delimiter)
            path = self.folder / "pending"
            grammar = Grammar(delimiter, sighting.layout.quote, len(names), len(names))
            parsed = [(member, grammar.mended(member[2])[0]) for member in members]
            known = [(member, fields) for member, fields in parsed if fields is not None]
            path.write_text("".join(grammar.written(fields) + "\n" for _, fields in known), "utf-8")
            clean = CleanFile(path, 0, seen, len(known), Lines(self.content, ()))
            reading = replace(self, content=replace(self.content, name=file), customer=customer)
            with _settings(self.connection, zone):
                reading.typed(clean, zone, f"{table}_part")
            self.connection.execute(
                f"CREATE {'OR REPLACE' if not places else ''} TEMP TABLE {table} AS "
                f"SELECT *, rowid AS ordinal FROM {table}_part"
                if not places
                else f"INSERT INTO {table} SELECT *, rowid + {len(places)} FROM {table}_part"
            )
            places += [(file_hash, line) for (file_hash, line, _), _ in known]
        return (table if places else None), places

    # tables --------------------------------------------------------------------------------

    def _resolved_table(self, places: Sequence[tuple[str, int]]) -> str | None:
        if not places:
            return None
        table = f"resolved_{self.number}"
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {table} (file_hash VARCHAR, line BIGINT)")
        self.connection.executemany(f"INSERT INTO {table} VALUES (?, ?)", places)
        return table

    def _reject_table(self, rejected: Sequence[tuple[int, str, str, bool]], source_format: str) -> str:
        table = f"reject_{self.number}"
        self._create(table, REJECT_FIELDS)
        if rejected:
            ordered = sorted(rejected)
            frame = pl.DataFrame(
                {
                    "line": [line for line, *_ in ordered],
                    "raw": [raw for _, raw, *_ in ordered],
                    "reason": [reason for _, _, reason, _ in ordered],
                    "pending": [waits for *_, waits in ordered],
                }
            )
            with self._frame(frame) as name:
                self.connection.execute(
                    f"INSERT INTO {table} BY NAME SELECT ? AS file, ? AS file_hash, line, raw, reason, "
                    f"? AS format, ? AS customer, ? AS loaded_at, pending FROM {name} ORDER BY line",
                    [
                        self.content.name,
                        self.content.file_hash,
                        source_format,
                        self.customer,
                        datetime.now(UTC),
                    ],
                )
        return table

    def _create(self, table: str, fields: Sequence[Field]) -> None:
        columns = ", ".join(f"{column.name} {column.sql_type}" for column in fields)
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {table} ({columns})")

    def _count(self, query: str) -> int:
        # fetchone would leave the result open, and an open result blocks the connection.
        ((number,),) = self.connection.execute(query).fetchall()
        return int(number)

    @contextmanager
    def _frame(self, frame: pl.DataFrame) -> Iterator[str]:
        name = f"frame_{self.number}"
        self.connection.register(name, frame)
        try:
            yield name
        finally:
            self.connection.unregister(name)


def _typed(view: str) -> str:
    """Name the table of typed rows behind a view of CDRs."""
    return f"typed_{view}"


def _source(clean: CleanFile) -> str:
    sighting = clean.sighting
    columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(len(sighting.names)))
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
    before = {name: connection.execute("SELECT current_setting(?)", [name]).fetchall() for name in wanted}
    try:
        for name, value in wanted.items():
            connection.execute(f"SET {name} = {literal(value)}")
        yield
    finally:
        for name, ((value,),) in before.items():
            connection.execute(f"SET {name} = {literal(str(value))}")
