"""Taking loads back, as if their files had never come."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cxreports.errors import LakeError
from cxreports.lake.calls.aside import take_back
from cxreports.lake.calls.changes import commit_legs, write_settled
from cxreports.lake.calls.loads import NUMBER, TAKEN_BACK, next_number, stored_loads
from cxreports.lake.calls.members import Members, create_touched, touch_loads

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    import duckdb

    from cxreports.lake.calls.loads import Load
    from cxreports.lake.head import Tables


def unload(connection: duckdb.DuckDBPyConnection, tables: Tables, ids: Collection[int]) -> list[Load]:
    """Take files back: records that another file has brought too stay that file's; give what was taken.

    Raises
    ------
    LakeError
        There is no such load, or calls of it are half of another one's.
    """
    every = stored_loads(connection, tables)
    taken = [each for each in every if each.id in ids]
    _check(ids, every, taken)
    operation = next_number(tables)
    numbers = [number for each in taken for number in each.numbers]
    digests = digests_of(taken, every)
    if digests:
        take_back(connection, tables, digests, operation)
    create_touched(connection)
    days = touch_loads(connection, tables, numbers)
    calls, legs = Members(connection, tables).settle(days, dropped=numbers)
    commit_legs(connection, tables.leg, legs, operation)
    add, remove = write_settled(connection, calls)
    tables.cdr.commit(
        add=add,
        remove=remove,
        transactions={**{each.source: -1 for each in taken}, NUMBER: operation},
        note={TAKEN_BACK: json.dumps([each.load for each in taken])},
    )
    return taken


def _check(ids: Iterable[int], every: Collection[Load], taken: Collection[Load]) -> None:
    for wanted in ids:
        if wanted not in {each.id for each in taken}:
            raise LakeError(f"there is no load {wanted}: cxreports loads lists those that there are")
    halves = halved(taken, every)
    if halves:
        raise LakeError(f"{halves}: take back both, and load again what shall stay")


def digests_of(taken: Collection[Load], every: Iterable[Load]) -> set[str]:
    """Digests of the files of loads, less those that another load has too."""
    return {each.file_hash for each in taken} - {each.file_hash for each in every if each not in taken}


def halved(taken: Collection[Load], every: Collection[Load]) -> str | None:
    """Two loads that hold the halves of some calls, only one of them among those taken; None if none are."""
    for one in (each for each in every if each.completes):
        digests = json.loads(one.completes or "[]")
        for other in every:
            is_half = other.file_hash in digests and other.id != one.id
            if is_half and (one in taken) != (other in taken):
                both = f"loads {one.id} ({one.file}) and {other.id} ({other.file})"
                return f"{both} hold the two halves of some calls"
    return None
