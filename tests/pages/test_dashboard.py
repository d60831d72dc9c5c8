"""The dashboard without a browser: what its widgets are told."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from cxreports.pages.dashboard import Dashboard
from cxreports.pages.view import View

Made = Callable[..., Any]


class Stored:
    """A made snapshot with what a stored one has besides."""

    versions = {"channels": 1}  # noqa: RUF012

    def __init__(self, made: Any) -> None:
        self._made = made

    def __getattr__(self, name: str) -> Any:
        return getattr(self._made, name)

    def customers(self) -> pl.DataFrame:
        known = self._made.customers()
        return known.rename({"calls": "cdrs"}, strict=False)


@dataclass
class OneSnapshot:
    """A lake that shows calls that a test wrote down."""

    shown: Any
    home: Path
    opened: int = field(default=0)

    def snapshot(self) -> Any:
        self.opened += 1
        return Stored(self.shown)


def ago(**length: float) -> datetime:
    return datetime.now(UTC).replace(microsecond=0) - timedelta(**length)


@pytest.fixture(name="lake")
def _lake(made: Made, tmp_path: Path) -> OneSnapshot:
    calls = [
        {
            "call_time": ago(hours=hours),
            "duration_s": 60 * hours,
            "charge": "0.0123456789",
            "currency": "USD",
            "dtmf": "1",
        }
        for hours in (2, 3, 30)
    ]
    calls.append({"call_time": ago(hours=2), "connected": False, "sip_code": 486, "currency": "USD"})
    calls.append({"call_time": ago(days=400), "customer": "old", "duration_s": 5, "dtmf": ""})
    return OneSnapshot(made(calls), tmp_path)


def figure(page: Dashboard, key: str) -> dict[str, str]:
    return next(each for each in page.figures.figures if each["key"] == key)


def test_figures_are_of_the_period_and_compared_with_the_one_before(lake: OneSnapshot) -> None:
    page = Dashboard(lake, View(customer="acme"))
    assert figure(page, "attempts")["value"] == "3"
    assert figure(page, "asr")["value"] == "66.7"
    assert (figure(page, "asr")["detail"], figure(page, "asr")["trend"]) == ("33.3 points", "down")
    assert figure(page, "acd")["value"] == "2:30"
    assert (figure(page, "attempts")["detail"], figure(page, "attempts")["trend"]) == ("200 %", "up")


def test_charge_in_the_table_is_exact(lake: OneSnapshot) -> None:
    page = Dashboard(lake, View(customer="acme"))
    live = page.summary.sheet
    assert live is not None
    assert sum(live.frame["charge"].drop_nulls()) == live.totals["charge"] == Decimal("0.0246913578")
    assert live.frame.height == 24


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


def test_tab_shows_its_table_and_leaves_the_rest_alone(
    lake: OneSnapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = Dashboard(lake, View(customer="acme"))
    monkeypatch.setattr(page, "_show_graphs", lambda *_: pytest.fail("the graphs are drawn again"))
    page.summary.tab = "daily"
    assert page.summary.sheet is not None
    assert page.summary.sheet.columns[0].label == "Day (UTC)"
    assert page.page.view["tab"] == "daily"


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
    monkeypatch.setattr("cxreports.pages.reading.totals", lambda *_, **__: 1 / 0)
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
    with page.controls.hold_trait_notifications():
        page.controls.custom_from, page.controls.custom_to = "2026-01-01T00:00", "2026-01-02T00:00"
        page.controls.period = "custom"
    assert [view.custom_to for view in drawn] == ["2026-01-02T00:00"]
