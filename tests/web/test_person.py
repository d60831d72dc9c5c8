"""The top bar of somebody who is logged in, in a real browser: menu, alerts, what is kept."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import parse_qs

import nbformat
import pytest
from driving import (
    ARTIFACTS,
    OPERATOR,
    forget_choices,
    operator_session,
    portal_of,
    settled,
    until,
    visit,
)

from cxreports.portal.database import Database
from cxreports.portal.people import preferences, users

if TYPE_CHECKING:
    from collections.abc import Iterator

    from driving import Portal
    from playwright.sync_api import Browser, Locator, Page, Route

    from cxreports import Lake

pytestmark = pytest.mark.browser

SCHEMES: Final[tuple[Literal["light", "dark"], ...]] = ("dark", "light")

SOMEBODY = """
from cxreports.pages import bar
from cxreports.pages.dashboard import Dashboard
from cxreports.pages.outstanding import Notice
from cxreports.portal.user_menu import MenuItem, UserMenu

def much(account, tz, now):
    text = "It waits for you, and says so in a sentence that is long."
    own = [Notice(f"Matter {n}", text, "Verify", f"/matter/{n}") for n in range(12)]
    return [*own, Notice("Elsewhere", "On another host.", "Pay", "https://pay.example.org/")]

bar.outstanding = much
Dashboard(menu=UserMenu("Romeo", (
    MenuItem("Company Profile", "/company", "company"),
    MenuItem("Profile", "/profile", "person"),
    MenuItem("Change Password", "/password", "key"),
    MenuItem("Language", "/language", "language"),
    MenuItem("Log Out", "/logout", "leave", "post"),
)))
"""


@pytest.fixture(name="own", scope="module")
def _own(lake: Lake, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    cells = [nbformat.v4.new_code_cell(SOMEBODY)]
    spec = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    path = tmp_path_factory.mktemp("notebook") / "somebody.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=spec), path)
    with portal_of(lake.home, notebook=path, warm=0) as running:
        yield running


@pytest.fixture(name="page", scope="module")
def _page(browser: Browser, own: Portal) -> Iterator[Page]:
    with visit(browser, f"{own.address}/?customer=acme") as page:
        yield page


def menu_of(page: Page) -> Locator:
    return page.get_by_role("menu", name="Account: Romeo")


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.textContent.trim()"))


def test_user_menu_is_worked_with_the_keyboard(page: Page) -> None:
    button = page.get_by_role("button", name="Account: Romeo")
    assert button.get_attribute("aria-haspopup") == "menu"
    button.focus()
    page.keyboard.press("Enter")
    menu = menu_of(page)
    menu.wait_for()
    assert button.get_attribute("aria-expanded") == "true"
    assert menu.get_by_role("menuitem").all_inner_texts() == [
        "Company Profile", "Profile", "Change Password", "Language", "Log Out",
    ]  # fmt: skip
    assert focused(page) == "Company Profile"
    seen = []
    for key in ("ArrowDown", "End", "ArrowDown", "ArrowUp", "Home", "l", "l"):
        page.keyboard.press(key)
        seen.append(focused(page))
    assert seen == [
        "Profile", "Log Out", "Company Profile", "Log Out", "Company Profile", "Language", "Log Out",
    ]  # fmt: skip
    page.keyboard.press("Escape")
    menu.wait_for(state="hidden")
    assert page.evaluate("document.activeElement.ariaLabel") == "Account: Romeo"
    page.keyboard.press("ArrowUp")
    until(lambda: focused(page) == "Log Out", "the menu opens at its end")
    page.keyboard.press("Escape")


def test_links_lead_to_their_pages(page: Page) -> None:
    origin = page.evaluate("location.origin")
    links = {
        each.text_content(): str(each.get_attribute("href")).removeprefix(origin)
        for each in page.locator(".cx-user-menu a").all()
    }
    assert links == {
        "Company Profile": "/company",
        "Profile": "/profile",
        "Change Password": "/password",
        "Language": "/language",
    }


def test_log_out_is_a_form_with_the_cookies_token(browser: Browser, own: Portal) -> None:
    with visit(browser, f"{own.address}/?customer=acme") as page:
        sent: list[tuple[str, str]] = []

        def answer(route: Route) -> None:
            sent.append((route.request.method, route.request.post_data or ""))
            route.fulfill(body="logged out", content_type="text/plain")

        page.route("**/logout", answer)
        tokens = [each["value"] for each in page.context.cookies() if each["name"] == "_xsrf"]
        page.get_by_role("button", name="Account: Romeo").click()
        page.get_by_role("menuitem", name="Log Out").focus()
        page.keyboard.press("Enter")
        page.get_by_text("logged out").wait_for()
        assert [(method, parse_qs(body)) for method, body in sent] == [("POST", {"_xsrf": tokens})]


@pytest.fixture(name="phone", scope="module")
def _phone(browser: Browser, own: Portal) -> Iterator[Page]:
    with visit(browser, f"{own.address}/?customer=acme", width=390, height=844) as page:
        yield page


@pytest.mark.parametrize(("width", "height"), [(390, 700), (1440, 420)])
def test_every_alert_is_reached_with_its_action(phone: Page, page: Page, width: int, height: int) -> None:
    page = phone if width == 390 else page
    before = page.viewport_size
    assert before
    page.set_viewport_size({"width": width, "height": height})
    page.get_by_role("button", name="13 outstanding").click()
    panel = page.get_by_role("dialog", name="Outstanding")
    actions = panel.get_by_role("link")
    assert actions.all_inner_texts() == ["Verify"] * 12 + ["Pay"]
    assert actions.first.get_attribute("target") is None
    assert actions.last.get_attribute("target") == "_blank"
    actions.last.scroll_into_view_if_needed()
    box, last = panel.bounding_box(), actions.last.bounding_box()
    assert box
    assert last
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    assert last["y"] + last["height"] <= box["y"] + box["height"] <= height
    ARTIFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTIFACTS / f"alerts-{width}.png")
    page.keyboard.press("Escape")
    panel.wait_for(state="hidden")
    page.set_viewport_size(before)


def test_panels_fit_a_phone(phone: Page) -> None:
    page = phone
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        for name in ("Account: Romeo", "Time zone: Europe/Madrid. Change", "Customer: Acme Telecom. Change"):
            page.get_by_role("button", name=name).click()
            panel = page.locator(".cx-topbar .cx-pop:not([hidden])")
            box = panel.bounding_box()
            assert box
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= 390
            assert box["y"] + box["height"] <= 844
            page.screenshot(path=ARTIFACTS / f"panel-{name.split(':')[0].replace(' ', '')}-{scheme}.png")
            page.keyboard.press("Escape")


def kept(portal: Portal) -> dict[str, str]:
    """What the operator has chosen, as the database has it."""
    with closing(Database.of(portal.home)) as database, database.reading() as db:
        return preferences.load(db, users.get(db, OPERATOR).id)


def test_choices_are_kept_for_the_next_visit(browser: Browser, own: Portal) -> None:
    forget_choices(own.home)
    session = operator_session(own.home)
    with visit(browser, f"{own.address}/?customer=acme", session_id=session) as page:
        page.get_by_role("button", name="Customise").click()
        dialog = page.get_by_role("dialog", name="Customise")
        dialog.get_by_label("SIP codes").check()
        dialog.get_by_role("group", name="Default period").get_by_role("button", name="30 d").click()
        until(lambda: kept(own).get("opens") == "30d", "the default period is kept")
        settled(page)
    with visit(browser, f"{own.address}/", session_id=session) as page:
        page.locator("[data-period='30d'][aria-pressed=true]").wait_for()
        page.locator("[data-part=sip_codes] .cx-plot[data-drawn]").wait_for()
    with visit(browser, f"{own.address}/?period=7d&zone=Asia/Tokyo", session_id=session) as page:
        page.locator("[data-period='7d'][aria-pressed=true]").wait_for()
        assert "Asia/Tokyo" in page.locator(".cx-topbar").inner_text()
    forget_choices(own.home)
