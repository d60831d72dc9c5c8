"""What a switch is to the poller: it says which calls are under way now, and may say when they change."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

from cxreports.errors import CxreportsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cxreports.portal.feeds.under_way import Dialog


class NoAnswer(CxreportsError):
    """A switch does not answer, or not in a way that can be read; never names a password."""


class Source(Protocol):
    """A switch."""

    def channels_now(self) -> Sequence[Dialog]:
        """Calls under way, without their customers.

        Raises
        ------
        NoAnswer
            It does not answer.
        """

    def has_changed(self, within_s: float) -> bool:
        """Whether its calls have changed, as it says by itself: waited for up to so many seconds."""

    def close(self) -> None:
        """End the connection, if there is one."""


class Silent:
    """A switch that says nothing by itself, and has to be asked."""

    def has_changed(self, within_s: float) -> bool:
        """Never; after so many seconds."""
        time.sleep(within_s)
        return False

    def close(self) -> None:
        """Nothing stays open."""
