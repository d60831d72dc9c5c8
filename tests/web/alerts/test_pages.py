"""The pages of alerts as people use them: a rule typed, tried, fired, acknowledged, removed, brought back."""

from __future__ import annotations

import csv
import json
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
from small_office import ANA, BEA, OLGA, load_calls, now, office_of
from sqlalchemy import select

from cxreports.alerts.evaluation import evaluate
from cxreports.lake import Store
from cxreports.portal import audit
from cxreports.portal.alerts import receivers
from cxreports.portal.alerts.tables import Alert, AlertRule
from cxreports.portal.people.vault import Vault
from cxreports.portal.post.outgoing import OutgoingMessage
from cxreports.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from small_office import Client, Office

RULE = {
    "title": "ASR of Acme", "metric": "asr", "side": "below", "threshold": "35", "reset": "40",
    "sample_min": "60", "fewest_calls": "20", "lasting_min": "0", "repeat_min": "120", "level": "critical",
    "emails": "ana@acme.example", "webhook": "", "whose": "",
}  # fmt: skip


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """An office at whose acme every call of the last hours has failed, after two hours that were well."""
    with office_of(tmp_path_factory.mktemp("home")) as running:
        begun = now().replace(second=0) - timedelta(hours=4)
        load_calls(
            running.portal.home,
            [
                ("acme", begun + timedelta(minutes=each), 30, 200 if each < 120 else 503, "0.1", "USD")
                for each in range(235)
            ],
        )
        yield running


def judge(office: Office) -> None:
    home = office.portal.home
    evaluate(Store(home), office.database, Settings(home=home))


def kept(office: Office, company: str = "acme") -> list[AlertRule]:
    with office.database.reading() as db:
        asked = select(AlertRule).where(AlertRule.company_id == company, AlertRule.removed_at.is_(None))
        return list(db.scalars(asked))


def save(client: Client, path: str = "/alerts/rule", **fields: str) -> Any:
    return client.post(path, act="save", **RULE | fields)


def bell(client: Client) -> list[str]:
    """Titles of what fires, in the bell of a page."""
    state = re.search(r'id="cx-shell"[^>]*>(.*?)</script>', client.get("/alerts").body.decode(), re.DOTALL)
    assert state
    return [each["title"] for each in json.loads(state[1])["alerts"] if each["level"]]


def test_the_preview_has_what_would_be_sent_and_posted(office: Office) -> None:
    ana = office.client(ANA)
    mail = ana.get("/alerts/preview?" + urlencode(RULE)).text
    assert "/unsubscribe/…" in mail
    assert "<pre" not in mail
    posted = ana.get("/alerts/preview?" + urlencode(RULE | {"webhook": "https://hooks.acme.example/x"})).text
    (text,) = re.findall("<pre[^>]*>(.*?)</pre>", posted, re.DOTALL)
    said = json.loads(text)
    assert (said["event"], said["title"], said["threshold"]) == ("fired", "ASR of Acme", "35")


def test_a_rule_is_tried_saved_fired_acknowledged_and_removed(office: Office) -> None:
    ana = office.client(ANA)
    preview = ana.get("/alerts/preview?" + urlencode(RULE))
    assert "Would have fired 1 time in the last 30 days" in preview.text
    assert "ASR below 35.0 % over 1 hr with at least 20 calls; resets at 40.0 %" in preview.text
    assert "The rule “ASR of Acme” is added." in save(ana).text
    refused = save(ana)
    assert refused.status == 422
    assert "already" in refused.fault("title")
    judge(office)
    assert bell(ana) == ["ASR of Acme"]
    assert bell(office.client(BEA)) == []
    (rule,) = kept(office)
    with office.database.reading() as db:
        (alert,) = db.scalars(select(Alert).where(Alert.rule_id == rule.id))
        sent = list(db.scalars(select(OutgoingMessage.target).where(OutgoingMessage.company_id == "acme")))
    assert sent == [ANA]
    page = ana.get("/alerts").text
    assert "1 not acknowledged" in page
    assert f'id="alert-{alert.id}"' in page
    done = ana.post("/alerts", act="acknowledge", id=str(alert.id), note="<carrier> is on it").text
    assert "“ASR of Acme” is acknowledged" in done
    assert "<carrier> is on it" in done
    assert b"<carrier>" not in ana.get("/alerts").body
    assert bell(ana) == []
    assert "is taken back" in ana.post("/alerts", act="take_back", id=str(alert.id)).text
    file = ana.get("/alerts?form=csv")
    assert file.body.startswith(b"\xef\xbb\xbf")
    (line,) = csv.DictReader(file.body.decode("utf-8-sig").splitlines())
    assert (line["rule"], line["customer"], line["level"]) == ("ASR of Acme", "acme", "Critical")
    assert line["fired_utc"] == alert.fired_at.isoformat()
    assert b"ASR of Acme" not in office.client(BEA).get("/alerts?form=csv").body
    muted = ana.post(f"/alerts/rule?rule={rule.id}", act="mute", mute_for="4").text
    assert "“ASR of Acme” is muted" in muted
    assert "muted until" in muted
    assert "notifies again" in ana.post("/alerts", act="unmute", id=str(rule.id)).text
    assert "muted until" not in ana.get("/alerts").text
    assert 'value="resume"' in ana.post("/alerts", act="pause", id=str(rule.id)).text
    assert bell(ana) == [], "a pause closes what fires"
    ana.post("/alerts", act="resume", id=str(rule.id))
    path = f"/alerts/rule?rule={rule.id}"
    assert "Delete the rule “ASR of Acme”?" in ana.post(path, act="remove").text
    assert len(kept(office)) == 1, "a question removes nothing"
    assert "Its history stays." in ana.post(path, act="remove", confirmed="yes").text
    assert kept(office) == []
    assert ana.get(path).status == 404
    assert "is back" in ana.post("/alerts", act="bring_back", id=str(rule.id)).text
    assert "is saved" in save(ana, path, threshold="30").text
    assert [f"{each.threshold:f}" for each in kept(office)] == ["30.000000"]


def test_a_customer_neither_sees_nor_changes_the_rules_of_another(office: Office) -> None:
    ana, bea, olga = (office.client(who) for who in (ANA, BEA, OLGA))
    save(ana, title="Only ours")
    rule = next(each for each in kept(office) if each.title == "Only ours")
    path = f"/alerts/rule?rule={rule.id}"
    assert "Only ours" not in bea.get("/alerts").text
    assert "Only ours" not in bea.get("/alerts?company=acme").text
    assert bea.get(path).status == 404
    assert bea.get(f"/alerts/preview?rule={rule.id}").status in {404, 422}
    for act in ("pause", "resume", "bring_back"):
        assert bea.post("/alerts", act=act, id=str(rule.id)).status == 422
    for act in ("save", "test", "remove"):
        assert bea.post(path, act=act, confirmed="yes", **RULE).status in {404, 422}
    assert save(bea, title="Theirs", whose="acme").status == 200
    assert [each.title for each in kept(office, "bravo")] == ["Theirs"]
    assert {each.paused_at for each in kept(office)} == {None}
    page = olga.get("/alerts").text
    assert "Only ours" in page
    assert "Theirs" in page
    assert "Theirs" not in olga.get("/alerts?company=acme").text
    assert "is saved" in save(olga, path, title="Ours, by Olga").text
    assert "Ours, by Olga" in ana.get("/alerts").text


def test_a_preview_is_of_the_own_calls_whatever_is_asked_for(office: Office) -> None:
    asked = urlencode(RULE | {"whose": "acme", "company": "acme", "customer": "acme"})
    text = office.client(BEA).get(f"/alerts/preview?{asked}").text
    assert "Would have fired 0 times" in text
    text = office.client(OLGA).get(f"/alerts/preview?{asked}").text
    assert "Would have fired 1 time" in text


def test_rules_of_operators_are_for_all_and_shown_to_operators_alone(office: Office) -> None:
    olga, ana = office.client(OLGA), office.client(ANA)
    assert "is added" in save(olga, title="Each ASR", whose="each").text
    assert save(olga, title="All balances", metric="balance", whose="all").fault("metric")
    judge(office)
    assert "Each ASR" in bell(olga)
    assert "Each ASR" not in bell(ana)
    assert "Each ASR" not in ana.get("/alerts").text


@pytest.mark.parametrize(
    ("wrong", "field"), [({"threshold": "x"}, "threshold"), ({"reset": "30"}, "reset"), ({"sip": "9"}, "sip")]
)
def test_what_is_wrong_stands_at_its_field(office: Office, wrong: dict[str, str], field: str) -> None:
    ana = office.client(ANA)
    assert save(ana, title=f"Wrong {field}", **wrong).fault(field)
    answer = ana.get("/alerts/preview?" + urlencode(RULE | wrong))
    assert (answer.status, list(json.loads(answer.body)["faults"])) == (422, [field])


def test_a_test_notice_goes_to_who_asks_alone(office: Office) -> None:
    ana = office.client(ANA)
    save(ana, title="Tried", emails="others@acme.example", webhook="https://noc.acme.example/hooks")
    rule = next(each for each in kept(office) if each.title == "Tried")
    done = ana.post(f"/alerts/rule?rule={rule.id}", act="test", **RULE)
    assert "A test notice to ana@acme.example is on its way." in done.text
    with office.database.reading() as db:
        asked = select(OutgoingMessage).where(OutgoingMessage.subject.startswith("[Test] Tried"))
        (sent,) = db.scalars(asked)
        (posted,) = db.scalars(select(OutgoingMessage).where(OutgoingMessage.channel == "webhook"))
    assert sent.target == ANA
    assert "This is a test: nothing has fired." in sent.text
    assert posted.target == "https://noc.acme.example/hooks"
    assert json.loads(posted.text)["event"] == "test"


def test_the_secret_of_a_webhook_is_shown_to_who_may_see_its_rule(office: Office) -> None:
    ana, bea, olga = (office.client(who) for who in (ANA, BEA, OLGA))
    for client, title, url in (
        (ana, "Posts", "https://a.example/"),
        (ana, "Mails", ""),
        (bea, "Posts", "https://b.example/"),
    ):
        save(client, title=title, webhook=url)
    ids = {(each.owner, each.title): each.id for owner in ("acme", "bravo") for each in kept(office, owner)}

    def secrets(client: Client, *rule: str) -> list[str]:
        return re.findall(r"whsec_[A-Za-z0-9+/=]+", client.get(f"/alerts/rule?rule={ids[rule]}").text)

    (own,) = secrets(ana, "acme", "Posts")
    (other,) = secrets(bea, "bravo", "Posts")
    assert own != other
    assert secrets(olga, "acme", "Posts") == [own]
    assert secrets(bea, "acme", "Posts") == []
    assert secrets(ana, "acme", "Mails") == []


def test_mails_of_a_rule_are_ended_by_their_link_without_a_login(office: Office) -> None:
    ana, stranger = office.client(ANA), office.client()
    save(ana, title="Stops", emails="desk@acme.example, ben@acme.example")
    rule = next(each for each in kept(office) if each.title == "Stops")
    vault = Vault.of(Settings(home=office.portal.home))
    path = f"/unsubscribe/{receivers.token(vault, rule.id, 'desk@acme.example')}"
    asked = stranger.get(path)
    assert "desk@acme.example shall get no more of “Stops”?" in asked.text
    assert "desk@acme.example" in ana.get(f"/alerts/rule?rule={rule.id}").text
    assert [each.emails for each in kept(office) if each.id == rule.id] == [
        ["desk@acme.example", "ben@acme.example"]
    ], "a link that is looked at changes nothing"
    request = Request(office.portal.address + path, data=b"List-Unsubscribe=One-Click", method="POST")
    with urlopen(request) as answer:
        assert answer.status == 200
    assert [each.emails for each in kept(office) if each.id == rule.id] == [["ben@acme.example"]]
    assert "desk@acme.example</bdi>: wants no more" in ana.get(f"/alerts/rule?rule={rule.id}").body.decode()
    refused = save(ana, f"/alerts/rule?rule={rule.id}", title="Stops", emails="Desk@acme.example")
    assert "wants no more" in refused.fault("emails")
    with office.database.reading() as db:
        (entry,) = [each for each in audit.entries(db) if each.event == "unsubscribed"]
    assert (entry.company_id, entry.detail) == ("acme", {"name": "Stops"})


def test_the_list_and_the_editor_say_that_operators_are_notified(office: Office) -> None:
    olga = office.client(OLGA)
    page = olga.get("/alerts").text
    assert "operators" in page.partition("Feed silent")[2].partition("</tr>")[0]
    with office.database.reading() as db:
        (rule,) = db.scalars(select(AlertRule).where(AlertRule.standing == "silent_feed"))
    editor = olga.get(f"/alerts/rule?rule={rule.id}").body.decode()
    assert '<option value="1" selected>all whose address is verified' in editor
    assert "Notified: operators." in editor
    fields = RULE | {"metric": "silence", "side": "above", "threshold": "60", "reset": "15", "emails": ""}
    assert (
        "is saved"
        in save(
            olga, f"/alerts/rule?rule={rule.id}", **fields | {"title": "Feed silent", "to_operators": ""}
        ).text
    )
    assert "Notified: operators." not in olga.get(f"/alerts/rule?rule={rule.id}").text
    ana = office.client(ANA)
    save(ana, title="Ours alone", to_operators="1")
    own = next(each for each in kept(office) if each.title == "Ours alone")
    assert not own.to_operators, "a customer does not write to operators"
    assert "to_operators" not in ana.get(f"/alerts/rule?rule={own.id}").body.decode()


def test_nobody_floods_a_webhook_with_test_notices(office: Office) -> None:
    olga = office.client(OLGA)
    save(office.client(ANA), title="Flood", webhook="https://victim.example/hooks")
    rule = next(each for each in kept(office) if each.title == "Flood")
    answers = [olga.post(f"/alerts/rule?rule={rule.id}", act="test", **RULE).status for _ in range(12)]
    assert answers == [200] * 11 + [429]
    with office.database.reading() as db:
        asked = select(OutgoingMessage).where(OutgoingMessage.target == "https://victim.example/hooks")
        assert len(list(db.scalars(asked))) == 11
