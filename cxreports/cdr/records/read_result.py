"""What reading a file gave: its typed rows, its rejects, and how many records became what."""

from dataclasses import dataclass

import duckdb

from cxreports.cdr.evidence.manner import Manner
from cxreports.cdr.typed_rows import TypedRows


@dataclass(frozen=True)
class ReadResult:
    """What a file gave.

    Always ``rows`` = rows of ``cdr`` + ``paired`` + ``counted`` + ``rejected``, and
    ``lines`` = ``rows`` + ``skipped``.

    Attributes
    ----------
    file, file_hash, format
        Name, SHA-256 of the bytes as delivered, and format.
    lines
        Physical lines.
    rows
        Records: lines but for headings, blank and comment lines.
    paired
        Records that completed another record's call (the BYE of an INVITE).
    rejected
        Records set aside.
    cdr
        Temporary view of the connection: the canonical record, not yet deduplicated, and
        ``ordinal``, which tells its rows apart.
    typed
        What is behind it.
    reject
        Temporary table: ``record.REJECT_FIELDS``.
    resolved
        Temporary table (file_hash, line) of earlier pending rows that this file completed.
    skipped
        Lines that are no records.
    counted
        Records that are part of a call which an earlier file completed.
    heading
        Lines before the first record.
    keyed
        Whether the format identifies records or calls, so that rows may complete or revise others.
    nothing
        Why all records were set aside: the reason of the first; None if they were not.
    manner
        How the file writes its dates and numbers; None if nothing stands in it.
    """

    file: str
    file_hash: str
    format: str
    lines: int
    rows: int
    paired: int
    rejected: int
    cdr: str
    typed: TypedRows
    reject: str
    resolved: str | None
    skipped: int = 0
    counted: int = 0
    heading: int = 0
    keyed: bool = False
    nothing: str | None = None
    manner: Manner | None = None

    def forget(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Drop the temporary tables."""
        connection.execute(f"DROP VIEW {self.cdr}; DROP TABLE {self.reject}")
        self.typed.forget()
        if self.resolved:
            connection.execute(f"DROP TABLE {self.resolved}")
