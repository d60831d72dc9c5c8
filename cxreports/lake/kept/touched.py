"""Whose calls a new head brought, so that the page of anybody else need not read the lake again.

Every load notes it with the head that it commits, as the log's line of the commit has room for.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from cxreports.cdr.record import ALL_CUSTOMERS

if TYPE_CHECKING:
    import duckdb

    from cxreports.lake.log import Changes
    from cxreports.lake.table import Table

NOTE: Final = "customers"
"""Note of a commit to ``channels``: the customers whose calls it brought, as JSON."""

NOBODY: Final = {NOTE: "[]"}
"""Note of a head that left all calls as they were. One that says nothing may have changed anybody's."""

MOST: Final = 1_000
"""Customers that are named; more of them are everybody."""


def note_of(connection: duckdb.DuckDBPyConnection, cdr: Table, changes: Changes) -> dict[str, str]:
    """Note of a head: whose calls were added; none where calls went too, which may be anybody's."""
    if changes.removed or not changes.added:
        return {}
    found = connection.execute(
        f"SELECT DISTINCT customer FROM {cdr.rows(changes.added)} AS calls LIMIT {MOST + 1}"
    ).fetchall()
    names = sorted(name for (name,) in found)
    return {NOTE: json.dumps(names, ensure_ascii=False)} if len(names) <= MOST else {}


def is_touched(channels: Table, version: int, customer: str) -> bool:
    """Whether a customer's calls may have changed after a head.

    Parameters
    ----------
    channels
        The table whose commits make heads.
    version
        Version of the head.
    customer
        A customer's id, or ``all``.
    """
    for each in range(version + 1, channels.latest() + 1):
        entry = channels.entry(each)
        if entry is None or NOTE not in entry.note:
            return True
        names = json.loads(entry.note[NOTE])
        if customer in names or (names and customer == ALL_CUSTOMERS):
            return True
    return False
