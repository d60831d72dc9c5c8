"""The widgets beside the four graphs, in a real browser."""

from __future__ import annotations

import csv
import io
import re
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import pytest
from driving import ARTIFACTS, last_day, portal_of, settled, until, visit, zoom_in

from cxreports import Lake
from cxreports.charts import MOST_BARS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from driving import Portal
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

SCHEMES: Final[tuple[Literal["dark", "light"], ...]] = ("dark", "light")
SHOWN = ("channels", "attempts", "sip_codes", "destinations", "summary")
TITLES = {"sip_codes": "SIP codes", "destinations": "Top destinations", "attempts": "Attempts and connected"}


@pytest.fixture(name="page", scope="module")
def _page(browser: Browser, portal: Portal) -> Iterator[Page]:
    query = f"customer=acme&zone=UTC&widgets={','.join(SHOWN)}"
    with visit(browser, f"{portal.address}/?{query}") as page:
        yield page


def period(lake: Lake) -> dict[str, datetime]:
    """The 24 hours that the page shows."""
    start, end = last_day(lake)
    return {"start": start, "end": end}


def downloaded(page: Page, widget: str, form: str) -> bytes:
    page.get_by_role("button", name=f"{TITLES[widget]}: download").click()
    with page.expect_download() as file:
        page.get_by_role("menuitem", name=f"Download {form}").click()
    assert file.value.suggested_filename.startswith(f"acme-{widget}-20")
    assert file.value.suggested_filename.endswith(f".{form.lower()}")
    return Path(file.value.path()).read_bytes()


def table(page: Page, widget: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(downloaded(page, widget, "CSV").decode("utf-8-sig"))))


def texts(page: Page, widget: str) -> list[str]:
    """Give the texts that a graph draws."""
    found = page.locator(f"[data-part={widget}] .cx-plot .mark-text text").all_text_contents()
    return [text for text in found if text]


def tip(page: Page, widget: str, share: float) -> str:
    """Point into a graph, so far from its top, and read what the pointer is told."""
    box = page.locator(f"[data-part={widget}] .cx-plot").bounding_box()
    assert box is not None
    page.mouse.move(2, 2)
    for step in (0, 3):
        page.mouse.move(box["x"] + box["width"] / 2 + step, box["y"] + box["height"] * share)
    page.locator(".cx-tip:not([hidden])").wait_for()
    said = page.locator(".cx-tip:not([hidden])").inner_text()
    page.mouse.move(2, 2)
    return said


def test_sip_codes_are_those_of_the_calls(page: Page, lake: Lake) -> None:
    expected = lake.sip_codes("acme", **period(lake)).to_dicts()
    rows = table(page, "sip_codes")
    assert [(int(row["sip_code"]), int(row["attempts"])) for row in rows] == [
        (row["sip_code"], row["attempts"]) for row in expected
    ]
    assert sum(float(row["share_pct"]) for row in rows) == pytest.approx(100)
    drawn = texts(page, "sip_codes")
    assert f"{rows[0]['sip_code']} {rows[0]['meaning']}" in drawn
    assert f"{expected[0]['attempts']:,} · {expected[0]['share_pct']:.1f} %" in drawn
    said = tip(page, "sip_codes", 0.5 / MOST_BARS)
    assert f"{expected[0]['attempts']:,}" in said
    assert rows[0]["meaning"] in said


def test_destinations_are_those_of_the_calls(page: Page, lake: Lake) -> None:
    expected = lake.destinations("acme", **period(lake)).to_dicts()
    rows = table(page, "destinations")
    assert [row["destination"] for row in rows] == [row["destination"] for row in expected]
    for shown, row in zip(rows, expected, strict=True):
        assert int(shown["attempts"]) == row["attempts"]
        assert Decimal(shown["charge"]) == row["charge"]
        assert float(shown["asr_pct"]) == row["asr_pct"]
    assert [row["destination"] for row in expected[:MOST_BARS]] == texts(page, "destinations")[:MOST_BARS]
    said = tip(page, "destinations", 1.5 / MOST_BARS)
    for word in (expected[1]["destination"], "attempts", "connected", "ASR", "ACD", "charge"):
        assert word in said


def test_attempts_and_connected_are_two_lines(page: Page, lake: Lake) -> None:
    rows = table(page, "attempts")
    # The graph begins with the first bucket that the period has whole.
    whole = period(lake) | {"start": datetime.fromisoformat(rows[0]["start"])}
    total = lake.totals("acme", **whole).to_dicts()[0]
    assert sum(int(row["value"]) for row in rows) == total["attempts"]
    assert sum(int(row["connected"]) for row in rows) == total["connected"]
    said = tip(page, "attempts", 0.5)
    assert "attempts" in said
    assert "connected" in said


@pytest.mark.parametrize("widget", ["sip_codes", "destinations"])
def test_bars_are_downloaded_as_pictures(page: Page, widget: str) -> None:
    svg = downloaded(page, widget, "SVG").decode()
    assert svg.startswith("<svg")
    assert "var(" not in svg
    assert texts(page, widget)[0] in svg
    assert downloaded(page, widget, "PNG")[:8] == b"\x89PNG\r\n\x1a\n"


def test_bars_stay_when_graphs_over_time_are_zoomed(page: Page) -> None:
    before = texts(page, "sip_codes")
    zoom_in(page)
    until(lambda: page.get_by_role("button", name="Reset zoom").count() == 1, "the graphs over time zoom")
    settled(page)
    assert texts(page, "sip_codes") == before
    page.get_by_role("button", name="Reset zoom").first.click()
    page.get_by_role("button", name="7 d").click()
    until(lambda: texts(page, "sip_codes") != before, "the bars follow the period")
    page.get_by_role("button", name="24 h").click()
    until(lambda: texts(page, "sip_codes") == before, "the bars follow the period back")


def test_bars_without_calls_say_so(browser: Browser, portal: Portal) -> None:
    query = "customer=acme&zone=UTC&widgets=sip_codes,destinations&from=2020-01-01T00:00&to=2020-01-02T00:00"
    with visit(browser, f"{portal.address}/?period=custom&{query}", wait=False) as page:
        page.locator(".cx-plot[data-drawn]").nth(1).wait_for()
        settled(page)
        for widget in ("sip_codes", "destinations"):
            until(
                lambda widget=widget: texts(page, widget) == ["No calls in this period"],
                f"{widget} says that there are no calls",
            )


def test_calls_that_are_loaded_show_in_the_same_picture(
    browser: Browser, tmp_path: Path, small_demo: Callable[[Path], None]
) -> None:
    small_demo(tmp_path)
    query = "customer=all&zone=UTC&period=7d&widgets=attempts,sip_codes,destinations"
    with (
        portal_of(tmp_path, warm=0) as own,
        visit(browser, f"{own.address}/?{query}", wait=False) as page,
    ):
        page.locator(".cx-plot[data-drawn]").nth(2).wait_for()
        settled(page)
        pictures = [each.element_handle() for each in page.locator(".cx-view svg").all()]
        before = {widget: texts(page, widget) for widget in ("sip_codes", "destinations")}
        # A day of the same operator in another vendor's format: the same calls, other records.
        formats = sorted((tmp_path / "demo" / "formats").iterdir())
        example = next(each for each in formats if "asterisk" in each.name)
        assert Lake(tmp_path).load(example, customer="acme")[0].loaded
        for widget, drawn in before.items():
            until(
                lambda widget=widget, drawn=drawn: texts(page, widget) != drawn, f"{widget} has the new calls"
            )
        assert "Not said by the switch" in texts(page, "sip_codes")
        assert all(picture.evaluate("svg => svg.isConnected") for picture in pictures)


def test_default_period_is_chosen_with_the_keyboard_and_stays(browser: Browser, portal: Portal) -> None:
    with visit(browser, f"{portal.address}/?customer=acme") as page:
        page.get_by_role("button", name="Customise").focus()
        page.keyboard.press("Enter")
        choice = page.get_by_role("group", name="Default period")
        assert choice.get_by_role("button", name="24 h").get_attribute("aria-pressed") == "true"
        choice.get_by_role("button", name="7 d").focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**opens=7d**")
        assert "period=7d" in page.url
        page.keyboard.press("Escape")
        settled(page)
        page.goto(re.sub(r"[?&]period=7d", "", page.url).replace("/&", "/?"))
        page.locator(".cx-plot[data-drawn]").nth(3).wait_for()
        page.locator("[data-period='7d'][aria-pressed=true]").wait_for()
        settled(page)


@pytest.mark.parametrize("width", [390, 1440])
def test_texts_of_bars_fit_and_can_be_read(browser: Browser, portal: Portal, width: int) -> None:
    query = "customer=all&widgets=sip_codes,destinations"
    with visit(browser, f"{portal.address}/?{query}", width=width, height=900, wait=False) as page:
        page.locator(".cx-plot[data-drawn]").nth(1).wait_for()
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            settled(page)
            ARTIFACTS.mkdir(exist_ok=True)
            page.screenshot(path=ARTIFACTS / f"bars-{scheme}-{width}.png")
            for widget in ("sip_codes", "destinations"):
                texts_fit(page, widget)
                assert contrast(page, widget) >= 4.5, scheme


def texts_fit(page: Page, widget: str) -> None:
    """Look at where the texts of a graph stand."""
    boxes = page.locator(f"[data-part={widget}] .mark-text text").evaluate_all(
        "all => all.filter(t => t.textContent).map(t => { const b = t.getBoundingClientRect();"
        " return [b.left, b.right, b.top, b.bottom]; })"
    )
    plot = page.locator(f"[data-part={widget}] .cx-plot").bounding_box()
    assert plot
    for left, right, *_ in boxes:
        assert plot["x"] - 1 <= left < right <= plot["x"] + plot["width"] + 1
    half = len(boxes) // 2
    for name, figures in zip(boxes[:half], boxes[half:], strict=True):
        assert name[1] < figures[0], "a name runs into its figures"


def contrast(page: Page, widget: str) -> float:
    """Give the least contrast of a graph's texts against its card (WCAG 2.2)."""
    least: float = page.locator(f"[data-part={widget}]").evaluate(
        """(part) => {
            const light = (colour) => {
                const [r, g, b] = colour.match(/[\\d.]+/g).map((v) => {
                    const c = v / 255;
                    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
                });
                return 0.2126 * r + 0.7152 * g + 0.0722 * b;
            };
            const ground = light(getComputedStyle(part).backgroundColor);
            return Math.min(...[...part.querySelectorAll(".mark-text text")].map((text) => {
                const ink = light(getComputedStyle(text).fill);
                return (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05);
            }));
        }"""
    )
    return least
