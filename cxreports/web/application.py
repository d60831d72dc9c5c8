"""The portal: a Voilà application with its own pages, kernels and rules about what may load."""

import logging
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import jinja2
import tornado.ioloop
from jupyter_server.utils import url_path_join
from voila.app import Voila
from voila.request_info_handler import RequestInfoSocketHandler
from voila.static_file_handler import (
    AllowListFileHandler,
    MultiStaticFileHandler,
    TemplateStaticFileHandler,
)
from voila.tornado.handler import TornadoVoilaHandler

from cxreports.web.kernels import PortalKernels, ThisPython
from cxreports.web.page import BuiltFileHandler, PageHandler

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

PAGES: Final = {"dashboard": ("", "head.html.j2"), "cdr": ("cdr", "head_cdr.html.j2")}
"""Path and first template of each page, by the name of its notebook."""

_NOT_SERVED: Final = (
    TornadoVoilaHandler,
    AllowListFileHandler,
    MultiStaticFileHandler,
    TemplateStaticFileHandler,
    RequestInfoSocketHandler,
)
"""Voilà's handlers that the portal's own stand in for, or that nobody needs."""

_IDLE_S: Final = 120
_LAST_WORDS_S: Final = 20


class Portal(Voila):  # type: ignore[misc]
    """Serves the pages of one home folder.

    Voilà gives the application, the kernels' REST interface and websocket, and the execution of
    notebooks. Its own page is not used: it loads JupyterLab's front end, and its pool of kernels
    hands one visitor's request on to the next.
    """

    name = "voila"

    def configure(
        self,
        notebooks: Mapping[str, Path],
        environment: dict[str, str],
        *,
        warm: int,
        ready: Callable[[], None],
    ) -> None:
        """Set what is the same in every installation; call before `initialize`.

        Parameters
        ----------
        notebooks
            Those of the pages, by a name out of `PAGES`.
        environment
            Variables of every kernel.
        warm
            Kernels kept ready for the dashboard.
        ready
            Called once when requests are answered.
        """
        self._tell_ready, self._notebooks = ready, notebooks
        dashboard = str(notebooks["dashboard"])
        self.notebook_path = dashboard
        self.open_browser = False
        self.port_retries = 0
        self.log_level = logging.WARNING
        self.config.VoilaConfiguration.multi_kernel_manager_class = PortalKernels
        self.config.VoilaConfiguration.kernel_spec_manager_class = ThisPython
        self.config.VoilaConfiguration.preheat_kernel = False
        self.config.VoilaConfiguration.allow_template_override = "NO"
        self.config.VoilaConfiguration.allow_theme_override = "NO"
        self.config.PortalKernels.environment = environment
        self.config.PortalKernels.warm = warm
        self.config.PortalKernels.notebook = dashboard
        self.config.PortalKernels.cull_idle_timeout = _IDLE_S
        self.config.PortalKernels.cull_interval = _IDLE_S // 4
        self.config.PortalKernels.cull_connected = False

    def setup_template_dirs(self) -> None:
        """Use the portal's templates alone; nothing is looked up on the machine."""
        self.template_paths = [str(TEMPLATE)]
        self.static_paths: list[str] = []

    def init_settings(self) -> dict[str, Any]:
        """Add what Voilà leaves open: compression, security headers, local requests only."""
        settings: dict[str, Any] = super().init_settings()
        settings["voila_jinja2_env"] = jinja2.Environment(
            loader=jinja2.FileSystemLoader(TEMPLATE), autoescape=True, trim_blocks=True, lstrip_blocks=True
        )
        settings["compress_response"] = True
        logging.getLogger("tornado.general").addFilter(_is_news)
        settings["allow_remote_access"] = False
        settings["headers"] = {
            "Content-Security-Policy": CONTENT_SECURITY_POLICY,
            "X-Frame-Options": "DENY",
            "Referrer-Policy": "same-origin",
        }
        return settings

    def init_handlers(self) -> list[Any]:
        """Put the portal's page and files in the place of Voilà's."""
        static = url_path_join(self.server_url, "static/cxreports")
        kept = [each for each in super().init_handlers() if each[1] not in _NOT_SERVED]
        return [
            (url_path_join(static, "(.*)"), BuiltFileHandler),
            *kept,
            *(
                (
                    url_path_join(self.server_url, path),
                    PageHandler,
                    {"static_path": static, "notebook": self._notebooks[name], "skeleton": skeleton},
                )
                for name, (path, skeleton) in PAGES.items()
            ),
        ]

    def listen(self) -> None:
        """Serve until stopped; the first kernels warm up meanwhile."""
        loop = tornado.ioloop.IOLoop.current()
        loop.add_callback(self._tell_ready)
        loop.add_callback(self.kernel_manager.refill)
        super().listen()

    def stop(self) -> None:
        """End every kernel, on the loop that they were started on."""
        self.ioloop.run_sync(self.kernel_manager.shutdown_all, timeout=_LAST_WORDS_S)
        shutil.rmtree(self.connection_dir, ignore_errors=True)


def _is_news(record: logging.LogRecord) -> bool:
    """Leave out what tornado says of jupyter_server's ping settings, which are milliseconds."""
    return "websocket_ping_timeout" not in str(record.msg)
