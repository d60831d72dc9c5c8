"""All notices of a company paused: what comes meanwhile is judged and kept, and nobody hears of it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from alert_portal import Portal, at, outage
from sqlalchemy import select

from cxreports.alerts import evaluation, pausing
from cxreports.delivery import outbox
from cxreports.delivery.outbox import Channel, Message
from cxreports.errors import BadField, NotThere
from cxreports.portal.actor import Actor
from cxreports.portal.alerts import history, pauses, rules
from cxreports.portal.alerts.rules import OPERATORS, Keeper
from cxreports.portal.audit import Event
from cxreports.portal.tables import AuditEntry

if TYPE_CHECKING:
    from cxreports.portal.alerts.tables import NoticePause

MAIL = {"emails": "ana@acme.example", "webhook": "https://noc.acme.example/hooks"}
ACME, OTHER = Keeper("acme"), Keeper("other")
ANA = Actor("ana@acme.example")


def pass_by(portal: Portal, first: int, last: int) -> None:
    """Let minutes after noon pass, with their calls: half of an hour's fail from 12:30 on."""
    portal.load(outage(until="15:00")[first:last])
    portal.judge(f"{12 + last // 60}:{last % 60:02d}")


def pause(portal: Portal, until: str, now: str, keeper: Keeper = ACME, company: str | None = None) -> None:
    with portal.database.writing() as db:
        pausing.pause(db, keeper, at(until), by=ANA, company_id=company, now=at(now))


def in_force(portal: Portal, keeper: Keeper, now: str, company: str | None = None) -> list[str]:
    """Owners whose notices are paused."""
    with portal.database.reading() as db:
        found: list[NoticePause] = pauses.listed(db, keeper, at(now), company)
        return [each.owner for each in found]


def sent(portal: Portal) -> list[tuple[str, str, str]]:
    """Channel, kind of event and state of each message."""
    return [(each.channel, each.key.split()[2], each.state) for each in portal.messages()]


def test_what_fires_in_a_pause_is_kept_and_told_once_it_is_over_if_it_lasts(portal: Portal) -> None:
    portal.add(**MAIL)
    pass_by(portal, 0, 20)
    pause(portal, "12:50", "12:20")
    pass_by(portal, 20, 44)
    (alert,) = portal.alerts()
    assert (alert.fired_at, alert.limits["held_back"]) == (at("12:37"), "paused")
    assert sent(portal) == []
    pass_by(portal, 44, 51)
    assert sent(portal) == [("mail", "repeated", "waiting"), ("webhook", "repeated", "waiting")]
    assert "It has been firing since" in portal.messages()[0].text
    assert "held_back" not in portal.alerts()[0].limits
    pass_by(portal, 51, 53)
    assert len(sent(portal)) == 2


def test_nobody_hears_of_what_came_and_went_in_a_pause_and_it_stays_marked(portal: Portal) -> None:
    portal.add(**MAIL)
    pass_by(portal, 0, 20)
    pause(portal, "14:30", "12:20")
    for first, last in ((20, 44), (44, 100), (100, 160)):
        pass_by(portal, first, last)
    (alert,) = portal.alerts()
    assert (alert.ended_by, alert.limits["held_back"]) == ("reset", "paused")
    assert sent(portal) == []


def test_nobody_hears_the_end_just_after_a_pause_of_what_came_in_it(portal: Portal) -> None:
    portal.add(**MAIL)
    pass_by(portal, 0, 20)
    pause(portal, "13:10", "12:20")
    pass_by(portal, 20, 69)
    assert portal.alerts()[0].ended_at is None
    pass_by(portal, 69, 70)
    (alert,) = portal.alerts()
    assert (alert.ended_at, alert.limits["held_back"]) == (at("13:04"), "paused")
    assert sent(portal) == []


def test_sending_again_tells_of_what_fires_still(portal: Portal) -> None:
    portal.add(**MAIL)
    pass_by(portal, 0, 20)
    pause(portal, "18:00", "12:20")
    pass_by(portal, 20, 44)
    with portal.database.writing() as db:
        pauses.end(db, ACME, by=ANA, now=at("12:45"))
        pauses.end(db, ACME, by=ANA, now=at("12:45"))
    assert in_force(portal, ACME, "12:46") == []
    pass_by(portal, 44, 51)
    assert [kind for _channel, kind, _state in sent(portal)] == ["repeated", "repeated"]
    with portal.database.reading() as db:
        entries = list(db.scalars(select(AuditEntry).where(AuditEntry.event.startswith("alert_notices"))))
    assert [(each.event, each.who, each.company_id) for each in entries] == [
        (Event.ALERT_NOTICES_PAUSED, "ana@acme.example", "acme"),
        (Event.ALERT_NOTICES_RESUMED, "ana@acme.example", "acme"),
    ]
    assert entries[0].detail == {"until": at("18:00").isoformat()}


def test_who_took_an_alert_on_in_a_pause_is_not_told_of_it_afterwards(portal: Portal) -> None:
    portal.add(**MAIL)
    pass_by(portal, 0, 20)
    pause(portal, "12:50", "12:20")
    pass_by(portal, 20, 44)
    with portal.database.writing() as db:
        history.acknowledge(db, ACME, portal.alerts()[0].id, by=ANA, now=at("12:45"))
    pass_by(portal, 44, 51)
    assert sent(portal) == []


def test_notices_that_wait_when_a_pause_begins_are_stopped_and_told_afterwards(portal: Portal) -> None:
    portal.add(**MAIL)
    pass_by(portal, 0, 20)
    pass_by(portal, 20, 44)
    with portal.database.writing() as db:
        for key, company in (("report 1 due", "acme"), ("alert test 1", "acme"), ("alert 99 fired", "other")):
            outbox.put(db, Message(key, Channel.MAIL, "ana@acme.example", "", "", company))
    pause(portal, "12:50", "12:45")
    assert {each.key[:12]: each.state for each in portal.messages()} == {
        "alert 1 fire": "stopped", "report 1 due": "waiting", "alert test 1": "waiting",
        "alert 99 fir": "waiting",
    }  # fmt: skip
    assert portal.alerts()[0].limits["held_back"] == "paused"
    pass_by(portal, 44, 51)
    assert sent(portal)[-2:] == [("mail", "repeated", "waiting"), ("webhook", "repeated", "waiting")]


def test_a_pause_is_kept_to_by_who_had_measured_before_it_began(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    portal.add(**MAIL)
    pass_by(portal, 0, 20)
    measured = evaluation.measured

    def paused_meanwhile(*arguments: Any) -> Any:
        found = measured(*arguments)
        pause(portal, "13:00", "12:45")
        return found

    monkeypatch.setattr(evaluation, "measured", paused_meanwhile)
    pass_by(portal, 20, 44)
    assert [alert.fired_at for alert in portal.alerts()] == [at("12:37")]
    assert sent(portal) == []


def test_a_pause_is_of_one_company_alone(portal: Portal) -> None:
    portal.add(**MAIL)
    portal.add(None, title="Operators'", **MAIL)
    pass_by(portal, 0, 20)
    pause(portal, "18:00", "12:20", OTHER, "acme")
    pause(portal, "17:00", "12:20", OPERATORS)
    assert in_force(portal, OPERATORS, "12:21") == ["", "other"]
    assert (in_force(portal, ACME, "12:21"), in_force(portal, OTHER, "12:21")) == ([], ["other"])
    assert in_force(portal, OPERATORS, "12:21", "acme") == []
    assert in_force(portal, OPERATORS, "17:00") == ["other"]
    pass_by(portal, 20, 44)
    assert {each.company_id for each in portal.messages()} == {"acme"}, "its own, and not the operators'"
    assert len(portal.alerts()) == 2


@pytest.mark.parametrize("late", [timedelta(), -timedelta(minutes=1), timedelta(days=7, seconds=1)])
def test_a_pause_ends_within_a_week(portal: Portal, late: timedelta) -> None:
    with pytest.raises(BadField, match="within the next 7 days"), portal.database.writing() as db:
        pausing.pause(db, ACME, at("12:00") + late, by=ANA, now=at("12:00"))
    with pytest.raises(NotThere), portal.database.writing() as db:
        pausing.pause(db, OPERATORS, at("13:00"), by=ANA, company_id="nobody", now=at("12:00"))
    assert in_force(portal, OPERATORS, "12:00") == []


def test_a_muted_rule_that_is_paused_too_is_held_back_as_long_as_either(portal: Portal) -> None:
    rule = portal.add(**MAIL)
    with portal.database.writing() as db:
        rules.mute(db, ACME, rule, at("14:00"), by=ANA, now=at("12:00"))
        pausing.pause(db, ACME, at("13:00"), by=ANA, now=at("12:00"))
    found = portal.rule(rule)
    with portal.database.reading() as db:
        held = [pausing.held_back_by(db, found, at(each)) for each in ("12:59", "13:00", "14:00")]
    assert held == ["paused", "muted", ""]


def test_what_would_have_been_sent_to_nobody_is_not_marked_as_held_back(portal: Portal) -> None:
    portal.add()
    pass_by(portal, 0, 20)
    pause(portal, "12:50", "12:20")
    pass_by(portal, 20, 44)
    assert "held_back" not in portal.alerts()[0].limits
