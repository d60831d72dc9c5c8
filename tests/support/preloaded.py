"""Processes that have imported already what they need: forked from one that did nothing else.

A Python process of a test imports for one to five seconds what works for a tenth of one. Those whose
test is not about the start of a process are forked here: `Popen` and `run` take a command as
``subprocess`` does, ``[sys.executable, "-c" | "-m" | file, …]``, and what runs finds arguments, environment,
folder, umask and descriptors as it would in a process of its own. There are two processes to fork from:
`SERVER` has what the portal and the commands import, `PAGES` what the fork server of a portal does, and
nothing else. Each is started when it is first wanted, and ends with this process and all its children.

Like the fork server of a portal, they import and start no engine, whose threads would not survive a fork.
"""

from __future__ import annotations

import atexit
import ctypes
import fcntl
import gc
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import types
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from cxreports import allocators

SERVER: Final = "server"
PAGES: Final = "pages"

_IMPORTED: Final = (
    "quick_hashes",
    *("cxreports.cli.app", "cxreports.demo.calls", "cxreports.demo.people"),
    *("cxreports.web.application", "cxreports.web.serving", "cxreports.figures.analyst"),
    *("cxreports.pages.customers", "cxreports.schedules.worker"),
    *("cxreports.reports.run", "cxreports.reports.crew", "cxreports.reports.making"),
    *("rich.console", "rich.table", "rich.progress", "typer.rich_utils"),
    *("alembic.command", "psycopg", "sqlalchemy.dialects.postgresql.psycopg", "sqlalchemy.dialects.sqlite"),
)
_LARGEST_REQUEST: Final = 2**17
_MOST_DESCRIPTORS: Final = 16
_DIGITS: Final = 12
"""Of a process id and of an exit code, as the process that forks writes them."""
_ABOVE_ALL: Final = 200
"""Descriptors from which on a child keeps those it was sent, until they are where they belong."""

_CLEANER: Final = "polars-ooc-clea"
"""Thread that polars starts when it is imported, and needs for nothing but what it spills to a disk."""

_PR_SET_PDEATHSIG: Final = 1

_lines: dict[str, socket.socket] = {}
"""To each process that can be forked from."""


class Popen(subprocess.Popen):
    """A forked process, used like `subprocess.Popen`; its parent is the process it was forked from.

    Parameters
    ----------
    of
        Which process is forked.
    name
        As ``ps`` lists it; by default that of the process it was forked from.
    """

    def __init__(self, command: list[Any], *, of: str = SERVER, name: str = "", **options: Any) -> None:
        self._of, self._name = of, name
        self._status = -1
        super().__init__(command, **options)

    def _execute_child(self, args: Any, *given: Any) -> None:
        pass_fds, cwd, env = given[3:6]
        pipes, new_session = given[9:15], given[20]
        assert args[0] == sys.executable, args
        reading, writing = os.pipe()
        given_ends = (pipes[0], pipes[3], pipes[5])
        ends = [end if end >= 0 else own for own, end in enumerate(given_ends)]
        request = {
            "arguments": [os.fspath(each) for each in args[1:]],
            "folder": os.fspath(cwd or Path.cwd()),
            "environment": dict(os.environ if env is None else env),
            "umask": _umask(),
            "name": self._name,
            "session": new_session,
            "descriptors": [0, 1, 2, *pass_fds],
        }
        content = json.dumps(request).encode()
        try:
            socket.send_fds(line(self._of), [content], [writing, *ends, *pass_fds])
        finally:
            os.close(writing)
            self._close_pipe_fds(*pipes)
        self._status = reading
        self.pid = int(os.read(reading, _DIGITS))
        self._child_created = True

    def _internal_poll(self, *_given: Any, **_more: Any) -> int | None:
        return self._seen(0)

    def _try_wait(self, wait_flags: int) -> tuple[int, int]:
        """Raw status of the process once it has ended, as ``os.waitpid`` tells it of a child."""
        code = self._seen(0 if wait_flags else None)
        return (0, 0) if code is None else (self.pid, -code if code < 0 else code << 8)

    def _seen(self, within_ms: int | None) -> int | None:
        if self.returncode is None and self._status >= 0:
            looking = select.poll()
            looking.register(self._status, select.POLLIN)
            if looking.poll(within_ms):
                told = os.read(self._status, _DIGITS)
                os.close(self._status)
                self._status = -1
                # Told by nobody where the process it was forked from was killed, and it with that.
                self.returncode = int(told) if told else -signal.SIGKILL
        return self.returncode


def run(command: list[Any], *, check: bool = False, timeout: float | None = None, **options: Any) -> Any:
    """Run a command to its end, as `subprocess.run` does."""
    if options.pop("capture_output", False):
        options |= {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with Popen(command, **options) as process:
        try:
            stdout, stderr = process.communicate(timeout=timeout)
        except BaseException:
            process.kill()
            raise
    done = subprocess.CompletedProcess(command, process.returncode, stdout, stderr)
    if check:
        done.check_returncode()
    return done


def line(name: str) -> socket.socket:
    """Line to a process that forks; it is started with the first one."""
    if name not in _lines:
        ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with its:
            process = subprocess.Popen(
                [sys.executable, __file__, name, str(its.fileno())],
                env={**os.environ, **allocators.QUIET, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                stdin=subprocess.DEVNULL,
                pass_fds=[its.fileno()],
            )
        _lines[name] = ours
        atexit.register(_end, ours, process)
    return _lines[name]


def use(name: str, descriptor: int) -> None:
    """Fork from a process that another one started, by its end of the line."""
    _lines[name] = socket.socket(fileno=descriptor)


def _end(ours: socket.socket, process: subprocess.Popen[bytes]) -> None:
    ours.close()
    process.kill()
    process.wait()


def _umask() -> int:
    before = os.umask(0o077)
    os.umask(before)
    return before


@dataclass
class Request:
    arguments: list[str]
    folder: str
    environment: dict[str, str]
    umask: int
    name: str
    session: bool
    descriptors: list[int]


def main(name: str, descriptor: int) -> None:
    """Import, then fork until all who may ask are gone; what a child is to do is done when this returns."""
    asked = socket.socket(fileno=descriptor)
    asked.set_inheritable(False)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the end of those who ask is the end of this
    (_import_pages if name == PAGES else _import_server)()
    threads = [path.read_text().strip() for path in Path("/proc/self/task").glob("*/comm")]
    assert len([each for each in threads if each != _CLEANER]) == 1, f"{threads}: threads survive no fork"
    # What is there now is never garbage; looking at it would copy every page of memory into every child.
    gc.collect()
    gc.freeze()
    allocators.fill_holes()
    woken, waking = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(waking)
    asking = select.poll()
    asking.register(asked, select.POLLIN)
    asking.register(woken, select.POLLIN)
    own, children = os.getpid(), dict[int, int]()
    while True:
        ready = {each for each, _ in asking.poll()}
        if woken in ready:
            os.read(woken, 1024)
            _bury(children)
        if asked.fileno() not in ready:
            continue
        content, descriptors, _, _ = socket.recv_fds(asked, _LARGEST_REQUEST, _MOST_DESCRIPTORS)
        if not content:
            os._exit(0)
        child = os.fork()
        if not child:
            signal.set_wakeup_fd(-1)
            for each in (woken, waking, descriptors[0], *children.values()):
                os.close(each)
            asked.close()
            _become(Request(**json.loads(content)), descriptors[1:], own)
        for each in descriptors[1:]:
            os.close(each)
        children[child] = descriptors[0]
        os.write(descriptors[0], b"%*d" % (_DIGITS, child))


def _bury(children: dict[int, int]) -> None:
    """Tell the end of every child that has ended to who asked for it."""
    while children:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        with suppress(BrokenPipeError):
            os.write(children[pid], b"%*d" % (_DIGITS, os.waitstatus_to_exitcode(status)))
        os.close(children.pop(pid))


def _import_pages() -> None:
    fork_server = import_module("cxreports.web.kernels.fork_server")
    fork_server._import_pages()
    # It is run as a program afterwards.
    del sys.modules[fork_server.__name__]


def _import_server() -> None:
    for name in _IMPORTED:
        import_module(name)


def _become(request: Request, descriptors: list[int], parent: int) -> None:
    """Become the process that was asked for, and never return."""
    code = 1
    try:
        _take_over(request, descriptors, parent)
        code = _run(request.arguments)
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:  # noqa: BLE001 (nothing of a child may go on in the loop)
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(code)


def _take_over(request: Request, descriptors: list[int], parent: int) -> None:
    if request.session:
        os.setsid()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, ctypes.c_ulong(signal.SIGKILL), *[ctypes.c_ulong(0)] * 3)
    if os.getppid() != parent:
        os._exit(1)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    high = [fcntl.fcntl(each, fcntl.F_DUPFD_CLOEXEC, _ABOVE_ALL) for each in descriptors]
    for each in descriptors:
        os.close(each)
    for kept, number in zip(high, request.descriptors, strict=True):
        os.dup2(kept, number)
        os.close(kept)
    if request.name:
        Path("/proc/self/comm").write_text(request.name, "ascii")
    os.umask(request.umask)
    os.chdir(request.folder)
    os.environ.clear()
    os.environ.update(request.environment)
    time.tzset()
    tempfile.tempdir = None
    sys.stdin = sys.__stdin__ = os.fdopen(0, encoding="utf-8", closefd=False)  # type: ignore[misc]
    sys.stdout = sys.__stdout__ = os.fdopen(1, "w", encoding="utf-8", closefd=False)  # type: ignore[misc]
    sys.stdout.reconfigure(write_through="PYTHONUNBUFFERED" in request.environment)
    errors: Any = os.fdopen(2, "w", 1, "utf-8", "backslashreplace", closefd=False)
    sys.stderr = sys.__stderr__ = errors  # type: ignore[misc]
    more = filter(None, request.environment.get("PYTHONPATH", "").split(os.pathsep))
    sys.path[:] = [*dict.fromkeys(more), *sys.path]


def _run(arguments: list[str]) -> int:
    """Run a program as Python would, and give its exit code."""
    kind, *rest = arguments
    try:
        if kind == "-c":
            sys.argv, sys.path[:0] = ["-c", *rest[1:]], [""]
            own = sys.modules["__main__"] = types.ModuleType("__main__")
            exec(compile(rest[0], "<string>", "exec"), vars(own))
        elif kind == "-m":
            sys.argv, sys.path[:0] = ["-m", *rest[1:]], [str(Path.cwd())]
            runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
        else:
            sys.argv, sys.path[:0] = [kind, *rest], [str(Path(kind).parent)]
            runpy.run_path(kind, run_name="__main__")
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        sys.stderr.write(f"{end.code}\n")
        return 1
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    except BaseException:  # noqa: BLE001 (told as Python tells what nothing has caught)
        sys.excepthook(*sys.exc_info())
        return 1
    return 0


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
