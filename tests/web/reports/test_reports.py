"""Reports as people use them: scheduled, run, downloaded, sent again, stopped; and nobody else's."""

from __future__ import annotations

import csv
import html
import io
import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import Request, urlopen

import pytest
from driving import visit
from small_office import ANA, BEA, OLGA, office_of
from sqlalchemy import select
from workshop import Bench

from cxreports.portal import audit
from cxreports.portal.database import now
from cxreports.portal.people.vault import Vault
from cxreports.portal.post.outgoing import OutgoingMessage
from cxreports.portal.schedules import links
from cxreports.portal.schedules.tables import Part, Recipient, ReportFile, Run, Schedule
from cxreports.portal.tables import LoginSession
from cxreports.reports.run import thumbnail_of
from cxreports.schedules.retention import delete_expired
from cxreports.schedules.worker import Worker
from cxreports.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser
    from small_office import Client, Office

WEEKLY = {
    "act": "save", "name": "Weekly quality", "notebook": "report", "period": "last-week", "every": "weekly",
    "days": "mon", "at": "07:00", "zone": "Europe/Madrid", "missed": "once", "wait_h": "6",
    "to": "ben@acme.example\ndesk@acme.example", "formats": "csv", "language": "en",
}  # fmt: skip


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office_of(tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.fixture(name="ana")
def _ana(office: Office) -> Client:
    return office.client(ANA)


@pytest.fixture(scope="module")
def schedule(office: Office) -> str:
    """Id of Ana's schedule, which has run once."""
    ana = office.client(ANA)
    assert ana.post("/reports/schedule", **WEEKLY).status == 200
    (number,) = set(re.findall(r"reports/schedule\?schedule=(\d+)", ana.get("/reports").text))
    assert "The report is being made" in ana.post("/reports", act="run", id=number).text
    work(office)
    return number


def work(office: Office, *failing: str) -> None:
    """Do what is due; letters go into the mailbox or files, as the office has it."""
    bench = Bench(("acme", "bravo"))
    bench.failing = set(failing)
    worker = Worker(office.database, settings_of(office), bench)
    worker.reports()
    worker.mail()


def first_file(office: Office) -> ReportFile:
    with office.database.reading() as db:
        return db.scalars(select(ReportFile).order_by(ReportFile.id)).first()  # type: ignore[return-value]


def test_a_schedule_says_when_it_is_due_and_what_became_of_it(
    office: Office, schedule: str, ana: Client
) -> None:
    page = ana.get("/reports").text
    assert "Every Monday, 07:00" in page
    assert "Delivered" in page
    assert ", 2 of 2" in page
    assert "ben@acme.example" in page
    editor = ana.get(f"/reports/schedule?schedule={schedule}").text
    assert 'value="Weekly quality"' in editor
    assert "Every Monday, 07:00 Europe/Madrid" in editor


def test_a_schedule_whose_time_has_passed_says_so(office: Office, schedule: str, ana: Client) -> None:
    with office.database.writing() as db:
        row = db.get_one(Schedule, int(schedule))
        due, row.next_due_at = row.next_due_at, now() - timedelta(minutes=3)
    assert "overdue, not begun yet" in ana.get("/reports").text
    with office.database.writing() as db:
        db.get_one(Schedule, int(schedule)).next_due_at = due
    assert "overdue" not in ana.get("/reports").text


def test_the_sentence_follows_what_is_typed(ana: Client) -> None:
    asked = "every=daily&at=02:30&zone=Europe/Madrid&period=yesterday&name=x"
    page = ana.get(f"/reports/when?{asked}").text
    assert "Every day, 02:30 Europe/Madrid" in page
    assert "the clocks pass over 02:30: it is due at 03:00." in page
    assert "the clocks show 02:30 twice: it is due at the first." in page
    wrong = ana.get("/reports/when?every=daily&at=25:00&zone=UTC&period=yesterday&name=x")
    assert (wrong.status, "at" in wrong.text) == (422, True)


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("name", ""),
        ("at", "7 o'clock"),
        ("zone", "Europe/Atlantis"),
        ("to", "nobody"),
        ("to", "ftp://files.example/x"),
        ("formats", "docx"),
        ("wait_h", "-1"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_kept(field: str, typed: str, ana: Client) -> None:
    before = ana.get("/reports").text.count("reports/schedule?schedule=")
    refused = ana.post("/reports/schedule", **WEEKLY | {field: typed})
    assert refused.status == 422
    assert "cx-field-error" in refused.text
    assert ana.get("/reports").text.count("reports/schedule?schedule=") == before


def test_a_customer_cannot_choose_whom_it_is_about(office: Office, ana: Client) -> None:
    ana.post("/reports/schedule", **WEEKLY | {"name": "Not mine", "customers": "all", "to_customers": "1"})
    with office.database.reading() as db:
        kept = db.scalars(select(Schedule).where(Schedule.name == "Not mine")).one()
    assert (kept.company_id, kept.customers, kept.to_customers) == ("acme", ["acme"], False)
    (number,) = re.findall(r"schedule=(\d+)[^>]*>Not mine", ana.get("/reports").text)
    assert ana.post(f"/reports/schedule?schedule={number}", act="remove", confirmed="yes").status == 200


def test_a_notebook_of_ones_own_comes_from_the_command_line_alone(office: Office, ana: Client) -> None:
    for client in (ana, office.client(OLGA)):
        path = str(Path(__file__).resolve())
        assert client.post("/reports/schedule", **WEEKLY | {"notebook": path}).status == 422


def test_nobody_else_sees_changes_or_downloads_it(office: Office, schedule: str) -> None:
    bea, olga, stranger = office.client(BEA), office.client(OLGA), office.client()
    file = first_file(office)
    assert "Weekly quality" not in bea.get("/reports").text
    assert bea.get(f"/reports/schedule?schedule={schedule}").status == 404
    for act in ("pause", "resume", "run", "remove"):
        assert bea.post("/reports", act=act, id=schedule, confirmed="yes").status == 422
    with office.database.reading() as db:
        message = db.scalars(select(OutgoingMessage.id)).first()
        token = links.file_link(settings_of(office), vault(office), file.id, now()).rpartition("/")[2]
    assert bea.post("/reports", act="retry", id=str(message)).status == 422
    assert bea.post("/reports", act="again", id="1").status == 422
    assert bea.post(f"/reports/schedule?schedule={schedule}", **WEEKLY).status == 404
    assert bea.get(f"/reports/file/{file.id}").status == 404
    assert bea.get(f"/reports/link/{token}").status == 404
    asked = stranger.get(f"/reports/link/{token}")
    assert (asked.status, asked.body) == (302, b"")
    assert "/login?next=" in asked.headers["location"]
    assert "Weekly quality" in olga.get("/reports").text
    assert olga.get(f"/reports/file/{file.id}").status == 200


def test_a_file_is_a_download_and_a_link_to_it_ends(office: Office, schedule: str, ana: Client) -> None:
    file = first_file(office)
    answer = ana.get(f"/reports/file/{file.id}")
    assert answer.body == (settings_of(office).home / file.path).read_bytes()
    assert answer.headers["content-disposition"].startswith("attachment;")
    good = links.file_link(settings_of(office), vault(office), file.id, now()).rpartition("/")[2]
    assert ana.get(f"/reports/link/{good}").body == answer.body
    over = links.file_link(settings_of(office), vault(office), file.id, now() - links.LIFE).rpartition("/")[2]
    assert ana.get(f"/reports/link/{over}").status == 404
    forged = re.sub(r"\.\d+\.", ".9999999999.", good)
    assert ana.get(f"/reports/link/{forged}").status == 404


def test_operators_prove_who_they_are_before_a_file(office: Office, schedule: str) -> None:
    file, olga, ana = first_file(office), office.client(OLGA), office.client(ANA)
    good = links.file_link(settings_of(office), vault(office), file.id, now()).rpartition("/")[2]
    with office.database.writing() as db:
        for each in db.scalars(select(LoginSession)):
            each.created_at = now() - timedelta(minutes=31)
    for path in (f"/reports/file/{file.id}", f"/reports/link/{good}"):
        asked = olga.get(path)
        assert (asked.status, "content-disposition" in asked.headers) == (401, False)
        assert ana.get(path).status == 200, "a customer's are of their own company"


def deliveries_of(client: Client) -> list[dict[str, str]]:
    answer = client.get("/reports?form=csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="deliveries.csv"'
    return list(csv.DictReader(io.StringIO(answer.body.decode("utf-8-sig"), newline="")))


def test_deliveries_are_a_file_of_ones_own(office: Office, schedule: str, ana: Client) -> None:
    assert 'aria-label="Download CSV"' in ana.get("/reports").text
    rows = deliveries_of(ana)
    assert {each["to"] for each in rows} >= {"ben@acme.example", "desk@acme.example"}
    first = next(each for each in rows if each["to"] == "ben@acme.example")
    assert (first["report"], first["customer"], first["company_name"]) == (
        "Weekly quality",
        "acme",
        "Acme Telecom",
    )
    assert (first["channel"], first["formats"], first["state"], first["tries"]) == (
        "mail",
        "csv",
        "sent",
        "1",
    )
    assert first["answer"].startswith("250 ")
    assert first["ended_utc"].endswith("+00:00")
    assert deliveries_of(office.client(BEA)) == []
    assert deliveries_of(office.client(OLGA)) == rows, "operators have those of all"
    with office.database.reading() as db:
        exports = [
            (each.who, each.detail) for each in audit.entries(db) if each.detail.get("what") == "deliveries"
        ]
    assert sorted(exports, key=lambda each: each[0]) == [
        (ANA, {"what": "deliveries", "rows": len(rows)}),
        (BEA, {"what": "deliveries", "rows": 0}),
        (OLGA, {"what": "deliveries", "rows": len(rows)}),
    ]


def test_one_click_unsubscribes_one_receiver_without_a_login(
    office: Office, schedule: str, ana: Client
) -> None:
    with office.database.reading() as db:
        message = db.scalars(
            select(OutgoingMessage).where(OutgoingMessage.target == "desk@acme.example")
        ).first()
        other = db.scalars(select(Recipient).where(Recipient.target == "ben@acme.example")).first()
    assert message
    assert other
    path = "/unsubscribe/" + message.headers["List-Unsubscribe"].strip("<>").rpartition("/")[2]
    stranger = office.client()
    assert "desk@acme.example shall get no more" in stranger.get(path).text
    assert "desk@acme.example" in receivers(ana, schedule), "a link that is looked at changes nothing"
    forged = path.replace(re.findall(r"/(\d+)\.", path)[0] + ".", f"{other.id}.")
    assert one_click(office, forged) == 404
    assert one_click(office, path) == 200
    assert receivers(ana, schedule) == ["ben@acme.example"]
    assert "desk@acme.example</bdi>: wants no more" in ana.get(f"/reports/schedule?schedule={schedule}").text
    again = ana.post(
        f"/reports/schedule?schedule={schedule}",
        **WEEKLY | {"to": "Desk@acme.example", "keeps": str(other.id)},
    )
    assert again.status == 422


def receivers(client: Client, schedule: str) -> list[str]:
    page = client.get(f"/reports/schedule?schedule={schedule}").text
    return [html.unescape(each) for each in re.findall(r'name="keeps"[^>]*><span><bdi>([^<]*)', page)]


def one_click(office: Office, path: str) -> int:
    """Post as a mail program does: no cookie, no token, the words of RFC 8058."""
    request = Request(office.portal.address + path, data=b"List-Unsubscribe=One-Click", method="POST")
    try:
        with urlopen(request) as answer:
            return int(answer.status)
    except OSError as error:
        return int(getattr(error, "code", 0))


def test_pausing_can_be_undone_and_deleting_is_asked(office: Office, schedule: str, ana: Client) -> None:
    paused = ana.post("/reports", act="pause", id=schedule)
    assert 'name="act" value="resume">Undo' in paused.text
    assert "paused by" in paused.text
    assert ana.post("/reports", act="resume", id=schedule).status == 200
    asked = ana.post(f"/reports/schedule?schedule={schedule}", act="remove")
    assert "Delete the schedule “Weekly quality”?" in asked.text
    assert "Weekly quality" in ana.get("/reports").text


def settings_of(office: Office) -> Settings:
    return Settings(home=office.portal.home)


def vault(office: Office) -> Vault:
    return Vault.of(settings_of(office))


def test_a_pdf_is_shown_by_its_first_page_to_those_whose_it_is(office: Office, ana: Client) -> None:
    ana.post("/reports/schedule", **WEEKLY | {"name": "Pictured", "formats": "pdf"})
    (number,) = re.findall(r"schedule=(\d+)[^>]*>Pictured", ana.get("/reports").text)
    ana.post("/reports", act="run", id=number)
    work(office)
    with office.database.reading() as db:
        file = db.scalars(select(ReportFile).where(ReportFile.format == "pdf")).one()
    assert "· 2 pages, 1\N{NO-BREAK SPACE}kB</p>" in ana.get("/reports").text
    with office.database.writing() as db:
        db.get_one(ReportFile, file.id).pages = None
    shown = ana.get("/reports").text
    assert "· 1\N{NO-BREAK SPACE}kB</p>" in shown, (
        "one that was made before pages were counted shows its size"
    )
    assert " pages, " not in shown
    address = f"/reports/thumbnail/{file.id}"
    assert address not in ana.get("/reports").text, "one that has no picture keeps its sign"
    assert ana.get(address).status == 404
    picture = thumbnail_of(settings_of(office).home / file.path)
    picture.write_bytes(b"\x89PNG of the first page")
    (shown,) = re.findall(
        f'<a class="cx-report-sheet" href="[^"]*/file/{file.id}"><img ([^>]*)>', ana.get("/reports").text
    )
    assert f'{address}"' in shown
    assert 'loading="lazy"' in shown
    assert 'alt="First page of “Pictured, ' in shown
    answer = ana.get(address)
    assert (answer.body, answer.headers["content-type"]) == (picture.read_bytes(), "image/png")
    assert answer.headers["cache-control"] == "private, no-cache"
    assert office.client(OLGA).get(address).status == 200
    assert office.client(BEA).get(address).status == 404
    assert office.client().get(address).status in {302, 403}
    assert office.client().get(address).body != answer.body
    delete_expired(office.database, settings_of(office).home, now() + timedelta(days=3_650))
    assert not picture.exists()
    assert not (settings_of(office).home / file.path).exists()
    assert ana.get(address).status == 404
    ana.post(f"/reports/schedule?schedule={number}", act="remove", confirmed="yes")


def copied(row: Part | Run, **changed: object) -> dict[str, object]:
    """A row's values for another one."""
    columns = (column.key for column in row.__table__.columns)
    return {name: getattr(row, name) for name in columns if name != "id"} | changed


def test_finished_reports_come_in_pages(office: Office, schedule: str, ana: Client) -> None:
    ana.post("/reports", act="run", id=schedule)
    work(office)
    with office.database.writing() as db:
        asked = select(Part).join(Run, Run.id == Part.run_id).where(Run.schedule_id == int(schedule))
        part = db.scalars(asked).first()
        assert part is not None
        for days in range(1, 13):
            at = part.made_at - timedelta(days=days)
            run = Run(**copied(part.run, due_at=at))
            db.add(run)
            db.flush()
            db.add(Part(**copied(part, run_id=run.id, made_at=at)))
    pages = {made: ana.get(f"/reports?made={made}").text for made in ("1", "2", "99", "x")}
    (total,) = re.findall("1\N{EN DASH}8 of ([0-9]+)", pages["1"])
    assert f"9\N{EN DASH}{total} of {total}" in pages["2"]
    assert f"9\N{EN DASH}{total} of {total}" in pages["99"], "the last one"
    assert f"1\N{EN DASH}8 of {total}" in pages["x"]
    cards = [pages[made].count("<article") for made in ("1", "2")]
    assert cards == [8, int(total) - 8]
    every = ana.get("/reports?show=all").text
    assert every.count("<article") == int(total)
    assert f"of {total}" not in every


def test_receivers_go_by_their_names_and_an_operators_is_told_to_operators_alone(
    office: Office, schedule: str, ana: Client
) -> None:
    assert schedule
    added = ana.post("/reports/schedule", **WEEKLY | {"name": "Named", "to": f"{ANA}\n{OLGA}"})
    (number,) = re.findall(r"reports/schedule\?schedule=(\d+)\S*>Named<", added.text)
    assert f'<span title="{ANA}, {OLGA}">Ana, {OLGA}</span>' in added.text
    assert f'<span title="{ANA}, {OLGA}">Ana, Olga</span>' in office.client(OLGA).get("/reports").text
    ana.post(f"/reports/schedule?schedule={number}", act="remove", confirmed="yes")


def test_what_was_not_made_is_told_with_its_reason_to_operators_alone(office: Office, ana: Client) -> None:
    olga = office.client(OLGA)
    work(office, "acme")
    ids = {}
    for client, name, more in (
        (olga, "For all", {"customers": "all"}),
        (olga, "For some", {"customers": "acme"}),
        (ana, "Mine", {}),
    ):
        client.post("/reports/schedule", **WEEKLY | {"name": name} | more)
        (ids[name],) = re.findall(rf"schedule=(\d+)[^>]*>{name}<", client.get("/reports").text)
        client.post("/reports", act="run", id=ids[name])
    work(office, "acme")
    rows = re.findall(r"<tr.*?</tr>", olga.get("/reports").text, re.DOTALL)
    row = {name: next(each for each in rows if f">{name}<" in each) for name in ids}
    assert '<span class="cx-tag cx-hollow cx-warn">1 of 2 made</span>' in row["For all"]
    assert ">Failed</span>" in row["For some"]
    assert ">Failed</span>" in row["Mine"]
    for number in ids.values():
        page = olga.get(f"/reports/schedule?schedule={number}").text
        assert "<b>Acme Telecom</b>" in page
        assert "acme has no calls" in page
    own = ana.get(f"/reports/schedule?schedule={ids['Mine']}").text
    assert "The report could not be made." in own
    assert "has no calls" not in own
    assert ana.get(f"/reports/schedule?schedule={ids['For some']}").status == 404
    assert office.client(BEA).get(f"/reports/schedule?schedule={ids['Mine']}").status == 404
    for client, name in ((olga, "For all"), (olga, "For some"), (ana, "Mine")):
        client.post("/reports", act="run", id=ids[name])
    work(office)
    assert "1 of 2 made" not in olga.get("/reports").text, "the newest run counts"
    for client, name in ((olga, "For all"), (olga, "For some"), (ana, "Mine")):
        assert "has no calls" not in client.get(f"/reports/schedule?schedule={ids[name]}").text
        client.post(f"/reports/schedule?schedule={ids[name]}", act="remove", confirmed="yes")


@pytest.mark.browser
def test_a_schedule_is_switched_by_key_and_says_how_it_stands(
    office: Office, schedule: str, browser: Browser
) -> None:
    assert schedule
    with visit(
        browser, f"{office.portal.address}/reports", wait=False, session_id=office.session(ANA)
    ) as page:
        page.goto(f"{office.portal.address}/reports")
        for stands in ("false", "true"):
            page.get_by_role("switch", name="Weekly quality", exact=True).focus()
            page.keyboard.press("Space")
            page.locator(f"[role=switch][aria-checked={stands}]").wait_for()
        page.get_by_role("switch", name="Weekly quality", exact=True, checked=True).wait_for()


@pytest.mark.browser
def test_a_page_that_is_longer_than_its_window_begins_at_its_top(office: Office, browser: Browser) -> None:
    address = f"{office.portal.address}/reports"
    with visit(browser, address, wait=False, session_id=office.session(ANA)) as page:
        page.set_viewport_size({"width": 390, "height": 120})
        page.goto(address)
        chosen = page.locator(".cx-seg [aria-current]")
        chosen.wait_for()
        page.wait_for_load_state("networkidle")
        assert chosen.evaluate("(link) => link.getBoundingClientRect().top + scrollY > innerHeight")
        assert page.evaluate("scrollY") == 0
