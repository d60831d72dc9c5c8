"""Handlers of the portal: its pages, their built files, and the end of a page."""

import json
import logging
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import tornado.web
from jupyter_server.base.handlers import JupyterHandler

from cxreports.widgets.bundle import STATIC, manifest

if TYPE_CHECKING:
    from cxreports.web.kernels import PortalKernels

_YEAR_S: Final = 365 * 24 * 3600

_log = logging.getLogger("cxreports.web")


class PageHandler(JupyterHandler):
    """Sends a page in two parts: the skeleton at once, the widgets when their kernel is ready."""

    def initialize(self, static_path: str, notebook: Path, skeleton: str) -> None:
        """Take the page's notebook, its first template, and where the built files are served."""
        self.static_path, self.notebook, self.skeleton = static_path, notebook, skeleton
        self._is_left = False

    def on_connection_close(self) -> None:
        """Note that the visitor closed the page before it was complete."""
        super().on_connection_close()
        self._is_left = True

    @tornado.web.authenticated
    async def get(self) -> None:
        """Answer with the page."""
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        # Sets the cookie that the beacon at the page's end must bring back.
        _ = self.xsrf_token
        self.write(self._template(self.skeleton))
        await self.flush()
        self.write(await self._body())
        self.finish()

    async def _body(self) -> str:
        kernels = cast("PortalKernels", self.kernel_manager)
        if kernels.is_full:
            return self._failed("Too many pages are open. Close some, then reload this one.", "")
        try:
            prepared = await kernels.take(self.notebook)
        except Exception:  # noqa: BLE001 (said on the page, logged with its traceback)
            return self._report("The page could not be started.")
        if self._is_left:
            # No page will ever connect to this kernel, nor say that it ends.
            await kernels.shutdown_kernel(prepared.kernel_id, now=True)  # type: ignore[no-untyped-call]
            return ""
        if prepared.failure or prepared.root is None:
            await kernels.shutdown_kernel(prepared.kernel_id, now=True)  # type: ignore[no-untyped-call]
            return self._report("The page could not be made.", prepared.failure or "Nothing was displayed.")
        start = {
            "base": self.base_url,
            "kernel": prepared.kernel_id,
            "root": prepared.root,
            "states": prepared.states,
        }
        return self._template("body.html.j2", start=_embedded(start))

    def _report(self, text: str, traceback: str = "") -> str:
        """Log a failure under an id, and say so in words."""
        code = secrets.token_hex(4)
        _log.error("%s [%s]\n%s", text, code, traceback, exc_info=not traceback)
        return self._failed(text, code)

    def _failed(self, text: str, code: str) -> str:
        return self._template("failed.html.j2", text=text, code=code)

    def _template(self, name: str, **values: Any) -> str:
        built = {stem: f"{self.static_path}/{manifest()[f'{stem}.js']}" for stem in ("portal", "vega")}
        environment = self.settings["voila_jinja2_env"]
        text: str = environment.get_template(name).render(
            styles=f"{self.static_path}/{manifest()['page.css']}", **built, **values
        )
        return text


def _embedded(value: Any) -> str:
    """Write JSON that can stand inside a script element."""
    text = json.dumps(value, separators=(",", ":"), default=str)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


class BuiltFileHandler(tornado.web.StaticFileHandler):
    """Serves the built files; their names change with their contents, so they never expire."""

    def initialize(self) -> None:  # type: ignore[override]
        """Serve from the folder of the built files."""
        super().initialize(str(STATIC))

    def set_extra_headers(self, path: str) -> None:
        """Let browsers keep files whose name has a hash."""
        hashed = path in manifest().values() and Path(path).name not in manifest()
        age = f"public, max-age={_YEAR_S}, immutable" if hashed else "no-cache"
        self.set_header("Cache-Control", age)
