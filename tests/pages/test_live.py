"""What a browser chooses in one part of a page, and what becomes of the other parts' choices."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from io import FileIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from choosing import choose
from pages_lake import OneSnapshot, ago
from small_office import load_calls

from cxreports.figures.analyst import Lake
from cxreports.lake.lock import make_turns, take_turn
from cxreports.pages import live
from cxreports.pages.call_records import CdrViewer
from cxreports.pages.customers import CustomersView
from cxreports.pages.dashboard import Dashboard
from cxreports.pages.view import View
from cxreports.private_file import LAKE

WAIT_S = 60


@pytest.fixture(name="page")
def _page(made: Callable[..., Any], tmp_path: Path) -> Dashboard:
    lake = OneSnapshot(made([{"call_time": ago(hours=2), "duration_s": 60}]), tmp_path)
    return Dashboard(lake, View("acme"))


def test_a_part_never_takes_back_what_was_chosen_in_another(page: Dashboard) -> None:
    before = dict(page.controls.view)
    choose(page.top_bar, zone="Asia/Tokyo")
    # The browser chose here before the answer to the zone had come.
    page.controls.set_state({"view": {**before, "compare": "0"}})
    assert page.view == View("acme", "Asia/Tokyo", compare=False)
    assert page.controls.view["zone"] == page.top_bar.view["zone"] == "Asia/Tokyo"


@pytest.mark.parametrize("nonsense", [{"period": "year"}, {"theme": "pink"}, {"compare": "maybe"}])
def test_a_choice_that_there_is_none_of_goes_back(page: Dashboard, nonsense: dict[str, str]) -> None:
    sent: list[dict[str, Any]] = []
    before = dict(page.controls.view)
    page.controls.send_state = lambda key=None: sent.append({"key": key})  # type: ignore[method-assign]
    choose(page.controls, **nonsense)
    assert page.view == View("acme")
    assert page.controls.view == before
    assert sent, "the browser still shows what it sent"


def test_a_fixed_period_shows_its_ends_in_the_picker(page: Dashboard) -> None:
    choose(page.top_bar, zone="Asia/Kolkata")
    begin, end = page.controls.view["from"], page.controls.view["to"]
    reach = page.lake.snapshot().reach.last.astimezone(ZoneInfo("Asia/Kolkata"))
    assert end == f"{reach:%Y-%m-%dT%H:%M}", "the end of the last call, on clocks five and a half hours ahead"
    assert begin[11:] == end[11:]
    choose(page.controls, **{"period": "custom", "from": "2026-01-01T00:00", "to": "2026-01-02T00:00"})
    assert (page.controls.view["from"], page.controls.view["to"]) == ("2026-01-01T00:00", "2026-01-02T00:00")
    choose(page.controls, period="7d")
    assert page.view == View("acme", "Asia/Kolkata", "7d")


def test_what_is_no_period_is_said_in_words(page: Dashboard) -> None:
    choose(page.controls, **{"period": "custom", "from": "2026-01-02T00:00", "to": "2026-01-01T00:00"})
    assert "swap them" in page.page.notice["text"]
    choose(page.controls, **{"period": "custom", "from": "2026-01-02T00:00", "to": "2026-01-02T00:00"})
    assert "is empty" in page.page.notice["text"]
    page.summary.tab = "daily"
    assert "is empty" in page.page.notice["text"], "what failed is still chosen"
    choose(page.controls, period="7d")
    assert page.page.notice == {}


def test_rows_that_somebody_reads_do_not_move(
    made: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = OneSnapshot(made([{"call_time": ago(hours=2), "duration_s": 60}]), tmp_path)
    calls = CdrViewer(lake)
    calls._answer(None, {"hello": {"browser_zone": "UTC"}}, None)
    assert calls._watching is None
    monkeypatch.setattr(calls, "_is_due", lambda: True)
    for is_seen in (False, True):
        calls._answer(None, {"seen": is_seen}, None)
    assert lake.opened == 1


def test_the_lake_is_followed_where_there_is_a_loop_to_follow_it_in(page: Dashboard) -> None:
    asyncio.set_event_loop(None)
    page._answer(None, {"hello": {"browser_zone": "UTC"}}, None)
    assert page._watching is None

    async def greet() -> None:
        page._answer(None, {"hello": {"browser_zone": "UTC"}}, None)
        assert page._watching is not None
        page._watching.cancel()

    asyncio.run(greet())


def test_a_page_that_nobody_sees_asks_the_lake_for_nothing_until_it_is_seen_again(
    page: Dashboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "POLL_S", 0.0)
    asked, refreshed = asyncio.Event(), asyncio.Event()
    monkeypatch.setattr(page, "_has_new_calls", lambda: asked.set() or True)
    monkeypatch.setattr(page, "refresh", refreshed.set)

    async def follow() -> None:
        watching = asyncio.ensure_future(page._watch())
        await asyncio.wait_for(asked.wait(), WAIT_S)
        page._answer(None, {"seen": False}, None)
        refreshed.clear()
        asked.clear()
        for _ in range(100):
            await asyncio.sleep(0)
        assert not asked.is_set()
        page._answer(None, {"seen": True}, None)
        assert refreshed.is_set(), "at once, not in its turn"
        asked.clear()
        await asyncio.wait_for(asked.wait(), WAIT_S)
        watching.cancel()

    asyncio.run(follow())


def test_a_page_that_nobody_waits_for_reads_again_in_its_turn(
    page: Dashboard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_turns(tmp_path / LAKE, 1)
    monkeypatch.setattr(live, "POLL_S", 0.0)
    monkeypatch.setattr(live, "_LOOK_S", 0.0)
    monkeypatch.setattr(live, "_MORE_MS", 1)
    looked, refreshed = asyncio.Event(), asyncio.Event()

    def look(lake: Path) -> FileIO | None:
        looked.set()
        return take_turn(lake)

    monkeypatch.setattr(live, "take_turn", look)
    monkeypatch.setattr(page, "_has_new_calls", lambda: True)
    monkeypatch.setattr(page, "refresh", refreshed.set)

    async def follow() -> None:
        turn = take_turn(tmp_path / LAKE)
        assert turn
        watching = asyncio.ensure_future(page._watch())
        for _ in range(20):
            looked.clear()
            await asyncio.wait_for(looked.wait(), WAIT_S)
        assert not refreshed.is_set(), "another page has the turn"
        turn.close()
        await asyncio.wait_for(refreshed.wait(), WAIT_S)
        refreshed.clear()
        # Whoever never gets a turn is let in after a while.
        turn = take_turn(tmp_path / LAKE)
        assert turn
        monkeypatch.setattr(live, "LONGEST_QUEUE_S", 0.0)
        await asyncio.wait_for(refreshed.wait(), WAIT_S)
        turn.close()
        watching.cancel()

    asyncio.run(follow())


def test_pages_that_began_to_wait_together_are_not_let_in_together(
    page: Dashboard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_turns(tmp_path / LAKE, 1)
    monkeypatch.setattr(page, "_has_new_calls", lambda: False)
    turn = take_turn(tmp_path / LAKE)
    assert turn
    monkeypatch.setattr("time.monotonic", lambda: 1000.0)
    with turn:
        for patience, waited in ((1, 300), (1.5, 450), (1.999, 600)):
            page._patience = patience
            assert [page._refresh_in_turn(1000 - each) for each in (waited - 2, waited)] == [False, True]


@pytest.mark.parametrize(
    ("drawn", "patience", "looks"), [(0, 1, (0.3, 0.15, 0.06)), (0.5, 1.5, (0.65, 0.325, 0.13))]
)
def test_whoever_waits_longer_looks_more_often(
    page: Dashboard, monkeypatch: pytest.MonkeyPatch, drawn: float, patience: float, looks: tuple[float, ...]
) -> None:
    monkeypatch.setattr("secrets.randbelow", lambda most: int(drawn * most))
    assert Dashboard(page.lake, page.view)._patience == patience
    monkeypatch.setattr("time.monotonic", lambda: 1000.0)
    assert [live._until_next_look_s(1000 - waited) for waited in (0, 15, 60)] == pytest.approx(looks)


def test_the_zone_alone_is_chosen_beside_all_customers() -> None:
    asked = {"zone": "Asia/Tokyo", "customer": "acme", "period": "30d", "widgets": "asr"}
    view = CustomersView().asked(asked)
    assert view == CustomersView(zone="Asia/Tokyo")
    assert (view.customer, view.period, view.address()) == ("all", "24h", {"zone": "Asia/Tokyo"})


def test_calls_of_others_do_not_make_a_page_read_again_within_a_minute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def more(customer: str, minutes: int) -> None:
        load_calls(tmp_path, [(customer, ago(minutes=minutes), 60, 200, "0.1", "USD")])

    more("acme", 30)
    more("bravo", 20)
    lake = Lake(tmp_path)
    page, everybody = Dashboard(lake, View("acme")), Dashboard(lake, View("all"))
    more("bravo", 10)
    assert [page._has_new_calls(), everybody._has_new_calls()] == [False, True]
    more("acme", 9)
    assert page._has_new_calls()
    page.refresh()
    assert not page._has_new_calls()
    more("bravo", 8)
    monkeypatch.setattr(live, "FRESH", timedelta(0))
    assert page._has_new_calls(), "what all calls say, as up to when they are there, is as old as a minute"
