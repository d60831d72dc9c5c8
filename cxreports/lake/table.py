"""A Delta table of the lake: its files at a version, and commits to it.

DuckDB or polars (`parquet`) writes the Parquet files, sorted, and a commit only names them.
Opening a version costs a replay of the log once; later versions are applied to it entry by entry.

deltalake's runtime does not survive ``fork``: open no table before forking.
"""

from __future__ import annotations

import re
import time
import uuid
from dataclasses import replace
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Final

import polars as pl
from deltalake import CommitProperties, DeltaTable, Transaction
from deltalake.exceptions import DeltaError, TableNotFoundError
from deltalake.transaction import AddAction, RemoveAction

from cxreports.errors import LakeError, NoSuchVersion
from cxreports.lake.log import (
    Changes,
    Contents,
    DataFile,
    Held,
    LogEntry,
    TableShape,
    files_listed,
    log_entry,
    statistics,
)
from cxreports.lake.parquet.bounds import written_bounds
from cxreports.lake.parquet.stored import PARQUET, stored_sql
from cxreports.lake.past.archive import LOG, Archive
from cxreports.lake.proof.seal import sealed
from cxreports.private_file import private_folder
from cxreports.sql import literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    import duckdb


_PARTITION: Final = re.compile(r'"partitionColumns":\s*\["(\w+)"\]')

_CHECKPOINT_EVERY: Final = 20
"""Commits between checkpoints of the log: after 600, opening still takes 6 ms and a commit 9 ms."""


class Table:
    """A Delta table in a folder.

    Parameters
    ----------
    lake
        Folder of the lake.
    shape
        The table's columns, partition and order.
    only
        The one customer whose rows can be read; None for all of them.
    """

    def __init__(self, lake: Path, shape: TableShape, only: str | None = None) -> None:
        self._shape = shape
        self.only = only
        self.folder = lake / shape.name
        self.held: Held | None = None
        self._contents: Contents | None = None
        self._delta: DeltaTable | None = None
        self._entry: tuple[int, str, LogEntry] | None = None
        self._past = Archive(self.folder)

    @cached_property
    def shape(self) -> TableShape:
        """The table's columns, partition and order; a lake of an older version keeps its partition."""
        ours = self._shape.partition
        if self._shape.shown is None or not self.exists():
            return self._shape
        try:
            found = _PARTITION.findall(self._log_file(0).read_text("utf-8"))
        except FileNotFoundError:  # delta-rs removes what is older than a month
            named = (path.name.partition("=")[0] for path in self.folder.glob("*=*"))
            found = list(islice(named, 1)) or self._newest().metadata().partition_columns
        return replace(self._shape, partition=replace(ours, name=found[0]))

    def exists(self) -> bool:
        """Whether the table has been made."""
        first = (self._log_file(0), self.folder / LOG / "_last_checkpoint")  # delta-rs lists the whole log
        return any(each.exists() for each in first) or DeltaTable.is_deltatable(str(self.folder))

    def create(self) -> None:
        """Make the table, empty, unless it is there."""
        private_folder(self.folder)
        DeltaTable.create(
            str(self.folder),
            self.shape.schema,
            mode="ignore",
            partition_by=[self.shape.partition.name],
            name=self.shape.name,
            configuration={"delta.checkpointInterval": str(_CHECKPOINT_EVERY), **self.shape.properties},
        )

    def open(self) -> None:
        """Open it for commits: whatever is asked of it afterwards opens it no more.

        Raises
        ------
        LakeError
            Its log is damaged.
        """
        try:
            self._newest()
        except DeltaError as error:
            raise self._damaged(None) from error

    def evolve(self) -> None:
        """Add the columns and properties that a lake of an older version lacks; its rows are null in them."""
        if not self.shape.added:
            return
        delta = self._newest()
        if not self.shape.properties.items() <= delta.metadata().configuration.items():
            delta.alter.set_table_properties(self.shape.properties)
        present = {each.name for each in delta.schema().fields}
        missing = [name for name in self.shape.added if name not in present]
        if missing:
            delta.alter.add_columns(self.shape.delta_fields(missing))

    def latest(self) -> int:
        """Newest version; looks at one file name when nothing has changed."""
        version = self._contents.version if self._contents else self.contents().version
        if not self._log_file(version).exists():  # it is long ago
            version = max(version, self._newest().version())
        while self._log_file(version + 1).exists():
            version += 1
        return version

    def contents(self, version: int | None = None) -> Contents:
        """Files at a version, the newest by default.

        Raises
        ------
        NoSuchVersion
            The log does not reach back to it, or has not come to it.
        """
        if self._contents is not None:
            wanted = self.latest() if version is None else version
            if self._contents.version == wanted:
                return self._contents
            is_near = self._log_file(self._contents.version).exists()  # else it is opened anew more quickly
            if is_near and (forward := self._rolled_forward(self._contents, wanted)) is not None:
                self._contents = forward
                return forward
        if version is not None and (past := self._long_ago(version)) is not None:
            return past
        opened = self._opened(version)
        files = files_listed(pl.DataFrame(opened.get_add_actions(flatten=True)), self.shape, self.folder)
        contents = Contents.of(opened.version(), {each.path: each for each in files})
        if self._contents is None or contents.version > self._contents.version:
            self._contents = contents
        return contents

    def entry(self, version: int) -> LogEntry | None:
        """Read one commit from the log, or the archive; None when it is no longer (or not yet) there."""
        text: str | None
        try:
            text = self._log_file(version).read_text("utf-8")
        except FileNotFoundError:
            text = self._past.text(version)
        if text is None:
            return None
        held = self._entry  # That of a load of thousands of files is long, and asked for six times.
        if held is None or held[:2] != (version, text):
            try:
                held = self._entry = version, text, log_entry(version, text, self.shape, self.folder)
            except (ValueError, KeyError, TypeError) as error:
                raise self._damaged(version) from error
        return held[2]

    def transaction(self, app_id: str) -> int | None:
        """Version that an application last recorded here, None if it never did."""
        return self._newest().transaction_version(app_id)

    def changes_since(self, version: int) -> Changes:
        """Files that brought and took rows after a version."""
        entries = []
        for each in range(version + 1, self.latest() + 1):
            entry = self.entry(each)
            if entry is None:
                raise NoSuchVersion(
                    f"{self.folder}: the log no longer says what version {each} added; rebuild the figures"
                )
            entries.append(entry)
        return Changes.of(entries)

    def commit(
        self,
        *,
        add: Sequence[DataFile] = (),
        remove: Sequence[DataFile] = (),
        transactions: Mapping[str, int] | None = None,
        note: Mapping[str, str] | None = None,
        new_data: bool = True,
    ) -> int:
        """Add and remove files in one commit; give its version.

        Parameters
        ----------
        transactions
            Versions to record by application id.
        note
            What the commit says about itself in the log.
        new_data
            False if the rows stay the same.
        """
        now = time.time_ns() // 1_000_000
        partition, times = self.shape.partition.name, self.shape.times
        actions: list[AddAction | RemoveAction] = [
            AddAction(
                each.path, each.size, {partition: each.partition}, now, new_data, statistics(each, times)
            )
            for each in add
        ]
        actions += [
            RemoveAction(each.path, new_data, now, each.size, {partition: each.partition}) for each in remove
        ]
        delta = self._newest()
        delta.create_write_transaction(
            actions,
            "append",
            self.shape.schema,
            partition_by=[partition],
            commit_properties=CommitProperties(
                custom_metadata=dict(note or {}),
                app_transactions=[Transaction(name, value) for name, value in (transactions or {}).items()],
            ),
        )
        delta.update_incremental()
        return delta.version()

    def archive(self) -> None:
        """Move older commits out of the log, where there are many; the lake's lock is held."""
        self._past.take(self.latest(), self.contents)

    def first(self) -> int:
        """The oldest version that is kept."""
        return self._past.first()

    def vacuum(self, oldest: int) -> int:
        """Delete the files that no version from `oldest` on needs, those of killed loads too; give how many.

        delta-rs's own vacuum commits to the log, which would make a new head.
        """
        needed = set(self.contents(oldest).files)
        for version in range(oldest + 1, self.latest() + 1):
            entry = self.entry(version)
            needed.update(each.path for each in entry.added) if entry else None
        gone = [
            path
            for path in self.folder.glob(f"{self.shape.partition.name}=*/*.parquet")
            if path.relative_to(self.folder).as_posix() not in needed
        ]
        for path in gone:
            path.unlink(missing_ok=True)
        self._past.drop_before(oldest)
        return len(gone)

    def write(self, connection: duckdb.DuckDBPyConnection, rows: str, partition: str) -> list[DataFile]:
        """Write rows as one Parquet file of a partition; it counts once it is committed.

        Parameters
        ----------
        rows
            What follows FROM; it has the table's columns.
        partition
            Value of the partition column.

        Returns
        -------
        list of DataFile
            One file, or none if there are no rows.
        """
        target = self.new_path(partition)
        order = f"ORDER BY {', '.join(self.shape.order)}"
        found = connection.execute(
            f"COPY (SELECT {', '.join(self.shape.names)} FROM {rows} {order}) TO {literal(target)} "
            f"({PARQUET}, ROW_GROUP_SIZE {self.shape.group}, RETURN_STATS)"
        ).fetchone()
        if found is None or found[1] == 0:
            target.unlink(missing_ok=True)
            return []
        path = sealed(target).relative_to(self.folder).as_posix()
        nulls = {name: int(found[4][f'"{name}"'].get("null_count", 0)) for name in self.shape.bounded}
        bounds = written_bounds(self.shape, found[4])
        return [DataFile(path, partition, found[1], found[2], bounds, nulls)]

    def new_path(self, partition: str) -> Path:
        """Where a new file of a partition goes; its folder is there."""
        path = self.folder / f"{self.shape.partition.name}={partition}" / f"part-{uuid.uuid4().hex}.parquet"
        path.parent.mkdir(exist_ok=True)
        return path

    def paths(self, files: Iterable[DataFile]) -> list[str]:
        """Absolute paths of files."""
        return [str(self.folder / each.path) for each in files]

    def rows(
        self,
        files: Iterable[DataFile],
        columns: str = "*",
        *,
        partition: bool = False,
        is_cut: bool = False,
        named: bool = False,
    ) -> str:
        """SQL of the rows of files that are in reach, for use after FROM; of no file, no rows.

        Every question to a lake comes through here, so a bound process reads no other customer's row.

        Parameters
        ----------
        columns
            Select list.
        partition
            Add the column that readers see: the partition, or the day or month in its place.
        is_cut
            Whoever asks leaves out every row that the other files have, so that held rows will do.
        named
            Add ``filename``, the path of a row's file.
        """
        files = list(files)
        held = self.held
        if held and is_cut and partition and files and all(each.path in held.paths for each in files):
            return f"(SELECT {columns} FROM {held.name}{self._whose})"
        is_older = self.shape.added and not all(self.shape.mark in each.bounds for each in files)
        stored = stored_sql(
            self.shape, self.paths(files), is_older=bool(is_older), partition=partition, named=named
        )
        return f"(SELECT {columns} FROM {stored}{self._whose})"

    @property
    def _whose(self) -> str:
        return "" if self.only is None else f" WHERE customer = {literal(self.only)}"

    def _damaged(self, version: int | None) -> LakeError:
        where = self.folder / LOG if version is None else self._log_file(version)
        return LakeError(f"{where}: the log is damaged there; restore the lake from a backup")

    def _log_file(self, version: int) -> Path:
        return self.folder / LOG / f"{version:020d}.json"

    def _newest(self) -> DeltaTable:
        if self._delta is None or not self._log_file(self._delta.version()).exists():
            self._delta = DeltaTable(str(self.folder))
        elif self._log_file(self._delta.version() + 1).exists():
            self._delta.update_incremental()  # it costs milliseconds though nothing is new
        return self._delta

    def _opened(self, version: int | None) -> DeltaTable:
        try:
            # What a reader opens it lets go: of tables with many files it is large.
            newest = DeltaTable(str(self.folder)) if self._delta is None else self._newest()
            if version is None or newest.version() == version:
                return newest
            if version <= newest.version():
                return DeltaTable(str(self.folder), version=version)
        except TableNotFoundError as error:
            raise NoSuchVersion(f"{self.folder} holds no table") from error
        except DeltaError as error:
            if version is None or self._log_file(version).exists():
                raise self._damaged(version) from error
            raise NoSuchVersion(f"{self.folder}: version {version} is no longer kept") from error
        raise NoSuchVersion(
            f"{self.folder}: there is no version {version} yet, the newest is {newest.version()}"
        )

    def _long_ago(self, version: int) -> Contents | None:
        """Files at a version that is in the archive; None where it is not."""
        # What moves there is there before it leaves the log, and cannot be opened from a part of the log.
        run = self._past.run(version)
        return None if run is None else self._rolled_forward(run.contents, version)

    def _rolled_forward(self, contents: Contents, version: int) -> Contents | None:
        """Apply the log from known contents on; None where that is not possible."""
        if version < contents.version:
            return None
        files = dict(contents.files)
        for each in range(contents.version + 1, version + 1):
            entry = self.entry(each)
            if entry is None:
                return None
            for path in entry.removed:
                files.pop(path, None)
            files.update((added.path, added) for added in entry.added)
        return Contents.of(version, files)
