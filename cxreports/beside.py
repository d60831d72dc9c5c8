"""Processes that work beside this one: begun anew where they end by themselves, and ended with it."""

from __future__ import annotations

import logging
import multiprocessing
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LOOK_EVERY_S: Final = 0.5
WANTED_WITHIN_S: Final = 2.0
"""So soon it is noticed that one is wanted."""

BEGIN_ANEW_AFTER_S: Final = 5.0

_log = logging.getLogger("cxreports")


@contextmanager
def beside(
    name: str, act: Callable[..., None], *arguments: Any, wanted: Callable[[], bool] = lambda: True
) -> Iterator[None]:
    """Do something in a process of its own while the block runs.

    Parameters
    ----------
    name
        Of the process; the log says it when it is begun anew.
    act
        A function of a module.
    wanted
        Whether there is anything to do yet; once there is, it is not asked again.
    """
    over = threading.Event()
    keeper = threading.Thread(
        target=_keep, args=(name, act, arguments, wanted, over), name=f"{name} keeper", daemon=True
    )
    keeper.start()
    try:
        yield
    finally:
        over.set()
        keeper.join()


def _keep(
    name: str,
    act: Callable[..., None],
    arguments: tuple[Any, ...],
    wanted: Callable[[], bool],
    over: threading.Event,
) -> None:
    """Keep a process until it is over."""
    while not wanted():
        if over.wait(WANTED_WITHIN_S):
            return
    # Never a fork: the lake's runtime does not survive one.
    spawned = multiprocessing.get_context("spawn")
    while not over.is_set():
        process = spawned.Process(target=act, args=arguments, name=name)
        process.start()
        while process.is_alive() and not over.wait(LOOK_EVERY_S):
            pass
        if not over.is_set():
            _log.error("the process %s has ended (%s) and is begun anew", name, process.exitcode)
            over.wait(BEGIN_ANEW_AFTER_S)
        process.terminate()
        process.join()
