"""The dashboard without a browser: what its widgets are told."""

import logging
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from choosing import choose
from pages_lake import OneSnapshot, ago

from cxreports import charts
from cxreports.pages.call_records import CdrViewer
from cxreports.pages.dashboard import Dashboard
from cxreports.pages.reading import Reading
from cxreports.pages.view import WIDGETS, View
from cxreports.portal.user_menu import MenuItem, UserMenu

Made = Callable[..., Any]


@pytest.fixture(name="lake")
def _lake(made: Made, tmp_path: Path) -> OneSnapshot:
    calls = [
        {
            "call_time": ago(hours=hours),
            "duration_s": 60 * hours,
            "charge": "0.0123456789",
            "currency": "USD",
            "dtmf": "1",
            "destination_name": "Spain",
        }
        for hours in (2, 3, 30)
    ]
    calls.append({"call_time": ago(hours=2), "connected": False, "sip_code": 486, "currency": "USD"})
    calls.append({"call_time": ago(days=400), "customer": "old", "duration_s": 5, "dtmf": ""})
    return OneSnapshot(made(calls), tmp_path)


def figure(page: Dashboard, key: str) -> dict[str, str]:
    return next(each for each in page.figures.figures if each["key"] == key)


def test_what_changes_travels_in_one_message_a_part(
    lake: OneSnapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = Dashboard(lake, View(customer="acme", widgets=WIDGETS))
    sent: Counter[str] = Counter()
    monkeypatch.setattr(
        type(page.page.comm), "publish_msg", lambda comm, *_, **__: sent.update([comm.comm_id])
    )
    page.choose(period="30d")
    parts = (page.top_bar, page.controls, page.figures, *page.charts.values(), page.summary, page.page)
    assert sent == {part.comm.comm_id: 1 for part in parts}


def test_figures_are_of_the_period_and_compared_with_the_one_before(lake: OneSnapshot) -> None:
    page = Dashboard(lake, View(customer="acme"))
    assert figure(page, "attempts")["value"] == "3"
    assert figure(page, "asr")["value"] == "66.7"
    fall, more = figure(page, "asr"), figure(page, "attempts")
    assert (fall["detail"], fall["trend"], fall["tone"], fall["was"]) == (
        "33.3 points",
        "down",
        "bad",
        "was 100.0",
    )
    assert figure(page, "acd")["value"] == "2:30"
    assert (more["detail"], more["trend"], more["tone"], more["was"]) == ("200 %", "up", "", "was 1")


def test_charge_in_the_table_is_exact(lake: OneSnapshot) -> None:
    page = Dashboard(lake, View(customer="acme"))
    live = page.summary.sheet
    assert live is not None
    assert sum(live.frame["charge"].drop_nulls()) == live.totals["charge"] == Decimal("0.0246913578")
    assert live.frame.height == 25, "two of them are parts of an hour"
    assert live.totals_label == "24 hours"
    assert str(live.totals["attempts"]) == figure(page, "attempts")["value"]


def test_largest_customer_is_shown_first(lake: OneSnapshot) -> None:
    assert Dashboard(lake).view.customer == "acme"


def test_period_without_calls_is_shown_up_to_the_last_one(lake: OneSnapshot) -> None:
    page = Dashboard(lake, View(customer="old"))
    assert page.controls.as_of.startswith("no calls since")
    assert figure(page, "attempts")["value"] == "1"


def test_customer_without_calls_is_said_in_words(lake: OneSnapshot) -> None:
    page = Dashboard(lake, View(customer="nobody"))
    assert page.page.empty
    assert page.page.notice["title"] == "There are no calls of nobody"
    assert page.page.notice["code"] == ""


def test_empty_lake_says_how_to_fill_it(made: Made, tmp_path: Path) -> None:
    page = Dashboard(OneSnapshot(made([]), tmp_path))
    assert page.page.empty
    assert page.page.notice["code"] == "cxreports demo"


def test_zone_changes_graphs_alone(lake: OneSnapshot) -> None:
    page = Dashboard(lake, View(customer="acme"))
    sheet, data = page.summary.sheet, page.charts["asr"].data
    page.choose(zone="Asia/Kolkata")
    assert page.summary.sheet is sheet
    assert page.charts["asr"].data != data


def test_a_zone_with_the_same_buckets_asks_the_lake_for_nothing(lake: OneSnapshot) -> None:
    page = Dashboard(lake, View(customer="acme"))
    first = page.charts["asr"].table["start"]
    lake.asked.clear()
    page.choose(zone="Asia/Kathmandu")
    assert lake.asked == []
    shown = page.charts["asr"].table["start"]
    assert str(shown.dtype.time_zone) == "Asia/Kathmandu"
    assert shown.dt.epoch().to_list() == first.dt.epoch().to_list()


def test_a_zone_with_other_buckets_is_read_anew(lake: OneSnapshot) -> None:
    page = Dashboard(lake, View(customer="acme", period="7d"))
    lake.asked.clear()
    page.choose(zone="Asia/Kolkata")
    assert lake.asked
    starts = page.charts["asr"].table["start"]
    assert set(starts.dt.minute()[1:]) == {0}, "buckets are whole hours on the clocks of Kolkata"


def test_nothing_is_asked_twice(lake: OneSnapshot) -> None:
    page = Dashboard(lake, View(customer="acme"))
    page.choose(period="7d")
    page.choose(period="24h", customer="all", widgets=WIDGETS)
    assert [sql for sql, times in Counter(lake.asked).items() if times > 1] == []


@pytest.mark.parametrize("tz", ["UTC", "Asia/Kathmandu"])
@pytest.mark.parametrize("period", ["24h", "7d", "30d"])
def test_the_peak_is_that_of_the_first_busiest_minute(
    made: Made, tmp_path: Path, period: str, tz: str
) -> None:
    begun = [ago(hours=3, seconds=n) for n in range(4)] + [ago(hours=70, seconds=n) for n in range(5)]
    lake = OneSnapshot(made([{"call_time": time, "duration_s": 600} for time in begun]), tmp_path)
    page = Dashboard(lake, View(customer="acme", period=period, zone=tz))
    peak, at = (4, begun[0]) if period == "24h" else (5, begun[4])
    form = "%H:%M" if period == "24h" else "%a %-d %b, %H:%M"
    shown = at.astimezone(ZoneInfo(tz))
    assert figure(page, "channels")["detail"] == f"peak {peak} at {shown:{form}}"


def test_what_does_not_show_is_not_read(made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = [{"call_time": ago(hours=3), "duration_s": 7200}, {"call_time": ago(hours=2), "duration_s": 60}]
    lake = OneSnapshot(made(calls), tmp_path)
    read = []
    for name in ("sheet", "busiest", "breakdown"):
        monkeypatch.setattr(Reading, name, lambda *_, name=name: read.append(name))
    page = Dashboard(lake, View(customer="acme", widgets=()))
    assert read == []
    assert lake.asked == []
    assert page.page.notice == {}
    assert not page.page.empty
    assert page.top_bar.channels_note.startswith("unknown since")


def test_what_is_chosen_later_is_read_then(lake: OneSnapshot) -> None:
    page = Dashboard(lake, View(customer="acme", widgets=()))
    choose(page.controls, widgets="figures,sip_codes,summary")
    assert figure(page, "attempts")["value"] == "3"
    assert page.charts["sip_codes"].table["attempts"].sum() == 3
    assert page.summary.sheet is not None


def test_bars_are_of_the_period_and_customer(lake: OneSnapshot) -> None:
    page = Dashboard(lake, View(customer="acme", widgets=("sip_codes", "destinations")))
    codes, destinations = (page.charts[name] for name in ("sip_codes", "destinations"))
    assert codes.table.select("sip_code", "attempts").rows() == [(None, 2), (486, 1)]
    assert destinations.table["destination"].to_list() == ["Spain", "Not said by the switch"]
    assert destinations.table["charge"].sum() == Decimal("0.0246913578")
    assert codes.description == "SIP codes, most attempts first: Not said by the switch 2, 486 Busy Here 1."
    assert codes.file.startswith("acme-sip_codes-20")
    assert destinations.title == "Top destinations"
    page.choose(period="7d")
    assert codes.table["attempts"].sum() == 4
    page.choose(customer="old")
    assert codes.table["attempts"].sum() == 1


def test_bars_without_calls_say_so(lake: OneSnapshot) -> None:
    page = Dashboard(lake, View(customer="acme", widgets=("sip_codes",)))
    page.choose(period="custom", custom_from="2020-01-01T00:00", custom_to="2020-01-02T00:00")
    assert page.charts["sip_codes"].description == "SIP codes: no calls in this period."
    assert charts.NO_CALLS in str(page.charts["sip_codes"].data)


def test_attempts_are_drawn_against_the_connected(lake: OneSnapshot) -> None:
    page = Dashboard(lake, View(customer="acme", widgets=("attempts",)))
    table = page.charts["attempts"].table
    assert (table["value"].sum(), table["connected"].sum()) == (3, 2)
    assert page.charts["attempts"].title == "Attempts and connected"


def test_new_calls_change_the_rows_of_bars_alone(lake: OneSnapshot, made: Made) -> None:
    page = Dashboard(lake, View(customer="acme", widgets=("sip_codes", "destinations")))
    before = {name: (page.charts[name].spec, page.charts[name].data) for name in page.view.widgets}
    lake.shown = made(
        [{"call_time": ago(hours=1), "sip_code": 503, "connected": False, "destination_name": "Peru"}]
    )
    page.refresh()
    for name, (spec, data) in before.items():
        assert page.charts[name].spec == spec
        assert page.charts[name].data != data


def test_nobody_has_a_menu_until_somebody_is_logged_in(lake: OneSnapshot) -> None:
    assert (Dashboard(lake).top_bar.user, Dashboard(lake).top_bar.menu) == ("", [])
    somebody = UserMenu("Romeo", (MenuItem("Log Out", "/logout", "leave", "post"),))
    for page in (Dashboard(lake, menu=somebody), CdrViewer(lake, menu=somebody)):
        assert page.top_bar.user == "Romeo"
        assert page.top_bar.menu == [{"label": "Log Out", "url": "/logout", "icon": "leave", "kind": "post"}]


def test_tab_shows_its_table_and_leaves_the_rest_alone(
    lake: OneSnapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = Dashboard(lake, View(customer="acme"))
    monkeypatch.setattr(page, "_show_graphs", lambda *_: pytest.fail("the graphs are drawn again"))
    page.summary.tab = "daily"
    assert page.summary.sheet is not None
    assert page.summary.sheet.columns[0].label == "Day (UTC)"
    assert page.page.address["tab"] == "daily"


def test_choice_reads_no_new_snapshot(lake: OneSnapshot) -> None:
    page = Dashboard(lake, View(customer="acme"))
    page.choose(period="7d")
    page.choose(customer="all")
    assert lake.opened == 1


def test_new_data_of_the_same_chart_leaves_its_specification_alone(lake: OneSnapshot) -> None:
    page = Dashboard(lake, View(customer="acme"))
    spec = page.charts["acd"].spec
    page.choose(period="7d")
    assert page.charts["acd"].spec == spec


def test_what_goes_wrong_is_said_under_an_id_and_logged(
    lake: OneSnapshot, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    page = Dashboard(lake, View(customer="acme"))
    shown = page.figures.figures
    monkeypatch.setattr("cxreports.pages.reading.tables_at_once", lambda *_, **__: 1 / 0)
    with caplog.at_level(logging.ERROR):
        page.choose(period="30d")
    code = page.page.notice["code"]
    assert len(code) == 8
    assert code in caplog.text
    assert "ZeroDivisionError" in caplog.text
    assert page.figures.figures == shown
    monkeypatch.undo()
    page.choose(period="7d")
    assert page.page.notice == {}


def test_choices_that_arrive_together_are_shown_once(
    lake: OneSnapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = Dashboard(lake, View(customer="acme"))
    drawn = []
    monkeypatch.setattr(page, "_show_graphs", lambda *_: drawn.append(page.view))
    choose(page.controls, **{"from": "2026-01-01T00:00", "to": "2026-01-02T00:00", "period": "custom"})
    assert [view.custom_to for view in drawn] == ["2026-01-02T00:00"]
