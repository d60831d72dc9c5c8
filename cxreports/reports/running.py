"""What a report is being run with, for the notebook's own calls: the lake's version, the time, the home."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from cxreports.lake.snapshot import Snapshot
    from cxreports.settings import Settings


@dataclass(frozen=True)
class Running:
    """A report under way.

    Attributes
    ----------
    settings
        Of the installation.
    snapshot
        State of the lake that the report is of, with the rows in reach alone.
    now
        Time that relative periods are counted from.
    """

    settings: Settings
    snapshot: Snapshot
    now: datetime


_running: ContextVar[Running | None] = ContextVar("running", default=None)


def current() -> Running | None:
    """Report under way here; None where a person runs the notebook."""
    return _running.get()


@contextmanager
def running(report: Running) -> Iterator[None]:
    """Have a report under way while the block runs."""
    token = _running.set(report)
    try:
        yield
    finally:
        _running.reset(token)
