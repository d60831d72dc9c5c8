"""Reading one CDR file into typed rows and rejects, with nothing lost on the way.

A clean file takes the fast path: DuckDB parses it as text in parallel and types it in the same
query. The proof that nothing was lost is arithmetic: as many records as lines, less the
heading. Where it fails, ``repair`` writes a clean copy and sets broken lines aside, and the
same query runs on the copy. Rows whose values cannot be read go to the reject table with
their line as it stands in the file.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

import duckdb
import polars as pl

from cxreports.cdr.clean_file import CleanFile, as_it_is, from_records, repaired
from cxreports.cdr.content import Content, content_of
from cxreports.cdr.definition import known_formats
from cxreports.cdr.definitions.toml_values import BLANKS
from cxreports.cdr.detect import Sighting, detect, sample_of
from cxreports.cdr.evidence.manner import Manner
from cxreports.cdr.evidence.witness import Beginning, clock_changes, manner_of
from cxreports.cdr.mapping import NO_CALL
from cxreports.cdr.pairing import Paired, pair
from cxreports.cdr.record import ALL_CUSTOMERS, FIELDS
from cxreports.cdr.records.read_result import ReadResult
from cxreports.cdr.rejects import Reading, Reject, create_rejects, take_up
from cxreports.cdr.source_format import SourceFormat
from cxreports.cdr.typed_rows import (
    RecordsLost,
    TypedRows,
    TypedTable,
    reading_in,
    registered,
    show_typed,
    typed_rows,
)
from cxreports.errors import BadTime, LoadError

_CSV_ERRORS: Final = (duckdb.InvalidInputException, duckdb.ConversionException, duckdb.OutOfRangeException)
_NUMBER: Final = count()


StoredCalls: TypeAlias = Callable[[int, int], str | None]
"""Gives the SQL of the calls of earlier files (``pairing.STORED_COLUMNS``) that rows may belong
to whose times lie between the two, microseconds since 1970; None if there are none."""


def read(
    connection: duckdb.DuckDBPyConnection,
    path: str | Path | Content,
    *,
    source_format: SourceFormat | None = None,
    customer: str | None = None,
    zone: str = "UTC",
    pending: str | duckdb.DuckDBPyRelation | None = None,
    stored: StoredCalls | None = None,
    by_leg: bool = False,
    dates: str | None = None,
    beginning: Beginning | None = None,
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
        Zone of times without one, unless the format fixes it. Of a local time that occurs twice
        when clocks go back the row's durations tell which it is, else it is read as the second
        (standard time); one that is skipped when they go forward is read as an hour on. Both are
        noted on the row.
    pending
        Earlier reject rows that wait for their other half (table, view or relation with the
        reject columns).
    stored
        The calls of earlier files, asked for where two rows make a call.
    by_leg
        Whether each record counts as a call, whatever the format says of legs.
    dates
        Order of dates in numbers, ``dmy``, ``mdy`` or ``ymd``; the file's own evidence if not given.
    beginning
        What stands before it, where the file is the tail of one that has grown.

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
    WrittenOtherwise
        A tail writes its values in another manner than its beginning.
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
        reading = _Reading(
            connection, content, Path(folder), customer, zone, stored, dates, by_leg, beginning
        )
        return reading.result(source_format, pending)


@dataclass
class _Reading:
    """One file on its way into the tables."""

    connection: duckdb.DuckDBPyConnection
    content: Content
    folder: Path
    customer: str | None
    zone: str
    stored: StoredCalls | None = None
    dates: str | None = None
    by_leg: bool = False
    beginning: Beginning | None = None
    number: int = field(default_factory=lambda: next(_NUMBER))

    @property
    def view(self) -> str:
        """Name of the view of CDRs."""
        return f"cdr_{self.number}"

    @property
    def table(self) -> str:
        """Name under which SQL reads the typed rows."""
        return f"typed_{self.view}"

    def result(
        self, source_format: SourceFormat | None, pending: str | duckdb.DuckDBPyRelation | None
    ) -> ReadResult:
        sample = sample_of(self.content)
        if not any(line.strip() for line in sample) or "".join(sample).split() == ["[]"]:
            return self._empty(source_format)
        formats = [source_format] if source_format else known_formats().values()
        # A few lines of a tail may look like anything: its format is that of its whole file.
        whole = self.beginning.whole if self.beginning else None
        sighting = detect(self.content, sample_of(whole) if whole else sample, formats)
        if self.by_leg:
            sighting = replace(sighting, source_format=sighting.source_format.by_leg)
        found = sighting.source_format
        if found.customer.default is None and self.customer is None and not found.customer.columns:
            raise LoadError(
                f"{self.content.name}: does not say whose calls it holds; say it with --customer."
            )
        zone = found.zone or self.zone
        with reading_in(self.connection, zone):
            clean, manner, typed = self._clean(sighting, "".join(sample), zone)
            return self._finished(clean, manner, typed, pending)

    def _empty(self, source_format: SourceFormat | None) -> ReadResult:
        name = source_format.name if source_format else "empty"
        columns = ", ".join(f"{column.name} {column.sql_type}" for column in FIELDS)
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {self.table} ({columns})")
        typed = TypedTable(self.connection, self.table)
        show_typed(self.connection, self.view, typed)
        reject = self._rejects([], name)
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
            typed,
            reject,
            None,
            content.lines,
        )

    # from the file to typed rows -----------------------------------------------------------

    def _clean(self, sighting: Sighting, sample: str, zone: str) -> tuple[CleanFile, Manner, TypedRows]:
        """Type the rows of the file, as it is or of a clean copy, and return what was read, how, and they."""
        for attempt in self._attempts(sighting):
            clean = attempt()
            if clean is None:
                continue
            try:
                return clean, *self._type(clean, sample, zone)
            except (RecordsLost, *_CSV_ERRORS) as error:
                failure = error
        raise LoadError(f"{self.content.name}: cannot be read as {sighting.source_format.name}: {failure}")

    def _attempts(self, sighting: Sighting) -> Iterator[Callable[[], CleanFile | None]]:
        if sighting.layout.kind != "csv" or sighting.delimiter == BLANKS:
            yield lambda: from_records(self.content, self.folder, sighting)
            return
        if self.content.even and sighting.source_format.comment is None:
            yield lambda: as_it_is(self.content, sighting)
        yield lambda: repaired(self.content, self.folder, sighting)
        yield lambda: repaired(self.content, self.folder, sighting, rewrite=True)

    def _type(self, clean: CleanFile, sample: str, zone: str) -> tuple[Manner, TypedRows]:
        def typed(manner: Manner) -> TypedRows:
            given = (self.connection, self.table, clean, self.content.name, self.customer, manner)
            return typed_rows(*given, is_joined=self._pairs(clean.sighting))

        given = (self.connection, clean, sample, zone, self.dates, self.content.name, self.beginning)
        manner = manner_of(*given)
        rows = typed(manner)
        changed = clock_changes(self.connection, self.table, manner)
        return (manner, rows) if changed == manner else (changed, typed(changed))

    # from typed rows to the result -----------------------------------------------------------

    def _finished(
        self,
        clean: CleanFile,
        manner: Manner,
        typed: TypedRows,
        pending: str | duckdb.DuckDBPyRelation | None,
    ) -> ReadResult:
        sighting, content = clean.sighting, self.content
        pairs = self._pairs(sighting)
        passed = typed.pass_over(NO_CALL)
        bad = typed.faults()
        if isinstance(typed, TypedTable) and pairs:
            typed.number()
        halves, resolved = self._paired(sighting, pending, manner) if pairs else (Paired(), None)
        aside, skipped = self._aside(clean, [*bad, *halves.aside])
        reading = Reading(manner.zone, sighting.delimiter, sighting.names)
        waiting = [
            Reject(line, raw, reason, half, reading)
            for (_, reason, half), (line, raw) in zip(
                halves.waiting, self._lines(clean, [row[0] for row in halves.waiting]), strict=True
            )
        ]
        rejects = [*(Reject(*part) for part in clean.rejected), *aside, *waiting]
        rejects.sort(key=lambda reject: reject.line)
        if bad or halves.aside:
            typed.drop_faults()
        keyed = show_typed(self.connection, self.view, typed)
        rows = clean.records + len(clean.rejected) - skipped - passed
        return ReadResult(
            file=content.name,
            file_hash=content.file_hash,
            format=sighting.source_format.name,
            lines=content.lines,
            rows=rows,
            paired=halves.rows,
            rejected=len(rejects),
            cdr=self.view,
            typed=typed,
            reject=self._rejects(rejects, sighting.source_format.name),
            resolved=resolved,
            skipped=max(0, content.lines - rows),
            counted=halves.counted,
            heading=sighting.heading,
            keyed=keyed,
            nothing=rejects[0].reason if 0 < rows == len(rejects) and not waiting else None,
            manner=manner,
        )

    def _paired(
        self, sighting: Sighting, pending: str | duckdb.DuckDBPyRelation | None, manner: Manner
    ) -> tuple[Paired, str | None]:
        """Join the two rows of each call; returns what came of it and the table of rows resolved."""
        pairing = sighting.source_format.pairing
        if pairing is None:
            raise AssertionError("asked for where two rows make a call")
        earlier = take_up(self.connection, self.table, pending, sighting, self.content, self.folder, manner)
        halves = pair(self.connection, self.table, earlier.table, pairing, self._stored_near())
        gone = [ordinal for ordinal, _ in halves.aside] + [ordinal for ordinal, *_ in halves.waiting]
        self._drop_ordinals(self.table, gone)
        return halves, self._resolved_table([earlier.places[ordinal] for ordinal in halves.resolved])

    def _aside(self, clean: CleanFile, bad: Sequence[tuple[int, str]]) -> tuple[list[Reject], int]:
        """Rows that cannot be read or are no call, and how many of them are headings after all."""
        sighting = clean.sighting
        rejects = [
            Reject(line, raw, reason)
            for (_, reason), (line, raw) in zip(bad, self._lines(clean, [row[0] for row in bad]), strict=True)
            if not (sighting.layout.kind == "csv" and sighting.is_heading(raw))
        ]
        return rejects, len(bad) - len(rejects)

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

    def _lines(self, clean: CleanFile, ordinals: Sequence[int]) -> Iterator[tuple[int, str]]:
        """Line and raw text of the rows with these ordinals."""
        if not ordinals:
            return iter(())
        return zip(clean.origin.lines(ordinals), clean.origin.raws(ordinals), strict=True)

    def _drop_ordinals(self, table: str, ordinals: Sequence[int]) -> None:
        if ordinals:
            with registered(self.connection, pl.DataFrame({"ordinal": list(ordinals)})) as name:
                self.connection.execute(f"DELETE FROM {table} WHERE ordinal IN (SELECT ordinal FROM {name})")

    def _resolved_table(self, places: Sequence[tuple[str, int]]) -> str | None:
        if not places:
            return None
        table = f"resolved_{self.number}"
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {table} (file_hash VARCHAR, line BIGINT)")
        self.connection.executemany(f"INSERT INTO {table} VALUES (?, ?)", places)
        return table

    def _rejects(self, rejects: Sequence[Reject], source_format: str) -> str:
        table = f"reject_{self.number}"
        create_rejects(
            self.connection,
            table,
            [(self.content, rejects)],
            source_format=source_format,
            customer=self.customer,
        )
        return table
