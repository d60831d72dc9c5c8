"""Kernels of the portal: one a page, each for one visitor, some warmed up before anybody asks.

A page's notebook has run before the page goes out, so it is complete, with the state of its
widgets in the HTML. Kernels that nobody looks at are ended, and so are those of a login that ends.
"""

from __future__ import annotations

import asyncio
import shutil
import time
import uuid
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import nbformat
import zmq
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager

from cxreports.web.kernels.allowance import Allowances
from cxreports.web.kernels.limits import Limits, NoPlaceLeft, Place
from cxreports.web.kernels.notebook import Prepared, WarmUp, notebook_of, run
from cxreports.web.kernels.surroundings import SCRATCH_VARIABLE
from cxreports.web.kernels.vitals import LONGEST_S, Appetite, Fairness, KernelLost, Lookout, alive, timely

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from jupyter_client.manager import KernelManager

    from cxreports.visitor import Visitor
    from cxreports.web.kernels.desk import ServerDesk
    from cxreports.web.kernels.forked import ForkServer
    from cxreports.web.kernels.handlers import KernelChannelsHandler

KERNEL_NAME = "python3"

_REFILL_AFTER_S = 4.0
"""A new visitor's page has the processor for itself so long."""

_LONGEST_PAUSE_S = 60.0
"""Between attempts to warm a kernel where none can be."""

_COME_BACK_S = 30.0
"""A page that is being loaded, or lost its connection, finds its kernel for so long."""

ENDED: Final = 4001
CROWDED: Final = 4002
CLOSE_CODES: Final = {"": ENDED, "memory": 4003, "processor": 4004}
"""Close codes of a connection whose kernel was ended, by what it took too much of; ``page.ts`` says so."""

_SOCKETS_OF_KERNEL: Final = 4
"""A page has one connection; one that came back may have left the others half open."""

_MOST_SOCKETS: Final = 16_384

_TRIES: Final = 2
"""Kernels that a page is tried in, where the first one is lost."""

_QUIET = [
    "--HistoryManager.enabled=False",
    "--IPKernelApp.log_level=ERROR",
    "--InteractiveShell.colors=nocolor",
]


class PortalKernels(Limits, AsyncMappingKernelManager):
    """Starts kernels for visitors and keeps some warm.

    A warm kernel has imported and exercised what pages need, and works for nobody. It is bound to
    a visitor once, when a page takes it, and ends with the page or the visitor's login.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)  # type: ignore[no-untyped-call]
        # The pages' scripts ask for everything again; what is kept for one that left has no bound.
        self.buffer_offline_messages = False
        # What went wrong is the operator's to read, in the log.
        self.allow_tracebacks = False
        # ZeroMQ allows 1,023, four of which are a page's; the limit of files comes before this one.
        self.context.set(zmq.MAX_SOCKETS, _MOST_SOCKETS)
        self._appetite = Appetite(self.most_memory, self.most_memory_of_company, self.longest_burn_s)
        self._fairness = Fairness()
        self._lookout = Lookout()
        self._coming: set[Place] = set()
        self._ready: list[asyncio.Task[str]] = []
        self._owners: dict[str, Visitor] = {}
        self._sockets: dict[str, list[KernelChannelsHandler]] = {}
        self._allowances: dict[str, Allowances] = {}
        self._clients: dict[str, Any] = {}
        self._failures = 0
        self._endings: set[asyncio.Task[None]] = set()
        self._scratch: dict[str, Path] = {}
        self._warm_up = WarmUp(Path(self.connection_dir) / "empty-lake")
        self.desk: ServerDesk | None = None
        self.fork_server: ForkServer | None = None

    # whose they are ----------------------------------------------------------------------------

    def owner(self, kernel_id: str) -> Visitor | None:
        """Visitor that a kernel works for; None for one that is not there, or still waits."""
        return self._owners.get(kernel_id) if kernel_id in self else None

    def logins(self) -> dict[str, bool]:
        """Sessions that kernels work for, each with whether a browser is connected."""
        seen: dict[str, bool] = {}
        for kernel_id, visitor in self._owners.items():
            seen[visitor.session] = seen.get(visitor.session, False) or bool(self._sockets.get(kernel_id))
        return seen

    @contextmanager
    def _place(self, visitor: Visitor) -> Iterator[Place]:
        """Hold a place for a page that is being made, from before anything is waited for.

        Raises
        ------
        NoPlaceLeft
            There is none for this person, this company, or anybody.
        """
        taken = [*self._owners.values(), *(place.visitor for place in self._coming)]
        own = sum(other.user_id == visitor.user_id for other in taken)
        company = sum(other.customer == visitor.customer for other in taken) if visitor.customer else 0
        if own >= self.most_of_user or company >= self.most_of_company or len(taken) >= self.most:
            raise NoPlaceLeft
        place = Place(visitor)
        self._coming.add(place)
        try:
            yield place
        finally:
            # Work that was given up in time may go on for a while, and must not take the place again.
            place.is_held = False
            self._coming.discard(place)

    async def end_of_login(self, session: str) -> None:
        """End every kernel of a login, and its pages' connections."""
        own = [kernel_id for kernel_id, visitor in self._owners.items() if visitor.session == session]
        await asyncio.gather(*map(self.end, own))

    async def end(self, kernel_id: str, reason: str = "") -> None:
        """End a kernel; a page that is still there is told.

        Parameters
        ----------
        reason
            What it took too much of: a key of `CLOSE_CODES`.
        """
        self._forget(kernel_id)
        for socket in self._sockets.pop(kernel_id, []):
            socket.close(CLOSE_CODES[reason])
        if kernel_id in self:
            await self.shutdown_kernel(kernel_id, now=True)  # type: ignore[no-untyped-call]

    def joined(self, kernel_id: str, socket: KernelChannelsHandler) -> None:
        """Note a page's connection; beyond a few the oldest is closed."""
        sockets = self._sockets.setdefault(kernel_id, [])
        sockets.append(socket)
        while len(sockets) > _SOCKETS_OF_KERNEL:
            sockets.pop(0).close(CROWDED)

    def allowances(self, kernel_id: str) -> Allowances:
        """What may be said to a kernel now: a connection that is opened anew brings no more."""
        return self._allowances.setdefault(kernel_id, Allowances())

    def waiting_with(self, kernel_id: str) -> int:
        """Bytes that wait for all browsers of whom a kernel works for to read them."""
        owner = self._owners.get(kernel_id)
        own = (each for each, visitor in self._owners.items() if owner and visitor.user_id == owner.user_id)
        return sum(socket.waiting for each in own for socket in self._sockets.get(each, ()))

    def left(self, kernel_id: str, socket: KernelChannelsHandler) -> None:
        """Forget a page's connection."""
        with suppress(ValueError):
            self._sockets.get(kernel_id, []).remove(socket)

    def remove_kernel(self, kernel_id: str) -> KernelManager:
        """Forget a kernel that has ended, however it came to its end."""
        self._forget(kernel_id)
        self._hang_up(kernel_id)
        shutil.rmtree(self._scratch.pop(kernel_id, ""), ignore_errors=True)
        return super().remove_kernel(kernel_id)

    def _forget(self, kernel_id: str) -> None:
        """Work for a kernel's visitor no more."""
        self._owners.pop(kernel_id, None)
        self._allowances.pop(kernel_id, None)
        if self.desk is not None:
            self.desk.hang_up(kernel_id)

    # from cold to a page -----------------------------------------------------------------------

    def refill(self) -> None:
        """Start warming kernels until enough are ready or on their way."""
        self._ready = [task for task in self._ready if not task.done() or self._is_there(task)]
        while len(self._ready) < self.warm:
            task = asyncio.create_task(self._warmed())
            task.add_done_callback(self._note_warming)
            self._ready.append(task)

    def _is_there(self, task: asyncio.Task[str]) -> bool:
        """Whether a kernel that was warmed is still there."""
        return not task.cancelled() and task.exception() is None and task.result() in self

    def _note_warming(self, task: asyncio.Task[str]) -> None:
        """Log a kernel that could not be warmed, and start the next one after a pause that grows."""
        failure = None if task.cancelled() else task.exception()
        self._failures = 0 if failure is None else self._failures + 1
        if failure is not None:
            self.log.error("A kernel could not be warmed.", exc_info=failure)
            pause = min(_REFILL_AFTER_S * 2 ** (self._failures - 1), _LONGEST_PAUSE_S)
            asyncio.get_running_loop().call_later(pause, self.refill)

    def _handle_kernel_died(self, kernel_id: str) -> None:
        """End what is left of a kernel that died; the next one is warmed in its place."""
        self.log.warning("Kernel %s died.", kernel_id)
        self._end_soon(kernel_id)
        asyncio.get_running_loop().call_later(_REFILL_AFTER_S, self.refill)

    def _end_soon(self, kernel_id: str) -> None:
        ending = asyncio.ensure_future(self.end(kernel_id))
        self._endings.add(ending)
        ending.add_done_callback(self._endings.discard)

    async def take(self, notebook: Path, visitor: Visitor) -> Prepared:
        """Bind a kernel to a visitor, warm if there is one, and run a page's notebook in it.

        A kernel that ends or hangs meanwhile is given up after seconds, and another one tried.

        Raises
        ------
        NoPlaceLeft
            The person, the company or the machine has as many pages as they may.
        KernelLost
            No kernel could be brought to make the page.
        """
        with self._place(visitor) as place:
            return await timely(self.page_within_s, self._tried(notebook, place))

    async def _tried(self, notebook: Path, place: Place) -> Prepared:
        for _ in range(_TRIES - 1):
            try:
                return await self._taken(notebook, place)
            except KernelLost:
                self.log.exception("A page is tried again in another kernel.")
        return await self._taken(notebook, place)

    async def _taken(self, notebook: Path, place: Place) -> Prepared:
        kernel_id, visitor = await self._fresh(), place.visitor
        self._owners[kernel_id] = visitor
        self._coming.discard(place)  # from here on the kernel itself holds it
        loop = asyncio.get_running_loop()
        try:
            line = self.desk.line(kernel_id, visitor) if self.desk else None
            bound = await self._run(kernel_id, notebook_of(visitor.binding(line)))
            if bound.failure:
                return bound
            prepared = await self._run(kernel_id, nbformat.read(notebook, as_version=4))  # type: ignore[no-untyped-call]
        except BaseException:
            if place.is_held:
                self._coming.add(place)
            await self.end(kernel_id)
            raise
        finally:
            self._hang_up(kernel_id)
            loop.call_later(_REFILL_AFTER_S, self.refill)
        loop.call_later(_COME_BACK_S, self._end_if_left, kernel_id)
        return prepared

    async def _fresh(self) -> str:
        """Id of a kernel that works for nobody yet."""
        while self._ready:
            # One that is warm already before one that is on its way.
            self._ready.sort(key=lambda task: not task.done())
            warming = self._ready.pop(0)
            # One that hangs is given up after seconds; a second one beside it would only slow it down.
            await asyncio.wait({warming})
            if self._is_there(warming) and await self.is_alive(warming.result()):
                return warming.result()
        return await self._started()

    async def _warmed(self) -> str:
        kernel_id = await self._started()
        try:
            cells = await asyncio.to_thread(self._warm_up.notebook, self._scratch[kernel_id])
            prepared = await self._run(kernel_id, cells)
        except BaseException:
            await self.end(kernel_id)
            raise
        if prepared.failure:
            self.log.error("A kernel could not be warmed.\n%s", prepared.failure)
        return kernel_id

    async def _started(self) -> str:
        kernel_id = str(uuid.uuid4())
        # Which kernel a process is can be seen by the folder that it works in.
        scratch = Path(self.connection_dir) / f"scratch-{kernel_id}"
        scratch.mkdir(0o700)
        own = {SCRATCH_VARIABLE: str(scratch), "TMPDIR": str(scratch)}
        try:
            await self.start_kernel(
                kernel_name=KERNEL_NAME,
                kernel_id=kernel_id,
                cwd=str(scratch),
                env=self.environment | own,
                extra_arguments=_QUIET,
            )
        except BaseException:
            shutil.rmtree(scratch, ignore_errors=True)
            raise
        self._scratch[kernel_id] = scratch
        return kernel_id

    def start_watching_activity(self, kernel_id: str) -> None:
        """Call a kernel idle from its start on.

        Jupyter would receive and decode all that it says a second time, for a state that no page asks for.
        """
        manager: Any = self.get_kernel(kernel_id)
        manager.execution_state = "idle"

    async def _run(self, kernel_id: str, cells: nbformat.NotebookNode) -> Prepared:
        """Run the cells of a notebook, whichever of them fail.

        Raises
        ------
        KernelLost
            The kernel ended, hangs, or takes too long.
        """
        return await alive(self._process_id(kernel_id), self._ran(kernel_id, cells))

    async def _ran(self, kernel_id: str, cells: nbformat.NotebookNode) -> Prepared:
        return await run(kernel_id, self.get_kernel(kernel_id), await self._client(kernel_id), cells)

    async def _client(self, kernel_id: str) -> Any:
        """Client of a kernel that answers, kept for the next cells: finding it ready takes 0.25 s."""
        client = self._clients.get(kernel_id)
        if client is None:
            manager: Any = self.get_kernel(kernel_id)
            client = self._clients[kernel_id] = manager.client()
            client.start_channels()
            await client.wait_for_ready(timeout=LONGEST_S)
            client.allow_stdin = False
        return client

    def _process_id(self, kernel_id: str) -> int:
        return int(self.get_kernel(kernel_id).provisioner.pid)  # type: ignore[union-attr]

    async def watch(self) -> None:
        """End kernels that take too much memory or keep a processor busy; their pages say why.

        Companies of which all kernels together keep one busy wait behind the others.
        """
        kernels: dict[int, str] = {}
        processes: dict[Hashable, list[int]] = {}
        for kernel_id, visitor in [*self._owners.items()]:
            if kernel_id in self:
                process_id = self._process_id(kernel_id)
                kernels[process_id] = kernel_id
                processes.setdefault(visitor.customer or visitor.user_id, []).append(process_id)
        signs = await asyncio.to_thread(self._lookout.signs, processes)
        now = time.monotonic()
        self._fairness.look(signs, now)
        for process_id, reason in self._appetite.look(signs, now).items():
            kernel_id = kernels[process_id]
            if kernel_id in self:
                self.log.warning("A page's kernel took too much %s and is ended.", reason)
                await self.end(kernel_id, reason)

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
            self._end_soon(kernel_id)

    async def shutdown_all(self, *arguments: Any, **options: Any) -> None:  # type: ignore[override]
        """End every kernel, those that are still being prepared too."""
        for task in self._ready:
            task.cancel()
        await asyncio.gather(*self._ready, *self._endings, return_exceptions=True)
        self._ready.clear()
        # Nothing in a page's kernel is worth waiting for.
        await super().shutdown_all(*arguments, **{**options, "now": True})
        if self.fork_server is not None:
            self.fork_server.close()
