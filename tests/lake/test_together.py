"""Small files loaded together, against the same files loaded one by one."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from small_files import state, written

from cxreports.errors import LakeError
from cxreports.lake import Store

if TYPE_CHECKING:
    from pathlib import Path

    from cxreports.lake import LoadReport

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
    [("c", 1), ("j", 2), ("caj", 3), *(pytest.param(kinds, seed, marks=pytest.mark.slow) for kinds in ("c", "a", "j", "caj") for seed in range(10, 13))],
)
def test_files_loaded_together_are_the_same_files_loaded_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kinds: str, seed: int
) -> None:
    chance = random.Random(seed)
    zone = chance.choice(["UTC", "Europe/Berlin"])
    first = written(chance, tmp_path, 14, kinds)
    (tmp_path / "more").mkdir()
    second = [*written(chance, tmp_path / "more", 8, kinds), *chance.sample(first, 3)]
    chance.shuffle(second)
    one, many = Store(tmp_path / "one"), Store(tmp_path / "many")
    for paths in (first, second):
        expected = loaded(one, paths, monkeypatch, together=False, zone=zone)
        assert loaded(many, paths, monkeypatch, together=True, zone=zone) == expected
        assert state(many) == state(one)
    numbers = one.loads()["id"].to_list()
    for number in chance.sample(numbers, min(2, len(numbers))):
        for store in (one, many):
            try:
                store.unload(number)
            except LakeError:
                continue
        assert state(many) == state(one)
    expected = loaded(one, first, monkeypatch, together=False, zone=zone)
    assert loaded(many, first, monkeypatch, together=True, zone=zone) == expected
    assert state(many) == state(one)
    assert many.verify().is_empty()
