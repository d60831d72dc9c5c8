"""What a table's log says: its shape, its files at a version, and what each commit changed."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Self, TypeAlias

import polars as pl
from deltalake import Field as DeltaField
from deltalake import Schema
from deltalake.schema import PrimitiveType

from cxreports.clock import from_microseconds, microseconds
from cxreports.lake.parquet.bounds import measured
from cxreports.lake.parquet.partitions import NUMBER_OF, PARTITION_OF
from cxreports.sql import literal

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path

    from cxreports.cdr.record import Field

Bound: TypeAlias = int | str
"""Least or greatest value of a column in a file: microseconds since 1970, a number or a text."""

_DELTA_TYPES: Final = {
    "VARCHAR": "string",
    "TIMESTAMPTZ": "timestamp",
    "BIGINT": "long",
    "INTEGER": "integer",
    "SMALLINT": "short",
    "TINYINT": "byte",
    "BOOLEAN": "boolean",
    "DATE": "date",
}


@dataclass(frozen=True)
class TableShape:
    """What a table looks like.

    Attributes
    ----------
    name
        Name of its folder, and of the view that readers see.
    columns
        Its columns, without the partition.
    partition
        The column that its folders are named after.
    order
        Columns that each file is sorted by.
    bounded
        Columns whose least and greatest values each commit records, so that readers skip files.
    group
        Rows of a row group, the least that readers skip within a file.
    added
        Columns that lakes of an older version lack: null in the files of such a lake.
    mark
        Bounded column that every file of the present version has a value in, and no older one.
    shown
        Column that readers see in place of the partition, the UTC day or month of a row's time; lakes of an
        older version may have it as their partition.
    """

    name: str
    columns: tuple[Field, ...]
    partition: Field
    order: tuple[str, ...]
    bounded: tuple[str, ...] = ()
    group: int = 122_880
    added: tuple[str, ...] = ()
    mark: str = ""
    shown: Field | None = None

    @property
    def time(self) -> str:
        """The column whose day, month or year a row's partition is."""
        return self.order[1]

    def partition_of(self, instant: int) -> str:
        """Partition of the rows of an instant, microseconds since 1970."""
        return PARTITION_OF[self.partition.name](instant)

    @property
    def seen(self) -> Field:
        """The column that readers see beside those of the files."""
        return self.shown or self.partition

    def unit_of(self, day: int) -> int:
        """Day, month or year that a day since 1970 lies in: what a load brings of it goes into one file."""
        return NUMBER_OF[self.seen.name](day)

    def is_parted(self, one: int, other: int) -> bool:
        """Whether two days since 1970 lie in different partitions."""
        number = NUMBER_OF[self.partition.name]
        return number(one) != number(other)

    @property
    def shown_sql(self) -> str:
        """SQL of the column that readers see, from a row's time."""
        day = f"CAST({self.time} AS DATE)"
        name = self.seen.name
        return day if name == "day" else f"CAST(date_trunc({literal(name)}, {day}) AS DATE)"

    @property
    def times(self) -> frozenset[str]:
        """Columns that hold times."""
        return frozenset(each.name for each in self.columns if each.sql_type == "TIMESTAMPTZ")

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns, without the partition."""
        return tuple(each.name for each in self.columns)

    @property
    def schema(self) -> Schema:
        """The columns and the partition as Delta has them."""
        return Schema(self.delta_fields(self.names) + self.delta_fields([self.partition.name]))

    @property
    def properties(self) -> dict[str, str]:
        """Property of the Delta table that says which columns its log has bounds of.

        Without it delta-rs takes every column for one: a filter on another then finds no row.
        """
        if not self.bounded:
            return {"delta.dataSkippingNumIndexedCols": "0"}
        return {"delta.dataSkippingStatsColumns": ",".join(self.bounded)}

    def delta_fields(self, names: Collection[str]) -> list[DeltaField]:
        """Columns of these names as Delta has them."""
        return [
            DeltaField(each.name, PrimitiveType(_delta_type(each.sql_type)))
            for each in (*self.columns, self.partition)
            if each.name in names
        ]


def _delta_type(sql_type: str) -> str:
    return _DELTA_TYPES.get(sql_type) or sql_type.lower()


@dataclass(frozen=True)
class DataFile:
    """A Parquet file of a table.

    Attributes
    ----------
    path
        Relative to the table's folder.
    partition
        Value of the partition column, as in the folder's name.
    rows, size
        Rows and bytes in it.
    bounds
        Least and greatest value of each bounded column that has any value.
    nulls
        Rows without a value in each bounded column; known when the file is written, for other readers.
    """

    path: str
    partition: str
    rows: int
    size: int
    bounds: Mapping[str, tuple[Bound, Bound]] = field(default_factory=dict)
    nulls: Mapping[str, int] = field(default_factory=dict, compare=False)

    def may_hold(self, column: str, low: Bound | None, high: Bound | None) -> bool:
        """Whether a value of `column` can lie in [low, high]."""
        least, greatest = self.bounds.get(column, (None, None))
        if least is None or greatest is None:
            return column not in self.bounds
        below = low is not None and greatest < low  # type: ignore[operator]
        above = high is not None and least > high  # type: ignore[operator]
        return not (below or above)


@dataclass(frozen=True)
class Held:
    """Rows of a table's files in DuckDB's memory, partition and all, and which files those are."""

    name: str
    paths: frozenset[str]


@dataclass(frozen=True)
class Contents:
    """The files of a table at one version, by partition."""

    version: int
    files: Mapping[str, DataFile]
    by_partition: Mapping[str, tuple[DataFile, ...]]

    @classmethod
    def of(cls, version: int, files: Mapping[str, DataFile]) -> Contents:
        """Group the files by partition, partitions in order."""
        groups: dict[str, list[DataFile]] = {}
        for each in files.values():
            groups.setdefault(each.partition, []).append(each)
        return cls(version, files, {name: tuple(groups[name]) for name in sorted(groups)})

    def within(self, first: str | None, last: str | None) -> list[DataFile]:
        """Files of the partitions from `first` to `last`, both included."""
        return [
            each
            for name, files in self.by_partition.items()
            if (first is None or name >= first) and (last is None or name <= last)
            for each in files
        ]

    def between(self, shape: TableShape, low: int | None, high: int | None) -> list[DataFile]:
        """Files that may hold rows of a time from `low` to `high`, both included; an end left out is open."""
        first, last = (None if each is None else shape.partition_of(each) for each in (low, high))
        return [each for each in self.within(first, last) if each.may_hold(shape.time, low, high)]


@dataclass(frozen=True)
class LogEntry:
    """One commit as the log has it.

    Attributes
    ----------
    at
        When it was made, UTC, to the millisecond.
    added, removed
        Files it added, and paths it removed.
    transactions
        Version by application id.
    note
        What the commit says about itself.
    new_data
        False if the commit only arranged the same rows in other files.
    """

    version: int
    at: datetime
    added: tuple[DataFile, ...]
    removed: tuple[str, ...]
    transactions: Mapping[str, int]
    note: Mapping[str, str]
    new_data: bool


@dataclass(frozen=True)
class Changes:
    """Files that brought and took rows between two versions.

    The rows added less the rows removed, each as often as it is there, are what has changed: a file whose
    rows went into others is among the removed, those others among the added.

    Attributes
    ----------
    added
        Files that brought rows, oldest first. One that has been arranged anew since stays on disk until
        ``vacuum``.
    removed
        Files that went with their rows; of these only path and partition are known.
    """

    added: tuple[DataFile, ...] = ()
    removed: tuple[DataFile, ...] = ()

    @classmethod
    def of(cls, entries: Iterable[LogEntry]) -> Self:
        """Add up commits; those that only arranged rows anew changed nothing."""
        added: dict[str, DataFile] = {}
        removed: list[DataFile] = []
        for entry in entries:
            if not entry.new_data:
                continue
            for path in entry.removed:
                if added.pop(path, None) is None:
                    partition = path.split("/", 1)[0].partition("=")[2]
                    removed.append(DataFile(path, partition, 0, 0))
            added.update((each.path, each) for each in entry.added)
        return cls(tuple(added.values()), tuple(removed))


def statistics(file: DataFile, times: Collection[str]) -> str:
    """A file's rows and bounds as a commit records them; `times` are the columns that hold times."""
    sides = [
        {name: _as_json(bounds[side], is_time=name in times) for name, bounds in file.bounds.items()}
        for side in (0, 1)
    ]
    return json.dumps(
        {"numRecords": file.rows, "minValues": sides[0], "maxValues": sides[1], "nullCount": dict(file.nulls)}
    )


def _as_json(bound: Bound, *, is_time: bool) -> Bound:
    if isinstance(bound, str) or not is_time:
        return bound
    return from_microseconds(bound).isoformat(timespec="microseconds").replace("+00:00", "Z")


def log_entry(version: int, text: str, shape: TableShape, folder: Path) -> LogEntry:
    """Read a commit's file in the log of the table in a folder: a JSON object a line."""
    added: list[DataFile] = []
    removed: list[str] = []
    transactions: dict[str, int] = {}
    info: dict[str, object] = {}
    new_data = False
    for line in text.splitlines():
        action = json.loads(line)
        if "add" in action:
            added.append(_added_file(action["add"], shape, folder))
            new_data |= action["add"]["dataChange"]
        elif "remove" in action:
            removed.append(action["remove"]["path"])
            new_data |= action["remove"]["dataChange"]
        elif "txn" in action:
            transactions[action["txn"]["appId"]] = action["txn"]["version"]
        elif "commitInfo" in action:
            info = action["commitInfo"]
    at = from_microseconds(int(str(info.get("timestamp", 0))) * 1000)
    note = {key: value for key, value in info.items() if isinstance(value, str)}
    return LogEntry(version, at, tuple(added), tuple(removed), transactions, note, new_data)


def files_listed(actions: pl.DataFrame, shape: TableShape, folder: Path) -> list[DataFile]:
    """Files of the table in a folder, from delta-rs's list of them."""
    bounded = [each for each in shape.bounded if {f"min.{each}", f"max.{each}"} <= {*actions.columns}]
    sides = [f"{side}.{each}" for each in bounded for side in ("min", "max")]
    actions = actions.with_columns(
        pl.col(each).dt.epoch("us") for each in sides if actions[each].dtype.is_temporal()
    ).with_columns(pl.col(f"partition.{shape.partition.name}").cast(pl.String).alias("partition"))
    return [
        _data_file(
            folder,
            shape,
            row["path"],
            row["partition"],
            row["size_bytes"],
            row.get("num_records"),
            {
                each: (row[f"min.{each}"], row[f"max.{each}"])
                for each in bounded
                if row[f"min.{each}"] is not None and row[f"max.{each}"] is not None
            },
        )
        for row in actions.iter_rows(named=True)
    ]


def _data_file(
    folder: Path,
    shape: TableShape,
    path: str,
    partition: str,
    size: int,
    rows: int | None,
    bounds: Mapping[str, tuple[Bound, Bound]],
) -> DataFile:
    """File of the table in a folder, as its log describes it; what the log leaves out is measured."""
    # Bounds of some columns and not of others are complete: the others have no value in the file.
    if rows is None or (shape.bounded and not bounds):
        rows, bounds = measured(folder / path, shape.bounded)
    return DataFile(path, partition, rows, size, bounds)


def _added_file(add: Mapping[str, Any], shape: TableShape, folder: Path) -> DataFile:
    recorded = json.loads(add.get("stats") or "{}")
    least, greatest = recorded.get("minValues") or {}, recorded.get("maxValues") or {}
    times = shape.times

    def bound(name: str, value: str) -> Bound:
        return microseconds(datetime.fromisoformat(value)) if name in times else value

    bounds = {
        name: (bound(name, least[name]), bound(name, greatest[name]))
        for name in shape.bounded
        if name in least and name in greatest
    }
    partition = add["partitionValues"][shape.partition.name]
    return _data_file(folder, shape, add["path"], partition, add["size"], recorded.get("numRecords"), bounds)
