"""Evaluation on crafted calls: what fires, what is sent, once, whoever judges and whatever comes late."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import TYPE_CHECKING, Any

from alert_portal import Portal, at, begun, outage
from sqlalchemy import select

from cxreports.alerts import evaluation
from cxreports.alerts import replay as past
from cxreports.alerts.measuring import measured
from cxreports.alerts.rule import Rule
from cxreports.alerts.surroundings import surroundings
from cxreports.portal.actor import CONSOLE
from cxreports.portal.alerts import history, rules
from cxreports.portal.alerts.tables import AlertRule, AlertState, RefusedFile
from cxreports.portal.companies import ledger

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

MAIL = {"emails": "ana@acme.example", "webhook": "https://noc.acme.example/hooks"}

# Of the ten minutes before 12:37 three were answered, 30 %; of those before 13:04 four, 40 %.
FIRES, OVER = "12:37", "13:04"


def come(portal: Portal, calls: list[dict[str, Any]], *clocks: str) -> None:
    """Load calls as they come, and judge after each load."""
    loaded = 0
    for clock in clocks:
        due = [each for each in calls[loaded:] if each["end_time"] <= at(clock).isoformat()]
        if due:
            portal.load(due)
        loaded += len(due)
        portal.judge(clock)


def test_an_outage_fires_once_is_repeated_and_resets_with_its_length(portal: Portal) -> None:
    portal.add(repeat_min=20, **MAIL)
    come(portal, outage(), "12:20", "12:44", "12:45", "12:58", "13:05", "13:40", "14:00")
    (alert,) = portal.alerts()
    assert (alert.fired_at, alert.ended_at, alert.ended_by) == (at(FIRES), at(OVER), "reset")
    assert (alert.value, alert.calls, float(alert.worst), alert.repeats) == ("30.0", 10, 0.0, 1)
    sent = portal.messages()
    assert [(each.channel, each.subject) for each in sent if each.channel == "mail"] == [
        ("mail", "[Warning] ASR low: 30.0 % – Acme Telecom"),  # noqa: RUF001
        ("mail", "[Warning] ASR low: 0.0 % – Acme Telecom"),  # noqa: RUF001
        ("mail", "[Over] ASR low – Acme Telecom"),  # noqa: RUF001
    ]
    over = [json.loads(each.text) for each in sent if each.channel == "webhook"][-1]
    assert over["event"] == "reset"
    assert (over["at"], over["since"], over["lasted_s"]) == (
        "2026-06-01T13:04:00Z", "2026-06-01T12:37:00Z", 27 * 60,
    )  # fmt: skip
    assert (over["value"], over["worst"], over["threshold"], over["customer"]) == (
        "40.0",
        "0.0",
        "35",
        "acme",
    )
    mail = next(each.text for each in sent if each.subject.startswith("[Over]"))
    assert "It lasted 27 min; the worst figure was 0.0 %." in mail
    assert "1 Jun 2026, 15:04 (Europe/Madrid)" in mail


def test_a_replay_shows_what_happened_live(portal: Portal) -> None:
    rule_id = portal.add(repeat_min=20, lasting_min=3, fewest_calls=8)
    calls = outage("12:30", "12:50", until="13:20")
    calls += [begun(at("13:20") + timedelta(minutes=each), failed=True) for each in range(20)]
    come(portal, calls, "12:07", "12:43", "12:52", "13:27", "14:00")
    live = [
        (each.fired_at, each.ended_at, each.calls, float(each.worst), each.repeats)
        for each in portal.alerts()
    ]
    with portal.database.reading() as db:
        around = surroundings(db, portal.store.snapshot(), since=at("00:00"))
    judged_at = portal.rule(rule_id).judged_at
    assert judged_at is not None
    found = past.replay(around, Rule.of(portal.rule(rule_id)), "acme", now=at("14:00"), days=1)
    assert found is not None
    assert live == [
        (
            each.fired.at,
            each.ended and each.ended.at,
            each.fired.reading.calls,
            float(each.worst),
            each.repeats,
        )
        for each in found.episodes
    ]
    assert len(live) == 2


def test_calls_that_come_late_and_figures_that_change_fire_nothing_old(portal: Portal) -> None:
    portal.add(**MAIL)
    come(portal, outage("13:30", "13:30"), "14:00")
    assert portal.alerts() == []
    late = [begun(at("12:10") + timedelta(seconds=each), failed=True) for each in range(200)]
    portal.load(late)
    assert portal.judge("14:01").fired == 0
    assert portal.alerts() == []
    assert portal.messages() == []


def test_late_calls_do_not_fire_an_alert_again_that_is_over(portal: Portal) -> None:
    portal.add(**MAIL)
    come(portal, outage(), "12:20", "14:00")
    before = [(each.fired_at, each.ended_at) for each in portal.alerts()]
    count = len(portal.messages())
    portal.load([begun(at("12:50") + timedelta(seconds=each), failed=True) for each in range(200)])
    portal.judge("14:01")
    portal.judge("14:10")
    assert [(each.fired_at, each.ended_at) for each in portal.alerts()] == before == [(at(FIRES), at(OVER))]
    assert len(portal.messages()) == count == 4


def test_too_few_calls_are_not_judged_and_it_says_so(portal: Portal) -> None:
    rule_id = portal.add(fewest_calls=11)
    come(portal, outage(), "12:50", "14:00")
    assert portal.alerts() == []
    with portal.database.reading() as db:
        state = db.get_one(AlertState, (rule_id, "acme"))
        assert (state.verdict, state.calls) == ("too_few", 10)


def test_the_minutes_that_are_not_over_are_not_judged(portal: Portal) -> None:
    rule_id = portal.add()
    portal.load(outage(until="12:40"))  # the last call ends at 12:39:10: moments up to 12:34 are judged
    portal.judge("18:00")
    assert portal.rule(rule_id).judged_at == at("12:34")


def test_an_acknowledged_alert_is_not_repeated_but_its_end_is_told(portal: Portal) -> None:
    portal.add(repeat_min=5, **MAIL)
    come(portal, outage(), "12:43")
    (alert,) = portal.alerts()
    with portal.database.writing() as db:
        history.acknowledge(db, rules.OPERATORS, alert.id, "carrier is on it", by=CONSOLE, now=at("12:43"))
    portal.load(outage()[43:])
    outcome = portal.judge("14:05")
    assert (outcome.repeated, outcome.reset) == (0, 1)


def test_a_pause_closes_what_fires_and_leaves_the_time_out(portal: Portal) -> None:
    rule_id = portal.add()
    come(portal, outage(), "12:30", "12:45")
    with portal.database.writing() as db:
        rules.pause(db, rules.OPERATORS, rule_id, by=CONSOLE, now=at("12:45"))
    portal.judge("12:46")
    assert [each.ended_by for each in portal.alerts()] == ["paused"]
    portal.load(outage()[45:])
    with portal.database.writing() as db:
        rules.resume(db, rules.OPERATORS, rule_id, by=CONSOLE, now=at("13:50"))
    portal.judge("14:00")
    assert len(portal.alerts()) == 1


def test_a_change_of_what_is_judged_begins_anew(portal: Portal) -> None:
    rule_id = portal.add()
    come(portal, outage(), "12:30", "12:45")
    kept = portal.rule(rule_id)
    typed = {name: getattr(kept, name) for name in ("title", "metric", "sample_min", "is_below")}
    with portal.database.writing() as db:
        changed = typed | {"threshold": "20", "reset": "40"}
        rules.change(db, rules.OPERATORS, rule_id, changed, by=CONSOLE, now=at("12:45"))
    assert [each.ended_by for each in portal.alerts()] == ["changed"]
    portal.judge("12:46")  # of the moment at which the old one fired nothing fires twice
    portal.load(outage()[45:46])
    portal.judge("12:47")
    assert [each.ended_by for each in portal.alerts()] == ["changed", ""]


def test_a_rule_of_operators_watches_every_customer_by_itself(portal: Portal) -> None:
    portal.add(None, is_each=True, title="Each")
    calls = outage() + [
        each | {"customer": "other", "call_id": f"o{each['call_id']}"} for each in outage("11:00", "11:00")
    ]
    calls.sort(key=lambda each: each["end_time"])
    come(portal, calls, "12:20", "14:00")
    assert [(each.customer, each.company_id, each.fired_at) for each in portal.alerts()] == [
        ("acme", None, at(FIRES))
    ]


def test_evaluators_at_the_same_moment_fire_once(
    portal_at: Callable[[str], Portal], database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have read the same figures before either decides."""
    portal = portal_at(database_url)
    portal.add(**MAIL)
    come(portal, outage(), "12:20")
    portal.load(outage()[20:50])
    both = Barrier(2, timeout=60)

    def measured_by_both(*asked: Any) -> Any:
        found = measured(*asked)
        both.wait()
        return found

    monkeypatch.setattr(evaluation, "measured", measured_by_both)
    with ThreadPoolExecutor(2) as threads:
        outcomes = list(threads.map(portal.judge, ["12:51", "12:51"]))
    assert sorted(each.fired for each in outcomes) == [0, 1]
    (alert,) = portal.alerts()
    assert alert.fired_at == at(FIRES)
    assert sorted(each.channel for each in portal.messages()) == ["mail", "webhook"]


def test_rules_that_stand_from_the_start(portal: Portal) -> None:
    portal.load(outage())
    with portal.database.writing() as db:
        ledger.add(db, "acme", "58", made_at=at("01:00"), by=CONSOLE)
        db.add(RefusedFile(at=at("13:00"), name="notes.csv", reason="no call records"))
    # 90 answered calls at 0.50 cost 45.00 in seven days: 13.00 lasts two days.
    portal.judge("14:10")
    assert _firing(portal) == {"Balance about to run out": ["acme"], "File refused": ["all"]}
    portal.judge("15:10")
    assert _firing(portal)["Feed silent"] == ["all"]
    with portal.database.writing() as db:
        silent = db.scalars(select(AlertRule).where(AlertRule.standing == "silent_feed")).one()
        rules.remove(db, rules.OPERATORS, silent.id, by=CONSOLE, now=at("15:11"))
    portal.judge("15:12")
    assert "Feed silent" not in _firing(portal)


def _firing(portal: Portal) -> dict[str, list[str]]:
    with portal.database.reading() as db:
        found: dict[str, list[str]] = {}
        for alert in history.listed(db, rules.OPERATORS, history.Wanted(is_open=True)):
            found.setdefault(alert.title, []).append(alert.customer)
        return found


def test_neighbouring_thresholds_count_what_they_would_have_fired(portal: Portal) -> None:
    rule_id = portal.add(threshold="36", reset="38")
    portal.load(outage("12:30", "12:36"))
    with portal.database.reading() as db:
        around = surroundings(db, portal.store.snapshot(), since=at("00:00"))
    found = past.replay(around, Rule.of(portal.rule(rule_id)), "acme", now=at("15:00"), days=1)
    assert found is not None
    # Six of ten failed at the worst: an ASR of 40 %.
    assert [(f"{each.threshold}", f"{each.reset}", each.times) for each in found.neighbours] == [
        ("25", "27.000000", 0), ("31", "33.000000", 0), ("36.000000", "38.000000", 0),
        ("41", "43.000000", 1), ("47", "49.000000", 1),
    ]  # fmt: skip


def test_a_muted_rule_is_judged_and_what_fires_still_is_told_when_the_mute_is_over(portal: Portal) -> None:
    rule = portal.add(**MAIL)
    with portal.database.writing() as db:
        rules.mute(db, rules.OPERATORS, rule, at("12:50"), by=CONSOLE, now=at("12:20"))
    come(portal, outage(), "12:20", "12:44")
    (alert,) = portal.alerts()
    assert alert.fired_at == at(FIRES)
    assert portal.messages() == []
    come(portal, [], "12:44")
    portal.load(outage()[44:51])
    portal.judge("12:51")
    sent = portal.messages()
    assert [each.channel for each in sent] == ["mail", "webhook"]
    assert "It has been firing since" in sent[0].text
    portal.judge("12:51")
    assert len(portal.messages()) == 2


def test_nobody_hears_the_end_of_what_came_and_went_while_its_rule_was_muted(portal: Portal) -> None:
    rule = portal.add(**MAIL)
    with portal.database.writing() as db:
        rules.mute(db, rules.OPERATORS, rule, at("14:30"), by=CONSOLE, now=at("12:20"))
    come(portal, outage(until="15:00"), "12:20", "12:44", "13:40", "14:40")
    (alert,) = portal.alerts()
    assert alert.ended_by == "reset"
    assert portal.messages() == []


def test_the_end_of_what_was_told_before_the_mute_is_not_told_while_it_lasts(portal: Portal) -> None:
    rule = portal.add(**MAIL)
    come(portal, outage(), "12:20", "12:44")
    before = len(portal.messages())
    assert before == 2
    with portal.database.writing() as db:
        rules.mute(db, rules.OPERATORS, rule, at("14:30"), by=CONSOLE, now=at("12:50"))
    portal.load(outage()[44:])
    portal.judge("13:40")
    assert portal.alerts()[0].ended_by == "reset"
    assert len(portal.messages()) == before
