"""Kernels of the portal: one a page, some warmed up before anybody asks.

A warm kernel has run the page's notebook already, so the page goes out complete, with the state
of its widgets in the HTML. Kernels that nobody looks at are ended.
"""

import asyncio
import os
import sys
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import traitlets as t
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from voila.execute import VoilaExecutor

KERNEL_NAME = "python3"

_REFILL_AFTER_S = 4.0
"""A new visitor's page has the processor for itself so long."""

_COME_BACK_S = 30.0
"""A page that is being loaded, or lost its connection, finds its kernel for so long."""

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
        command = [sys.executable, "-m", "cxreports.web.kernel", "-f", "{connection_file}"]
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
        Traceback of the cell that failed; empty when all ran.
    """

    kernel_id: str
    root: str | None
    states: dict[str, dict[str, Any]]
    failure: str = ""


class PortalKernels(AsyncMappingKernelManager):
    """Starts kernels for pages and keeps some warm."""

    environment = t.Dict(help="Environment variables of every kernel.").tag(config=True)
    warm = t.Int(1, help="Kernels kept ready for the next visitor.").tag(config=True)
    most = t.Int(32, help="Kernels at once; more visitors are asked to wait.").tag(config=True)
    notebook = t.Unicode(help="Notebook that warm kernels have run.").tag(config=True)

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)  # type: ignore[no-untyped-call]
        self._ready: list[asyncio.Task[Prepared]] = []

    @property
    def is_full(self) -> bool:
        """Whether one more page would be too many."""
        return len(self.list_kernel_ids()) - len(self._ready) >= self.most

    def refill(self) -> None:
        """Start preparing kernels until enough are ready or on their way."""
        while len(self._ready) < self.warm:
            self._ready.append(asyncio.create_task(self.prepare(Path(self.notebook))))

    async def take(self, notebook: Path) -> Prepared:
        """Give a prepared kernel to a visitor, who must connect to it before long."""
        prepared = await self._warm_or_new(notebook)
        asyncio.get_running_loop().call_later(_COME_BACK_S, self._end_if_left, prepared.kernel_id)
        return prepared

    async def _warm_or_new(self, notebook: Path) -> Prepared:
        """Find a warm kernel that ran this notebook and lives, else prepare one."""
        if notebook != Path(self.notebook):
            return await self.prepare(notebook)
        while self._ready:
            task = self._ready.pop(0)
            try:
                prepared = await task
            except Exception:
                self.log.exception("A kernel could not be prepared.")
                continue
            if prepared.kernel_id in self and await self.is_alive(prepared.kernel_id):
                asyncio.get_running_loop().call_later(_REFILL_AFTER_S, self.refill)
                return prepared
        prepared = await self.prepare(notebook)
        self.refill()
        return prepared

    async def prepare(self, notebook: Path) -> Prepared:
        """Start a kernel and run a notebook in it."""
        kernel_id: str = await self.start_kernel(
            kernel_name=KERNEL_NAME,
            cwd=str(notebook.parent),
            env={**os.environ, **self.environment, "CXREPORTS_PORTAL": "1"},
            extra_arguments=_QUIET,
        )
        try:
            return await self._run(kernel_id, notebook)
        except BaseException:
            await self.shutdown_kernel(kernel_id, now=True)  # type: ignore[no-untyped-call]
            raise

    async def _run(self, kernel_id: str, notebook: Path) -> Prepared:
        cells = nbformat.read(notebook, as_version=4)  # type: ignore[no-untyped-call]
        executor = VoilaExecutor(cells, km=self.get_kernel(kernel_id), show_tracebacks=True)
        executor.kc = await executor.async_start_new_kernel_client()
        failure = ""
        try:
            for index, cell in enumerate(cells.cells):
                if cell.cell_type == "code":
                    await executor.execute_cell(cell, None, index, store_history=False)
        except Exception:  # noqa: BLE001 (whatever a cell raised, the page says that it failed)
            failure = traceback.format_exc()
        finally:
            executor.kc.stop_channels()
        return Prepared(kernel_id, _displayed(cells), _states(executor.widget_state), failure)

    def notify_disconnect(self, kernel_id: str) -> None:
        """End the kernel of a page that went away without a word, unless it comes back soon."""
        super().notify_disconnect(kernel_id)  # type: ignore[no-untyped-call]
        asyncio.get_running_loop().call_later(_COME_BACK_S, self._end_if_left, kernel_id)

    def _end_if_left(self, kernel_id: str) -> None:
        if kernel_id in self and not self._kernel_connections.get(kernel_id):
            ending = self.shutdown_kernel(kernel_id, now=True)  # type: ignore[no-untyped-call]
            asyncio.ensure_future(ending)  # noqa: RUF006

    async def cull_kernel_if_idle(self, kernel_id: str) -> None:
        """End a kernel that nobody looks at, but not one that waits for its visitor."""
        ready = {each.result().kernel_id for each in self._ready if each.done() and not each.exception()}
        if kernel_id not in ready:
            await super().cull_kernel_if_idle(kernel_id)  # type: ignore[no-untyped-call]

    async def shutdown_all(self, *arguments: Any, **options: Any) -> None:  # type: ignore[override]
        """End every kernel, those that are still being prepared too."""
        for task in self._ready:
            task.cancel()
        await asyncio.gather(*self._ready, return_exceptions=True)
        self._ready.clear()
        # Nothing in a page's kernel is worth waiting for.
        await super().shutdown_all(*arguments, **{**options, "now": True})


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
