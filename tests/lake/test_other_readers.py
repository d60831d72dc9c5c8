"""The lake's tables as other engines read them: every row that a filter asks for, and no other."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import polars as pl
import pyarrow.dataset as ds
import pytest
from deltalake import DeltaTable

from cxreports.lake import Store
from cxreports.lake.log import TableShape

DATA = Path(__file__).resolve().parents[2] / "data"
TABLES = ("cdr", "hourly", "daily", "channels", "loads", "reject", "leg")
LOADS = 20
"""With the two before them more than there are commits between checkpoints."""

EXTREMES = 3
"""Values of a column that are looked for, the least and the greatest: each costs a scan of the table."""


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    store = Store(home)
    store.load(DATA / "connexcs/api.csv", DATA / "twilio/calls.csv", DATA / "asterisk/mockdata_cdr.csv")
    bad = home / "bad.csv"
    bad.write_text((DATA / "connexcs/api.csv").read_text("utf-8").replace("2026-", "when-", 1), "utf-8")
    store.load(bad)
    for nth in range(LOADS):
        more = home / f"more-{nth}.csv"
        head, *lines = (DATA / "connexcs/api.csv").read_text("utf-8").splitlines()
        more.write_text(f"{head}\n{lines[0].replace(',', f',again-{nth}-', 1)}\n", "utf-8")
        store.load(more)
    return home / "lake"


@pytest.mark.parametrize("name", TABLES)
def test_a_filter_on_any_column_finds_its_rows(lake: Path, name: str) -> None:
    dataset = DeltaTable(str(lake / name)).to_pyarrow_dataset()
    rows = dataset.to_table()
    assert rows.num_rows > 0
    for column in rows.column_names:
        values = rows[column].to_pylist()
        apart = sorted({each for each in values if each is not None}, key=str)
        for value in {*apart[:EXTREMES], *apart[-EXTREMES:]}:
            found = dataset.to_table([column], filter=ds.field(column) == value)
            assert found.num_rows == values.count(value), (column, value)
        absent = dataset.to_table([column], filter=ds.field(column).is_null())
        assert absent.num_rows == values.count(None), column


def test_a_lake_of_an_earlier_version_is_put_right_by_the_next_load(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as before:
        earlier = property(lambda _: {"delta.dataSkippingNumIndexedCols": "-1"})
        before.setattr(TableShape, "properties", earlier)
        Store(tmp_path).load(DATA / "connexcs/api.csv")

    def found() -> int:
        dataset = DeltaTable(str(tmp_path / "lake" / "cdr")).to_pyarrow_dataset()
        return int(dataset.to_table(filter=ds.field("sip_code") == 486).num_rows)

    assert found() == 0, "what this mends"
    store = Store(tmp_path)
    store.load(DATA / "twilio/calls.csv")
    assert found() == 1
    assert store.verify().is_empty()


def test_polars_reads_the_same_rows(lake: Path) -> None:
    own = Store(lake.parent).snapshot().query("SELECT call_id, sip_code FROM cdr")
    found = pl.scan_delta(str(lake / "cdr")).select("call_id", "sip_code").collect()
    assert Counter(found.rows()) == Counter(own.rows())
