"""Which files brought a call, and what their vendors call its fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cxreports.cdr.definition import known_formats
from cxreports.cdr.record import COLUMNS
from cxreports.figures.delivered import columns_behind, deliveries_of
from cxreports.lake import Store, store

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "Call Sid,Direction,Status,Start Time,End Time,Duration,Price,Price Unit,From,To\n"
FIRST = "CA1,outbound-api,in-progress,2026-11-29 11:00:00,2026-11-29 11:01:00,60,,USD,+34911,+34922\n"
LATER = "CA1,outbound-api,completed,2026-11-29 11:00:00,2026-11-29 11:01:00,60,-0.02,USD,+34911,+34922\n"
OTHER = "CA2,outbound-api,completed,2026-11-29 12:00:00,2026-11-29 12:01:00,60,-0.02,USD,+34911,+34922\n"


def loaded(home: Path, name: str, *lines: str, customer: str = "acme") -> Store:
    path = home / name
    path.write_text(HEAD + "".join(lines))
    lake = Store(home / "home")
    (report,) = lake.load(path, source_format="twilio", customer=customer)
    assert report.refused is None
    return lake


def brought(lake: Store, call_id: str) -> list[tuple[str, str]]:
    snapshot = lake.snapshot()
    (call,) = snapshot.query(f"FROM cdr WHERE call_id = '{call_id}'").to_dicts()
    return [(each.file, each.format) for each in deliveries_of(snapshot, call)]


def test_each_file_that_brought_a_record_is_named_until_it_is_taken_back(tmp_path: Path) -> None:
    loaded(tmp_path, "morning.csv", FIRST, OTHER)
    lake = loaded(tmp_path, "noon.csv", LATER)
    assert brought(lake, "CA1") == [("morning.csv", "twilio"), ("noon.csv", "twilio")]
    assert brought(lake, "CA2") == [("morning.csv", "twilio")]
    lake.unload(1)
    assert brought(lake, "CA1") == [("noon.csv", "twilio")]


def test_a_record_whose_time_was_put_right_by_nearly_two_days_keeps_both_files(tmp_path: Path) -> None:
    loaded(tmp_path, "wrong.csv", FIRST.replace("2026-11-29 11:0", "2026-11-28 00:0"))
    lake = loaded(tmp_path, "right.csv", LATER.replace("2026-11-29 11:0", "2026-11-29 23:4"))
    assert lake.snapshot().customers()["cdrs"].to_list() == [1]
    assert brought(lake, "CA1") == [("wrong.csv", "twilio"), ("right.csv", "twilio")]


def test_a_grown_file_brought_what_its_tail_has(tmp_path: Path) -> None:
    loaded(tmp_path, "live.csv", OTHER.rstrip("\n"))
    lake = loaded(tmp_path, "live.csv", OTHER, LATER)
    assert brought(lake, "CA1") == [("live.csv", "twilio")]
    assert {name for name, _ in brought(lake, "CA2")} == {"live.csv"}


def test_a_customer_sees_no_load_of_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded(tmp_path, "others.csv", LATER, customer="other")
    loaded(tmp_path, "own.csv", OTHER)
    monkeypatch.setattr(store, "customer_in_reach", lambda: "acme")
    snapshot = Store(tmp_path / "home").snapshot()
    (call,) = snapshot.query("FROM cdr").to_dicts()
    assert [each.file for each in deliveries_of(snapshot, call)] == ["own.csv"]
    monkeypatch.undo()
    both = Store(tmp_path / "home").snapshot()
    (foreign,) = both.query("FROM cdr WHERE customer = 'other'").to_dicts()
    assert deliveries_of(snapshot, foreign) == [], "nor by the key of a call of theirs"


def test_columns_are_the_vendors() -> None:
    twilio = columns_behind(["twilio"])
    assert twilio["charge"] == ("Price",)
    assert twilio["call_time"] == ("Start Time", "Date Created")
    assert twilio["connected"] == ("Status",)
    assert "answer_time" not in twilio, "which no file of theirs has"
    assert columns_behind(["twilio", "kamailio", "a format of one's own"]).keys() > twilio.keys()
    assert columns_behind(["../../etc/passwd", ""]) == {}


@pytest.mark.parametrize("name", sorted(known_formats()))
def test_every_format_says_what_its_fields_are_read_from(name: str) -> None:
    assert {"call_time", "source", "destination"} <= columns_behind([name]).keys()
    assert columns_behind([name]).keys() & set(COLUMNS)
