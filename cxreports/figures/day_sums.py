"""Sums of whole days of calls, kept while a day has the same files.

What looks back for weeks, each hour or each minute, reads by this what is new and not the weeks again. Files
of the lake never change, so the files that a day has say whether sums of it still hold. Those of a day that
is over are kept in the home, where every process finds them; those of the newest day in the process.
"""

from __future__ import annotations

import hashlib
import os
import threading
import uuid
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final

import polars as pl

from cxreports.cdr.record import ALL_CUSTOMERS
from cxreports.clock import DAY_US, from_microseconds, microseconds
from cxreports.lake.parquet.lots import span_of
from cxreports.lake.parquet.partitions import day_of
from cxreports.private_file import DAY_SUMS, private_file, private_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from cxreports.lake.log import DataFile
    from cxreports.lake.snapshot import Snapshot

KEPT_DAYS: Final = 100
"""Days before one that is looked at whose sums are kept."""

_MOST_NEWEST: Final = 4


@dataclass(frozen=True)
class Question:
    """What is summed up of a day.

    Attributes
    ----------
    name
        Of its folder.
    sql
        SQL over some calls, as they stand after FROM; one of its columns is ``customer``.
    joined
        Brings the rows of two parts of a day together; None where more rows of a key add up.
    """

    name: str
    sql: Callable[[str], str]
    joined: Callable[[pl.DataFrame], pl.DataFrame] | None = None


_newest: dict[tuple[str, str], dict[int, tuple[frozenset[str], pl.DataFrame]]] = {}
_lock: Final = threading.Lock()


def day_sums(
    snapshot: Snapshot, question: Question, first: int, last: int, customer: str = ALL_CUSTOMERS
) -> pl.DataFrame:
    """Rows of a question for the UTC days from one instant to another, both included.

    Parameters
    ----------
    first, last
        Microseconds since 1970.
    """
    table, contents = snapshot.tables["cdr"], snapshot.contents["cdr"]
    begin, end = first // DAY_US, last // DAY_US + 1
    if snapshot.is_narrowed or table.only is not None:
        span = {"start": from_microseconds(begin * DAY_US), "end": from_microseconds(end * DAY_US)}
        return snapshot.query(question.sql(snapshot.scan("cdr", customer=customer, **span)))
    files: dict[int, list[DataFile]] = {}
    for each in contents.between(table.shape, begin * DAY_US, end * DAY_US - 1):
        low, high = span_of(each, table.shape)
        for day in range(max(low, begin), min(high + 1, end)):
            files.setdefault(day, []).append(each)
    # A switch may have written a call of a year to come.
    last = max((span_of(each, table.shape)[1] for each in contents.files.values()), default=0)
    newest = min(last, microseconds(datetime.now(UTC)) // DAY_US)
    keep = _Keep(snapshot, question)
    parts = [
        keep.newest(day, own) if day >= newest else keep.over(day, own) for day, own in sorted(files.items())
    ]
    found = pl.concat(parts) if parts else keep.asked(begin, [])
    return found if customer == ALL_CUSTOMERS else found.filter(pl.col("customer") == customer)


class _Keep:
    """Sums of a question that are kept."""

    def __init__(self, snapshot: Snapshot, question: Question) -> None:
        self._snapshot, self._question = snapshot, question
        self._table = snapshot.tables["cdr"]
        self._sql = hashlib.sha256(question.sql("calls").encode()).hexdigest()[:12]
        self._home = self._table.folder.parents[1]

    def asked(self, day: int, files: Sequence[DataFile]) -> pl.DataFrame:
        """Read the calls of a day in files."""
        calls = f"(FROM {self._table.rows(files)} AS rows WHERE epoch_us(call_time) // {DAY_US} = {day})"
        return self._snapshot.query(self._question.sql(calls))

    def over(self, day: int, files: Sequence[DataFile]) -> pl.DataFrame:
        """Sums of a day that is over, from the home or from its calls."""
        paths = "\n".join(sorted(each.path for each in files))
        digest = hashlib.sha256(paths.encode()).hexdigest()[:24]
        path = self._folder / f"{day_of(day * DAY_US)}-{digest}.parquet"
        # One that cannot be read is made anew.
        with suppress(OSError, pl.exceptions.PolarsError):
            return pl.read_parquet(path, hive_partitioning=False)
        found = self.asked(day, files)
        with suppress(OSError):  # a full disk or a read-only home: they are made anew each time
            self._write(found, path)
        return found

    def newest(self, day: int, files: Sequence[DataFile]) -> pl.DataFrame:
        """Sums of the newest day: of the files that were not there before, added to those that were."""
        paths = frozenset(each.path for each in files)
        key = str(self._table.folder), f"{self._question.name}-{self._sql}"
        with _lock:
            before, found = _newest.get(key, {}).get(day, (frozenset(), None))
        if found is None or not before <= paths:
            found = self.asked(day, files)
        elif before < paths:
            added = self.asked(day, [each for each in files if each.path not in before])
            found = pl.concat([found, added])
            found = self._question.joined(found) if self._question.joined else found
        with _lock:
            kept = _newest.setdefault(key, {})
            kept[day] = paths, found
            while len(kept) > _MOST_NEWEST:
                kept.pop(min(kept))
        return found

    @property
    def _folder(self) -> Path:
        return self._home / DAY_SUMS / f"{self._question.name}-{self._sql}"

    def _write(self, found: pl.DataFrame, path: Path) -> None:
        for folder in (path.parent.parent, path.parent):
            private_folder(folder)
        unfinished = path.with_name(f".{uuid.uuid4().hex}")
        try:
            found.write_parquet(private_file(unfinished))
            os.replace(unfinished, path)  # noqa: PTH105 (as sealed does)
        finally:
            unfinished.unlink(missing_ok=True)
        self._tidy(path)

    def _tidy(self, kept: Path) -> None:
        """Remove sums of the same day's other files, and of days that nobody looks back to."""
        day = kept.name[: len("2026-01-01")]
        oldest = (date.fromisoformat(day) - timedelta(days=KEPT_DAYS)).isoformat()
        for path in kept.parent.glob("*.parquet"):
            of = path.name[: len(day)]
            if (of == day and path != kept) or of < oldest:
                path.unlink(missing_ok=True)
