"""A new e-mail address, and word to owners of what changed in their accounts."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from typing import TYPE_CHECKING

import pytest
from portal_people import NOON, add_user, change, later, user_now

from cxreports.errors import BadField
from cxreports.portal import audit
from cxreports.portal.actor import Actor
from cxreports.portal.audit import Event
from cxreports.portal.people import login, preferences, users, verification
from cxreports.portal.post.letters import Change, Post
from cxreports.portal.tables import Purpose
from cxreports.settings import Settings

if TYPE_CHECKING:
    from email.message import EmailMessage
    from pathlib import Path

    from cxreports.portal.database import Database
    from cxreports.portal.tables import User

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0"


@pytest.fixture
def post(database: Database, tmp_path: Path) -> Post:
    return Post(database, Settings.of(tmp_path), "https://reports.example.org")


def letters_to(tmp_path: Path, address: str) -> list[EmailMessage]:
    kept = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in tmp_path.glob("mail/*")]
    return [letter for letter in kept if letter["To"] == address]


def text_of(letter: EmailMessage) -> str:
    body = letter.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def ask(post: Post, user: User, email: str, address: str = "192.0.2.1") -> str | None:
    return post.change_profile(user, {"email": email}, by=Actor(user.email, user.id, address))


def test_an_address_is_taken_once_its_code_comes_back(
    post: Post, database: Database, ana: User, tmp_path: Path
) -> None:
    assert ask(post, ana, "new@example.org") == "new@example.org"
    assert user_now(database, ana).email == "ana@example.org"
    (letter,) = letters_to(tmp_path, "new@example.org")
    found = re.search(r"\b\d{6}\b", text_of(letter))
    assert found is not None
    assert found[0] not in letter["Subject"], "what a locked screen shows is not the code"
    assert verification.check_code(database, ana, Purpose.EMAIL, found[0]) == "ana@example.org"
    changed = user_now(database, ana)
    assert (changed.email, changed.email_key) == ("new@example.org", "new@example.org")
    assert (changed.pending_email, changed.pending_email_at) == (None, None)
    assert changed.email_verified_at is not None


def test_anothers_address_is_answered_like_any_other(
    post: Post, database: Database, ana: User, tmp_path: Path
) -> None:
    eve = add_user(database, "eve@evil.example", company_id="evil")
    assert ask(post, eve, "Ana@example.org", "192.0.2.66") == "Ana@example.org"
    (letter,) = letters_to(tmp_path, "ana@example.org")
    assert "Nothing has changed" in text_of(letter)
    assert re.search(r"\d{6}|eve|evil", text_of(letter)) is None
    ask(post, eve, "nobodys@example.org")
    with pytest.raises(BadField, match="Wait") as taken:
        ask(post, eve, "Ana@example.org")
    ask(post, eve, "another@example.org")
    with pytest.raises(BadField, match="Wait") as free:
        ask(post, eve, "nobodys@example.org")
    # How long is left goes down meanwhile.
    assert re.sub(r"\d+", "n", str(taken.value)) == re.sub(r"\d+", "n", str(free.value))
    with database.reading() as db:
        told = audit.entries(db, user_id=ana.id, events=[Event.EMAIL_CLAIMED])
        assert [each.address for each in told] == ["192.0.2.66"]
        assert "eve" not in str(told[0].detail)
        assert audit.entries(db, user_id=eve.id, events=[Event.EMAIL_CHANGE_ASKED])


def test_anothers_address_is_not_taken_even_with_the_code(database: Database, ana: User) -> None:
    with database.writing() as db:
        users.change_profile(db, ana, email="late@example.org")
        code = verification.mail_code(db, ana, Purpose.EMAIL, "late@example.org")
    add_user(database, "late@example.org")
    with pytest.raises(BadField, match="not right"):
        verification.check_code(database, ana, Purpose.EMAIL, code)
    assert user_now(database, ana).email == "ana@example.org"


def test_the_address_that_one_has_takes_a_pending_one_back(post: Post, database: Database, ana: User) -> None:
    ask(post, ana, "new@example.org")
    assert ask(post, ana, "ana@example.org") is None
    assert user_now(database, ana).pending_email is None


def test_an_address_that_nobody_verified_within_a_day_is_forgotten(database: Database, ana: User) -> None:
    with database.writing() as db:
        users.change_profile(db, ana, email="new@example.org", now=NOON)
        code = verification.mail_code(db, ana, Purpose.EMAIL, "new@example.org", now=later(hours=23.9))
    kept = user_now(database, ana)
    assert verification.pending_email(kept, now=later(hours=23.99)) == "new@example.org"
    assert verification.pending_email(kept, now=later(hours=24)) is None
    with pytest.raises(BadField, match="not right"):
        verification.check_code(database, ana, Purpose.EMAIL, code, now=later(hours=24))
    login.purge(database, now=later(hours=23.99))
    assert user_now(database, ana).pending_email == "new@example.org"
    login.purge(database, now=later(hours=24))
    assert (user_now(database, ana).pending_email, user_now(database, ana).pending_email_at) == (None, None)
    assert user_now(database, ana).email == "ana@example.org"


def test_an_address_that_was_forgotten_can_be_asked_for_again(database: Database, ana: User) -> None:
    for now in (NOON, later(hours=25)):
        with database.writing() as db:
            users.change_profile(db, ana, email="new@example.org", now=now)
        assert user_now(database, ana).pending_email_at == now


def test_another_password_of_the_operators_ends_links_and_a_pending_address(
    database: Database, ana: User
) -> None:
    with database.writing() as db:
        users.change_profile(db, ana, email="new@example.org")
        token = verification.link(db, ana, Purpose.RESET)
        users.set_password(db, ana, "seven green apples on a plate")
    with database.reading() as db, pytest.raises(Exception, match="link"):
        verification.peek(db, token, Purpose.RESET)
    assert user_now(database, ana).pending_email is None


def test_an_owner_is_told_what_when_from_where_and_what_to_do(
    post: Post, database: Database, ana: User, tmp_path: Path
) -> None:
    with database.writing() as db:
        preferences.save(db, ana.id, {"zone": "Asia/Tokyo"})
    done = Change(Event.PASSKEY_ADDED, datetime(2026, 3, 1, 20, 5, tzinfo=UTC), False, "192.0.2.7", FIREFOX)
    post.tell_of_change(ana.id, done)
    (letter,) = letters_to(tmp_path, "ana@example.org")
    assert letter["Subject"] == "A change to your account: Passkey added"
    text = text_of(letter)
    assert "When: 2 Mar 2026, 05:05 (Asia/Tokyo)" in text
    assert "From: 192.0.2.7, Firefox 143 on Windows" in text
    assert "https://reports.example.org/forgot" in text


def test_it_is_said_in_the_owners_language_and_that_it_was_the_operator(
    post: Post, database: Database, ana: User, tmp_path: Path
) -> None:
    change(database, ana, language="de")
    done = Change(
        Event.EMAIL_CHANGED, datetime(2026, 3, 1, tzinfo=UTC), by_operator=True, email="n@example.org"
    )
    post.tell_of_change(ana.id, done, to="old@example.org")
    (letter,) = letters_to(tmp_path, "old@example.org")
    text = text_of(letter)
    assert "Neue Adresse: n@example.org" in text
    assert "Durch: Ihren Betreiber" in text
