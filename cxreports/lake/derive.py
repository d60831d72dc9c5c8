"""Bringing ``hourly``, ``daily`` and ``channels`` up to the calls that are there.

All are derived from what ``cdr``'s log says was added since they were last derived, after a
load as after a crash: there is one way, and it costs by what is new. The commit to ``channels``
makes a new head, so that readers see the calls and their figures together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxreports.errors import DefinitionChanged
from cxreports.lake.channels import Sweeping
from cxreports.lake.reach import NOTE, Reach
from cxreports.lake.rollup import CODES, definition, roll_up

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb

    from cxreports.lake.head import Tables
    from cxreports.lake.log import DataFile
    from cxreports.lake.table import Table


def check_definition(sums: Table, version: int, user_side_codes: Sequence[int]) -> None:
    """Make sure that a table of sums counts user-side endings as it shall now.

    Raises
    ------
    DefinitionChanged
        It was built with another code set.
    """
    entry = sums.entry(version)
    built = entry.transactions.get(CODES) if entry else sums.transaction(CODES)
    if built is not None and built != definition(user_side_codes):
        stored = entry.note.get(CODES, "others") if entry else "others"
        raise DefinitionChanged(
            f"{sums.folder}: the stored figures were built with the user-side SIP codes "
            f"{stored}, the setting says {_listed(user_side_codes)}: rebuild them, or set "
            "CXREPORTS_USER_SIDE_CODES back"
        )


def catch_up(connection: duckdb.DuckDBPyConnection, tables: Tables, user_side_codes: Sequence[int]) -> None:
    """Derive what is missing from the calls added since, and make a new head if anything is new.

    Raises
    ------
    DefinitionChanged
        The sums were built with another code set.
    """
    calls = tables.cdr.contents()
    built_from: dict[int, list[Table]] = {}
    for each in (tables.hourly, tables.daily):
        check_definition(each, each.latest(), user_side_codes)
        built_from.setdefault(_built_from(each), []).append(each)
    for built, sums in built_from.items():
        added = tables.cdr.added_since(built)
        if added:
            written = roll_up(connection, tables.cdr.rows(added), sums, user_side_codes)
            for each, files in zip(sums, written, strict=True):
                _commit_sums(each, calls.version, user_side_codes, add=files)
    head = tables.newest()
    if head.versions != _latest(tables):
        added = tables.cdr.added_since(head.cdr)
        swept = Sweeping(connection, tables.cdr, tables.channels, calls, added).write() if added else []
        before = (
            head.reach if head.reach.ends else Reach.of_bounds(tables.cdr.contents(head.cdr).files.values())
        )
        reach = before.with_more(Reach.of_calls(connection, tables.cdr, added)) if added else before
        commit_head(tables, add=swept, reach=reach)


def rebuild(connection: duckdb.DuckDBPyConnection, tables: Tables, user_side_codes: Sequence[int]) -> None:
    """Derive ``hourly``, ``daily`` and ``channels`` from all calls anew.

    Readers keep the old figures until the new ones are complete.
    """
    calls = tables.cdr.contents()
    every = list(calls.files.values())
    sums = (tables.hourly, tables.daily)
    written = roll_up(connection, tables.cdr.rows(every), sums, user_side_codes)
    swept = Sweeping(connection, tables.cdr, tables.channels, calls, every).write()
    for each, files in zip(sums, written, strict=True):
        old = list(each.contents().files.values())
        _commit_sums(each, calls.version, user_side_codes, add=files, remove=old)
    old = list(tables.channels.contents().files.values())
    reach = Reach.of_calls(connection, tables.cdr, every) if every else Reach()
    commit_head(tables, add=swept, remove=old, reach=reach)


def commit_head(
    tables: Tables,
    *,
    add: Sequence[DataFile] = (),
    remove: Sequence[DataFile] = (),
    reach: Reach | None = None,
    new_data: bool = True,
) -> None:
    """Commit to ``channels``, and with it say that the other tables' newest versions belong to it.

    Parameters
    ----------
    reach
        Up to when the calls are there; by default as far as before.
    """
    below = {name: version for name, version in _latest(tables).items() if name != "channels"}
    note = {NOTE: (tables.newest().reach if reach is None else reach).note()}
    tables.channels.commit(add=add, remove=remove, transactions=below, note=note, new_data=new_data)


def _built_from(sums: Table) -> int:
    """Version of ``cdr`` that a table of sums was built from."""
    entry = sums.entry(sums.latest())
    return entry.transactions.get("cdr", 0) if entry else sums.transaction("cdr") or 0


def _commit_sums(
    sums: Table,
    built_from: int,
    user_side_codes: Sequence[int],
    *,
    add: Sequence[DataFile] = (),
    remove: Sequence[DataFile] = (),
) -> None:
    sums.commit(
        add=add,
        remove=remove,
        transactions={"cdr": built_from, CODES: definition(user_side_codes)},
        note={CODES: _listed(user_side_codes)},
    )


def _latest(tables: Tables) -> dict[str, int]:
    return {name: table.latest() for name, table in tables.by_name.items()}


def _listed(codes: Sequence[int]) -> str:
    return ", ".join(str(code) for code in sorted(set(codes)))
