"""Connections to the portal: how many there may be, and how long each may take to say what it wants.

A connection that sends nothing, half a request, or a body drop by drop ends after seconds; one address
cannot hold all of them, and the process may open more files than connections can take.
"""

from __future__ import annotations

import logging
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from tornado.httpserver import HTTPServer

from cxreports.portal.people import throttle

if TYPE_CHECKING:
    import ssl
    from collections.abc import Collection

    from tornado.iostream import IOStream
    from tornado.web import Application

LARGEST_FORM: Final = 2**20
LARGEST_HEADER: Final = 32 * 2**10
"""Bytes of a request's body, and of its headers."""

HEADER_S: Final = 20.0
"""Seconds in which a request's headers must have come, and that a connection may idle between requests."""

BODY_S: Final = 30.0

MOST_OF_ADDRESS: Final = 128
"""Connections of one address that wait or are answered; an office behind one router shares it."""

_FILES_WANTED: Final = 16_384
_FILES_NEEDED: Final = 4096
_FILES_OF_SERVER: Final = 256
"""Files that the server itself needs: its database, its log, its threads' pipes."""

_FILES_OF_A_PAGE: Final = 20
"""Most of them are sockets to its kernel."""

_log = logging.getLogger("cxreports.web")


class Doors(HTTPServer):
    """Takes connections, but no more than there are places, and of one address no more than its share.

    Hosts of IPv6 choose their addresses within a network, which counts as one address.
    """

    def initialize(  # type: ignore[override]
        self, application: Application, *, tls: ssl.SSLContext | None, shared: Collection[str], most: int
    ) -> None:
        """Serve an application.

        Parameters
        ----------
        tls
            Certificate and key; None without encryption.
        shared
            Addresses behind which many people may be: trusted proxies.
        most
            Connections at once.
        """
        super().initialize(
            application,
            ssl_options=tls,
            max_body_size=LARGEST_FORM,
            max_header_size=LARGEST_HEADER,
            idle_connection_timeout=HEADER_S,
            body_timeout=BODY_S,
        )
        self._shared, self._most = frozenset(shared), most
        self._open: Counter[str] = Counter()

    def handle_stream(self, stream: IOStream, address: tuple[Any, ...]) -> None:
        """Serve a connection, or end it at once where there is no place for it."""
        host = str(address[0]) if address else ""
        key = throttle.address(host)
        own = self._open[key] if host not in self._shared else 0
        if own >= MOST_OF_ADDRESS or self._open.total() >= self._most:
            _log.warning("A connection from %s is refused: %d are open.", host, self._open[key])
            stream.close()
            return
        self._open[key] += 1
        super().handle_stream(stream, address)

    def on_close(self, server_conn: object) -> None:
        """Free the place of a connection; a websocket frees it when it opens."""
        super().on_close(server_conn)
        context = getattr(server_conn, "context", None)
        host = str(context.address[0]) if context is not None and context.address else ""
        key = throttle.address(host)
        self._open[key] -= 1
        if self._open[key] <= 0:
            del self._open[key]


def raise_file_limit(pages: int) -> int:
    """Let this process open as many files as the system allows; return for how many connections that is.

    Parameters
    ----------
    pages
        That may be open at once; the sockets to their kernels are files too.
    """
    try:
        import resource  # noqa: PLC0415 (not on Windows, which has no such limit)
    except ImportError:
        return _FILES_WANTED
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES_WANTED if hard == resource.RLIM_INFINITY else min(hard, max(_FILES_WANTED, soft))
    if soft != resource.RLIM_INFINITY and wanted > soft:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    files = _FILES_WANTED if files == resource.RLIM_INFINITY else files
    if files < _FILES_NEEDED:
        _log.warning(
            "This process may open only %d files: raise the limit (ulimit -n %d).", files, _FILES_WANTED
        )
    return max(files // 2, files - _FILES_OF_SERVER - _FILES_OF_A_PAGE * pages)
