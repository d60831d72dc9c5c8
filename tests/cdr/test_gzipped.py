"""Files that unpack to far more than they are: refused in a line, never unpacked beyond a limit."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from pathlib import Path

import pytest

import cxreports
from cxreports.cdr import gzipped
from cxreports.cdr.gzipped import CHUNK, Limits, unpack
from cxreports.errors import NotACdrFile
from cxreports.feeds.folder import SETTLE_S, Landing, load_ready
from cxreports.lake import Store

DATA = Path(__file__).resolve().parents[2] / "data"
HEADING, ROW = (DATA / "connexcs/portal.csv").read_text().splitlines()[:2]
RECORD = json.loads((DATA / "connexcs/api.json").read_text())

MEGABYTE = 2**20
BOMB_MB = 96


def bomb(path: Path, heading: bytes, row: bytes) -> Path:
    """Write a file of one row, again and again, which gzip packs to a few hundredths of its size."""
    block = row * (MEGABYTE // len(row))
    with gzip.open(path, "wb", compresslevel=9) as packed:
        packed.write(heading)
        for _ in range(BOMB_MB):
            packed.write(block)
    return path


@pytest.fixture(name="csv_bomb", scope="module")
def _csv_bomb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bombs") / "calls.csv.gz"
    return bomb(path, f"{HEADING}\n".encode(), f"{ROW}\n".encode())


def test_a_bomb_is_small_and_unpacks_to_two_hundred_times_that(csv_bomb: Path) -> None:
    assert csv_bomb.stat().st_size < BOMB_MB * MEGABYTE * 0.9 / 200


def test_a_bomb_is_refused_before_it_is_unpacked(csv_bomb: Path, tmp_path: Path) -> None:
    target = tmp_path / "plain"
    tracemalloc.start()
    try:
        with pytest.raises(
            NotACdrFile, match=r"calls.csv.gz: unpacks to more than 100 times its [\d,]+ bytes"
        ):
            unpack(csv_bomb, target)
        assert tracemalloc.get_traced_memory()[1] < 8 * MEGABYTE
    finally:
        tracemalloc.stop()
    assert target.stat().st_size <= gzipped.SMALL


def test_what_is_too_large_is_refused_whatever_its_ratio(csv_bomb: Path, tmp_path: Path) -> None:
    target = tmp_path / "plain"
    with pytest.raises(NotACdrFile, match=r"more than 3 MB .* CXREPORTS_UNPACKED_MOST_MB"):
        unpack(csv_bomb, target, Limits(unpacked_mb=3, ratio=10_000))
    assert target.stat().st_size <= 3 * MEGABYTE + CHUNK


def test_packets_one_after_the_other_are_one_bomb(tmp_path: Path) -> None:
    path = tmp_path / "members.gz"
    path.write_bytes(gzip.compress(b"a,b\n" * (MEGABYTE // 4), 9) * BOMB_MB)
    with pytest.raises(NotACdrFile, match="times its"):
        unpack(path, tmp_path / "plain")


def test_limits_are_settings(csv_bomb: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXREPORTS_UNPACKED_MOST_RATIO", "1000")
    unpack(csv_bomb, tmp_path / "plain")
    assert (tmp_path / "plain").stat().st_size > BOMB_MB * MEGABYTE * 0.9
    monkeypatch.setenv("CXREPORTS_UNPACKED_MOST_MB", "1")
    with pytest.raises(NotACdrFile, match="more than 1 MB"):
        unpack(csv_bomb, tmp_path / "plain")


def test_a_load_refuses_a_bomb_in_one_line_and_goes_on(csv_bomb: Path, tmp_path: Path) -> None:
    store = Store(tmp_path / "home")
    refused, loaded = store.load(csv_bomb, DATA / "connexcs/portal.csv", customer="acme")
    assert refused.refused is not None
    assert "unpacks to more than 100 times" in refused.refused
    assert "\n" not in refused.refused
    assert loaded.loaded > 0


def test_a_json_bomb_is_refused(tmp_path: Path) -> None:
    record = f"{json.dumps(RECORD[0] if isinstance(RECORD, list) else RECORD)}\n".encode()
    path = bomb(tmp_path / "calls.json.gz", b"", record)
    (report,) = Store(tmp_path / "home").load(path, customer="acme")
    assert "unpacks to more than 100 times" in str(report.refused)


def test_json_is_read_as_a_whole_and_so_has_a_limit_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (DATA / "freeswitch/cdr.ndjson").read_text()
    path = tmp_path / "calls.ndjson"
    path.write_text(text * (MEGABYTE // len(text) + 1))
    store = Store(tmp_path / "home")
    monkeypatch.setenv("CXREPORTS_JSON_MOST_MB", "1")
    assert "more than 1 MB of JSON" in str(store.load(path, customer="acme")[0].refused)
    monkeypatch.setenv("CXREPORTS_JSON_MOST_MB", "2")
    assert store.load(path, customer="acme")[0].refused is None


def test_a_watched_folder_refuses_a_bomb_once_and_loads_the_next_file(
    csv_bomb: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder, store = tmp_path / "landing", Store(tmp_path / "home")
    folder.mkdir()
    (folder / "bomb.csv.gz").symlink_to(csv_bomb)
    (folder / "calls.csv").write_text(f"{HEADING}\n{ROW}\n")
    landing = Landing(folder)
    landing.ready(0.0)
    reports = load_ready(landing, lambda paths: store.load(*paths, customer="acme"), SETTLE_S)
    assert sorted(bool(report.refused) for report in reports) == [False, True]
    assert caplog.text.count("unpacks to more than") == 1
    assert load_ready(landing, lambda paths: store.load(*paths, customer="acme"), 9 * SETTLE_S) == []


def test_honest_calls_load_however_well_they_are_packed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Calls that differ in id, time, duration and number alone, far beyond what is taken unlooked at."""
    monkeypatch.setattr(gzipped, "SMALL", MEGABYTE)
    calls = 40_000
    path = tmp_path / "day.csv.gz"
    with gzip.open(path, "wt", compresslevel=9) as packed:
        packed.write(
            "accountcode,src,dst,dcontext,clid,channel,dstchannel,lastapp,lastdata,start,answer,end,"
        )
        packed.write("duration,billsec,disposition,amaflags,uniqueid\n")
        for i in range(calls):
            at = f"2026-03-{1 + i // 2000:02}"
            clock = f"{i // 3600 % 24:02}:{i // 60 % 60:02}:{i % 60:02}"
            packed.write(
                f'"acme","4420794{i:05}","442","from-trunk","""x"" <442>","SIP/a-{i:08x}","SIP/b-{i:08x}",'
                f'"Dial","SIP/b","{at} {clock}","{at} {clock}","{at} {clock}","0","0","ANSWERED",'
                f'"DOCUMENTATION","1772{i:06}.1"\n'
            )
    with gzip.open(path) as plain:
        assert plain.seek(0, 2) > 6 * MEGABYTE
    (report,) = cxreports.open(tmp_path / "home").load(path, customer="acme")
    assert (report.refused, report.loaded) == (None, calls)
