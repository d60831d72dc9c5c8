"""All notices paused on the page of alerts: nothing reaches the mailbox, the page says so, and it ends."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
from small_office import ANA, BEA, OLGA, load_calls, now, office_of
from sqlalchemy import select

from cxreports.alerts.evaluation import evaluate
from cxreports.delivery import outbox
from cxreports.lake import Store
from cxreports.portal.actor import Actor
from cxreports.portal.alerts import rules
from cxreports.portal.alerts.rules import OPERATORS
from cxreports.portal.alerts.tables import NoticePause
from cxreports.portal.audit import Event
from cxreports.portal.post.outgoing import OutgoingMessage
from cxreports.portal.tables import AuditEntry
from cxreports.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from small_office import Client, Office

LATER = timedelta(minutes=1)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """An office where acme and bravo owe for a call each, and watch their balances."""
    with office_of(tmp_path) as running:
        at = now() - timedelta(hours=1)
        load_calls(running.portal.home, [(each, at, 60, 200, "5", "USD") for each in ("acme", "bravo")])
        with running.database.writing() as db:
            for company, email in (("acme", ANA), ("bravo", BEA)):
                low = {"title": "Balance", "metric": "balance", "threshold": "100", "emails": email}
                rules.add(db, OPERATORS, low, company_id=company, by=Actor(email))
        yield running


def judge_and_send(office: Office, after: timedelta = timedelta()) -> list[str]:
    """Judge as of a while from now, send what waits; whom the mail server has got letters for, each time."""
    home = office.portal.home
    office.mailbox.letters.clear()
    evaluate(Store(home), office.database, Settings(home=home), now=now() + after)
    outbox.send_due(office.database, home, now=now() + after)
    return sorted(str(each["To"]) for each in office.mailbox.letters)


def pauses(office: Office) -> dict[str, NoticePause]:
    with office.database.reading() as db:
        return {each.owner: each for each in db.scalars(select(NoticePause))}


def history(client: Client) -> list[str]:
    """Notices of the lines of the history."""
    text = client.get("/alerts").text.partition('id="history"')[2]
    return [" ".join(each.split()) for each in re.findall(r'data-label="Notices">(?:<[^>]*>)?([^<]*)', text)]


def test_nothing_is_sent_while_all_notices_are_paused_and_what_lasts_comes_after(office: Office) -> None:
    ana, bea = office.client(ANA), office.client(BEA)
    page = ana.post("/alerts", act="pause_notices", hours="8").text
    until = pauses(office)["acme"].until
    assert abs(until - now() - timedelta(hours=8)) < timedelta(minutes=1)
    (line,) = re.findall(r"No notices are sent until [^<]*", page)
    assert re.fullmatch(
        r"No notices are sent until (today|tomorrow) \d\d:\d\d\. Paused by Ana, today \d\d:\d\d; "
        r"everything is judged and shown\.",
        line,
    )
    assert f"{until:%H:%M}" in line
    assert "No notices are sent" not in bea.get("/alerts").text
    with office.database.reading() as db:
        own, other = (rules.listed(db, OPERATORS, each)[0].id for each in ("acme", "bravo"))
    assert f"{until:%H:%M}" in ana.get(f"/alerts/rule?rule={own}").text.partition("Muted until ")[2][:16]
    assert "Muted until" not in bea.get(f"/alerts/rule?rule={other}").text
    assert judge_and_send(office) == [BEA]
    assert "not acknowledged" in ana.get("/alerts").text, "it fires, and is shown"
    assert history(ana) == ["Not sent: paused"]
    assert history(bea) == ["1 of 1 delivered"]
    assert "Notices are sent again." in ana.post("/alerts", act="resume_notices").text
    assert "No notices are sent" not in ana.get("/alerts").text
    assert judge_and_send(office, LATER) == [ANA]
    assert history(ana) == ["1 of 1 delivered"]
    with office.database.reading() as db:
        asked = select(AuditEntry).where(AuditEntry.event.startswith("alert_notices"))
        told = [(each.event, each.who, each.company_id) for each in db.scalars(asked.order_by(AuditEntry.id))]
    assert told == [
        (Event.ALERT_NOTICES_PAUSED, ANA, "acme"),
        (Event.ALERT_NOTICES_RESUMED, ANA, "acme"),
    ]


def test_a_notice_that_waits_for_a_mail_server_does_not_leave_in_a_pause(office: Office) -> None:
    evaluate(Store(office.portal.home), office.database, Settings(home=office.portal.home))
    office.client(ANA).post("/alerts", act="pause_notices", hours="1")
    outbox.send_due(office.database, office.portal.home)
    assert [str(each["To"]) for each in office.mailbox.letters] == [BEA]
    assert history(office.client(ANA)) == ["Not sent: paused"]
    assert judge_and_send(office, timedelta(minutes=59)) == []
    assert judge_and_send(office, timedelta(minutes=61)) == [ANA], "it is over by itself"


def test_a_pause_lasts_until_a_time_of_the_pages_clock(office: Office) -> None:
    zone = ZoneInfo("Asia/Kathmandu")
    ana = office.client(ANA)
    ana.cookies["cx-zone"] = zone.key
    assert "times in Asia/Kathmandu" in ana.get("/alerts").text
    wanted = (now() + timedelta(days=2)).astimezone(zone).replace(second=0, hour=6, minute=30)
    ana.post("/alerts", act="pause_notices", hours="", until=f"{wanted:%Y-%m-%dT%H:%M}")
    assert pauses(office)["acme"].until == wanted


def test_a_time_that_is_none_or_too_far_is_refused_at_its_field(office: Office) -> None:
    ana = office.client(ANA)
    times = ("", "tomorrow", "2020-01-01T00:00", "9999-12-31T23:59", "0001-01-01T00:00", "x" * 5_000)
    for typed in [
        *({"until": each} for each in times),
        *({"hours": each} for each in ("0", "-1", "900", "9" * 30)),
    ]:
        answer = ana.post("/alerts", act="pause_notices", **typed)
        assert answer.status == 422
        assert answer.fault("until") == "This should be a time within the next 7 days."
        assert '<details class="cx-drop" open>' in answer.body.decode()
    assert pauses(office) == {}


def test_a_customer_pauses_and_resumes_its_own_notices_alone(office: Office) -> None:
    ana, bea = office.client(ANA), office.client(BEA)
    for path in ("/alerts", "/alerts?company=acme"):
        bea.post(path, act="pause_notices", hours="1", company="acme")
    assert list(pauses(office)) == ["bravo"]
    ana.post("/alerts", act="pause_notices", hours="8")
    for path in ("/alerts", "/alerts?company=acme"):
        bea.post(path, act="resume_notices", company="acme")
    assert list(pauses(office)) == ["acme"]
    assert "No notices are sent" not in bea.get("/alerts?company=acme").text
    stranger = office.client()
    for act in ("pause_notices", "resume_notices"):
        assert stranger.post("/alerts", act=act, hours="1", company="acme").status in {302, 403}
        assert ana.send("/alerts", urlencode({"act": act, "hours": "1"})).status == 403, "without its token"
    assert pauses(office)["acme"].paused_by == ANA
    assert pauses(office)["acme"].until > now() + timedelta(hours=7)


def test_operators_pause_a_companys_notices_or_those_of_their_own_rules(office: Office) -> None:
    olga = office.client(OLGA)
    olga.post("/alerts?company=acme", act="pause_notices", hours="1", company="acme")
    assert "Paused by olga@operator.example" in office.client(ANA).get("/alerts").text
    page = olga.post("/alerts", act="pause_notices", hours="1", company="").text
    assert sorted(pauses(office)) == ["", "acme"]
    assert page.count("No notices are sent until") == 2
    assert olga.get("/alerts?company=bravo").text.count("No notices are sent until") == 0
    assert judge_and_send(office) == [BEA]
    olga.post("/alerts", act="resume_notices", company="acme")
    assert list(pauses(office)) == [""]
    assert olga.post("/alerts", act="pause_notices", hours="1", company="nobody").status == 422


def test_test_notices_are_sent_in_a_pause(office: Office) -> None:
    ana = office.client(ANA)
    ana.post("/alerts", act="pause_notices", hours="1")
    with office.database.reading() as db:
        (rule,) = rules.listed(db, OPERATORS, "acme")
    assert (
        "A test notice to ana@acme.example is on its way."
        in ana.post("/alerts", act="test", id=str(rule.id)).text
    )
    outbox.send_due(office.database, office.portal.home)
    assert [str(each["To"]) for each in office.mailbox.letters] == [ANA]
    with office.database.reading() as db:
        (sent,) = db.scalars(select(OutgoingMessage))
    assert sent.subject.startswith("[Test]")
