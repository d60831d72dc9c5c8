"""Polls of the switches on their way into the lake."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cxreports.portal.feeds.under_way import Reading
    from cxreports.settings import Settings


class Polls:
    """Collects what the switches said."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def add(self, reading: Reading) -> None:
        """Add what a switch said."""

    def flush(self) -> None:
        """Write what was collected."""
