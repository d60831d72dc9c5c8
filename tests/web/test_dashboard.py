"""The dashboard in a real browser."""

from __future__ import annotations

import re
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import polars as pl
import pytest
from driving import ARTIFACTS, last_day, on_paper, settled, until, visit, widths, zoom_in, zooms
from sqlalchemy import delete

from cxreports.figures import summary
from cxreports.portal.actor import CONSOLE
from cxreports.portal.alerts import rules
from cxreports.portal.alerts.tables import Alert, AlertRule
from cxreports.portal.database import Database

if TYPE_CHECKING:
    from collections.abc import Iterator

    from driving import Portal
    from playwright.sync_api import Browser, Page

    from cxreports import Lake

pytestmark = pytest.mark.browser


@pytest.fixture(name="page", scope="module")
def _page(browser: Browser, portal: Portal) -> Iterator[Page]:
    """One visit that the tests of this module share; each starts by choosing what it needs."""
    with visit(browser, f"{portal.address}/?customer=acme") as page:
        yield page


def choose_period(page: Page, label: str) -> None:
    page.get_by_role("button", name=label, exact=True).click()
    settled(page)


def pick(page: Page, what: str, words: str) -> None:
    """Choose from a searchable list with the keyboard alone."""
    page.get_by_role("button", name=re.compile(f"^{what}: ")).focus()
    page.keyboard.press("Enter")
    page.keyboard.type(words)
    page.keyboard.press("Enter")
    settled(page)


def figures(page: Page) -> dict[str, str]:
    return {
        str(card.get_attribute("data-figure")): card.locator(".cx-v").inner_text()
        for card in page.locator(".cx-figure").all()
    }


def axis(page: Page, graph: int) -> list[str]:
    """Give the labels of a graph's time axis."""
    marks = page.locator(".cx-plot").nth(graph).locator(".role-axis-label text")
    return [text for text in marks.all_text_contents() if ":" in text or re.search("[A-Z]", text)]


def table(page: Page) -> list[list[str]]:
    """Copy the whole table of the summary, as a person would."""
    page.evaluate("navigator.clipboard.writeText('')")
    page.locator(".cx-grid [role=grid]").focus()
    page.keyboard.press("Control+a")
    page.keyboard.press("Control+c")
    copied = "navigator.clipboard.readText()"
    until(lambda: bool(page.evaluate(copied)), "the table is copied")
    page.keyboard.press("Escape")
    return [line.split("\t") for line in str(page.evaluate(copied)).split("\n")]


def shown_period(page: Page) -> tuple[str, str]:
    """Give the ends of the Live table, UTC."""
    rows = table(page)
    return rows[-1][0], rows[0][0]


def whole(page: Page, lake: Lake, customer: str) -> dict[str, Any]:
    """Give the totals of the 24 hours up to the end of the last call."""
    first, last = shown_period(page)
    start, end = last_day(lake)
    assert (f"{start:%Y-%m-%d %H:00}", f"{end:%Y-%m-%d %H:00}") == (first, last)
    return summary.totals(lake.snapshot(), customer, start=start, end=end).to_dicts()[0]


def test_four_graphs_have_drawn_lines(page: Page) -> None:
    choose_period(page, "24 h")
    lines = page.locator(".cx-plot").evaluate_all(
        "plots => plots.map(p => Math.max(...[...p.querySelectorAll('.mark-line path')]"
        ".map(l => (l.getAttribute('d') || '').split('L').length)))"
    )
    assert len(lines) == 4
    assert all(points > 40 for points in lines), lines


def test_figures_are_the_totals_of_the_hours_below(page: Page, lake: Lake) -> None:
    choose_period(page, "24 h")
    total = whole(page, lake, "acme")
    shown = figures(page)
    assert shown["attempts"] == f"{total['attempts']:,}"
    assert shown["asr"] == f"{total['asr_pct']:.1f} %"
    assert shown["charge"] == f"${total['charge']:,.2f}"


def test_table_equals_the_summary_to_the_last_digit(page: Page, lake: Lake) -> None:
    choose_period(page, "24 h")
    rows = table(page)
    start, end = last_day(lake)
    expected = lake.summary("acme", by="hour", start=start, end=end).to_dicts()
    assert len(rows) == len(expected) == 25
    for shown, row in zip(rows, reversed(expected), strict=True):
        assert shown[0] == row["start"].strftime("%Y-%m-%d %H:%M")
        assert int(shown[1]) == row["attempts"]
        assert Decimal(shown[-1]) == row["charge"]
    total = page.locator(".cx-grid .slick-footerrow-column").all_inner_texts()
    assert Decimal(total[-1].replace(",", "")) == sum(row["charge"] for row in expected)
    assert int(total[2].replace(",", "")) == sum(row["attempts"] for row in expected)


def test_period_changes_figures_and_graphs(page: Page) -> None:
    choose_period(page, "24 h")
    day, labels = figures(page), axis(page, 1)
    choose_period(page, "7 d")
    week = figures(page)
    assert int(week["attempts"].replace(",", "")) > int(day["attempts"].replace(",", ""))
    assert axis(page, 1) != labels
    assert "period=7d" in page.url


def test_custom_period_is_what_was_asked_for(page: Page, lake: Lake) -> None:
    choose_period(page, "24 h")
    pick(page, "Time zone", "UTC")
    last = lake.snapshot().customers().filter(customer="acme")["last_call"][0]
    page.locator(".cx-range-btn").click()
    for end, clock in {"From": "00:00", "To": "01:30"}.items():
        page.get_by_label(end, exact=True).fill(f"{last:%Y-%m-%d}")
        page.get_by_label(f"{end}, time, 24 hours").fill(clock)
    page.get_by_role("button", name="Show", exact=True).click()
    settled(page)
    day = f"{last:%Y-%m-%d}"
    total = summary.totals(lake.snapshot(), "acme", start=f"{day}T00:00", end=f"{day}T01:30").to_dicts()[0]
    assert figures(page)["attempts"] == f"{total['attempts']:,}"
    choose_period(page, "24 h")


def test_customer_is_chosen_with_the_keyboard(page: Page, lake: Lake) -> None:
    choose_period(page, "24 h")
    # Some have no calls at weekends: their last 24 hours would be others than those of the lake.
    other = lake.customers().filter(pl.col("customer") != "acme").sort("last_call")["customer"][-1]
    pick(page, "Customer", "All customers")
    assert "customer=all" in page.url
    total = whole(page, lake, "all")
    assert figures(page)["attempts"] == f"{total['attempts']:,}"
    page.goto(page.url.replace("customer=all", f"customer={other}"))
    page.locator(".cx-plot[data-drawn]").nth(3).wait_for()
    settled(page)
    assert figures(page)["attempts"] == f"{whole(page, lake, other)['attempts']:,}"
    pick(page, "Customer", "Acme")


def test_zone_moves_graphs_and_clock_but_not_the_summary(page: Page) -> None:
    choose_period(page, "24 h")
    pick(page, "Time zone", "UTC")
    hours, labels = shown_period(page), axis(page, 0)
    pick(page, "Time zone", "kolkata")
    # This browser wants little to move.
    assert re.fullmatch(r"[A-Z][a-z]{2} \d\d:\d\d", page.locator(".cx-clock").inner_text())
    assert axis(page, 0) != labels
    assert shown_period(page) == hours
    assert "zone=Asia/Kolkata" in page.url
    pick(page, "Time zone", "Madrid")


def test_browsers_own_zone_is_first(page: Page) -> None:
    page.get_by_role("button", name=re.compile("^Time zone: ")).click()
    assert page.locator(".cx-list li:visible").first.inner_text().startswith("Europe/Madrid")
    page.keyboard.press("Escape")


def test_previous_period_can_be_left_out(page: Page) -> None:
    choose_period(page, "24 h")
    dashes = page.locator(".cx-plot path[stroke-dasharray='1.5,2.5']")
    assert dashes.count() >= 4
    page.get_by_label("Compare").uncheck()
    settled(page)
    assert dashes.count() == 0
    page.get_by_label("Compare").check()
    settled(page)


FIGURE_OF_A_BUCKET = r"ASR\s*(\d+\.\d %\s*\d+ of \d+ calls?|\N{EN DASH}\s*no calls)\s*24 h before"


def test_pointer_tells_figures_and_stands_in_all_graphs(page: Page) -> None:
    choose_period(page, "24 h")
    box = page.locator(".cx-plot").nth(1).bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 60)
    page.mouse.move(box["x"] + box["width"] / 2 + 4, box["y"] + 64)
    tip = page.locator(".cx-tip:not([hidden])")
    tip.wait_for()
    assert re.search(FIGURE_OF_A_BUCKET, tip.inner_text())
    lines = page.locator(".cx-cross:visible").evaluate_all("all => all.map(line => line.style.left)")
    assert len(lines) == 4
    assert len(set(lines)) == 1, "all graphs point at one time"
    page.mouse.move(2, 2)
    assert page.locator(".cx-cross:visible").count() == 0


def test_zoom_is_of_all_graphs_brings_finer_buckets_and_can_be_reset(page: Page) -> None:
    choose_period(page, "24 h")
    until(lambda: widths(page) == [15] * 4, "a day has buckets of 15 minutes")
    whole_day = axis(page, 3)
    zoom_in(page)
    until(lambda: widths(page) == [1] * 4, "some hours have buckets of a minute")
    assert len(set(map(tuple, zooms(page)))) == 1
    assert axis(page, 3) != whole_day
    reset = page.get_by_role("button", name="Reset zoom")
    assert reset.count() == 1
    reset.click()
    until(lambda: widths(page) == [15] * 4, "the whole day is back")
    until(lambda: sorted(axis(page, 3)) == sorted(whole_day), "the axis is the day's again")
    zoom_in(page)
    until(lambda: widths(page) == [1] * 4, "some hours have buckets of a minute")
    page.locator(".cx-plot").nth(1).dblclick(position={"x": 300, "y": 60})
    until(lambda: widths(page) == [15] * 4, "the whole day is back")


def downloaded(page: Page, graph: str, form: str) -> bytes:
    page.get_by_role("button", name=f"{graph}: download").click()
    with page.expect_download() as file:
        page.get_by_role("menuitem", name=f"Download {form}").click()
    assert file.value.suggested_filename.startswith(f"acme-{graph.lower()}-20")
    assert file.value.suggested_filename.endswith(f".{form.lower()}")
    return Path(file.value.path()).read_bytes()


def test_graph_is_downloaded_as_exact_csv_and_as_pictures(page: Page, lake: Lake) -> None:
    choose_period(page, "24 h")
    pick(page, "Time zone", "UTC")
    rows = [
        line.split(",") for line in downloaded(page, "ASR", "CSV").decode("utf-8-sig").split("\r\n") if line
    ]
    assert rows[0] == ["start", "value", "weight", "so_far"]
    marks = [row[3] for row in rows[1:]]
    # A quarter that is not over, and the one before while a switch is late.
    assert marks in (["false"] * (len(marks) - late) + ["true"] * late for late in (1, 2))
    frame = lake.series("acme", "asr", every="15m", start=rows[1][0], end=rows[-1][0])
    expected = {row["start"].isoformat(): row["value"] for row in frame.to_dicts()}
    assert {start: float(value) if value else None for start, value, *_ in rows[1:-1]} == expected
    svg = downloaded(page, "ASR", "SVG").decode()
    assert svg.startswith("<svg")
    assert "var(" not in svg
    assert "#12805c" in svg
    png = downloaded(page, "ASR", "PNG")
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    assert len(png) > 10_000
    pick(page, "Time zone", "Madrid")


def widgets(page: Page) -> list[str]:
    names: list[str] = page.locator(".cx-board > [data-part]").evaluate_all(
        "all => all.map(e => e.dataset.part)"
    )
    return names


def test_widgets_are_chosen_and_ordered_and_stay_in_the_address(browser: Browser, portal: Portal) -> None:
    with visit(browser, f"{portal.address}/?customer=acme") as page:
        assert widgets(page) == ["figures", "channels", "asr", "acd", "dtmf", "summary"]
        page.get_by_role("button", name="Customise").focus()
        page.keyboard.press("Enter")
        dialog = page.get_by_role("dialog", name="Customise")
        dialog.get_by_label("NER").check()
        dialog.get_by_label("Attempts").check()
        dialog.get_by_label("ACD").uncheck()
        until(
            lambda: page.locator(".cx-plot[data-drawn]").count() == 5, "the graphs that were chosen are drawn"
        )
        dialog.get_by_label("NER").focus()
        page.keyboard.press("Alt+ArrowUp")
        moved = ["figures", "channels", "asr", "ner", "dtmf", "attempts", "summary"]
        until(lambda: widgets(page) == moved, "NER moves up")
        grip, top = (dialog.locator(f"[data-widget={each}] .cx-grip") for each in ("attempts", "channels"))
        start, end = grip.bounding_box(), top.bounding_box()
        assert start
        assert end
        page.mouse.move(start["x"] + 9, start["y"] + 9)
        page.mouse.down()
        page.mouse.move(end["x"] + 9, end["y"] + 9, steps=8)
        page.mouse.up()
        order = ["figures", "attempts", "channels", "asr", "ner", "dtmf", "summary"]
        until(lambda: widgets(page) == order, "Attempts is dragged to the front")
        page.keyboard.press("Escape")
        settled(page)
        page.reload()
        until(lambda: widgets(page) == order, "the address brings the same widgets back")
        page.locator(".cx-plot[data-drawn]").nth(4).wait_for()
        settled(page)


def test_theme_is_chosen_over_the_systems_and_stays(browser: Browser, portal: Portal) -> None:
    with visit(browser, f"{portal.address}/?customer=acme") as page:
        card = "() => getComputedStyle(document.querySelector('.cx-card')).backgroundColor"
        light = page.evaluate(card)
        page.get_by_role("button", name="Customise").click()
        page.get_by_role("button", name="Dark", exact=True).click()
        until(lambda: page.evaluate(card) != light, "the page is dark")
        settled(page)
        assert "theme=dark" in page.url
        page.reload()
        page.locator(".cx-plot[data-drawn]").nth(3).wait_for()
        settled(page)
        assert page.evaluate(card) != light
        page.get_by_role("button", name="Customise").click()
        page.get_by_role("button", name="System", exact=True).click()
        until(lambda: page.evaluate(card) == light, "the page follows the system again")
        page.emulate_media(color_scheme="dark")
        assert page.evaluate(card) != light


def test_tabs_follow_the_arrow_keys(page: Page) -> None:
    page.get_by_role("tab", name="Live").click()
    page.keyboard.press("ArrowRight")
    page.locator(".cx-grid [role=columnheader]", has_text="Day (UTC)").wait_for()
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", table(page)[0][0])
    page.get_by_role("tab", name="Monthly").click()
    page.locator(".cx-grid [role=columnheader]", has_text="Month (UTC)").wait_for()
    page.get_by_role("tab", name="Live").click()
    page.locator(".cx-grid [role=columnheader]", has_text="Hour (UTC)").wait_for()


def test_a_printed_page_has_whole_graphs_all_rows_and_says_what_it_is(page: Page) -> None:
    settled(page)
    shown = page.locator(".cx-grid").first
    count = int(shown.locator("[aria-rowcount]").get_attribute("aria-rowcount") or 0)
    heads = shown.locator(".slick-header .cx-grid-label").all_inner_texts()
    page.evaluate(
        """() => addEventListener("beforeprint", () => {
            const all = (part) => [...document.querySelectorAll(part)].map((each) => each.innerText);
            globalThis.printed = {
                rows: document.querySelectorAll(".cx-paper-table tr").length,
                heads: all(".cx-paper-table thead th"),
                head: all(".cx-paper-title, .cx-paper-about").join("\\n"),
                theme: document.documentElement.dataset.theme,
                width: document.querySelector("main").getBoundingClientRect().width,
                wide: [...document.querySelectorAll(".cx-plot")].map((plot) => plot.clientWidth),
            };
        }, { once: true })"""
    )
    sheets = on_paper(page)
    printed = page.evaluate("globalThis.printed")
    assert printed["rows"] == count
    assert printed["heads"] == heads[1:] if heads[0] == "#" else heads
    assert re.match(r".+ \N{EN DASH} .+\nEurope/Madrid, compared", printed["head"])
    assert len(sheets) in {1, 2}
    for number, text in enumerate(sheets, 1):
        assert "Acme Telecom · Dashboard" in text
        assert re.search(
            r"as of \d+ \w+ \d{4}, \d\d:\d\d Europe/Madrid · snapshot \d+ · "
            r"graphs in Europe/Madrid, table in UTC · charges in USD",
            text,
        )
        assert f"{number} / {len(sheets)}" in text
    assert printed["theme"] == "light"
    assert abs(printed["width"] - 184 / 25.4 * 96) < 1, "A4 without its margins"
    assert all(width < 184 / 25.4 * 96 / 2 for width in printed["wide"]), "two graphs beside each other"
    assert page.locator(".cx-paper-table, .cx-paper-head").count() == 0
    assert page.evaluate("document.documentElement.dataset.theme ?? ''") == ""


def test_address_brings_the_same_view_back(browser: Browser, portal: Portal) -> None:
    query = "customer=all&period=7d&zone=Asia/Tokyo&tab=weekly"
    with visit(browser, f"{portal.address}/?{query}", moves=True) as page:
        assert page.url.endswith(query)
        assert page.get_by_role("tab", name="Weekly").get_attribute("aria-selected") == "true"
        assert page.locator("[data-period='7d']").get_attribute("aria-pressed") == "true"
        assert "Asia/Tokyo" in page.locator(".cx-topbar").inner_text()
        clock = page.locator(".cx-clock")
        seen = clock.inner_text()
        assert re.fullmatch(r"[A-Z][a-z]{2} \d\d:\d\d:\d\d", seen)
        until(lambda: clock.inner_text() != seen, "the clock goes on")


def test_customer_without_calls_is_said_in_words(browser: Browser, portal: Portal) -> None:
    with visit(browser, f"{portal.address}/?customer=nobody", wait=False) as page:
        page.get_by_text("There are no calls of nobody").wait_for()
        pick(page, "Customer", "Acme")
        page.locator("[data-figure=attempts]").wait_for()
        assert figures(page)["attempts"] != "0"


def test_page_is_never_wider_than_the_window(browser: Browser, portal: Portal) -> None:
    """Loaded on the narrowest screen, and on the others once it has followed their width and look."""
    ARTIFACTS.mkdir(exist_ok=True)
    with visit(browser, portal.address, width=360, height=900) as page:
        for width in (360, 390, 768, 1440, 2560):
            scheme: Literal["dark", "light"] = "dark" if width in {390, 768} else "light"
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)
            settled(page)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            page.screenshot(path=ARTIFACTS / f"dashboard-{scheme}-{width}.png", full_page=True)


def test_page_follows_the_system_to_dark_without_reloading(page: Page) -> None:
    colours = (
        "() => [getComputedStyle(document.querySelector('.cx-card')).backgroundColor, "
        "getComputedStyle(document.querySelector('.mark-line path')).stroke]"
    )
    light = page.evaluate(colours)
    page.emulate_media(color_scheme="dark")
    dark = page.evaluate(colours)
    assert light[0] != dark[0]
    assert light[1] != dark[1]
    ARTIFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTIFACTS / "dashboard-dark-1440.png")
    page.emulate_media(color_scheme="light")


def test_balance_and_what_is_outstanding_stand_in_the_bar(page: Page) -> None:
    balance = page.locator(".cx-topbar .cx-balance")
    assert balance.inner_text().split() == ["$1,284.06", "USD", "balance"]
    assert balance.get_by_role("link").count() == 0, "nobody set up where to pay"
    page.get_by_role("button", name="3 outstanding").focus()
    page.keyboard.press("Enter")
    page.get_by_text("Two-factor authentication is off").wait_for()
    page.keyboard.press("Escape")
    page.get_by_text("Two-factor authentication is off").wait_for(state="hidden")
    pick(page, "Customer", "All customers")
    balance.wait_for(state="hidden")
    pick(page, "Customer", "Acme")
    balance.wait_for()


@contextmanager
def firing(lake: Lake, *alerts: dict[str, Any]) -> Iterator[None]:
    """Let alerts of rules of the operators fire for a while."""
    _start, end = last_day(lake)
    database = Database.of(lake.home)
    added = []
    with database.writing() as db:
        for alert in alerts:
            typed = {"title": alert["title"], "metric": alert["metric"], "threshold": "50", "reset": "50"}
            rule = rules.add(db, rules.OPERATORS, typed, by=CONSOLE)
            added.append(rule.id)
            at = end - timedelta(hours=3)
            values = {"level": "critical", "fired_at": at, "noticed_at": at, "told_at": at, "worst": "12"}
            db.add(Alert(rule_id=rule.id, value="12", calls=100, **{"limits": {}} | values | alert))
    try:
        yield
    finally:
        with database.writing() as db:
            db.execute(delete(AlertRule).where(AlertRule.id.in_(added)))
        database.close()


def test_what_fires_stands_in_a_banner_and_on_its_graph(browser: Browser, portal: Portal, lake: Lake) -> None:
    unusual = {
        "metric": "acd", "destination": "", "is_others": True, "value": 12, "low": 60, "high": 90, "hours": 3,
        "cause": None,
    }  # fmt: skip
    alerts = (
        {"title": "ASR of everybody", "metric": "asr", "customer": "all"},
        {"title": "Odd", "metric": "usual", "customer": "acme", "limits": {"why": unusual}},
    )
    with firing(lake, *alerts):
        # The standard graphs: channels, ASR, ACD, DTMF.
        with visit(browser, f"{portal.address}/?customer=all") as page:
            assert "and 1 more" in page.locator(".cx-firing").inner_text()
            assert on_graphs(page, "ASR of everybody") == [False, True, False, False]
            assert on_graphs(page, "Odd") == [False] * 4, "it is of one customer"
        with visit(browser, f"{portal.address}/?customer=acme") as page:
            banner = page.locator(".cx-firing").inner_text()
            assert banner.startswith(
                "Odd\nACD (other destinations) 12.0 s, usual are 60.0 s to 90.0 s, firing since"
            )
            assert on_graphs(page, "Odd") == [False, False, True, False]


def on_graphs(page: Page, title: str) -> list[bool]:
    """Which graphs have an alert's title in their drawing."""
    texts = page.locator(".cx-plot svg").evaluate_all(
        "all => all.map(svg => [...svg.querySelectorAll('text')].map(text => text.textContent))"
    )
    return [title in each for each in texts]


def test_second_visit_fetches_next_to_nothing(browser: Browser, portal: Portal) -> None:
    with visit(browser, portal.address) as page:
        sizes: dict[str, int] = {}
        client = page.context.new_cdp_session(page)
        client.send("Network.enable")
        client.on(
            "Network.loadingFinished",
            lambda done: sizes.update({done["requestId"]: done["encodedDataLength"]}),
        )
        page.reload()
        page.locator(".cx-plot[data-drawn]").nth(3).wait_for()
        settled(page)
        assert 0 < sum(sizes.values()) < 150_000
