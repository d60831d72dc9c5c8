"""What waits in a spool is loaded in as few loads as there can be, and nothing confirmed is lost."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from switch_calls import freeswitch_record

from cxreports import Lake
from cxreports.feeds import spool
from cxreports.feeds.configuration import Delivered
from cxreports.feeds.intake import PushIntake
from cxreports.feeds.spool import FOLDER, ready
from cxreports.lake import Store

if TYPE_CHECKING:
    from pathlib import Path

FEED = "fs1"


def put(home: Path, number: int, text: str) -> Path:
    folder = home / FOLDER / FEED
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{number:020d}-000000.json"
    path.write_text(text)
    return path


def records(*numbers: int) -> str:
    return "".join(json.dumps(freeswitch_record(number)) + "\n" for number in numbers)


def counts(home: Path) -> tuple[int, int]:
    """How many calls the lake has, and how many loads brought them."""
    lake = Lake(home)
    (found,) = lake.sql("SELECT count(*), count(DISTINCT load) FROM cdr").fetchall()
    return found


@pytest.fixture
def intake(tmp_path: Path) -> PushIntake:
    Lake(tmp_path).create()
    return PushIntake(Delivered(name=FEED, format="freeswitch"), tmp_path)


def test_files_that_had_to_wait_are_one_load(intake: PushIntake, tmp_path: Path) -> None:
    for number in range(5):
        put(tmp_path, number, records(number, 100 + number))
    delivery = intake.take(Store(tmp_path))
    assert delivery is not None
    assert (delivery.rows, delivery.loaded, delivery.refused) == (10, 10, 0)
    assert counts(tmp_path) == (10, 1)
    assert ready(tmp_path, FEED) == []


def test_what_was_loaded_when_it_was_killed_is_not_loaded_twice(intake: PushIntake, tmp_path: Path) -> None:
    texts = [records(number) for number in range(4)]
    for number, text in enumerate(texts):
        put(tmp_path, number, text)
    intake.take(Store(tmp_path))
    # Killed before the files were removed; another one has come since, so they are joined otherwise.
    for number, text in enumerate([*texts[1:], records(9)]):
        put(tmp_path, number, text)
    delivery = intake.take(Store(tmp_path))
    assert delivery is not None
    assert (delivery.rows, delivery.loaded, delivery.duplicates) == (4, 1, 3)
    assert counts(tmp_path)[0] == 5


def test_a_file_at_fault_is_kept_and_stops_no_other(
    intake: PushIntake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool, "_MOST_JOINED", 3 * len(records(1)))
    put(tmp_path, 1, records(1))
    spoilt = put(tmp_path, 2, "no record at all\n")
    for number in range(3, 8):
        put(tmp_path, number, records(number))
    delivery = intake.take(Store(tmp_path))
    assert delivery is not None
    assert delivery.loaded == 6
    assert counts(tmp_path)[0] == 6
    kept = sorted(path.name for path in (tmp_path / FOLDER / FEED).iterdir())
    assert kept in ([], [spoilt.with_suffix(".refused").name])
    if not kept:
        # Beside records that can be read the line is one that cannot.
        assert Lake(tmp_path).sql("SELECT raw FROM reject").fetchall() == [("no record at all",)]
