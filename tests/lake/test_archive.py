"""Commits that have left a table's log: it stays short, and every version can be opened as before."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from deltalake import DeltaTable
from lake_calls import call, write_calls

from cxreports.errors import NoSuchVersion
from cxreports.lake import Store
from cxreports.lake.log import DataFile
from cxreports.lake.past import archive
from cxreports.lake.shapes import CDR
from cxreports.lake.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable

    from cxreports.cdr.source_format import SourceFormat

NEWEST = 8
"""Commits that stay at least, here."""

CHECKPOINTS = 4
"""Commits between checkpoints."""

LOADS = 13


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "NEWEST", NEWEST)
    monkeypatch.setattr("cxreports.lake.table._CHECKPOINT_EVERY", CHECKPOINTS)


@dataclass
class Written:
    """A table, and what was in it at each version, as its writer knows it."""

    table: Table
    files: list[dict[str, DataFile]] = field(default_factory=lambda: [{}])

    def commit(self, count: int) -> None:
        """Add a file at each commit, and take the one before the last away."""
        for _ in range(count):
            nth, now = len(self.files), dict(self.files[-1])
            at = 1_750_000_000_000_000 + nth
            bounds = {"call_time": (at, at + 5), "end_time": (at, at + 9), "customer": ("a", f"ü-{nth}")}
            new = DataFile(f"year=2026-01-01/{nth}.parquet", "2026-01-01", nth, 100 + nth, bounds)
            gone = [now.pop(f"year=2026-01-01/{nth - 2}.parquet")] if nth > 2 else []
            now[new.path] = new
            self.table.commit(add=[new], remove=gone, transactions={"nth": nth}, note={"said": f"{nth}"})
            self.files.append(now)

    def check(self, table: Table, first: int = 0) -> None:
        """Compare every version with what its writer knows."""
        for version in range(len(self.files) - 1, first - 1, -1):
            contents = table.contents(version)
            assert (contents.version, dict(contents.files)) == (version, self.files[version])
            entry = table.entry(version)
            assert entry is not None
            assert (entry.transactions, entry.note.get("said")) == (
                ({"nth": version}, str(version)) if version else ({}, None)
            )


@pytest.fixture
def written(tmp_path: Path) -> Written:
    table = Table(tmp_path / "lake", CDR)
    table.create()
    return Written(table)


def log_files(table: Table) -> list[str]:
    return sorted(each.name for each in (table.folder / "_delta_log").iterdir())


def test_a_log_stays_short_and_every_version_opens(written: Written) -> None:
    most = 0
    for _ in range(18):
        written.commit(5)
        written.table.archive()
        most = max(most, len(log_files(written.table)))
    assert most < 2 * NEWEST + 2 * CHECKPOINTS + 5
    written.check(written.table)
    written.check(Table(written.table.folder.parent, CDR))
    assert written.table.first() == Table(written.table.folder.parent, CDR).first() == 0
    assert [each.rows for each in written.table.changes_since(7).added] == [89, 90]


def test_other_programs_open_what_is_left(written: Written) -> None:
    written.commit(40)
    written.table.archive()
    oldest = min(int(name[:20]) for name in log_files(written.table) if name[0] == "0")
    assert oldest > 20
    for version in (oldest, 36, 40):
        opened = DeltaTable(str(written.table.folder), version=version)
        assert {Path(each).name for each in opened.file_uris()} == {
            Path(each).name for each in written.files[version]
        }


def test_who_opened_it_long_ago_finds_what_is_new(written: Written) -> None:
    written.commit(3)
    asleep, awake = (Table(written.table.folder.parent, CDR) for _ in range(2))
    asleep.open()
    assert asleep.latest() == awake.latest() == 3
    for _ in range(3):
        written.commit(25)
        written.table.archive()
    for each in (asleep, awake):
        assert each.latest() == 78
        assert dict(each.contents().files) == written.files[-1]
        assert each.transaction("nth") == 78
        written.check(each)


def test_an_old_lakes_long_log_moves_bit_by_bit(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    written.commit(70)
    monkeypatch.setattr(archive, "_MOST_RUNS", 2)
    lengths = []
    for _ in range(6):
        written.table.archive()
        lengths.append(len(log_files(written.table)))
        written.check(Table(written.table.folder.parent, CDR))
    assert lengths[0] > lengths[1] > lengths[2] > lengths[3]
    assert lengths[-1] == lengths[-2] <= 2 * NEWEST


class Killed(BaseException):
    """Where the process would have ended: four runs are written, 27 commits go, then six checkpoints."""


@pytest.mark.parametrize("nth", [0, 3, 4, 12, 30, 34])
def test_killed_at_any_file(written: Written, monkeypatch: pytest.MonkeyPatch, nth: int) -> None:
    written.commit(35)
    calls = iter(range(1_000))

    def dies(act: Callable[..., Any]) -> Callable[..., Any]:
        def acted(*given: Any, **more: Any) -> Any:
            if next(calls) == nth:
                raise Killed
            return act(*given, **more)

        return acted

    with monkeypatch.context() as patch, suppress(Killed):
        patch.setattr(Path, "unlink", dies(Path.unlink))
        patch.setattr(Path, "replace", dies(Path.replace))
        written.table.archive()
    written.check(Table(written.table.folder.parent, CDR))
    written.commit(20)
    written.table.archive()
    written.check(Table(written.table.folder.parent, CDR))
    assert len(log_files(written.table)) < 2 * NEWEST + 2 * CHECKPOINTS


def test_what_no_version_needs_goes(written: Written) -> None:
    for _ in range(4):
        written.commit(20)
        written.table.archive()
    runs = sorted((written.table.folder / "_past").iterdir())
    assert len(runs) >= 3
    second = int(runs[1].name.split(".")[0])
    written.table.vacuum(second + 1)
    assert written.table.first() == second
    written.check(written.table, first=second)
    with pytest.raises(NoSuchVersion):
        Table(written.table.folder.parent, CDR).contents(3)
    long_ago = time.time() - archive.KEPT_S - 60
    for each in (written.table.folder / "_past").iterdir():
        os.utime(each, (long_ago, long_ago))
    written.commit(20)
    written.table.archive()
    assert written.table.first() > runs.index(runs[-1])
    written.check(written.table, first=written.table.first())


def test_a_lake_of_many_loads_shows_its_past(
    tmp_path: Path, plain: SourceFormat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "NEWEST", 4)
    store = Store(tmp_path / "home")
    times: list[datetime] = []
    reader = Store(store.home)
    for nth in range(LOADS):
        day = f"2026-01-{1 + nth:02}"
        path = write_calls(tmp_path / f"{nth}.csv", [call(nth, f"{day}T10:00:00Z", f"{day}T10:01:00Z")])
        store.load(path, source_format=plain)
        times.append(datetime.now(UTC))
        assert reader.snapshot().query("SELECT count(*) FROM cdr").item() == nth + 1
        if nth == 2:
            early = reader.snapshot()
    assert (store.home / "lake" / "channels" / "_past").exists()
    assert early.query("SELECT count(*) FROM cdr").item() == 3
    for each in (store, Store(store.home)):
        for nth, at in enumerate(times):
            past = each.snapshot(as_of=at)
            assert past.query("SELECT count(*) FROM cdr").item() == nth + 1
            assert past.query("SELECT sum(attempts) FROM hourly").item() == nth + 1
            assert each.snapshot(as_of=past.head.version).head == past.head
    assert store.verify().is_empty()
    assert store.vacuum(keep_hours=0) > 0
    with pytest.raises(NoSuchVersion):
        store.snapshot(as_of=times[0])
    assert store.snapshot().query("SELECT count(*) FROM cdr").item() == LOADS
