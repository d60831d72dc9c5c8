"""Lines set aside: committed to ``reject`` before the calls of their file, and taken back with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cxreports.lake.calls.loads import NUMBER, OPERATION
from cxreports.lake.calls.members import holding

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    import duckdb

    from cxreports.cdr.records.read_result import ReadResult
    from cxreports.lake.head import Tables
    from cxreports.lake.log import DataFile
    from cxreports.lake.table import Table

_SOURCE: Final = "source"
"""Note of a commit to ``reject`` by a version without numbers: the file that it belongs to."""

_HALVES: Final = ("false", "true")


def set_aside(
    connection: duckdb.DuckDBPyConnection,
    tables: Tables,
    result: ReadResult,
    operation: int,
    cut: tuple[str, int] | None = None,
    replaced: Collection[str] = (),
) -> int:
    """Commit rejected lines, less those that have found their other half; count those already there.

    Parameters
    ----------
    operation
        Number of the load.
    cut
        Digest and line of a row that goes as well: a line that was cut has been completed.
    replaced
        Digests of files whose lines all go: the file is read anew.
    """
    table = tables.reject
    before = 0
    if result.rejected and table.transaction(contents_id(result.file_hash)) is not None:
        stored = table.rows(table.contents().files.values(), "file_hash, line")
        ((before,),) = connection.execute(
            f"DELETE FROM {result.reject} WHERE (file_hash, line) IN {stored}"
        ).fetchall()
    gone = f"SELECT file_hash, line FROM {result.resolved}" if result.resolved else ""
    if cut is not None:
        one = f"SELECT CAST('{cut[0]}' AS VARCHAR) AS file_hash, CAST({cut[1]} AS BIGINT) AS line"
        gone = f"{gone} UNION {one}" if gone else one
    if replaced:
        listed = ", ".join(f"'{each}'" for each in sorted(replaced))
        lines = table.rows(table.contents().files.values(), "file_hash, line")
        own = f"SELECT file_hash, line FROM {lines} WHERE file_hash IN ({listed})"
        gone = f"{gone} UNION {own}" if gone else own
    written, removed = _without(connection, table, f"({gone})", "file_hash, line") if gone else ([], [])
    add = [*(_written(connection, table, result.reject) if result.rejected else []), *written]
    if add or removed:
        table.commit(
            add=add,
            remove=removed,
            transactions={contents_id(result.file_hash): 1},
            note={OPERATION: str(operation)},
        )
    return int(before)


def set_aside_together(
    connection: duckdb.DuckDBPyConnection,
    tables: Tables,
    rejects: str,
    digests: Iterable[str],
    operation: int,
) -> None:
    """Commit rejected lines of several files, none of which has any there already.

    Parameters
    ----------
    digests
        Of the files.
    operation
        Number of the first of their loads.
    """
    tables.reject.commit(
        add=_written(connection, tables.reject, rejects),
        transactions={contents_id(digest): 1 for digest in digests},
        note={OPERATION: str(operation)},
    )


def contents_id(file_hash: str) -> str:
    """Application id under which ``reject`` notes that it has lines of a file."""
    return f"file {file_hash}"


def _written(connection: duckdb.DuckDBPyConnection, table: Table, rejects: str) -> list[DataFile]:
    return [
        file
        for pending in _HALVES
        for file in table.write(connection, f"(FROM {rejects} WHERE pending = {pending})", pending)
    ]


def take_back(
    connection: duckdb.DuckDBPyConnection, tables: Tables, digests: Collection[str], operation: int
) -> None:
    """Remove the lines of files that are taken back."""
    listed = ", ".join(f"('{each}')" for each in sorted(digests))
    add, remove = _without(
        connection, tables.reject, f"(FROM (VALUES {listed}) AS gone(file_hash))", "file_hash"
    )
    if remove:
        tables.reject.commit(add=add, remove=remove, note={OPERATION: str(operation)})


def _without(
    connection: duckdb.DuckDBPyConnection, table: Table, gone: str, using: str
) -> tuple[list[DataFile], list[DataFile]]:
    """Write the files anew that hold some rows, without those; give files written and replaced."""
    add: list[DataFile] = []
    remove: list[DataFile] = []
    for pending in _HALVES:
        files = table.contents().by_partition.get(pending, ())
        held = holding(connection, table, files, gone, using)
        if held:
            kept = f"(SELECT r.* FROM {table.rows(held)} AS r ANTI JOIN {gone} AS gone USING ({using}))"
            add += table.write(connection, kept, pending)
            remove += held
    return add, remove


def recover(tables: Tables) -> None:
    """Take back what a killed load or unload has done to ``reject`` and ``leg``.

    `catch_up` does the rest: it derives what is missing of those that came as far as ``cdr``.
    """
    for table in (tables.reject, tables.leg):
        version = table.latest()
        entry = table.entry(version)
        if entry is None or not _is_unfinished(tables, entry.note):
            continue
        now, before = table.contents(version).files, table.contents(version - 1).files
        table.commit(
            add=[file for path, file in before.items() if path not in now],
            remove=[file for path, file in now.items() if path not in before],
        )


def _is_unfinished(tables: Tables, note: Mapping[str, str]) -> bool:
    if OPERATION in note:
        return int(note[OPERATION]) > (tables.cdr.transaction(NUMBER) or 0)
    return _SOURCE in note and tables.cdr.transaction(note[_SOURCE]) is None
