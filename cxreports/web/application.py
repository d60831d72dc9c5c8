"""The portal: a Voilà application with its own people, pages, kernels and rules about what may load."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import signal
import ssl
import tempfile
import uuid
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import jinja2
import tornado.ioloop
from voila.app import Voila

from cxreports import language
from cxreports.lake.lock import make_turns
from cxreports.lake.store import Store
from cxreports.portal.people import login, sessions
from cxreports.private_file import LAKE
from cxreports.web.connections import Doors, raise_file_limit
from cxreports.web.drawings import Drawings
from cxreports.web.feeds.push import Pushes
from cxreports.web.feeds.under_way_page import KnownRates
from cxreports.web.identity import PortalIdentity
from cxreports.web.kernels.desk import ServerDesk
from cxreports.web.kernels.forked import ThisPython
from cxreports.web.kernels.frames import LARGEST_FRAME, MESSAGES
from cxreports.web.kernels.handlers import OwnKernels
from cxreports.web.kernels.pool import PortalKernels
from cxreports.web.kernels.surroundings import common_variables
from cxreports.web.refusals import Refusals
from cxreports.web.routes import STATIC_PATH, notebook, routes
from cxreports.web.shell import Shells
from cxreports.web.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Callable

    from cxreports.portal.database import Database
    from cxreports.portal.people.vault import Vault
    from cxreports.web.kernels.forked import ForkServer
    from cxreports.web.site import Site

TEMPLATE: Final = Path(__file__).parent / "template"

_MAY_LOAD: Final = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "font-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}

CONTENT_SECURITY_POLICY: Final = "; ".join(f"{kind} {source}" for kind, source in _MAY_LOAD.items())
"""What the page may load: its own files alone, and no script that is not one of them."""

_HEADERS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Server": "cxreports",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
_HSTS: Final = "max-age=31536000"

_LAST_WORDS_S: Final = 20
_FEW_PAGES: Final = 16
"""Pages for each processor that all processors bring up to date: of more, half of them do."""

_SWEEP_MS: Final = 15_000
"""How often kernels are looked through for logins that have ended elsewhere."""

_TIDY_MS: Final = 3_600_000

_WATCH_MS: Final = 1_000
"""How often the kernels' memory and processor time are looked at."""


def turns_of(pages: int, processors: int) -> int:
    """How many pages may follow the lake at a time: where very many do, half of the processors are kept free.

    They are for whoever waits, for a click or for a page.
    """
    return processors if pages <= _FEW_PAGES * processors else max(1, processors // 2)


class Portal(Voila):  # type: ignore[misc]
    """Serves the pages of one home folder to those who have logged in.

    Voilà gives the application, the kernels' REST interface and websocket, and the execution of
    notebooks. Its own page and handlers are not used: the page loads JupyterLab's front end, its
    pool of kernels hands one visitor's request on to the next, and nothing of it asks who is there.
    """

    name = "voila"

    def configure(
        self,
        site: Site,
        database: Database,
        vault: Vault,
        *,
        warm: int,
        ready: Callable[[], None],
        fork_server: ForkServer | None = None,
    ) -> None:
        """Set what is the same in every installation; call before `initialize`.

        Parameters
        ----------
        site
            The home folder, and how it is reached.
        database, vault
            People and their secrets.
        warm
            Kernels kept ready.
        ready
            Called once when requests are answered.
        fork_server
            Where kernels come from; they are started anew without one.
        """
        self._tell_ready, self._site, self._database, self._vault = ready, site, database, vault
        self._fork_server = fork_server
        self.notebook_path = str(notebook("dashboard"))
        self.open_browser = False
        self.port_retries = 0
        self.log_level = logging.WARNING
        self.identity_provider_class = PortalIdentity
        self.authorizer_class = OwnKernels
        self.config.VoilaConfiguration.multi_kernel_manager_class = PortalKernels
        self.config.VoilaConfiguration.kernel_spec_manager_class = ThisPython
        self.config.VoilaConfiguration.preheat_kernel = False
        self.config.VoilaConfiguration.allow_template_override = "NO"
        self.config.VoilaConfiguration.allow_theme_override = "NO"
        self.config.PortalKernels.environment = common_variables(site.home)
        self.config.PortalKernels.warm = warm
        # A kernel that died is no page's any more: another one is warmed instead.
        self.config.KernelRestarter.restart_limit = 0
        # No port that another process could take first, or another user of the machine reach.
        self.config.ConnectionFileMixin.transport = "ipc"
        self.connection_dir_root = _short_folder()

    _turns = 0

    def setup_template_dirs(self) -> None:
        """Use the portal's templates alone; nothing is looked up on the machine."""
        self.template_paths = [str(TEMPLATE)]
        self.static_paths: list[str] = []

    def init_settings(self) -> dict[str, Any]:
        """Add what Voilà leaves open: people, compression, security headers, who may be a host."""
        settings: dict[str, Any] = super().init_settings()
        store = Store(self._site.settings)
        self.kernel_manager.allowed_message_types = list(MESSAGES)
        self.kernel_manager.desk = ServerDesk(self._database, self._site.home)
        self.kernel_manager.fork_server = self._fork_server
        logging.getLogger("tornado.general").addFilter(_is_news)
        return settings | {
            "voila_jinja2_env": templates(),
            "compress_response": True,
            "allow_unauthenticated_access": False,
            "websocket_max_message_size": LARGEST_FRAME,
            "allow_remote_access": not self._site.is_local,
            "local_hostnames": ["localhost"],
            "xsrf_cookies": True,
            # With this prefix browsers take the cookie from this very host alone, and over TLS alone.
            "xsrf_cookie_name": "__Host-_xsrf" if self._site.is_encrypted else "_xsrf",
            "xsrf_cookie_kwargs": {"samesite": "Strict", "secure": self._site.is_encrypted},
            "headers": _HEADERS | ({"Strict-Transport-Security": _HSTS} if self._site.is_encrypted else {}),
            "cx_database": self._database,
            "cx_vault": self._vault,
            "cx_site": self._site,
            "cx_store": store,
            "cx_pushes": Pushes(self._site.home, self._database),
            "cx_rates": KnownRates(store),
            "cx_drawings": Drawings(self._database, store),
            "cx_shells": Shells(self._database, store, self._site.settings.payment_url),
            "cx_trusted_proxies": self._site.trusted_proxies,
            "cx_refusals": Refusals(),
            "cx_turns": Turns("asked"),
            "cx_errand_turns": Turns("errand", 4),
            "cx_static": self.server_url.rstrip("/") + STATIC_PATH,
        }

    def init_handlers(self) -> list[Any]:
        """Serve what `routes` lists and nothing else."""
        return routes(self.server_url)

    def listen(self) -> None:
        """Serve until stopped; the first kernels warm up meanwhile."""
        site = self._site
        tls = None
        if site.certificate is not None:
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(site.certificate, site.key)
        most = raise_file_limit(self.kernel_manager.most)
        self._share_turns()
        server = Doors(self.app, tls=tls, shared=site.trusted_proxies, most=most)
        server.listen(self.port, self.ip)
        self.ioloop = tornado.ioloop.IOLoop.current()
        self.ioloop.run_sync(lambda: self.kernel_manager.desk.open(Path(self.connection_dir)))
        self.app.settings["cx_pushes"].recover()
        self.ioloop.add_callback(self._tell_ready)
        self.ioloop.add_callback(self.kernel_manager.refill)
        sweeping = tornado.ioloop.PeriodicCallback(self._sweep, _SWEEP_MS)
        tidying = tornado.ioloop.PeriodicCallback(self._tidy, _TIDY_MS)
        watching = tornado.ioloop.PeriodicCallback(self.kernel_manager.watch, _WATCH_MS)
        for periodic in (sweeping, tidying, watching):
            periodic.start()
        self._stop_on_signals()
        try:
            self.ioloop.start()
        except KeyboardInterrupt:
            self.log.info("Stopping")
        finally:
            for periodic in (sweeping, tidying, watching):
                periodic.stop()
            server.stop()
            self.stop()

    def _stop_on_signals(self) -> None:
        """Stop at Ctrl-C and at SIGTERM between two callbacks.

        A KeyboardInterrupt may be raised where Python only prints it, in a weak reference's callback say, and
        the server would go on. A second signal ends the process as usual.
        """
        loop: asyncio.AbstractEventLoop = self.ioloop.asyncio_loop  # type: ignore[attr-defined]

        def stop() -> None:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)
            self.log.info("Stopping")
            loop.stop()

        with suppress(NotImplementedError):  # Windows: KeyboardInterrupt it is
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, stop)

    def _share_turns(self) -> None:
        """Have pages that nobody waits for take turns when calls come."""
        turns = turns_of(len(self.kernel_manager.list_kernel_ids()), os.cpu_count() or 1)
        if turns != self._turns:
            make_turns(self._site.home / LAKE, turns)
            self._turns = turns

    async def _sweep(self) -> None:
        """End the pages of logins that have ended; an open page keeps its login from idling out."""
        self._share_turns()
        logins = self.kernel_manager.logins()
        ended = await asyncio.to_thread(_ended, self._database, logins)
        for session in ended:
            await self.kernel_manager.end_of_login(session)

    async def _tidy(self) -> None:
        """Remove sessions, challenges and links that are over."""
        await asyncio.to_thread(login.purge, self._database)

    def stop(self) -> None:
        """End every kernel, on the loop that they were started on."""
        self.ioloop.run_sync(self.kernel_manager.shutdown_all, timeout=_LAST_WORDS_S)
        self.kernel_manager.desk.close()
        for turns in ("cx_turns", "cx_errand_turns"):
            self.app.settings[turns].close()
        self.app.settings["cx_pushes"].close()
        # DuckDB complains of connections that are still open when Python ends.
        for name in ("cx_shells", "cx_rates", "cx_store"):
            self.app.settings.pop(name)
        shutil.rmtree(self.connection_dir, ignore_errors=True)


_LONGEST_SOCKET: Final = 100
"""Characters of a Unix socket's path: macOS takes 103, Linux 107."""


def _short_folder() -> str:
    """Folder in which the kernels' sockets have a path that the system takes."""
    usual = tempfile.gettempdir()
    path = f"{usual}/voila_12345678/kernel-{uuid.UUID(int=0)}-ipc-5"
    return usual if len(path) <= _LONGEST_SOCKET or not Path("/tmp").is_dir() else "/tmp"  # noqa: S108


def _ended(database: Database, logins: dict[str, bool]) -> list[str]:
    """Find the sessions that are over; note of the others which of them a browser still shows."""
    with database.reading() as db:
        found = {each: sessions.of_hash(db, each) for each in logins}
    stale = [each for id_, each in found.items() if each and logins[id_] and sessions.is_stale(each)]
    if stale:
        with database.writing() as db:
            for session in stale:
                sessions.touch(db, session)
    return [id_ for id_, session in found.items() if session is None]


def templates() -> jinja2.Environment:
    """Make the environment of the pages' templates, which speak the reader's language."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATE),
        extensions=["jinja2.ext.i18n"],
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        language._,
        language.ngettext,
        newstyle=True,
    )
    return environment


_NO_NEWS: Final = (
    "websocket_ping_timeout",  # jupyter_server's is in milliseconds
    "Got events for closed stream",  # a page left while its kernel answered
)


def _is_news(record: logging.LogRecord) -> bool:
    """Leave out what tornado and pyzmq say of things that happen all day."""
    return not any(each in str(record.msg) for each in _NO_NEWS)
