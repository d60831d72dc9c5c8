"""Company Profile and My Profile: what is shown, what may be changed, and the language of it all."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from account_people import PASSWORD, log_in, path_of, posted, unchecked

from cxreports.portal.companies import companies
from cxreports.portal.database import now
from cxreports.portal.people import preferences, users
from cxreports.portal.tables import Company, Role, User

if TYPE_CHECKING:
    from account_people import Accounts
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

FACTS = {
    "Company name": "Vogel Telecom",
    "Contact name": "Greta Vogel",
    "Currency": "EUR",
    "Debit limit": "€1,250.125",
    "Tax": "DE 129273398",
    "PayPal": "billing@vogel.example.org",
}


@pytest.fixture(scope="module")
def vogel(accounts: Accounts) -> str:
    """A company of which everything is known."""
    with accounts.database.writing() as db:
        return companies.add(
            db,
            "vogel",
            "Vogel Telecom",
            contact="Greta Vogel",
            currency="EUR",
            debit_limit=Decimal("1250.125"),
            tax="DE 129273398",
            paypal="billing@vogel.example.org",
            zone="Europe/Berlin",
        ).id


def facts(page: Page) -> dict[str, str]:
    names, values = (page.locator(f".cx-facts {tag}").all_inner_texts() for tag in ("dt", "dd"))
    return dict(zip(names, values, strict=True))


def test_who_logs_in_with_the_form_comes_to_the_page_that_was_asked_for(
    accounts: Accounts, browser: Browser
) -> None:
    user = accounts.add("Ana")
    with accounts.visit(browser, "profile", "") as page:
        assert path_of(page) == "login"
        log_in(page, user)
        assert page.get_by_role("heading", level=1).inner_text() == "Profile"
        assert page.get_by_label("Name", exact=True).input_value() == "Ana"
        assert page.locator(".cx-side [aria-current]").inner_text() == "Profile"


def test_the_company_is_shown_exactly_and_has_no_field(
    accounts: Accounts, browser: Browser, vogel: str
) -> None:
    with accounts.own(browser, "profile", accounts.add("Carla", company=vogel)) as page:
        assert facts(page) == FACTS
        section = page.locator("section", has=page.get_by_role("heading", name="Company Profile"))
        assert section.locator("input, select, textarea, button").count() == 0


def test_an_operator_has_a_profile_without_a_company(accounts: Accounts, browser: Browser) -> None:
    with accounts.database.writing() as db:
        user = users.add(db, "olaf@example.org", "Olaf", role=Role.OPERATOR, password=PASSWORD)
    with accounts.own(browser, "profile", user) as page:
        assert page.get_by_label("E-mail").input_value() == "olaf@example.org"
        assert page.locator(".cx-facts").count() == 0


def test_five_fields_can_be_changed(accounts: Accounts, browser: Browser, vogel: str) -> None:
    user = accounts.add("Dora", company=vogel)
    with accounts.own(browser, "profile", user) as page:
        for label, value in {
            "Name": " Dora Ziegler ",
            "E-mail": "dora.ziegler@example.org",
            "Department": "Billing",
            "Phone": "030 901820",
            "Mobile": "+49 1512 3456789",
        }.items():
            page.get_by_label(label, exact=True).fill(value)
        page.get_by_role("button", name="Save").click()
        assert page.get_by_role("status").inner_text() == "Your profile is saved."
        assert page.get_by_label("Phone").input_value() == "+4930901820"
    changed = accounts.user(user)
    assert (changed.name, changed.pending_email, changed.department) == (
        "Dora Ziegler",
        "dora.ziegler@example.org",
        "Billing",
    )
    assert (changed.phone, changed.mobile) == ("+4930901820", "+4915123456789")
    (entry,) = [each for each in accounts.entries(user) if each.event == "profile_changed"]
    assert entry.address == "127.0.0.1"
    assert set(entry.detail["changed"]) == {"name", "department", "phone", "mobile"}


def test_nothing_else_can_be_changed_whatever_is_sent(
    accounts: Accounts, browser: Browser, vogel: str
) -> None:
    user = accounts.add("Emil", company=vogel)
    before = accounts.user(user)
    with accounts.own(browser, "profile", user) as page:
        answer = posted(
            page,
            "profile",
            name="Emil",
            role="operator",
            company_id="acme",
            company="acme",
            user_id="1",
            id="1",
            debit_limit="999999",
            currency="USD",
            email_verified_at="2026-01-01",
            password_hash="x",
        )
        assert answer.status == 303
    after = accounts.user(user)
    for column in User.__table__.columns:
        assert getattr(after, column.key) == getattr(before, column.key), column.key
    with accounts.database.reading() as db:
        company = db.get_one(Company, vogel)
        assert (company.debit_limit, company.currency) == (Decimal("1250.125"), "EUR")
    assert "profile_changed" not in accounts.events(user)


def test_what_is_wrong_stands_at_its_field_and_all_that_was_typed_stays(
    accounts: Accounts, browser: Browser
) -> None:
    user = accounts.add("Fred")
    with accounts.own(browser, "profile", user, refuses=True) as page:
        for label, typed, said in (
            ("Name", "   ", "This is needed."),
            ("E-mail", "nobody@", "nobody@ is no e-mail address."),
            ("Phone", "12", "12 is no telephone number"),
            ("Mobile", "+49 30 901820 ext. 5", "is no telephone number"),
        ):
            unchecked(page)
            page.get_by_label("Department").fill("Sales")
            field = page.get_by_label(label, exact=True)
            good = field.input_value()
            field.fill(typed)
            page.get_by_role("button", name="Save").click()
            page.locator(".cx-field-error").wait_for()
            assert field.get_attribute("aria-invalid") == "true"
            note = page.locator(f"#{field.get_attribute('aria-describedby')}")
            assert said in note.inner_text()
            assert page.get_by_label("Department").input_value() == "Sales"
            assert field.input_value().strip() == typed.strip()
            field.fill(good)
    assert accounts.user(user).department == ""


def test_anothers_address_is_answered_like_any_other(accounts: Accounts, browser: Browser) -> None:
    accounts.add("Gina")
    user = accounts.add("Gus")
    with accounts.own(browser, "profile", user, refuses=True) as page:
        page.get_by_label("E-mail").fill("Gina@Example.org")
        page.get_by_role("button", name="Save").click()
        assert page.get_by_role("status").inner_text() == "Your profile is saved."
        assert "Nothing has changed" in accounts.mailbox.letter_to("Gina@example.org".lower())
    assert accounts.user(user).email == "gus@example.org"


def test_another_address_after_a_while_needs_the_password_again(accounts: Accounts, browser: Browser) -> None:
    user = accounts.add("Hans")
    with accounts.database.writing() as db:
        db.get_one(User, user.id).email_verified_at = now()
    old = accounts.session(user, age=timedelta(minutes=31))
    with accounts.visit(browser, "profile", old, refuses=True) as page:
        page.get_by_label("Department").fill("Sales")
        page.get_by_role("button", name="Save").click()
        assert page.get_by_role("status").is_visible()
        assert page.get_by_label("Your password").count() == 0

        page.get_by_label("E-mail").fill("hans2@example.org")
        page.get_by_role("button", name="Save").click()
        password = page.get_by_label("Your password")
        password.fill("something else altogether")
        page.get_by_role("button", name="Save").click()
        assert page.locator("#cx-password-note").inner_text() == "The password is not right."
        assert accounts.user(user).email == "hans@example.org"

        password.fill(PASSWORD)
        page.get_by_role("button", name="Save").click()
        page.get_by_role("status").wait_for()
        assert "Not verified" in page.locator("#email").inner_text()
    changed = accounts.user(user)
    assert (changed.email, changed.pending_email) == ("hans@example.org", "hans2@example.org")
    assert accounts.events(user)[:2] == ["email_change_asked", "login_failed"]


def test_another_language_turns_the_page_at_once(accounts: Accounts, browser: Browser) -> None:
    user = accounts.add("Ines")
    session = accounts.session(user)
    with accounts.visit(browser, "profile", session) as page:
        assert direction(page) == ("en", "ltr")
        assert is_left_of(page, ".cx-side", ".cx-account-page")
        chosen = page.get_by_role("combobox", name="Language")
        assert chosen.locator("option").count() == 11
        chosen.select_option("العربية")
        page.locator("#language button").click()
        page.wait_for_url("**done=language**")
        assert direction(page) == ("ar", "rtl")
        assert is_left_of(page, ".cx-account-page", ".cx-side")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

        # The log-in form of this browser, later.
        page.context.clear_cookies(name="cx-session")
        page.goto(f"{accounts.portal.address}/login")
        assert direction(page) == ("ar", "rtl")
    assert accounts.user(user).language == "ar"
    with accounts.visit(browser, "profile", session) as page:
        assert direction(page) == ("ar", "rtl")
        page.locator("#cx-language").select_option("")
        page.locator("#language button").click()
        page.wait_for_url("**done=language**")
        assert direction(page) == ("en", "ltr")


def test_without_a_choice_the_browser_says_which_language(accounts: Accounts, browser: Browser) -> None:
    with accounts.own(browser, "profile", accounts.add("Jo"), language="ar-EG") as page:
        assert direction(page) == ("ar", "rtl")


def test_amounts_stand_in_the_language(accounts: Accounts, browser: Browser, vogel: str) -> None:
    with accounts.own(browser, "profile", accounts.add("Kim", company=vogel), language="de-DE") as page:
        assert page.locator(".cx-facts").inner_text().count("1.250,125\N{NO-BREAK SPACE}€") == 1


def test_a_language_that_is_none_is_refused(accounts: Accounts, browser: Browser) -> None:
    user = accounts.add("Lars")
    with accounts.own(browser, "profile", user, refuses=True) as page:
        assert posted(page, "profile/language", language="tlh").status == 422
    assert accounts.user(user).language == ""


def test_the_look_is_the_one_chosen_for_the_dashboard(accounts: Accounts, browser: Browser) -> None:
    user = accounts.add("Mona")
    with accounts.own(browser, "profile", user, scheme="light") as page:
        light = background(page)
    with accounts.database.writing() as db:
        preferences.save(db, user.id, {"theme": "dark"})
    with accounts.own(browser, "profile", user, scheme="light") as page:
        assert background(page) != light


def direction(page: Page) -> tuple[str, str]:
    root = page.locator("html")
    return str(root.get_attribute("lang")), str(root.get_attribute("dir"))


def is_left_of(page: Page, one: str, other: str) -> bool:
    left, right = page.locator(one).bounding_box(), page.locator(other).bounding_box()
    assert left
    assert right
    return left["x"] + left["width"] <= right["x"]


def background(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))
