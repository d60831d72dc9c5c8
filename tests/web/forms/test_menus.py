"""Menus of rows and panels under summaries: by keys, in both directions of writing, and without a script."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from driving import visit
from small_office import ANA, load_calls, now, office_of
from sqlalchemy import select

from cxreports.portal.actor import Actor
from cxreports.portal.alerts import rules
from cxreports.portal.alerts.rules import Keeper
from cxreports.portal.alerts.tables import AlertRule, NoticePause
from cxreports.portal.people import users

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page
    from small_office import Office

pytestmark = pytest.mark.browser

FOCUSED = "document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent.trim()"
MORE = "Balance low: more"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office_of(tmp_path_factory.mktemp("home")) as running:
        load_calls(running.portal.home, [("acme", now() - timedelta(hours=1), 60, 200, "5", "USD")])
        with running.database.writing() as db:
            low = {"title": "Balance low", "metric": "balance", "threshold": "-100", "emails": ANA}
            rules.add(db, Keeper("acme"), low, by=Actor(ANA))
        yield running


@pytest.fixture
def page(office: Office, browser: Browser) -> Iterator[Page]:
    address = f"{office.portal.address}/alerts"
    with visit(browser, address, wait=False, session_id=office.session(ANA)) as shown:
        shown.goto(address)
        shown.get_by_role("button", name=MORE).wait_for()
        yield shown


def rule(office: Office) -> AlertRule:
    with office.database.reading() as db:
        return db.scalars(select(AlertRule).where(AlertRule.title == "Balance low")).one()


def test_a_menu_is_worked_by_keys_and_gives_the_focus_back(page: Page) -> None:
    more, menu = page.get_by_role("button", name=MORE), page.get_by_role("menu", name="Balance low")
    assert (more.get_attribute("aria-haspopup"), more.get_attribute("aria-expanded")) == ("menu", "false")
    more.focus()
    page.keyboard.press("ArrowDown")
    menu.wait_for()
    assert more.get_attribute("aria-expanded") == "true"
    passed = [page.evaluate(FOCUSED)]
    for _ in range(5):
        page.keyboard.press("ArrowDown")
        passed.append(page.evaluate(FOCUSED))
    assert passed == ["Edit", "Send a test notice", "Mute for 1 hr", "Duplicate", "Delete…", "Edit"]
    page.keyboard.press("End")
    assert page.evaluate(FOCUSED) == "Delete…"
    page.keyboard.press("Escape")
    assert not menu.is_visible()
    assert page.evaluate(FOCUSED) == MORE
    page.keyboard.press("ArrowUp")
    assert page.evaluate(FOCUSED) == "Delete…"
    page.keyboard.press("Tab")
    assert not menu.is_visible()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    menu.wait_for()
    page.locator("h1").click()
    assert not menu.is_visible()


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_a_question_that_a_menu_leads_to_gives_the_focus_back_to_its_button(
    office: Office, page: Page, key: str
) -> None:
    page.get_by_role("button", name=MORE).focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press(key)
    dialog = page.get_by_role("dialog", name="Delete the rule “Balance low”?")
    dialog.wait_for()
    assert page.evaluate(FOCUSED) == "Keep the rule"
    page.keyboard.press("Escape")
    dialog.wait_for(state="detached")
    assert page.evaluate(FOCUSED) == MORE
    assert rule(office).removed_at is None


def test_an_item_does_what_it_says(office: Office, page: Page) -> None:
    page.get_by_role("button", name=MORE).click()
    page.get_by_role("menuitem", name="Mute for 1 hr").click()
    page.get_by_text("“Balance low” is muted").wait_for()
    assert rule(office).muted_until is not None
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("“Balance low” notifies again").wait_for()
    page.get_by_role("button", name=MORE).press("Enter")
    page.get_by_role("menuitem", name="Edit").press("Enter")
    page.wait_for_url("**/alerts/rule?rule=*")


@pytest.mark.parametrize("tag", ["en", "ar"])
@pytest.mark.parametrize("width", [1440, 390])
def test_a_menu_and_a_panel_lie_within_the_window_in_both_directions(
    office: Office, page: Page, tag: str, width: int
) -> None:
    with office.database.writing() as db:
        users.get(db, ANA).language = tag
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(page.url)
    for button, panel in ((".cx-row-more", ".cx-row-menu"), (".cx-two-ways summary", ".cx-alert-pause")):
        page.locator(button).click()
        box, by = page.locator(panel).bounding_box(), page.locator(button).bounding_box()
        assert box
        assert by
        assert 0 <= box["x"] <= box["x"] + box["width"] <= width, (button, box)
        assert abs(box["y"] - (by["y"] + by["height"])) < 12, "it hangs under its button"
        if width > 720:
            ends = (box["x"] + box["width"], by["x"] + by["width"]) if tag == "en" else (box["x"], by["x"])
            assert abs(ends[0] - ends[1]) < 10, "its end is the button's"
        page.keyboard.press("Escape")
        assert not page.locator(panel).is_visible()
    with office.database.writing() as db:
        users.get(db, ANA).language = "en"


def test_all_notices_are_paused_by_keys(office: Office, page: Page) -> None:
    summary = page.locator(".cx-two-ways summary")
    summary.focus()
    page.keyboard.press("Enter")
    page.get_by_role("radiogroup", name="How long").wait_for()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert page.get_by_label("Until", exact=True).is_visible(), "a time of one's own is asked for"
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement === document.querySelector('.cx-two-ways summary')")
    assert not page.get_by_role("radiogroup", name="How long").is_visible()
    page.keyboard.press("Enter")
    page.get_by_role("radio", name="8 hr").check(force=True)
    page.get_by_role("button", name="Pause all notices", exact=True).press("Enter")
    page.get_by_text("No notices are sent until").wait_for()
    with office.database.reading() as db:
        pause = db.scalars(select(NoticePause)).one()
    assert abs(pause.until - now() - timedelta(hours=8)) < timedelta(minutes=5)
    page.get_by_role("button", name="Send notices again").press("Enter")
    page.get_by_text("Notices are sent again.").wait_for()


def test_without_a_script_a_row_leads_to_its_editor_and_panels_open(office: Office, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    try:
        context.add_cookies(
            [{"name": "cx-session", "value": office.session(ANA), "url": office.portal.address}]
        )
        page = context.new_page()
        page.goto(f"{office.portal.address}/alerts")
        page.locator(".cx-two-ways summary").click()
        assert page.get_by_role("button", name="Pause all notices", exact=True).is_visible()
        assert not page.get_by_text("Duplicate").is_visible()
        page.locator(".cx-two-ways summary").click()
        page.get_by_role("link", name=MORE).click()
        assert page.get_by_role("heading", name="Balance low").is_visible()
        assert f"rule?rule={rule(office).id}" in page.url
    finally:
        context.close()
