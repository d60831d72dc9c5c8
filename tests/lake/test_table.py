"""The tables are plain Delta tables: other engines read the same rows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from deltalake import DeltaTable
from lake_calls import call, some, write_calls

from cxreports.lake import LoadReport, Snapshot, Store

if TYPE_CHECKING:
    from collections.abc import Callable

    from cxreports.cdr.source_format import SourceFormat


@pytest.mark.parametrize("compacted", [False, True])
def test_other_engines_read_the_same_rows(
    store: Store, load: Callable[..., LoadReport], compacted: bool
) -> None:
    load(*some(0, 3000), call(9, "no time", ""))
    load(*some(3000, 3100))
    if compacted:
        store.compact()
    snapshot = store.snapshot()
    for name in ("cdr", "channels", "daily", "hourly", "reject"):
        assert_read_by_others(snapshot, name)


def assert_read_by_others(snapshot: Snapshot, name: str) -> None:
    """Read a table with polars and pyarrow, and compare it with what our own readers see."""
    table = snapshot.tables[name]
    ours = snapshot.query(
        f"SELECT * FROM {table.rows(snapshot.contents[name].files.values(), partition=True)}"
    )
    apart = {"cdr": ["record_key"], "channels": ["revision"], "daily": ["first_call"]}
    key = [*table.shape.order, *apart.get(name, [])]
    if shown := table.shape.shown:  # Readers see the day or month; the folders are named after the year.
        width = {"day": "1d", "month": "1mo"}[shown.name]
        of = pl.col(table.shape.time).dt.date().dt.truncate(width)
        assert ours[shown.name].equals(ours.select(of)[table.shape.time].alias(shown.name)), name
        ours = ours.select(pl.all().exclude(shown.name), year=pl.col(shown.name).dt.truncate("1y"))
    ours = ours.sort(key)
    delta = DeltaTable(str(table.folder))
    scanned = pl.scan_delta(str(table.folder)).select(ours.columns).sort(key).collect()
    arrow = pl.DataFrame(delta.to_pyarrow_table(columns=ours.columns)).sort(key)
    assert len(ours) == sum(each.rows for each in snapshot.contents[name].files.values()) > 0, name
    assert scanned.cast(dict(ours.schema)).equals(ours), name
    assert arrow.cast(dict(ours.schema)).equals(ours), name


def test_a_load_opens_each_table_once(
    store: Store, load: Callable[..., LoadReport], plain: SourceFormat, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(*some(0, 10))
    opened: list[str] = []

    class Counted(DeltaTable):
        def __init__(self, folder: str, **options: Any) -> None:
            opened.append(Path(folder).name)
            super().__init__(folder, **options)

    monkeypatch.setattr("cxreports.lake.table.DeltaTable", Counted)
    Store(store.home).load(write_calls(store.home / "more.csv", some(10, 20)), source_format=plain)
    assert sorted(opened) == sorted(store.snapshot().tables)


@pytest.mark.parametrize("recorded", ["nothing", "null", "rows alone"])
@pytest.mark.parametrize("reopened", [False, True])
def test_a_log_without_statistics_is_read_from_the_files(
    store: Store, load: Callable[..., LoadReport], recorded: str, reopened: bool
) -> None:
    load(*some(0, 300))
    kept = {name: dict(each.files) for name, each in store.snapshot().contents.items()}
    reader = store if reopened else Store(store.home)
    if not reopened:
        # The reader knows the tables from before, and rolls forward over the entries.
        reader.snapshot(0)
    for entry in (store.home / "lake").glob("*/_delta_log/*.json"):
        entry.write_text(
            "".join(_without_statistics(line, recorded) for line in entry.read_text("utf-8").splitlines()),
            "utf-8",
        )
    reader = Store(store.home) if reopened else reader
    assert {name: dict(each.files) for name, each in reader.snapshot().contents.items()} == kept
    load(*some(300, 400))
    assert Store(store.home).verify().is_empty()
    assert Store(store.home).snapshot().customers()["cdrs"].sum() == 400


def _without_statistics(line: str, recorded: str) -> str:
    action = json.loads(line)
    if "add" in action:
        statistics = json.loads(action["add"].pop("stats"))
        if recorded == "null":
            action["add"]["stats"] = None
        elif recorded == "rows alone":
            action["add"]["stats"] = json.dumps({"numRecords": statistics["numRecords"]})
    return json.dumps(action) + "\n"
