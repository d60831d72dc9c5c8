"""Sessions: only hashes at rest, new ids, limits, and out at once."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from portal_people import ADDRESS, NOON, add_user, change, everything, later, statements

from cxreports.errors import BadSetting, LoginRefused
from cxreports.portal.people import sessions
from cxreports.portal.tables import LoginSession, Stage

if TYPE_CHECKING:
    from datetime import datetime

    from cxreports.portal.database import Database
    from cxreports.portal.tables import User


def begin(database: Database, user: User, now: datetime = NOON, stage: Stage = Stage.FULL) -> str:
    with database.writing() as db:
        return sessions.begin(db, user, stage=stage, address=ADDRESS, agent="Firefox", now=now)


def found(database: Database, session_id: str, now: datetime = NOON, stage: Stage = Stage.FULL) -> bool:
    with database.reading() as db:
        return sessions.find(db, session_id, stage=stage, now=now) is not None


def test_a_session_is_found_by_its_id_with_its_user_and_company(database: Database, ana: User) -> None:
    session_id = begin(database, ana)
    with database.reading() as db:
        session = sessions.find(db, session_id, now=NOON)
    assert session is not None
    assert session.user.email == "ana@example.org"
    assert session.user.company is not None
    assert session.user.company.name == "Acme"
    assert (session.address, session.agent) == (ADDRESS, "Firefox")
    assert session.stage is Stage.FULL


def test_the_database_keeps_the_hash_alone(database: Database, ana: User) -> None:
    session_id = begin(database, ana)
    assert len(session_id) >= 43  # 256 bits
    kept = everything(database)
    assert hashlib.sha256(session_id.encode()).hexdigest() in kept
    assert session_id not in kept


def test_ids_are_never_the_same(database: Database, ana: User) -> None:
    assert len({begin(database, ana) for _ in range(20)}) == 20


@pytest.mark.parametrize("strange", ["", "x", "\ud800", "a" * 100_000, "' OR 1=1 --", "\0"])
def test_what_is_no_id_finds_nothing(database: Database, ana: User, strange: str) -> None:
    begin(database, ana)
    assert not found(database, strange)


def test_the_hash_of_an_id_is_no_id(database: Database, ana: User) -> None:
    assert not found(database, sessions.hashed(begin(database, ana)))


def test_an_idle_session_is_over(database: Database, ana: User) -> None:
    session_id = begin(database, ana)
    just = NOON + sessions.idle()
    assert found(database, session_id, just - timedelta(microseconds=1))
    assert not found(database, session_id, just)


def test_no_session_outlives_its_life_however_busy(database: Database, ana: User) -> None:
    session_id = begin(database, ana)
    now, end = NOON, NOON + sessions.life()
    while now < end:
        with database.reading() as db:
            session = sessions.find(db, session_id, now=now)
        assert session is not None
        with database.writing() as db:
            sessions.touch(db, session, now=now)
        now += sessions.idle() / 2
    assert not found(database, session_id, end)


def test_half_a_login_lasts_ten_minutes_and_is_no_session(database: Database, ana: User) -> None:
    session_id = begin(database, ana, stage=Stage.SECOND_FACTOR)
    assert found(database, session_id, later(minutes=9), Stage.SECOND_FACTOR)
    assert not found(database, session_id, later(minutes=9), Stage.FULL)
    assert not found(database, session_id, later(minutes=10), Stage.SECOND_FACTOR)


def test_a_whole_login_is_no_half_one(database: Database, ana: User) -> None:
    assert not found(database, begin(database, ana), stage=Stage.SECOND_FACTOR)


def test_a_session_is_touched_once_a_minute(database: Database, ana: User) -> None:
    session_id = begin(database, ana)
    seen = []
    for seconds in (0, 59, 60, 119, 120):
        now = later(seconds=seconds)
        with database.reading() as db:
            session = sessions.find(db, session_id, now=now)
        assert session is not None
        seen.append(sessions.is_stale(session, now=now))
        with database.writing() as db:
            sessions.touch(db, session, now=now)
        with database.reading() as db:
            kept = db.get_one(LoginSession, session.id_hash).seen_at
        assert kept == later(seconds=seconds // 60 * 60)
    assert seen == [False, False, True, False, True]


def test_finding_writes_nothing_and_waits_for_no_writer(database: Database, ana: User) -> None:
    session_id = begin(database, ana)
    with database.writing(), statements(database) as asked:
        assert found(database, session_id)
    assert [each.split()[0] for each in asked if not each.startswith("BEGIN")] == ["SELECT"]


def test_a_touch_brings_no_ended_session_back(database: Database, ana: User) -> None:
    session_id = begin(database, ana)
    with database.reading() as db:
        session = sessions.find(db, session_id, now=NOON)
    assert session is not None
    with database.writing() as db:
        sessions.end(db, session_id)
    with database.writing() as db:
        sessions.touch(db, session, now=later(minutes=2))
    assert not found(database, session_id, later(minutes=2))


def test_who_is_disabled_is_out_at_once(database: Database, ana: User) -> None:
    session_id = begin(database, ana)
    change(database, ana, disabled_at=NOON)
    assert not found(database, session_id)
    with database.writing() as db:
        assert sessions.purge(db, now=NOON) == [sessions.hashed(session_id)]


def test_a_renewed_session_has_another_id_and_a_new_life(database: Database, ana: User) -> None:
    old = begin(database, ana, stage=Stage.SECOND_FACTOR)
    with database.writing() as db:
        session = sessions.find(db, old, stage=Stage.SECOND_FACTOR, now=NOON)
        assert session is not None
        new = sessions.renew(db, session, now=later(minutes=5))
    assert new != old
    for stage in Stage:
        assert not found(database, old, stage=stage)
    assert found(database, new, later(minutes=5) + sessions.idle() - timedelta(seconds=1))
    with pytest.raises(LoginRefused), database.writing() as db:
        sessions.renew(db, session, now=later(minutes=5))


def test_ending_sessions(database: Database, ana: User) -> None:
    bob = add_user(database, "bob@example.org")
    first, second, third = (begin(database, ana, later(minutes=each)) for each in range(3))
    bobs = begin(database, bob)
    with database.writing() as db:
        assert sessions.end(db, first) == sessions.hashed(first)
        assert sessions.end(db, first) is None
        assert not sessions.end_one(db, ana.id, sessions.hashed(bobs))
        assert sessions.end_one(db, ana.id, sessions.hashed(second))
    fourth = begin(database, ana, later(minutes=4))
    with database.writing() as db:
        assert sessions.end_all(db, ana.id, but=sessions.hashed(fourth)) == [sessions.hashed(third)]
    assert found(database, fourth, later(minutes=4))
    assert found(database, bobs)
    with database.writing() as db:
        assert sessions.end_all(db, ana.id) == [sessions.hashed(fourth)]
    assert not found(database, fourth, later(minutes=4))


def test_ones_sessions_are_those_that_go_on_newest_first(database: Database, ana: User) -> None:
    begin(database, add_user(database, "bob@example.org"))
    begin(database, ana, NOON - sessions.idle())
    begin(database, ana, stage=Stage.SECOND_FACTOR)
    first, second = begin(database, ana), begin(database, ana, later(minutes=1))
    with database.reading() as db:
        shown = [each.id_hash for each in sessions.of_user(db, ana.id, now=later(minutes=1))]
    assert shown == [sessions.hashed(second), sessions.hashed(first)]


def test_purging_removes_what_is_over_and_says_which(database: Database, ana: User) -> None:
    idle = begin(database, ana, NOON - sessions.idle())
    half = begin(database, ana, NOON - sessions.SECOND_FACTOR_LIFE, Stage.SECOND_FACTOR)
    live = begin(database, ana)
    with database.writing() as db:
        assert set(sessions.purge(db, now=NOON)) == {sessions.hashed(idle), sessions.hashed(half)}
        assert sessions.purge(db, now=NOON) == []
    assert found(database, live)


def test_a_session_lasts_twelve_hours_and_two_without_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LIFE", "IDLE"):
        monkeypatch.delenv(f"CXREPORTS_SESSION_{name}_H", raising=False)
    assert (sessions.life.__wrapped__(), sessions.idle.__wrapped__()) == (
        timedelta(hours=12),
        timedelta(hours=2),
    )
    monkeypatch.setenv("CXREPORTS_SESSION_LIFE_H", "8")
    monkeypatch.setenv("CXREPORTS_SESSION_IDLE_H", "0.5")
    assert (sessions.life.__wrapped__(), sessions.idle.__wrapped__()) == (
        timedelta(hours=8),
        timedelta(minutes=30),
    )
    monkeypatch.setenv("CXREPORTS_SESSION_IDLE_H", "0")
    with pytest.raises(BadSetting, match="CXREPORTS_SESSION_IDLE_H=0"):
        sessions.idle.__wrapped__()
