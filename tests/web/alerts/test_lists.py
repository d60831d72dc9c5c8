"""The lists of the page of alerts: rules found, their menus, and the history of a period."""

from __future__ import annotations

import csv
import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from small_office import ANA, BEA, DASH, OLGA, load_calls, now, office_of
from sqlalchemy import select

from cxreports.portal.actor import Actor
from cxreports.portal.alerts import rules
from cxreports.portal.alerts.rules import Keeper
from cxreports.portal.alerts.tables import Alert, AlertRule, AlertState
from cxreports.portal.post.outgoing import OutgoingMessage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from small_office import Client, Office
    from sqlalchemy.orm import Session

ASR = {"metric": "asr", "threshold": "35", "reset": "40", "emails": ANA}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """An office where acme has 57 rules, of which two fire and one is paused, and bravo one."""
    with office_of(tmp_path_factory.mktemp("home")) as running:
        load_calls(running.portal.home, [("acme", now() - timedelta(hours=1), 60, 200, "5", "USD")])
        with running.database.writing() as db:
            acme, bravo = (
                [rules.add(db, Keeper(company), ASR | fields, by=Actor(ANA)) for fields in listed]
                for company, listed in (
                    (
                        "acme",
                        [{"title": f"Number {each:02d}"} for each in range(54)]
                        + [
                            {"title": "Straße to SPAIN"},
                            {"title": "Long % calls", "destination": "Spain Mobile"},
                            {"title": "Ninety", "threshold": "90", "reset": "95"},
                        ],
                    ),
                    ("bravo", [{"title": "Spain of bravo"}]),
                )
            )
            rules.pause(db, Keeper("acme"), acme[55].id, by=Actor(ANA))
            for row, days in ((acme[54], 0), (acme[56], 0), *((acme[0], each) for each in (3, 20, 60, 200))):
                fire(db, row, "acme", now() - timedelta(days=days), is_over=days > 0)
            fire(db, bravo[0], "bravo", now(), is_over=False)
        yield running


def fire(db: Session, row: AlertRule, customer: str, at: datetime, *, is_over: bool) -> None:
    alert = Alert(
        rule_id=row.id, company_id=customer, customer=customer, title=row.title, metric="asr",
        level="warning", fired_at=at, noticed_at=at, value="30", worst="30", calls=10, told_at=at,
        ended_at=at + timedelta(hours=1) if is_over else None, limits={"since": at.isoformat()},
    )  # fmt: skip
    db.add(alert)
    db.flush()
    if not is_over:
        db.add(AlertState(rule_id=row.id, customer=customer, since=at, alert_id=alert.id, verdict="beyond"))


def titles(client: Client, query: str) -> list[str]:
    """Titles of the rules that are shown."""
    text = client.get(f"/alerts?{query}").text.partition('id="rules"')[2].partition('id="history"')[0]
    return re.findall(r'<th scope="row"><a[^>]*>([^<]*)</a>', text)


def segments(client: Client, query: str = "") -> list[str]:
    """Segments of rules and history, the chosen ones in brackets."""
    found = re.findall(
        r'<a href="[^"]*#(?:rules|history)"( aria-current="true")?>([^<]*)</a>',
        client.get(f"/alerts?{query}").text,
    )
    return [
        f"[{text}]" if chosen else text
        for chosen, text in found
        if not text.startswith(("Last", "All times"))
    ]


def past(client: Client, query: str) -> list[str]:
    """Ids in the file of the history that a page leads to."""
    page = client.get(f"/alerts?{query}").body.decode()
    (address,) = re.findall(r'href="/(alerts\?[^"]*form=csv[^"]*)"', page)
    file = client.get("/" + address.replace("&amp;", "&"))
    return [each["rule"] for each in csv.DictReader(file.body.decode("utf-8-sig").splitlines())]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=spain", ["Long % calls", "Straße to SPAIN"]),
        ("q=STRASSE", ["Straße to SPAIN"]),
        ("q=%25+calls", ["Long % calls"]),
        ("q=90.0", ["Ninety"]),
        ("q=number+53", ["Number 53"]),
        ("q=+ninety++", ["Ninety"]),
        ("q=acme", []),
        ("q=bravo", []),
        ("q=spain&kind=paused", ["Long % calls"]),
        ("q=spain&kind=firing", ["Straße to SPAIN"]),
        ("kind=firing", ["Ninety", "Straße to SPAIN"]),
    ],
)
def test_rules_are_found_by_their_titles_and_by_what_they_say(
    office: Office, query: str, found: list[str]
) -> None:
    assert titles(office.client(ANA), query) == found


def test_a_rule_is_found_on_whichever_page_of_the_list_it_is(office: Office) -> None:
    ana = office.client(ANA)
    assert "Straße to SPAIN" not in titles(ana, "")
    assert titles(ana, "q=number&page=2") == [f"Number {each:02d}" for each in range(50, 54)]
    page = ana.get("/alerts?q=number&period=all&past=open").text
    assert f"1{DASH}50 of 54" in page
    assert re.search(r'href="/alerts\?q=number&period=all&past=open&page=2#rules"', page)
    (form,) = re.findall(r'<form class="cx-finder".*?</form>', page, re.DOTALL)
    assert 'value="number"' in form
    assert re.findall(r'type="hidden" name="(\w+)" value="(\w+)"', form) == [
        ("period", "all"),
        ("past", "open"),
    ]
    assert "Nothing is found." in ana.get("/alerts?q=nowhere").text
    assert titles(ana, "q=" + "x" * 5_000) == []


def test_segments_count_what_is_found(office: Office) -> None:
    ana = office.client(ANA)
    assert segments(ana) == ["[All]", "Firing 2", "Paused 1", "[All]", "Not acknowledged 4"]
    assert segments(ana, "q=ninety&kind=firing&period=all&past=open") == [
        "All", "[Firing 1]", "Paused 0", "All", "[Not acknowledged 6]",
    ]  # fmt: skip
    assert segments(office.client(BEA))[1:3] == ["Firing 1", "Paused 0"]


def test_operators_find_rules_by_the_company_whose_they_are(office: Office) -> None:
    assert titles(office.client(OLGA), "q=s%C3%B6hne") == ["Spain of bravo"]
    assert titles(office.client(OLGA), "q=spain&company=acme") == ["Long % calls", "Straße to SPAIN"]


@pytest.mark.parametrize(
    ("query", "count"),
    [("", 4), ("period=7", 3), ("period=30", 4), ("period=90", 5), ("period=all", 6), ("period=1e9", 4)],
)
def test_the_history_and_its_file_are_of_the_period(office: Office, query: str, count: int) -> None:
    ana = office.client(ANA)
    text = ana.get(f"/alerts?{query}").text.partition('id="history"')[2]
    assert text.count('<th scope="row">') == count
    assert past(ana, query) == [*["Ninety", "Straße to SPAIN"], *["Number 00"] * (count - 2)]
    assert past(office.client(BEA), f"{query}&company=acme") == ["Spain of bravo"]


def test_what_nobody_has_taken_on_can_be_shown_alone_and_acknowledged_when_it_is_over(office: Office) -> None:
    ana = office.client(ANA)
    with office.database.reading() as db:
        alert = db.scalars(select(Alert).where(Alert.title == "Number 00").order_by(Alert.fired_at)).first()
    assert alert
    query = "/alerts?period=all&past=open"
    assert office.client(BEA).post(query, act="acknowledge", id=str(alert.id)).status == 422
    done = ana.post(query, act="acknowledge", id=str(alert.id)).text
    assert "“Number 00” is acknowledged." in done, "and nothing of repeats, for it is over"
    assert segments(ana, "period=all&past=open")[-1] == "[Not acknowledged 5]"
    assert len(past(ana, "period=all&past=open")) == 5
    assert len(past(ana, "period=all")) == 6
    assert ">Ana</b>, " in ana.get("/alerts?period=all").body.decode()
    ana.post(query, act="take_back", id=str(alert.id))
    assert segments(ana, "period=all&past=open")[-1] == "[Not acknowledged 6]"


def rule_of(office: Office, title: str) -> AlertRule | None:
    with office.database.reading() as db:
        return db.scalar(select(AlertRule).where(AlertRule.title == title, AlertRule.removed_at.is_(None)))


def test_the_menu_of_a_row_does_what_the_editor_does(office: Office) -> None:
    ana = office.client(ANA)
    rule = rule_of(office, "Number 07")
    assert rule
    query, own = "/alerts?q=number+07", str(rule.id)
    assert f'href="/alerts/rule?rule={rule.id}" data-menu="cx-rule-{rule.id}"' in ana.get(query).text
    muted = ana.post(query, act="mute", id=own, mute_for="1")
    assert "“Number 07” is muted" in muted.text
    assert re.search(r"muted until (today|tomorrow) \d\d:\d\d", muted.text)
    kept = rule_of(office, "Number 07")
    assert kept
    assert kept.muted_until
    assert abs(kept.muted_until - now() - timedelta(hours=1)) < timedelta(minutes=1)
    assert ana.post(query, act="mute", id=own, mute_for="9" * 18).status == 422
    assert "Delete the rule “Number 07”?" in ana.post(query, act="remove", id=own).text
    assert rule_of(office, "Number 07"), "a question removes nothing"
    removed = ana.post(query, act="remove", id=own, confirmed="yes")
    assert "“Number 07” is removed. Its history stays." in removed.text
    assert rule_of(office, "Number 07") is None
    ana.post(query, act="bring_back", id=own)
    assert rule_of(office, "Number 07")


def test_the_editor_says_how_its_rule_stands(office: Office) -> None:
    ana = office.client(ANA)
    tags = {}
    for title in ("Ninety", "Long % calls", "Number 30"):
        rule = rule_of(office, title)
        assert rule
        head = ana.get(f"/alerts/rule?rule={rule.id}").text.partition("cx-title")[2].partition("<form")[0]
        tags[title] = re.findall(r'<span class="cx-tag[^>]*>([^<]*)', head)
    assert re.fullmatch(r"Firing since \d\d:\d\d", tags.pop("Ninety")[0])
    assert tags == {"Long % calls": ["Paused"], "Number 30": []}


def test_a_copy_of_a_rule_is_a_form_that_nothing_is_kept_of_before_it_is_saved(office: Office) -> None:
    ana, bea = office.client(ANA), office.client(BEA)
    rule = rule_of(office, "Ninety")
    assert rule
    path = f"/alerts/rule?copy={rule.id}"
    page = ana.get(path).text
    for name, value in (("title", "Ninety (copy)"), ("threshold", "90"), ("reset", "95"), ("emails", ANA)):
        assert re.search(rf'name="{name}"[^>]* value="{re.escape(value)}"', page), name
    assert rule_of(office, "Ninety (copy)") is None
    saved = ana.post(
        path,
        act="save",
        title="Ninety too",
        side="below",
        whose="",
        **ASR
        | {"sample_min": "30", "fewest_calls": "0", "lasting_min": "0", "repeat_min": "0", "level": "notice"},
    )
    assert "“Ninety too” is added" in saved.text
    assert rule_of(office, "Ninety"), "the first one stays"
    assert bea.get(path).status == 404
    assert bea.post(path, act="save", title="Stolen", **ASR).status in {404, 422}
    assert rule_of(office, "Stolen") is None


def test_nobody_touches_the_rules_of_another_by_a_menu(office: Office) -> None:
    bea = office.client(BEA)
    rule = rule_of(office, "Number 11")
    assert rule
    for act in ("mute", "unmute", "test", "remove"):
        answer = bea.post("/alerts", act=act, id=str(rule.id), mute_for="1", confirmed="yes")
        assert answer.status == 422
        assert "Number 11" not in answer.text
    kept = rule_of(office, "Number 11")
    assert kept
    assert kept.muted_until is None
    with office.database.reading() as db:
        assert list(db.scalars(select(OutgoingMessage))) == []
