"""Folders of an SFTP server, fetched: what is new or has changed, once."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import asyncssh
import pytest

import cxreports
from cxreports.errors import BadFeed
from cxreports.feeds.configuration import RemoteFolder, Secret
from cxreports.feeds.sftp_pull import RemoteIntake

if TYPE_CHECKING:
    from collections.abc import Iterator

DATA = Path(__file__).resolve().parents[2] / "data"


@contextmanager
def sftp_server(root: Path, key: asyncssh.SSHKey) -> Iterator[int]:
    """An SFTP server that shows a folder to the user cx with the password s3cret; its port."""

    class Door(asyncssh.SSHServer):
        def password_auth_supported(self) -> bool:
            return True

        def validate_password(self, username: str, password: str) -> bool:
            return (username, password) == ("cx", "s3cret")

    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def begin() -> asyncssh.SSHAcceptor:
        return await asyncssh.listen(
            "127.0.0.1",
            0,
            server_factory=Door,
            server_host_keys=[key],
            sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=str(root)),
        )

    async def end(acceptor: asyncssh.SSHAcceptor) -> None:
        acceptor.close()
        await acceptor.wait_closed()

    acceptor = asyncio.run_coroutine_threadsafe(begin(), loop).result(30)
    try:
        yield acceptor.get_port()
    finally:
        asyncio.run_coroutine_threadsafe(end(acceptor), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def intake_of(port: int, home: Path) -> RemoteIntake:
    way = RemoteFolder(
        name="far", host="127.0.0.1", port=port, user="cx", password=Secret(env="CX_SFTP"), path="/cdr"
    )
    return RemoteIntake(way, home, lambda: None)


@pytest.fixture(name="remote")
def _remote(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CX_SFTP", "s3cret")
    folder = tmp_path / "remote/cdr"
    folder.mkdir(parents=True)
    return folder


def test_files_are_fetched_once_and_again_when_they_grow(remote: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    lake = cxreports.open(home)
    lines = (DATA / "asterisk/mockdata_cdr.csv").read_text().splitlines(keepends=True)
    (remote / "Master.csv").write_text("".join(lines[:5]))
    (remote / "Master.csv.part").write_text("half a")
    (remote / ".hidden").write_text("x")
    (remote / "old").mkdir()
    with sftp_server(remote.parent, asyncssh.generate_private_key("ssh-ed25519")) as port:
        intake = intake_of(port, home)
        assert intake._pull.fetch() == 1
        assert intake.take(lake).rows > 0
        (calls,) = lake.sql("select count(*) from cdr").fetchall()[0]
        assert calls > 0
        assert intake._pull.fetch() == 0
        (remote / "Master.csv").write_text("".join(lines[:9]))
        again = intake_of(port, home)  # what was fetched is remembered
        assert again._pull.fetch() == 1
        again.take(lake)
        assert lake.sql("select count(*) from cdr").fetchall()[0][0] > calls
    inbox = home / "spool/far"
    assert [path.name for path in inbox.iterdir()] == [".fetched.json"]
    assert (remote / "Master.csv").exists()
    assert lake.verify().is_empty()


def test_a_server_with_another_key_than_before_is_refused(remote: Path, tmp_path: Path) -> None:
    (remote / "a.csv").write_text("x")
    first, second = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    with sftp_server(remote.parent, first) as port:
        intake = intake_of(port, tmp_path)
        assert intake._pull.fetch() == 1
        known = tmp_path / "sftp_known_hosts"
        other = second.export_public_key().decode().strip()
        known.write_text(f"[127.0.0.1]:{port} {other}\n")
        with pytest.raises(BadFeed, match=r"sftp://127\.0\.0\.1"):
            intake._pull.fetch()


def test_a_server_that_refuses_is_said_without_the_password(
    remote: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CX_SFTP", "an0ther")
    with sftp_server(remote.parent, asyncssh.generate_private_key("ssh-ed25519")) as port:
        intake = intake_of(port, tmp_path)
        with pytest.raises(BadFeed, match="Permission denied") as refused:
            intake._pull.fetch()
    assert "an0ther" not in str(refused.value)
