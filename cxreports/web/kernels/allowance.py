"""What may be said to a kernel, however many connections it is said over."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Final

MESSAGES_PER_S: Final = 40.0
MESSAGES_AT_ONCE: Final = 400.0
"""How often a kernel may be spoken to: on the average, and in a burst."""

BYTES_PER_S: Final = 2**18
BYTES_AT_ONCE: Final = 2**23
"""How much may be said to it: what a kernel that computes has not taken yet waits in the server."""


class Allowance:
    """Something that may be used at a rate, and in a burst after a pause.

    Parameters
    ----------
    per_s, at_once
        Units that are gained a second, and the most that are held.
    """

    def __init__(self, per_s: float, at_once: float) -> None:
        self._per_s, self._at_once = per_s, at_once
        self._left, self._at = at_once, time.monotonic()

    def take(self, units: float) -> bool:
        """Use some; False if so many are not left."""
        now = time.monotonic()
        self._left = min(self._at_once, self._left + (now - self._at) * self._per_s) - units
        self._at = now
        return self._left >= 0


@dataclass(frozen=True)
class Allowances:
    """Messages and bytes that a kernel may be sent."""

    messages: Allowance = field(default_factory=lambda: Allowance(MESSAGES_PER_S, MESSAGES_AT_ONCE))
    bytes: Allowance = field(default_factory=lambda: Allowance(BYTES_PER_S, BYTES_AT_ONCE))

    def take(self, size: int) -> bool:
        """Use up a message of so many bytes; False where that is too much at once."""
        return self.messages.take(1) and self.bytes.take(size)
