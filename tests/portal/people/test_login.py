"""Logging in: one answer to everything that is wrong, no code twice, no id kept, no endless guessing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pyotp
import pytest
from argon2 import PasswordHasher
from portal_people import (
    ADDRESS,
    NOON,
    PASSWORD,
    WRONG,
    add_user,
    change,
    everything,
    hash_of,
    later,
    race,
    statements,
    user_now,
)
from sqlalchemy import delete

from cxreports.errors import LoginRefused
from cxreports.portal import audit
from cxreports.portal.audit import Event
from cxreports.portal.database import Database
from cxreports.portal.people import confirmation, login, passwords, second_factor, sessions, throttle
from cxreports.portal.tables import Stage, Throttle

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from cxreports.portal.people.vault import Vault
    from cxreports.portal.tables import User


def enter(
    database: Database,
    email: str = "ana@example.org",
    password: str = PASSWORD,
    now: datetime = NOON,
    address: str = ADDRESS,
) -> login.LoggedIn:
    return login.with_password(database, email, password, address=address, agent="Firefox", now=now)


def refused(tried: Callable[[], object]) -> LoginRefused:
    with pytest.raises(LoginRefused) as caught:
        tried()
    return caught.value


def is_in(database: Database, session_id: str, now: datetime = NOON) -> bool:
    with database.reading() as db:
        return sessions.find(db, session_id, now=now) is not None


def told(database: Database, *events: Event) -> list[dict[str, Any]]:
    with database.reading() as db:
        return [
            {"event": each.event, "who": each.who, "user_id": each.user_id, **each.detail}
            for each in audit.entries(db, events=events)
        ]


@pytest.fixture
def authenticator(database: Database, ana: User, vault: Vault) -> pyotp.TOTP:
    """Ana's, after she turned the second factor on."""
    with database.writing() as db:
        enrolment = second_factor.begin(db, ana, vault)
    totp = pyotp.TOTP(enrolment.secret)
    with database.writing() as db:
        second_factor.confirm(db, ana, totp.at(later(minutes=-2)), vault, now=later(minutes=-2))
    return totp


def test_the_right_password_lets_in(database: Database, ana: User) -> None:
    logged_in = enter(database)
    assert (logged_in.stage, logged_in.user_id) == (Stage.FULL, ana.id)
    assert is_in(database, logged_in.session_id)
    assert told(database) == [{"event": "login", "who": ana.email, "user_id": ana.id, "by": "password"}]


@pytest.mark.parametrize("typed", ["ANA@Example.org", "  ana@example.org "])
def test_an_address_may_be_written_otherwise(database: Database, ana: User, typed: str) -> None:
    assert enter(database, typed).user_id == ana.id


def test_everything_wrong_has_one_answer_and_one_amount_of_work(
    database: Database, ana: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_user(database, "gone@example.org", disabled_at=NOON)
    add_user(database, "invited@example.org", password_hash=None)
    enter(database)  # what is made once is made
    hashed: list[str] = []
    verify = PasswordHasher.verify

    def count(self: PasswordHasher, password_hash: str, password: bytes) -> bool:
        hashed.append(password_hash)
        return verify(self, password_hash, password)

    monkeypatch.setattr(PasswordHasher, "verify", count)
    outcomes = []
    for email, password in (
        ("ana@example.org", WRONG),
        ("nobody@example.org", WRONG),
        ("gone@example.org", WRONG),
        ("gone@example.org", PASSWORD),
        ("invited@example.org", WRONG),
        ("invited@example.org", ""),
    ):
        hashed.clear()
        with database.writing() as db:
            db.execute(delete(Throttle))
        with statements(database) as asked:
            error = refused(lambda email=email, password=password: enter(database, email, password))
        effort = [each.split("$")[3] for each in hashed]
        outcomes.append((type(error), str(error), error.wait_s, effort, asked))
    assert outcomes[0][3] == [hash_of(PASSWORD).split("$")[3]]
    assert outcomes[1:] == outcomes[:1] * 5


def test_a_failure_is_kept_although_it_is_raised(database: Database, ana: User) -> None:
    refused(lambda: enter(database, password=WRONG))
    refused(lambda: enter(database, "nobody@example.org"))
    failed = {"event": "login_failed", "step": "password", "wait_s": 0}
    assert told(database) == [
        failed | {"who": "nobody@example.org", "user_id": None},
        failed | {"who": ana.email, "user_id": ana.id},
    ]


def test_no_password_reaches_the_log_not_even_one_typed_as_address(database: Database, ana: User) -> None:
    refused(lambda: enter(database, password=WRONG))
    refused(lambda: enter(database, WRONG, "x"))
    enter(database)
    kept = everything(database)
    assert WRONG not in kept
    assert PASSWORD not in kept


@pytest.mark.parametrize("email", ["ana@example.org", "nobody@example.org"])
def test_guessing_is_slowed_down_whether_there_is_an_account_or_not(
    database: Database, ana: User, email: str
) -> None:
    wait_s = 0.0
    for expected in (0, 0, 0, 0, 1, 2, 4):
        now = later(seconds=wait_s)
        assert refused(partial(enter, database, email, WRONG, now)).wait_s == 0
        with database.reading() as db:
            wait_s += throttle.wait_s(db, throttle.account(email), now=now)
        assert now + timedelta(seconds=expected) == later(seconds=wait_s)
    error = refused(partial(enter, database, email, PASSWORD, now))
    assert error.wait_s == 4
    assert str(error) == "Too many tries. Wait 5 seconds."


def test_a_restart_forgets_no_failure(database: Database, ana: User) -> None:
    for _ in range(5):
        refused(lambda: enter(database, password=WRONG))
    restarted = Database(database.url)
    try:
        error = refused(lambda: enter(restarted))
        assert error.wait_s == 1
        assert enter(restarted, now=later(seconds=1)).stage is Stage.FULL
    finally:
        restarted.close()


def test_a_good_login_takes_the_failures_back(database: Database, ana: User) -> None:
    for _ in range(4):
        refused(lambda: enter(database, password=WRONG))
    enter(database)
    for _ in range(4):
        assert refused(lambda: enter(database, password=WRONG)).wait_s == 0
    assert enter(database).stage is Stage.FULL


def test_many_accounts_tried_from_one_address_are_slowed_down(database: Database, ana: User) -> None:
    with database.writing() as db:
        for _ in range(29):
            throttle.failed(db, throttle.address(ADDRESS), now=NOON)
    refused(lambda: enter(database, "bob@example.org", WRONG))
    assert refused(lambda: enter(database)).wait_s == 1
    assert enter(database, address="198.51.100.9").stage is Stage.FULL


def test_a_hundred_tries_at_once_are_a_hundred_tries(database: Database, ana: User) -> None:
    def guess(number: int) -> bool:
        return refused(lambda: enter(database, password=f"guess number {number}")).wait_s == 0

    with ThreadPoolExecutor(12) as threads:
        looked_at = sum(threads.map(guess, range(24)))
    assert looked_at == 5
    assert len(told(database, Event.LOGIN_FAILED)) == 5


def test_a_hash_made_with_less_effort_is_made_anew(database: Database) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
    ana = add_user(database, password_hash=weak)
    enter(database)
    renewed = user_now(database, ana).password_hash
    assert renewed is not None
    assert not passwords.needs_rehash(renewed)
    assert passwords.matches(renewed, PASSWORD)


def test_a_password_changed_while_it_is_looked_at_does_not_let_in(
    database: Database, ana: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slowly(password_hash: str | None, password: str) -> bool:
        change(database, ana, password_hash=passwords.hashed(WRONG))
        return matches(password_hash, password)

    matches = passwords.matches
    monkeypatch.setattr(passwords, "matches", slowly)
    refused(lambda: enter(database))


def test_with_a_second_factor_the_password_is_half_of_it(
    database: Database, ana: User, authenticator: pyotp.TOTP, vault: Vault
) -> None:
    half = enter(database)
    assert half.stage is Stage.SECOND_FACTOR
    assert not is_in(database, half.session_id)
    assert told(database, Event.LOGIN) == []
    whole = login.with_second_factor(database, half.session_id, authenticator.at(NOON), vault, now=NOON)
    assert (whole.stage, whole.user_id) == (Stage.FULL, ana.id)
    assert is_in(database, whole.session_id)
    assert [each["by"] for each in told(database, Event.LOGIN)] == ["password and totp"]
    # Whoever knew, or planted, the id of before has nothing.
    assert whole.session_id != half.session_id
    assert not is_in(database, half.session_id)
    error = refused(
        lambda: login.with_second_factor(database, half.session_id, authenticator.at(NOON), vault, now=NOON)
    )
    assert "password again" in str(error)


def test_a_planted_id_is_never_taken_over(database: Database, ana: User, vault: Vault) -> None:
    refused(lambda: login.with_second_factor(database, "planted", "123456", vault, now=NOON))
    assert not is_in(database, "planted")
    assert enter(database).session_id != enter(database).session_id


def test_the_second_factor_is_asked_for_within_ten_minutes(
    database: Database, authenticator: pyotp.TOTP, vault: Vault
) -> None:
    half, late = enter(database), later(minutes=10)
    refused(
        lambda: login.with_second_factor(database, half.session_id, authenticator.at(late), vault, now=late)
    )


def test_who_is_disabled_between_the_steps_is_refused(
    database: Database, ana: User, authenticator: pyotp.TOTP, vault: Vault
) -> None:
    half = enter(database)
    change(database, ana, disabled_at=NOON)
    refused(
        lambda: login.with_second_factor(database, half.session_id, authenticator.at(NOON), vault, now=NOON)
    )


def test_guessing_codes_is_slowed_down_and_a_new_password_login_does_not_help(
    database: Database, ana: User, authenticator: pyotp.TOTP, vault: Vault
) -> None:
    wrong = f"{(int(authenticator.at(NOON)) + 1) % 10**6:06d}"
    for _ in range(5):
        half = enter(database)
        refused(partial(login.with_second_factor, database, half.session_id, wrong, vault, now=NOON))
    half = enter(database)
    good = authenticator.at(NOON)
    error = refused(lambda: login.with_second_factor(database, half.session_id, good, vault, now=NOON))
    assert error.wait_s == 1
    steps = [each["step"] for each in told(database, Event.LOGIN_FAILED)]
    assert steps == ["second factor"] * 5
    login.with_second_factor(database, half.session_id, good, vault, now=later(seconds=1))


def test_one_code_in_four_processes_lets_one_in(
    database: Database, ana: User, authenticator: pyotp.TOTP, vault: Vault
) -> None:
    code = authenticator.at(NOON)
    halves = [(enter(database).session_id, code) for _ in range(4)]
    tried = "login.with_second_factor(database, *arguments, vault, now=now)"
    assert race(database, tried, *halves) == ["LoginRefused"] * 3 + ["won"]
    assert len(told(database, Event.LOGIN)) == 1


def test_one_half_login_in_three_processes_becomes_one_session(
    database: Database, ana: User, authenticator: pyotp.TOTP, vault: Vault
) -> None:
    half = enter(database).session_id
    codes = [(half, authenticator.at(NOON, counter_offset=each)) for each in (-1, 0, 1)]
    tried = "login.with_second_factor(database, *arguments, vault, now=now)"
    assert race(database, tried, *codes) == ["LoginRefused"] * 2 + ["won"]
    with database.reading() as db:
        assert len(sessions.of_user(db, ana.id, now=NOON)) == 1


def test_confirming_the_password_is_throttled_like_a_login(database: Database, ana: User) -> None:
    confirmation.by_password(database, ana, PASSWORD, address=ADDRESS, now=NOON)
    for _ in range(5):
        error = refused(lambda: confirmation.by_password(database, ana, WRONG, address=ADDRESS, now=NOON))
        assert error.wait_s == 0
    assert refused(lambda: confirmation.by_password(database, ana, PASSWORD, now=NOON)).wait_s == 1
    assert refused(lambda: enter(database)).wait_s == 1


def test_logging_out(database: Database, ana: User) -> None:
    session_id = enter(database).session_id
    assert login.log_out(database, session_id, address=ADDRESS, now=NOON) == sessions.hashed(session_id)
    assert not is_in(database, session_id)
    assert login.log_out(database, session_id, now=NOON) is None
    assert [each["event"] for each in told(database, Event.LOGOUT)] == ["logout"]


def test_logging_out_everywhere_else_and_of_one_session(database: Database, ana: User) -> None:
    here, there, elsewhere = (enter(database).session_id for _ in range(3))
    hashes = [sessions.hashed(each) for each in (here, there, elsewhere)]
    assert login.end_sessions(database, ana, only=hashes[1], now=NOON) == [hashes[1]]
    assert login.end_sessions(database, ana, only=hashes[1], now=NOON) == []
    bobs = enter(database, add_user(database, "bob@example.org").email).session_id
    assert login.end_sessions(database, ana, only=sessions.hashed(bobs), now=NOON) == []
    assert login.end_sessions(database, ana, but=hashes[0], now=NOON) == [hashes[2]]
    assert is_in(database, here)
    assert is_in(database, bobs)
    assert [each["count"] for each in told(database, Event.SESSION_ENDED)] == [1, 1]


def test_what_is_over_is_purged(database: Database, ana: User) -> None:
    session_id = enter(database).session_id
    assert login.purge(database, now=later(minutes=1)) == []
    assert login.purge(database, now=NOON + sessions.idle()) == [sessions.hashed(session_id)]


def test_a_browser_that_was_in_before_does_not_wait_for_strangers(database: Database, ana: User) -> None:
    for _try in range(5):
        refused(lambda: enter(database, password=WRONG, address="198.51.100.6"))
    assert refused(lambda: enter(database)).wait_s > 0
    known = partial(login.with_password, database, ana.email, address="198.51.100.6", device="d1", now=NOON)
    assert known(PASSWORD).stage is Stage.FULL
    for _try in range(5):
        refused(lambda: known(WRONG))
    assert refused(lambda: known(PASSWORD)).wait_s == 1, "its own failures count"
