"""Halves of calls that come in different files: they wait in `reject` and meet in spite of a kill."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from deltalake import DeltaTable, write_deltalake
from lake_calls import counts, stored

from cxreports.cdr import rejects
from cxreports.lake import Store
from cxreports.lake.table import Table

if TYPE_CHECKING:
    from pathlib import Path

HEADING = "id,method,from_tag,to_tag,callid,sip_code,sip_reason,time\n"


@pytest.fixture
def halves(tmp_path: Path) -> tuple[Path, Path]:
    """Two files of a Kamailio proxy: an INVITE, a call that failed, and the INVITE's BYE."""
    first, second = tmp_path / "acc-1.csv", tmp_path / "acc-2.csv"
    first.write_text(
        HEADING
        + "1,INVITE,f1,t1,call-1@sip,200,OK,2026-03-01 10:00:00\n"
        + "2,INVITE,f2,t2,call-2@sip,486,Busy here,2026-03-01 10:00:05\n"
        + "3,INVITE,f3,t3,call-3@sip,200,OK,2026-03-01 10:00:06\n"
    )
    second.write_text(HEADING + "4,BYE,t1,f1,call-1@sip,200,OK,2026-03-01 10:02:00\n")
    return first, second


def test_a_bye_in_the_next_file_completes_the_call(store: Store, halves: tuple[Path, Path]) -> None:
    (first,) = store.load(halves[0], customer="sip")
    assert counts(first) == (3, 1, 0, 2)
    assert store.snapshot().query("SELECT line FROM reject WHERE pending ORDER BY line").rows() == [
        (2,),
        (4,),
    ]
    (second,) = store.load(halves[1], customer="sip")
    assert counts(second)[1] == 1
    assert store.snapshot().query("SELECT line FROM reject WHERE pending").rows() == [(4,)]
    assert stored(store) == 2
    assert store.verify().is_empty()
    assert [counts(each)[1] for each in store.load(*halves, customer="sip")] == [0, 0]
    assert stored(store) == 2


@pytest.mark.parametrize("table", ["cdr", "hourly", "daily", "channels"])
def test_killed_as_the_halves_meet(
    store: Store, halves: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, table: str
) -> None:
    store.load(halves[0], customer="sip")
    commit = Table.commit

    def killed(self: Table, **given: Any) -> int:
        if self.shape.name == table:
            raise KeyboardInterrupt
        return commit(self, **given)

    with monkeypatch.context() as patched:
        patched.setattr(Table, "commit", killed)
        with pytest.raises(KeyboardInterrupt):
            store.load(halves[1], customer="sip")
    assert stored(store) == 1
    assert store.snapshot().query("SELECT count(*) FROM reject WHERE pending").item() == 2
    store.load(halves[1], customer="sip")
    assert stored(store) == 2
    assert store.snapshot().query("SELECT line FROM reject WHERE pending").rows() == [(4,)]
    assert store.verify().is_empty()


INVITE, AGAIN, BYE, OTHER_BYE = (
    f"{who},c,200,OK,2026-03-01 10:00:{second:02d},1,2\n"
    for who, second in (("INVITE,f,t", 0), ("INVITE,t,f", 10), ("BYE,f,t", 20), ("BYE,t,f", 21))
)


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        ((INVITE, AGAIN, BYE), (AGAIN, BYE), (2, 0, 2, 0)),
        ((INVITE, BYE), (INVITE, OTHER_BYE), (2, 0, 2, 0)),
        ((INVITE, BYE), (BYE,), (1, 0, 1, 0)),
        ((INVITE, BYE), (OTHER_BYE,), (1, 0, 1, 0)),
        ((INVITE, BYE), (INVITE,), (1, 0, 1, 0)),
        ((AGAIN, BYE), (INVITE, BYE), (2, 0, 1, 1)),
    ],
)
def test_rows_of_a_call_that_an_earlier_file_completed_are_no_call(
    store: Store, tmp_path: Path, first: tuple[str, ...], second: tuple[str, ...], told: tuple[int, ...]
) -> None:
    heading = "method,from_tag,to_tag,callid,sip_code,sip_reason,time,src_user,dst_user\n"
    reports = []
    for name, rows in (("p1.csv", first), ("p2.csv", second)):
        (tmp_path / name).write_text(heading + "".join(rows))
        reports += store.load(tmp_path / name, customer="k")
    assert (reports[0].loaded, counts(reports[1])) == (1, told)
    assert stored(store) == 1
    assert store.snapshot().query("SELECT count(*) FROM reject WHERE pending").item() == 0
    assert store.verify().is_empty()


@pytest.mark.parametrize(("tags", "calls"), [(",g,u,", 2), (",f,u,", 1)], ids=["caller", "branch"])
def test_another_caller_is_another_call_and_another_branch_a_leg(
    store: Store, tmp_path: Path, tags: str, calls: int
) -> None:
    heading = "method,from_tag,to_tag,callid,sip_code,sip_reason,time,src_user,dst_user\n"
    for name, rows in (("p1.csv", INVITE + BYE), ("p2.csv", (INVITE + BYE).replace(",f,t,", tags))):
        (tmp_path / name).write_text(heading + rows)
        (report,) = store.load(tmp_path / name, customer="k")
        assert counts(report) == (2, 1, 0, 0)
    assert stored(store) == calls
    legs = store.snapshot().query("SELECT sum(legs)::INTEGER AS legs FROM cdr")
    assert legs["legs"].item() == 2
    assert store.verify().is_empty()


def test_a_row_that_waits_says_which_half_of_which_call_it_is(
    store: Store, halves: tuple[Path, Path]
) -> None:
    store.load(halves[0], customer="sip", zone="Europe/Madrid")
    columns = "call_id, half, epoch(call_time)::BIGINT, zone, delimiter, heading, reason"
    assert store.snapshot().query(f"SELECT {columns} FROM reject ORDER BY line").rows() == [
        # 10:00 in Madrid in winter is 09:00 UTC.
        (call, "begin", at, "Europe/Madrid", ",", HEADING_AS_JSON, "no BYE yet")
        for call, at in (("call-1@sip", 1_772_355_600), ("call-3@sip", 1_772_355_606))
    ]
    alone = halves[1].with_name("acc-3.csv")
    alone.write_text(HEADING + "9,BYE,t9,f9,call-9@sip,200,OK,2026-07-01 10:00:00\n")
    store.load(alone, customer="sip", zone="Europe/Madrid")
    found = store.snapshot().query("SELECT half, epoch(call_time)::BIGINT, reason FROM reject WHERE line = 2")
    assert set(found.rows()) == {
        ("begin", 1_772_355_600, "no BYE yet"),
        ("end", 1_782_892_800, "BYE without its INVITE"),
    }


def test_only_rows_of_the_calls_of_a_file_are_read_again(
    store: Store, halves: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    store.load(halves[0], customer="sip")
    read_again = []
    create = rejects.create_typed

    def counted(connection: Any, table: str, clean: Any, **how: Any) -> None:
        read_again.append(clean.records)
        create(connection, table, clean, **how)

    monkeypatch.setattr(rejects, "create_typed", counted)
    store.load(halves[1], customer="sip")
    assert read_again == [1]


HEADING_AS_JSON = '["id", "method", "from_tag", "to_tag", "callid", "sip_code", "sip_reason", "time"]'

OLD_REJECTS = {
    "file": pl.String,
    "file_hash": pl.String,
    "line": pl.Int64,
    "raw": pl.String,
    "reason": pl.String,
    "format": pl.String,
    "customer": pl.String,
    "loaded_at": pl.Datetime("us", "UTC"),
    "pending": pl.Boolean,
}
"""The table as it was before rows that wait had columns of their own."""


@pytest.fixture
def old_lake(store: Store) -> Store:
    """A lake of an older version, with a line that could not be read and an INVITE that waits."""
    store.create()
    folder = store.home / "lake" / "reject"
    shutil.rmtree(folder)
    how = " (zone Europe/Madrid; columns " + HEADING.strip() + ")"
    invite = "1,INVITE,f1,t1,call-1@sip,200,OK,2026-03-01 10:00:00"
    moment = datetime(2026, 3, 2, tzinfo=UTC)
    rows = pl.DataFrame(
        [
            ("acc-0.csv", "0" * 64, 2, invite, "no BYE yet" + how, "kamailio", "sip", moment, True),
            ("acc-0.csv", "0" * 64, 3, "?", "call_time: '?' is not a time", "kamailio", "sip", moment, False),
        ],
        OLD_REJECTS,
        orient="row",
    )
    write_deltalake(str(folder), rows, partition_by=["pending"])
    return Store(store.home)


def test_rows_that_an_older_version_set_aside_are_read_as_null(old_lake: Store) -> None:
    for _ in range(2):
        found = old_lake.snapshot().query("SELECT line, half, call_id, heading FROM reject ORDER BY line")
        assert found.rows() == [(2, None, None, None), (3, None, None, None)]
        old_lake.recover()
    assert "half" not in pl.read_parquet(next((old_lake.home / "lake" / "reject").rglob("*.parquet")))


def test_a_bye_completes_an_invite_that_an_older_version_set_aside(
    old_lake: Store, halves: tuple[Path, Path]
) -> None:
    (report,) = old_lake.load(halves[1], customer="sip", zone="Europe/Madrid")
    assert counts(report)[1] == 1
    calls = old_lake.snapshot().query("SELECT call_id, duration_s::INTEGER FROM cdr")
    assert calls.rows() == [("call-1@sip", 120)]
    assert old_lake.snapshot().query("SELECT line, half FROM reject").rows() == [(3, None)]
    delta = DeltaTable(str(old_lake.home / "lake" / "reject"))
    assert {"call_id", "half", "heading"} <= {field.name for field in delta.schema().fields}
    old_lake.load(halves[0], customer="sip", zone="Europe/Madrid")
    found = old_lake.snapshot().query("SELECT call_id, half FROM reject WHERE pending")
    assert found.rows() == [("call-3@sip", "begin")]
    old_lake.compact()
    found = old_lake.snapshot().query("SELECT call_id, half FROM reject ORDER BY half NULLS FIRST")
    assert found.rows() == [(None, None), ("call-3@sip", "begin")]
    assert old_lake.verify().is_empty()
    rows = pl.scan_delta(str(old_lake.home / "lake" / "reject")).select("call_id", "half").collect()
    assert sorted(rows.rows(), key=str) == [("call-3@sip", "begin"), (None, None)]
