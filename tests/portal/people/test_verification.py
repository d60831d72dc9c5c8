"""Six digits by mail or text message: few tries, the last one sent, for the address that it was sent to."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from portal_people import NOON, add_user, change, everything, later, race, user_now

from cxreports.errors import BadField, LoginRefused
from cxreports.portal import audit
from cxreports.portal.audit import Event
from cxreports.portal.people import verification
from cxreports.portal.tables import Purpose

if TYPE_CHECKING:
    from datetime import datetime

    from cxreports.portal.database import Database
    from cxreports.portal.tables import User


def sent(
    database: Database,
    user: User,
    purpose: Purpose = Purpose.EMAIL,
    target: str = "ana@example.org",
    now: datetime = NOON,
) -> str:
    with database.writing() as db:
        return verification.mail_code(db, user, purpose, target, now=now)


def check(
    database: Database, user: User, code: str, purpose: Purpose = Purpose.EMAIL, now: datetime = NOON
) -> None:
    verification.check_code(database, user, purpose, code, now=now)


def wrong(code: str, by: int = 1) -> str:
    return f"{(int(code) + by) % 10**6:06d}"


def test_the_code_verifies_the_address(database: Database, ana: User) -> None:
    code = sent(database, ana)
    assert len(code) == 6
    assert code.isascii()
    assert code.isdigit()
    check(database, ana, code, now=later(minutes=14))
    assert user_now(database, ana).email_verified_at == later(minutes=14)
    assert user_now(database, ana).mobile_verified_at is None
    with pytest.raises(BadField):
        check(database, ana, code, now=later(minutes=14))
    with database.reading() as db:
        assert [each.event for each in audit.entries(db)] == [Event.EMAIL_VERIFIED]


def test_the_code_verifies_the_mobile(database: Database, ana: User) -> None:
    change(database, ana, mobile="+34600000001")
    code = sent(database, ana, Purpose.MOBILE, "+34600000001")
    with pytest.raises(BadField):
        check(database, ana, code, Purpose.EMAIL)
    check(database, ana, f" {code[:3]} {code[3:]}", Purpose.MOBILE)
    assert user_now(database, ana).mobile_verified_at == NOON


def test_five_tries_and_no_more(database: Database, ana: User) -> None:
    code = sent(database, ana)
    for by in range(1, 6):
        with pytest.raises(BadField):
            check(database, ana, wrong(code, by))
    with pytest.raises(BadField):
        check(database, ana, code)
    assert user_now(database, ana).email_verified_at is None


def test_the_fifth_try_may_be_right(database: Database, ana: User) -> None:
    code = sent(database, ana)
    for by in range(1, 5):
        with pytest.raises(BadField):
            check(database, ana, wrong(code, by))
    check(database, ana, code)


def test_tries_at_once_are_counted_one_by_one(database: Database, ana: User) -> None:
    code = sent(database, ana)

    def guess(by: int) -> None:
        with pytest.raises(BadField):
            check(database, ana, wrong(code, by))

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(guess, range(1, 13)))
    with database.reading() as db:
        assert [each.attempts for each in db.query(verification.Verification)] == [5]


def test_one_code_in_four_processes_counts_once(database: Database, ana: User) -> None:
    code = sent(database, ana)
    tried = "verification.check_code(database, user, Purpose.EMAIL, *arguments, now=now)"
    assert race(database, tried, *[(code,)] * 4) == ["BadField"] * 3 + ["won"]


def test_a_code_lives_fifteen_minutes(database: Database, ana: User) -> None:
    code = sent(database, ana)
    with pytest.raises(BadField):
        check(database, ana, code, now=later(minutes=15))


def test_the_last_code_is_the_one_that_counts(database: Database, ana: User) -> None:
    first, second = sent(database, ana), sent(database, ana, now=later(minutes=1))
    assert first != second or pytest.skip("one in a million")
    with pytest.raises(BadField):
        check(database, ana, first, now=later(minutes=1))
    check(database, ana, second, now=later(minutes=1))


def test_anothers_code_is_no_good(database: Database, ana: User) -> None:
    code = sent(database, ana)
    with pytest.raises(BadField):
        check(database, add_user(database, "bob@example.org"), code)


def test_an_address_that_was_changed_is_not_verified(database: Database, ana: User) -> None:
    change(database, ana, mobile="+34600000001")
    code = sent(database, ana, Purpose.MOBILE, "+34600000001")
    change(database, ana, mobile="+34600000002")
    with pytest.raises(BadField):
        check(database, ana, code, Purpose.MOBILE)
    assert user_now(database, ana).mobile_verified_at is None


@pytest.mark.parametrize(
    ("purpose", "target"),
    [
        (Purpose.EMAIL, "bob@example.org"),
        (Purpose.MOBILE, "+34600000001"),
        (Purpose.MOBILE, ""),
        (Purpose.RESET, "ana@example.org"),
    ],
)
def test_codes_go_to_ones_own_address_only(
    database: Database, ana: User, purpose: Purpose, target: str
) -> None:
    with pytest.raises(BadField):
        sent(database, ana, purpose, target)


def test_codes_are_not_sent_one_after_the_other(database: Database, ana: User) -> None:
    sent(database, ana)
    with pytest.raises(LoginRefused) as caught:
        sent(database, ana, now=later(seconds=20))
    assert caught.value.wait_s == 40
    assert str(caught.value) == "One was sent a moment ago. Wait 41 s before you ask again."
    sent(database, ana, now=later(seconds=60))
    with pytest.raises(LoginRefused) as caught:
        sent(database, ana, now=later(seconds=60))
    assert caught.value.wait_s == 120


def test_messages_to_ever_other_numbers_are_slowed_down_too(database: Database, ana: User) -> None:
    for number in range(6):
        change(database, ana, mobile=f"+3460000000{number}")
        sent(database, ana, Purpose.MOBILE, f"+3460000000{number}")
    change(database, ana, mobile="+34600000009")
    with pytest.raises(LoginRefused) as caught:
        sent(database, ana, Purpose.MOBILE, "+34600000009")
    assert caught.value.wait_s == 60


def test_a_stranger_who_types_the_same_number_holds_no_code_back(database: Database, ana: User) -> None:
    mallory, number = add_user(database, "mallory@example.org"), "+34600000001"
    for user in (mallory, ana):
        change(database, user, mobile=number)
    for minutes in (0, 1, 3, 7):
        sent(database, mallory, Purpose.MOBILE, number, later(minutes=minutes))
    with pytest.raises(LoginRefused):
        sent(database, mallory, Purpose.MOBILE, number, later(minutes=7))
    code = sent(database, ana, Purpose.MOBILE, number, later(minutes=7))
    check(database, ana, code, Purpose.MOBILE, later(minutes=7))
    assert user_now(database, ana).mobile_verified_at == later(minutes=7)


@pytest.mark.parametrize("typed", ["", "abcdef", "\ud800", "9" * 10_000, "²²²²²²"])
def test_what_is_no_code_is_refused(database: Database, ana: User, typed: str) -> None:
    sent(database, ana)
    with pytest.raises(BadField):
        check(database, ana, typed)


def test_no_code_is_asked_for_none_is_taken(database: Database, ana: User) -> None:
    with pytest.raises(BadField):
        check(database, ana, "123456")


def test_the_database_does_not_tell_the_code(database: Database, ana: User) -> None:
    from hashlib import sha256

    code = sent(database, ana)
    kept = everything(database)
    with database.reading() as db:
        row = db.query(verification.Verification).one()
    assert f"'{code}'" not in kept
    quick = {code, row.salt + code, code + row.salt}
    quick_hashes = {sha256(each.encode()).hexdigest() for each in quick}
    quick_hashes.add(sha256(bytes.fromhex(row.salt) + code.encode()).hexdigest())
    assert row.code_hash not in quick_hashes
