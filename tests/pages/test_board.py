"""What a page has drawn of a state of the lake is not drawn again, and never shown where it does not hold."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from pages_lake import OneSnapshot, ago

from cxreports import charts, language
from cxreports.pages.dashboard import Dashboard
from cxreports.pages.reading import DRAWINGS_KEPT, Reading
from cxreports.pages.view import View

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CALLS = [{"call_time": ago(hours=hours), "duration_s": 60, "dtmf": "1"} for hours in (2, 3, 30, 100)]


@pytest.fixture(name="drawn")
def _drawn(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the graphs that were drawn."""
    names: list[str] = []
    draw = charts.drawn

    def noted(name: str, *arguments: Any, **options: Any) -> Any:
        names.append(name)
        return draw(name, *arguments, **options)

    monkeypatch.setattr(charts, "drawn", noted)
    return names


def shown(page: Dashboard) -> list[Any]:
    widgets = [page.charts[name] for name in page.view.widgets if name in page.charts]
    told = [(each.data, each.crosshair, each.description, each.behind) for each in widgets]
    return [page.figures.figures, told]


def test_a_period_that_was_seen_before_is_not_drawn_again_and_looks_the_same(
    made: Callable[..., Any], tmp_path: Path, drawn: list[str]
) -> None:
    page = Dashboard(OneSnapshot(made(CALLS), tmp_path), View(customer="acme"))
    first = shown(page)
    page.choose(period="7d")
    assert shown(page) != first
    drawn.clear()
    page.choose(period="24h")
    assert (shown(page), drawn) == (first, [])


@pytest.mark.parametrize(
    "choice",
    [
        {"zone": "Asia/Tokyo"},
        {"compare": False},
        {"sip": "486"},
        {"customer": "all"},
        {"widgets": ("acd",)},
        {"zoom": f"{ago(hours=4):%Y-%m-%dT%H:%MZ}/{ago(hours=1):%Y-%m-%dT%H:%MZ}"},
    ],
    ids=lambda choice: next(iter(choice)),
)
def test_another_choice_is_drawn_anew(
    made: Callable[..., Any], tmp_path: Path, drawn: list[str], choice: dict[str, Any]
) -> None:
    page = Dashboard(OneSnapshot(made(CALLS), tmp_path), View(customer="acme"))
    drawn.clear()
    page.choose(**choice)
    assert drawn
    alone = Dashboard(OneSnapshot(made(CALLS), tmp_path), replace(View(customer="acme"), **choice))
    assert shown(page)[1] == shown(alone)[1]


def test_a_limit_of_channels_that_has_changed_is_drawn(
    made: Callable[..., Any], tmp_path: Path, drawn: list[str]
) -> None:
    page = Dashboard(OneSnapshot(made(CALLS), tmp_path), View(customer="acme"))
    drawn.clear()
    page.top_bar.channel_limit = 7
    page._show_zoom()
    assert "channels" in drawn
    assert page.charts["channels"].data != page.charts["asr"].data


def test_each_language_has_its_own_and_the_oldest_make_room(made: Callable[..., Any]) -> None:
    reading = Reading(made(CALLS))
    with language.speaking("de"):
        assert reading.drawn("figures", language.current) == "de"
    assert reading.drawn("figures", language.current) == "en"
    for number in range(DRAWINGS_KEPT):
        reading.drawn(number, lambda number=number: number)
    assert reading.drawn(0, lambda: "again") == 0
    assert reading.again().drawn("figures", lambda: "anew") == "anew"
