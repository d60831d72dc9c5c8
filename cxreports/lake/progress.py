"""How far a load has come, while DuckDB reads and writes its files."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    import duckdb

Progress: TypeAlias = Callable[[str, int, int], None]
"""Called with a load's progress: file, bytes of all files done, bytes of all files.

While a file is read it is called in a thread of its own.
"""

OnShare: TypeAlias = Callable[[float], object]
"""Called with how much of a file is done, from 0 to 1."""

_LOOK_EVERY_S: Final = 0.2


@contextmanager
def watched(connection: duckdb.DuckDBPyConnection, on_share: OnShare) -> Iterator[None]:
    """Tell how far the longest of the queries that run meanwhile has come, a few times a second."""
    done = threading.Event()

    def look() -> None:
        furthest = 0.0
        while not done.wait(_LOOK_EVERY_S):
            furthest = max(furthest, connection.query_progress() / 100)
            on_share(furthest)

    looking = threading.Thread(target=look, daemon=True)
    looking.start()
    try:
        yield
    finally:
        done.set()
        looking.join()


def of_file(progress: Progress, name: str, done: int, size: int, every: int) -> OnShare:
    """Progress of a load of many files as the progress of one of them."""
    return lambda share: progress(name, done + int(share * size), every)
