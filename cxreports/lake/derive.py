"""Bringing ``hourly``, ``daily`` and ``channels`` up to the calls that are there.

All are derived from what ``cdr``'s log says was added and removed since they were last derived, after a
load as after a crash: there is one way, and it costs by what is new. Days from which a commit took calls are
added up anew. The commit to ``channels``
makes a new head, so that readers see the calls and their figures together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxreports.errors import DefinitionChanged
from cxreports.lake.calls.loads import LOADED, TAKEN_BACK, list_loads
from cxreports.lake.calls.resweep import sweep_changes
from cxreports.lake.channels import Sweeping
from cxreports.lake.kept import touched
from cxreports.lake.reach import NOTE, Reach
from cxreports.lake.rollup import CODES, definition, roll_up, sum_up

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import duckdb

    from cxreports.lake.head import Head, Tables
    from cxreports.lake.log import Changes, DataFile
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
    """Derive what is missing from the calls added and removed since, and make a new head if anything is new.

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
        changes = tables.cdr.changes_since(built)
        if changes.added or changes.removed:
            revised = sum_up(connection, tables.cdr, sums, changes, user_side_codes)
            for each, (add, remove) in zip(sums, revised, strict=True):
                _commit_sums(each, calls.version, user_side_codes, add=add, remove=remove)
    _list_loads(connection, tables)
    head = tables.newest()
    if head.versions != _latest(tables):
        changes = tables.cdr.changes_since(head.cdr)
        swept = sweep_changes(connection, tables, changes)
        reach = _reach(connection, tables, head, changes)
        commit_head(tables, add=swept, reach=reach, note=touched.note_of(connection, tables.cdr, changes))


def _list_loads(connection: duckdb.DuckDBPyConnection, tables: Tables) -> None:
    """Bring ``loads`` up to the commits to ``cdr``."""
    latest = tables.cdr.latest()
    listed = tables.loads.transaction("cdr")
    entries = [tables.cdr.entry(version) for version in range((listed or 0) + 1, latest + 1)]
    present = [each for each in entries if each is not None]
    if not any(LOADED in each.note or TAKEN_BACK in each.note for each in present):
        return
    add, remove = list_loads(connection, tables, present)
    tables.loads.commit(add=add, remove=remove, transactions={"cdr": latest})


def _reach(connection: duckdb.DuckDBPyConnection, tables: Tables, head: Head, changes: Changes) -> Reach:
    """How far the calls go now."""
    calls = list(tables.cdr.contents().files.values())
    before = head.reach if head.reach.ends else Reach.of_bounds(tables.cdr.contents(head.cdr).files.values())
    if changes.removed and before.is_shortened_by(
        Reach.of_calls(connection, tables.cdr, changes.removed),
        Reach.of_calls(connection, tables.cdr, changes.added),
    ):
        return Reach.of_calls(connection, tables.cdr, calls)
    return (
        before.with_more(Reach.of_calls(connection, tables.cdr, changes.added)) if changes.added else before
    )


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
    note: Mapping[str, str] | None = None,
    new_data: bool = True,
) -> None:
    """Commit to ``channels``, and with it say that the other tables' newest versions belong to it.

    Parameters
    ----------
    reach
        Up to when the calls are there; by default as far as before.
    note
        What else it says about itself.
    """
    below = {name: version for name, version in _latest(tables).items() if name != "channels"}
    notes = {NOTE: (tables.newest().reach if reach is None else reach).note(), **(note or {})}
    tables.channels.commit(add=add, remove=remove, transactions=below, note=notes, new_data=new_data)


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
