"""What the server asks of the fork server."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Final

LARGEST_REQUEST: Final = 2**17
"""Bytes of a request, which is one datagram."""


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
