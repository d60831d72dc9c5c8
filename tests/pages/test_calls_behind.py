"""The calls behind a figure: as many as it says, on random lakes; the way there and back."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from pages_lake import OneSnapshot

from cxreports.figures.breakdown import destinations, sip_codes
from cxreports.figures.call_records import CdrFilter, count
from cxreports.figures.series import series
from cxreports.figures.summary import summary, totals
from cxreports.pages.call_records import CdrViewer
from cxreports.pages.call_records_view import CallRecordsView
from cxreports.pages.calls.behind import Behind
from cxreports.pages.reading import Reading
from cxreports.pages.view import View
from cxreports.sheets.summary import METRIC_OF

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cxreports.lake import Snapshot

    Made = Callable[[list[dict[str, Any]]], Snapshot]

# The clocks of Madrid go back on the 25th at 01:00 UTC: 02:00 to 03:00 is there twice.
START = datetime(2026, 10, 24, 22, 10, tzinfo=UTC)
PERIOD = {"period": "custom", "custom_from": "2026-10-25T00:20", "custom_to": "2026-10-25T05:50"}


def calls(seed: int) -> list[dict[str, Any]]:
    draw = random.Random(seed)
    made = []
    for _ in range(120):
        code = draw.choice([200, 200, 404, 486, 503, 410, 480, 502, 603, None, 999])
        made.append(
            {
                "call_time": START + timedelta(seconds=draw.randrange(7 * 3600)),
                "customer": draw.choice(["acme", "acme", "other"]),
                "sip_code": code,
                "connected": code == 200,
                "duration_s": draw.randrange(600) if code == 200 else 0,
                "charge": Decimal(draw.randrange(10**6)) / 10**6,
                "currency": "USD",
                "destination_name": draw.choice(["Spain", "O'Hara & 1+1=2?", "", None]),
                "destination": draw.choice(["+447700900123", "34600", "", None]),
            }
        )
    return made


def opened(base: str, ends: list[str] | tuple[str, ...] = ()) -> CallRecordsView:
    """What the page shows when the browser goes to an address of a figure."""
    asked = dict(parse_qsl(urlsplit(base).query)) | dict(zip(("from", "to"), ends, strict=False))
    return CallRecordsView().asked(asked)


def asked(view: CallRecordsView) -> CdrFilter:
    return view.filter(view.view.span(START))


@pytest.fixture(name="lake", scope="module", params=[1, 2])
def _lake(request: pytest.FixtureRequest, made: Made) -> Snapshot:
    return made(calls(request.param))


@pytest.mark.parametrize("narrowing", [{}, {"destination": "Spain"}])
def test_every_bucket_opens_as_many_calls_as_it_counts(lake: Snapshot, narrowing: dict[str, Any]) -> None:
    view = View("acme", "Europe/Madrid", **PERIOD, **narrowing)
    period = view.span(START)
    shown = Reading(lake).narrowed(view.narrowing).snapshot
    for name, counted in (
        ("asr", "attempts"),
        ("acd", "connected"),
        ("dtmf", "connected"),
        ("cps", "attempts"),
    ):
        span = {"start": period.start, "end": period.end, "tz": view.zone}
        frame = series(shown, "acme", counted, every="15m", **span)
        ways = Behind(view, period).buckets(name, frame["start"], period)
        found = [count(lake, asked(opened(ways["base"], ends))) for ends in pairwise(ways["edges"])]
        assert found == frame["value"].to_list()
        assert sum(found) == count(lake, asked(opened(ways["whole"]))) > 0
        clocks = [edge[:16] for edge in ways["edges"][:-1]]
        assert len(set(clocks)) == len(clocks) - 4, "four quarters are there twice"


def test_every_bar_opens_as_many_calls_as_it_counts(lake: Snapshot) -> None:
    view = View("all", "Asia/Kolkata", **PERIOD)
    period = view.span(START)
    span = {"start": period.start, "end": period.end}
    for name, frame in (
        ("sip_codes", sip_codes(lake, "all", **span)),
        ("destinations", destinations(lake, "all", **span)),
    ):
        bars = Behind(view, period).bars(name, frame)["bars"]
        found = {at: count(lake, asked(opened(base))) for at, base in enumerate(bars) if base}
        assert found == {at: frame["attempts"][at] for at in found}
        assert len(found) >= 4
    codes = sip_codes(lake, "all", **span)["sip_code"].to_list()
    bars = Behind(view, period).bars("sip_codes", sip_codes(lake, "all", **span))["bars"]
    assert len(bars) == 6, "of more than seven codes the rest is one bar, which no filter says"
    assert [bool(base) for base in bars] == [code != 999 for code in codes[:6]]


def test_every_cell_of_the_summary_opens_as_many_calls_as_it_counts(lake: Snapshot) -> None:
    view = View("acme", "America/New_York")
    period = View("acme", "UTC", "custom", "2026-10-24T20:00", "2026-10-25T08:00").span(START)
    rows = summary(lake, "acme", "hour", start=period.start, end=period.end).reverse()
    ways = Behind(view, period).cells(METRIC_OF, rows["start"], period)
    for column in METRIC_OF:
        counted = "connected" if column in CONNECTED else "attempts"
        found = [count(lake, asked(opened(ways["columns"][column], ends))) for ends in ways["rows"]]
        assert found == rows[counted].to_list(), column


def test_every_total_opens_as_many_calls_as_it_counts(lake: Snapshot) -> None:
    view = View("acme", "America/New_York", destination="Spain")
    shown = Reading(lake).narrowed(view.narrowing).snapshot
    # Neither end is that of an hour.
    period = View("acme", "UTC", "custom", "2026-10-24T22:20", "2026-10-25T03:45").span(START)
    rows = summary(shown, "acme", "hour", start=period.start, end=period.end)
    whole = totals(shown, "acme", start=period.start, end=period.end).row(0, named=True)
    ways = Behind(view, period).cells(METRIC_OF, rows["start"], period)
    assert 0 < whole["connected"] < whole["attempts"]
    for column in METRIC_OF:
        found = count(lake, asked(opened(ways["columns"][column], ways["total"])))
        assert found == whole["connected" if column in CONNECTED else "attempts"], column


@pytest.mark.parametrize("narrowing", [{}, {"destination": "Spain"}, {"sip": "4xx"}])
def test_every_figure_opens_as_many_calls_as_it_counts(lake: Snapshot, narrowing: dict[str, Any]) -> None:
    view = View("acme", "Europe/Madrid", **PERIOD, **narrowing)
    period = view.span(START)
    shown = Reading(lake).narrowed(view.narrowing).snapshot
    whole = totals(shown, "acme", start=period.start, end=period.end).row(0, named=True)
    ways = Behind(view, period)
    of_connected = {"acd": True, "dtmf": True, "asr": False, "attempts": False, "charge": False}
    for key, is_of_connected in of_connected.items():
        found = count(lake, asked(opened(ways.figure(key))))
        assert found == whole["connected" if is_of_connected else "attempts"], key
    assert whole["attempts"] > 0
    assert ways.figure("channels") == "", "the most at once are no list of calls"


def test_a_figures_chip_names_it(made: Made, tmp_path: Path) -> None:
    lake = made(calls(3))
    view = View("acme", **PERIOD)
    page = CdrViewer(OneSnapshot(lake, tmp_path), opened(Behind(view, view.span(START)).figure("acd")))
    assert page.page.chip == {
        "label": "From the figure “ACD”:",
        "text": "25 Oct, 00:20 \N{EN DASH} 05:50",
    }
    page.page.view = {**page.page.view, "origin": ""}
    assert (page.view.view, page.view.connected) == (view, False)


CONNECTED = {"connected", "acd_s", "dtmf_pct", "dtmf_calls", "duration_s", "billed_duration_s"}


def test_the_chip_names_the_figure_and_leads_back(made: Made, tmp_path: Path) -> None:
    lake = made(calls(3))
    view = View("acme", "Europe/Madrid", "custom", "2026-10-25T00:00", "2026-10-25T06:00", sip="4xx")
    behind = Behind(view, view.span(START))
    frame = series(lake, "acme", "acd", every="1h", tz="Europe/Madrid", start="2026-10-24T22:00Z")
    ways = behind.buckets("acd", frame["start"], view.span(START))
    page = CdrViewer(OneSnapshot(lake, tmp_path), opened(ways["base"], ways["edges"][3:5]))
    assert page.page.chip == {
        "label": "From the graph “ACD”:",
        "text": "25 Oct, 02:00 (UTC+01:00) \N{EN DASH} 03:00",
    }
    assert page.page.address["from"] == "2026-10-25T02:00+01:00"
    page.page.view = {**page.page.view, "origin": ""}
    assert page.page.chip == {}
    assert (page.view.view, page.view.connected) == (view, False)


def test_channels_say_which_of_their_calls_are_listed(made: Made, tmp_path: Path) -> None:
    lake = made(calls(3))
    view = View("acme", **PERIOD)
    page = CdrViewer(OneSnapshot(lake, tmp_path), Behind(view, view.span(START)).of("channels"))
    assert page.page.chip["text"] == "calls that began 25 Oct, 00:20 \N{EN DASH} 05:50"


def test_another_period_is_no_longer_the_figures(made: Made, tmp_path: Path) -> None:
    lake = made(calls(3))
    view = View("acme", **PERIOD)
    page = CdrViewer(OneSnapshot(lake, tmp_path), Behind(view, view.span(START)).of("asr"))
    page.page.view = {**page.page.view, "number": "44"}
    assert page.page.chip["label"] == "From the graph “ASR”:"
    page.page.view = {**page.page.view, "period": "7d"}
    assert page.page.chip == {}
    assert not {"origin", "whole"} & set(page.page.address)


def test_a_bar_names_what_it_counts_and_leads_back(made: Made, tmp_path: Path) -> None:
    lake = made(calls(3))
    view = View("acme", **PERIOD)
    behind = Behind(view, view.span(START))
    page = CdrViewer(OneSnapshot(lake, tmp_path), behind.of("sip_codes", sip="486"))
    assert page.page.chip == {"label": "From the graph “SIP codes”:", "text": "486 Busy Here"}
    page.page.view = {**page.page.view, "origin": ""}
    assert page.view.view == view


@pytest.mark.parametrize(
    "origin", ["magic", "summary.", "summary.magic", "figure.", "summary.figure.asr", "<b>", "x" * 500]
)
def test_a_figure_that_there_is_none_of_is_no_origin(origin: str) -> None:
    assert CallRecordsView().asked({"origin": origin, "whole": "24h"}) == CallRecordsView()


def test_a_plus_sign_that_was_not_escaped_is_understood() -> None:
    ends = {"period": "custom", "from": "2026-10-25T02:00 02:00", "to": "2026-10-25T02:00 01:00"}
    period = View().asked(ends).span(START)
    assert (period.start, period.length) == (datetime(2026, 10, 25, tzinfo=UTC), timedelta(hours=1))
