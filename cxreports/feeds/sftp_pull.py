"""Folders of SFTP servers: files that are new or have changed are fetched, and loaded like any others.

A thread a server fetches, so that a slow one holds no load up. What was fetched is remembered by name, size
and time; where that is lost, files are fetched again, and add nothing.
"""

from __future__ import annotations

import asyncio
import json
import logging
import stat
import threading
from typing import TYPE_CHECKING, Final

import asyncssh

from cxreports.delivery.sftp import Login, connected
from cxreports.errors import BadFeed
from cxreports.feeds.configuration import Folder
from cxreports.feeds.folder import UNDER_WAY
from cxreports.feeds.intake import FolderIntake
from cxreports.feeds.spool import FOLDER
from cxreports.private_file import private_folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from cxreports.feeds.configuration import RemoteFolder
    from cxreports.lake.calls.loads import LoadReport

LOG: Final = logging.getLogger(__name__)

LONGEST_S: Final = 900.0
LARGEST: Final = 2**31
"""Bytes of a file that is fetched."""

_FETCHED: Final = ".fetched.json"

Look = tuple[int, int]
"""Size and time of a file."""


class RemoteIntake(FolderIntake):
    """Files that were fetched; each is removed once it is loaded or was refused."""

    def __init__(self, way: RemoteFolder, home: Path, wake: Callable[[], None]) -> None:
        inbox = private_folder(private_folder(home / FOLDER) / way.name)
        super().__init__(
            Folder(name=way.name, path=inbox, format=way.format, customer=way.customer, zone=way.zone)
        )
        self._pull = SftpPull(way, home, inbox, self._fetched)
        self._wake, self._stop = wake, threading.Event()
        self._thread: threading.Thread | None = None

    def begin(self) -> None:
        """Begin to fetch."""
        self._thread = threading.Thread(target=self._again, name=f"sftp-{self.name}", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Fetch no more; what is being fetched is left out."""
        self._stop.set()

    def _again(self) -> None:
        while not self._stop.is_set():
            try:
                self._pull.fetch()
                self.failure = ""
            except BadFeed as error:
                self.failure = str(error)
                LOG.warning("%s: %s", self.name, error)
            except Exception:  # the next time may go better
                LOG.exception("%s cannot be fetched from", self.name)
                self.failure = "see the log"
            self._stop.wait(self._pull.way.every_s)

    def _fetched(self, path: Path) -> None:
        self.landing.closed(path)
        self._wake()

    def _taken(self, path: Path, report: LoadReport) -> None:
        del report
        path.unlink(missing_ok=True)

    def _move(self, path: Path, name: str, report: object) -> None:
        del name, report
        path.unlink(missing_ok=True)


class SftpPull:
    """A folder of an SFTP server.

    Parameters
    ----------
    inbox
        Where files are put.
    fetched
        Called with each file that is whole.
    """

    def __init__(self, way: RemoteFolder, home: Path, inbox: Path, fetched: Callable[[Path], None]) -> None:
        self.way, self._inbox, self._fetched = way, inbox, fetched
        self._home = home

    def fetch(self) -> int:
        """Fetch what is new or has changed; how many files that was.

        Raises
        ------
        BadFeed
            The server cannot be reached, has another key than before, or refuses.
        """
        try:
            return asyncio.run(asyncio.wait_for(self._fetch(), LONGEST_S))
        except (OSError, asyncssh.Error, TimeoutError) as error:
            where = f"sftp://{self.way.host}:{self.way.port}/{self.way.path.lstrip('/')}"
            raise BadFeed(f"{where}: {str(error) or type(error).__name__}") from error

    async def listed(self) -> list[tuple[str, Look]]:
        """Names, sizes and times of the files that are complete."""
        async with self._connection() as connection, connection.start_sftp_client() as sftp:
            return await self._listed(sftp)

    async def _fetch(self) -> int:
        kept = self._kept()
        count = 0
        async with self._connection() as connection, connection.start_sftp_client() as sftp:
            for name, look in await self._listed(sftp):
                if kept.get(name) == look:
                    continue
                part = self._inbox / f".{name}.part"
                await sftp.get(f"{self.way.path.rstrip('/')}/{name}", str(part))
                path = part.rename(self._inbox / name)
                self._fetched(path)
                kept[name] = look
                self._keep(kept)
                count += 1
        return count

    def _connection(self) -> AbstractAsyncContextManager[asyncssh.SSHClientConnection]:
        way = self.way
        login = Login(way.host, way.port, way.user, way.password.read())
        return connected(self._home, login, key=way.key)

    async def _listed(self, sftp: asyncssh.SFTPClient) -> list[tuple[str, Look]]:
        found = []
        async for entry in sftp.scandir(self.way.path):
            name, of_file = str(entry.filename), entry.attrs
            if name.startswith(".") or "/" in name or name.lower().endswith(UNDER_WAY):
                continue
            is_file = of_file.permissions is None or stat.S_ISREG(of_file.permissions)
            size = int(of_file.size or 0)
            if is_file and 0 < size <= LARGEST:
                found.append((name, (size, int(of_file.mtime or 0))))
        return sorted(found, key=lambda each: (each[1][1], each[0]))

    def _kept(self) -> dict[str, Look]:
        try:
            kept = json.loads((self._inbox / _FETCHED).read_text("utf-8"))
            return {str(name): (int(size), int(at)) for name, (size, at) in kept.items()}
        except (FileNotFoundError, ValueError, TypeError, AttributeError):
            return {}

    def _keep(self, kept: dict[str, Look]) -> None:
        new = self._inbox / f"{_FETCHED}.new"
        new.write_text(json.dumps(kept), "utf-8")
        new.replace(self._inbox / _FETCHED)
