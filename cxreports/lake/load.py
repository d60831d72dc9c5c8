"""Loading CDR files: each of their records exactly once, whatever happens.

A file becomes visible as a whole. Its commit to ``cdr`` carries the digest of its contents, so the same file
again costs no more than the digest; a record that another file has brought already is known
by its call time and key. A killed load leaves nothing but Parquet files that no commit names
(`vacuum` removes them) or rows in ``reject`` and ``leg`` of a file that did not get in, which
`recover` takes back.
"""

from __future__ import annotations

import json
import time
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from cxreports.cdr.bundles.small_file import LARGEST
from cxreports.cdr.content import content_of
from cxreports.cdr.definition import known_formats
from cxreports.cdr.evidence.witness import Beginning, WrittenOtherwise
from cxreports.cdr.pairing import STORED_COLUMNS
from cxreports.cdr.reader import read
from cxreports.clock import DAY_US, from_microseconds
from cxreports.clock import zone as known_zone
from cxreports.errors import FormatError, LoadError
from cxreports.lake.calls.arrival import Arrival
from cxreports.lake.calls.aside import set_aside
from cxreports.lake.calls.changes import commit_legs, write_arrived
from cxreports.lake.calls.grown import NONE_REPLACED, Replaced, beginnings, growth_of
from cxreports.lake.calls.known import Known
from cxreports.lake.calls.loads import (
    LOADED,
    NUMBER,
    TAKEN_BACK,
    Load,
    LoadReport,
    completed,
    next_number,
    noted,
)
from cxreports.lake.calls.together import MOST_BYTES, MOST_FILES, Together
from cxreports.lake.calls.unload import digests_of, halved
from cxreports.lake.derive import catch_up
from cxreports.lake.parquet.frames import whole_numbers
from cxreports.lake.progress import of_file, watched
from cxreports.sql import instant_sql

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import duckdb

    from cxreports.cdr.content import Content
    from cxreports.cdr.records.read_result import ReadResult
    from cxreports.cdr.source_format import SourceFormat
    from cxreports.lake.calls.grown import Growth
    from cxreports.lake.head import Tables
    from cxreports.lake.progress import OnShare, Progress

_DERIVE_AFTER_ROWS: Final = 1_000_000
_DERIVE_AFTER_S: Final = 20.0
"""A load of many files shows what it has so far after so many rows or seconds."""

_READ: Final = 0.6
"""Share of a file's time that reading it takes; the rest is writing its calls."""


@dataclass(frozen=True)
class Source:
    """How the files of a load are to be read.

    Attributes
    ----------
    source_format
        Their format; found from each file if None.
    customer
        Whose calls they are, where the files do not say.
    zone
        Zone of times without one.
    by_leg
        Whether each record counts as a call, whatever their format says of legs.
    dates
        Order of dates in numbers, ``dmy``, ``mdy`` or ``ymd``; found from each file if None.

    Raises
    ------
    BadTime
        There is no such zone.
    """

    source_format: SourceFormat | None = None
    customer: str | None = None
    zone: str = "UTC"
    by_leg: bool = False
    dates: str | None = None

    def __post_init__(self) -> None:
        known_zone(self.zone)

    def source_id(self, file_hash: str) -> str:
        """Name a file's contents, read in this way: its digest, format and customer.

        The zone is not part of it: calls that were loaded in a wrong zone are not loaded twice.
        """
        return f"file {file_hash} {self.way}"

    @property
    def way(self) -> str:
        """The way in which files are read, as their ids say it."""
        named = self.source_format.name if self.source_format else "any"
        return f"{named}{'/legs' if self.by_leg else ''} {self.customer or ''}".rstrip()


@dataclass(frozen=True)
class Loading:
    """Files on their way into the lake, while the lock is held.

    Attributes
    ----------
    connection
        DuckDB, session in UTC; reads, checks and writes the rows.
    tables
        The lake's tables.
    user_side_codes
        SIP codes that ``hourly`` counts as user-side endings.
    source
        How to read the files.
    marks
        Numbers to be kept with each file, by application id: where its source goes on.
    """

    connection: duckdb.DuckDBPyConnection
    tables: Tables
    user_side_codes: Sequence[int]
    source: Source
    marks: Mapping[str, int] = field(default_factory=dict)

    def files(self, paths: Sequence[Path], progress: Progress | None = None) -> Iterator[LoadReport]:
        """Load files in their order; a file that is refused does not stop the others.

        Reports come when their files are committed; what readers see follows at the latest
        when the last report has come.
        """
        sizes = [_size(path) for path in paths]
        every, done, rows, since = sum(sizes), 0, 0, time.monotonic()
        if progress and paths:
            self.connection.execute("SET enable_progress_bar = true; SET enable_progress_bar_print = false")
            progress(paths[0].name, 0, every)
        for lot in _lots(sizes):
            first, size = lot[0], sizes[lot[0]]
            share = progress and of_file(progress, paths[first].name, done, size, every)
            reports = (
                self._together([paths[nth] for nth in lot])
                if len(lot) > 1
                else [self.file(paths[first], share)]
            )
            for nth, report in zip(lot, reports, strict=True):
                done, rows = done + sizes[nth], rows + report.loaded
                if rows >= _DERIVE_AFTER_ROWS or time.monotonic() - since >= _DERIVE_AFTER_S:
                    catch_up(self.connection, self.tables, self.user_side_codes)
                    rows, since = 0, time.monotonic()
                if progress:
                    progress(paths[nth].name, done, every)
                yield report
        catch_up(self.connection, self.tables, self.user_side_codes)

    def _together(self, paths: Sequence[Path]) -> Iterator[LoadReport]:
        """Load small files, those together that can be."""
        given = (self.connection, self.tables, self.source, self.known, self.marks)
        return Together(*given, alone=self.file).load(paths)

    def file(self, path: Path, on_share: OnShare | None = None) -> LoadReport:
        """Load one file into ``reject``, ``leg`` and ``cdr``; `catch_up` makes it visible."""
        begun = time.monotonic()
        if on_share:
            on_share(0)
        try:
            with content_of(path) as content, TemporaryDirectory(prefix="cxreports-") as folder:
                source_id = self.source.source_id(content.file_hash)
                if self.known.is_loaded(source_id):
                    (report,) = self.known.remembered([(content, source_id)])
                else:
                    report = self._new(content, Path(folder), on_share)
        except LoadError as error:
            report = LoadReport(path.name, refused=str(error))
        return replace(report, seconds=time.monotonic() - begun)

    @cached_property
    def known(self) -> Known:
        """Files that came before."""
        return Known(self.connection, self.tables, self.source.zone)

    def _new(self, content: Content, folder: Path, on_share: OnShare | None) -> LoadReport:
        """Load a file that is not known; of one that has grown, its tail."""
        names = beginnings(content, self.source.way)
        growth = growth_of(content, self.known.bases(content, names), folder)
        try:
            return self._read(content, names, on_share, growth)
        except (WrittenOtherwise, FormatError):
            # Objects have what is there to say: a column that the format needs may be in the beginning alone.
            if growth is None:
                raise
            return self._read(content, names, on_share, replaced=self._replaced(content, growth.base.id))

    def _replaced(self, content: Content, number: int) -> Replaced:
        """The loads of a file that has grown, by its number."""
        every = self.known.loads()
        loads = [each for each in every if each.id == number]
        halves = halved(loads, every)
        if halves:
            raise LoadError(
                f"{content.name}: its new lines show that its dates or decimals were read wrongly, "
                f"and {halves}: take back both with cxreports unload, and load them again"
            )
        return Replaced(loads, digests_of(loads, every))

    def _read(
        self,
        content: Content,
        names: Sequence[str],
        on_share: OnShare | None,
        growth: Growth | None = None,
        replaced: Replaced = NONE_REPLACED,
    ) -> LoadReport:
        source = self.source
        pending = self._pending()
        source_format = source.source_format
        if growth is not None and source_format is None:
            source_format = known_formats().get(growth.base.format or "")
        with watched(self.connection, lambda share: on_share(share * _READ)) if on_share else nullcontext():
            result = read(
                self.connection,
                growth.tail if growth else content,
                source_format=source_format,
                customer=source.customer,
                zone=source.zone,
                pending=pending,
                stored=self._stored_calls,
                by_leg=source.by_leg,
                dates=source.dates,
                beginning=Beginning(content, growth.base.manner) if growth else None,
            )
        try:
            return self._stored(result, content, names, on_share, growth, replaced)
        finally:
            result.forget(self.connection)

    def _pending(self) -> str | None:
        """Rejected rows that wait for their other half, as a temporary view."""
        waiting = self.tables.reject.contents().by_partition.get("true", ())
        if not waiting:
            return None
        rows = self.tables.reject.rows(waiting, partition=True)
        self.connection.execute(f"CREATE OR REPLACE TEMP VIEW pending_reject AS FROM {rows}")
        return "pending_reject"

    def _stored_calls(self, first: int, last: int) -> str | None:
        """Stored calls and legs that rows between these times may belong to, as SQL.

        Calls that began up to a day before: hardly any lasts longer.
        """
        first -= DAY_US
        parts = []
        for table, where in ((self.tables.cdr, ""), (self.tables.leg, " AND NOT again")):
            files = table.contents().between(table.shape, first, last)
            if files:
                span = f"call_time BETWEEN {instant_sql(first)} AND {instant_sql(last)}{where}"
                parts.append(f"SELECT {', '.join(STORED_COLUMNS)} FROM {table.rows(files)} WHERE {span}")
        return f"({' UNION ALL '.join(parts)})" if parts else None

    def _stored(
        self,
        result: ReadResult,
        content: Content,
        names: Sequence[str],
        on_share: OnShare | None,
        growth: Growth | None,
        replaced: Replaced,
    ) -> LoadReport:
        """Commit what was read: rejects and legs, then the calls, which make the file count as loaded."""
        number = next_number(self.tables)
        shift = growth.shift if growth else 0
        if shift:
            self.connection.execute(
                f"UPDATE {result.reject} SET line = line + {shift} WHERE line > {result.heading}"
            )
        cut = growth.cut_line if growth else None
        rejected_before = set_aside(self.connection, self.tables, result, number, cut, replaced.digests)
        arrival = Arrival.of_file(self.connection, self.tables, result, number, ended=content.ended)
        dropped = growth.dropped if growth else replaced.dropped
        if result.keyed or dropped:
            arrived = arrival.touching(keyed=result.keyed, dropped=dropped)
        else:
            arrived = arrival.plain()
        commit_legs(self.connection, self.tables.leg, arrived.legs, number)
        on_written = on_share and (lambda share: on_share(_READ + (1 - _READ) * share))
        add, remove = write_arrived(self.connection, self.tables.cdr, arrived, on_written)
        facts = self._facts(result, content, number, growth.base if growth else None)
        counted = result.paired + result.counted + result.rejected
        duplicates = arrived.duplicates.get(0, 0)
        report = LoadReport(
            result.file,
            result.format,
            rows=result.rows,
            loaded=result.rows - counted - duplicates,
            duplicates=duplicates + result.counted + rejected_before,
            rejected=result.rejected - rejected_before,
            paired=result.paired,
            lines=result.lines,
            nothing=result.nothing,
            last_call=self._last_call(result),
        )
        counts = ("rows", "loaded", "duplicates", "rejected", "paired")
        facts = replace(facts, **{name: getattr(report, name) for name in counts})
        before = 0 if growth is None else self._rows_before(growth)
        gone = {each.source: -1 for each in replaced.loads}
        recorded = {**gone, facts.source: before + result.rows, **dict.fromkeys(names[:1], number)}
        note = {TAKEN_BACK: json.dumps([each.load for each in replaced.loads])} if replaced.loads else {}
        self.tables.cdr.commit(
            add=add,
            remove=remove,
            transactions={**recorded, NUMBER: facts.numbers[-1], **self.marks},
            note={"file": result.file, LOADED: noted([facts]), **note},
        )
        self.known.note([facts], recorded, replaced.loads)
        return replace(report, rows=before + report.rows, duplicates=before + report.duplicates)

    def _last_call(self, result: ReadResult) -> datetime | None:
        """Time of the latest call of a file."""
        if result.typed.frame is not None:
            times = whole_numbers(result.typed.frame["call_time"])
            return from_microseconds(int(times.max())) if len(times) else None
        found = self.connection.execute(f"SELECT epoch_us(max(call_time)) FROM {result.cdr}").fetchone()
        return None if found is None or found[0] is None else from_microseconds(found[0])

    def _rows_before(self, growth: Growth) -> int:
        """Records of a file up to its tail."""
        rows = self.known.transaction(growth.base.source) or 0
        return rows - len(growth.dropped)

    def _facts(self, result: ReadResult, content: Content, number: int, base: Load | None) -> Load:
        source = self.source
        return Load(
            load=number,
            id=base.id if base else number,
            file=content.name,
            file_hash=content.file_hash,
            source=source.source_id(content.file_hash),
            format=base.format if base else result.format,
            customer=source.customer,
            zone=source.zone,
            loaded_at=datetime.now(UTC).isoformat(),
            size=content.size if content.delivered else None,
            heading=base.heading if base else result.heading,
            lines=content.lines,
            tail=None if content.ended else number + 1,
            completes=completed(self.connection, result.resolved),
        ).read_in(result.manner)


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _lots(sizes: Sequence[int]) -> Iterator[Sequence[int]]:
    """Part files, by their sizes, into those that may be loaded together and those that are loaded alone.

    Yields
    ------
    sequence of int
        Their places.
    """
    lot: list[int] = []
    held = 0
    for nth, size in enumerate(sizes):
        is_full = len(lot) == MOST_FILES or held + size > MOST_BYTES
        if lot and (size > LARGEST or is_full):
            yield lot
            lot, held = [], 0
        if size > LARGEST:
            yield [nth]
        else:
            lot.append(nth)
            held += size
    if lot:
        yield lot
