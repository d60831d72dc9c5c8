"""The shell around every page: where one can go, how the company stands, what is said when a page fails."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest
from small_office import ANA, OLGA, Client, hours_ago, load_calls, people_of

from cxreports.errors import CxreportsError
from cxreports.lake.store import Store
from cxreports.language import LANGUAGES, speaking
from cxreports.portal.companies import companies, ledger
from cxreports.portal.database import Database, now
from cxreports.portal.people import preferences, sessions, users
from cxreports.portal.tables import LoginSession, Role, Stage
from cxreports.visitor import Visitor
from cxreports.web.shell import READING_LIFE_S, Asked, Shell, Shells

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from account_people import Accounts
    from small_office import Answer

PAY = "https://pay.example/{account}/{currency}"

TITLES = {
    "cust": {
        "numbers": "Numbers",
        "payments": "Payments",
        "profile": "Profile",
        "profile/password": "Change Password",
        "profile/two-factor": "Two-factor authentication",
        "profile/passkeys": "Passkeys",
        "profile/sessions": "Sessions",
        "profile/log": "Activity",
        "logout": "Log Out",
    },
    "operator": {
        "operator/companies": "Companies",
        "operator/companies/add": "Add company",
        "operator/users": "Users",
        "operator/numbers": "Numbers",
        "operator/payments": "Payments",
        "operator/review": "Access log",
        "operator/review/week": "Weekly review",
        "profile": "Profile",
    },
}
"""Title of each page that is a form, by who may see it and by path."""


# what the server says of a company --------------------------------------------------------------


class Clock:
    """Seconds that go on when the test says so."""

    def __init__(self) -> None:
        self.s = 100.0

    def __call__(self) -> float:
        return self.s


@pytest.fixture(name="home", scope="module")
def _home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("shells")
    load_calls(
        home,
        [
            ("acme", hours_ago(3), 60, 200, "1.25", "USD"),
            ("acme", hours_ago(2), 60, 200, "2.50", "USD"),
            ("bravo", hours_ago(2), 60, 200, "4", "EUR"),
        ],
    )
    return home


@pytest.fixture(name="database", scope="module")
def _database(home: Path) -> Iterator[Database]:
    database = Database.of(home)
    people_of(database)
    with database.writing() as db:
        ledger.add(db, "acme", "100")
        ledger.add(db, "bravo", "7")
    yield database
    database.close()


@pytest.fixture(name="shells")
def _shells(home: Path, database: Database) -> Shells:
    return Shells(database, Store(home), PAY, Clock())


def visitor_of(database: Database, email: str) -> Visitor:
    with database.reading() as db:
        user = users.get(db, email)
        return Visitor(user.id, user.email, user.name, user.company_id)


def test_a_customer_gets_their_own_company_whatever_the_address_asks(
    shells: Shells, database: Database
) -> None:
    shell = shells.of(visitor_of(database, ANA), Asked("payments", "bravo"))
    assert (shell.company, shell.name) == ("acme", "Acme Telecom")
    # 100 received, 1.25 and 2.50 charged.
    assert shell.standing["balance"] == "$96.25 USD"
    assert shell.standing["pay_url"] == "https://pay.example/acme/USD"
    # The last call is two hours old: how many go on now nobody knows.
    assert shell.channels == "\N{EN DASH} / 4 Channels"
    assert shell.channels_note.startswith("unknown since ")
    assert not shell.has_choice
    assert not re.search("bravo|quiet", shell.state(), re.IGNORECASE)


def test_what_waits_is_the_persons_own(shells: Shells, database: Database) -> None:
    ana = shells.of(visitor_of(database, ANA), Asked("profile"))
    titles = [alert["title"] for alert in ana.standing["alerts"]]
    assert titles == ["E-mail not verified", "Mobile not verified", "Two-factor authentication is off"]
    assert "ana@acme.example" in ana.standing["alerts"][0]["text"]


def test_an_operator_chooses_among_all_with_calls_or_without(shells: Shells, database: Database) -> None:
    shell = shells.of(visitor_of(database, OLGA), Asked("operator/users"))
    assert (shell.company, shell.name) == ("all", "All customers")
    assert [tuple(entry.values()) for entry in shell.standing["customers"]] == [
        ("all", "All customers", "3 calls"),
        ("acme", "Acme Telecom", "2 calls"),
        ("bravo", "Bravo & Söhne", "1 call"),
        ("quiet", "Quiet Limited", "no calls yet"),
    ]
    assert (shell.standing["balance"], shell.standing["pay_url"]) == ("", "")
    assert json.loads(shell.state())["chooses"] == {"url": "operator/users", "key": "company"}


def test_an_operators_page_of_a_company_leads_to_its_other_pages(shells: Shells, database: Database) -> None:
    shell = shells.of(visitor_of(database, OLGA), Asked("operator/payments", "bravo"))
    assert (shell.name, shell.standing["balance"]) == ("Bravo & Söhne", "€3.00 EUR")
    assert [(way.href, way.is_here) for way in shell.ways("nav")] == [
        ("./?customer=bravo", False),
        ("cdr?customer=bravo", False),
        ("alerts?company=bravo", False),
        ("reports?company=bravo", False),
        ("operator/numbers?company=bravo", False),
        ("operator/payments?company=bravo", True),
        ("operator", False),
        ("operator/users?company=bravo", False),
        ("operator/review?company=bravo", False),
    ]


def test_an_operators_dashboard_opens_with_the_largest(shells: Shells, database: Database) -> None:
    olga = visitor_of(database, OLGA)
    assert shells.of(olga, Asked("")).name == "Acme Telecom"
    assert shells.of(olga, Asked("cdr", "quiet")).name == "Quiet Limited"
    assert shells.of(olga, Asked("operator")).name == "All customers"


def test_payments_count_at_once_and_calls_within_a_minute(tmp_path: Path) -> None:
    load_calls(tmp_path, [("acme", hours_ago(2), 60, 200, "1", "USD")])
    database, clock = Database.of(tmp_path), Clock()
    people_of(database)
    shells, ana = Shells(database, Store(tmp_path), "", clock), visitor_of(database, ANA)

    def balance() -> str:
        return str(shells.of(ana, Asked("profile")).standing["balance"])

    assert balance() == "-$1.00 USD"
    with database.writing() as db:
        ledger.add(db, "acme", "10")
    load_calls(tmp_path, [("acme", hours_ago(1), 60, 200, "3", "USD")])
    assert balance() == "$9.00 USD"
    clock.s += READING_LIFE_S + 1
    assert balance() == "$6.00 USD"
    database.close()


def test_the_zone_is_the_chosen_one_else_the_browsers_else_the_companys(
    shells: Shells, database: Database
) -> None:
    bea = visitor_of(database, "bea@bravo.example")
    assert shells.of(bea, Asked("profile")).zone == "Europe/Berlin"
    assert shells.of(bea, Asked("profile", zone="Nowhere/Land")).zone == "Europe/Berlin"
    assert shells.of(bea, Asked("profile", zone="Asia/Kolkata")).zone == "Asia/Kolkata"
    with database.writing() as db:
        preferences.save(db, bea.user_id, {"zone": "Asia/Tokyo"})
    assert shells.of(bea, Asked("profile", zone="Asia/Kolkata")).zone == "Asia/Tokyo"


def test_a_lake_that_cannot_be_read_takes_no_page_away(database: Database, home: Path) -> None:
    class Broken(Store):
        def snapshot(self, as_of: Any = None) -> Any:
            raise CxreportsError(f"no lake {as_of}")

    shell = Shells(database, Broken(home), "").of(visitor_of(database, ANA), Asked("payments"))
    assert (shell.company, shell.name, dict(shell.standing)) == ("acme", "", {})
    assert [way.place.text for way in shell.ways("nav") if way.is_here] == ["Payments"]


@pytest.mark.parametrize(
    ("name", "initials"),
    [("Ana Pérez", "AP"), ("Olga", "O"), ("Jean van der Berg", "JB"), ("élise", "É"), ("", "")],
)
def test_initials_are_those_of_the_first_and_the_last_name(name: str, initials: str) -> None:
    assert Shell.bare(Visitor(1, "x@example.org", name, "acme"), Asked("")).initials == initials


# every page -------------------------------------------------------------------------------------


@pytest.fixture(name="clients", scope="module")
def _clients(accounts: Accounts) -> dict[str, Client]:
    with accounts.database.writing() as db:
        if companies.like(db, "shelly") == []:
            companies.add(db, "shelly", "Shelly & Co", currency="USD")
        for email, role, company in (
            ("cust@shell.example", Role.CUSTOMER, "shelly"),
            ("operator@shell.example", Role.OPERATOR, None),
            ("reader@shell.example", Role.CUSTOMER, "shelly"),
        ):
            users.add(db, email, "Ana Pérez", role=role, company_id=company)
    return {who: client_of(accounts, f"{who}@shell.example") for who in TITLES}


def client_of(accounts: Accounts, email: str, language: str = "") -> Client:
    with accounts.database.writing() as db:
        user = users.get(db, email)
        user.language = language
        session_id = sessions.begin(db, user, stage=Stage.FULL)
    return Client(accounts.portal.address, session_id)


def pieces(pattern: str, answer: Answer) -> list[str]:
    return [unescape(found).strip() for found in re.findall(pattern, answer.body.decode(), re.DOTALL)]


@pytest.mark.parametrize(
    ("who", "path", "title"),
    [(who, path, title) for who, pages in TITLES.items() for path, title in pages.items()],
)
def test_every_form_has_one_heading_one_title_and_the_shell(
    clients: dict[str, Client], who: str, path: str, title: str
) -> None:
    answer = clients[who].get(f"/{path}")
    assert answer.status == 200
    assert pieces("<title>(.*?)</title>", answer) == [f"{title} · cxreports"]
    assert len(pieces("<h1>(.*?)</h1>", answer)) == 1
    assert pieces(r'<body.*?<a class="([\w-]+)" href="#cx-main">', answer) == ["cx-skip"]
    assert len(pieces('(<main[^>]* id="cx-main" tabindex="-1">)', answer)) == 1
    assert len(pieces("(<header)", answer)) == 1
    (nav,) = pieces('<div class="cx-nav">(.*?)</div>', answer)
    current = [unescape(each) for each in re.findall(r'aria-current="page"[^>]*>(.*?)</a>', nav)]
    expected = {"Companies": "Customers", "Add company": "Customers", "Access log": "Review"}
    expected |= {"Weekly review": "Review"}
    is_own = path.startswith("profile") or path == "logout"
    assert current == ([] if is_own else [expected.get(title, title)])
    assert ("Users" in nav) == (who == "operator")


def test_a_form_says_how_the_company_stands(clients: dict[str, Client]) -> None:
    answer = clients["cust"].get("/payments")
    (state,) = pieces('id="cx-shell"[^>]*>(.*?)</script>', answer)
    assert json.loads(state)["view"]["customer"] == "shelly"
    assert pieces('class="cx-company-name">(.*?)<', answer) == ["Shelly & Co"]
    assert "$0.00 USD" in answer.text
    assert pieces('class="cx-avatar" data-initials="(.*?)"', answer) == ["AP"]


def test_a_zone_chosen_in_the_shell_is_kept(accounts: Accounts, clients: dict[str, Client]) -> None:
    client = clients["cust"]
    sent = {"_xsrf": client.token("/profile")}
    assert client.send("/profile/choices", f"zone=Asia%2FTokyo&_xsrf={sent['_xsrf']}").status == 204
    assert ">Asia/Tokyo<" in client.get("/profile").text
    assert client.send("/profile/choices", f"zone=Mars&_xsrf={sent['_xsrf']}").status == 422
    assert client.send("/profile/choices", "zone=UTC").status == 403, "without the token of forms"
    with accounts.database.reading() as db:
        assert preferences.load(db, users.get(db, "cust@shell.example").id)["zone"] == "Asia/Tokyo"


# what is not there, not allowed, not over ---------------------------------------------------------


@pytest.mark.parametrize("tag", LANGUAGES)
def test_a_page_that_is_not_there_is_said_in_the_shell(
    accounts: Accounts, clients: dict[str, Client], tag: str
) -> None:
    del clients
    answer = client_of(accounts, "reader@shell.example", tag).get("/nothing/here")
    assert answer.status == 404
    with speaking(tag):
        from cxreports.language import _

        heading, link, reason = _("There is no such page"), _("To the dashboard"), _("Skip to content")
    assert pieces("<h1>(.*?)</h1>", answer) == [heading]
    assert pieces("<title>(.*?)</title>", answer) == [f"{heading} · cxreports"]
    assert pieces('<a class="cx-primary" href="/">(.*?)</a>', answer) == [link]
    assert pieces('class="cx-skip"[^>]*>(.*?)<', answer) == [reason]
    assert "cx-topbar" in answer.text
    assert (tag == "en") or heading != "There is no such page"


def test_what_is_not_for_a_person_is_said_in_the_shell(clients: dict[str, Client]) -> None:
    answer = clients["cust"].get("/operator/users")
    assert answer.status == 403
    assert pieces("<h1>(.*?)</h1>", answer) == ["This is not for you to see"]
    assert "ask your operator" in answer.text
    assert pieces('class="cx-company-name">(.*?)<', answer) == ["Shelly & Co"]


def test_a_session_that_is_over_is_said_at_the_log_in(accounts: Accounts, clients: dict[str, Client]) -> None:
    del clients
    client = client_of(accounts, "cust@shell.example")
    assert client.get("/session").status == 204
    with accounts.database.writing() as db:
        sessions.end(db, client.cookies["cx-session"])
    assert client.get("/session").status == 302
    answer = client.get("/profile")
    assert answer.status == 302
    shown = client.get(answer.headers["location"])
    assert shown.said == "Your session is over. Log in to go on where you were."
    assert "cx-topbar" not in shown.text
    assert Client(accounts.portal.address).get("/login?next=/profile").said == ""


def test_asking_for_the_session_does_not_keep_it(accounts: Accounts, clients: dict[str, Client]) -> None:
    del clients
    client = client_of(accounts, "cust@shell.example")
    long_ago = now() - timedelta(minutes=5)

    def seen() -> LoginSession:
        with accounts.database.reading() as db:
            found = sessions.find(db, client.cookies["cx-session"])
            assert found is not None
            return found

    with accounts.database.writing() as db:
        db.get_one(LoginSession, seen().id_hash).seen_at = long_ago
    assert client.get("/session").status == 204
    assert seen().seen_at == long_ago
    # A page that sleeps is open, as one with a connection is.
    assert client.get("/session/open").status == 204
    assert seen().seen_at > long_ago
