"""Files by SFTP: written beside their name, then renamed, so that nobody reads half of one.

A host's key is kept at the first connection (``sftp_known_hosts`` in the home), and must be the same ever
after.
"""

import asyncio
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final
from urllib.parse import unquote, urlsplit

import asyncssh

from cxreports.delivery.parcel import Parcel
from cxreports.errors import NotDelivered
from cxreports.portal.people.vault import Vault
from cxreports.portal.post import targets
from cxreports.private_file import append_private
from cxreports.settings import Settings

KNOWN_HOSTS: Final = "sftp_known_hosts"
PATIENCE_S: Final = 30.0
LONGEST_S: Final = 300.0
"""So long all files of a message may take: less than a lease."""

_PORT: Final = 22


class SftpCarrier:
    """Puts a message's files into a folder of an SFTP server."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._vault = Vault.of(settings)

    def close(self) -> None:
        """Keep nothing open."""

    def send(self, parcel: Parcel) -> str:
        """Write the files; those of the same name are written over, so that a second try changes nothing.

        Raises
        ------
        NotDelivered
            The server cannot be reached, has another key than before, or refuses.
        """
        try:
            return asyncio.run(asyncio.wait_for(self._put(parcel), LONGEST_S))
        except (OSError, asyncssh.Error, TimeoutError) as error:
            raise NotDelivered(str(error) or type(error).__name__) from error

    async def _put(self, parcel: Parcel) -> str:
        parts = urlsplit(parcel.target)
        host, port = parts.hostname or "", parts.port or _PORT
        address = targets.reachable(host, port, self._settings.private_targets)
        login = Login(
            host, port, unquote(parts.username or ""), targets.password_of(parcel.target, self._vault)
        )
        key = self._settings.sftp_key if not login.password else None
        async with (
            connected(self._settings.home, login, key=key, address=address) as connection,
            connection.start_sftp_client() as sftp,
        ):
            folder = PurePosixPath(unquote(parts.path).removeprefix("/") or ".")
            await sftp.makedirs(str(folder), exist_ok=True)
            for attachment in parcel.attachments:
                beside = str(folder / f".{parcel.name}-{attachment.name}.part")
                await sftp.put(str(self._settings.home / attachment.path), beside)
                await sftp.posix_rename(beside, str(folder / attachment.name))
        count = len(parcel.attachments)
        return f"written to {folder} ({count} file{'' if count == 1 else 's'})"


@dataclass(frozen=True)
class Login:
    """A log-in at an SSH server.

    Attributes
    ----------
    host, port, user
        Where, and as whom.
    password
        Empty for none: then a key says who it is.
    """

    host: str
    port: int
    user: str
    password: str = field(repr=False)


def connected(
    home: Path, login: Login, *, key: str | Path | None, address: str = ""
) -> AbstractAsyncContextManager[asyncssh.SSHClientConnection]:
    """Connection to an SSH server, by nothing but what is said here: no agent, and nobody's ``~/.ssh``.

    Parameters
    ----------
    home
        Of the file that keeps the keys of hosts.
    key
        File of a private key.
    address
        That the host's name has been found to have; empty to look it up.
    """
    name = login.host if login.port == _PORT else f"[{login.host}]:{login.port}"
    known = KnownHost(home / KNOWN_HOSTS, name)
    connection: AbstractAsyncContextManager[asyncssh.SSHClientConnection] = asyncssh.connect(
        address or login.host,
        login.port,
        username=login.user,
        password=login.password or None,
        client_keys=[str(key)] if key else None,
        agent_path=None,
        config=None,
        known_hosts=([], [], []),
        client_factory=lambda: known,
        connect_timeout=PATIENCE_S,
        login_timeout=PATIENCE_S,
    )
    return connection


class KnownHost(asyncssh.SSHClient):
    """Accepts the key that a host had the first time.

    Parameters
    ----------
    path
        File of the keys.
    name
        Of the host, as ``known_hosts`` has it.
    """

    def __init__(self, path: Path, name: str) -> None:
        self._path, self._name = path, name

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        """Whether a host's key is its own: the one kept, or the first ever."""
        del host, addr, port
        line = f"{self._name} {key.export_public_key().decode().strip()}"
        kept = self._path.read_text("utf-8").splitlines() if self._path.exists() else []
        of_host = [each for each in kept if each.startswith(f"{self._name} ")]
        if not of_host:
            append_private(self._path, f"{line}\n".encode())
            return True
        return any(each.split()[:3] == line.split()[:3] for each in of_host)
