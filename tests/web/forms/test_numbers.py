"""Pages of internal numbers, as a customer and an operator use them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from driving import visit
from small_office import ANA, BEA, DASH, OLGA, office_of

from cxreports.portal import audit
from cxreports.portal.companies import number_blocks
from cxreports.web.handler import Access
from cxreports.web.routes import routes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser
    from small_office import Office

FOR_OPERATORS = sorted(
    {pattern for pattern, handler, *_ in routes("/") if getattr(handler, "access", None) is Access.OPERATOR}
)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office_of(tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.fixture(autouse=True)
def _numbering(office: Office) -> None:
    """Blocks of a thousand; acme has the first one, with one extension, the others have none."""
    with office.database.writing() as db:
        for company in ("acme", "bravo", "quiet"):
            for each in number_blocks.extensions(db, company):
                number_blocks.remove_extension(db, company, each.number)
            if number_blocks.block_of(db, company):
                number_blocks.release(db, company)
        number_blocks.choose_settings(db, 1000, 1000)
        number_blocks.assign(db, "acme")
        number_blocks.add_extension(db, "acme", 1000, name="Front hall")


def numbers(office: Office, company: str) -> dict[int, str]:
    with office.database.reading() as db:
        return {each.number: each.name for each in number_blocks.extensions(db, company)}


@pytest.mark.browser
def test_a_customer_keeps_extensions(browser: Browser, office: Office) -> None:
    address, session = f"{office.portal.address}/numbers", office.session(ANA)
    with visit(browser, address, wait=False, session_id=session) as page:
        assert page.locator(".cx-range").inner_text().split() == ["1000", DASH, "1999"]
        page.get_by_text("1 of 1,000 numbers in use").wait_for()
        page.get_by_label("Number", exact=True).fill("1500")
        page.get_by_label("Name", exact=True).fill("Night <desk>")
        page.get_by_role("button", name="Add", exact=True).click()
        page.get_by_text("The extension is added.").wait_for()
        page.get_by_role("button", name="Take the next free one, 1001").click()
        page.get_by_text("The next free number is taken.").wait_for()
        page.get_by_text("3 of 1,000 numbers in use").wait_for()
        assert page.locator("tbody th").all_inner_texts() == ["1000", "1001", "1500"]
        page.get_by_role("cell", name="Night <desk>").wait_for()
        assert numbers(office, "acme") == {1000: "Front hall", 1001: "", 1500: "Night <desk>"}
        page.get_by_role("button", name="Remove 1500").click()
        page.get_by_role("dialog").get_by_role("button", name="Remove extension 1500").click()
        page.get_by_text("The extension is removed.").wait_for()
        assert page.locator("tbody th").all_inner_texts() == ["1000", "1001"]
        page.reload()
        assert page.locator("tbody th").all_inner_texts() == ["1000", "1001"]


def test_a_taken_number_is_refused_with_the_known_words_at_its_field(office: Office) -> None:
    own, other = office.client(ANA), office.client(BEA)
    for client in (own, other):
        answer = client.post("/numbers", act="add", number="1000", name="Second")
        assert answer.status == 422
        assert "Duplicate User Detected" in answer.fault("number")
        assert 'value="1000"' in answer.text
        assert 'value="Second"' in answer.text
    assert (numbers(office, "acme"), numbers(office, "bravo")) == ({1000: "Front hall"}, {})


def test_a_customer_without_a_block_is_told_the_risk(office: Office) -> None:
    bea = office.client(BEA)
    page = bea.get("/numbers")
    with office.database.reading() as db:
        warning = number_blocks.warning(db, "bravo")
    assert warning
    assert page.said == warning
    assert "Take the next free" not in page.text
    # Any free number, but none of another's block.
    assert bea.post("/numbers", act="add", number="77").status == 200
    assert "block of another" in bea.post("/numbers", act="add", number="1700").fault("number")
    assert bea.post("/numbers", act="next").fault("number") == "No number of the block is free."
    assert numbers(office, "bravo") == {77: ""}


def test_a_number_outside_of_the_block_is_refused(office: Office) -> None:
    for typed in ("2000", "999", "12x", "", "1e3", "٣٤", "1234567890123456"):
        answer = office.client(ANA).post("/numbers", act="add", number=typed)
        assert (answer.status, bool(answer.fault("number"))) == (422, True), typed
    assert numbers(office, "acme") == {1000: "Front hall"}


def test_another_companys_numbers_are_out_of_reach(office: Office) -> None:
    bea = office.client(BEA)
    page = bea.get("/numbers?company=acme")
    assert "Front hall" not in page.text
    assert "1999" not in page.text
    refused = bea.post("/numbers", act="remove", confirmed="yes", number="1000", company="acme")
    assert (refused.status, refused.said) == (422, "bravo has no extension 1000.")
    bea.post("/numbers", act="add", number="78", company="acme")
    assert (numbers(office, "acme"), numbers(office, "bravo")) == ({1000: "Front hall"}, {78: ""})
    assert bea.post("/numbers", act="release").status == 400


def test_an_operator_assigns_and_releases_blocks(office: Office) -> None:
    olga = office.client(OLGA)
    page = olga.get("/operator/numbers")
    assert [row[:3] for row in page.rows()] == [
        ["Acme Telecom acme", f"1000{DASH}1999", "1"],
        ["Bravo & Söhne bravo", DASH, "0"],
        ["Quiet Limited quiet", DASH, "0"],
    ]
    assert "the numbering stays" in page.text
    page = olga.post("/operator/numbers?q=bravo", act="assign", company="bravo")
    assert (page.said, page.rows()[0][1]) == ("The next free block is assigned.", f"2000{DASH}2999")
    page = olga.post("/operator/numbers", act="release", confirmed="yes", company="acme")
    assert page.status == 422
    assert "1 extensions of the block are in use" in page.said
    page = olga.post("/operator/numbers", act="release", confirmed="yes", company="acme", with_extensions="1")
    assert page.rows()[0][1:3] == [DASH, "0"]
    # The lowest gap is given again.
    page = olga.post("/operator/numbers", act="assign", company="quiet")
    assert page.rows()[2][1] == f"1000{DASH}1999"
    with office.database.reading() as db:
        told = audit.entries(db, events=[audit.Event.BLOCK_ASSIGNED], limit=1)[0]
    assert (told.who, told.company_id, told.address) == (OLGA, "quiet", "127.0.0.1")


def test_an_operator_chooses_the_numbering_while_no_block_is_assigned(office: Office) -> None:
    olga = office.client(OLGA)
    refused = olga.post("/operator/numbers", act="settings", first="500", size="10")
    assert (refused.status, "are assigned" in refused.said) == (422, True)
    olga.post("/operator/numbers", act="release", confirmed="yes", company="acme", with_extensions="1")
    for first, size, field in (("0", "10", "first"), ("5", "ten", "size"), ("", "10", "first")):
        assert olga.post("/operator/numbers", act="settings", first=first, size=size).fault(field)
    assert (
        olga.post("/operator/numbers", act="settings", first="500", size="10").said == "The numbering is set."
    )
    page = olga.post("/operator/numbers", act="assign", company="quiet")
    assert page.rows()[2][1] == f"500{DASH}509"


def test_an_operator_keeps_the_extensions_of_any_company(office: Office) -> None:
    olga = office.client(OLGA)
    page = olga.post("/operator/numbers?company=acme", act="add", company="acme", number="1001", name="Lab")
    assert [row[:2] for row in page.rows()] == [["1000", "Front hall"], ["1001", "Lab"]]
    page = olga.post("/operator/numbers?company=acme", act="add", company="acme", number="1001")
    assert page.fault("number").startswith("Duplicate User Detected")
    page = olga.post(
        "/operator/numbers?company=acme", act="remove", confirmed="yes", company="acme", number="1000"
    )
    assert [row[0] for row in page.rows()] == ["1001"]
    assert olga.get("/operator/numbers?company=nobody").status == 404


@pytest.mark.parametrize("path", FOR_OPERATORS)
def test_operators_pages_are_for_operators(office: Office, path: str) -> None:
    ana, stranger = office.client(ANA), office.client()
    assert ana.get(path).status == 403
    assert ana.post(path, act="add", company="acme").status == 403
    asked = stranger.get(path)
    assert (asked.status, "/login?next=" in asked.headers["location"]) == (302, True)
    # No form is taken without the token that only the page knows.
    assert office.client(OLGA).send(path, "act=add").status in {403, 405}


def test_the_operators_pages_are_these() -> None:
    assert FOR_OPERATORS == [
        "/operator",
        "/operator/companies",
        "/operator/companies/add",
        "/operator/companies/change",
        "/operator/feeds",
        "/operator/numbers",
        "/operator/payments",
        "/operator/review",
        "/operator/review/week",
        "/operator/users",
    ]
