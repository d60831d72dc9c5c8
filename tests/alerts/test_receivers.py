"""Receivers of a rule's mails: operators as they are, who wants no more, and mailboxes that are gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alert_portal import Portal, at, outage
from mail_server import serving_mail

from cxreports.alerts import notices
from cxreports.delivery import outbox
from cxreports.errors import BadField, NotThere
from cxreports.portal.actor import CONSOLE
from cxreports.portal.alerts import receivers, rules
from cxreports.portal.alerts.tables import AlertRule
from cxreports.portal.people import users
from cxreports.portal.people.vault import Vault
from cxreports.portal.tables import Role, email_key
from cxreports.settings import Settings

if TYPE_CHECKING:
    from cxreports.portal.post.outgoing import OutgoingMessage

ANA, BEN = "ana@acme.example", "Ben@acme.example"


def addresses(portal: Portal, rule_id: int) -> list[str]:
    with portal.database.reading() as db:
        return receivers.addresses(db, db.get_one(AlertRule, rule_id))


def change(portal: Portal, rule_id: int, emails: str) -> None:
    typed = {"title": "ASR low", "metric": "asr", "threshold": "35", "reset": "40", "sample_min": 10}
    with portal.database.writing() as db:
        rules.change(db, rules.OPERATORS, rule_id, typed | {"emails": emails}, by=CONSOLE)


def token_of(message: OutgoingMessage) -> str:
    """What the link in a mail's header ends with."""
    return str(message.headers["List-Unsubscribe"]).strip("<>").rpartition("/")[2]


def fire(portal: Portal) -> None:
    """Load half an hour of calls that fail, after half an hour that was judged."""
    calls = outage()
    for part, clock in ((calls[:20], "12:20"), (calls[20:50], "12:50")):
        portal.load(part)
        portal.judge(clock)


def operator(portal: Portal, email: str, *, language: str = "en", is_verified: bool = True) -> None:
    with portal.database.writing() as db:
        user = users.add(db, email, "Someone", role=Role.OPERATOR, by=CONSOLE)
        user.language = language
        user.email_verified_at = at("08:00") if is_verified else None


def test_a_link_ends_the_mails_of_one_rule_to_one_receiver(portal: Portal) -> None:
    both = portal.add(emails=f"{ANA}, {BEN}")
    other = portal.add(title="Another", emails=BEN)
    fire(portal)
    sent = {(each.subject.split("] ")[1].split(":")[0], each.target): each for each in portal.messages()}
    mail = sent["ASR low", BEN]
    assert mail.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail.text.rstrip().endswith(mail.headers["List-Unsubscribe"].strip("<>"))
    vault, token = Vault.of(portal.settings), token_of(mail)
    with portal.database.writing() as db:
        found = receivers.of_token(db, vault, token)
        assert (found.rule.id, email_key(found.address)) == (both, email_key(BEN))
        receivers.unsubscribe(db, found)
        receivers.unsubscribe(db, receivers.of_token(db, vault, token))  # a second click is none
    assert addresses(portal, both) == [ANA]
    assert addresses(portal, other) == [BEN]
    states = {
        (each.subject.split("] ")[1].split(":")[0], each.target): each.state for each in portal.messages()
    }
    assert states["ASR low", BEN] == "stopped"
    assert (states["ASR low", ANA], states["Another", BEN]) == ("waiting", "waiting")
    with pytest.raises(BadField, match="wants no more"):
        change(portal, both, "BEN@acme.example")
    signed = token.partition(".")[2]
    for forged in (
        f"a{other}.{signed}",
        f"a{both}.{'0' * 40}",
        f"a{both}.",
        f"{both}.{signed}",
        "a.",
        "a9" * 30,
    ):
        with portal.database.reading() as db, pytest.raises(NotThere):
            receivers.of_token(db, vault, forged)


def test_a_mailbox_that_is_gone_is_taken_off_and_can_be_added_again(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    with portal.database.writing() as db:
        users.add(db, "kim@acme.example", "Kim", role=Role.CUSTOMER, company_id="acme", by=CONSOLE)
    rule_id = portal.add(emails=f"{ANA}, {BEN}")
    with portal.database.writing() as db:
        db.get_one(AlertRule, rule_id).changed_by = "kim@acme.example"
    fire(portal)

    def send() -> None:
        outbox.send_due(portal.database, portal.home, now=at("14:00"))
        notices.settle(portal.database, Settings(home=portal.home), at("14:00"))

    with serving_mail() as server:
        monkeypatch.setenv("CXREPORTS_SMTP_URL", f"smtp://127.0.0.1:{server.port}")
        server.answers[BEN] = "550 5.1.1 no such mailbox"
        send()
        assert addresses(portal, rule_id) == [ANA]
        send()
    ((_to, letter),) = [each for each in server.letters if each[0] == ["kim@acme.example"]]
    assert letter["Subject"] == "An address was taken off “ASR low”"
    assert "550 5.1.1 no such mailbox" in letter.get_content()
    change(portal, rule_id, f"{ANA}, {BEN}")
    with portal.database.reading() as db:
        assert receivers.gone(db, db.get_one(AlertRule, rule_id)) == []
    notices.settle(portal.database, portal.settings, at("14:01"))
    assert addresses(portal, rule_id) == [ANA, BEN], "what failed before is over"


def test_rules_that_stand_from_the_start_notify_the_verified_operators_in_their_languages(
    portal: Portal,
) -> None:
    operator(portal, "olga@operator.example")
    operator(portal, "new@operator.example", is_verified=False)
    portal.load(outage("13:30", "13:30", until="13:00"))
    portal.judge("13:00")
    operator(portal, "otto@operator.example", language="de")  # counted when it is sent
    portal.judge("14:30")  # an hour and a half after the last call
    sent = [(each.target, each.subject) for each in portal.messages()]
    assert sent == [
        # The calls were never paid for, and there was no second operator yet.
        ("olga@operator.example", "[Warning] Balance about to run out: 0 days – Acme Telecom"),  # noqa: RUF001
        ("olga@operator.example", "[Critical] Feed silent: 1 hr 30 min – All customers"),  # noqa: RUF001
        ("otto@operator.example", "[Kritisch] Quelle verstummt: 1 Std. 30 Min. – Alle Kunden"),  # noqa: RUF001
    ]
    mail = portal.messages()[1]
    with portal.database.writing() as db:
        receivers.unsubscribe(db, receivers.of_token(db, Vault.of(portal.settings), token_of(mail)))
    with portal.database.reading() as db:
        (rule,) = db.query(AlertRule).filter_by(standing="silent_feed")
        assert receivers.addresses(db, rule) == ["otto@operator.example"]
