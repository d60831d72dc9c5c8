"""Cookies of known devices: what opens nothing must still not be forged."""

from __future__ import annotations

from datetime import timedelta

import pytest
from portal_people import NOON, SECRET_KEY, later

from cxreports.portal.people import devices
from cxreports.portal.people.vault import Vault

VAULT = Vault(SECRET_KEY)
ANA, BOB = "ana@example.org", "bob@example.org"


def cookie(email: str = ANA) -> str:
    return devices.cookie(VAULT, email, now=NOON)


def tokens(value: str, email: str = ANA, **age: float) -> tuple[str | None, str | None]:
    now = later(**age)
    return devices.of_account(VAULT, value, email, now=now), devices.of_portal(VAULT, value, now=now)


def test_a_device_is_known_again_half_a_year_long() -> None:
    value = cookie()
    token = value.partition(".")[0]
    assert tokens(value) == tokens(value, " Ana@Example.org", days=180) == (token, token)
    assert tokens(value, days=181) == (None, None)
    assert tokens(value, days=-2) == (None, None), "given out in the future"


def test_the_device_of_one_account_is_a_stranger_to_another() -> None:
    value = cookie(BOB)
    assert tokens(value, ANA) == (None, value.partition(".")[0])


def test_two_devices_are_two() -> None:
    assert cookie().partition(".")[0] != cookie().partition(".")[0]


def test_a_younger_day_of_a_seal_that_was_given_out_is_refused() -> None:
    day, _, rest = cookie().partition("-")
    assert tokens(f"{int(day) + 100}-{rest}", days=100) == (None, None)
    assert tokens(f"{day}-{rest}", days=100) != (None, None)


@pytest.mark.parametrize("cut", [1, 30, 64, 65, 66, 129, 130, 160])
def test_a_truncated_cookie_is_refused(cut: int) -> None:
    assert tokens(cookie()[:-cut]) == (None, None)


@pytest.mark.parametrize("place", ["token", "account", "portal"])
def test_a_changed_letter_breaks_the_seal(place: str) -> None:
    parts = cookie().split(".")
    at = ["token", "account", "portal"].index(place)
    parts[at] = parts[at][:-1] + ("0" if parts[at][-1] != "0" else "1")
    of_account, of_portal = tokens(".".join(parts))
    assert (of_account is None) == (place != "portal")
    assert (of_portal is None) == (place != "account")


def test_a_seal_of_another_key_or_of_the_other_kind_is_refused() -> None:
    foreign = devices.cookie(Vault("another key, which is long enough too"), ANA, now=NOON)
    token, account, portal = cookie().split(".")
    assert tokens(foreign) == (None, None)
    assert tokens(f"{token}.{portal}.{account}") == (None, None)


@pytest.mark.parametrize("value", ["", ".", "..", "x" * 10_000, "0-x.y.z", "\udcff", "²-" + "0" * 32])
def test_nonsense_is_no_device(value: str) -> None:
    assert tokens(value) == (None, None)


def test_the_life_is_that_of_the_promise() -> None:
    assert timedelta(days=180) == devices.LIFE
