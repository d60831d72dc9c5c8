"""The tables are plain Delta tables: other engines read the same rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
import pytest
from deltalake import DeltaTable
from lake_calls import call, some

from cxreports.lake import LoadReport, Store

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize("compacted", [False, True])
@pytest.mark.parametrize("name", ["cdr", "channels", "daily", "hourly", "reject"])
def test_other_engines_read_the_same_rows(
    store: Store, load: Callable[..., LoadReport], name: str, compacted: bool
) -> None:
    load(*some(0, 3000), call(9, "no time", ""))
    load(*some(3000, 3100))
    if compacted:
        store.compact()
    snapshot = store.snapshot()
    table = snapshot.tables[name]
    ours = snapshot.query(
        f"SELECT * FROM {table.rows(snapshot.contents[name].files.values(), partition=True)}"
    )
    apart = {"cdr": ["record_key"], "channels": ["revision"], "daily": ["first_call"]}
    key = [*table.shape.order, *apart.get(name, [])]
    ours = ours.sort(key)
    delta = DeltaTable(str(table.folder))
    scanned = pl.scan_delta(str(table.folder)).select(ours.columns).sort(key).collect()
    arrow = pl.DataFrame(delta.to_pyarrow_table(columns=ours.columns)).sort(key)
    assert len(ours) == sum(each.rows for each in snapshot.contents[name].files.values()) > 0
    assert scanned.cast(dict(ours.schema)).equals(ours)
    assert arrow.cast(dict(ours.schema)).equals(ours)


def test_a_version_is_the_same_read_from_the_log_and_rolled_forward(
    store: Store, load: Callable[..., LoadReport]
) -> None:
    for each in range(25):
        load(*some(each * 100, each * 100 + 150))
    rolled, opened = store.snapshot(), Store(store.home).snapshot()
    assert rolled.versions == opened.versions
    for name, contents in rolled.contents.items():
        assert contents.files == opened.contents[name].files
        past = Store(store.home).snapshot(3).contents[name]
        assert past.version == store.snapshot(3).versions[name]
