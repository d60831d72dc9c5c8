"""Completeness: whether the calls of a period are all there when a report of it is made.

A switch that is heard of no more may have no calls, or deliver them later: in a file an hour, say. It is late
where it is silent for longer than it ever was in the week before; then the lake reaches no further than its
last call. One that is silent as it often is, at night or on Sundays, holds nothing back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cxreports.alerts.silence import HABIT, ends_by_switch, unusual_gaps
from cxreports.cdr.record import ALL_CUSTOMERS
from cxreports.clock import microseconds
from cxreports.lake.reach import Reach

if TYPE_CHECKING:
    from datetime import datetime

    from cxreports.lake.snapshot import Snapshot


def reach_at(snapshot: Snapshot, end: datetime) -> Reach:
    """Reach of a lake for a report of a period, in which no late switch is taken for a quiet one.

    Parameters
    ----------
    snapshot
        With everybody's calls in reach.
    end
        Of the period.
    """
    reach = snapshot.reach
    if reach.complete is None or reach.complete < end:
        return reach
    at = np.array([microseconds(end)])
    late = [
        int(ends[-1])
        for ends in ends_by_switch(snapshot, ALL_CUSTOMERS, end - 2 * HABIT)
        if ends[-1] < at[0] and unusual_gaps(ends, at)[0]
    ]
    return Reach({"": min(late)}) if late else reach


def complete_until(snapshot: Snapshot, end: datetime) -> datetime | None:
    """Time up to which the calls of every switch are there, for a period with this end; None without any."""
    return reach_at(snapshot, end).complete
