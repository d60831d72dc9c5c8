"""Compaction: fewer files, the same rows, and nothing that a reader notices."""

from __future__ import annotations

from collections.abc import Callable

from lake_calls import call, some

from cxreports.lake import LoadReport, Snapshot, Store

Load = Callable[..., LoadReport]


def everything(snapshot: Snapshot) -> list[object]:
    return [
        snapshot.query(f"SELECT * FROM {name} ORDER BY ALL").rows()
        for name in ("cdr", "hourly", "daily", "channels", "reject")
    ]


def files(store: Store) -> dict[str, int]:
    return {name: len(contents.files) for name, contents in store.snapshot().contents.items()}


def test_compaction_changes_nothing_but_files(store: Store, load: Load) -> None:
    for each in range(5):
        load(*some(each * 40, each * 40 + 60), call(each, "no time", ""))
    before = store.snapshot()
    rows = everything(before)
    assert store.compact() > 0
    assert files(store) == {
        "cdr": 1, "leg": 1, "hourly": 1, "daily": 1, "channels": 1, "reject": 1, "loads": 1,
    }  # fmt: skip
    assert everything(store.snapshot()) == rows
    assert everything(before) == rows
    assert store.verify().is_empty()
    assert store.compact() == 0


def test_loading_goes_on_after_compaction(store: Store, load: Load) -> None:
    load(*some(0, 50))
    store.compact()
    load(*some(25, 90))
    store.compact()
    load(*some(80, 100))
    assert store.verify().is_empty()
    assert store.snapshot().customers()["cdrs"].to_list() == [100]
