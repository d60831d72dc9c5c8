"""What is done to a schedule from its row, and the deliveries that have not arrived."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from small_office import ANA, BEA, OLGA, office_of
from sqlalchemy import select
from workshop import Bench

from cxreports.portal.database import now
from cxreports.portal.post.outgoing import OutgoingMessage, State
from cxreports.portal.schedules.tables import Part, Run, Schedule
from cxreports.schedules.worker import Worker
from cxreports.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from small_office import Client, Office

SECRET = "hunter2-hunter2"
WEEKLY = {
    "act": "save", "name": "Weekly quality", "notebook": "destinations", "period": "last-month",
    "every": "weekly", "days": "tue", "at": "06:45", "zone": "Asia/Tokyo", "missed": "skip", "wait_h": "9",
    "to": f"ben@acme.example\nhttps://acme.example/hook\nsftp://acme:{SECRET}@files.example/in",
    "formats": "csv", "language": "de",
}  # fmt: skip


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """An office where Ana has a schedule."""
    with office_of(tmp_path_factory.mktemp("home")) as running:
        assert running.client(ANA).post("/reports/schedule", **WEEKLY).status == 200
        yield running


@pytest.fixture(name="ana")
def _ana(office: Office) -> Client:
    return office.client(ANA)


@pytest.fixture(scope="module")
def schedule(office: Office) -> str:
    with office.database.reading() as db:
        return str(db.scalars(select(Schedule.id).where(Schedule.name == "Weekly quality")).one())


def work(office: Office) -> None:
    worker = Worker(office.database, Settings(home=office.portal.home), Bench())
    worker.reports()
    worker.mail()


def names(office: Office) -> list[str]:
    with office.database.reading() as db:
        return list(
            db.scalars(select(Schedule.name).where(Schedule.removed_at.is_(None)).order_by(Schedule.id))
        )


def test_one_report_goes_to_who_asks_alone(office: Office, schedule: str, ana: Client) -> None:
    page = ana.get("/reports").text
    assert f'data-menu="cx-schedule-{schedule}"' in page
    office.mailbox.letters.clear()
    done = ana.post("/reports", act="send", id=schedule)
    assert "The report is being made, and goes to ana@acme.example alone." in done.text
    work(office)
    assert [str(each["To"]) for each in office.mailbox.letters] == [ANA]
    editor = ana.get(f"/reports/schedule?schedule={schedule}").text
    assert re.search(r"Last: (today|yesterday) \d\d:\d\d, 1 of 1<", editor)


def test_a_copy_of_a_schedule_is_a_form_without_its_passwords(
    office: Office, schedule: str, ana: Client
) -> None:
    path = f"/reports/schedule?copy={schedule}"
    page = ana.get(path).text
    assert re.search(r'name="name"[^>]* value="Weekly quality \(copy\)"', page)
    for name, value in (("at", "06:45"), ("zone", "Asia/Tokyo"), ("wait_h", "9")):
        assert re.search(rf'name="{name}"[^>]* value="{value}"', page), name
    for name, value in (
        ("notebook", "destinations"),
        ("every", "weekly"),
        ("days", "tue"),
        ("formats", "csv"),
    ):
        assert re.search(rf'name="{name}" value="{value}" checked', page), name
    (to,) = re.findall(r"<textarea[^>]*>([^<]*)</textarea>", page)
    assert to.split() == ["ben@acme.example", "https://acme.example/hook"]
    assert SECRET not in page
    assert "sealed-" not in page
    assert names(office) == ["Weekly quality"], "nothing is kept before it is saved"
    assert ana.post(path, **WEEKLY | {"name": "Another", "to": "ben@acme.example"}).status == 200
    assert names(office) == ["Weekly quality", "Another"]


def test_nobody_copies_or_sends_the_schedule_of_another(office: Office, schedule: str) -> None:
    bea = office.client(BEA)
    before = names(office)
    path = f"/reports/schedule?copy={schedule}"
    assert bea.get(path).status == 404
    assert "Weekly quality" not in bea.get(path).text
    for act in ("send", "remove"):
        assert bea.post("/reports", act=act, id=schedule, confirmed="yes").status == 422
    bea.post(path, **WEEKLY | {"name": "Bea's"})
    with office.database.reading() as db:
        runs = list(db.scalars(select(Run.asked_by)))
        own = db.scalars(select(Schedule).where(Schedule.name == "Bea's")).one_or_none()
    assert BEA not in runs
    assert own is None or own.customers == ["bravo"]
    assert [each for each in names(office) if each != "Bea's"] == before


def missing(client: Client) -> list[str]:
    page = client.get("/reports?show=missing").body.decode()
    (address,) = re.findall(r'href="/(reports\?[^"]*form=csv[^"]*)"', page)
    answer = client.get("/" + address.replace("&amp;", "&"))
    lines = csv.DictReader(io.StringIO(answer.body.decode("utf-8-sig"), newline=""))
    return [each["state"] for each in lines]


def test_the_file_of_deliveries_is_of_those_that_are_shown(
    office: Office, schedule: str, ana: Client
) -> None:
    ana.post("/reports", act="run", id=schedule)
    work(office)
    with office.database.reading() as db:
        states = list(db.scalars(select(OutgoingMessage.state)))
    assert State.SENT in states
    assert State.WAITING in states, "what goes elsewhere than by mail is nobody's turn here"
    assert missing(ana) == [each for each in states if each != State.SENT]
    assert missing(office.client(OLGA)) == missing(ana)


def test_reports_of_today_and_yesterday_say_so(office: Office, schedule: str, ana: Client) -> None:
    ana.cookies["cx-zone"] = "Pacific/Kiritimati"
    with office.database.writing() as db:
        part = db.scalars(select(Part)).first()
        assert part
        local = now() + timedelta(hours=14)
        part.made_at = now().replace(minute=0, second=0, microsecond=0)
        expected = f"today {local:%H}:00 ·"
    assert expected in ana.get("/reports").text
    with office.database.writing() as db:
        part = db.scalars(select(Part).where(Part.id == part.id)).one()
        part.made_at -= timedelta(days=1)
    assert expected.replace("today", "yesterday") in ana.get("/reports").text
