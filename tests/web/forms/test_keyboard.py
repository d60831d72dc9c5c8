"""Forms by keyboard alone: what Tab reaches, Enter sends; no pointer is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyotp
import pytest

from cxreports.portal.companies import number_blocks
from cxreports.portal.database import now
from cxreports.portal.tables import NumberBlock

if TYPE_CHECKING:
    from account_people import Accounts
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

FARTHEST = 60
"""Stops of the Tab key within which every control of a page is reached."""

FOCUSED = """() => {
    const at = document.activeElement;
    const label = at.labels?.[0]?.innerText ?? at.getAttribute("aria-label") ?? at.innerText;
    return `${at.tagName.toLowerCase()} ${(label ?? "").trim()}`;
}"""


def tab_to(page: Page, control: str) -> None:
    """Press Tab until a control has the focus, by its tag and label."""
    passed = []
    for _ in range(FARTHEST):
        page.keyboard.press("Tab")
        passed.append(page.evaluate(FOCUSED))
        if passed[-1].startswith(control):
            return
    pytest.fail(f"Tab does not reach {control!r}: {passed}")


def test_the_second_factor_is_turned_on_by_keyboard_alone(accounts: Accounts, browser: Browser) -> None:
    user = accounts.add("Klara")
    with accounts.own(browser, "profile/two-factor", user) as page:
        tab_to(page, "button Enable")
        page.keyboard.press("Enter")
        page.locator("#cx-code").wait_for()
        secret = page.locator("[data-secret], .cx-secret").first.inner_text().replace(" ", "")
        if page.evaluate("document.activeElement.id") != "cx-code":
            tab_to(page, "input Code")
        page.keyboard.type(pyotp.TOTP(secret).now())
        page.keyboard.press("Enter")
        page.get_by_role("link", name="I have kept them").wait_for()
        tab_to(page, "a I have kept them")
        page.keyboard.press("Enter")
        page.get_by_text("10 codes are left").wait_for()
    assert accounts.user(user).totp_enabled_at is not None


def test_an_extension_is_added_by_keyboard_alone(accounts: Accounts, browser: Browser) -> None:
    user = accounts.add("Kurt", company="keyboards")
    with accounts.database.writing() as db:
        db.add(NumberBlock(company_id="keyboards", first=884_000, size=10, assigned_at=now()))
    with accounts.own(browser, "numbers", user) as page:
        tab_to(page, "input Number")
        page.keyboard.type("884003")
        tab_to(page, "input Name")
        page.keyboard.type("Night desk")
        page.keyboard.press("Enter")
        page.get_by_text("The extension is added.").wait_for()
    with accounts.database.reading() as db:
        kept = [(each.number, each.name) for each in number_blocks.extensions(db, "keyboards")]
    assert kept == [(884003, "Night desk")]
