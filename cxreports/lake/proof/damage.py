"""Files that are missing or not as they were written, and tables that readers do not see whole.

A file's name ends with the digest of its bytes (``seal``), so that a change to any value in any table
shows, also to those that no figure is computed from: texts of calls, lines that were set aside.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb

from cxreports.lake.head import BELOW
from cxreports.lake.log import Contents
from cxreports.lake.proof.seal import is_sealed, is_whole
from cxreports.sql import literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from cxreports.lake.head import Head, Tables
    from cxreports.lake.log import DataFile
    from cxreports.lake.table import Table


@dataclass(frozen=True)
class Damage:
    """A file of a table that cannot be relied on, and what is wrong with it."""

    table: str
    file: DataFile
    fault: str


@dataclass(frozen=True)
class Behind:
    """A table of which readers see fewer or other rows than it has."""

    table: str
    seen: int
    held: int


def damages(tables: Mapping[str, Table], contents: Mapping[str, Contents]) -> list[Damage]:
    """Files of some versions of tables that are missing or are not as they were written."""
    return list(_damages(tables, contents))


def _damages(tables: Mapping[str, Table], contents: Mapping[str, Contents]) -> Iterator[Damage]:
    for name, held in contents.items():
        for file in held.files.values():
            fault = _fault(tables[name].folder / file.path)
            if fault:
                yield Damage(name, file, fault)


def _fault(path: Path) -> str | None:
    try:
        if not path.exists():
            return "is missing"
        if is_sealed(path):
            return None if is_whole(path) else "is not as it was written"
        duckdb.execute(f"SELECT count(COLUMNS(*)) FROM read_parquet({literal(path)})").fetchall()
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    except duckdb.Error as error:
        return f"cannot be read ({str(error).splitlines()[0]})"
    return None


def without(contents: Mapping[str, Contents], damaged: Iterable[Damage]) -> dict[str, Contents]:
    """The same versions without damaged files."""
    gone = {(each.table, each.file.path) for each in damaged}
    return {
        name: Contents.of(
            held.version, {path: file for path, file in held.files.items() if (name, path) not in gone}
        )
        for name, held in contents.items()
    }


def behind(tables: Tables, head: Head) -> list[Behind]:
    """Tables that hold other rows than the head shows to readers, while nobody loads."""
    found = []
    for name in BELOW:
        table, seen = tables.by_name[name], head.versions[name]
        if table.latest() > seen:
            rows = [sum(f.rows for f in table.contents(at).files.values()) for at in (seen, table.latest())]
            if rows[0] != rows[1]:
                found.append(Behind(name, *rows))
    return found
