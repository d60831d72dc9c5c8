"""Loading CDR files: each of their records exactly once, whatever happens.

A file becomes visible as a whole. Its commit to ``cdr`` carries the digest of its contents, so the same file
again costs no more than the digest; a record that another file has brought already is known
by its call time and key. A killed load leaves nothing but Parquet files that no commit names
(`vacuum` removes them) or lines in ``reject`` of a file that did not get in, which `recover`
takes back.
"""

from __future__ import annotations

import time
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from cxreports.cdr.content import content_of
from cxreports.cdr.pairing import STORED_COLUMNS
from cxreports.cdr.reader import ReadResult, read
from cxreports.clock import DAY_US
from cxreports.clock import zone as known_zone
from cxreports.errors import LoadError
from cxreports.lake.derive import catch_up
from cxreports.lake.progress import of_file, watched
from cxreports.lake.table import day_of, instant_sql

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import duckdb

    from cxreports.cdr.content import Content
    from cxreports.cdr.source_format import SourceFormat
    from cxreports.lake.head import Tables
    from cxreports.lake.log import DataFile
    from cxreports.lake.progress import OnShare, Progress

SOURCE: Final = "source"
"""Note of a commit to ``reject``: the file that it belongs to, as `source_id` names it."""

_DERIVE_AFTER_ROWS: Final = 1_000_000
_DERIVE_AFTER_S: Final = 20.0
"""A load of many files shows what it has so far after so many rows or seconds."""

_READ: Final = 0.6
"""Share of a file's time that reading it takes; the rest is writing its days."""


@dataclass(frozen=True)
class LoadReport:
    """What became of a file: ``rows == loaded + duplicates + rejected + paired``.

    Attributes
    ----------
    file, format
        Its name, and the format it was read as (None when it was refused, or known already and
        without rejects).
    lines, rows
        Its lines, and how many of them are records.
    loaded
        Records that are new.
    duplicates
        Records that were there already, or are part of a call that was (a BYE, a re-INVITE), or
        stand in the file more than once.
    rejected
        Records set aside in ``reject``, with the reason.
    paired
        Records that completed the call of another one (a BYE its INVITE).
    seconds
        How long it took.
    refused
        Why nothing of the file was read, None if it was.
    nothing
        Why all rows of a file were set aside: the reason of the first; None if they were not.
    """

    file: str
    format: str | None = None
    rows: int = 0
    loaded: int = 0
    duplicates: int = 0
    rejected: int = 0
    paired: int = 0
    lines: int = 0
    seconds: float = 0.0
    refused: str | None = None
    nothing: str | None = None


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
    dates: str | None = None

    def __post_init__(self) -> None:
        known_zone(self.zone)

    def source_id(self, file_hash: str) -> str:
        """Name a file's contents, read in this way: its digest, format and customer.

        The zone is not part of it: calls that were loaded in a wrong zone are not loaded twice.
        """
        named = self.source_format.name if self.source_format else "any"
        return f"file {file_hash} {named} {self.customer or ''}".rstrip()


@dataclass(frozen=True)
class Day:
    """Rows of one UTC day.

    Attributes
    ----------
    name
        The day, as partitions are named.
    first, last
        Earliest and latest call time, microseconds since 1970.
    """

    name: str
    first: int
    last: int


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
    """

    connection: duckdb.DuckDBPyConnection
    tables: Tables
    user_side_codes: Sequence[int]
    source: Source

    def files(self, paths: Sequence[Path], progress: Progress | None = None) -> Iterator[LoadReport]:
        """Load files one after the other; a file that is refused does not stop the others.

        Reports come when their files are committed; what readers see follows at the latest
        when the last report has come.
        """
        sizes = [_size(path) for path in paths]
        done, rows, since = 0, 0, time.monotonic()
        if progress:
            self.connection.execute("SET enable_progress_bar = true; SET enable_progress_bar_print = false")
        for path, size in zip(paths, sizes, strict=True):
            report = self.file(path, progress and of_file(progress, path.name, done, size, sum(sizes)))
            done, rows = done + size, rows + report.loaded
            if rows >= _DERIVE_AFTER_ROWS or time.monotonic() - since >= _DERIVE_AFTER_S:
                catch_up(self.connection, self.tables, self.user_side_codes)
                rows, since = 0, time.monotonic()
            if progress:
                progress(path.name, done, sum(sizes))
            yield report
        catch_up(self.connection, self.tables, self.user_side_codes)

    def file(self, path: Path, on_share: OnShare | None = None) -> LoadReport:
        """Load one file into ``reject`` and ``cdr``; `catch_up` makes it visible."""
        begun = time.monotonic()
        if on_share:
            on_share(0)
        try:
            with content_of(path) as content:
                source_id = self.source.source_id(content.file_hash)
                known = self.tables.cdr.transaction(source_id)
                if known is None:
                    report = self._read(content, source_id, on_share)
                else:
                    report = self._remembered(content, known)
        except LoadError as error:
            report = LoadReport(path.name, refused=str(error))
        return replace(report, seconds=time.monotonic() - begun)

    def _remembered(self, content: Content, rows: int) -> LoadReport:
        """Report a file whose contents are known: what was set aside then still is."""
        rejects = self.tables.reject.rows(self.tables.reject.contents().files.values(), partition=True)
        ((rejected, source_format, aside, reason),) = self.connection.execute(
            "SELECT count(*), any_value(format), count(*) FILTER (NOT pending), min_by(reason, line) "
            f"FROM {rejects} AS rows WHERE file_hash = ?",
            [content.file_hash],
        ).fetchall()
        report = LoadReport(content.name, source_format, rows, 0, rows - rejected, rejected)
        return replace(report, lines=content.lines, nothing=reason if aside == rows else None)

    def _read(self, content: Content, source_id: str, on_share: OnShare | None) -> LoadReport:
        source = self.source
        pending = self._pending()
        with watched(self.connection, lambda share: on_share(share * _READ)) if on_share else nullcontext():
            result = read(
                self.connection,
                content,
                source_format=source.source_format,
                customer=source.customer,
                zone=source.zone,
                pending=pending,
                stored=self._stored_calls,
                dates=source.dates,
            )
        try:
            return self._stored(result, source_id, on_share)
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
        """Stored calls that rows between these times may belong to, as SQL.

        Calls that began up to a day before: hardly any lasts longer.
        """
        first -= DAY_US
        days = self.tables.cdr.contents().by_partition
        names = (day_of(day * DAY_US) for day in range(first // DAY_US, last // DAY_US + 1))
        files = [
            each for name in names for each in days.get(name, ()) if each.may_hold("call_time", first, last)
        ]
        if not files:
            return None
        span = f"call_time BETWEEN {instant_sql(first)} AND {instant_sql(last)}"
        return f"(FROM {self.tables.cdr.rows(files, ', '.join(STORED_COLUMNS))} WHERE {span})"

    def _stored(self, result: ReadResult, source_id: str, on_share: OnShare | None) -> LoadReport:
        """Commit what was read: rejects first, then the calls, which make the file count as loaded."""
        rejected_before = self._set_aside(result, source_id)
        days = self._days(result.cdr)
        duplicates = self._mark_duplicates(result.cdr, days)
        new = result.cdr
        if duplicates:
            new = f"(SELECT * FROM {result.cdr} WHERE ordinal NOT IN (FROM duplicate_rows))"
            days = self._days(new)
        written: list[DataFile] = []
        for nth, day in enumerate(days):
            if on_share:
                on_share(_READ + (1 - _READ) * nth / len(days))
            written += self._written(new, day, alone=len(days) == 1)
        self.tables.cdr.commit(add=written, transactions={source_id: result.rows}, note={"file": result.file})
        loaded = sum(each.rows for each in written)
        return LoadReport(
            result.file,
            result.format,
            rows=result.rows,
            loaded=loaded,
            duplicates=duplicates + result.counted + rejected_before,
            rejected=result.rejected - rejected_before,
            paired=result.rows - loaded - duplicates - result.counted - result.rejected,
            lines=result.lines,
            nothing=result.nothing,
        )

    def _set_aside(self, result: ReadResult, source_id: str) -> int:
        """Commit rejected lines, less those that have found their other half; count those already there."""
        table, connection = self.tables.reject, self.connection
        contents_id = f"file {result.file_hash}"
        before = 0
        if result.rejected and table.transaction(contents_id) is not None:
            stored = table.rows(table.contents().files.values(), "file_hash, line")
            (before,) = _one(
                connection.execute(
                    f"DELETE FROM {result.reject} WHERE (file_hash, line) IN {stored}"
                ).fetchone()
            )
        add = [
            file
            for pending in (("false", "true") if result.rejected else ())
            for file in table.write(connection, f"(FROM {result.reject} WHERE pending = {pending})", pending)
        ]
        remove: list[DataFile] = []
        if result.resolved:
            remove = self._waiting_in(result.resolved)
            still = f"(FROM {table.rows(remove)} WHERE (file_hash, line) NOT IN (FROM {result.resolved}))"
            add += table.write(connection, still, "true")
        if add or remove:
            table.commit(add=add, remove=remove, transactions={contents_id: 1}, note={SOURCE: source_id})
        return int(before)

    def _waiting_in(self, resolved: str) -> list[DataFile]:
        """Files of waiting lines that hold one of those resolved."""
        table = self.tables.reject
        return [
            each
            for each in table.contents().by_partition.get("true", ())
            if self.connection.execute(
                f"SELECT 1 FROM {table.rows([each])} AS rows SEMI JOIN {resolved} "
                "USING (file_hash, line) LIMIT 1"
            ).fetchall()
        ]

    def _days(self, rows: str) -> list[Day]:
        found = self.connection.execute(
            f"SELECT epoch_us(call_time) // {DAY_US} AS day, epoch_us(min(call_time)), "
            "epoch_us(max(call_time)) "
            f"FROM {rows} AS rows GROUP BY day ORDER BY day"
        ).fetchall()
        return [Day(day_of(day * DAY_US), first, last) for day, first, last in found]

    def _mark_duplicates(self, rows: str, days: Sequence[Day]) -> int:
        """Note in ``duplicate_rows`` which rows are stored already, or came before in the file; count them.

        Two rows are the same if call time and record key are. Stored ones are looked for only
        in files of the same days whose call times reach into the rows' own.
        """
        execute = self.connection.execute
        execute("CREATE OR REPLACE TEMP TABLE duplicate_rows (ordinal BIGINT)")
        repeated = (
            f"SELECT call_time, record_key FROM {rows} GROUP BY call_time, record_key HAVING count(*) > 1"
        )
        execute(
            f"INSERT INTO duplicate_rows SELECT ordinal FROM (SELECT ordinal, row_number() OVER "
            f"(PARTITION BY call_time, record_key ORDER BY ordinal) AS nth FROM {rows} "
            f"WHERE (call_time, record_key) IN ({repeated})) WHERE nth > 1"
        )
        files = [file for day in days for file in self._stored_near(day)]
        if files:
            span = f"call_time BETWEEN {instant_sql(days[0].first)} AND {instant_sql(days[-1].last)}"
            stored = f"(FROM {self.tables.cdr.rows(files, 'call_time, record_key')} WHERE {span})"
            execute(
                f"INSERT INTO duplicate_rows SELECT ordinal FROM {rows} AS new "
                f"SEMI JOIN {stored} AS stored USING (call_time, record_key) "
                "WHERE ordinal NOT IN (FROM duplicate_rows)"
            )
        (count,) = _one(execute("SELECT count(*) FROM duplicate_rows").fetchone())
        return int(count)

    def _stored_near(self, day: Day) -> list[DataFile]:
        stored = self.tables.cdr.contents().by_partition.get(day.name, ())
        return [each for each in stored if each.may_hold("call_time", day.first, day.last)]

    def _written(self, rows: str, day: Day, *, alone: bool) -> list[DataFile]:
        span = f"call_time BETWEEN {instant_sql(day.first)} AND {instant_sql(day.last)}"
        some = rows if alone else f"(FROM {rows} WHERE {span})"
        return self.tables.cdr.write(self.connection, some, day.name)


def recover(tables: Tables) -> None:
    """Take back what a killed load has set aside of a file that did not get in.

    `catch_up` does the rest: it derives what is missing of the files that did.
    """
    reject = tables.reject
    version = reject.latest()
    entry = reject.entry(version)
    if entry is None or SOURCE not in entry.note or tables.cdr.transaction(entry.note[SOURCE]) is not None:
        return
    now, before = reject.contents(version).files, reject.contents(version - 1).files
    reject.commit(
        add=[file for path, file in before.items() if path not in now],
        remove=[file for path, file in now.items() if path not in before],
    )


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _one(row: tuple[Any, ...] | None) -> tuple[Any, ...]:
    if row is None:
        raise AssertionError("an aggregate gives one row")
    return row
