"""What hands out memory to a process: kept from holding what is free, and from copying what is shared.

CPython, glibc, polars, delta-rs, DuckDB and Arrow each have an allocator of their own.
"""

from __future__ import annotations

import ctypes
import gc
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

# jemalloc's: no thread, one arena for all threads, as one works at a time, and nothing put aside for each.
_THRIFTY: Final = "background_thread:false,narenas:1,tcache:false,muzzy_decay_ms:0"

QUIET: Final[Mapping[str, str]] = {
    # polars and delta-rs: what is free is given back at once, else only when more is asked for.
    "_RJEM_MALLOC_CONF": f"{_THRIFTY},dirty_decay_ms:0",
    # DuckDB would ask for it again at every step: it is told when the process is at rest.
    "DUCKDB_JE_MALLOC_CONF": f"{_THRIFTY},dirty_decay_ms:1000",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "MALLOC_ARENA_MAX": "2",
    "OPENBLAS_NUM_THREADS": "1",
}
"""Variables with which no library starts a thread when it is imported, or keeps much that was freed."""

_PURGE: Final = b"arena.4096.purge"
"""jemalloc's name for giving back what is free in every arena."""

# Of CPython's obmalloc since 3.10.
_POOL: Final = 16 * 1024
"""Bytes of a pool, which is parted into blocks of one size."""
_STEP: Final = 16
"""From one size of blocks to the next."""
_LARGEST_BLOCK: Final = 512
"""What is larger comes from malloc."""
_POOL_HEAD: Final = 48
"""Bytes before the blocks of a pool."""
_MOST_OF_A_SIZE: Final = 1 << 20
"""Bytes that are taken of a size at most: where there is another allocator, no pool is seen to be new."""

_LARGEST_HOLE: Final = 1 << 16
"""Bytes at which filling begins: what is larger is filled in pieces."""


class _Malloc(ctypes.Structure):
    """glibc's ``struct mallinfo2``: its last number is what is free at the end of the heap."""

    _fields_ = (("others", ctypes.c_size_t * 9), ("keepcost", ctypes.c_size_t))


def give_back() -> None:
    """Give memory that nothing needs any more back to the system."""
    gc.collect()
    # glibc keeps what was freed between two things that are in use; other libraries have no such function.
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
    # DuckDB's own allocator, on Linux, looks for what was long free only when it is asked for more.
    engine = getattr(sys.modules.get("_duckdb"), "__file__", None)
    with suppress(OSError, AttributeError):
        nothing = ctypes.c_void_p()
        ctypes.CDLL(engine).duckdb_je_mallctl(_PURGE, nothing, nothing, nothing, ctypes.c_size_t(0))


def fill_holes() -> None:
    """Take what is free between things that stay, for good, in a process that others are forked from.

    What a forked process makes would go into the first hole that fits, and each write copies a page of
    4 KB that it shared. With no holes left it goes side by side into pages of its own.
    """
    _fill_pools()
    # Of glibc since 2.33; what else there is, is left alone.
    with suppress(OSError, AttributeError):
        _fill_heap(ctypes.CDLL(None))


def _fill_pools() -> None:
    """Take CPython's free blocks: of each size until a pool is new, as no other one has a block then."""
    take = ctypes.pythonapi.PyObject_Malloc
    take.argtypes, take.restype = (ctypes.c_size_t,), ctypes.c_size_t
    for size in range(_STEP, _LARGEST_BLOCK + 1, _STEP):
        place = in_a_row = 0
        for _ in range(_MOST_OF_A_SIZE // size):
            last, place = place, take(size)
            in_a_row = in_a_row + 1 if place == last + size else 1
            if in_a_row == (_POOL - _POOL_HEAD) // size - 1:
                break


def _fill_heap(libc: ctypes.CDLL) -> None:
    """Take malloc's free blocks below the end of the heap, the large ones first."""
    libc.mallinfo2.restype = _Malloc
    libc.sbrk.argtypes, libc.sbrk.restype = (ctypes.c_ssize_t,), ctypes.c_size_t
    libc.malloc.argtypes, libc.malloc.restype = (ctypes.c_size_t,), ctypes.c_size_t
    libc.free.argtypes, libc.free.restype = (ctypes.c_size_t,), None
    last = libc.sbrk(0) - libc.mallinfo2().keepcost
    size = _LARGEST_HOLE
    while size >= _STEP:
        place = libc.malloc(size)
        if not 0 < place < last:
            libc.free(place)
            # What is left of a hole is taken in smaller pieces.
            size -= max(_STEP, size // 8)
