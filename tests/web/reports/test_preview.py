"""What arrives by a schedule, shown beside its form: the report's pages and the mail."""

from __future__ import annotations

import json
import re
import struct
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
from driving import visit
from small_office import ANA, OLGA, load_calls, office_of

from cxreports.portal.database import now

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser
    from small_office import Client, Office

ASKED = {"notebook": "report", "period": "last-7-days", "language": "de", "zone": "Europe/Madrid"}
TYPED = ASKED | {
    "name": "Weekly quality", "every": "weekly", "days": "mon", "at": "07:00", "language": "en",
    "to": "x@acme.example",
}  # fmt: skip


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A portal in which Acme has three calls of the last week, one of them connected, and Bravo two."""
    home = tmp_path_factory.mktemp("home")
    at = now() - timedelta(days=2)
    calls = [("acme", 30, 200), ("acme", 0, 486), ("acme", 0, 404), ("bravo", 30, 200), ("bravo", 9, 200)]
    with office_of(home) as running:
        load_calls(
            running.portal.home,
            [
                (customer, at + timedelta(minutes=nth), seconds, code, "0.1" if seconds else "0", "USD")
                for nth, (customer, seconds, code) in enumerate(calls)
            ],
        )
        yield running


@pytest.fixture(name="ana")
def _ana(office: Office) -> Client:
    return office.client(ANA)


def test_nothing_is_drawn_of_half_a_form(ana: Client) -> None:
    assert (
        ana.get("/reports/preview?" + urlencode({"notebook": "report", "period": "last-week"})).status == 422
    )
    for wrong in ({"notebook": "/etc/passwd"}, {"period": "ever"}, {"language": "tlh"}, {"zone": "Mars"}):
        refused = ana.get("/reports/preview?" + urlencode(ASKED | wrong))
        assert refused.status == 422
        assert [*json.loads(refused.body)["faults"]] == [*wrong]


def test_the_pages_are_drawn_of_what_is_typed_for_oneself_alone(ana: Client) -> None:
    first, second = (
        ana.get("/reports/preview?" + urlencode(ASKED | {"customers": "bravo", "page": page}))
        for page in (1, 2)
    )
    assert [first.headers["cx-pages"], second.headers["cx-pages"]] == ["2", "2"]
    for page in (first, second):
        assert page.body.startswith(b"\x89PNG")
        width, height = struct.unpack(">II", page.body[16:24])
        assert height / width == pytest.approx(297 / 210, rel=0.01)
    assert first.body != second.body
    assert ana.get("/reports/preview?" + urlencode(ASKED)).body == first.body, (
        "it is her own, whoever is named"
    )
    for page in ("0", "-1", "x", ""):
        assert ana.get("/reports/preview?" + urlencode(ASKED | {"page": page})).body == first.body
    assert ana.get("/reports/preview?" + urlencode(ASKED | {"page": "99"})).body == second.body


def test_the_mail_says_the_figures_of_ones_own_calls_alone(office: Office, ana: Client) -> None:
    typed = [*TYPED.items(), ("formats", "pdf"), ("formats", "csv"), ("customers", "bravo")]
    mail = ana.get("/reports/mail?" + urlencode(typed)).text
    assert re.search("<bdi>Weekly quality, .* 20[0-9]{2}</bdi>", mail)
    assert "Attempts: 3 \N{MIDDLE DOT} Connected: 1 \N{MIDDLE DOT} Charge: $0.10" in mail
    assert re.search(r"Weekly-quality_acme_\S+\.pdf</bdi>", mail)
    assert re.search(r"Weekly-quality_acme_\S+\.csv</bdi>", mail)
    assert "/unsubscribe/…" in mail
    assert (
        "Attempts: 2 \N{MIDDLE DOT} Connected: 2"
        in office.client(OLGA).get("/reports/mail?" + urlencode(typed)).text
    )
    german = ana.get("/reports/mail?" + urlencode(TYPED | {"language": "de"})).text
    assert "Versuche: 3" in german


@pytest.mark.parametrize(
    ("field", "wrong"), [("at", "25:00"), ("zone", "Mars"), ("language", "tlh"), ("period", "x")]
)
def test_a_mail_that_cannot_be_foretold_says_at_which_field(field: str, wrong: str, ana: Client) -> None:
    refused = ana.get("/reports/mail?" + urlencode(TYPED | {field: wrong}))
    assert refused.status == 422
    assert [*json.loads(refused.body)["faults"]] == [field]


@pytest.mark.browser
def test_pages_are_turned_and_the_mail_follows_what_is_typed(office: Office, browser: Browser) -> None:
    address = f"{office.portal.address}/reports/schedule"
    with visit(browser, address, wait=False, refuses=True, session_id=office.session(ANA)) as page:
        page.goto(address)
        page.locator("#cx-period").select_option("last-7-days")
        panel = page.locator("#cx-page")
        panel.get_by_role("button", name="Draw the pages").click()
        panel.get_by_role("img", name="Page 1 of 2").wait_for()
        first = panel.get_by_role("img").get_attribute("src")
        panel.get_by_role("button", name="Next").click()
        panel.get_by_role("img", name="Page 2 of 2").wait_for()
        assert panel.get_by_role("img").get_attribute("src") != first
        assert panel.get_by_role("button", name="Next").is_disabled()
        panel.get_by_label("The mail").check()
        panel.get_by_text("Attempts: 3").wait_for()
        assert not panel.get_by_role("img").is_visible()
        page.get_by_label("Name", exact=True).fill("Friday's figures")
        panel.get_by_text("Friday's figures, ").first.wait_for()
        page.locator("#cx-zone").fill("Mars")
        panel.get_by_role("status").filter(has_text="Mars").wait_for()
