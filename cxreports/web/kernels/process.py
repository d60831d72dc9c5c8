"""The kernel of a page: an IPython kernel whose log goes where the server's log goes.

Run as ``python -m cxreports.web.kernels.process``. An IPython kernel sends what it writes on standard
error to the browser; the tracebacks of a page belong to the operator.
"""

import logging
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from ipykernel import kernelapp
from ipykernel.iostream import IOPubThread
from ipykernel.ipkernel import IPythonKernel

from cxreports.log_record import keep_records_apart
from cxreports.private_file import keep_private
from cxreports.web.kernels import sandbox
from cxreports.web.kernels.surroundings import give_up_privileges


class PageKernel(IPythonKernel):
    """Works until it is ended: an interrupt, which comes before, would look like a fault of the page."""

    def pre_handler_hook(self) -> None:
        """Leave interrupts ignored."""

    def post_handler_hook(self) -> None:
        """Leave them so."""


MOST_DATA: Final = 4 * 2**30
"""Bytes of private memory that the kernel may ask the system for. The server's watchdog ends it long before;
this holds where it takes more between two looks."""

NAME: Final = "cxreports-page"
"""Of the process, 15 characters at the most."""

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
    # altair validates nothing here that would need it, and importing it takes 2.4 s.
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    # Its pipe, by which a kernel's own subprocesses print, is a TCP port; a page has none of either.
    vars(kernelapp)["IOPubThread"] = _without_pipe
    kernelapp.IPKernelApp.launch_instance(capture_fd_output=False, kernel_class=PageKernel)
    # Nothing is left to save, and duckdb complains at length when the interpreter is taken down.
    os._exit(0)


def _be_named() -> None:
    """Be listed by ``ps`` and ``top`` as what it is; a forked one would look like the fork server."""
    with suppress(OSError):
        Path("/proc/self/comm").write_text(NAME, "ascii")


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
