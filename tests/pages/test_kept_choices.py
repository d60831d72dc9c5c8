"""What wins: the address over preferences, these over what the browser brings, that over the standard."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from choosing import choose
from pages_lake import OneSnapshot, ago

from cxreports.pages.call_records import CdrViewer
from cxreports.pages.dashboard import Dashboard
from cxreports.pages.kept_choices import KeptChoices, opened, worth_keeping
from cxreports.pages.view import STANDARD, View


@dataclass
class Kept(KeptChoices):
    """Choices in memory, and each time that something was kept."""

    kept: dict[str, str] = field(default_factory=dict)
    saved: list[Mapping[str, str]] = field(default_factory=list)

    def load(self) -> Mapping[str, str]:
        return self.kept

    def save(self, changed: Mapping[str, str]) -> None:
        self.saved.append(changed)
        self.kept.update(changed)


@pytest.fixture(name="lake")
def _lake(made: Callable[..., Any], tmp_path: Path) -> OneSnapshot:
    return OneSnapshot(made([{"call_time": ago(hours=2), "duration_s": 60}]), tmp_path)


def test_without_anything_the_standard_shows() -> None:
    assert opened(View("acme"), {}, {}) == View("acme")


def test_the_browsers_zone_is_taken_where_nobody_chose() -> None:
    assert opened(View(), {"browser_zone": "Asia/Kolkata"}, {}).zone == "Asia/Kolkata"


def test_preferences_win_over_the_browser_and_the_address_over_both() -> None:
    kept = {"zone": "Europe/Madrid", "widgets": "ner,summary", "opens": "7d", "theme": "dark"}
    view = opened(View(), {"browser_zone": "Asia/Kolkata"}, kept)
    assert (view.zone, view.widgets, view.theme) == ("Europe/Madrid", ("ner", "summary"), "dark")
    assert (view.period, view.opens) == ("7d", "7d")
    asked = {"browser_zone": "Asia/Kolkata", "zone": "UTC", "widgets": "asr", "period": "30d"}
    view = opened(View(), asked, kept)
    assert (view.zone, view.widgets, view.period, view.opens) == ("UTC", ("asr",), "30d", "7d")


def test_what_is_kept_and_not_understood_is_left_out() -> None:
    assert opened(View(), {}, {"zone": "Mars/Base", "opens": "year", "theme": "pink", "more": "x"}) == View()


def test_only_what_was_chosen_is_worth_keeping() -> None:
    before = View("acme", theme="dark")
    assert worth_keeping(before, View("acme", theme="dark", zone="UTC", period="30d", tab="daily")) == {}
    after = View("acme", theme="dark", zone="Asia/Tokyo", opens="30d", widgets=("summary",))
    assert worth_keeping(before, after) == {"zone": "Asia/Tokyo", "opens": "30d", "widgets": "summary"}


def test_nothing_is_kept_by_default(tmp_path: Path) -> None:
    nowhere = KeptChoices(tmp_path, None)
    nowhere.save({"zone": "UTC"})
    assert nowhere.load() == {}
    assert list(tmp_path.iterdir()) == []


def test_choices_are_kept_and_the_next_page_opens_with_them(lake: OneSnapshot) -> None:
    kept = Kept()
    page = Dashboard(lake, kept=kept)
    page._answer(None, {"hello": {"browser_zone": "UTC"}}, None)
    assert kept.saved == []
    choose(page.top_bar, zone="Asia/Tokyo")
    choose(page.controls, opens="7d", period="7d")
    choose(page.controls, widgets="summary,destinations")
    choose(page.controls, theme="dark")
    assert kept.saved == [
        {"zone": "Asia/Tokyo"},
        {"opens": "7d"},
        {"widgets": "summary,destinations"},
        {"theme": "dark"},
    ]
    choose(page.controls, period="30d")
    page.summary.tab = "daily"
    assert len(kept.saved) == 4

    again = Dashboard(lake, kept=kept)
    again._answer(None, {"hello": {"browser_zone": "UTC"}}, None)
    assert again.view == View("acme", "Asia/Tokyo", "7d", opens="7d", theme="dark",
                              widgets=("summary", "destinations"))  # fmt: skip
    assert again.controls.view["opens"] == "7d"
    calls = CdrViewer(lake, kept=kept)
    calls._answer(None, {"hello": {"browser_zone": "UTC"}}, None)
    assert (calls.view.view.zone, calls.view.view.period) == ("Asia/Tokyo", "7d")
    choose(calls.top_bar, zone="UTC")
    assert kept.kept["zone"] == "UTC"


def test_the_default_period_stays_in_the_address(lake: OneSnapshot) -> None:
    page = Dashboard(lake)
    assert "opens" not in page.page.address
    choose(page.controls, opens="7d")
    assert page.page.address["opens"] == "7d"
    assert View().asked({"opens": "7d"}).period == "7d"
    assert View().asked({"opens": "7d", "period": "24h"}) == View(opens="7d")


class Broken(KeptChoices):
    """Choices whose database is away."""

    def load(self) -> Mapping[str, str]:
        raise ConnectionError("no database")

    def save(self, changed: Mapping[str, str]) -> None:
        raise ConnectionError(f"no database for {changed}")


def test_a_page_outlives_preferences_that_are_away(
    lake: OneSnapshot, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    page = Dashboard(lake, kept=Broken(tmp_path, 1))
    with caplog.at_level(logging.ERROR):
        page._answer(None, {"hello": {"zone": "Asia/Tokyo"}}, None)
    assert "no database" in caplog.text
    assert page.view == View("acme", "Asia/Tokyo")
    assert page.view.widgets == STANDARD
    choose(page.top_bar, zone="UTC")
    assert page.page.notice["title"] == "Something went wrong"
    assert page.view.zone == "UTC"


def test_columns_of_the_summary_are_kept_in_the_address_and_for_the_person(lake: OneSnapshot) -> None:
    kept = Kept()
    page = Dashboard(lake, View("acme"), kept=kept)
    shown = {column["name"] for column in page.summary.columns} - set(page.summary.hidden)
    assert "channels_max" not in shown
    assert page.summary.sheet.frame["channels_max"].max() is None  # type: ignore[union-attr]
    page.summary.hidden = [name for name in page.summary.hidden if name != "channels_max"] + ["charge"]
    assert kept.kept["columns"].split(",")[:3] == ["start", "attempts", "connected"]
    assert "channels_max" in kept.kept["columns"].split(",")
    assert page.page.address["columns"] == kept.kept["columns"]
    assert page.summary.sheet.frame["channels_max"].max() == 1  # type: ignore[union-attr]
    again = Dashboard(lake, opened(View("acme"), {}, kept.kept))
    assert "channels_max" not in again.summary.hidden
    assert "charge" in again.summary.hidden


def test_usual_columns_are_no_choice_and_unknown_ones_are_left_out(lake: OneSnapshot) -> None:
    kept = Kept()
    page = Dashboard(lake, View("acme"), kept=kept)
    usual = list(page.summary.hidden)
    page.summary.hidden = [*usual, "ner_pct"]
    page.summary.hidden = usual
    assert kept.kept["columns"] == ""
    assert "columns" not in page.page.address
    assert opened(View(), {"columns": "attempts,moon"}, {}).columns == ("attempts",)
    assert opened(View(), {"columns": "moon"}, {}).columns == ()


def test_columns_of_the_call_records_are_kept(lake: OneSnapshot) -> None:
    kept = Kept()
    page = CdrViewer(lake, kept=kept)
    assert "lrn" in page.grid.hidden
    page.grid.hidden = [name for name in page.grid.hidden if name != "lrn"]
    assert "lrn" in kept.kept["call_columns"].split(",")
    assert page.page.address["call_columns"] == kept.kept["call_columns"]
    assert "lrn" not in page.grid.hidden
    assert "leg" in page.grid.hidden
