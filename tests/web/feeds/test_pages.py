"""Calls under way and feeds as pages: each customer's own calls, and nothing of the others'."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from callers import Caller, Someone, introduce, session_of
from driving import portal_of
from small_office import load_calls

from cxreports import Lake
from cxreports.portal.database import Database, now
from cxreports.portal.feeds import states, under_way
from cxreports.portal.feeds.states import Delivery
from cxreports.portal.feeds.under_way import Dialog, Reading

if TYPE_CHECKING:
    from collections.abc import Iterator

    from driving import Portal

ANN, BEA, OLGA = (
    Someone("ann@acme.example", "acme"),
    Someone("bea@bravo.example", "bravo"),
    Someone("olga@op.example", None),
)
FEEDS = """
[[switch]]
name = "sbc1"
kind = "kamailio"
url = "http://127.0.0.1:9/RPC"

[[folder]]
name = "landing"
path = "/srv/landing"

[[push]]
name = "fs1"
"""


@pytest.fixture(name="portal", scope="module")
def _portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    home = tmp_path_factory.mktemp("live")
    (home / "feeds.toml").write_text(FEEDS)
    load_calls(
        home, [(each, now() - timedelta(hours=3), 60, 200, "1.25", "USD") for each in ("acme", "bravo")]
    )
    Lake(home).create()
    introduce(home, ANN, BEA, OLGA)
    with portal_of(home, warm=0) as running:
        yield running


def seen_by(portal: Portal, who: Someone, path: str) -> str:
    answer = Caller(portal.address, {"cx-session": session_of(portal.home, who.email)}).ask(path)
    assert answer.status == 200, answer.text
    return answer.text


def talking(number: int, customer: str, callee: str) -> Dialog:
    begun = now() - timedelta(seconds=100 + number)
    return Dialog(f"c{number}", "34910000001", callee, begun, begun, customer=customer)


def say(portal: Portal, *calls: Dialog, **more: object) -> None:
    under_way.keep(portal.home, [Reading("sbc1", "kamailio", now(), calls, **more)])


@pytest.mark.parametrize(
    "path", ["/under-way", "/under-way/list", "/under-way?company=bravo", "/under-way/list?company=all"]
)
def test_customers_see_their_own_calls_under_way(portal: Portal, path: str) -> None:
    say(
        portal,
        talking(1, "acme", "442070000001"),
        talking(2, "bravo", "331000000002"),
        talking(3, "", "49300003"),
    )
    ann = seen_by(portal, ANN, path)
    assert "442070000001" in ann
    assert "331000000002" not in ann
    assert "49300003" not in ann
    assert "1 call<" in ann
    bea = seen_by(portal, BEA, path)
    assert "331000000002" in bea
    assert "442070000001" not in bea


def test_no_switch_is_no_number_of_calls(portal: Portal) -> None:
    under_way.keep(portal.home, [])
    (card,) = seen_by(portal, OLGA, "/under-way/list").split("<section")[1:]
    assert "No switch is asked for its calls under way." in card
    assert "<h2>" not in card
    say(portal)
    assert "<h2>0 calls</h2>" in seen_by(portal, OLGA, "/under-way/list")


def test_operators_see_all_and_one_companys(portal: Portal) -> None:
    say(
        portal,
        talking(1, "acme", "442070000001"),
        talking(2, "bravo", "331000000002"),
        talking(3, "", "49300003"),
    )
    every = seen_by(portal, OLGA, "/under-way")
    assert all(number in every for number in ("442070000001", "331000000002", "49300003"))
    assert "3 calls" in every
    one = seen_by(portal, OLGA, "/under-way?company=bravo")
    assert "331000000002" in one
    assert "442070000001" not in one


def test_the_top_bar_says_that_the_switch_says_so(portal: Portal) -> None:
    say(portal, talking(1, "acme", "442070000001"), talking(2, "bravo", "331000000002"))
    ann = seen_by(portal, ANN, "/profile")
    assert "<b>1 Channel</b><small>now, kamailio</small>" in ann
    assert "cx-channels cx-live" in ann
    assert "<b>2 Channels</b>" in seen_by(portal, OLGA, "/operator/feeds")


def test_a_switch_that_does_not_answer_is_unknown_and_not_none(portal: Portal) -> None:
    say(portal, unknown_since=now() - timedelta(minutes=8), failure="http://127.0.0.1:9/RPC does not answer")
    ann = seen_by(portal, ANN, "/under-way")
    assert "<small>unknown since " in ann
    assert "<b>\N{EN DASH} Channels</b>" in ann
    assert "The calls under way are unknown since" in ann
    assert "There are none now" not in ann
    assert "<section" not in ann.partition("unknown since")[2].partition("</main>")[0], "nor an empty card"
    assert "127.0.0.1:9" not in ann
    assert "sbc1" not in ann
    operator = seen_by(portal, OLGA, "/operator/feeds")
    assert "http://127.0.0.1:9/RPC does not answer" in operator


def test_operators_see_what_the_feeds_delivered_and_what_was_refused(portal: Portal) -> None:
    at = now()
    database = Database.of(portal.home)
    with database.writing() as db:
        states.delivered(db, "fs1", Delivery("b.json", 1234, 1200, 30, 4, at - timedelta(seconds=75)), at)
        states.delivered(db, "landing", Delivery("a.csv", 7, 7), at - timedelta(hours=1))
        states.delivered(db, "landing", Delivery(refused=1, refusal="letter.txt holds no call records"), at)
    database.close()
    page = seen_by(portal, OLGA, "/operator/feeds")
    assert "1,234" in page
    assert ">1:15<" in page
    assert "letter.txt holds no call records" in page
    assert "last one refused" in page
