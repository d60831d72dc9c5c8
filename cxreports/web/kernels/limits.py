"""How many kernels there may be, and what each may take."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psutil
import traitlets as t
from traitlets.config import Configurable

if TYPE_CHECKING:
    from cxreports.visitor import Visitor

_OF_GROUP: Final = Path("/sys/fs/cgroup/memory.max")
_FEWEST_PAGES: Final = 32
MOST_PAGES: Final = 300
"""However much memory there is: two processors follow the lake for no more."""

_FOR_THE_REST: Final = 4 * 2**30
_OF_A_PAGE: Final = 80 * 2**20
"""Bytes that an open page holds by itself (``benchmarks/SESSIONS.md``), with some to spare."""

_LEAST_OF_COMPANY: Final = 4 * 2**30
"""Sixteen pages, each counted with what it shares with the others."""


def pages_that_fit(memory: int | None = None) -> int:
    """How many pages may be open at once on a machine with so many bytes of memory: by default this one."""
    memory = _memory() if memory is None else memory
    return max(_FEWEST_PAGES, min(MOST_PAGES, (memory - _FOR_THE_REST) // _OF_A_PAGE))


def _memory() -> int:
    """Bytes of memory that there are, or that the group of processes may have of them."""
    total = int(psutil.virtual_memory().total)
    try:
        return min(total, int(_OF_GROUP.read_text("ascii")))
    except (OSError, ValueError):  # there is no such group, or its limit is "max"
        return total


class NoPlaceLeft(Exception):
    """One more page would be too many: for the person, the company, or the machine."""


@dataclass(eq=False)
class Place:
    """A place for a page that is being made.

    Attributes
    ----------
    visitor
        Whom it is held for.
    is_held
        Whether the page is still waited for.
    """

    visitor: Visitor
    is_held: bool = True


class Limits(Configurable):
    """What the portal's kernels may take."""

    environment = t.Dict(help="Environment variables of every kernel.").tag(config=True)
    warm = t.Int(1, help="Kernels kept ready for the next visitor.").tag(config=True)
    most = t.Int(help="Kernels at once; more visitors wait. By default as fit in memory.").tag(config=True)
    most_of_company = t.Int(16, help="Kernels of one company's people at once.").tag(config=True)
    most_of_user = t.Int(8, help="Kernels of one person at once.").tag(config=True)
    sleeps_after_s = t.Float(
        600.0, help="Seconds out of sight after which a page gives its kernel back."
    ).tag(config=True)
    page_within_s = t.Float(120.0, help="Seconds in which a page is made, or not at all.").tag(config=True)
    most_memory = t.Int(1536 * 2**20, help="Bytes that a kernel may hold before it is ended.").tag(
        config=True
    )
    most_memory_of_company = t.Int(
        help="Bytes that one company's kernels may hold together. By default a quarter of the memory."
    ).tag(config=True)
    longest_burn_s = t.Float(60.0, help="Seconds without a pause that a kernel may compute.").tag(config=True)

    @t.default("most")
    def _most_that_fit(self) -> int:
        return pages_that_fit()

    @t.default("most_memory_of_company")
    def _quarter_of_memory(self) -> int:
        return max(_LEAST_OF_COMPANY, _memory() // 4)
