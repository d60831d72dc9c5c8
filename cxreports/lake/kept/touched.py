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


class Touched:
    """Asks the heads whose calls they brought; each note is read once, however often it is asked for.

    Parameters
    ----------
    channels
        The table whose commits make heads.
    """

    def __init__(self, channels: Table) -> None:
        self._channels = channels
        self._names: dict[int, frozenset[str] | None] = {}

    def since(self, version: int, customer: str) -> bool:
        """Whether a customer's calls, or those of any where it is ``all``, may have changed after a head."""
        known, heads = self._names, range(version + 1, self._channels.latest() + 1)
        self._names = {each: known[each] if each in known else self._named(each) for each in heads}
        return any(
            names is None or customer in names or (names and customer == ALL_CUSTOMERS)
            for names in self._names.values()
        )

    def _named(self, version: int) -> frozenset[str] | None:
        entry = self._channels.entry(version)
        return None if entry is None or NOTE not in entry.note else frozenset(json.loads(entry.note[NOTE]))
