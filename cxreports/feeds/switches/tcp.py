"""A connection to a switch that talks lines over TCP: opened when it is needed, dropped after any fault.

Beside its answers the switch sends events. Nothing of them is kept but that they came: each may mean a new
question (`pace`), whose answer is the whole truth, so that neither a lost event nor an unknown one matters.
"""

from __future__ import annotations

import logging
import re
import socket
import time
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from cxreports.errors import BadFeed
from cxreports.feeds.switches.source import NoAnswer

if TYPE_CHECKING:
    from cxreports.feeds.configuration import Switch
    from cxreports.portal.feeds.under_way import Dialog

LOG: Final = logging.getLogger(__name__)

LONGEST_LINE: Final = 2**16
LARGEST_HEAD: Final = 2**20
LARGEST_BODY: Final = 64 * 2**20
LARGEST_EVENT: Final = 2**20

MOST_A_SECOND: Final = 5_000
"""Events, which cost 15 to 35 µs each; a switch that sends more is hung up on until it is asked again."""

_PIECE: Final = 2**16
_EMPTY_LINE: Final = re.compile(rb"(?:\A|\n)\r?\n")


class Connection:
    """An open connection. What is waited for has to come within the switch's time, whatever else comes.

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
        self._timeout_s = timeout_s
        self._received = bytearray()
        self.renew()

    def renew(self) -> None:
        """Begin the time anew in which something has to come."""
        self._until = time.monotonic() + self._timeout_s

    def send(self, text: str) -> None:
        """Send a text; from now on its answer is waited for."""
        self.renew()
        try:
            self._socket.settimeout(self._timeout_s)
            self._socket.sendall(text.encode())
        except OSError as error:
            raise NoAnswer(f"{self.where} has hung up: {error}") from error

    def has_more(self, within_s: float) -> bool:
        """Whether something can be read, waited for up to so many seconds."""
        return bool(self._received) or self._receive(within_s)

    def line(self) -> str:
        """Next line, without its end."""
        while (end := self._received.find(b"\n")) < 0:
            if len(self._received) >= LONGEST_LINE:
                raise NoAnswer(f"{self.where} sends a line without end")
            self._more()
        return self._taken(end + 1).decode("utf-8", "replace").rstrip("\r\n")

    def headers(self) -> dict[str, str]:
        """Lines ``Name: value`` up to an empty one."""
        while not (end := _EMPTY_LINE.search(self._received)):
            if len(self._received) >= LARGEST_HEAD:
                raise NoAnswer(f"{self.where} sends headers without end")
            self._more()
        lines = self._taken(end.end()).decode("utf-8", "replace").split("\n")
        pairs = (line.partition(":") for line in lines)
        return {name.strip(): value.strip() for name, colon, value in pairs if colon}

    def body(self, size: int) -> bytes:
        """So many bytes, each piece of which begins the time anew."""
        self._check(size, LARGEST_BODY)
        while len(self._received) < size:
            self.renew()
            self._more()
        return self._taken(size)

    def skip(self, size: int) -> None:
        """Read past so many bytes of an event."""
        self._check(size, LARGEST_EVENT)
        while size:
            if not self._received:
                self._more()
            size -= len(self._taken(size))

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def _check(self, size: int, largest: int) -> None:
        if not 0 <= size <= largest:
            raise NoAnswer(f"{self.where} announces {size:,} bytes")

    def _taken(self, size: int) -> bytes:
        found = bytes(self._received[:size])
        del self._received[:size]
        return found

    def _more(self) -> None:
        left_s = self._until - time.monotonic()
        if left_s <= 0 or not self._receive(left_s):
            raise NoAnswer(f"{self.where} does not answer: timed out")

    def _receive(self, within_s: float) -> bool:
        """Add what comes to what was received; whether anything came in so many seconds."""
        try:
            self._socket.settimeout(max(within_s, 0.0))
            piece = self._socket.recv(_PIECE)
        except (TimeoutError, BlockingIOError):
            return False
        except OSError as error:
            raise NoAnswer(f"{self.where} does not answer: {error}") from error
        if not piece:
            raise NoAnswer(f"{self.where} has hung up")
        self._received += piece
        return True


class OverTcp:
    """What sources over TCP share: one connection, made anew after a fault, on which events are heard."""

    def __init__(self, switch: Switch) -> None:
        self._switch = switch
        self._open: Connection | None = None
        self._heard = self._floods = False
        self._second, self._events = 0.0, 0

    def channels_now(self) -> list[Dialog]:
        """Calls under way."""
        connection = self.connected()
        self._heard = False
        try:
            return self.asked(connection)
        except BaseException:
            self.close()
            raise

    def has_changed(self, within_s: float) -> bool:
        """Whether an event says so, or the connection has ended: a question will tell what that means."""
        if self._open is None:
            time.sleep(within_s)
            return False
        changed, self._heard = self._heard, False
        try:
            return self._listened(self._open, time.monotonic() + within_s, changed=changed)
        except NoAnswer as error:
            LOG.info("%s: %s", self._switch.name, error)
            self.close()
            return True

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

    def heard(self, *, is_change: bool) -> None:
        """Take note of an event that came before the answer: the list may be older."""
        self._heard |= is_change

    def log_in(self, connection: Connection) -> None:
        """Log in on a new connection, and ask for events where the switch's table does not say otherwise."""
        raise NotImplementedError

    def asked(self, connection: Connection) -> list[Dialog]:
        """Ask for the calls under way."""
        raise NotImplementedError

    def is_change(self, connection: Connection) -> bool:
        """Read one message that nobody asked for; whether it says that calls have changed."""
        raise NotImplementedError

    def _listened(self, connection: Connection, until: float, *, changed: bool) -> bool:
        """Read what is there; whether calls have changed, which ends the wait for more."""
        while (left_s := until - time.monotonic()) > 0 and connection.has_more(0.0 if changed else left_s):
            if self._is_flood():
                self.close()
                return False
            connection.renew()
            changed |= self.is_change(connection)
        return changed

    def _is_flood(self) -> bool:
        """Count an event; whether there are too many in this second."""
        now = time.monotonic()
        if now - self._second >= 1.0:
            self._second, self._events = now, 0
        self._events += 1
        if self._events <= MOST_A_SECOND:
            return False
        if not self._floods:
            LOG.warning("%s sends more than %s events a second", self._switch.name, f"{MOST_A_SECOND:,}")
        self._floods = True
        return True
