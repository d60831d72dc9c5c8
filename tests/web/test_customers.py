"""The operator's page: every customer beside the others, in a real browser."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from driving import PATIENCE_S, on_paper, settled, visit
from small_office import ANA, OLGA, hours_ago, load_calls, now, office_of
from sqlalchemy import update

from cxreports.portal import audit
from cxreports.portal.companies import ledger
from cxreports.portal.tables import LoginSession

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page
    from small_office import Office

pytestmark = pytest.mark.browser


LONG_AGO = hours_ago(24 * 30)


def calls() -> list[tuple[str, datetime, int, int, str, str]]:
    """Sixty calls of acme on either day, of which 15 then 45 are answered; bravo's are a month ago."""
    today, before = hours_ago(3), hours_ago(27)
    return [
        *(
            ("acme", today + timedelta(seconds=n), 60 * (n < 15), 200 if n < 15 else 486, "0.000001", "USD")
            for n in range(60)
        ),
        *(
            ("acme", before + timedelta(seconds=n), 30 * (n < 45), 200 if n < 45 else 486, "0.5", "USD")
            for n in range(60)
        ),
        ("bravo", LONG_AGO, 120, 200, "2", "EUR"),
        ("stray", hours_ago(2), 0, 404, "", ""),
    ]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    home = tmp_path_factory.mktemp("home")
    load_calls(home, calls())
    with office_of(home) as running:
        with running.database.writing() as db:
            ledger.add(db, "acme", "100")
        yield running


@pytest.fixture(scope="module")
def page(browser: Browser, office: Office) -> Iterator[Page]:
    """The page, opened once: the tests go on from what the ones before have left."""
    address = f"{office.portal.address}/operator"
    with visit(browser, address, wait=False, session_id=office.session(OLGA)) as shown:
        shown.locator(".cx-grid[data-drawn]").wait_for(timeout=1000 * PATIENCE_S)
        shown.wait_for_url("**zone=**")
        settled(shown)
        yield shown


def rows(page: Page) -> dict[str, list[str]]:
    """The cells of each customer as they are shown."""
    lines = page.locator(".slick-row").evaluate_all(
        "rows => rows.map(row => [...row.querySelectorAll('.slick-cell')].map(cell => cell.innerText))"
    )
    return {line[1]: line[2:] for line in lines}


def test_all_customers_stand_beside_each_other(page: Page) -> None:
    found = rows(page)
    assert list(found) == ["Acme Telecom", "stray", "Bravo & Söhne", "Quiet Limited"]
    acme, stray, bravo, quiet = found.values()
    left = Decimal(100) - 60 * (Decimal("0.000001") + Decimal("0.5"))
    # The last call of either ended hours ago: nobody knows of their channels now.
    assert acme[0] == "ASR 50.0 points below the day before"
    assert acme[2:] == ["", "4", "60", "25.00", "60.0", f"{left:.2f}", "USD", "1", "acme"]
    assert stray[0] == "no company in the portal"
    assert stray[2:] == ["", "", "1", "0.00", "", "", "", "", "stray"]
    assert bravo[0] == f"no calls since {LONG_AGO:%-d %b %Y, %H:%M} UTC; debit limit exceeded"
    assert bravo[2:] == ["", "", "0", "", "", "-2.00", "EUR", "1", "bravo"]
    assert quiet == ["no calls yet; balance low", "", "0", "", "0", "", "", "0.00", "USD", "0", "quiet"]
    assert page.locator("[data-figure=warnings] .cx-v").inner_text() == "4"
    assert page.locator("[data-figure=customers] .cx-v").inner_text() == "2 of 4"
    assert page.locator("[data-figure=attempts] .cx-v").inner_text() == "61"
    assert page.title() == "Customers · cxreports"


def test_cells_are_selected_and_exported_as_everywhere(page: Page, office: Office) -> None:
    page.get_by_role("columnheader", name="ASR %").click()
    group = page.locator(".cx-grid-group[data-column=asr_pct]")
    # Of 61 attempts 15 were answered, whatever the mean of 25 % and 0 % is.
    assert group.locator("[data-figure=average] b").inner_text() == "12.50"
    assert group.locator("[data-figure=true-average] b").inner_text() == "24.59"
    page.get_by_role("columnheader", name="Balance").click()
    group = page.locator(".cx-grid-group[data-column=balance]")
    # Dollars and euros add up to nothing.
    assert group.locator("[data-figure=values] b").inner_text() == "3"
    assert group.locator("[data-figure=sum], [data-figure=average]").count() == 0
    page.get_by_role("button", name="Copy or export the selected cells").click()
    with page.expect_download() as saved:
        page.get_by_role("menuitem", name="Export CSV").click()
    text = Path(saved.value.path()).read_text("utf-8-sig")
    told = {"what": "customers", "form": "csv", "rows": 4, "customer": "all"}
    assert exports(office) == [(OLGA, told)]
    assert text.splitlines() == ["Balance", "69.99994", '""', "-2.00", "0.00"]
    with office.database.writing() as db:
        db.execute(update(LoginSession).values(created_at=now() - timedelta(minutes=31)))
    page.get_by_role("button", name="Copy or export the selected cells").click()
    page.get_by_role("menuitem", name="Export CSV").click()
    with page.context.expect_page() as asking:
        page.get_by_role("link", name="Confirm that it is you").click()
    asking.value.locator("input[name=proof]").wait_for()
    asking.value.close()
    assert exports(office) == [(OLGA, told)]


def exports(office: Office) -> list[tuple[str, dict[str, str]]]:
    with office.database.reading() as db:
        return [(each.who, each.detail) for each in audit.entries(db, events=[audit.Event.EXPORTED])]


def test_calls_and_payments_show_by_themselves(page: Page, office: Office) -> None:
    assert rows(page)["Quiet Limited"][4] == "0"
    with office.database.writing() as db:
        ledger.add(db, "quiet", "7.25")
    load_calls(office.portal.home, [("quiet", now(), 0, 486, "0.25", "USD")])
    page.locator(".slick-row", has_text="Quiet Limited").get_by_text("7.00").wait_for()
    assert rows(page)["Quiet Limited"][4] == "1"


def test_cells_lead_to_a_customers_pages(page: Page) -> None:
    links = page.locator(".slick-row", has_text="Acme").locator("a")
    assert links.evaluate_all("all => all.map(each => each.getAttribute('href'))") == [
        "./?customer=acme",
        "operator/payments?company=acme",
        "operator/users?company=acme",
        "operator/companies/change?company=acme",
    ]
    links.last.click()
    page.get_by_role("heading", name="Acme Telecom").wait_for()
    page.get_by_role("link", name="Customers").click()
    page.locator(".cx-grid[data-drawn]").wait_for()
    # The keyboard follows what the pointer clicks.
    page.locator(".slick-row", has_text="Acme").locator(".slick-cell").nth(11).click()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Acme Telecom").wait_for()


def test_pages_of_forms_say_on_paper_whose_they_are_and_when(page: Page, office: Office) -> None:
    for path, head in (
        ("operator/payments?company=acme", "Acme Telecom · Payments"),
        ("operator/users", "All customers · Users"),
    ):
        page.goto(f"{office.portal.address}/{path}")
        sheets = on_paper(page)
        for number, text in enumerate(sheets, 1):
            assert head in text
            assert re.search(r"as of \d+ \w+ \d{4}, \d\d:\d\d \w+", text)
            assert f"{number} / {len(sheets)}" in text
            assert "Log Out" not in text
            assert "Import" not in text
            assert "Invite a user" not in text
        assert len(sheets) == 1, sheets


def test_it_is_for_operators_alone(office: Office) -> None:
    refused = office.client(ANA).get("/operator")
    # The shell names her own company, and nothing there names another.
    assert (refused.status, "Bravo" in refused.text, "cx-start" in refused.text) == (403, False, False)
    assert office.client().get("/operator").status == 302
