"""The spool: on disk before the answer, each delivery once, nothing confirmed is lost."""

from __future__ import annotations

from io import FileIO
from typing import TYPE_CHECKING, Any

import pytest

from cxreports.feeds import spool
from cxreports.feeds.spool import FOLDER, Full, Spool, ready

if TYPE_CHECKING:
    from pathlib import Path

WAIT_S = 30


def content(home: Path) -> list[bytes]:
    return [line for path in ready(home, "sbc") for line in path.read_bytes().splitlines()]


def test_what_is_confirmed_is_on_disk(tmp_path: Path) -> None:
    writer = Spool(tmp_path, "sbc")
    assert writer.add([b"1", b"2"]).result(WAIT_S)
    on_disk = [path.read_bytes() for path in (tmp_path / FOLDER / "sbc").iterdir()]
    assert b"".join(on_disk) == b"1\n2\n"
    writer.add([b"3"]).result(WAIT_S)
    writer.close()
    assert content(tmp_path) == [b"1", b"2", b"3"]


def test_a_delivery_that_comes_again_is_confirmed_and_not_written_again(tmp_path: Path) -> None:
    writer = Spool(tmp_path, "sbc")
    first, again = writer.add([b"1"]), writer.add([b"1"])
    assert first.result(WAIT_S)
    assert not again.result(WAIT_S)
    assert not writer.add([b"1"]).result(WAIT_S)
    writer.close()
    assert content(tmp_path) == [b"1"]


def test_a_file_is_handed_on_after_half_a_second(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "OPEN_S", 0.0)
    writer = Spool(tmp_path, "sbc")
    writer.add([b"1"]).result(WAIT_S)
    writer.add([b"2"]).result(WAIT_S)
    writer.close()
    assert [path.read_bytes() for path in ready(tmp_path, "sbc")] == [b"1\n", b"2\n"]


def test_what_a_killed_server_left_is_handed_on_up_to_the_last_whole_line(tmp_path: Path) -> None:
    folder = tmp_path / FOLDER / "sbc"
    folder.mkdir(parents=True)
    (folder / "00000000000000000001-000000.open").write_bytes(b"1\n2\n3 of which ha")
    (folder / "00000000000000000002-000000.open").write_bytes(b"nothing whole")
    Spool(tmp_path, "sbc").close()
    assert content(tmp_path) == [b"1", b"2"]
    assert len(list(folder.iterdir())) == 1


def test_a_lake_that_does_not_keep_up_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "MOST_BYTES", 10)
    writer = Spool(tmp_path, "sbc")
    writer.add([b"12345678"]).result(WAIT_S)
    with pytest.raises(Full) as full:
        writer.add([b"9"])
    assert not full.value.is_own_share
    writer.close()
    ready(tmp_path, "sbc")[0].unlink()
    roomy = Spool(tmp_path, "sbc")
    assert roomy.add([b"9"]).result(WAIT_S)
    roomy.close()


def test_who_sends_too_much_at_once_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "MOST_WAITING", 0)
    writer = Spool(tmp_path, "sbc")
    with pytest.raises(Full) as full:
        writer.add([b"1"])
    assert full.value.is_own_share
    writer.close()


def test_a_disk_that_fails_confirms_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_handle: int) -> None:
        raise OSError(28, "no space left")

    writer = Spool(tmp_path, "sbc")
    monkeypatch.setattr("os.fdatasync", broken)
    with pytest.raises(OSError, match="no space"):
        writer.add([b"1"]).result(WAIT_S)
    monkeypatch.undo()
    assert writer.add([b"1"]).result(WAIT_S)
    writer.close()


def test_a_disk_that_is_full_within_a_line_spoils_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full7(FileIO):
        """Takes seven bytes and no more."""

        def write(self, lines: Any) -> int:
            if self.tell() >= 7:
                raise OSError(28, "no space left")
            return super().write(lines[: 7 - self.tell()])

    monkeypatch.setattr(spool, "FileIO", Full7)
    writer = Spool(tmp_path, "sbc")
    assert writer.add([b"1"]).result(WAIT_S)
    with pytest.raises(OSError, match="no space"):
        writer.add([b"a long record"]).result(WAIT_S)
    assert writer.add([b"2", b"3"]).result(WAIT_S)
    writer.close()
    assert content(tmp_path) == [b"1", b"2", b"3"]
