"""Threads for what takes a while, of which nobody holds more than a share, whatever they ask for at once.

Hashing a password, replaying a rule and waiting for a mail server are asked for by people. Whoever asks for a
hundred of them waits behind themselves; others find a thread free.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

THREADS: Final = 8
SHARE: Final = 2
"""Threads that one person, or one address of strangers, holds at once."""


@dataclass
class _Queue:
    """Those who wait for the turns of one asker, and how many they are."""

    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(SHARE))
    waiting: int = 0


class Turns:
    """Runs functions in threads, at most `SHARE` of one asker at a time, in the order of asking.

    Parameters
    ----------
    name
        Of the threads.
    threads
        In all.
    """

    def __init__(self, name: str, threads: int = THREADS) -> None:
        self._pool = ThreadPoolExecutor(threads, name)
        self._queues: defaultdict[str, _Queue] = defaultdict(_Queue)

    async def run(self, asker: str, act: Callable[..., T], *arguments: Any, **options: Any) -> T:
        """Result of a function, when it is this asker's turn; it sees the context of whoever awaits it."""
        queue = self._queues[asker]
        queue.waiting += 1
        try:
            async with queue.turns:
                context = contextvars.copy_context()
                work = partial(context.run, act, *arguments, **options)
                return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            queue.waiting -= 1
            if queue.waiting == 0:
                self._queues.pop(asker, None)

    def close(self) -> None:
        """Begin nothing more; what runs is not waited for."""
        self._pool.shutdown(wait=False, cancel_futures=True)
