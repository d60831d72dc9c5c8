"""What was loaded: the facts of each load, as its commit notes them and ``loads`` lists them.

A commit to ``cdr`` carries the facts, so that there is no load without its entry; ``derive`` writes them into
the table with the next head.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Self

import polars as pl

from cxreports.cdr.evidence.manner import Manner
from cxreports.lake.parquet.frames import polars_types, write_frame
from cxreports.lake.shapes import LOADS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import duckdb

    from cxreports.lake.head import Tables
    from cxreports.lake.log import DataFile, LogEntry

NUMBER: Final = "loads"
"""Application id under which ``cdr`` keeps the number that was given out last."""

OPERATION: Final = "load_number"
"""Note of a commit to ``reject`` or ``leg``: number of the load or unload that it belongs to."""

LOADED: Final = "load"
"""Note of a commit to ``cdr``: the facts of its load, as JSON, or a list of those of several."""

TAKEN_BACK: Final = "unload"
"""Note of a commit to ``cdr``: numbers of the loads that it takes back, as JSON."""


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
    last_call
        Time of the latest call that was read; None where none was, or the file was known already.
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
    last_call: datetime | None = None


@dataclass(frozen=True)
class Load:
    """Facts of a load: see `LOADS`."""

    load: int
    id: int
    file: str
    file_hash: str
    source: str
    format: str | None
    customer: str | None
    zone: str
    loaded_at: str
    rows: int = 0
    loaded: int = 0
    duplicates: int = 0
    rejected: int = 0
    paired: int = 0
    size: int | None = None
    heading: int = 0
    lines: int = 0
    tail: int | None = None
    completes: str | None = None
    dates: str | None = None
    dates_certain: bool | None = None
    decimal_comma: bool | None = None

    @classmethod
    def read(cls, note: str) -> list[Self]:
        """Facts out of a commit's note: those of one load, or of all that came together."""
        facts = json.loads(note)
        return [cls(**each) for each in (facts if isinstance(facts, list) else [facts])]

    @classmethod
    def of_row(cls, row: dict[str, Any]) -> Self:
        """Facts out of a row of ``loads``."""
        named = {each.name: row[each.name] for each in fields(cls)}
        return cls(**named | {"loaded_at": row["loaded_at"].isoformat()})

    @property
    def numbers(self) -> tuple[int, ...]:
        """Numbers that its records are stored under."""
        return (self.load,) if self.tail is None else (self.load, self.tail)

    def read_in(self, manner: Manner | None) -> Self:
        """Load with the manner in which its file was read, if anything stood in it."""
        if manner is None:
            return self
        certain = manner.order_certain if manner.order else None
        return replace(self, dates=manner.order, dates_certain=certain, decimal_comma=manner.decimal_comma)

    @property
    def manner(self) -> Manner | None:
        """Manner in which its file was read; None if a version loaded it that did not note it."""
        if self.decimal_comma is None:
            return None
        certain = self.dates_certain is not False
        return Manner(self.zone, self.dates, order_certain=certain, decimal_comma=self.decimal_comma)


def noted(loads: Sequence[Load]) -> str:
    """The facts of loads as a commit notes them."""
    # Not asdict, which copies each value.
    facts = [vars(each) for each in loads]
    return json.dumps(facts if len(facts) > 1 else facts[0], ensure_ascii=False)


def next_number(tables: Tables) -> int:
    """Number of the next load or unload."""
    return (tables.cdr.transaction(NUMBER) or 0) + 1


def completed(connection: duckdb.DuckDBPyConnection, resolved: str | None) -> str | None:
    """Digests of the files whose waiting rows a file completed, as a JSON array."""
    if not resolved:
        return None
    found = connection.execute(f"SELECT DISTINCT file_hash FROM {resolved} ORDER BY 1")
    return json.dumps([digest for (digest,) in found.fetchall()])


def stored_loads(connection: duckdb.DuckDBPyConnection, tables: Tables) -> list[Load]:
    """Loads that the table lists, in order."""
    files = tables.loads.contents().files.values()
    rows = connection.sql(f"FROM {tables.loads.rows(files)} ORDER BY load").pl()
    return [Load.of_row(row) for row in rows.iter_rows(named=True)]


def list_loads(
    connection: duckdb.DuckDBPyConnection, tables: Tables, entries: Iterable[LogEntry]
) -> tuple[list[DataFile], list[DataFile]]:
    """Write what commits to ``cdr`` loaded and took back; give files of ``loads`` to add and to remove."""
    new: list[Load] = []
    gone: set[int] = set()
    for entry in entries:
        if LOADED in entry.note:
            new += Load.read(entry.note[LOADED])
        gone |= set(json.loads(entry.note.get(TAKEN_BACK, "[]")))
    table = tables.loads
    remove: list[DataFile] = []
    kept: list[Load] = []
    if gone:
        remove = [
            each for each in table.contents().files.values() if each.may_hold("load", min(gone), max(gone))
        ]
        rows = connection.sql(f"FROM {table.rows(remove)}").pl()
        kept = [Load.of_row(row) for row in rows.iter_rows(named=True)]
    by_year: dict[str, list[Load]] = {}
    for each in (*kept, *new):
        if each.load not in gone:
            by_year.setdefault(f"{each.loaded_at[:4]}-01-01", []).append(each)
    add = [file for year, loads in by_year.items() for file in _written(tables, year, loads)]
    return add, remove


def _written(tables: Tables, year: str, loads: Iterable[Load]) -> list[DataFile]:
    rows = [vars(each) | {"loaded_at": datetime.fromisoformat(each.loaded_at)} for each in loads]
    frame = pl.DataFrame(rows, schema=pl.Schema(polars_types(LOADS)))
    return write_frame(tables.loads, frame.sort("load"), year)
