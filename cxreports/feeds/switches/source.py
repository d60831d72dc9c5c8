"""What a switch is to the poller: something that says which calls are under way now."""

from __future__ import annotations

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

    def close(self) -> None:
        """End the connection, if there is one."""
