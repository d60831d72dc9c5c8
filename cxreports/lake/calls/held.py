"""Rows of all customers that are held in memory, for a process that works for one customer after the other.

Each question of a report opens the same files for the rows of one customer among many. Held rows are read
once; `Table.rows` still leaves out everybody else's.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from cxreports.lake.log import Held

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cxreports.clock import Period
    from cxreports.lake.snapshot import Snapshot

MOST_ROWS: Final = 1_000_000
"""Rows of a table that are held, a few hundred megabytes of calls; of larger ones none."""

_TABLES: Final = ("cdr", "hourly", "daily", "channels")
_MARGIN: Final = timedelta(days=2)


def held(snapshot: Snapshot, period: Period, name: str) -> Mapping[str, Held]:
    """Read the rows that a report of a period asks for, with as long before it; by table, where they fit.

    Parameters
    ----------
    name
        Of the tables in DuckDB's memory, which are replaced.
    """
    start, end = period.start - (period.end - period.start) - _MARGIN, period.end + _MARGIN
    found = {}
    for table in _TABLES:
        # Whoever asks how far a customer's calls reach asks for all days.
        files = snapshot.files(table, *((None, None) if table == "daily" else (start, end)))
        if not files or sum(each.rows for each in files) > MOST_ROWS:
            continue
        rows = snapshot.tables[table].rows(files, partition=True)
        target = f"memory.main.{name}_{table}"
        snapshot.connection.execute(
            f"CREATE OR REPLACE TABLE {target} AS FROM {rows} AS rows ORDER BY customer"
        )
        found[table] = Held(target, frozenset(each.path for each in files))
    return found
