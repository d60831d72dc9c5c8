"""Small files loaded together, against the same files loaded one by one."""

from __future__ import annotations

import json
import random
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from small_files import json_file, state, written

from cxreports.cdr.bundles.forms import Form
from cxreports.lake import Store
from cxreports.lake.table import Table

if TYPE_CHECKING:
    from pathlib import Path

    from cxreports.lake import LoadReport


class KilledError(BaseException):
    """Stands for the end of the process."""


ALONE = "cxreports.lake.load.MOST_FILES"


def loaded(
    store: Store, paths: list[Path], patch: pytest.MonkeyPatch, *, together: bool, zone: str = "UTC"
) -> list[LoadReport]:
    """Load files together, or each by itself."""
    with patch.context() as patched:
        if not together:
            patched.setattr(ALONE, 1)
        return [replace(report, seconds=0) for report in store.load(*paths, zone=zone)]


@pytest.mark.parametrize(
    ("kinds", "seed"),
    [
        ("cj", 2),
        *(pytest.param(kinds, 3, marks=pytest.mark.slow) for kinds in ("c", "a", "j", "caj")),
    ],
)
def test_files_loaded_together_are_the_same_files_loaded_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kinds: str, seed: int
) -> None:
    chance = random.Random(seed)
    zone = chance.choice(["UTC", "Europe/Berlin"])
    first = written(chance, tmp_path, 5, kinds)
    (tmp_path / "more").mkdir()
    second = [*written(chance, tmp_path / "more", 3, kinds), first[1]]
    chance.shuffle(second)
    one, many = Store(tmp_path / "one"), Store(tmp_path / "many")
    for paths in (first, second):
        expected = loaded(one, paths, monkeypatch, together=False, zone=zone)
        assert loaded(many, paths, monkeypatch, together=True, zone=zone) == expected
        assert state(many) == state(one)
    numbers = one.loads()["id"].to_list()
    for store in (one, many):
        store.unload(*numbers[1:3])
    assert state(many) == state(one)
    assert many.verify().is_empty()


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 6))])
def test_files_that_look_alike_are_read_as_each_is_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Many of one heading or one form, so that what one showed is taken for others; dirty ones between."""
    chance = random.Random(seed)
    (tmp_path / "more").mkdir()
    paths = [*written(chance, tmp_path, 14, "f"), *written(chance, tmp_path / "more", 10, "c")]
    filled = list[str]()
    fill = Form.records
    monkeypatch.setattr(Form, "records", lambda *given: (filled.append(given[1]), fill(*given))[1])
    one, many = Store(tmp_path / "one"), Store(tmp_path / "many")
    expected = loaded(one, paths, monkeypatch, together=False)
    assert not filled
    assert loaded(many, paths, monkeypatch, together=True) == expected
    assert len(filled) > 2
    assert state(many) == state(one)


def test_a_bundle_is_one_commit_and_each_file_a_load(tmp_path: Path) -> None:
    """Two legs of a call, and the first of them once more: a file each."""
    legs = [
        {"uuid": "a", "hangup_cause": "NORMAL_CLEARING", "direction": "inbound", "answer_uepoch": "0"},
        {"uuid": "b", "hangup_cause": "USER_BUSY", "originating_leg_uuid": "a", "answer_uepoch": "0"},
    ]
    paths = [tmp_path / f"{name}.cdr.json" for name in ("a", "b", "again")]
    for path, leg in zip(paths, [*legs, legs[0]], strict=True):
        record = {"variables": {"start_uepoch": "1767261600000000", **leg}, "of": path.name}
        path.write_text(json.dumps(record) + "\n")
    store = Store(tmp_path / "home")
    reports = store.load(*paths)
    assert [(report.rows, report.loaded, report.duplicates) for report in reports] == [
        (1, 1, 0),
        (1, 1, 0),
        (1, 0, 1),
    ]
    assert store.snapshot().query("SELECT legs, load FROM cdr").rows() == [(2, 0)]
    assert store.snapshot().versions["cdr"] == 1
    loads = store.loads()
    assert loads["file"].to_list() == [path.name for path in paths]
    store.unload(loads["id"][1])
    assert store.snapshot().query("SELECT legs, release_reason FROM cdr").rows() == [(1, "NORMAL_CLEARING")]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Path], dict[str, list[Any]]]:
    """Legs, a line set aside and a record that comes twice, so that each table has a commit; their lake."""
    chance, folder = random.Random(5), tmp_path_factory.mktemp("bundle")
    paths = [folder / f"{name}.json" for name in range(5)]
    for name, path in enumerate(paths):
        path.write_text(json_file(chance, [name // 2, name]))
    paths[3].write_text(json_file(chance, [7]).replace('"start_uepoch": "1', '"start_uepoch": "x1'))
    store = Store(folder / "home")
    store.load(*paths)
    return paths, state(store)


@pytest.mark.parametrize("nth", range(3), ids=["reject", "leg", "cdr"])
def test_killed_at_any_commit_of_a_bundle(
    bundle: tuple[list[Path], dict[str, list[Any]]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    nth: int,
) -> None:
    paths, expected = bundle
    commits, commit = iter(range(100)), Table.commit

    def killed(self: Table, **given: Any) -> int:
        version = commit(self, **given)
        if next(commits) == nth:
            raise KilledError
        return version

    store = Store(tmp_path / "home")
    with monkeypatch.context() as patched, suppress(KilledError):
        patched.setattr(Table, "commit", killed)
        store.load(*paths)
    store.load(*paths)
    assert state(store) == expected
