"""Bringing ``hourly`` and ``channels`` up to the calls that are there.

Both are derived from what ``cdr``'s log says was added since they were last derived, after a
load as after a crash: there is one way, and it costs by what is new. The commit to ``channels``
makes a new head, so that readers see the calls and their figures together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxreports.errors import DefinitionChanged
from cxreports.lake.channels import Sweeping
from cxreports.lake.rollup import CODES, definition, roll_up

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb

    from cxreports.lake.head import Tables
    from cxreports.lake.log import DataFile


def check_definition(tables: Tables, version: int, user_side_codes: Sequence[int]) -> None:
    """Make sure that ``hourly`` counts user-side endings as it shall now.

    Raises
    ------
    DefinitionChanged
        It was built with another code set.
    """
    entry = tables.hourly.entry(version)
    built = entry.transactions.get(CODES) if entry else tables.hourly.transaction(CODES)
    if built is not None and built != definition(user_side_codes):
        stored = entry.note.get(CODES, "others") if entry else "others"
        raise DefinitionChanged(
            f"{tables.hourly.folder}: the stored figures were built with the user-side SIP codes "
            f"{stored}, the setting says {_listed(user_side_codes)}: rebuild them, or set "
            "CXREPORTS_USER_SIDE_CODES back"
        )


def catch_up(connection: duckdb.DuckDBPyConnection, tables: Tables, user_side_codes: Sequence[int]) -> None:
    """Derive what is missing from the calls added since, and make a new head if anything is new.

    Raises
    ------
    DefinitionChanged
        ``hourly`` was built with another code set.
    """
    check_definition(tables, tables.hourly.latest(), user_side_codes)
    calls = tables.cdr.contents()
    entry = tables.hourly.entry(tables.hourly.latest())
    built = entry.transactions.get("cdr", 0) if entry else tables.hourly.transaction("cdr") or 0
    added = tables.cdr.added_since(built)
    if added:
        hours = roll_up(connection, tables.cdr.rows(added), tables.hourly, user_side_codes)
        _commit_hourly(tables, calls.version, user_side_codes, add=hours)
    head = tables.newest()
    if head.versions != _latest(tables):
        added = tables.cdr.added_since(head.cdr)
        swept = Sweeping(connection, tables.cdr, tables.channels, calls, added).write() if added else []
        commit_head(tables, add=swept)


def rebuild(connection: duckdb.DuckDBPyConnection, tables: Tables, user_side_codes: Sequence[int]) -> None:
    """Derive ``hourly`` and ``channels`` from all calls anew.

    Readers keep the old figures until the new ones are complete.
    """
    calls = tables.cdr.contents()
    every = list(calls.files.values())
    hours = roll_up(connection, tables.cdr.rows(every), tables.hourly, user_side_codes) if every else []
    swept = Sweeping(connection, tables.cdr, tables.channels, calls, every).write()
    old_hours = list(tables.hourly.contents().files.values())
    _commit_hourly(tables, calls.version, user_side_codes, add=hours, remove=old_hours)
    commit_head(tables, add=swept, remove=list(tables.channels.contents().files.values()))


def commit_head(
    tables: Tables, *, add: Sequence[DataFile] = (), remove: Sequence[DataFile] = (), new_data: bool = True
) -> None:
    """Commit to ``channels``, and with it say that the other tables' newest versions belong to it."""
    below = {name: version for name, version in _latest(tables).items() if name != "channels"}
    tables.channels.commit(add=add, remove=remove, transactions=below, new_data=new_data)


def _commit_hourly(
    tables: Tables,
    built_from: int,
    user_side_codes: Sequence[int],
    *,
    add: Sequence[DataFile] = (),
    remove: Sequence[DataFile] = (),
) -> None:
    tables.hourly.commit(
        add=add,
        remove=remove,
        transactions={"cdr": built_from, CODES: definition(user_side_codes)},
        note={CODES: _listed(user_side_codes)},
    )


def _latest(tables: Tables) -> dict[str, int]:
    return {name: table.latest() for name, table in tables.by_name.items()}


def _listed(codes: Sequence[int]) -> str:
    return ", ".join(str(code) for code in sorted(set(codes)))
