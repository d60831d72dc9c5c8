"""Changing passwords: shown again who one is, links once, every other session ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from portal_people import (
    ADDRESS,
    NOON,
    PASSWORD,
    WRONG,
    add_user,
    change,
    confirmed,
    everything,
    later,
    race,
    statements,
    user_now,
)
from sqlalchemy import delete, select

from cxreports.errors import BadField, LoginRefused, NotThere
from cxreports.portal import audit
from cxreports.portal.audit import Event
from cxreports.portal.people import credentials, login, sessions, verification
from cxreports.portal.tables import Purpose, Stage, Throttle, Verification

if TYPE_CHECKING:
    from datetime import datetime

    from cxreports.portal.database import Database
    from cxreports.portal.people.vault import Vault
    from cxreports.portal.tables import LoginSession, User

NEW = "seventeen purple elephants"


def enter(database: Database, password: str = PASSWORD, now: datetime = NOON) -> str:
    return login.with_password(database, "ana@example.org", password, address=ADDRESS, now=now).session_id


def session_of(database: Database, session_id: str, now: datetime = NOON) -> LoginSession | None:
    with database.reading() as db:
        return sessions.find(db, session_id, now=now)


def asked(database: Database, email: str = "ana@example.org", now: datetime = NOON) -> str:
    credentials.ask_reset(database, email, address=ADDRESS, now=now)
    link = credentials.reset_link(database, email, address=ADDRESS, now=now)
    assert link is not None
    return link.token


def test_a_changed_password_ends_every_other_session(database: Database, ana: User) -> None:
    here, there = enter(database), enter(database)
    token = asked(database)
    session = session_of(database, here)
    assert session is not None
    changed = credentials.change_password(database, session, PASSWORD, NEW, address=ADDRESS, now=NOON)
    assert changed.session_id is not None
    assert set(changed.ended) == {sessions.hashed(here), sessions.hashed(there)}
    assert session_of(database, here) is None
    assert session_of(database, there) is None
    assert session_of(database, changed.session_id) is not None
    with pytest.raises(LoginRefused):
        enter(database)
    assert session_of(database, enter(database, NEW)) is not None
    assert user_now(database, ana).password_changed_at == NOON
    with pytest.raises(NotThere):  # a reset that was on its way
        credentials.reset_password(database, token, "another good long one", now=NOON)


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [(WRONG, NEW, LoginRefused), (PASSWORD, "password1234", BadField), (PASSWORD, PASSWORD, BadField)],
)
def test_what_does_not_change_the_password(
    database: Database, ana: User, old: str, new: str, error: type[Exception]
) -> None:
    session = session_of(database, enter(database))
    assert session is not None
    with pytest.raises(error):
        credentials.change_password(database, session, old, new, address=ADDRESS, now=NOON)
    assert session_of(database, enter(database)) is not None


def test_an_ended_session_changes_no_password(database: Database, ana: User) -> None:
    session_id = enter(database)
    session = session_of(database, session_id)
    assert session is not None
    login.log_out(database, session_id, now=NOON)
    with pytest.raises(LoginRefused):
        credentials.change_password(database, session, PASSWORD, NEW, now=NOON)
    assert enter(database)


def test_a_reset_by_link(database: Database, ana: User, vault: Vault) -> None:
    before = enter(database)
    confirmed(database, ana, vault)
    token = asked(database)
    assert token not in everything(database)
    changed = credentials.reset_password(database, token, NEW, address=ADDRESS, now=later(minutes=29))
    assert (changed.user_id, changed.session_id) == (ana.id, None)
    assert changed.ended == (sessions.hashed(before),)
    assert session_of(database, before) is None
    user = user_now(database, ana)
    assert user.email_verified_at == later(minutes=29)
    # The link opens the mailbox's half only: the second factor is still asked for.
    half = login.with_password(database, ana.email, NEW, now=NOON)
    assert half.stage is Stage.SECOND_FACTOR
    with pytest.raises(NotThere):
        credentials.reset_password(database, token, NEW, now=later(minutes=29))
    with database.reading() as db:
        told = {each.event for each in audit.entries(db)}
    assert {Event.PASSWORD_RESET_ASKED, Event.PASSWORD_RESET, Event.EMAIL_VERIFIED} <= told


def test_one_link_in_four_processes_counts_once(database: Database, ana: User) -> None:
    token = asked(database)
    tried = "credentials.reset_password(database, *arguments, now=now)"
    runners = [(token, f"{NEW} {number}") for number in range(4)]
    assert race(database, tried, *runners) == ["NotThere"] * 3 + ["won"]


def test_a_link_is_good_for_thirty_minutes(database: Database, ana: User) -> None:
    token = asked(database)
    with pytest.raises(NotThere):
        credentials.reset_password(database, token, NEW, now=later(minutes=30))


def test_a_bad_password_leaves_the_link_good(database: Database, ana: User) -> None:
    token = asked(database)
    with pytest.raises(BadField):
        credentials.reset_password(database, token, "anagarcia2026", now=NOON)
    credentials.reset_password(database, token, NEW, now=NOON)


def test_opening_the_page_does_not_use_the_link_up(database: Database, ana: User) -> None:
    token = asked(database)
    for _ in range(2):
        with database.reading() as db:
            assert verification.peek(db, token, Purpose.RESET, now=NOON).id == ana.id
    credentials.reset_password(database, token, NEW, now=NOON)


def test_an_asker_learns_nothing(database: Database, ana: User) -> None:
    def ask(email: str) -> tuple[list[str], str, float]:
        with database.writing() as db:
            db.execute(delete(Throttle))
        with statements(database) as made:
            credentials.ask_reset(database, email, address=ADDRESS, now=NOON)
            with pytest.raises(LoginRefused) as caught:
                credentials.ask_reset(database, email, address=ADDRESS, now=later(seconds=59))
        return made, str(caught.value), caught.value.wait_s

    add_user(database, "gone@example.org", disabled_at=NOON)
    answers = [ask(f"{name}@example.org") for name in ("ana", "nobody", "gone")]
    assert answers[0][2] == 1
    assert answers[1:] == answers[:1] * 2
    credentials.ask_reset(database, "ana@example.org", address=ADDRESS, now=later(seconds=60))


@pytest.mark.parametrize("email", ["nobody@example.org", "gone@example.org"])
def test_nobody_gets_no_link(database: Database, email: str) -> None:
    add_user(database, "gone@example.org", disabled_at=NOON)
    assert credentials.reset_link(database, email, address=ADDRESS, now=NOON) is None
    with database.reading() as db:
        assert [each.who for each in audit.entries(db, events=[Event.PASSWORD_RESET_ASKED])] == [email]
        assert db.scalars(select(Verification)).all() == []


def test_the_link_goes_to_the_address_of_the_account(database: Database, ana: User) -> None:
    # The Kelvin sign is lower-cased to k: whoever owns such an address gets no link to another's.
    kim = add_user(database, "kim@example.org")
    link = credentials.reset_link(database, "\u212aim@example.org", now=NOON)
    assert link is not None
    assert (link.user.id, link.user.email) == (kim.id, "kim@example.org")


def test_the_last_link_is_the_one_that_counts(database: Database, ana: User) -> None:
    first, second = asked(database), asked(database, now=later(minutes=2))
    with pytest.raises(NotThere):
        credentials.reset_password(database, first, NEW, now=later(minutes=2))
    credentials.reset_password(database, second, NEW, now=later(minutes=2))


@pytest.mark.parametrize("changed", ["disabled", "address"])
def test_a_link_to_a_mailbox_that_is_no_longer_theirs_is_no_good(
    database: Database, ana: User, changed: str
) -> None:
    token = asked(database)
    if changed == "disabled":
        change(database, ana, disabled_at=NOON)
    else:
        change(database, ana, email="ana@example.net", email_key="ana@example.net")
    with pytest.raises(NotThere):
        credentials.reset_password(database, token, NEW, now=NOON)


def test_an_invitation_is_good_for_seven_days_and_for_nothing_else(database: Database) -> None:
    ivo = add_user(database, "ivo@example.org", password_hash=None)
    with database.writing() as db:
        token = verification.link(db, ivo, Purpose.INVITATION, now=NOON)
    with pytest.raises(NotThere):
        credentials.reset_password(database, token, NEW, now=NOON)
    with pytest.raises(NotThere):
        credentials.reset_password(database, token, NEW, purpose=Purpose.INVITATION, now=later(days=7))
    credentials.reset_password(database, token, NEW, purpose=Purpose.INVITATION, now=later(days=6))
    assert login.with_password(database, "ivo@example.org", NEW, now=NOON).stage is Stage.FULL


def test_the_second_factor_is_turned_off_by_password_and_code(
    database: Database, ana: User, vault: Vault
) -> None:
    totp, codes = confirmed(database, ana, vault)
    now = later(minutes=1)
    for password, code in ((WRONG, totp.at(now)), (PASSWORD, totp.at(NOON)), (PASSWORD, "")):
        with pytest.raises(LoginRefused):
            credentials.disable_second_factor(database, ana, password, code, vault, now=now)
    assert user_now(database, ana).totp_enabled_at is not None
    credentials.disable_second_factor(database, ana, PASSWORD, codes[3], vault, now=now)
    assert user_now(database, ana).totp_enabled_at is None


def test_recovery_codes_are_renewed_by_password(database: Database, ana: User, vault: Vault) -> None:
    confirmed(database, ana, vault)
    with pytest.raises(LoginRefused):
        credentials.renew_recovery_codes(database, ana, WRONG, vault, now=NOON)
    assert len(credentials.renew_recovery_codes(database, ana, PASSWORD, vault, now=NOON)) == 10


def test_old_links_are_purged(database: Database, ana: User) -> None:
    asked(database)
    login.purge(database, now=later(minutes=30))
    with database.reading() as db:
        assert db.scalars(select(Verification)).all() == []
