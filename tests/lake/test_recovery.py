"""A load that is killed, at any moment: the next one completes it, and nothing counts twice."""

from __future__ import annotations

import random
import shutil
import signal
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import preloaded
import pytest
from lake_calls import LOADER, PLAIN, call, counts, some, stored, write_calls

from cxreports.lake import Store
from cxreports.lake.table import Table

if TYPE_CHECKING:
    from pathlib import Path

    from cxreports.cdr.source_format import SourceFormat


class KilledError(BaseException):
    """Stands for the end of the process."""


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory, plain: SourceFormat) -> Path:
    """Home of a lake with a hundred calls."""
    folder = tmp_path_factory.mktemp("before")
    store = Store(folder / "home")
    store.load(write_calls(folder / "before.csv", some(0, 100)), source_format=plain)
    return store.home


@pytest.mark.parametrize("whole", [True, False], ids=["after", "before"])
@pytest.mark.parametrize("nth", range(7))
def test_killed_around_any_commit(
    store: Store,
    before: Path,
    tmp_path: Path,
    plain: SourceFormat,
    monkeypatch: pytest.MonkeyPatch,
    nth: int,
    whole: bool,
) -> None:
    shutil.copytree(before, store.home, dirs_exist_ok=True)
    bad = call(9, "not a time", "2026-03-01T10:01:00Z")
    first, second = (
        write_calls(tmp_path / f"{each}.csv", [*some(each * 300, each * 300 + 400), bad]) for each in range(2)
    )
    commits = iter(range(100))
    commit = Table.commit

    def killed(self: Table, **given: Any) -> int:
        if next(commits) != nth:
            return commit(self, **given)
        if whole:
            commit(self, **given)
        raise KilledError

    with monkeypatch.context() as patched, suppress(KilledError):
        patched.setattr(Table, "commit", killed)
        store.load(first, second, source_format=plain)
    assert next(commits) > nth
    again = Store(store.home)
    assert stored(again) in {100, 700}
    for report in again.load(first, second, source_format=plain):
        counts(report)
    assert stored(again) == 700
    assert stored(again, "reject") == 2
    assert again.verify().is_empty()


def test_recover_alone_completes_what_was_begun(
    store: Store, tmp_path: Path, plain: SourceFormat, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = Table.commit

    def killed(self: Table, **given: Any) -> int:
        if self.shape.name == "hourly":
            raise KilledError
        return commit(self, **given)

    path = write_calls(tmp_path / "a.csv", some(0, 100))
    with monkeypatch.context() as patched:
        patched.setattr(Table, "commit", killed)
        with pytest.raises(KilledError):
            store.load(path, source_format=plain)
    assert stored(store) == 0
    store.recover()
    assert stored(store) == 100
    assert store.verify().is_empty()


def kill_at_random(store: Store, tmp_path: Path, moments: int, seed: int) -> None:
    """Kill a loading process at random moments, then load to the end."""
    chance = random.Random(seed)
    bad = call(9, "not a time", "2026-03-01T10:01:00Z")
    files = [
        str(write_calls(tmp_path / f"{each}.csv", [*some(each * 700, each * 700 + 1000), bad]))
        for each in range(6)
    ]
    command = [sys.executable, "-c", LOADER, str(store.home), PLAIN, *files]
    for _ in range(moments):
        loader = preloaded.Popen(command)
        time.sleep(0.4 + chance.random() * 1.6)
        loader.send_signal(signal.SIGKILL)
        loader.wait()
    assert preloaded.run(command, check=False).returncode == 0
    assert stored(store) == 6 * 700 + 300
    assert stored(store, "reject") == len(files)
    assert store.verify().is_empty()


def test_killed_at_random_moments(store: Store, tmp_path: Path) -> None:
    kill_at_random(store, tmp_path, 5, seed=1)


@pytest.mark.slow
def test_killed_at_fifty_random_moments(store: Store, tmp_path: Path) -> None:
    for each in range(10):
        home = tmp_path / str(each)
        home.mkdir()
        kill_at_random(Store(home / "home"), home, 5, seed=each)
