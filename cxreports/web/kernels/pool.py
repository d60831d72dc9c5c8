"""Kernels of the portal: one a page, each for one visitor, some warmed up before anybody asks.

A page's notebook has run before the page goes out, so it is complete, with the state of its
widgets in the HTML. Kernels that nobody looks at are ended, and so are those of a login that ends.
"""

from __future__ import annotations

import asyncio
import os
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import nbformat
import traitlets as t
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from voila.execute import VoilaExecutor

from cxreports.visitor import PORTAL_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jupyter_client.manager import KernelManager
    from tornado.websocket import WebSocketHandler

    from cxreports.visitor import Visitor

KERNEL_NAME = "python3"

_REFILL_AFTER_S = 4.0
"""A new visitor's page has the processor for itself so long."""

_COME_BACK_S = 30.0
"""A page that is being loaded, or lost its connection, finds its kernel for so long."""

_ENDED: Final = 4001
"""Close code of a connection whose kernel was ended."""

_WARM_UP: Final = "from cxreports.pages.warm_up import warm_up\nwarm_up()"

_QUIET = [
    "--HistoryManager.enabled=False",
    "--IPKernelApp.log_level=ERROR",
    "--InteractiveShell.colors=nocolor",
]


class ThisPython(KernelSpecManager):
    """Knows one kernel: the Python that the portal itself runs on.

    The machine may have another ``python3`` kernel registered, without cxreports in it.
    """

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """Give this Python's kernel, whatever the notebook names."""
        del kernel_name
        command = [sys.executable, "-m", "cxreports.web.kernels.process", "-f", "{connection_file}"]
        return KernelSpec(argv=command, display_name="cxreports", language="python")


@dataclass(frozen=True)
class Prepared:
    """A kernel that has run a page's notebook.

    Attributes
    ----------
    kernel_id
        Of the running kernel.
    root
        Model id of the widget that the notebook displayed last; None when there was none.
    states
        Widget states by model id.
    failure
        Tracebacks of the cells that failed; empty when all ran.
    """

    kernel_id: str
    root: str | None
    states: dict[str, dict[str, Any]]
    failure: str = ""


class PortalKernels(AsyncMappingKernelManager):
    """Starts kernels for visitors and keeps some warm.

    A warm kernel has imported and exercised what pages need, and works for nobody. It is bound to
    a visitor once, when a page takes it, and ends with the page or the visitor's login.
    """

    environment = t.Dict(help="Environment variables of every kernel.").tag(config=True)
    warm = t.Int(1, help="Kernels kept ready for the next visitor.").tag(config=True)
    most = t.Int(32, help="Kernels at once; more visitors are asked to wait.").tag(config=True)
    most_of_user = t.Int(8, help="Kernels of one person at once.").tag(config=True)

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)  # type: ignore[no-untyped-call]
        self._ready: list[asyncio.Task[str]] = []
        self._owners: dict[str, Visitor] = {}
        self._sockets: dict[str, set[WebSocketHandler]] = {}
        self._clients: dict[str, Any] = {}

    # whose they are ----------------------------------------------------------------------------

    def owner(self, kernel_id: str) -> Visitor | None:
        """Give the visitor that a kernel works for; None for one that is not there, or still waits."""
        return self._owners.get(kernel_id) if kernel_id in self else None

    def logins(self) -> dict[str, bool]:
        """Give the sessions that kernels work for, each with whether a browser is connected."""
        seen: dict[str, bool] = {}
        for kernel_id, visitor in self._owners.items():
            seen[visitor.session] = seen.get(visitor.session, False) or bool(self._sockets.get(kernel_id))
        return seen

    def is_full_for(self, visitor: Visitor) -> bool:
        """Whether one more page would be too many, for the machine or for one person."""
        own = sum(each.user_id == visitor.user_id for each in self._owners.values())
        return own >= self.most_of_user or len(self._owners) >= self.most

    async def end_of_login(self, session: str) -> None:
        """End every kernel of a login, and its pages' connections."""
        own = [kernel_id for kernel_id, visitor in self._owners.items() if visitor.session == session]
        await asyncio.gather(*map(self.end, own))

    async def end(self, kernel_id: str) -> None:
        """End a kernel; a page that is still there is told."""
        self._owners.pop(kernel_id, None)
        for socket in self._sockets.pop(kernel_id, set()):
            socket.close(_ENDED)
        if kernel_id in self:
            await self.shutdown_kernel(kernel_id, now=True)  # type: ignore[no-untyped-call]

    def joined(self, kernel_id: str, socket: WebSocketHandler) -> None:
        """Note a page's connection."""
        self._sockets.setdefault(kernel_id, set()).add(socket)

    def left(self, kernel_id: str, socket: WebSocketHandler) -> None:
        """Forget a page's connection."""
        self._sockets.get(kernel_id, set()).discard(socket)

    def remove_kernel(self, kernel_id: str) -> KernelManager:
        """Forget a kernel that has ended, however it came to its end."""
        self._owners.pop(kernel_id, None)
        self._hang_up(kernel_id)
        return super().remove_kernel(kernel_id)

    # from cold to a page -----------------------------------------------------------------------

    def refill(self) -> None:
        """Start warming kernels until enough are ready or on their way."""
        while len(self._ready) < self.warm:
            self._ready.append(asyncio.create_task(self._warmed()))

    async def take(self, notebook: Path, visitor: Visitor) -> Prepared:
        """Bind a kernel to a visitor, warm if there is one, and run a page's notebook in it."""
        kernel_id = await self._fresh()
        self._owners[kernel_id] = visitor
        try:
            bound = await self._run(kernel_id, _notebook_of(visitor.binding()))
            if bound.failure:
                return bound
            prepared = await self._run(kernel_id, nbformat.read(notebook, as_version=4))  # type: ignore[no-untyped-call]
        except BaseException:
            await self.end(kernel_id)
            raise
        finally:
            self._hang_up(kernel_id)
            loop = asyncio.get_running_loop()
            loop.call_later(_REFILL_AFTER_S, self.refill)
        loop.call_later(_COME_BACK_S, self._end_if_left, kernel_id)
        return prepared

    async def _fresh(self) -> str:
        """Give a kernel that works for nobody yet."""
        while self._ready:
            try:
                kernel_id = await self._ready.pop(0)
            except Exception:
                self.log.exception("A kernel could not be warmed.")
                continue
            if kernel_id in self and await self.is_alive(kernel_id):
                return kernel_id
        return await self._started()

    async def _warmed(self) -> str:
        kernel_id = await self._started()
        prepared = await self._run(kernel_id, _notebook_of(_WARM_UP))
        if prepared.failure:
            self.log.error("A kernel could not be warmed.\n%s", prepared.failure)
        return kernel_id

    async def _started(self) -> str:
        kernel_id: str = await self.start_kernel(
            kernel_name=KERNEL_NAME,
            cwd=str(Path(self.environment["CXREPORTS_HOME"])),
            env={**os.environ, **self.environment, PORTAL_VARIABLE: "1"},
            extra_arguments=_QUIET,
        )
        return kernel_id

    async def _run(self, kernel_id: str, cells: nbformat.NotebookNode) -> Prepared:
        """Run the cells of a notebook, whichever of them fail."""
        executor = VoilaExecutor(cells, km=self.get_kernel(kernel_id), show_tracebacks=True)
        executor.kc = self._clients.get(kernel_id)
        if executor.kc is None:
            # Kept for the next cells: to find a kernel ready takes a quarter of a second.
            executor.kc = self._clients[kernel_id] = await executor.async_start_new_kernel_client()
        failures = []
        for index, cell in enumerate(cells.cells):
            if cell.cell_type == "code":
                try:
                    await executor.execute_cell(cell, None, index, store_history=False)
                except Exception:  # noqa: BLE001 (whatever a cell raised, the page says that it failed)
                    failures.append(traceback.format_exc())
        return Prepared(kernel_id, _displayed(cells), _states(executor.widget_state), "\n".join(failures))

    def _hang_up(self, kernel_id: str) -> None:
        """Leave a kernel to its page."""
        client = self._clients.pop(kernel_id, None)
        if client is not None:
            client.stop_channels()

    def notify_disconnect(self, kernel_id: str) -> None:
        """End the kernel of a page that went away without a word, unless it comes back soon."""
        super().notify_disconnect(kernel_id)  # type: ignore[no-untyped-call]
        asyncio.get_running_loop().call_later(_COME_BACK_S, self._end_if_left, kernel_id)

    def _end_if_left(self, kernel_id: str) -> None:
        if kernel_id in self and not self._kernel_connections.get(kernel_id):
            asyncio.ensure_future(self.end(kernel_id))  # noqa: RUF006

    async def cull_kernel_if_idle(self, kernel_id: str) -> None:
        """End a kernel that nobody looks at, but not one that waits for its visitor."""
        if kernel_id in self._owners:
            await super().cull_kernel_if_idle(kernel_id)  # type: ignore[no-untyped-call]

    async def shutdown_all(self, *arguments: Any, **options: Any) -> None:  # type: ignore[override]
        """End every kernel, those that are still being prepared too."""
        for task in self._ready:
            task.cancel()
        await asyncio.gather(*self._ready, return_exceptions=True)
        self._ready.clear()
        # Nothing in a page's kernel is worth waiting for.
        await super().shutdown_all(*arguments, **{**options, "now": True})


def _notebook_of(code: str) -> nbformat.NotebookNode:
    """Make a notebook of one cell."""
    cell = nbformat.v4.new_code_cell(code)  # type: ignore[no-untyped-call]
    notebook: nbformat.NotebookNode = nbformat.v4.new_notebook(cells=[cell])  # type: ignore[no-untyped-call]
    return notebook


def _displayed(notebook: nbformat.NotebookNode) -> str | None:
    """Find the widget that was displayed last."""
    view = "application/vnd.jupyter.widget-view+json"
    found = [
        output.data[view]["model_id"]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if view in output.get("data", {})
    ]
    return found[-1] if found else None


_CARRIED_BY_PAGE = frozenset({"_esm", "_css", "layout", "tooltip", "tabbable"})


def _states(states: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Keep what the page needs to draw: the anywidgets, without what the page brings itself."""
    return {
        model: {name: value for name, value in state.items() if name not in _CARRIED_BY_PAGE}
        for model, state in states.items()
        if state.get("_model_module") == "anywidget"
    }
