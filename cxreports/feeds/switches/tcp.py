"""A connection to a switch that talks lines over TCP: opened when it is needed, dropped after any fault."""

from __future__ import annotations

import socket
from typing import IO, TYPE_CHECKING, Final
from urllib.parse import urlsplit

from cxreports.errors import BadFeed
from cxreports.feeds.switches.source import NoAnswer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxreports.feeds.configuration import Switch

LONGEST_LINE: Final = 2**16
MOST_LINES: Final = 10_000
LARGEST_BODY: Final = 64 * 2**20


class Connection:
    """An open connection.

    Raises
    ------
    NoAnswer
        The switch cannot be reached, says nothing in time, or hangs up.
    """

    def __init__(self, url: str, timeout_s: float) -> None:
        parts = urlsplit(url)
        self.where = f"tcp://{parts.hostname}:{parts.port}"
        if not parts.hostname or not parts.port:
            raise BadFeed(f"{url} names no host and port")
        try:
            self._socket = socket.create_connection((parts.hostname, parts.port), timeout_s)
        except OSError as error:
            raise NoAnswer(f"{self.where} does not answer: {error}") from error
        self._file: IO[bytes] = self._socket.makefile("rb")

    def send(self, text: str) -> None:
        """Send a text."""
        try:
            self._socket.sendall(text.encode())
        except OSError as error:
            raise NoAnswer(f"{self.where} has hung up: {error}") from error

    def line(self) -> str:
        """Next line, without its end."""
        try:
            found = self._file.readline(LONGEST_LINE)
        except OSError as error:
            raise NoAnswer(f"{self.where} does not answer: {error}") from error
        if not found.endswith(b"\n"):
            raise NoAnswer(f"{self.where} has hung up, or sends a line without end")
        return found.decode("utf-8", "replace").rstrip("\r\n")

    def headers(self) -> dict[str, str]:
        """Lines ``Name: value`` up to an empty one."""
        return dict(self._pairs())

    def body(self, size: int) -> bytes:
        """So many bytes."""
        if not 0 <= size <= LARGEST_BODY:
            raise NoAnswer(f"{self.where} announces {size:,} bytes")
        try:
            found = self._file.read(size)
        except OSError as error:
            raise NoAnswer(f"{self.where} does not answer: {error}") from error
        if len(found) < size:
            raise NoAnswer(f"{self.where} has hung up")
        return found

    def close(self) -> None:
        """Hang up."""
        self._file.close()
        self._socket.close()

    def _pairs(self) -> Iterator[tuple[str, str]]:
        for _ in range(MOST_LINES):
            line = self.line()
            if not line:
                return
            name, _, value = line.partition(":")
            yield name.strip(), value.strip()
        raise NoAnswer(f"{self.where} sends headers without end")


class OverTcp:
    """What sources over TCP share: one connection, made anew after a fault."""

    def __init__(self, switch: Switch) -> None:
        self._switch = switch
        self._open: Connection | None = None

    def close(self) -> None:
        """Hang up."""
        if self._open is not None:
            self._open.close()
            self._open = None

    def connected(self) -> Connection:
        """The connection, logged in."""
        if self._open is None:
            connection = Connection(self._switch.url, self._switch.timeout_s)
            try:
                self.log_in(connection)
            except BaseException:
                connection.close()
                raise
            self._open = connection
        return self._open

    def log_in(self, connection: Connection) -> None:
        """Log in on a new connection."""
        raise NotImplementedError
