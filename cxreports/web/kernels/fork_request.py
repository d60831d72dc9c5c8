"""What the server asks of the fork server, and the environment that it gives it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

LARGEST_REQUEST: Final = 2**17
"""Bytes of a request, which is one datagram."""

# jemalloc's: no thread, one arena for all threads, as one works at a time, and nothing put aside for each.
_THRIFTY: Final = "background_thread:false,narenas:1,tcache:false,muzzy_decay_ms:0"

QUIET_ALLOCATORS: Final[Mapping[str, str]] = {
    # polars and delta-rs: what is free is given back at once, else only when more is asked for.
    "_RJEM_MALLOC_CONF": f"{_THRIFTY},dirty_decay_ms:0",
    # DuckDB would ask for it again at every step: it is told when the page is at rest.
    "DUCKDB_JE_MALLOC_CONF": f"{_THRIFTY},dirty_decay_ms:1000",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "MALLOC_ARENA_MAX": "2",
    "OPENBLAS_NUM_THREADS": "1",
}
"""Variables with which no library starts a thread when it is imported, or keeps much that was freed."""


@dataclass(frozen=True)
class Request:
    """A kernel that is wanted.

    Attributes
    ----------
    arguments
        Of the kernel's command line, from the name of the program on.
    folder
        In which it works.
    variables
        Its whole environment.
    """

    arguments: list[str]
    folder: str
    variables: dict[str, str]

    @classmethod
    def of(cls, content: bytes) -> Request:
        """A request as it was sent."""
        return cls(**json.loads(content))

    def sent(self) -> bytes:
        """The request as it is sent."""
        return json.dumps(asdict(self)).encode()
