"""The audit log: what is found in it, what may not be in it, and the week's logins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from portal_people import ADDRESS, NOON, add_user, everything, later

from cxreports.portal import audit
from cxreports.portal.audit import Event, Logins

if TYPE_CHECKING:
    from cxreports.portal.database import Database
    from cxreports.portal.tables import User


def test_entries_are_narrowed_newest_first(database: Database, ana: User) -> None:
    bob = add_user(database, "bob@example.org", company_id="bolt")
    with database.writing() as db:
        audit.of_user(db, Event.LOGIN, ana, address=ADDRESS, now=NOON)
        audit.of_user(db, Event.EXPORTED, ana, now=later(minutes=1), what="cdr.csv", rows=12)
        audit.of_user(db, Event.LOGIN, bob, now=later(minutes=2))
        audit.record(db, Event.LOGIN_FAILED, who="nobody@example.org", now=later(minutes=2))

    def shown(**asked: object) -> list[tuple[str, str]]:
        with database.reading() as db:
            return [(each.event, each.who) for each in audit.entries(db, **asked)]  # type: ignore[arg-type]

    login, exported = ("login", "ana@example.org"), ("exported", "ana@example.org")
    bobs, failed = ("login", "bob@example.org"), ("login_failed", "nobody@example.org")
    assert shown() == [failed, bobs, exported, login]
    assert shown(limit=2) == [failed, bobs]
    assert shown(user_id=ana.id) == [exported, login]
    assert shown(company_id="bolt") == [bobs]
    assert shown(since=later(minutes=1), until=later(minutes=2)) == [exported]
    assert shown(events=[Event.LOGIN]) == [bobs, login]
    with database.reading() as db:
        (entry,) = audit.entries(db, events=[Event.EXPORTED])
    assert entry.detail == {"what": "cdr.csv", "rows": 12}
    assert (entry.at, entry.company_id, entry.user_id) == (later(minutes=1), "acme", ana.id)


@pytest.mark.parametrize("name", ["password", "code", "secret", "token", "session_id", "key"])
def test_a_secret_is_not_for_the_log(database: Database, name: str) -> None:
    with pytest.raises(ValueError, match=name), database.writing() as db:
        audit.record(db, Event.LOGIN, **{name: "hunter2"})
    assert "hunter2" not in everything(database)


def test_what_is_typed_to_fill_the_log_is_cut(database: Database) -> None:
    with database.writing() as db:
        audit.record(db, Event.LOGIN_FAILED, who="x" * 10_000, address="y" * 10_000)
    with database.reading() as db:
        (entry,) = audit.entries(db)
    assert (len(entry.who), len(entry.address)) == (254, 254)


def test_the_weeks_logins_by_person(database: Database, ana: User) -> None:
    bob = add_user(database, "bob@example.org", company_id="bolt")
    until = later(days=7)
    with database.writing() as db:
        audit.of_user(db, Event.LOGIN, ana, address="192.0.2.1", now=later(seconds=-1))  # the week before
        audit.of_user(db, Event.LOGIN, ana, address="192.0.2.7", now=NOON)
        audit.of_user(db, Event.LOGIN, ana, address="192.0.2.9", now=later(days=2))
        audit.of_user(db, Event.LOGIN_FAILED, ana, address="192.0.2.8", now=later(days=3))
        audit.of_user(db, Event.LOGOUT, ana, address="192.0.2.10", now=later(days=4))
        audit.of_user(db, Event.LOGIN, bob, address="", now=later(days=1))
        audit.record(db, Event.LOGIN_FAILED, who="root@example.org", address="203.0.113.5", now=later(days=1))
        audit.record(db, Event.LOGIN_FAILED, who="root@example.org", address="203.0.113.5", now=later(days=5))
        audit.of_user(db, Event.LOGIN, bob, now=until)  # the week after
    anas = Logins(
        ana.id, ana.email, "acme", 2, 1, ("192.0.2.7", "192.0.2.8", "192.0.2.9"), later(days=2), later(days=3)
    )
    bobs = Logins(bob.id, bob.email, "bolt", 1, 0, (), later(days=1), None)
    nobody = Logins(None, "root@example.org", None, 0, 2, ("203.0.113.5",), None, later(days=5))
    with database.reading() as db:
        review = audit.weekly_review(db, until=until)
        assert (review.since, review.until, review.logins) == (NOON, until, (anas, bobs, nobody))
        assert audit.weekly_review(db, until=until, company_id="bolt").logins == (bobs,)
        assert audit.weekly_review(db, until=NOON - audit.WEEK).logins == ()


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (" ana@example.org", "ana@example.org"),
        ("correct horse", ""),
        ("p@ssword1234", ""),
        ("p@ss word.1234", ""),
        ("", ""),
    ],
)
def test_what_looks_like_a_password_is_no_address(typed: str, told: str) -> None:
    assert audit.address_typed(typed) == told
