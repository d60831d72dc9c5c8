"""The fork server: a process that has imported what pages need, and becomes a kernel at each request.

Run as ``python -m cxreports.web.kernels.fork_server FD``, where FD is its end of a socket pair; the server
holds the other (`cxreports.web.kernels.forked`), and when that is closed the process ends, and every kernel
with it. Each request is a `Request`, each answer the kernel's process id with a descriptor of the process,
which stays right when ids are used again.

It imports, and starts no thread: those of polars and delta-rs do not survive a fork. DuckDB it starts without
any (`cxreports.lake.parquet.readers`). Memory that was filled before the fork is shared by all kernels until
one writes to it, and no holes are left in it for them to write to.
Unlike a kernel in its sandbox, it can keep the bytecode of what it imports.
"""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import socket
import sys
import tempfile
import time
import traceback
from importlib import import_module
from typing import Final

from cxreports.allocators import fill_holes
from cxreports.collector import importing
from cxreports.web.kernels import process
from cxreports.web.kernels.fork_request import LARGEST_REQUEST, Request

_IMPORTED: Final = (
    "cxreports.pages.customers",
    "cxreports.pages.warm_up",
    # What IPython's kernel imports when it starts.
    *("ipykernel.debugger", "ipykernel.heartbeat", "ipykernel.zmqshell", "tornado.platform.asyncio"),
    *("IPython.core.completerlib", "IPython.core.debugger", "IPython.core.oinspect"),
    *("IPython.extensions.storemagic", "faulthandler", "psutil", "resource"),
    # What engines import when they are first used.
    *("numpy.ma", "tzdata"),
)

_PR_SET_PDEATHSIG: Final = 1


def main() -> None:
    """Import, then fork until the server is gone."""
    line = socket.socket(fileno=int(sys.argv[1]))
    line.set_inheritable(False)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # its end is the end of the line, after the server has gone
    with importing():
        _import_pages()
        gc.collect()
    fill_holes()
    # Looking at what is there now would copy every page of memory into every kernel.
    # Children that end are buried by the system: the server sees their end by their descriptors.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    own = os.getpid()
    while content := line.recv(LARGEST_REQUEST):
        child = os.fork()
        if not child:
            line.close()
            _be_kernel(Request.of(content), own)
        _answer(line, child)


def _answer(line: socket.socket, child: int) -> None:
    """Tell the id of a kernel, with its descriptor; with none where it has ended already."""
    try:
        described = os.pidfd_open(child)
    except ProcessLookupError:
        line.send(str(child).encode())
        return
    try:
        socket.send_fds(line, [str(child).encode()], [described])
    finally:
        os.close(described)


def _import_pages() -> None:
    process.leave_out()
    for name in _IMPORTED:
        import_module(name)
    import_module("cxreports.pages.warm_up").prepare()


def _be_kernel(request: Request, parent: int) -> None:
    """Become the kernel that is wanted, and never return."""
    try:
        os.setsid()
        _end_with(parent)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        os.environ.clear()
        os.environ.update(request.variables)
        os.chdir(request.folder)
        tempfile.tempdir = None  # found anew in the kernel's own folder
        time.tzset()
        sys.argv = request.arguments
        process.main()
    except BaseException:  # noqa: BLE001 (nothing of a kernel may go on in the fork server's loop)
        traceback.print_exc()
    finally:
        os._exit(1)


def _end_with(parent: int) -> None:
    """Be killed when the fork server ends, even if it has ended already."""
    nothing = ctypes.c_ulong(0)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, ctypes.c_ulong(signal.SIGKILL), nothing, nothing, nothing)
    if os.getppid() != parent:
        os._exit(1)


if __name__ == "__main__":
    main()
