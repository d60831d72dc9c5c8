"""Pages in the language of their visitor: texts, numbers, the direction of writing."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from driving import drawn, visit
from playwright.sync_api import expect

from cxreports.language import catalogue
from cxreports.portal.database import Database
from cxreports.portal.people import sessions, users
from cxreports.portal.tables import Role, Stage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from driving import Portal
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser


def session_in(home: Path, tag: str) -> str:
    """Log in an operator who reads a language."""
    database = Database.of(home)
    email = f"{tag}@example.org"
    with database.writing() as db:
        user = users.find(db, email) or users.add(db, email, "Olga Operator", role=Role.OPERATOR)
        user.language = tag
        session_id = sessions.begin(db, user, stage=Stage.FULL)
    database.close()
    return session_id


@contextmanager
def dashboard(browser: Browser, portal: Portal, tag: str) -> Iterator[Page]:
    with visit(browser, portal.address, session_id=session_in(portal.home, tag)) as page:
        drawn(page)
        yield page


def test_spanish_page_speaks_spanish(browser: Browser, portal: Portal) -> None:
    say = catalogue("es").gettext
    with dashboard(browser, portal, "es") as page:
        assert page.locator("html").get_attribute("lang") == "es"
        assert page.locator("html").get_attribute("dir") == "ltr"
        # Said by a script, by the page's kernel, and by the server.
        for text, place in (
            ("Dashboard", "h1"),
            ("Summary", ".cx-grid h2"),
            ("Columns", ".cx-grid-chooser button"),
        ):
            assert say(text) != text
            assert page.locator(place).inner_text() == say(text)
        head = page.request.get(portal.address).text()
        assert say("Loading…") in head


def assert_grid_is_mirrored(page: Page) -> None:
    """Columns begin at the right; pointer and arrow keys go by what is seen; figures keep their minus."""
    grid = page.locator(".cx-grid-body")
    rights = [
        box["x"] + box["width"]
        for each in grid.locator(".slick-header-column").all()
        if (box := each.bounding_box())
    ]
    assert rights == sorted(rights, reverse=True)
    row = grid.locator(".slick-row").first
    at = row.locator("[aria-colindex='5']")
    head = grid.locator(".slick-header-column[aria-colindex='5']").bounding_box()
    assert at.bounding_box()["x"] == head["x"]  # type: ignore[index]
    at.click()
    assert "cx-selected" in str(at.get_attribute("class"))
    page.keyboard.press("ArrowLeft")
    expect(row.locator("[aria-colindex='6']")).to_have_class(re.compile("cx-selected"))
    page.keyboard.press("Shift+ArrowRight")
    expect(at).to_have_class(re.compile("cx-selected.*cx-right"))
    expect(row.locator("[aria-colindex='6']")).to_have_class(re.compile("cx-selected.*cx-left"))


def test_arabic_page_runs_from_right_to_left(browser: Browser, portal: Portal) -> None:
    say = catalogue("ar").gettext
    with dashboard(browser, portal, "ar") as page:
        assert page.locator("html").get_attribute("dir") == "rtl"
        logo, person = (page.locator(each).bounding_box() for each in (".cx-logo", ".cx-user"))
        assert logo is not None
        assert person is not None
        assert logo["x"] > person["x"]
        plot = page.locator(".cx-plot").first
        assert plot.evaluate("each => getComputedStyle(each).direction") == "ltr"
        assert_grid_is_mirrored(page)
        assert say("Dashboard") != "Dashboard"
        assert page.locator("h1").inner_text() == say("Dashboard")


def test_numbers_are_shown_in_the_language_and_copied_for_programs(browser: Browser, portal: Portal) -> None:
    with dashboard(browser, portal, "de") as page:
        grid = page.locator(".cx-grid-body")
        shown = grid.locator(".slick-row").first.locator(".slick-cell").all_inner_texts()
        # The last hour is not over, unless the lake was made in the first seconds of the next one.
        assert re.fullmatch(r"\d\d\.\d\d\.\d{4}, \d\d:00( bisher, bis \d\d:\d\d)?", shown[1])
        grid.locator(".slick-row").first.locator(".slick-cell").nth(1).click()
        page.keyboard.press("Control+a")
        page.keyboard.press("Control+c")
        page.locator(".cx-grid-said:not(:empty)").wait_for()
        copied = page.evaluate("navigator.clipboard.readText()").split("\n")[0].split("\t")
        assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d", copied[0])
        attempts, charge = shown[2], shown[-1]
        assert re.fullmatch(r"\d{1,3}(\.\d{3})*", attempts)
        assert re.fullmatch(r"[\d.]+,\d+", charge)
        assert copied[-1] == charge.replace(".", "").replace(",", ".")
        labels = page.locator(".cx-plot").nth(1).locator("svg text").all_text_contents()
        assert any(re.fullmatch(r"\d+\. \w+\.?", each) for each in labels), labels
