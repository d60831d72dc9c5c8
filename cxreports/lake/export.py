"""Export: a snapshot as one DuckDB database, for any tool that reads those."""

from __future__ import annotations

import os
import uuid
from typing import TYPE_CHECKING, Final

from cxreports.cdr.record import ALL_CUSTOMERS
from cxreports.errors import LakeError
from cxreports.lake.rollup import key_of, merged_sql
from cxreports.lake.shapes import HOURLY
from cxreports.private_file import private_file
from cxreports.sql import literal

if TYPE_CHECKING:
    from pathlib import Path

    from cxreports.clock import Time
    from cxreports.lake.snapshot import Snapshot


_MAGIC: Final = b"DUCK"
_MAGIC_AT: Final = 8
"""Where a DuckDB database says that it is one, after the checksum of its first block."""


def export(snapshot: Snapshot, path: Path, customer: str, start: Time | None, end: Time | None) -> None:
    """Write a customer's part of a snapshot, or all of it, as a DuckDB database.

    Its tables are ``cdr``, ``hourly``, ``channels`` and ``reject``, and ``snapshot`` with what they
    were taken from. A customer's file holds nothing of others: of ``reject`` only lines that
    were loaded as that customer's.

    Raises
    ------
    LakeError
        The path holds something else than a DuckDB database; it is left as it is.
    """
    _check_replaceable(path)
    unfinished = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    hours = snapshot.scan("hourly", customer=customer, start=start, end=end)
    tables = {
        "cdr": snapshot.scan("cdr", customer=customer, start=start, end=end),
        "hourly": f"(SELECT *, {HOURLY.shown_sql} AS month FROM {merged_sql(hours, key_of(HOURLY))} AS sums)",
        "channels": _channels(snapshot, customer, start, end),
        "reject": "reject"
        if customer == ALL_CUSTOMERS
        else f"(FROM reject WHERE customer = {literal(customer)})",
    }
    connection = snapshot.connection.cursor()
    ((schema,),) = snapshot.connection.execute("SELECT current_schema()").fetchall()
    connection.execute(f"SET schema = {literal(schema)}; ATTACH {literal(unfinished)} AS target")
    try:
        private_file(unfinished)
        for name, rows in tables.items():
            connection.execute(f"CREATE TABLE target.main.{name} AS FROM {rows}")
        connection.execute(
            f"CREATE TABLE target.main.snapshot AS SELECT {snapshot.versions['channels']} AS version, "
            f"CAST({literal(snapshot.as_of.isoformat())} AS TIMESTAMPTZ) AS as_of, "
            f"{literal(customer)} AS customer"
        )
        connection.execute("DETACH target")
        os.replace(unfinished, path)  # noqa: PTH105
    finally:
        unfinished.unlink(missing_ok=True)


def _check_replaceable(path: Path) -> None:
    """Make sure that nothing but an earlier database would be replaced."""
    if not path.exists():
        return
    with path.open("rb") as stream:
        if stream.read(_MAGIC_AT + len(_MAGIC))[_MAGIC_AT:] == _MAGIC:
            return
    raise LakeError(f"{path}: is there already and is no DuckDB database; name another file, or move it away")


def _channels(snapshot: Snapshot, customer: str, start: Time | None, end: Time | None) -> str:
    if customer == ALL_CUSTOMERS and start is None and end is None:
        return "channels"
    return snapshot.scan("channels", customer=customer, start=start, end=end)
