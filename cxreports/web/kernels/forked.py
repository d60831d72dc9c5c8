"""Kernels that are forked: the server's end of the fork server, and Jupyter's way to start a kernel by it.

A kernel that is started anew imports for seconds what a forked one has when it begins. Where there is no fork
(Windows, macOS, whose frameworks do not bear it), or the fork server fails, kernels are started anew.
"""

from __future__ import annotations

import asyncio
import logging
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from cxreports import allocators
from cxreports.web.kernels.fork_request import Request

if TYPE_CHECKING:
    from collections.abc import Mapping

PROVISIONER: Final = "cxreports-forked"
"""Name of `ForkedProvisioner` among the entry points."""

_IMPORTS_WITHIN_S: Final = 120.0
ANSWERS_WITHIN_S: Final = 15.0
"""The first answer comes when all is imported, which takes its time on a busy machine."""

_MOST_ANSWER: Final = 64

_log = logging.getLogger("cxreports.web")


def can_fork() -> bool:
    """Whether kernels are forked on this system."""
    return sys.platform == "linux" and hasattr(os, "pidfd_open")


class ThisPython(KernelSpecManager):
    """Knows one kernel: the Python that the portal itself runs on.

    The machine may have another ``python3`` kernel registered, without cxreports in it.
    """

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """Kernel of the Python that the portal runs on, whatever the notebook names."""
        del kernel_name
        command = [sys.executable, "-m", "cxreports.web.kernels.process", "-f", "{connection_file}"]
        started = {"kernel_provisioner": {"provisioner_name": PROVISIONER}}
        return KernelSpec(argv=command, display_name="cxreports", language="python", metadata=started)


class ForkServer:
    """The process that kernels are forked from; started by `start`, or when the first one is wanted.

    Parameters
    ----------
    variables
        Its environment: what every kernel has.
    """

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = {**variables, **allocators.QUIET}
        self._process: subprocess.Popen[bytes] | None = None
        self._line: socket.socket | None = None
        self._one_at_a_time = threading.Lock()
        # Not asyncio's own threads, which who waits here would take from everybody.
        self._thread = ThreadPoolExecutor(1, "forking")

    def start(self) -> None:
        """Start it, unless it is there: it imports what pages need while nobody waits for it."""
        with self._one_at_a_time:
            if not self._is_there():
                self._start()

    def forking(self, request: Request) -> asyncio.Future[ForkedProcess]:
        """Fork a kernel in a thread of its own, one after the other."""
        return asyncio.get_running_loop().run_in_executor(self._thread, self.fork, request)

    def fork(self, request: Request) -> ForkedProcess:
        """Fork a kernel; waits until the fork server has imported what it must.

        Raises
        ------
        OSError
            There is no fork server, or it does not answer; the next call starts another one.
        """
        with self._one_at_a_time:
            line = self._line if self._line is not None and self._is_there() else self._start()
            try:
                line.sendall(request.sent())
                answer, descriptors, _, _ = socket.recv_fds(line, _MOST_ANSWER, 1)
                if not answer:
                    raise ConnectionError("the fork server has ended")
                line.settimeout(ANSWERS_WITHIN_S)
            except OSError:
                self._end()
                raise
            return ForkedProcess(int(answer), descriptors[0] if descriptors else None)

    def _is_there(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _start(self) -> socket.socket:
        self._end()
        ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.settimeout(_IMPORTS_WITHIN_S)
        with its:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "cxreports.web.kernels.fork_server", str(its.fileno())],
                env=self._variables,
                stdin=subprocess.DEVNULL,
                pass_fds=[its.fileno()],
                start_new_session=True,
            )
        self._line = ours
        return ours

    def close(self) -> None:
        """End it, and every kernel that was forked from it."""
        self._thread.shutdown(wait=False, cancel_futures=True)
        # Not under the lock: whoever waits for an answer sees the end of the line.
        self._end()

    def _end(self) -> None:
        line, process = self._line, self._process
        self._line = self._process = None
        if line is not None:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
            line.close()
        if process is not None:
            process.kill()
            process.wait()


class ForkedProcess:
    """A kernel's process, as far as Jupyter uses what `subprocess.Popen` offers.

    It is no child of this process, so its exit code is not known: 0 stands for any.

    Parameters
    ----------
    pid
        Its id.
    descriptor
        Of the process; None where it has ended already.
    """

    stdin = stdout = stderr = None

    def __init__(self, pid: int, descriptor: int | None) -> None:
        self.pid = pid
        self._descriptor = descriptor

    def poll(self) -> int | None:
        """0 when it has ended, None while it runs."""
        return self._seen(0)

    def wait(self) -> int:
        """0 when it has ended."""
        return self._seen(None) or 0

    def _seen(self, within_ms: int | None) -> int | None:
        if self._descriptor is not None:
            # Not select(), which takes no descriptor above 1023.
            looking = select.poll()
            looking.register(self._descriptor, select.POLLIN)
            if looking.poll(within_ms):
                os.close(self._descriptor)
                self._descriptor = None
        return 0 if self._descriptor is None else None

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None and self._descriptor is not None:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._descriptor, number)

    def kill(self) -> None:
        """Kill it."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)


class ForkedProvisioner(LocalProvisioner):
    """Starts a kernel by the fork server of its manager's pool, or anew where that cannot be."""

    async def launch_kernel(self, cmd: list[str], **options: Any) -> Any:
        """Start a kernel; `cmd` is its command when it is started anew."""
        server: ForkServer | None = getattr(self.parent.parent, "fork_server", None)  # type: ignore[union-attr]
        if server is not None:
            _, *arguments = cmd[cmd.index("-m") :]
            request = Request(arguments, str(options["cwd"]), dict(options["env"]))
            forking = server.forking(request)
            try:
                forked = await asyncio.shield(forking)
            except asyncio.CancelledError:
                forking.add_done_callback(_end_unwanted)
                raise
            except OSError:
                _log.exception("No kernel could be forked; it is started anew.")
            else:
                self.process = forked  # type: ignore[assignment]
                # A group of its own: the child is its leader, or has not become it yet.
                self.pid = forked.pid
                return self.connection_info
        return await super().launch_kernel(cmd, **options)


def _end_unwanted(forking: asyncio.Future[ForkedProcess]) -> None:
    """Kill a kernel that nobody waits for any more."""
    if not forking.cancelled() and forking.exception() is None:
        forking.result().kill()
