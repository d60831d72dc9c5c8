"""Python's garbage collector, kept from looking through what is no garbage.

It looks whenever some hundreds of objects were made. Importing packages makes hundreds of thousands, all of
which stay: looking takes a seventh to a third of the processor time in which the portal's are imported.
"""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_SELDOM: Final = (10_000, 10, 10)
"""Of a server, what some tens of requests leave behind may wait."""


def collect_seldom() -> None:
    """Have the collector look when ten thousand objects were made: a command imports while it works."""
    gc.set_threshold(*_SELDOM)


@contextmanager
def importing() -> Iterator[None]:
    """Let the collector rest meanwhile, and look at nothing that is there by then ever again."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()
