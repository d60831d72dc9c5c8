"""A page that is asked for again goes out as it was drawn, to its own visitor while nothing has changed."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from callers import Caller, Someone, introduce, session_of
from driving import portal_of, settled, until, visit

from cxreports import Lake
from cxreports.lake import Store
from cxreports.portal.database import Database
from cxreports.portal.people import preferences, users
from cxreports.visitor import Visitor
from cxreports.web.drawings import Drawing, Drawings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from driving import Portal
    from playwright.sync_api import Browser

ANA, BEN = Someone("ana@acme.example", "acme"), Someone("ben@acme.example", "acme")

HOLDS_BACK = """
    const ask = globalThis.fetch;
    const held = new Promise((go) => { globalThis.letGo = go; });
    globalThis.fetch = async (url, how) => {
        if (how?.headers?.["X-Cx-Anew"]) await held;
        return ask(url, how);
    };
"""
"""Keeps back what asks for a kernel until `letGo` is called."""


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, small_demo: Callable[[Path], None]) -> Iterator[Portal]:
    """A portal of its own, as calls are loaded and choices are made."""
    home = tmp_path_factory.mktemp("drawn") / "home"
    small_demo(home)
    introduce(home, ANA, BEN)
    with portal_of(home, warm=0) as running:
        yield running


def browsing(portal: Portal, someone: Someone = ANA) -> Caller:
    """Somebody who logs in now, and asks as a browser does."""
    return Caller(portal.address, {"cx-session": session_of(portal.home, someone.email)}, anew=False)


def visited(caller: Caller, path: str = "/", *, anew: bool = False) -> dict[str, Any]:
    """Visit a page and leave it; gives what it was sent with."""
    start: dict[str, Any] = caller.ask(path, headers={"X-Cx-Anew": "1"} if anew else {}).start()
    if start["kernel"]:
        caller.post(f"/api/kernels/{start['kernel']}/end")
    return start


def is_drawing(caller: Caller, path: str = "/", *, anew: bool = False) -> bool:
    """Whether a page comes as it was drawn."""
    return not visited(caller, path, anew=anew)["kernel"]


def load_another_day(home: Path, nth: int) -> None:
    """Load a day of the same operator's calls in one of the vendors' formats."""
    example = sorted((home / "demo" / "formats").iterdir())[nth]
    (report,) = Lake(home).load(example, customer="acme")
    assert report.loaded > 0


def test_a_page_that_is_asked_for_again_goes_out_as_it_was_drawn(office: Portal) -> None:
    ana = browsing(office)
    first, second = visited(ana), visited(ana)
    assert first["kernel"]
    assert second == first | {"kernel": ""}
    assert not is_drawing(ana, anew=True)
    assert is_drawing(ana)
    address = first["states"][first["root"].rpartition("_")[2].rpartition(":")[2]]["address"]
    assert is_drawing(ana, f"/?{urlencode(address)}"), "the address that its script gives the page"


def test_another_page_person_login_or_language_gets_no_drawing(office: Portal) -> None:
    ana, ben, elsewhere = browsing(office), browsing(office, BEN), browsing(office)
    assert not is_drawing(ana, "/?period=7d")
    assert is_drawing(ana, "/?period=7d")
    for caller, path in (
        (ben, "/?period=7d"),
        (elsewhere, "/?period=7d"),
        (ana, "/?period=30d"),
        (ana, "/cdr"),
    ):
        assert not is_drawing(caller, path), (caller.cookies, path)
    ana.cookies["cx-zone"] = "Asia%2FTokyo"
    assert not is_drawing(ana, "/?period=7d")


def test_what_has_changed_since_is_not_drawn_as_it_was(office: Portal) -> None:
    ana = browsing(office)
    visited(ana)
    database = Database.of(office.home)
    with database.writing() as db:
        preferences.save(db, users.get(db, ANA.email).id, {"compare": "0"})
    database.close()
    assert not is_drawing(ana)
    assert is_drawing(ana)
    load_another_day(office.home, 0)
    assert not is_drawing(ana)
    assert is_drawing(ana)


def test_an_old_drawing_is_not_shown_and_the_oldest_make_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr("cxreports.web.drawings.time.monotonic", lambda: now[0])
    database = Database.of(tmp_path)
    kept = Drawings(database, Store(tmp_path))
    visitor = Visitor(1, "ana@acme.example", "Ana", "acme")
    wanted = kept.wanted("dashboard", visitor)
    database.close()
    kept.keep([wanted], "as drawn — at noon")
    assert kept.find(wanted) == "as drawn — at noon"
    assert kept.find(replace(wanted, visitor=replace(visitor, customer="other"))) is None
    now[0] = 601
    assert kept.find(wanted) is None
    many = [Drawing("dashboard", replace(visitor, user_id=number), (), 1) for number in range(40)]
    for each in many:
        kept.keep([each], secrets.token_hex(2**20))  # of which a MiB cannot be compressed away
    found = [kept.find(each) is not None for each in many]
    assert found == sorted(found), "the newest are there"
    assert 25 < sum(found) < 32


@pytest.mark.browser
def test_a_drawing_is_whole_before_its_kernel_is_there_and_catches_up(
    browser: Browser, office: Portal
) -> None:
    session = session_of(office.home, BEN.email)
    with visit(browser, office.address, session_id=session) as page:
        settled(page)
        attempts = page.locator(".cx-figure").first.inner_text()
        page.add_init_script(HOLDS_BACK)
        page.reload()
        page.locator(".cx-plot[data-drawn]").nth(3).wait_for()
        assert page.locator("html[data-asleep]").count() == 1
        assert page.locator(".cx-figure").first.inner_text() == attempts
        page.get_by_role("button", name="7 d", exact=True).click()
        load_another_day(office.home, 1)
        page.evaluate("letGo()")
        page.locator("html:not([data-asleep])").wait_for(state="attached")
        page.locator(".cx-grid[data-drawn]").wait_for()
        settled(page)
        assert page.get_by_role("button", name="7 d", exact=True).get_attribute("aria-pressed") == "true"
        until(
            lambda: page.locator(".cx-figure").first.inner_text() != attempts,
            "the calls of seven days are told",
        )
