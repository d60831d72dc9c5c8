"""Small files loaded together: one reading, one search for duplicates, one commit; each is a load of its own.

What becomes of each is what would become of it if it came alone after those before it. A file that is not so
simple is loaded alone, in its turn.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from cxreports.cdr.bundles.reading import NotTogether, read_bundle
from cxreports.cdr.bundles.small_file import Fitting, SmallFile
from cxreports.cdr.definition import known_formats
from cxreports.clock import from_microseconds
from cxreports.lake.calls.arrival import Arrival
from cxreports.lake.calls.aside import contents_id, set_aside_together
from cxreports.lake.calls.changes import commit_legs, write_arrived
from cxreports.lake.calls.grown import base_of, beginnings
from cxreports.lake.calls.loads import LOADED, NUMBER, Load, LoadReport, next_number, noted
from cxreports.lake.calls.recorded import Recorded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    import duckdb

    from cxreports.cdr.bundles.reading import BundleResult
    from cxreports.cdr.bundles.small_file import Readable
    from cxreports.cdr.content import Content
    from cxreports.lake.calls.arrival import Arrived
    from cxreports.lake.calls.known import Known
    from cxreports.lake.head import Tables
    from cxreports.lake.load import Source

MOST_FILES: Final = 16_384
MOST_BYTES: Final = 1 << 25
"""Small files that are held in memory and loaded together."""

_FEW: Final = 4
"""Files that are loaded alone where they cannot be loaded together; more are parted first."""


@dataclass(frozen=True)
class _New:
    """A file that is new: how it is read, what it will be known by when it has grown, and its load to be."""

    fit: Readable
    names: tuple[str, ...]
    load: Load


@dataclass(frozen=True)
class _Turn:
    """A file that waits for its turn; if it is not new, its contents are known or another one's before it."""

    path: Path
    content: Content
    source: str
    new: _New | None = None


@dataclass
class Together:
    """Small files on their way into the lake, while the lock is held.

    Attributes
    ----------
    connection, tables, source, known, marks
        As of the `Loading` that they are part of.
    alone
        Loads a file by itself.
    """

    connection: duckdb.DuckDBPyConnection
    tables: Tables
    source: Source
    known: Known
    marks: Mapping[str, int]
    alone: Callable[[Path], LoadReport]

    def __post_init__(self) -> None:
        self._turns: list[_Turn] = []
        self._sources: set[str] = set()
        self._fit: Readable | None = None
        self._next = 0
        source = self.source
        formats = [source.source_format] if source.source_format else list(known_formats().values())
        if source.by_leg:
            formats = [each.by_leg for each in formats]
        self._fitting = Fitting(formats, source.customer, source.dates)

    def load(self, paths: Sequence[Path]) -> Iterator[LoadReport]:
        """Load files in their order, and report each."""
        self._next = next_number(self.tables)
        for opened in self._opened(paths):
            yield from self._in_turn(opened)
            yield from self._taken()

    def _opened(self, paths: Sequence[Path]) -> Iterator[list[tuple[Path, SmallFile | None]]]:
        """Open files, no more at a time than memory shall hold: packed ones are larger than they look."""
        opened: list[tuple[Path, SmallFile | None]] = []
        held = 0
        for path in paths:
            file = SmallFile.opened(path)
            held += file.content.size if file else 0
            opened.append((path, file))
            if held >= MOST_BYTES:
                yield opened
                opened, held = [], 0
        yield opened

    def _in_turn(self, opened: Sequence[tuple[Path, SmallFile | None]]) -> Iterator[LoadReport]:
        source = self.source
        ids = [source.source_id(file.content.file_hash) if file else "" for _, file in opened]
        names = [beginnings(file.content, source.way, file.data) if file else () for _, file in opened]
        self.known.look_up([*ids, *(name for each in names for name in each)])
        for (path, file), source_id, begins in zip(opened, ids, names, strict=True):
            turn = self._turn(path, file, source_id, begins) if file else None
            if turn is None or (turn.new and not self._goes_with(turn.new.fit)):
                yield from self._taken()
            if turn is None:
                yield self.alone(path)
                continue
            self._turns.append(turn)
            self._sources.add(source_id)
            if turn.new is not None:
                self._fit, self._next = turn.new.fit, turn.new.load.numbers[-1] + 1
                self.known.plan(turn.new.load, begins)

    def _turn(self, path: Path, file: SmallFile, source: str, names: tuple[str, ...]) -> _Turn | None:
        """How a file is loaded in its turn; None if by itself."""
        if self.known.is_loaded(source) or source in self._sources:
            return _Turn(path, file.content, source)
        fit = self._fitting.readable(file)
        if fit is None or base_of(file.content, self.known.bases(file.content, names)) is not None:
            return None
        return _Turn(path, file.content, source, _New(fit, names, self._facts(fit, source, self._next)))

    def _goes_with(self, fit: Readable) -> bool:
        """Whether a file has the format of those that wait."""
        known = fit.sighting.source_format
        return self._fit is None or self._fit.sighting.source_format is known

    def _taken(self) -> Iterator[LoadReport]:
        """Load what waits, and report it in its order."""
        turns, self._turns, self._sources, self._fit = self._turns, [], set(), None
        if not turns:
            return
        self.known.plan_nothing()
        begun = time.monotonic()
        reports = iter(self._loaded([turn for turn in turns if turn.new]))
        found = [next(reports) if turn.new else None for turn in turns]
        again = [turn for turn in turns if not turn.new and self.known.is_loaded(turn.source)]
        known = self.known.remembered([(turn.content, turn.source) for turn in again])
        remembered = dict(zip(map(id, again), known, strict=True))
        share = (time.monotonic() - begun) / len(turns)
        for turn, report in zip(turns, found, strict=True):
            if report is not None:
                yield report
            elif id(turn) in remembered:
                yield replace(remembered[id(turn)], seconds=share)
            else:  # The file with the same contents was refused.
                yield self.alone(turn.path)
        self._next = next_number(self.tables)

    def _loaded(self, turns: Sequence[_Turn]) -> list[LoadReport]:
        """Load new files together, or in parts where that cannot be."""
        if len(turns) <= 1:
            return [self.alone(turn.path) for turn in turns]
        begun = time.monotonic()
        try:
            reports = self._bundle(turns)
        except NotTogether:
            if len(turns) <= _FEW:
                return [self.alone(turn.path) for turn in turns]
            half = len(turns) // 2
            return [*self._loaded(turns[:half]), *self._loaded(turns[half:])]
        share = (time.monotonic() - begun) / len(turns)
        return [replace(report, seconds=share) for report in reports]

    def _bundle(self, turns: Sequence[_Turn]) -> list[LoadReport]:
        new = [turn.new for turn in turns if turn.new]
        # Between planning and now a file may have been refused, or loaded alone.
        by = next_number(self.tables) - new[0].load.load
        loads = [_moved(each.load, by) if by else each.load for each in new]
        fits = [(each.fit, load.load) for each, load in zip(new, loads, strict=True)]
        source = self.source
        result = read_bundle(
            self.connection, fits, customer=source.customer, zone=source.zone, dates=source.dates
        )
        try:
            return self._stored(result, loads, [each.names for each in new])
        finally:
            result.forget(self.connection)

    def _stored(
        self, result: BundleResult, loads: Sequence[Load], names: Sequence[tuple[str, ...]]
    ) -> list[LoadReport]:
        """Commit what was read: rejects and legs, then the calls, which make the files count as loaded."""
        first, last = loads[0].load, loads[-1].numbers[-1]
        aside = [load.file_hash for load, share in zip(loads, result.shares, strict=True) if share.rejects]
        if Recorded(self.connection, self.tables.reject).look_up(list(map(contents_id, aside))):
            raise NotTogether  # Some of these lines are there already.
        arrival = Arrival(self.connection, self.tables, result.cdr, first, last)
        arrived = arrival.touching(keyed=True) if result.keyed else arrival.plain()
        if aside:
            set_aside_together(self.connection, self.tables, result.reject, aside, first)
        commit_legs(self.connection, self.tables.leg, arrived.legs, first)
        add, remove = write_arrived(self.connection, self.tables.cdr, arrived)
        reports = self._reports(result, arrived, loads)
        counts = ("rows", "loaded", "duplicates", "rejected", "paired")
        loads = [
            replace(load, **{name: getattr(report, name) for name in counts})
            for load, report in zip(loads, reports, strict=True)
        ]
        recorded = {
            **{load.source: load.rows for load in loads},
            **{name: load.load for load, begins in zip(loads, names, strict=True) for name in begins[:1]},
        }
        self.tables.cdr.commit(
            add=add,
            remove=remove,
            transactions={**recorded, NUMBER: last, **self.marks},
            note={"file": loads[0].file, LOADED: noted(loads)},
        )
        self.known.note(loads, recorded)
        return reports

    def _reports(self, result: BundleResult, arrived: Arrived, loads: Sequence[Load]) -> list[LoadReport]:
        found = self.connection.execute(
            f"SELECT member, epoch_us(max(call_time)) FROM {result.cdr} GROUP BY member"
        )
        last_calls = {member: from_microseconds(last) for member, last in found.fetchall()}
        return [
            LoadReport(
                load.file,
                load.format,
                rows=share.rows,
                loaded=share.rows - len(share.rejects) - arrived.duplicates.get(member, 0),
                duplicates=arrived.duplicates.get(member, 0),
                rejected=len(share.rejects),
                lines=load.lines,
                nothing=share.nothing,
                last_call=last_calls.get(member),
            )
            for member, (load, share) in enumerate(zip(loads, result.shares, strict=True))
        ]

    def _facts(self, fit: Readable, source: str, number: int) -> Load:
        content, known = fit.file.content, fit.sighting.source_format
        dates = self.source.dates or known.dates
        return Load(
            load=number,
            id=number,
            file=content.name,
            file_hash=content.file_hash,
            source=source,
            format=known.name,
            customer=self.source.customer,
            zone=self.source.zone,
            loaded_at=datetime.now(UTC).isoformat(),
            size=content.size if content.delivered else None,
            heading=fit.sighting.heading,
            lines=content.lines,
            tail=None if content.ended else number + 1,
            dates=dates,
            dates_certain=True if dates else None,
            decimal_comma=known.decimal_comma,
        )


def _moved(load: Load, by: int) -> Load:
    """A load under another number."""
    number = load.load + by
    return replace(load, load=number, id=number, tail=None if load.tail is None else number + 1)
