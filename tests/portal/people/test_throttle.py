"""The throttle: what waits how long, what is forgotten when, and what a key tells."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from portal_people import NOON, everything, later

from cxreports.portal.people import throttle
from cxreports.portal.tables import Throttle

if TYPE_CHECKING:
    from datetime import datetime

    from cxreports.portal.database import Database

ACCOUNT = throttle.account("ana@example.org")


def fail(database: Database, *keys: str, times: int = 1, now: datetime = NOON) -> None:
    with database.writing() as db:
        for _ in range(times):
            throttle.failed(db, *keys, now=now)


def wait_s(database: Database, *keys: str, now: datetime = NOON) -> float:
    with database.reading() as db:
        return throttle.wait_s(db, *keys, now=now)


@pytest.mark.parametrize(
    ("failures", "expected"),
    [(0, 0), (4, 0), (5, 1), (6, 2), (9, 16), (14, 512), (15, 900), (16, 900), (500, 900)],
)
def test_the_wait_doubles_up_to_a_quarter_of_an_hour(
    database: Database, failures: int, expected: int
) -> None:
    key = throttle.second_factor(7)
    fail(database, key, times=failures)
    assert wait_s(database, key) == expected
    assert wait_s(database, key, now=later(seconds=expected)) == 0


@pytest.mark.parametrize(("failures", "expected"), [(4, 0), (5, 1), (9, 16), (10, 30), (40, 30)])
def test_strangers_keep_an_owner_out_for_half_a_minute_at_most(
    database: Database, failures: int, expected: int
) -> None:
    fail(database, ACCOUNT, times=failures)
    assert wait_s(database, ACCOUNT) == expected


def test_an_address_may_fail_more_often_than_an_account(database: Database) -> None:
    address = throttle.address("192.0.2.7")
    fail(database, address, times=29)
    assert wait_s(database, address) == 0
    fail(database, address)
    assert wait_s(database, address) == 1


def test_the_longest_wait_of_several_keys_counts(database: Database) -> None:
    fail(database, ACCOUNT, times=6)
    fail(database, "address 192.0.2.7", times=30)
    assert wait_s(database, ACCOUNT, "address 192.0.2.7", "account unknown") == 2


def test_a_try_that_must_wait_is_not_counted(database: Database) -> None:
    fail(database, ACCOUNT, times=6)
    with database.writing() as db:
        assert throttle.attempt(db, ACCOUNT, now=NOON) == 2
        assert throttle.attempt(db, ACCOUNT, now=later(seconds=2)) == 0
        assert throttle.attempt(db, ACCOUNT, now=later(seconds=2)) == 4


def test_failures_are_forgotten_one_by_one(database: Database) -> None:
    fail(database, ACCOUNT, times=10)
    fail(database, ACCOUNT, now=later(minutes=90))  # six quarters of an hour forgot six, this makes five
    assert wait_s(database, ACCOUNT, now=later(minutes=90)) == 1


def test_rows_are_removed_after_a_day(database: Database) -> None:
    fail(database, ACCOUNT, times=20)
    fail(database, "address 192.0.2.7", now=NOON + throttle.FORGET - timedelta(seconds=1))
    with database.reading() as db:
        assert db.query(Throttle).count() == 2
    assert wait_s(database, ACCOUNT, now=NOON + throttle.FORGET) == 0
    fail(database, "address 192.0.2.8", now=NOON + throttle.FORGET)
    with database.reading() as db:
        assert sorted(each.key for each in db.query(Throttle)) == ["address 192.0.2.7", "address 192.0.2.8"]


def test_success_clears_the_account_and_gives_the_address_its_try_back(database: Database) -> None:
    address = throttle.address("192.0.2.7")
    fail(database, ACCOUNT, times=10)
    fail(database, address, times=31)
    with database.writing() as db:
        throttle.succeeded(db, ACCOUNT, address, "account unknown")
    assert wait_s(database, ACCOUNT) == 0
    fail(database, address)
    assert wait_s(database, address) == 2  # the 31st again


def test_a_key_does_not_tell_whose_it_is(database: Database) -> None:
    fail(database, ACCOUNT, throttle.send("reset", "ana@example.org"))
    assert "ana" not in everything(database)
    assert throttle.account(" ANA@example.org") == ACCOUNT
    assert throttle.account("bob@example.org") != ACCOUNT


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ("192.0.2.7", "address 192.0.2.7"),
        ("::ffff:192.0.2.7", "address 192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "address 2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "address 2001:db8:1:2::/64"),
        ("fe80::1%eth0", "address fe80::/64"),
    ],
)
def test_the_hosts_of_one_ipv6_network_count_as_one(given: str, key: str) -> None:
    assert throttle.address(given) == key


def test_what_is_no_address_is_a_key_all_the_same(database: Database) -> None:
    key = throttle.address("x" * 100_000)
    fail(database, key, times=30)
    assert wait_s(database, key) == 1
    assert len(key) < 100
