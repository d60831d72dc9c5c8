"""Records that switches post: known by their token, on disk before the answer, once in the lake."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

import pytest
from callers import Caller
from driving import portal_of, until
from switch_calls import freeswitch_record

from cxreports import Lake
from cxreports.feeds.feeding import feeding
from cxreports.feeds.spool import ready
from cxreports.portal import audit
from cxreports.portal.database import Database
from cxreports.portal.feeds import states, tokens

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from callers import Answer
    from driving import Portal

FEEDS = """
[[push]]
name = "fs1"
format = "freeswitch"

[[push]]
name = "pbx"
format = "asterisk"
zone = "Europe/Madrid"
customer = "bravo"
"""


@pytest.fixture(name="portal", scope="module")
def _portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    home = tmp_path_factory.mktemp("pushed")
    (home / "feeds.toml").write_text(FEEDS)
    Lake(home).create()
    with portal_of(home, warm=0) as running:
        yield running


@pytest.fixture(name="token", scope="module")
def _token(portal: Portal) -> str:
    return renewed(portal.home, "fs1")


def renewed(home: Path, feed: str) -> str:
    database = Database.of(home)
    with database.writing() as db:
        token = tokens.renew(db, feed)
    database.close()
    return token


def post(portal: Portal, token: str, body: str, kind: str = "application/json", **headers: str) -> Answer:
    sent = {"Authorization": f"Bearer {token}", "Content-Type": kind} | headers
    return Caller(portal.address).ask("/api/cdr", "POST", body, sent)


def waiting(home: Path, feed: str) -> int:
    return sum(len(path.read_bytes().splitlines()) for path in ready(home, feed))


def delivered(home: Path) -> dict[str, int]:
    database = Database.of(home)
    with database.reading() as db:
        rows = {name: state.rows for name, state in states.by_feed(db, ["fs1", "pbx"]).items()}
    database.close()
    return rows


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer cxr_" + "x" * 43},
        {"Authorization": "Bearer cxr_" + "x" * 5000},
        {"Authorization": "Basic ???"},
        {"Authorization": "Basic " + base64.b64encode(b"fs1:").decode()},
        {"Authorization": "Digest cxr_x"},
    ],
)
def test_nobody_pushes_without_a_token(portal: Portal, headers: dict[str, str]) -> None:
    answer = Caller(portal.address).ask("/api/cdr", "POST", json.dumps(freeswitch_record(1)), headers)
    assert answer.status == 401
    assert not (portal.home / "spool").exists() or waiting(portal.home, "fs1") == 0


def test_a_session_is_no_token(portal: Portal) -> None:
    from driving import operator_session

    caller = Caller(portal.address, {"cx-session": operator_session(portal.home)})
    assert caller.ask("/api/cdr", "POST", "{}", {"Content-Type": "application/json"}).status == 401


def test_a_token_that_was_renewed_is_worth_nothing(portal: Portal) -> None:
    before = renewed(portal.home, "pbx")
    renewed(portal.home, "pbx")
    assert post(portal, before, "{}").status == 401
    database = Database.of(portal.home)
    with database.reading() as db:
        assert before not in {getattr(entry, "who", "") for entry in audit.entries(db)}
    database.close()


def test_what_cannot_be_read_is_answered_with_where(portal: Portal, token: str) -> None:
    answer = post(portal, token, '{"a": 1} x')
    assert answer.status == 400
    assert "character 10" in json.loads(answer.text)["error"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_what_was_pushed_is_in_the_lake_once_and_on_the_feeds_state(portal: Portal, token: str) -> None:
    pbx = renewed(portal.home, "pbx")
    records = [json.dumps(freeswitch_record(number)) for number in range(1, 8)]
    # As mod_json_cdr posts: one record, form-encoded, the token as the password of Basic.
    basic = "Basic " + base64.b64encode(f"fs1:{token}".encode()).decode()
    form = "application/x-www-form-urlencoded"
    answers = [
        post(portal, token, "cdr=" + quote(records[0]), form, Authorization=basic),
        post(portal, token, "\n".join(records[1:4]), "application/x-ndjson"),
        post(portal, token, f"[{','.join(records[4:])}]"),
        post(portal, token, f"[{','.join(records[4:])}]"),
        # Other bodies that hold what has come already: the lake knows the records.
        post(portal, token, "\n".join(records)),
        post(
            portal, pbx,
            urlencode({
                "clid": '"Ana" <100>', "src": "100", "dst": "200", "start": "2026-11-28 10:00:00",
                "answer": "2026-11-28 10:00:05", "end": "2026-11-28 10:01:05", "duration": "65",
                "billsec": "60", "disposition": "ANSWERED", "uniqueid": "1764320400.7", "sequence": "7",
            }),
            form,
        ),
    ]  # fmt: skip
    counts = [json.loads(answer.text) for answer in answers]
    assert [answer.status for answer in answers] == [200] * 6
    assert [(each["accepted"], each["known"]) for each in counts] == [
        (1, 0), (3, 0), (3, 0), (0, 3), (7, 0), (1, 0),
    ]  # fmt: skip
    lake = Lake(portal.home)
    with feeding(portal.home):
        until(lambda: lake.sql("select count(*) from cdr").fetchall() == [(8,)], "the calls are in the lake")
        until(lambda: delivered(portal.home) == {"fs1": 14, "pbx": 1}, "the deliveries are kept")
        assert waiting(portal.home, "fs1") == 0
    asked = "select customer, count(*), sum(duration_s) from cdr group by 1 order by 1"
    assert lake.sql(asked).fetchall() == [
        ("acme", 7, 7 * 29), ("bravo", 1, 60),
    ]  # fmt: skip
    # 10:00 in Madrid, in winter.
    assert lake.sql("select epoch(call_time) from cdr where customer = 'bravo'").fetchall() == [(1795856400,)]
    assert lake.verify().is_empty()
    database = Database.of(portal.home)
    with database.reading() as db:
        found = states.by_feed(db, ["fs1", "pbx"])
    database.close()
    # 14 records reached the spool, of which the lake had 7 already.
    assert (found["fs1"].rows, found["fs1"].loaded, found["fs1"].duplicates) == (14, 7, 7)
    assert (found["pbx"].rows, found["pbx"].loaded, found["pbx"].rejected) == (1, 1, 0)
    assert found["fs1"].delivered_at is not None
    assert found["fs1"].refused == 0


def test_a_record_that_is_none_is_set_aside_and_the_others_are_loaded(portal: Portal, token: str) -> None:
    lake = Lake(portal.home)
    (before,) = lake.sql("select count(*) from cdr").fetchall()[0]
    body = json.dumps(freeswitch_record(100)) + "\n" + json.dumps({"no": "record"})
    assert post(portal, token, body).status == 200
    with feeding(portal.home):
        until(
            lambda: lake.sql("select count(*) from reject where raw like '%\"no\"%'").fetchall() == [(1,)],
            "the rest is set aside",
        )
    assert lake.sql("select count(*) from cdr").fetchall() == [(before + 1,)]
