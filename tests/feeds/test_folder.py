import gzip
import json
import logging
import multiprocessing
import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from driving import until

import cxreports
from cxreports import beside
from cxreports.errors import CxreportsError, LakeBusy, NotACdrFile
from cxreports.feeds.configuration import Folder as FolderFeed
from cxreports.feeds.feeding import feeding
from cxreports.feeds.folder import FIRST_RETRY_S, SETTLE_S, UNFINISHED_SETTLE_S, Landing, load_ready
from cxreports.feeds.intake import FolderIntake
from cxreports.feeds.noticing import Noticing

DATA = Path(__file__).resolve().parents[2] / "data"
LINE = "a,b,c\n"


@dataclass
class Report:
    rows: int = 1
    loaded: int = 1
    duplicates: int = 0
    rejected: int = 0
    refused: str | None = None


@dataclass
class Loads:
    """Stands for a lake: remembers what it was given, and raises what a test wants, by one file or any."""

    error: Exception | None = None
    by: str = ""

    def __post_init__(self) -> None:
        self.names: list[str] = []

    def __call__(self, paths: Sequence[Path]) -> list[Report]:
        given = names(paths)
        self.names += given
        if self.error is not None and (not self.by or self.by in given):
            raise self.error
        return [Report() for _ in paths]


def names(paths: Sequence[Path]) -> list[str]:
    return [path.name for path in paths]


def test_a_file_is_ready_once_it_has_settled(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    (tmp_path / "a.csv").write_text(LINE)
    assert landing.ready(0.0) == []
    assert names(landing.ready(SETTLE_S)) == ["a.csv"]


def test_a_file_that_grows_waits_until_it_stops(tmp_path: Path) -> None:
    landing, file = Landing(tmp_path), tmp_path / "a.csv"
    for second in range(5):
        with file.open("a") as growing:
            growing.write(LINE)
        assert landing.ready(float(second)) == []
    assert names(landing.ready(4 + SETTLE_S)) == ["a.csv"]


def test_a_file_whose_last_line_has_no_end_waits_longer(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    (tmp_path / "a.csv").write_text(LINE + "a,b")
    landing.ready(0.0)
    assert landing.ready(SETTLE_S) == []
    assert names(landing.ready(UNFINISHED_SETTLE_S)) == ["a.csv"]


def test_a_packed_file_does_not(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(LINE.encode()))
    landing.ready(0.0)
    assert names(landing.ready(SETTLE_S)) == ["a.csv.gz"]


def test_a_transfer_under_way_does_not_count_until_it_is_renamed(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    for name in (".a.csv", "a.csv.part", "a.csv.tmp", "a.csv~"):
        (tmp_path / name).write_text(LINE)
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty.csv").touch()
    landing.ready(0.0)
    assert landing.ready(UNFINISHED_SETTLE_S) == []
    (tmp_path / "a.csv.part").rename(tmp_path / "a.csv")
    landing.ready(100.0)
    assert names(landing.ready(100.0 + SETTLE_S)) == ["a.csv"]


def test_oldest_first(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    for name, modified in (("b.csv", 2), ("c.csv", 1), ("a.csv", 2)):
        (tmp_path / name).write_text(LINE)
        os.utime(tmp_path / name, (modified, modified))
    landing.ready(0.0)
    assert names(landing.ready(SETTLE_S)) == ["c.csv", "a.csv", "b.csv"]


def test_a_loaded_file_rests_until_it_changes(tmp_path: Path) -> None:
    landing, load, file = Landing(tmp_path), Loads(), tmp_path / "a.csv"
    file.write_text(LINE)
    landing.ready(0.0)
    assert len(load_ready(landing, load, 10.0)) == 1
    assert load_ready(landing, load, 20.0) == []
    file.write_text(LINE * 2)
    landing.ready(30.0)
    load_ready(landing, load, 40.0)
    assert load.names == ["a.csv", "a.csv"]


def test_a_failed_load_is_tried_again_later_and_later(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    landing, load = Landing(tmp_path), Loads(LakeBusy("another load is going on"))
    (tmp_path / "a.csv").write_text(LINE)
    landing.ready(0.0)
    load_ready(landing, load, 10.0)
    load_ready(landing, load, 10.0 + FIRST_RETRY_S / 2)
    assert len(load.names) == 1
    load_ready(landing, load, 10.0 + FIRST_RETRY_S)
    load_ready(landing, load, 10.0 + 2 * FIRST_RETRY_S)
    assert len(load.names) == 2
    load.error = None
    assert len(load_ready(landing, load, 10.0 + 3 * FIRST_RETRY_S)) == 1


@pytest.mark.parametrize(
    "error", [NotACdrFile("holds no call records"), OSError(28, "disk is full"), ValueError("?")]
)
def test_no_file_stops_the_next_one(
    tmp_path: Path, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    landing, load = Landing(tmp_path), Loads(error, by="b.csv")
    for name in ("a.csv", "b.csv", "c.csv"):
        (tmp_path / name).write_text(LINE)
    landing.ready(0.0)
    taken: list[str] = []
    with caplog.at_level(logging.INFO):
        reports = load_ready(landing, load, 10.0, taken=lambda path, _: taken.append(path.name))
    assert len(reports) == 2
    assert taken == ["a.csv", "c.csv"]
    assert str(error) in caplog.text


def test_files_that_are_ready_together_are_loaded_in_one_command_unless_they_are_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cxreports.feeds.folder.MOST_BYTES", 2 * len(LINE))
    landing, commands = Landing(tmp_path), list[list[str]]()
    for place, name in enumerate(("a.csv", "b.csv", "c.csv", "d.csv")):
        (tmp_path / name).write_text(LINE * (3 if name == "d.csv" else 1))
        os.utime(tmp_path / name, (place, place))
    landing.ready(0.0)

    def load(paths: Sequence[Path]) -> list[Report]:
        commands.append(names(paths))
        return [Report() for _ in paths]

    assert len(load_ready(landing, load, 10.0)) == 4
    assert commands == [["a.csv", "b.csv"], ["c.csv"], ["d.csv"]]


def test_a_file_without_calls_is_refused_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    landing, load = Landing(tmp_path), Loads(NotACdrFile("holds no call records"))
    (tmp_path / "a.csv").write_text(LINE)
    for second in (0.0, 10.0, 1000.0):
        load_ready(landing, load, second)
    assert load.names == ["a.csv"]


def test_a_file_that_is_taken_away_is_forgotten(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    landing, file = Landing(tmp_path), tmp_path / "a.csv"
    file.write_text(LINE)
    landing.ready(0.0)

    def load(paths: Sequence[Path]) -> list[Report]:
        paths[0].unlink()
        raise FileNotFoundError(paths[0])

    assert load_ready(landing, load, 10.0) == []
    assert landing.ready(20.0) == []
    assert caplog.text == ""


def test_a_folder_that_is_away_for_a_while_is_waited_for(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    landing = Landing(tmp_path / "later")
    assert landing.ready(0.0) == []
    assert "cannot look into" in caplog.text
    (tmp_path / "later").mkdir()
    (tmp_path / "later" / "a.csv").write_text(LINE)
    landing.ready(10.0)
    assert names(landing.ready(20.0)) == ["a.csv"]


def test_a_folder_that_never_was_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CxreportsError, match="no folder"), feeding(tmp_path, tmp_path / "nowhere"):
        pass


def test_a_file_that_its_writer_has_closed_is_ready_at_once(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    (tmp_path / "a.csv").write_text(LINE)
    (tmp_path / "b.csv").write_text(LINE)
    landing.closed(tmp_path / "a.csv")
    landing.closed(tmp_path / "never.csv")
    assert names(landing.ready(0.0)) == ["a.csv"]
    landing.loaded(tmp_path / "a.csv")
    with (tmp_path / "a.csv").open("a") as growing:
        growing.write(LINE)
    assert landing.ready(0.1) == []
    landing.closed(tmp_path / "a.csv")
    assert names(landing.ready(0.2)) == ["a.csv"]


def test_a_closed_file_whose_last_line_has_no_end_waits_all_the_same(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    (tmp_path / "a.csv").write_text(LINE + "a,b")
    landing.closed(tmp_path / "a.csv")
    assert landing.ready(0.0) == []
    assert names(landing.ready(UNFINISHED_SETTLE_S)) == ["a.csv"]


def test_closing_and_renaming_are_noticed(tmp_path: Path) -> None:
    seen: list[str] = []
    noticing = Noticing()
    assert noticing.begin(tmp_path, lambda path: seen.append(path.name))
    try:
        (tmp_path / "a.csv").write_text(LINE)
        (tmp_path / "b.part").write_text(LINE)
        (tmp_path / "b.part").rename(tmp_path / "b.csv")
        until(lambda: {"a.csv", "b.csv"} <= set(seen), "both are noticed")
    finally:
        noticing.close()


def test_files_are_put_away_with_their_reports_where_that_is_wished(tmp_path: Path) -> None:
    folder, lake = tmp_path / "landing", cxreports.open(tmp_path / "home")
    folder.mkdir()
    intake = FolderIntake(FolderFeed(name="landing", path=folder, move=True))

    def delivered(name: str, content: str) -> None:
        (folder / name).write_text(content)
        intake.landing.closed(folder / name)
        intake.take(lake)

    calls = (DATA / "asterisk/mockdata_cdr.csv").read_text()
    delivered("Master.csv", calls)
    delivered("Master.csv", calls)
    delivered("letter.txt", "Dear Sir,\nno calls here.\n")
    assert sorted(path.name for path in folder.iterdir()) == ["done", "refused"]
    done = sorted(path.name for path in (folder / "done").iterdir())
    assert done == ["Master.2.csv", "Master.2.csv.report.json", "Master.csv", "Master.csv.report.json"]
    first, second = (json.loads((folder / "done" / name).read_text()) for name in (done[3], done[1]))
    assert first["loaded"] > 0
    assert first["loaded"] + first["duplicates"] + first["rejected"] + first["paired"] == first["rows"]
    assert second["loaded"] == 0
    refused = json.loads((folder / "refused" / "letter.txt.report.json").read_text())
    assert "not a CDR file" in refused["refused"]
    assert [path.name for path, _ in intake.refused] == ["letter.txt"]


def test_a_process_of_its_own_loads_what_lands(tmp_path: Path) -> None:
    folder, home = tmp_path / "landing", tmp_path / "home"
    folder.mkdir()
    (folder / "letter.txt").write_text("Dear Sir,\nno calls here.\n")
    with feeding(home, folder):
        shutil.copy(DATA / "asterisk/mockdata_cdr.csv", folder / "Master.csv.part")
        (folder / "Master.csv.part").rename(folder / "Master.csv")
        packed = gzip.compress((DATA / "connexcs/portal.csv").read_bytes())
        (folder / "small.csv.gz").write_bytes(packed)
        lake, until = cxreports.open(home), time.monotonic() + 60
        while lake.sql("select count(distinct file) from cdr").fetchall() != [(2,)]:
            assert time.monotonic() < until, "the files were not loaded"
            time.sleep(0.1)
    assert lake.verify().is_empty()


def test_a_first_feed_is_noticed_and_its_process_begun_anew_when_it_was_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beside, "WANTED_WITHIN_S", 0.1)
    monkeypatch.setattr(beside, "BEGIN_ANEW_AFTER_S", 0.1)
    folder, home = tmp_path / "landing", tmp_path / "home"
    folder.mkdir()
    lake = cxreports.open(home)
    lake.create()
    with feeding(home):
        assert not multiprocessing.active_children()
        (home / "feeds.toml").write_text(f'[[folder]]\nname = "landing"\npath = "{folder}"\n')
        for files, name in enumerate(("asterisk/mockdata_cdr.csv", "connexcs/portal.csv"), start=1):
            shutil.copy(DATA / name, folder / f"{files}.csv.part")
            (folder / f"{files}.csv.part").rename(folder / f"{files}.csv")
            until(
                lambda wanted=files: (
                    lake.sql("select count(distinct file) from cdr").fetchall() == [(wanted,)]
                ),
                f"{name} is loaded",
            )
            (process,) = multiprocessing.active_children()
            process.kill()
            until(lambda gone=process: not gone.is_alive(), "it was killed")
    assert not multiprocessing.active_children()
    assert lake.verify().is_empty()
