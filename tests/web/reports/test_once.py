"""Reports that people have made once: asked for, waited for, opened; by whoever may, for themselves alone."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
from driving import visit
from small_office import ANA, BEA, OLGA, load_calls, office_of
from sqlalchemy import delete, select
from workshop import Bench

from cxreports.portal import audit
from cxreports.portal.audit import Event
from cxreports.portal.database import now
from cxreports.portal.post.outgoing import OutgoingMessage
from cxreports.portal.schedules import library, once
from cxreports.portal.schedules.tables import Part, ReportFile, Run, Schedule
from cxreports.portal.tables import Throttle
from cxreports.schedules.worker import Worker
from cxreports.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser
    from small_office import Answer, Client, Office

FORM = {"act": "make", "notebook": "report", "period": "last-week", "formats": "csv"}
PAGE = "/reports/once"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office_of(tmp_path_factory.mktemp("home")) as running:
        at = now() - timedelta(days=2)
        load_calls(running.portal.home, [(each, at, 30, 200, "0.1", "USD") for each in ("acme", "bravo")])
        yield running


@pytest.fixture(autouse=True)
def _anew(office: Office) -> Iterator[None]:
    """Nobody has asked for anything yet."""
    yield
    with office.database.writing() as db:
        db.execute(delete(Schedule))
        db.execute(delete(Throttle))


@pytest.fixture(name="ana")
def _ana(office: Office) -> Client:
    return office.client(ANA)


def work(office: Office, *, failing: str = "") -> Bench:
    """Do what is due, as a worker does."""
    bench = Bench()
    bench.failing = {failing}
    worker = Worker(office.database, Settings(home=office.portal.home), bench)
    worker.reports()
    worker.mail()
    return bench


def key(client: Client) -> str:
    (found,) = re.findall(r'name="key" value="([0-9a-f]{32})"', client.get(PAGE).text)
    return found


def ask(client: Client, **fields: str) -> Answer:
    """Send the form once: where it leads, or what is wrong."""
    client.token(PAGE)
    body = {**FORM, "key": key(client), "_xsrf": client.token()} | fields
    return client.send(PAGE, urlencode(body))


def asked(client: Client, **fields: str) -> str:
    answer = ask(client, **fields)
    assert answer.status == 303, answer.text
    return answer.headers["location"]


def test_a_report_is_asked_for_made_and_ready(office: Office, ana: Client) -> None:
    assert 'href="/reports/once"' in ana.get("/reports").text
    page = asked(ana)
    waiting = ana.get(page)
    assert "The report has been in the making since " in waiting.text
    (part,) = re.findall(r'data-refresh="([^"]*)"', waiting.text)
    assert "data-settled" not in ana.get(part).text
    bench = work(office)
    (task,) = bench.tasks
    assert (task.notebook, task.customers, task.formats) == ("report", ["acme"], ["csv"])
    assert task.period.length == timedelta(days=7)
    ready = ana.get(part).text
    assert "data-settled" in ready
    (opened,) = re.findall(r'<a class="cx-btn" href="([^"]*)"[^>]* data-opens>', ready)
    with office.database.reading() as db:
        file = db.scalars(select(ReportFile)).one()
    assert ana.get(opened).body == (office.portal.home / file.path).read_bytes()
    assert "data-refresh" not in ana.get(page).text, "what is ready is not asked for again"
    assert opened in ana.get("/reports").text, "it stands in the library"


def test_it_is_sent_to_nobody_and_is_no_schedule(office: Office, ana: Client) -> None:
    asked(ana)
    work(office)
    with office.database.reading() as db:
        assert db.scalars(select(OutgoingMessage)).all() == []
        schedule, part = db.scalars(select(Schedule)).one(), db.scalars(select(Part)).one()
        (entry,) = [each for each in audit.entries(db) if each.event == Event.REPORT_ASKED][:1]
    assert (entry.who, entry.company_id) == (ANA, "acme")
    page = ana.get("/reports").text
    assert "No report arrives by itself yet." in page
    assert "Send again" not in page
    assert ana.get(f"/reports/schedule?schedule={schedule.id}").status == 404
    for act in ("pause", "resume", "run", "remove"):
        assert ana.post("/reports", act=act, id=str(schedule.id), confirmed="yes").status == 422
    assert ana.post("/reports", act="again", id=str(part.id)).status == 422


def test_a_form_that_is_sent_twice_asks_for_one_report(office: Office, ana: Client) -> None:
    same = key(ana)
    clients = [office.client(ANA) for _ in range(4)]
    for each in clients:
        each.token(PAGE)
    with ThreadPoolExecutor(len(clients)) as pool:
        pages = set(pool.map(lambda each: asked(each, key=same), clients))
    assert len(pages) == 1
    bench = work(office)
    assert len(bench.tasks) == 1
    assert asked(ana, key=same) in pages, "nor later"
    assert work(office).tasks == []
    assert asked(office.client(BEA), key=same) not in pages, "anothers key is anothers"


def test_one_person_has_few_in_the_making_and_asks_seldom(office: Office, ana: Client) -> None:
    for _ in range(once.MOST_AT_ONCE):
        asked(ana)
    refused = ask(ana)
    assert (refused.status, refused.said) == (
        422,
        "3 of your reports are being made: wait until one is ready.",
    )
    asked(office.client(BEA))
    for _ in range(3):
        work(office)
        for _ in range(once.MOST_AT_ONCE):
            answer = ask(ana)
    assert (answer.status, int(answer.headers["retry-after"]) > 0) == (429, True)
    with office.database.reading() as db:
        assert len(db.scalars(select(Run).join(Schedule).where(Schedule.owner_email == ANA)).all()) <= 11


def test_nobody_else_sees_or_asks_for_it(office: Office, ana: Client) -> None:
    bea, olga, stranger = office.client(BEA), office.client(OLGA), office.client()
    page = asked(ana, customers="bravo")
    assert work(office).tasks[0].customers == ["acme"], "a customer asks for their own"
    with office.database.reading() as db:
        file = db.scalars(select(ReportFile)).one()
    for path in (page, f"{page}/state", f"/reports/file/{file.id}"):
        assert bea.get(path).status == 404
        answer = stranger.get(path)
        assert (answer.status, answer.headers["location"].startswith("/login")) == (302, True)
    assert "/reports/file/" not in bea.get("/reports").text
    assert olga.get(page).status == 404, "who waits is who asked"
    assert f"/reports/file/{file.id}" in olga.get("/reports").text
    asked(bea, customers="acme")
    assert work(office).tasks[0].customers == ["bravo"]
    assert ana.get("/reports").text.count('class="cx-card cx-report-card"') == 1


def test_operators_ask_for_any_customer_and_for_themselves(office: Office, ana: Client) -> None:
    olga = office.client(OLGA)
    assert 'value="bravo"' in olga.get(f"{PAGE}?customers=bravo").text
    for wrong in ("", "all", "nobody"):
        refused = ask(olga, customers=wrong)
        assert (refused.status, bool(refused.fault("customers"))) == (422, True)
    page = asked(olga, customers="acme")
    work(office)
    assert "Acme Telecom" in olga.get(page).text
    with office.database.reading() as db:
        part = db.scalars(select(Part)).one()
    assert (part.customer, part.company_id) == ("acme", None)
    assert "/reports/file/" not in ana.get("/reports").text, "what operators look at is theirs"


def test_one_that_fails_says_so_and_can_be_asked_for_again(office: Office, ana: Client) -> None:
    olga = office.client(OLGA)
    fields = {"period": "dates", "first": "2026-03-01", "last": "2026-03-15", "notebook": "destinations"}
    of_ana, of_olga = asked(ana, **fields), asked(olga, **fields, customers="acme")
    work(office, failing="acme")
    assert "acme has no calls" in olga.get(of_olga).text
    page = ana.get(f"{of_ana}/state").text
    assert "The report could not be made." in page
    assert "data-settled" in page
    assert "acme has no calls" not in page, "the reason may name what is the operators' alone"
    (again,) = re.findall(r'<a href="([^"]*)">Try again', page)
    form = ana.get(again).text
    for each in (
        'value="2026-03-01"',
        'value="2026-03-15"',
        'value="destinations" checked',
        'value="csv" checked',
    ):
        assert each in form
    with office.database.reading() as db:
        part = db.scalars(select(Part).where(Part.company_id == "acme")).one()
    assert (f"{part.period_start:%m-%d}", f"{part.period_end:%m-%d}") == ("03-01", "03-16")


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("notebook", "/etc/passwd"),
        ("period", "yesterdays"),
        ("period", "2026-13-01/2026-13-02"),
        ("formats", "docx"),
        ("formats", ""),
        ("first", "2026-02-30"),
        ("last", "2025-12-31"),
        ("last", "2027-01-02"),
        ("last", "99999-01-01"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_made(
    office: Office, ana: Client, field: str, typed: str
) -> None:
    dates = (
        {"period": "dates", "first": "2026-01-01", "last": "2026-01-02"} if field in {"first", "last"} else {}
    )
    refused = ask(ana, **dates | {field: typed})
    assert (refused.status, "cx-field-error" in refused.text) == (422, True)
    assert ask(ana, key="mine").status == 422
    assert work(office).tasks == []


def test_who_has_no_calls_need_not_wait(office: Office) -> None:
    refused = ask(office.client(OLGA), customers="quiet")
    assert (refused.status, refused.said) == (422, "There are no calls to report on yet.")


def test_what_is_over_is_forgotten(office: Office, ana: Client) -> None:
    asked(ana)
    work(office)
    asked(ana)
    with office.database.writing() as db:
        library.take_expired(db, now() + timedelta(days=2))
        assert len(db.scalars(select(Schedule)).all()) == 2, "one is kept, one is in the making"
        library.take_expired(db, now() + timedelta(days=3_650))
        assert len(db.scalars(select(Schedule)).all()) == 1


@pytest.mark.browser
def test_the_page_opens_it_when_it_is_ready(office: Office, browser: Browser) -> None:
    address = f"{office.portal.address}{PAGE}"
    with visit(browser, address, wait=False, session_id=office.session(ANA)) as page:
        page.get_by_role("radio", name="Two dates").check()
        page.get_by_label("From", exact=True).fill("2026-03-01")
        page.get_by_label("To", exact=True).fill("2026-03-15")
        page.get_by_role("checkbox", name="PDF").uncheck()
        page.get_by_role("checkbox", name="CSV").check()
        page.get_by_role("button", name="Make the report").click()
        page.get_by_text("in the making since").wait_for()
        with page.expect_download() as download:
            work(office)
        assert download.value.suggested_filename.startswith("Summary_acme_2026-03-01_2026-03-15_")
        page.get_by_text("The report is ready.").wait_for()
        assert page.url.startswith(f"{address}/")
