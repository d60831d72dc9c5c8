"""Reading small files of one format together: a query for all of them, and each row knows its file.

Files share a query when the format decides the same for all of them (``alike``). What comes of each is what
comes of it alone; where that is not sure the bundle is refused, and its files are read one by one.
"""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, TypeAlias

import duckdb
import polars as pl

from cxreports.cdr.bundles.small_file import Readable
from cxreports.cdr.clean_file import NOT_ENDED, CleanFile, Lines
from cxreports.cdr.detect import Sighting
from cxreports.cdr.evidence.manner import Manner
from cxreports.cdr.evidence.witness import clock_changes
from cxreports.cdr.json_records import columns_of, named
from cxreports.cdr.mapping import NO_CALL
from cxreports.cdr.rejects import Reject, create_rejects
from cxreports.cdr.typed_rows import RecordsLost, TypedTable, create_typed, reading_in, registered, show_typed
from cxreports.errors import FormatError

_NUMBER: Final = count()
_MOST_LINES: Final = 1 << 20
"""More than a small file has."""

Member: TypeAlias = tuple[Readable, int]
"""A file of a bundle, and the number of the load that its rows carry; the next one on a line that was cut."""


class NotTogether(Exception):
    """A bundle whose files have to be read one by one."""


@dataclass
class Share:
    """What a file of a bundle gave.

    Attributes
    ----------
    records
        Records that could be told apart.
    passed, headings
        Those of them that are no calls, and those that are headings after all.
    rejects
        What was set aside, in order of the lines.
    """

    records: int = 0
    passed: int = 0
    headings: int = 0
    rejects: list[Reject] = field(default_factory=list)
    broken: int = 0

    @property
    def rows(self) -> int:
        """Records: lines but for headings, blank and comment lines."""
        return self.records + self.broken - self.passed - self.headings

    @property
    def nothing(self) -> str | None:
        """Why all records were set aside: the reason of the first; None if they were not."""
        return self.rejects[0].reason if 0 < self.rows == len(self.rejects) else None


@dataclass(frozen=True)
class BundleResult:
    """What a bundle gave.

    Attributes
    ----------
    cdr
        Temporary table: the canonical record, not yet deduplicated, with ``load``, ``member`` (its file's
        place in the bundle), ``nth`` (its place in the file) and ``ordinal``, which tells its rows apart.
    reject
        Temporary table: ``record.REJECT_FIELDS``.
    keyed
        Whether the format identifies records or calls, so that rows may complete or revise others.
    shares
        What each file gave.
    """

    cdr: str
    reject: str
    keyed: bool
    shares: Sequence[Share]

    def forget(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Drop the temporary tables."""
        connection.execute(f"DROP TABLE {self.cdr}; DROP TABLE {self.reject}")


@dataclass
class _Group:
    """Records that one query reads: of each its file's place in the bundle, and its own in the file."""

    table: str
    sighting: Sighting
    path: Path
    places: list[tuple[int, int]] = field(default_factory=list)
    notes: dict[int, str] = field(default_factory=dict)


def read_bundle(
    connection: duckdb.DuckDBPyConnection,
    members: Sequence[Member],
    *,
    customer: str | None,
    zone: str,
    dates: str | None,
) -> BundleResult:
    """Read small files of one format into temporary tables of a connection.

    Parameters
    ----------
    customer, zone, dates
        As for `read`.

    Raises
    ------
    NotTogether
        Read one by one, some of them might give something else.
    """
    with TemporaryDirectory(prefix="cxreports-") as folder:
        reading = _Reading(connection, members, Path(folder), customer, zone, dates)
        try:
            return reading.result()
        except (RecordsLost, FormatError, duckdb.DataError, duckdb.InvalidInputException) as error:
            raise NotTogether from error
        finally:
            reading.forget()


@dataclass
class _Reading:
    """Files on their way into the tables."""

    connection: duckdb.DuckDBPyConnection
    members: Sequence[Member]
    folder: Path
    customer: str | None
    zone: str
    dates: str | None
    number: int = field(default_factory=lambda: next(_NUMBER))

    def __post_init__(self) -> None:
        self.shares = [Share() for _ in self.members]
        self.groups: list[_Group] = []
        self.source_format = self.members[0][0].sighting.source_format

    def result(self) -> BundleResult:
        self.groups += self._grouped()
        with reading_in(self.connection, self.source_format.zone or self.zone):
            keyed = {self._typed(group) for group in self.groups}
        if len(keyed) != 1:
            raise NotTogether
        return BundleResult(self._joined(), self._rejects(), keyed.pop(), self.shares)

    def forget(self) -> None:
        """Drop the tables of the groups."""
        for group in self.groups:
            self.connection.execute(
                f"DROP VIEW IF EXISTS {group.table}_view; DROP TABLE IF EXISTS {group.table}"
            )

    def _grouped(self) -> Iterator[_Group]:
        """Write the records of files that share a query into one file."""
        by_key: dict[Hashable, list[int]] = {}
        for number, (fit, _) in enumerate(self.members):
            by_key.setdefault(fit.key, []).append(number)
        for place, numbers in enumerate(by_key.values()):
            path, first = self.folder / f"records-{place}", self.members[numbers[0]][0]
            group = _Group(f"bundle_{self.number}_{place}", first.sighting, path)
            (self._write_nested if first.records or first.rejected else self._write_lines)(group, numbers)
            if group.places:
                yield group

    def _write_lines(self, group: _Group, numbers: Sequence[int]) -> None:
        with group.path.open("w", encoding="utf-8", newline="") as target:
            for number in numbers:
                fit, _ = self.members[number]
                target.writelines(f"{line}\n" for line in fit.lines)
                group.places += [(number, nth) for nth in range(len(fit.lines))]
                self.shares[number].records = len(fit.lines)
                if fit.lines and not fit.file.content.ended:
                    group.notes[len(group.places) - 1] = NOT_ENDED

    def _write_nested(self, group: _Group, numbers: Sequence[int]) -> None:
        seen = {place for number in numbers for place in self.members[number][0].seen}
        names = named(columns_of(self.source_format), seen)
        group.sighting = replace(group.sighting, names=names)
        with group.path.open("w", encoding="utf-8", newline="") as target:
            for number in numbers:
                fit, _ = self.members[number]
                for nth, record in enumerate(fit.records):
                    target.write(record.row)
                    group.places.append((number, nth))
                share = self.shares[number]
                share.records, share.broken = len(fit.records), len(fit.rejected)
                share.rejects += (Reject(*part) for part in fit.rejected)

    def _typed(self, group: _Group) -> bool:
        """Type the rows of a group; give whether they have keys of their own."""
        known, table = self.source_format, group.table
        manner = Manner(known.zone or self.zone, self.dates or known.dates, decimal_comma=known.decimal_comma)
        origin = Lines(self.members[0][0].file.content, ())
        clean = CleanFile(group.path, 0, group.sighting, len(group.places), origin, notes=group.notes)
        create_typed(self.connection, table, clean, file="", customer=self.customer, manner=manner)
        if clock_changes(self.connection, table, manner) != manner:
            raise NotTogether  # Which changes are looked at depends on the times of each file.
        typed = TypedTable(self.connection, table)
        bad = typed.faults()
        for at, reason in bad:
            self._set_aside(group.places[at], reason)
        if bad:
            typed.drop_faults()
        return show_typed(self.connection, f"{table}_view", typed)

    def _set_aside(self, place: tuple[int, int], reason: str) -> None:
        number, nth = place
        (fit, _), share = self.members[number], self.shares[number]
        if reason == NO_CALL:
            share.passed += 1
            return
        if fit.lines:
            line, raw = fit.sighting.heading + 1 + nth, fit.lines[nth]
        else:
            record = fit.records[nth]
            line, raw = record.line, fit.file.text[record.begin : record.end]
        if fit.lines and fit.sighting.is_heading(raw):
            share.headings += 1
        else:
            share.rejects.append(Reject(line, raw, reason))

    # from the groups to the result --------------------------------------------------------------

    def _joined(self) -> str:
        """Table of the rows of all groups, each with its load and its place."""
        table = f"cdr_bundle_{self.number}"
        for nth, group in enumerate(self.groups):
            with registered(self.connection, self._origin(group)) as origin:
                rows = (
                    "SELECT v.* EXCLUDE (file, ordinal), o.* EXCLUDE row "
                    f"FROM {group.table}_view AS v JOIN {origin} AS o ON v.ordinal = o.row"
                )
                start = f"INSERT INTO {table} BY NAME" if nth else f"CREATE OR REPLACE TEMP TABLE {table} AS"
                self.connection.execute(f"{start} {rows}")
        return table

    def _origin(self, group: _Group) -> pl.DataFrame:
        rows = [
            (
                at,
                self.members[number][0].file.content.name,
                self.members[number][1] + (at in group.notes),
                number,
                nth,
                number * _MOST_LINES + nth,
            )
            for at, (number, nth) in enumerate(group.places)
        ]
        return pl.DataFrame(rows, _ORIGIN, orient="row")

    def _rejects(self) -> str:
        table = f"reject_bundle_{self.number}"
        for share in self.shares:
            share.rejects.sort(key=lambda reject: reject.line)
        rejects = [
            (fit.file.content, share.rejects)
            for (fit, _), share in zip(self.members, self.shares, strict=True)
        ]
        create_rejects(
            self.connection, table, rejects, source_format=self.source_format.name, customer=self.customer
        )
        return table


_ORIGIN: Final = {
    "row": pl.Int64,
    "file": pl.String,
    "load": pl.Int64,
    "member": pl.Int64,
    "nth": pl.Int64,
    "ordinal": pl.Int64,
}
