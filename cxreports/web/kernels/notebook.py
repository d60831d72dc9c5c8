"""Running a page's notebook in a kernel, and what comes of it; and the one that warms a kernel."""

from __future__ import annotations

import asyncio
import shutil
import threading
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import nbformat
from nbclient.exceptions import DeadKernelError
from voila.execute import VoilaExecutor

from cxreports.lake.store import Store
from cxreports.web.kernels.vitals import KernelLost

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_CARRIED_BY_PAGE: Final = frozenset({"_esm", "_css", "layout", "tooltip", "tabbable"})

_OUTPUT_WITHIN_S: Final = 120
"""What a cell displays may come so long after its end on a busy machine; by default nbclient goes on without
it after 4 s, and the page would be empty. A kernel that does nothing is given up long before."""


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


async def run(kernel_id: str, manager: Any, client: Any, cells: nbformat.NotebookNode) -> Prepared:
    """Run the cells of a notebook, whichever of them fail.

    Raises
    ------
    KernelLost
        The kernel died.
    """
    executor = VoilaExecutor(
        cells, km=manager, show_tracebacks=True, iopub_timeout=_OUTPUT_WITHIN_S, raise_on_iopub_timeout=True
    )
    executor.kc = client
    failures = []
    for index, cell in enumerate(cells.cells):
        if cell.cell_type == "code":
            try:
                await executor.execute_cell(cell, None, index, store_history=False)
            except DeadKernelError as error:
                _check_wanted()
                raise KernelLost("the kernel has died") from error
            except Exception:  # noqa: BLE001 (whatever a cell raised, the page says that it failed)
                _check_wanted()
                failures.append(traceback.format_exc())
    return Prepared(kernel_id, _displayed(cells), _states(executor.widget_state), "\n".join(failures))


def _check_wanted() -> None:
    """Stop where the task was cancelled: nbclient takes that for the kernel's death, and would go on."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


class WarmUp:
    """What warms a kernel: the pages of a lake without calls.

    Each kernel has a copy of it: to make one takes a kernel 75 ms of processor time, to copy it 7.

    Parameters
    ----------
    home
        Home of the lake; it is made when the first kernel is warmed.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self._one_at_a_time = threading.Lock()

    def notebook(self, scratch: Path) -> nbformat.NotebookNode:
        """Notebook for the kernel that has a folder, with its copy there; not for an event loop."""
        with self._one_at_a_time:
            if not self._home.exists():
                begun = self._home.with_name(f"{self._home.name}-begun")
                shutil.rmtree(begun, ignore_errors=True)
                Store(begun).create()
                begun.rename(self._home)
        own = shutil.copytree(self._home, scratch / self._home.name)
        return notebook_of(f"from cxreports.pages.warm_up import warm_up\nwarm_up({str(own)!r})")


def notebook_of(code: str) -> nbformat.NotebookNode:
    """Notebook of one cell."""
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


def _states(states: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Keep what the page needs to draw: the anywidgets, without what the page brings itself."""
    return {
        model: {name: value for name, value in state.items() if name not in _CARRIED_BY_PAGE}
        for model, state in states.items()
        if state.get("_model_module") == "anywidget"
    }
