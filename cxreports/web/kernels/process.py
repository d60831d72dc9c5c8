"""The kernel of a page: an IPython kernel whose log goes where the server's log goes.

Run as ``python -m cxreports.web.kernels.process``. An IPython kernel sends what it writes on standard
error to the browser; the tracebacks of a page belong to the operator.
"""

import asyncio
import logging
import os
import sys
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from ipykernel import ipkernel, kernelapp
from ipykernel.iostream import IOPubThread
from ipykernel.ipkernel import IPythonKernel

from cxreports.allocators import give_back
from cxreports.log_record import keep_records_apart
from cxreports.private_file import keep_private
from cxreports.web.kernels import sandbox
from cxreports.web.kernels.surroundings import PROCESS_NAME, give_up_privileges


class PageKernel(IPythonKernel):
    """Works until it is ended: an interrupt, which comes before, would look like a fault of the page."""

    _resting: asyncio.TimerHandle | None = None

    def pre_handler_hook(self) -> None:
        """Leave interrupts ignored."""

    def post_handler_hook(self) -> None:
        """Leave them so, and give memory back if nothing else comes."""
        if self._resting is not None:
            self._resting.cancel()
        self._resting = asyncio.get_running_loop().call_later(RESTS_AFTER_S, give_back)


class PageApp(kernelapp.IPKernelApp):
    """Keeps to itself how to connect to it."""

    def init_code(self) -> None:
        """Run nothing; IPython would then note each module's name, by which 2 MB become the page's own."""

    def init_kernel(self) -> None:
        """Make the kernel; what it does not take of a browser is a line of the log, and no traceback."""
        super().init_kernel()  # type: ignore[no-untyped-call]
        self.log.addFilter(_in_a_line)

    def init_poller(self) -> None:
        """Watch the process that started it anew; a forked one ends with its fork server."""
        super().init_poller()  # type: ignore[no-untyped-call]
        # An application without a parent prints how others may connect.
        self.parent_handle = self.parent_handle or os.getppid()


def _in_a_line(record: logging.LogRecord) -> bool:
    if record.msg in _REFUSALS and record.exc_info:
        record.msg, record.args = "A page's message is refused: %s", (record.exc_info[1],)
        record.exc_info = record.exc_text = None
    return True


RESTS_AFTER_S: Final = 3.0
"""A page is at rest when it was asked nothing for so long."""


MOST_DATA: Final = 4 * 2**30
"""Bytes of private memory that the kernel may ask the system for. The server's watchdog ends it long before;
this holds where it takes more between two looks."""

_REFUSALS: Final = frozenset({"Invalid message", "Invalid Message"})
"""What ipykernel logs, with a traceback, of a message that it does not take."""

_NOT_IMPORTED: Final = ("debugpy", "rfc3987_syntax")
"""A debugger takes 0.8 s; altair imports a grammar of addresses for 2.4 s, which no chart needs."""

_FIRST_TO_GO: Final = 600
"""Where the machine runs out of memory, a page ends before the server (``oom_score_adj``, up to 1000)."""


def main() -> None:
    """Run until the server ends it."""
    give_up_privileges()
    _bound_resources()
    _be_named()
    sandbox.enter(sys.argv)
    keep_private()
    keep_records_apart()
    logging.basicConfig(
        stream=sys.__stderr__,
        level=logging.WARNING,
        format="%(asctime)s page %(process)d %(levelname)s %(message)s",
    )
    leave_out()
    vars(ipkernel)["sys"] = _OfNoModules()
    # Its pipe, by which a kernel's own subprocesses print, is a TCP port; a page has none of either.
    vars(kernelapp)["IOPubThread"] = _without_pipe
    PageApp.launch_instance(capture_fd_output=False, kernel_class=PageKernel)
    # Nothing is left to save, and duckdb complains at length when the interpreter is taken down.
    os._exit(0)


def leave_out() -> None:
    """Import nothing of what a page has no use for and others would import."""
    for name in _NOT_IMPORTED:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]


def _be_named() -> None:
    """Be listed by ``ps`` and ``top`` as what it is; a forked one would look like the fork server."""
    with suppress(OSError):
        Path("/proc/self/comm").write_text(PROCESS_NAME, "ascii")


class _OfNoModules:
    """`sys` for a kernel that notes the file of each module, for a debugger that it does not have.

    To touch all modules, which it shares with the fork server, made 7 MB of memory its own.
    """

    modules: Final[dict[str, ModuleType]] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(sys, name)


def _without_pipe(socket: Any, *, pipe: bool, session: Any) -> IOPubThread:
    del pipe
    return IOPubThread(socket, pipe=False, session=session)  # type: ignore[no-untyped-call]


def _bound_resources() -> None:
    """Limit what this process can take; what the system does not know is left out."""
    with suppress(ImportError, ValueError, OSError):
        import resource  # noqa: PLC0415 (not on Windows)

        resource.setrlimit(resource.RLIMIT_DATA, (MOST_DATA, MOST_DATA))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(str(_FIRST_TO_GO), "ascii")


if __name__ == "__main__":
    main()
