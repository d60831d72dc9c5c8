"""Numbers that applications recorded in a table's log, looked up for thousands of names at once.

Delta's own look goes through the log for each name.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import polars as pl

from cxreports.lake.past.archive import LOG
from cxreports.sql import literal

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    import duckdb

    from cxreports.lake.table import Table

_FEW: Final = 2
"""Names that are looked up one by one."""


class Recorded:
    """Numbers recorded in a table's log, while this process alone writes it.

    Parameters
    ----------
    connection
        DuckDB, which reads the log's checkpoint.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, table: Table) -> None:
        self._connection, self._table = connection, table
        self._since: dict[str, int] = {}
        """What commits after the checkpoint recorded."""
        self._checkpoint, self._version = 0, -1

    def look_up(self, names: Collection[str]) -> dict[str, int]:
        """Number that was recorded last, by name; names that there is none of are left out."""
        checkpoint = self._newest_checkpoint()
        if len(names) > _FEW and checkpoint is not None and self._follow(checkpoint):
            return self._of_checkpoint(checkpoint, names) | {
                name: self._since[name] for name in names if name in self._since
            }
        found = ((name, self._table.transaction(name)) for name in names)
        return {name: number for name, number in found if number is not None}

    def _newest_checkpoint(self) -> int | None:
        """Version of the newest checkpoint, -1 if there is none yet; None if another tool has shaped it."""
        log = self._table.folder / LOG
        try:
            said = json.loads((log / "_last_checkpoint").read_text("utf-8"))
        except FileNotFoundError:
            return -1 if (log / f"{0:020d}.json").exists() else None
        except ValueError:
            return None
        version = said.get("version") if isinstance(said, dict) else None
        is_ours = isinstance(version, int) and self._path(version).exists()
        return version if is_ours else None

    def _follow(self, checkpoint: int) -> bool:
        """Read what the commits since the checkpoint recorded; false where one of them cannot be read."""
        if checkpoint != self._checkpoint or self._version < checkpoint:
            self._since, self._checkpoint, self._version = {}, checkpoint, checkpoint
        latest = self._table.latest()
        while self._version < latest:
            entry = self._table.entry(self._version + 1)
            if entry is None:
                return False
            self._since.update(entry.transactions)
            self._version += 1
        return True

    def _of_checkpoint(self, checkpoint: int, names: Collection[str]) -> dict[str, int]:
        if checkpoint < 0:
            return {}
        frame = pl.DataFrame({"name": list(names)}, schema={"name": pl.String})
        self._connection.register("names_sought", frame)
        try:
            found = self._connection.execute(
                f"SELECT txn.appId, txn.version FROM read_parquet({literal(self._path(checkpoint))}) "
                "WHERE txn.appId IN (SELECT name FROM names_sought)"
            ).fetchall()
        finally:
            self._connection.unregister("names_sought")
        return dict(found)

    def _path(self, version: int) -> Path:
        return self._table.folder / LOG / f"{version:020d}.checkpoint.parquet"
