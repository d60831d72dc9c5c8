"""What has changed in the figures of finished reports since: calls came late, or another version of them."""

from __future__ import annotations

import logging
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from cxreports.clock import Period
from cxreports.errors import CxreportsError
from cxreports.schedules import messages
from cxreports.schedules.workshop import headlines

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from cxreports.lake.snapshot import Snapshot
    from cxreports.lake.store import Store
    from cxreports.portal.schedules.tables import Part

LOG: Final = logging.getLogger(__name__)

_MOST_KEPT: Final = 1_000

_figures: OrderedDict[tuple[Path, int, int], Mapping[str, str]] = OrderedDict()
"""Figures of reports' periods, by home, version of the lake, and report."""


def changes_since(parts: Iterable[Part], store: Store, home: Path) -> dict[int, Sequence[str]]:
    """What has changed, a line each, by report: only those of which something has.

    Nothing is said of any while the lake cannot be read: reports are there without it.
    """
    try:
        return _changes(parts, store.snapshot(), home)
    except CxreportsError as error:
        LOG.warning("what has changed in finished reports is not known: %s", error)
        return {}


def _changes(parts: Iterable[Part], snapshot: Snapshot, home: Path) -> dict[int, Sequence[str]]:
    version = snapshot.head.version
    # Nothing is known of the figures of a report that was made while its customer had no calls.
    older = [part for part in parts if part.snapshot != version and part.figures]
    figures = {
        part.id: known for part in older if (known := _figures.get((home, version, part.id))) is not None
    }
    missing: dict[str, list[Part]] = {}
    for part in older:
        if part.id not in figures:
            missing.setdefault(part.customer, []).append(part)
    for customer, theirs in missing.items():
        periods = [Period(part.period_start, part.period_end) for part in theirs]
        for part, found in zip(theirs, headlines(snapshot, customer, periods), strict=True):
            figures[part.id] = _figures[home, version, part.id] = found
    while len(_figures) > _MOST_KEPT:
        _figures.popitem(last=False)
    changes = {part.id: messages.changes(part.figures, figures[part.id]) for part in older}
    return {number: lines for number, lines in changes.items() if lines}
