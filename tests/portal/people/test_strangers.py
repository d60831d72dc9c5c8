"""What strangers' failures do to the owner of an account: little, and on a known device nothing."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from portal_people import ADDRESS, NOON, PASSWORD, WRONG, confirmed, later, user_now

from cxreports.errors import LoginRefused
from cxreports.portal.people import confirmation, credentials, login, sessions, throttle
from cxreports.portal.tables import Stage

if TYPE_CHECKING:
    from datetime import datetime

    from cxreports.portal.database import Database
    from cxreports.portal.people.vault import Vault
    from cxreports.portal.tables import LoginSession, User

ANA = "ana@example.org"
STRANGERS = [f"198.51.100.{number}" for number in range(1, 40)]
DEVICE = "what ana's browser holds"


def ask(database: Database, address: str, *, device: str | None = None, now: datetime = NOON) -> float:
    """Ask for a reset, and give how long one has to wait."""
    try:
        credentials.ask_reset(database, ANA, address=address, device=device, now=now)
    except LoginRefused as error:
        return error.wait_s
    return 0.0


def failed(database: Database, *keys: str, times: int = 50) -> None:
    with database.writing() as db:
        for _ in range(times):
            throttle.failed(db, *keys, now=NOON)


def logged_in(database: Database, user: User) -> LoginSession:
    with database.writing() as db:
        session_id = sessions.begin(db, user, stage=Stage.FULL, now=NOON)
        found = sessions.find(db, session_id, now=NOON)
        assert found is not None
        return found


def test_one_stranger_holds_no_reset_back(database: Database) -> None:
    waits = [ask(database, STRANGERS[0], now=later(seconds=30 * n)) for n in range(40)]
    assert max(waits) > 300, "the stranger is slowed"
    assert ask(database, ADDRESS, now=later(seconds=30 * 40)) <= 300


def test_many_strangers_hold_a_reset_back_for_less_than_a_link_is_good(database: Database) -> None:
    waits = [ask(database, each, now=later(seconds=10 * n)) for n, each in enumerate(STRANGERS * 10)]
    sent = [10 * n for n, wait in enumerate(waits) if wait == 0]
    assert len(sent) < 20, "a mailbox is not flooded"
    gaps = [after - before for before, after in pairwise(sent)]
    assert max(gaps) <= 300 + 10, "there is always a link in the mailbox that is good for another 20 minutes"


def test_a_known_device_asks_whatever_strangers_did_and_is_slowed_itself(database: Database) -> None:
    for each in STRANGERS:
        ask(database, each)
    for _ in range(30):
        ask(database, ADDRESS)
    assert ask(database, ADDRESS) > 0
    assert [ask(database, ADDRESS, device=DEVICE) for _ in range(4)] == [0, 0, 0, 60]
    assert ask(database, ADDRESS, device=DEVICE, now=later(seconds=60)) == 0


def test_a_stranger_with_the_password_keeps_no_known_device_from_its_second_step(
    database: Database, ana: User, vault: Vault
) -> None:
    totp, _codes = confirmed(database, ana, vault)
    failed(database, throttle.account(ANA), throttle.second_factor(ana.id), throttle.address(ADDRESS))
    now = later(minutes=1)
    half = login.with_password(database, ANA, PASSWORD, address=ADDRESS, device=DEVICE, now=now)
    with pytest.raises(LoginRefused, match="Too many"):
        login.with_second_factor(database, half.session_id, totp.at(now), vault, address=ADDRESS, now=now)
    done = login.with_second_factor(
        database, half.session_id, totp.at(now), vault, address=ADDRESS, device=DEVICE, now=now
    )
    assert done.stage is Stage.FULL


def test_codes_from_a_known_device_are_counted_apart_from_its_passwords(
    database: Database, ana: User, vault: Vault
) -> None:
    totp, _codes = confirmed(database, ana, vault)
    now = later(minutes=1)

    def half() -> str:
        return login.with_password(database, ANA, PASSWORD, device=DEVICE, now=now).session_id

    waits = []
    for _ in range(3):
        session_id = half()
        for _ in range(2):
            with pytest.raises(LoginRefused) as caught:
                login.with_second_factor(database, session_id, "000000", vault, device=DEVICE, now=now)
            waits.append(caught.value.wait_s)
    assert waits == [0, 0, 0, 0, 0, 1], "the right password takes no wrong code back"
    with pytest.raises(LoginRefused, match="Too many"):
        login.with_second_factor(database, half(), totp.at(now), vault, device=DEVICE, now=now)


def test_a_log_in_confirms_whatever_strangers_did_and_is_slowed_itself(database: Database, ana: User) -> None:
    failed(database, throttle.account(ANA), throttle.address(ADDRESS))
    here, there = logged_in(database, ana), logged_in(database, ana)
    for expected in (0, 0, 0, 0, 0, 1):
        with pytest.raises(LoginRefused) as caught:
            confirmation.by_password(
                database, ana, WRONG, session=here.id_hash, address=ADDRESS, now=later(minutes=40)
            )
        assert caught.value.wait_s == expected
    confirmation.by_password(
        database, ana, PASSWORD, session=there.id_hash, address=ADDRESS, now=later(minutes=40)
    )
    with database.reading() as db:
        found = {each.id_hash: each for each in sessions.of_user(db, ana.id, now=later(minutes=40))}
    assert not sessions.is_recent(found[here.id_hash], now=later(minutes=40))
    assert sessions.is_recent(found[there.id_hash], now=later(minutes=69))
    assert not sessions.is_recent(found[there.id_hash], now=later(minutes=70))


def test_no_confirmation_without_a_password(database: Database, ana: User) -> None:
    with database.writing() as db:
        db.get_one(type(ana), ana.id).password_hash = None
    session = logged_in(database, user_now(database, ana))
    with pytest.raises(LoginRefused):
        confirmation.by_password(database, ana, "", session=session.id_hash, now=NOON)
