"""Halves of calls that come in different files: they wait in `reject` and meet in spite of a kill."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from lake_calls import counts, stored

from cxreports.lake.table import Table

if TYPE_CHECKING:
    from pathlib import Path

    from cxreports.lake import Store

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


def test_another_dialogue_of_the_same_call_id_is_another_call(store: Store, tmp_path: Path) -> None:
    heading = "method,from_tag,to_tag,callid,sip_code,sip_reason,time,src_user,dst_user\n"
    for name, rows in (("p1.csv", INVITE + BYE), ("p2.csv", (INVITE + BYE).replace(",f,t,", ",f,u,"))):
        (tmp_path / name).write_text(heading + rows)
        (report,) = store.load(tmp_path / name, customer="k")
        assert counts(report) == (2, 1, 0, 0)
    assert stored(store) == 2
