"""What a load knows of files that came before: by their contents, and by how they begin."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from cxreports.lake.calls.grown import digest_of
from cxreports.lake.calls.loads import LoadReport, stored_loads
from cxreports.lake.calls.recorded import Recorded

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    import duckdb

    from cxreports.cdr.content import Content
    from cxreports.lake.calls.loads import Load
    from cxreports.lake.head import Tables

_SHORT: Final = 2
"""Lines of a file of which one at most is whole."""


class Known:
    """Files that came before, those of the command that runs included.

    Parameters
    ----------
    connection
        DuckDB, session in UTC.
    zone
        Zone of times without one: the same file in another zone is another one.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, tables: Tables, zone: str) -> None:
        self._connection, self._tables, self._zone = connection, tables, zone
        self._recorded = Recorded(connection, tables.cdr)
        self._noted: dict[str, int] = {}
        self._found: dict[str, int | None] = {}
        self._new: list[Load] = []
        self._stored: tuple[dict[int, Load], _Short] | None = None
        self._planned: dict[str, Load] = {}
        self._planned_short = _Short()
        self._gone: set[int] = set()

    def look_up(self, names: Collection[str]) -> None:
        """Find out at once what `transaction` will be asked."""
        self._found = {**dict.fromkeys(names), **self._recorded.look_up(names)}

    def transaction(self, name: str) -> int | None:
        """Number that was recorded last under a name, None if none ever was."""
        if name in self._noted:
            return self._noted[name]
        return self._found[name] if name in self._found else self._tables.cdr.transaction(name)

    def is_loaded(self, source: str) -> bool:
        """Whether a file's contents are in the lake, by its id."""
        rows = self.transaction(source)
        return rows is not None and rows >= 0

    def note(self, loads: Iterable[Load], recorded: Mapping[str, int], gone: Iterable[Load] = ()) -> None:
        """Take in what was committed, and what it replaced; nothing is planned any more."""
        self._noted.update(recorded)
        self._new += loads
        self._gone |= {each.load for each in gone}
        self.plan_nothing()

    def plan(self, load: Load, names: Sequence[str]) -> None:
        """Take a file for loaded that will be: later ones may be the same one, grown."""
        self._planned.update(dict.fromkeys(names[:1], load))
        self._planned_short.add(load)

    def plan_nothing(self) -> None:
        """Forget what was planned."""
        self._planned, self._planned_short = {}, _Short()

    def bases(self, content: Content, names: Sequence[str]) -> list[Load]:
        """Loads of files that may begin as a file does, the last first.

        Parameters
        ----------
        names
            Its `beginnings`.
        """
        planned = [self._planned[name] for name in names if name in self._planned]
        recorded = (self.transaction(name) for name in names if name not in self._planned)
        numbers = {number for number in recorded if number is not None}
        if not planned and not numbers:
            return []
        by_number, short = self._by_number()
        found = [*planned, *(by_number[number] for number in numbers if number in by_number)]
        # Files of one whole line, a heading perhaps, all begin alike.
        if names[-1] in self._planned or self.transaction(names[-1]) is not None:
            found += [*self._planned_short.bases(content), *short.bases(content)]
        last_first = sorted(found, key=lambda load: load.load, reverse=True)
        return [each for each in last_first if each.zone == self._zone and each.load not in self._gone]

    def loads(self) -> list[Load]:
        """All loads that have not been taken back."""
        by_number, _ = self._by_number()
        return [each for each in by_number.values() if each.load not in self._gone]

    def _by_number(self) -> tuple[dict[int, Load], _Short]:
        """Loads by their numbers, and the short ones among them."""
        if self._stored is None:
            self._stored = {}, _Short()
            self._new = [*stored_loads(self._connection, self._tables), *self._new]
        by_number, short = self._stored
        for each in self._new:
            by_number[each.load] = each
            short.add(each)
        self._new = []
        return self._stored

    def remembered(self, contents: Sequence[tuple[Content, str]]) -> list[LoadReport]:
        """Report files whose contents are known, with their ids: what was set aside then still is."""
        if not contents:
            return []
        reject = self._tables.reject
        rejects = reject.rows(reject.contents().files.values(), partition=True)
        digests = ", ".join(f"'{content.file_hash}'" for content, _ in contents)
        found = self._connection.execute(
            "SELECT file_hash, count(*), any_value(format), count(*) FILTER (NOT pending), "
            f"min_by(reason, line) FROM {rejects} AS rows WHERE file_hash IN ({digests}) GROUP BY file_hash"
        )
        aside = {digest: figures for digest, *figures in found.fetchall()}
        reports = []
        for content, source in contents:
            rows = self.transaction(source) or 0
            rejected, source_format, settled, reason = aside.get(content.file_hash, (0, None, 0, None))
            report = LoadReport(content.name, source_format, rows, 0, rows - rejected, rejected)
            nothing = reason if settled == rows else None
            reports.append(replace(report, lines=content.lines, nothing=nothing))
        return reports


class _Short:
    """Loads of files of one whole line at most, by their size and digest."""

    def __init__(self) -> None:
        self._by_size: dict[int, dict[str, Load]] = {}

    def add(self, load: Load) -> None:
        """Take in a load, if its file is short; it replaces an earlier one of the same contents."""
        if load.lines <= _SHORT and load.size is not None:
            self._by_size.setdefault(load.size, {})[load.file_hash] = load

    def bases(self, content: Content) -> list[Load]:
        """Those that a file begins with."""
        found = (
            loads.get(digest_of(content.path, size))
            for size, loads in self._by_size.items()
            if size < content.size
        )
        return [load for load in found if load is not None]
