"""The shell in a real browser: keyboard, phone, low windows, and pages that follow each other."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal

import pytest
from account_people import path_of
from driving import ARTIFACTS, settled, until, visit

from cxreports.portal.people import sessions, users
from cxreports.portal.tables import Role, Stage

if TYPE_CHECKING:
    from account_people import Accounts
    from driving import Portal
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

WIDTHS = (390, 1440)
SCHEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")


def operator_session(accounts: Accounts) -> str:
    with accounts.database.writing() as db:
        email = "shell@operator.example"
        user = users.find(db, email) or users.add(db, email, "Olga Novak", role=Role.OPERATOR)
        return sessions.begin(db, user, stage=Stage.FULL)


def top(page: Page, selector: str) -> float:
    box = page.locator(selector).bounding_box()
    assert box is not None
    return box["y"]


def test_the_first_tab_stop_leads_past_the_shell(accounts: Accounts, browser: Browser) -> None:
    with accounts.own(browser, "profile", accounts.add("Skipper")) as page:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to content"
        assert page.evaluate("document.activeElement.getBoundingClientRect().top") >= 0
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "cx-main"
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.closest('main') !== null")


@pytest.mark.parametrize(("height", "is_low"), [(900, False), (600, True)])
def test_the_header_stays_and_in_a_low_window_its_first_row(
    accounts: Accounts, browser: Browser, height: int, is_low: bool
) -> None:
    with accounts.visit(browser, "operator/review", operator_session(accounts), height=height) as page:
        page.evaluate("document.querySelector('main').style.minHeight = '3000px'")
        assert (top(page, ".cx-topbar"), top(page, ".cx-band")) == (0, 52)
        page.mouse.wheel(0, 800)
        until(lambda: page.evaluate("scrollY") > 400, "the page is scrolled")
        assert top(page, ".cx-topbar") == 0
        assert (top(page, ".cx-band") < 0) == is_low


def test_on_a_phone_the_ways_are_one_tap_away(accounts: Accounts, browser: Browser) -> None:
    with accounts.visit(browser, "operator/users", operator_session(accounts), width=390, height=844) as page:
        assert not page.locator(".cx-band").is_visible()
        tabs = page.locator(".cx-tabs")
        assert tabs.get_by_role("link").all_inner_texts() == [
            "Dashboard", "Call records", "Customers", "Alerts",
        ]  # fmt: skip
        more = tabs.locator("summary")
        boxes = [each.bounding_box() for each in (tabs.get_by_role("link").first, more)]
        assert all(box and box["width"] >= 70 and box["height"] >= 44 for box in boxes), boxes
        more.click()
        ways = page.locator(".cx-further-ways")
        assert ways.get_by_role("link").all_inner_texts() == [
            "Reports", "Numbers", "Payments", "Users", "Review", "Profile", "Log Out",
        ]  # fmt: skip
        assert ways.locator("[aria-current=page]").inner_text() == "Users"
        ARTIFACTS.mkdir(exist_ok=True)
        page.screenshot(path=ARTIFACTS / "shell-more-390.png")
        page.keyboard.press("Escape")
        ways.wait_for(state="hidden")
        more.click()
        page.get_by_role("heading", name="Users", exact=True).click()
        ways.wait_for(state="hidden")


@pytest.mark.parametrize("width", WIDTHS)
def test_a_page_that_is_not_there_fits_its_window(accounts: Accounts, browser: Browser, width: int) -> None:
    user = accounts.add(f"Lost{width}")
    with accounts.own(browser, "profile", user, width=width, refuses=True) as page:
        page.goto(f"{accounts.portal.address}/nothing")
        page.get_by_role("heading", name="There is no such page").wait_for()
        ARTIFACTS.mkdir(exist_ok=True)
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            page.screenshot(path=ARTIFACTS / f"404-{scheme}-{width}.png")
        page.get_by_role("button", name=re.compile(r"^[34] outstanding")).click()
        page.get_by_role("dialog", name="Outstanding").get_by_text("E-mail not verified").wait_for()


def test_a_company_is_sought_by_its_name(accounts: Accounts, browser: Browser) -> None:
    accounts.add("Zed", company="zulu")
    with accounts.visit(browser, "operator/users", operator_session(accounts)) as page:
        page.get_by_role("button", name="Customer: All customers. Change").click()
        page.get_by_role("combobox", name="Search: Customer").fill("zul")
        option = page.get_by_role("listbox", name="Customer").get_by_role("option")
        assert option.all_inner_texts() == ["Zulu\nno calls yet"]
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="Zulu").wait_for()
        assert page.url.endswith("/operator/users?company=zulu")
        page.locator(".cx-nav").get_by_role("link", name="Payments").click()
        page.get_by_role("heading", name="Zulu").wait_for()
        assert page.url.endswith("/operator/payments?company=zulu")
        page.get_by_role("button", name="Customer: Zulu. Change").click()
        page.get_by_role("option", name="All customers").click()
        page.wait_for_url("**/operator/payments")


def test_pages_follow_the_zone_and_the_language_of_each_other(accounts: Accounts, browser: Browser) -> None:
    with accounts.own(browser, "profile", accounts.add("Twopages")) as page:
        other = page.context.new_page()
        other.goto(f"{accounts.portal.address}/profile/password")
        page.get_by_role("button", name="Time zone: Europe/Madrid. Change").click()
        page.get_by_role("combobox", name="Search: Time zone").fill("tokyo")
        page.keyboard.press("Enter")
        other.get_by_role("button", name="Time zone: Asia/Tokyo. Change").wait_for()
        # What somebody types there is not lost to another language.
        other.locator("main input[type=password]").first.fill("half of a")
        page.locator("#cx-language").select_option("de")
        page.get_by_role("button", name="Choose").click()
        page.locator("html[lang=de]").wait_for()
        other.get_by_role("alert").get_by_text("The language was changed on another page.").wait_for()
        assert other.locator("main input[type=password]").first.input_value() == "half of a"
        other.get_by_role("alert").get_by_role("button", name="Reload").click()
        other.locator("html[lang=de]").wait_for()
        assert "Asia/Tokyo" in other.locator(".cx-zone").inner_text()
        page.locator("#cx-language").select_option("en")
        page.get_by_role("button", name="Wählen").click()
        other.locator("html[lang=en]").wait_for()


def test_a_log_out_is_said_on_the_other_pages(accounts: Accounts, browser: Browser) -> None:
    with accounts.own(browser, "profile", accounts.add("Leaver")) as page:
        other = page.context.new_page()
        other.goto(f"{accounts.portal.address}/profile/log")
        page.bring_to_front()
        page.get_by_role("button", name="Account: Leaver").click()
        page.get_by_role("menuitem", name="Log Out").click()
        page.get_by_label("E-mail").wait_for()
        other.bring_to_front()
        banner = other.get_by_role("alert")
        banner.get_by_text("Your session is over. Log in to go on where you were.").wait_for()
        banner.get_by_role("button", name="Log in").click()
        other.get_by_label("E-mail").wait_for()
        assert path_of(other) == "login"


def test_a_dashboard_and_a_form_follow_each_other(browser: Browser, portal: Portal) -> None:
    with visit(browser, f"{portal.address}/?customer=acme") as page:
        assert page.title() == "Dashboard · cxreports"
        assert page.locator("h1").count() == 1
        assert page.locator("header").count() == 1
        form = page.context.new_page()
        form.goto(f"{portal.address}/operator/companies?company=acme")
        page.bring_to_front()
        for selector in (".cx-topbar", ".cx-nav", ".cx-company-name", ".cx-balance", ".cx-zone small"):
            here, there = (each.locator(selector).bounding_box() for each in (page, form))
            assert here == there, selector
        assert form.locator(".cx-balance").inner_text() == page.locator(".cx-balance").inner_text()
        page.get_by_role("button", name="Customise").click()
        page.get_by_role("button", name="Dark", exact=True).click()
        form.locator("html[data-theme=dark]").wait_for()
        form.bring_to_front()
        form.get_by_role("button", name="Time zone: Europe/Madrid. Change").click()
        form.get_by_role("combobox", name="Search: Time zone").fill("tokyo")
        form.keyboard.press("Enter")
        page.bring_to_front()
        page.wait_for_url("**zone=Asia/Tokyo**")
        settled(page)
