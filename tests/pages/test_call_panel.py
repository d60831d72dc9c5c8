"""The panel of a call: its timeline, how it counts, the arithmetic of its charge; and walking the list."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pages_lake import OneSnapshot

import cxreports
from cxreports.cdr.record import COLUMNS
from cxreports.metrics import USER_SIDE_CODES
from cxreports.pages.call_records import CdrViewer
from cxreports.pages.call_records_view import CallRecordsView
from cxreports.pages.calls.charge import charge_lines
from cxreports.pages.calls.panel import ending, panel, timeline
from cxreports.pages.view import View

if TYPE_CHECKING:
    from collections.abc import Callable

BEGUN = datetime(2026, 11, 29, 11, 24, 34, tzinfo=UTC)


def call(**given: Any) -> dict[str, Any]:
    plain = dict.fromkeys(COLUMNS) | {
        "call_time": BEGUN,
        "answer_time": BEGUN + timedelta(seconds=10.6),
        "end_time": BEGUN + timedelta(seconds=201.6),
        "connected": True,
        "duration_s": Decimal(191),
        "billed_duration_s": Decimal(192),
        "pdd_ms": Decimal(1400),
        "sip_code": 200,
        "rate": Decimal("0.0102"),
        "charge": Decimal("0.03264"),
        "currency": "USD",
        "record_key": -7,
        "source": "+12125550103",
        "destination": "+19182014794",
        "direction": "outbound",
        "destination_name": "USA",
        "destination_code": "1",
        "dtmf": "13#",
        "release_reason": "the caller hung up",
    }
    return plain | given


def lines(**given: Any) -> list[tuple[str, str, str]]:
    return [(each["label"], each["detail"], each["amount"]) for each in charge_lines(call(**given))]


def test_a_timeline_by_hand() -> None:
    steps = timeline(call(), "Europe/Madrid")
    assert [(each["time"], each["label"], each["detail"]) for each in steps] == [
        ("12:24:34.0", "Dialled", "1.4 s post-dial delay"),
        ("12:24:35.4", "Ringing", "9.2 s ringing"),
        ("12:24:44.6", "Answered", "3:11 talking (191 s) · keypad 13#"),
        ("12:27:55.6", "Ended", "the caller hung up"),
    ]
    assert sum(each["share"] for each in steps) == pytest.approx(1)
    assert steps[2]["share"] == pytest.approx(191 / 201.6)


def test_what_a_record_does_not_say_is_left_out_of_the_timeline() -> None:
    silent = call(answer_time=None, end_time=None, pdd_ms=None, connected=False, release_reason=None)
    assert [each["label"] for each in timeline(silent, "UTC")] == ["Dialled"]
    failed = call(answer_time=None, pdd_ms=None, connected=False, end_time=BEGUN)
    assert [(each["label"], each["share"]) for each in timeline(failed, "UTC")] == [
        ("Dialled", 0),
        ("Ended", 0),
    ]


def test_a_charge_by_rate_is_exact() -> None:
    assert lines() == [
        ("Talk time", "3:11", "191 s"),
        ("Billed time", "", "192 s"),
        ("Rate", "192 s ÷ 60 \N{MULTIPLICATION SIGN} $0.0102 a minute", "$0.03264"),
        ("Charge", "", "$0.03264"),
    ]


def test_a_connection_is_added() -> None:
    assert lines(connect_cost=Decimal("0.05"), charge=Decimal("0.08264"))[2:] == [
        ("Rate", "192 s ÷ 60 \N{MULTIPLICATION SIGN} $0.0102 a minute", "$0.03264"),
        ("Connection", "", "$0.05"),
        ("Charge", "", "$0.08264"),
    ]


def test_a_rounded_charge_says_by_how_much() -> None:
    # 7 s at 0.0102 are 0.00119 exactly; the record says 0.0012.
    assert lines(billed_duration_s=Decimal(7), charge=Decimal("0.0012"))[2:] == [
        ("Rate", "7 s ÷ 60 \N{MULTIPLICATION SIGN} $0.0102 a minute", "$0.00119"),
        ("Rounding", "", "$0.00001"),
        ("Charge", "", "$0.0012"),
    ]


def test_an_endless_quotient_is_not_called_exact() -> None:
    # 1 s at 0.01 is 0.000166…
    rate = lines(billed_duration_s=Decimal(1), rate=Decimal("0.01"), charge=Decimal("0.0001666667"))[2]
    assert rate == ("Rate", "1 s ÷ 60 \N{MULTIPLICATION SIGN} $0.01 a minute", "≈ $0.0001666667")


def test_a_charge_that_its_rate_does_not_explain_says_so() -> None:
    assert lines(charge=Decimal("0.5"))[3:] == [
        ("Difference", "the record does not say what for", "$0.46736"),
        ("Charge", "", "$0.50"),
    ]


def test_without_a_rate_what_there_is_is_shown() -> None:
    assert lines(rate=None, connect_cost=Decimal("0.01"), currency=None)[2:] == [
        ("Connection", "per connected call", "0.01"),
        ("Charge", "", "0.03264"),
    ]
    failed = lines(connected=False, rate=None, charge=None, duration_s=Decimal(0))
    assert failed == [("Charge", "", "\N{EN DASH}")]


@pytest.mark.parametrize(
    ("given", "code", "counts"),
    [
        ({}, "SIP 200 OK", "Counts as connected in ASR and NER."),
        (
            {"connected": False, "sip_code": 486},
            "SIP 486 Busy Here",
            "A person ended it, not a network: the ASR goes down, the NER does not.",
        ),
        (
            {"connected": False, "sip_code": 503, "sip_reason": "No circuit"},
            "SIP 503 No circuit",
            "It ended in the network: ASR and NER go down.",
        ),
        (
            {"connected": False, "sip_code": 200},
            "SIP 200 OK",
            "It ended in the network: ASR and NER go down.",
        ),
        (
            {"connected": False, "sip_code": None},
            "Not said by the switch",
            "The switch did not say how it ended: the NER of its period is not known.",
        ),
    ],
)
def test_the_ending_says_whose_side_it_counts_for(given: dict[str, Any], code: str, counts: str) -> None:
    said = ending(call(**given), USER_SIDE_CODES)
    assert (said["code"], said["counts"]) == (code, counts)


def test_a_recording_is_a_link_where_it_is_an_address() -> None:
    address = "https://example.org/a.mp3"
    for name, url in ((address, address), ("a.mp3", ""), ("javascript:alert(1)", "")):
        assert panel(call(recording=name), "UTC", ())["recording"] == {"text": name, "url": url}
    assert panel(call(), "UTC", ())["recording"] == {}


def test_the_record_has_every_column_with_every_digit() -> None:
    record = {each["name"]: each["value"] for each in panel(call(), "Asia/Tokyo", ())["record"]}
    assert tuple(record) == COLUMNS
    assert record["charge"] == "0.03264"
    assert record["record_key"] == "-7"
    assert record["call_time"] == "2026-11-29T11:24:34.000000+00:00"
    assert record["leg"] == ""


@pytest.fixture(name="viewer")
def _viewer(made: Callable[..., Any], tmp_path: Path) -> CdrViewer:
    """Five calls a minute apart, two on a page."""
    calls = [{"call_time": BEGUN + timedelta(minutes=n), "source": str(n)} for n in range(5)]
    calls.append({"call_time": BEGUN, "customer": "other", "source": "99"})
    view = View("acme", "UTC", "custom", "2026-11-29T00:00", "2026-11-30T00:00")
    return CdrViewer(OneSnapshot(made(calls), tmp_path), CallRecordsView(view, descending=False, size=2))


def said(viewer: CdrViewer) -> tuple[str, str, int]:
    shown = viewer.page.call
    return shown.get("source", ""), shown.get("place", ""), viewer.grid.opened


def send(widget: Any, content: dict[str, Any]) -> None:
    widget._handle_msg({"content": {"data": {"method": "custom", "content": content}}, "buffers": []})


def test_a_row_opens_and_the_list_is_walked_from_page_to_page(viewer: CdrViewer) -> None:
    assert said(viewer) == ("", "", -1)
    key = viewer.grid.rows["key"]
    send(viewer.grid, {"open": 1, "key": viewer.grid.rows["key"]})
    assert said(viewer) == ("1", "2 of 5", 1)
    assert viewer.grid.rows["key"] == key, "the list is not sent again"
    assert viewer.page.address["call"] == viewer.page.call["key"]
    send(viewer.page, {"step": 1})
    assert said(viewer) == ("2", "3 of 5", 0)
    assert viewer.page.view["page"] == "2"
    send(viewer.page, {"step": -1})
    assert said(viewer) == ("1", "2 of 5", 1)
    for nonsense in ({"step": 7}, {"step": "x"}, {"step": None}):
        send(viewer.page, nonsense)
    key = viewer.grid.rows["key"]
    for nonsense in (-1, 99, "0"):
        send(viewer.grid, {"open": nonsense, "key": key})
    send(viewer.grid, {"open": 0, "key": key + 1})
    send(viewer.grid, {"open": 0})
    assert said(viewer) == ("1", "2 of 5", 1)
    viewer.page.view = {**viewer.page.view, "call": ""}
    assert said(viewer) == ("", "", -1)
    assert "call" not in viewer.page.address


def test_nothing_lies_before_the_first_call_or_after_the_last(viewer: CdrViewer) -> None:
    send(viewer.grid, {"open": 0, "key": viewer.grid.rows["key"]})
    send(viewer.page, {"step": -1})
    assert said(viewer)[0] == "0"
    viewer.page.view = {**viewer.page.view, "page": "3"}
    send(viewer.grid, {"open": 0, "key": viewer.grid.rows["key"]})
    send(viewer.page, {"step": 1})
    assert said(viewer) == ("4", "5 of 5", 0)


def test_an_address_opens_a_call_of_another_page_but_no_other_customers(viewer: CdrViewer) -> None:
    keys = dict(viewer.lake.snapshot().query("SELECT source, record_key FROM cdr").iter_rows())
    viewer.page.view = {**viewer.page.view, "call": str(keys["4"])}
    assert said(viewer) == ("4", "", -1)
    for other in (str(keys["99"]), "123", "x", "9" * 19, "9" * 30):
        viewer.page.view = {**viewer.page.view, "call": other}
        assert said(viewer)[0] in {"", "4"}, other
    assert CallRecordsView().asked({"call": "1; DROP"}).call == ""


def test_a_call_that_the_filter_lets_through_no_more_is_closed(viewer: CdrViewer) -> None:
    send(viewer.grid, {"open": 1, "key": viewer.grid.rows["key"]})
    viewer.page.view = {**viewer.page.view, "number": "3"}
    assert said(viewer) == ("", "", -1)


def test_the_legs_of_a_call_are_shown_with_it(tmp_path: Path) -> None:
    """A ring group of five telephones, of which one answered."""
    lake = cxreports.open(tmp_path / "home")
    case = Path(__file__).parents[1] / "cases" / "asterisk-ring-group-legs-are-attempts" / "cdr.csv"
    lake.load(case, customer="acme")
    view = View("acme", "UTC", "custom", "2024-03-04T00:00", "2024-03-05T00:00")
    viewer = CdrViewer(OneSnapshot(lake.snapshot(), tmp_path), CallRecordsView(view))
    send(viewer.grid, {"open": 0, "key": viewer.grid.rows["key"]})
    shown = [(each["way"], each["state"], each["lasted"]) for each in viewer.page.call["legs"]]
    assert shown == [
        ("555 \N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK} 60", "NO ANSWER", ""),
        ("555 \N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK} 61", "NO ANSWER", ""),
        ("555 \N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK} 62", "NO ANSWER", ""),
        ("555 \N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK} 63", "Answered", "0:40"),
        ("555 \N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK} 64", "NO ANSWER", ""),
    ]
    assert {each["time"] for each in viewer.page.call["legs"]} == {"10:00:00.0"}
