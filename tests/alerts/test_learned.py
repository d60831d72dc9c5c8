"""Learned bands in the evaluation: an outage of one destination among four weeks of quiet calls."""

from __future__ import annotations

import csv
import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from alert_portal import DAY, Portal, at, begun
from lake_calls import PLAIN

from cxreports.alerts.replay import replay
from cxreports.alerts.rule import Rule
from cxreports.alerts.sentences import why_text
from cxreports.alerts.surroundings import surroundings
from cxreports.cdr.definition import parse_format
from cxreports.language import speaking
from cxreports.portal.alerts import history
from cxreports.portal.alerts.tables import Alert, AlertRule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

UK, FRANCE = {"destination": "447700900123"}, {"destination": "33199000100"}
FIRST = DAY - timedelta(days=24)


def quiet(first: datetime, last: datetime) -> Iterator[dict[str, Any]]:
    """Twenty calls in each hour, from 8 to 20: every fourth fails, half of them to either country."""
    hours = (last - first) // timedelta(hours=1)
    for hour in (first + timedelta(hours=nth) for nth in range(hours)):
        if 8 <= hour.hour < 20:
            for nth in range(20):
                where = UK if nth % 2 else FRANCE
                yield begun(hour + timedelta(minutes=3 * nth), failed=False) | where | _ending(nth)


def _ending(nth: int) -> dict[str, Any]:
    return {"sip_code": 486, "charge": "0"} if nth % 8 in {0, 1} else {}


def broken(calls: Iterator[dict[str, Any]], first: str, last: str) -> Iterator[dict[str, Any]]:
    """The same, with a 503 for every call to the United Kingdom in a time."""
    for each in calls:
        is_hit = at(first) <= datetime.fromisoformat(each["call_time"]) < at(last)
        is_lost = is_hit and each["destination"] == UK["destination"]
        yield each | ({"sip_code": 503, "charge": "0"} if is_lost else {})


def pumped(calls: Iterator[dict[str, Any]], first: str, last: str) -> Iterator[dict[str, Any]]:
    """The same with a call each hour to Italy, and in a time with twenty dear ones an hour to Somalia."""
    for each in calls:
        when = datetime.fromisoformat(each["call_time"])
        yield each | ({"destination": "390698765432"} if when.minute == 6 else {})
        if at(first) <= when < at(last):
            yield begun(when, charge="3.6") | {"destination": "252612345678"}


def load(portal: Portal, calls: Iterable[dict[str, Any]]) -> None:
    """Load calls with where they went."""
    path = portal.home.parent / "calls.csv"
    rows = list(calls)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    plain = PLAIN + '[fields.destination]\ncolumn = "destination"\n'
    (report,) = portal.store.load(path, source_format=parse_format(plain, "plain.toml"))
    assert report.refused is None


def unusual(portal: Portal) -> list[Alert]:
    with portal.database.reading() as db:
        return history.unusual(db, "acme", since=FIRST)


def test_an_outage_of_a_destination_fires_once_with_its_cause_and_resets(portal: Portal) -> None:
    calls = quiet(FIRST, DAY + timedelta(days=2))
    load(portal, broken(calls, "10:00", "16:00"))
    portal.judge("9:30")
    portal.judge("16:30")  # the hours between are caught up with
    portal.judge("16:31")
    (alert,) = unusual(portal)
    assert alert.ended_at is None
    why = alert.limits["why"]
    assert why["cause"]["code"] == "503"
    assert why["cause"]["destination"] == "447…"
    assert why["cause"]["share"] == 1
    assert why["value"] < why["low"]
    with speaking("en"):
        assert why_text(why, "USD").endswith("100 % of the extra failures: 503 to 447…")
    portal.judge("36:30")
    (alert,) = unusual(portal)
    assert alert.ended_by == "reset"


def test_mails_of_what_is_unusual_say_it_in_words_up_to_its_end(portal: Portal) -> None:
    portal.add(
        None, title="Odd", metric="usual", is_below=False, is_each=True, threshold=100, reset=50,
        repeat_min=120, emails="noc@operator.example",
    )  # fmt: skip
    load(portal, broken(quiet(FIRST, DAY + timedelta(days=2)), "10:00", "16:00"))
    for time in ("9:30", "21:30", "36:30"):
        portal.judge(time)
    fired, *repeated, over = [each for each in portal.messages() if each.target == "noc@operator.example"]
    # Of ten calls an hour to the United Kingdom all are lost in two of three hours: a third is left.
    odd = r"NER \(447…\) \S+ %, usual are \S+ % to 100.0 %; 100 % of the extra failures: 503 to 447…"
    words = odd.replace(r"\S+", "33.3", 1)
    assert re.fullmatch(rf"\[Warning\] Odd: {words} – Acme Telecom", fired.subject)  # noqa: RUF001
    assert re.match(rf"Odd: {words}\.\n\nJudged up to 1 Jun 2026, \d\d:00 \(Europe/Madrid\)\.\n", fired.text)
    for each in repeated:
        assert re.match(
            r"\[Warning\] Odd: .*, usual are .*; 100 % of the extra failures: 503 to 447…", each.subject
        ), each.subject
    assert re.fullmatch(rf"\[Over\] Odd: {words} – Acme Telecom", over.subject)  # noqa: RUF001
    assert re.search(r"It is over\. It lasted \d+ hr\.", over.text)
    assert "worst figure" not in over.text


def test_pumping_is_told_as_the_calls_of_other_destinations_and_not_as_all(portal: Portal) -> None:
    load(portal, pumped(quiet(FIRST, DAY + timedelta(days=1)), "10:00", "13:00"))
    portal.judge("9:30")
    portal.judge("13:30")
    (alert,) = unusual(portal)
    why = alert.limits["why"]
    assert (why["hours"], alert.fired_at) == (3, at("12:00"))
    # One call an hour to Italy, and in two of the three hours twenty to Somalia; of all places it were 100.
    with speaking("en"):
        text = why_text(why, "USD")
    assert text.startswith("Attempts (other destinations) 43, usual are "), text
    assert alert.calls == 43
    assert text.endswith("% of the extra calls: 252…")
    with speaking("ar"):
        assert "\N{FIRST STRONG ISOLATE}\N{POP DIRECTIONAL ISOLATE}" not in why_text(why, "USD")


def test_quiet_weeks_fire_nothing_and_are_judged(portal: Portal) -> None:
    load(portal, quiet(FIRST, DAY + timedelta(days=1)))
    portal.judge("9:30")
    portal.judge("18:30")
    assert unusual(portal) == []
    with portal.database.reading() as db:
        rule = db.query(AlertRule).filter_by(standing="learned").one()
    assert rule.judged_at == at("18:00")


def test_a_day_without_calls_is_a_holiday_and_a_second_one_is_not(portal: Portal) -> None:
    calls = list(quiet(FIRST, DAY + timedelta(days=3)))
    load(
        portal,
        (
            each
            for each in calls
            if not at("00:00") <= datetime.fromisoformat(each["call_time"]) < at("32:00")
        ),
    )
    for time in ("9:30", "24:10", "33:00", "44:00"):
        portal.judge(time)
    assert unusual(portal) == []


def test_calls_that_stay_away_for_two_days_are_told_on_the_second(portal: Portal) -> None:
    calls = list(quiet(FIRST, DAY + timedelta(days=3)))
    away = at("00:00"), at("48:00")
    load(
        portal, (each for each in calls if not away[0] <= datetime.fromisoformat(each["call_time"]) < away[1])
    )
    for time in ("9:30", "24:10", "44:00", "57:00"):
        portal.judge(time)
    (alert,) = unusual(portal)
    assert at("32:00") < alert.fired_at <= at("48:00")
    assert (alert.limits["why"]["metric"], alert.limits["why"]["value"]) == ("attempts", 0)


def test_what_is_over_is_not_told_again_from_the_day_that_still_holds_it(portal: Portal) -> None:
    lost = list(broken(quiet(FIRST, DAY + timedelta(days=2)), "8:00", "12:00"))
    # From 14:00 to 20:00 a tenth fails besides: too little for an alarm of its own.
    for nth, each in enumerate(lost):
        if at("14:00") <= datetime.fromisoformat(each["call_time"]) < at("20:00") and nth % 10 == 0:
            lost[nth] = each | {"sip_code": 503, "charge": "0"}
    load(portal, lost)
    for time in ("9:30", "13:30", "16:30", "21:30"):
        portal.judge(time)
    (alert,) = unusual(portal)
    assert alert.ended_by == "reset"
    assert alert.ended_at is not None
    assert alert.ended_at < at("17:00")


def test_a_replay_of_what_is_learned_shows_what_happened_live(portal: Portal) -> None:
    load(portal, broken(quiet(FIRST, DAY + timedelta(days=2)), "10:00", "16:00"))
    for time in ("9:30", "14:30", "21:30", "36:30"):
        portal.judge(time)
    (alert,) = unusual(portal)
    with portal.database.reading() as db:
        rule = db.query(AlertRule).filter_by(standing="learned").one()
        around = surroundings(db, portal.store.snapshot())
    found = replay(around, Rule.of(rule), "acme", now=at("36:30"), days=2, zone=ZoneInfo("Europe/Madrid"))
    assert found is not None
    (episode,) = found.episodes
    assert episode.fired.at == alert.fired_at
    assert episode.ended is not None
    assert episode.ended.at == alert.ended_at
    assert episode.fired.reading.why == alert.limits["why"]
    own = next(each for each in found.neighbours if each.threshold == 100)
    assert own.times == 1
