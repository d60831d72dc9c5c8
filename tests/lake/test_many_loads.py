"""Many small loads, one after the other: few files are left, and who reads beside them sees each."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from lake_calls import call, some, stored, write_calls

from cxreports.lake import Store

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cxreports.cdr.source_format import SourceFormat
    from cxreports.lake import LoadReport

DAYS, MINUTES = 16, 10
"""Loads of one day each, and of one minute each; together more than there are commits between checkpoints."""


@dataclass
class Loaded:
    """A lake of many loads, and what was seen of it meanwhile.

    Attributes
    ----------
    writer
        Loaded all of them.
    reader
        Looked after each.
    reports
        Of each load.
    seen
        Calls that the reader saw after each.
    versions
        Of each table, as the writer's snapshot after each load had them.
    """

    writer: Store
    reader: Store
    reports: list[LoadReport]
    seen: list[int]
    versions: list[Mapping[str, int]]


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory, plain: SourceFormat) -> Loaded:
    folder = tmp_path_factory.mktemp("many")
    lake = Loaded(Store(folder / "home"), Store(folder / "home"), [], [], [])
    lake.writer.create()
    assert stored(lake.reader) == 0
    days = [call(900 + nth, f"2026-03-{nth:02}T10:00:00Z", "", duration_s="60") for nth in range(1, DAYS + 1)]
    calls = [*days, *some(0, MINUTES)]
    for nth, each in enumerate(calls):
        # With the call before it, which is there already.
        path = write_calls(folder / f"{nth}.csv", [*calls[max(nth - 1, 0) : nth], each])
        lake.reports += lake.writer.load(path, source_format=plain)
        lake.seen.append(stored(lake.reader))
        lake.versions.append(lake.writer.snapshot().versions)
    return lake


def test_other_stores_loads_are_seen(loaded: Loaded) -> None:
    assert loaded.seen == list(range(1, DAYS + MINUTES + 1))
    assert [each.duplicates for each in loaded.reports] == [0] + [1] * (DAYS + MINUTES - 1)
    assert loaded.reader.snapshot().versions == Store(loaded.reader.home).snapshot().versions


def test_a_version_is_the_same_read_from_the_log_and_rolled_forward(loaded: Loaded) -> None:
    opened = Store(loaded.writer.home).snapshot()
    for store in (loaded.writer, loaded.reader):
        rolled = store.snapshot()
        assert rolled.versions == opened.versions
        for name, contents in rolled.contents.items():
            assert contents.files == opened.contents[name].files
    old = loaded.versions[2]
    for store in (loaded.writer, Store(loaded.writer.home)):
        past = store.snapshot(old["channels"])
        assert past.versions == old
        assert {name: each.version for name, each in past.contents.items()} == old


def test_few_files_are_left(loaded: Loaded) -> None:
    snapshot = loaded.writer.snapshot()
    files = {name: len(contents.files) for name, contents in snapshot.contents.items()}
    assert all(number <= 14 for number in files.values()), files
    assert files["cdr"] <= 8
    assert loaded.writer.verify().is_empty()
    assert snapshot.customers()["cdrs"].to_list() == [DAYS + MINUTES]


def test_they_come_together_once(loaded: Loaded, tmp_path: Path) -> None:
    shutil.copytree(loaded.writer.home, tmp_path / "home")
    store = Store(tmp_path / "home")
    store.compact()
    (only,) = store.snapshot().contents["cdr"].files.values()
    assert only.rows == DAYS + MINUTES
    assert store.compact() == 0
    assert store.verify().is_empty()
