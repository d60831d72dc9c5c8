"""What a report is being run with, for the notebook's own calls: the lake's version, the time, the home."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator
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
    kept
        Figures that several parts of it show.
    """

    settings: Settings
    snapshot: Snapshot
    now: datetime
    kept: dict[Hashable, Any] = field(default_factory=dict)


Figure = TypeVar("Figure")

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


def once(key: Hashable, read: Callable[[], Figure]) -> Figure:
    """A figure that several parts of a report show, read once for the report under way."""
    report = current()
    if report is None:
        return read()
    if key not in report.kept:
        report.kept[key] = read()
    figure: Figure = report.kept[key]
    return figure
