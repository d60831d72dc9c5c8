"""The page of call records without a browser: what its widgets are told, and its notebook."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from choosing import choose
from nbclient import NotebookClient

from cxreports import Lake
from cxreports.pages.call_records import CdrViewer
from cxreports.pages.call_records_view import CallRecordsView
from cxreports.pages.dashboard import Dashboard
from cxreports.pages.view import View
from cxreports.widgets import CallRecordsPage
from cxreports.widgets.delivery import AHEAD, Delivery

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "cdr.ipynb"


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory, small_demo: Callable[[Path], None]) -> Lake:
    home = tmp_path_factory.mktemp("home")
    small_demo(home)
    return Lake(home)


@pytest.fixture
def viewer(lake: Lake) -> CdrViewer:
    return CdrViewer(lake, CallRecordsView(View(customer="acme")))


def shown(viewer: CdrViewer) -> list[dict[str, Any]]:
    assert viewer.grid.sheet is not None
    return viewer.grid.sheet.frame.to_dicts()


def test_newest_calls_come_first(viewer: CdrViewer, lake: Lake) -> None:
    last = lake.customers().filter(customer="acme")["last_call"][0]
    assert viewer.page.notice == {}
    assert shown(viewer)[0]["call_time"] == last
    assert len(shown(viewer)) == 100
    assert viewer.page.range.startswith("1\N{EN DASH}100 of ")


def test_a_filter_begins_at_its_first_page(viewer: CdrViewer) -> None:
    choose(viewer.page, page="2")
    assert viewer.page.range.startswith("101\N{EN DASH}200 of ")
    choose(viewer.page, connected="1")
    assert viewer.page.view["page"] == "1"
    assert {call["connected"] for call in shown(viewer)} == {"yes"}
    assert "connected=1" in "&".join(f"{k}={v}" for k, v in viewer.page.address.items())


def test_python_sorts_and_no_page_lies_beyond_the_last(viewer: CdrViewer) -> None:
    viewer.grid.set_state({"order": {"column": "charge", "descending": True}})
    charges = [call["charge"] for call in shown(viewer)]
    assert charges == sorted(charges, reverse=True)
    choose(viewer.page, page="1000000")
    assert viewer.page.view["page"] == str(viewer.page.pages)
    viewer.grid.set_state({"order": {}})
    assert (viewer.view.sort, viewer.view.page) == ("call_time", 0)


def test_bad_choices_are_said_in_words(viewer: CdrViewer, caplog: pytest.LogCaptureFixture) -> None:
    choose(viewer.page, sip="4 or true")
    assert "no SIP code" in viewer.page.notice["text"]
    choose(viewer.page, sip="")
    assert viewer.page.notice == {}
    with caplog.at_level(logging.CRITICAL):
        viewer.grid.set_state({"order": {"column": "'; --"}})
    assert "no column" in viewer.page.notice["text"]


def test_customers_are_named_where_they_are_mixed(viewer: CdrViewer) -> None:
    assert "customer" in viewer.grid.hidden
    choose(viewer.top_bar, customer="all")
    assert "customer" not in viewer.grid.hidden
    assert len({call["customer"] for call in shown(viewer)}) > 1


def test_the_bar_is_that_of_the_dashboard(viewer: CdrViewer, lake: Lake) -> None:
    other = Dashboard(lake, View(customer="acme")).top_bar
    for each in (
        "customers",
        "channels",
        "channel_limit",
        "balance",
        "is_low",
        "pay_url",
        "alerts",
    ):
        assert getattr(viewer.top_bar, each) == getattr(other, each)
    assert viewer.top_bar.view["customer"] == other.view["customer"] == "acme"


def test_an_empty_lake_says_what_to_do(tmp_path: Path) -> None:
    page = CdrViewer(Lake(tmp_path)).page
    assert page.empty
    assert page.notice["code"] == "cxreports demo"


def test_an_address_brings_the_same_calls_back() -> None:
    view = CallRecordsView(
        View(
            customer="acme",
            zone="Asia/Tokyo",
            period="7d",
            number="+44",
            sip="4xx",
            direction="inbound",
            destination="O'Hara & 1",
        ),
        connected=True,
        origin="asr",
        whole="30d",
        call="-5",
        sort="charge",
        descending=False,
        page=4,
        size=500,
    )
    assert CallRecordsView().asked(view.address()) == view
    assert CallRecordsView().asked(CallRecordsView().address()) == CallRecordsView()
    nonsense = {"sip": "'", "direction": "up", "sort": "x", "page": "-1", "size": "9", "connected": "?"}
    assert CallRecordsView().asked(nonsense) == CallRecordsView()


def test_a_file_waits_for_who_reads_it() -> None:
    made: list[int] = []
    told: list[dict[str, Any]] = []

    def pieces() -> Iterator[tuple[bytes, float]]:
        for at in range(20):
            made.append(at)
            yield b"x", at / 20

    async def read() -> None:
        page = CallRecordsPage()
        page.send = lambda content, *_: told.append(content)
        delivery = Delivery(page, "k", pieces())
        await asyncio.wait_for(_reached(lambda: len(told) == AHEAD), 10)
        await asyncio.sleep(0)
        assert len(made) == AHEAD
        while told[-1]["state"] != "done":
            delivery.answer({"taken": "other"})
            delivery.answer({"taken": "k"})
            await asyncio.sleep(0)
        assert len(told) == 21

    asyncio.run(read())


def test_a_file_that_fails_is_said_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    told: list[dict[str, Any]] = []

    def pieces() -> Iterator[tuple[bytes, float]]:
        yield b"x", 0.5
        raise RuntimeError("the disk is on fire")

    async def read() -> None:
        page = CallRecordsPage()
        page.send = lambda content, *_: told.append(content)
        Delivery(page, "k", pieces())
        await asyncio.wait_for(_reached(lambda: len(told) == 2), 10)

    asyncio.run(read())
    assert told[-1]["state"] == "failed"
    assert "on fire" not in told[-1]["text"]
    assert "on fire" in caplog.text


@pytest.mark.parametrize("stopped", [{"stop": "k"}, None])
def test_a_file_that_nobody_waits_for_is_given_up(stopped: dict[str, Any] | None) -> None:
    told: list[dict[str, Any]] = []

    async def read() -> None:
        page = CallRecordsPage()
        page.send = lambda content, *_: told.append(content)
        delivery = Delivery(page, "k", ((b"x", 0.5) for _ in range(20)))
        await asyncio.wait_for(_reached(lambda: len(told) == AHEAD), 10)
        if stopped:
            delivery.answer(stopped)
        else:
            delivery.fail("The connection was lost.")
        delivery.answer({"taken": "k"})
        await asyncio.sleep(0.05)
        delivery.fail("It is over already.")

    asyncio.run(read())
    assert [each["state"] for each in told] == ["piece"] * AHEAD + ["failed"] * (stopped is None)


async def _reached(holds: Any) -> None:
    while not holds():  # noqa: ASYNC110 (nothing tells when)
        await asyncio.sleep(0.01)


def test_notebook_runs(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXREPORTS_HOME", str(lake.home))
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    assert not any(cell.get("outputs") for cell in notebook["cells"])
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    (output,) = notebook["cells"][1]["outputs"]
    assert "application/vnd.jupyter.widget-view+json" in output["data"]


def test_custom_period_is_on_the_zones_clocks(viewer: CdrViewer, lake: Lake) -> None:
    last = lake.customers().filter(customer="acme")["last_call"][0].astimezone(UTC)
    start = last.replace(minute=0, second=0, microsecond=0) - timedelta(hours=6)
    choose(viewer.top_bar, zone="Asia/Kolkata")
    wall = [(start + timedelta(hours=5.5 + n)).strftime("%Y-%m-%dT%H:%M") for n in (0, 2)]
    choose(viewer.page, **{"from": wall[0], "to": wall[1], "period": "custom"})
    times = [
        call["call_time"]
        for call in lake.cdrs("acme", start=start, end=start + timedelta(hours=2)).to_dicts()
    ]
    assert viewer.page.range.endswith(f"of {len(times):,} calls")
    assert datetime.fromisoformat(viewer.page.view["from"]) == datetime.fromisoformat(wall[0])
