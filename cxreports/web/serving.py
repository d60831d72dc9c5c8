"""Serving the portal until it is stopped."""

from __future__ import annotations

import logging
import socket
import threading
import webbrowser
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from cxreports.collector import importing
from cxreports.errors import CxreportsError, LakeBusy
from cxreports.lake.store import Store
from cxreports.log_record import keep_records_apart
from cxreports.portal.database import Database
from cxreports.portal.people.vault import Vault
from cxreports.portal.post import mail, sms
from cxreports.private_file import close_to_others, keep_private
from cxreports.settings import Home, Settings
from cxreports.web.kernels.forked import ForkServer, can_fork
from cxreports.web.kernels.surroundings import common_variables, in_force
from cxreports.web.site import Site
from cxreports.widgets.bundle import manifest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_log = logging.getLogger("cxreports.web")


def serve(
    home: Home,
    *,
    port: int = 8866,
    host: str = "127.0.0.1",
    certificate: Path | None = None,
    key: Path | None = None,
    insecure: bool = False,
    open_browser: bool = False,
    warm: int = 1,
) -> None:
    """Serve the portal of a home folder; Ctrl-C ends it and every kernel.

    Parameters
    ----------
    home
        Folder of the lake, or the settings that name it.
    port, host
        Address to listen at.
    certificate, key
        TLS, PEM files.
    insecure
        Listen beyond this machine without TLS all the same.
    open_browser
        Open the address in the system's browser too.
    warm
        Kernels kept ready for the next visitor; each takes some 70 MB of its own.

    Raises
    ------
    BadSetting, NotSent
        A setting cannot be used.
    CxreportsError
        The port is taken, the front end is not built, or passwords would cross a network in the clear.
    """
    keep_private()
    keep_records_apart()
    settings = Settings.of(home)
    site = Site(settings, host, port, certificate, key)
    site.check(insecure=insecure)
    mail.check(settings)
    sms.check(settings)
    manifest()
    _check_free(host, port)

    def ready() -> None:
        print(f"The portal is at {site.address} (Ctrl-C ends it)", flush=True)  # noqa: T201
        print(in_force(), flush=True)  # noqa: T201
        if open_browser:
            threading.Thread(target=webbrowser.open, args=[site.address], daemon=True).start()

    database, vault = Database.of(settings), Vault.of(settings)
    with _fork_server(settings.home) as fork_server:
        # Voilà takes seconds to import, as what pages need does; `cxreports --help` needs none of it.
        with importing():
            from cxreports.web.application import Portal  # noqa: PLC0415

        portal = Portal(ip=host, port=port)
        # Pages may only read the lake. Where another process holds it, that one makes the tables.
        with suppress(LakeBusy):
            Store(settings).create(wait_s=0)
        _close_to_others(settings.home)
        portal.configure(site, database, vault, warm=warm, ready=ready, fork_server=fork_server)
        portal.initialize([])
        portal.start()


@contextmanager
def _fork_server(home: Path) -> Iterator[ForkServer | None]:
    """Have a fork server import what pages need meanwhile; None where there is no fork."""
    if not can_fork():
        yield None
        return
    fork_server = ForkServer(common_variables(home))
    fork_server.start()
    try:
        yield fork_server
    finally:
        fork_server.close()


def _close_to_others(home: Path) -> None:
    """Take the home folder from other users of this machine, and say what was open to them."""
    exposure = close_to_others(home)
    if exposure.closed:
        _log.warning(
            "%s: other users of this machine could read %d files and folders, which they no longer can: %s …",
            home,
            len(exposure.closed),
            exposure.closed[0],
        )
    for path in exposure.left:
        _log.warning(
            "%s: other users of this machine can read it; chmod go-rwx it (a home folder that holds other "
            "things too is not changed)",
            path,
        )


def _check_free(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CxreportsError(
                f"cannot listen on {host}:{port} ({error.strerror}): is the portal running already? "
                "Choose another port with --port"
            ) from error
