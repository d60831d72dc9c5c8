"""Call records as a file, CSV or Parquet, streamed piece by piece so that memory does not grow with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import polars as pl
import pyarrow as pa
from pyarrow import parquet

from cxreports.cdr.record import COLUMNS
from cxreports.csv_files import csv_of_frame
from cxreports.errors import BadFilter
from cxreports.figures.call_records import NEVER, ask, check_columns, hours_of, select_sql

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from cxreports.figures.call_records import CdrFilter
    from cxreports.lake.snapshot import Snapshot

Format = Literal["csv", "parquet"]

SLICE_ROWS: Final = 50_000
"""Calls that are held in memory at once, unless a single hour has more."""

_BATCH_ROWS: Final = 10_000

_ISO: Final = "%Y-%m-%dT%H:%M:%S%.6fZ"


def download(
    snapshot: Snapshot,
    asked: CdrFilter,
    *,
    columns: Sequence[str] = COLUMNS,
    format: Format = "csv",  # noqa: A002 (what people call it)
    progress: Callable[[int], object] | None = None,
) -> Iterator[bytes]:
    """Write the calls that a filter lets through as a file, oldest first, piece by piece.

    Parameters
    ----------
    columns
        Columns of the record, in the order wanted.
    format
        ``csv``: as `cxreports.csv_files` writes it, under column names, ISO times in UTC, decimals
        in full. ``parquet``: the columns as the lake holds them.
    progress
        Is told how many calls have been read so far.

    Yields
    ------
    bytes
        Pieces of some ten thousand calls; all of them together are the file.

    Raises
    ------
    BadFilter
        There is no such column or format.
    NoSuchCustomer
        The customer has no call at all.
    """
    check_columns(columns)
    if format not in {"csv", "parquet"}:
        raise BadFilter(f"calls are downloaded as csv or parquet, not as {format!r}")
    batches = _told(_batches(snapshot, asked, columns), progress)
    return _csv(batches) if format == "csv" else _parquet(batches)


def _batches(snapshot: Snapshot, asked: CdrFilter, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Read the calls by call time; the first batch is empty and has the columns."""
    listed = ", ".join(columns)
    hours = hours_of(snapshot, asked)
    for period in (NEVER, *hours.slices(SLICE_ROWS)):
        sql, values = select_sql(snapshot, asked, period, listed)
        reader = ask(snapshot, f"{sql} ORDER BY call_time, record_key", values).to_arrow_reader(_BATCH_ROWS)
        if period is NEVER:
            yield pa.RecordBatch.from_pylist([], schema=reader.schema)
        yield from reader


def _told(
    batches: Iterator[pa.RecordBatch], progress: Callable[[int], object] | None
) -> Iterator[pa.RecordBatch]:
    done = 0
    for batch in batches:
        done += batch.num_rows
        if progress:
            progress(done)
        yield batch


def _csv(batches: Iterator[pa.RecordBatch]) -> Iterator[bytes]:
    for at, batch in enumerate(batches):
        texts = pl.DataFrame(batch).select(_text(each.name, each.type) for each in batch.schema)
        yield csv_of_frame(texts, continues=at > 0, line_terminator="\n")


def _text(name: str, kind: pa.DataType) -> pl.Expr:
    """Write a column as CSV has it."""
    column = pl.col(name)
    if pa.types.is_timestamp(kind):
        return column.dt.to_string(_ISO)
    if pa.types.is_decimal(kind):
        return column.cast(pl.String).str.strip_chars_end("0").str.strip_chars_end(".")
    return column


class _Pieces:
    """A file that is written to and taken away piece by piece."""

    closed = False

    def __init__(self) -> None:
        self._written: list[bytes] = []
        self._at = 0

    def write(self, piece: bytes) -> int:
        self._written.append(bytes(piece))
        self._at += len(piece)
        return len(piece)

    def tell(self) -> int:
        return self._at

    def flush(self) -> None:
        """Nothing waits."""

    def close(self) -> None:
        self.closed = True

    def taken(self) -> bytes:
        pieces, self._written = b"".join(self._written), []
        return pieces


def _parquet(batches: Iterator[pa.RecordBatch]) -> Iterator[bytes]:
    pieces = _Pieces()
    with parquet.ParquetWriter(pieces, next(batches).schema, compression="zstd") as writer:
        waiting: list[pa.RecordBatch] = []
        for batch in batches:
            waiting.append(batch)
            if sum(each.num_rows for each in waiting) >= SLICE_ROWS:
                writer.write_table(pa.Table.from_batches(waiting))
                waiting = []
                yield pieces.taken()
        if waiting:
            writer.write_table(pa.Table.from_batches(waiting))
    yield pieces.taken()
