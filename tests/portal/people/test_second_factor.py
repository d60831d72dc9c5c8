"""Codes of an authenticator by RFC 6238, once each; recovery codes, once each; secrets sealed."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
from portal_people import (
    NOON,
    PASSWORD,
    SECRET_KEY,
    add_user,
    change,
    confirmed,
    everything,
    later,
    race,
    user_now,
)

from cxreports.errors import AlreadyThere, BadField, BadKey, NotThere
from cxreports.portal import audit
from cxreports.portal.audit import Event
from cxreports.portal.people import login, second_factor
from cxreports.portal.people.second_factor import Factor
from cxreports.portal.people.vault import Vault

if TYPE_CHECKING:
    from cxreports.portal.database import Database
    from cxreports.portal.tables import User

RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()

RFC_6238_SHA1 = [
    (59, "94287082"),
    (1111111109, "07081804"),
    (1111111111, "14050471"),
    (1234567890, "89005924"),
    (2000000000, "69279037"),
    (20000000000, "65353130"),
]
"""Appendix B: seconds since 1970, and the code of eight digits, whose last six are that of six."""


def enable(database: Database, user: User, vault: Vault, secret: str = RFC_SECRET) -> pyotp.TOTP:
    """Turn the second factor on with a secret of ours, as if no code had been used yet."""
    sealed = vault.seal(f"totp {user.id}", secret)
    change(database, user, totp_secret=sealed, totp_enabled_at=NOON, totp_last_step=None)
    return pyotp.TOTP(secret)


def verify(database: Database, user: User, code: str, vault: Vault, now: datetime = NOON) -> Factor | None:
    with database.writing() as db:
        return second_factor.verify(db, user, code, vault, now=now)


@pytest.mark.parametrize(("seconds", "code"), RFC_6238_SHA1)
@pytest.mark.parametrize("drift_s", [-60, -30, 0, 30, 60])
def test_codes_of_rfc_6238_count_one_step_early_and_late(
    database: Database, ana: User, vault: Vault, seconds: int, code: str, drift_s: int
) -> None:
    enable(database, ana, vault)
    now = datetime.fromtimestamp(seconds + drift_s, UTC)
    expected = Factor.TOTP if abs(drift_s) <= 30 else None
    assert verify(database, ana, code[2:], vault, now) is expected


def test_the_first_code_turns_it_on(database: Database, ana: User, vault: Vault) -> None:
    with database.writing() as db:
        enrolment = second_factor.begin(db, ana, vault, issuer="Reports & more")
    assert len(base64.b32decode(enrolment.secret)) >= 20
    uri = urlsplit(enrolment.uri)
    assert (uri.scheme, uri.netloc) == ("otpauth", "totp")
    assert uri.path == "/Reports%20%26%20more:ana%40example.org"
    assert parse_qs(uri.query) == {"secret": [enrolment.secret], "issuer": ["Reports & more"]}
    assert user_now(database, ana).totp_enabled_at is None
    totp = pyotp.parse_uri(enrolment.uri)
    assert isinstance(totp, pyotp.TOTP)
    with database.writing() as db:
        codes = second_factor.confirm(db, ana, totp.at(NOON), vault, now=NOON)
    assert user_now(database, ana).totp_enabled_at == NOON
    assert len(set(codes)) == 10
    # The code that it was confirmed with is used up.
    assert verify(database, ana, totp.at(NOON), vault) is None
    assert verify(database, ana, totp.at(later(seconds=30)), vault) is Factor.TOTP
    with database.reading() as db:
        assert [each.event for each in audit.entries(db)] == [Event.TWO_FACTOR_ENABLED]


def test_a_wrong_first_code_leaves_it_off(database: Database, ana: User, vault: Vault) -> None:
    with database.writing() as db:
        totp = pyotp.TOTP(second_factor.begin(db, ana, vault).secret)
    wrong = f"{(int(totp.at(NOON)) + 1) % 10**6:06d}"
    with pytest.raises(BadField) as caught, database.writing() as db:
        second_factor.confirm(db, ana, wrong, vault, now=NOON)
    assert caught.value.field == "code"
    assert user_now(database, ana).totp_enabled_at is None
    assert verify(database, ana, totp.at(NOON), vault) is None  # off: no code counts


def test_it_is_begun_before_it_is_confirmed_and_once(database: Database, ana: User, vault: Vault) -> None:
    with pytest.raises(NotThere), database.writing() as db:
        second_factor.confirm(db, ana, "123456", vault, now=NOON)
    totp, _ = confirmed(database, ana, vault)
    with pytest.raises(AlreadyThere), database.writing() as db:
        second_factor.begin(db, ana, vault)
    with pytest.raises(AlreadyThere), database.writing() as db:
        second_factor.confirm(db, ana, totp.at(later(minutes=1)), vault, now=later(minutes=1))


def test_no_code_counts_twice_nor_one_before_it(database: Database, ana: User, vault: Vault) -> None:
    totp = enable(database, ana, vault)
    assert verify(database, ana, totp.at(NOON), vault) is Factor.TOTP
    for seconds in (0, 15, 30):
        assert verify(database, ana, totp.at(NOON), vault, later(seconds=seconds)) is None
    assert verify(database, ana, totp.at(later(seconds=-30)), vault) is None
    assert verify(database, ana, totp.at(later(seconds=30)), vault) is Factor.TOTP
    assert verify(database, ana, totp.at(later(seconds=30)), vault, later(seconds=30)) is None


@pytest.mark.parametrize("typed", ["{0} {1}", " {0}-{1} ", "\u200b{0}{1}\n"])
def test_a_code_may_be_typed_in_groups(database: Database, ana: User, vault: Vault, typed: str) -> None:
    code = enable(database, ana, vault).at(NOON)
    assert verify(database, ana, typed.format(code[:3], code[3:]), vault) is Factor.TOTP


@pytest.mark.parametrize("zero", ["\u0660", "\u0966", "\uff10"])
def test_a_code_may_be_typed_in_the_digits_of_another_script(
    database: Database, ana: User, vault: Vault, zero: str
) -> None:
    code = enable(database, ana, vault).at(NOON)
    assert verify(database, ana, "".join(chr(ord(zero) + int(each)) for each in code), vault) is Factor.TOTP


@pytest.mark.parametrize(
    "typed", ["", "12345", "1234567", "abcdef", "-12345", "12345²", "\ud800", "9" * 10_000]
)
def test_what_is_no_code_is_refused(database: Database, ana: User, vault: Vault, typed: str) -> None:
    enable(database, ana, vault)
    assert verify(database, ana, typed, vault) is None


def test_a_recovery_code_counts_once(database: Database, ana: User, vault: Vault) -> None:
    _, codes = confirmed(database, ana, vault)
    assert verify(database, ana, codes[0], vault) is Factor.RECOVERY_CODE
    assert verify(database, ana, codes[0], vault) is None
    assert verify(database, ana, codes[1].upper().replace("-", " "), vault) is Factor.RECOVERY_CODE
    with database.reading() as db:
        assert second_factor.codes_left(db, ana.id) == 8
        used = audit.entries(db, events=[Event.RECOVERY_CODE_USED])
        assert [each.detail["left"] for each in used] == [8, 9]


def test_another_persons_recovery_code_is_no_good(database: Database, ana: User, vault: Vault) -> None:
    _, codes = confirmed(database, ana, vault)
    bob = add_user(database, "bob@example.org")
    confirmed(database, bob, vault)
    assert verify(database, bob, codes[0], vault) is None
    assert verify(database, ana, codes[0], vault) is Factor.RECOVERY_CODE


def test_one_recovery_code_in_four_processes_counts_once(database: Database, ana: User, vault: Vault) -> None:
    _, codes = confirmed(database, ana, vault)
    halves = [
        (login.with_password(database, ana.email, PASSWORD, now=NOON).session_id, codes[0]) for _ in range(4)
    ]
    tried = "login.with_second_factor(database, *arguments, vault, now=now)"
    assert race(database, tried, *halves) == ["LoginRefused"] * 3 + ["won"]


def test_new_recovery_codes_replace_the_old(database: Database, ana: User, vault: Vault) -> None:
    with pytest.raises(NotThere), database.writing() as db:
        second_factor.renew_recovery_codes(db, ana, vault)
    _, old = confirmed(database, ana, vault)
    with database.writing() as db:
        new = second_factor.renew_recovery_codes(db, ana, vault, now=NOON)
    assert not set(old) & set(new)
    assert verify(database, ana, old[0], vault) is None
    assert verify(database, ana, new[0], vault) is Factor.RECOVERY_CODE


def test_turned_off_nothing_of_it_is_left(database: Database, ana: User, vault: Vault) -> None:
    totp, codes = confirmed(database, ana, vault)
    with database.writing() as db:
        second_factor.disable(db, ana, by="operator@example.org", now=NOON)
    user = user_now(database, ana)
    assert (user.totp_secret, user.totp_enabled_at, user.totp_last_step) == (None, None, None)
    for code in (totp.at(later(minutes=1)), codes[0]):
        assert verify(database, ana, code, vault, later(minutes=1)) is None
    with database.reading() as db:
        assert second_factor.codes_left(db, ana.id) == 0
        assert audit.entries(db, events=[Event.TWO_FACTOR_DISABLED])[0].detail == {
            "by": "operator@example.org"
        }


def test_neither_secret_nor_recovery_code_stands_in_the_database(
    database: Database, ana: User, vault: Vault
) -> None:
    totp, codes = confirmed(database, ana, vault)
    kept = everything(database)
    assert totp.secret not in kept
    assert repr(base64.b32decode(totp.secret)) not in kept
    for code in codes:
        assert code not in kept
        assert code.replace("-", "") not in kept


def test_a_secret_in_another_persons_row_is_no_good(database: Database, ana: User, vault: Vault) -> None:
    totp, _ = confirmed(database, ana, vault)
    mallory = add_user(database, "mallory@example.org")
    change(database, mallory, totp_secret=user_now(database, ana).totp_secret, totp_enabled_at=NOON)
    with pytest.raises(BadKey):
        verify(database, mallory, totp.at(later(minutes=1)), vault, later(minutes=1))


def test_with_another_key_the_secret_cannot_be_read(database: Database, ana: User, vault: Vault) -> None:
    totp, codes = confirmed(database, ana, vault)
    other = Vault(SECRET_KEY[::-1])
    with pytest.raises(BadKey, match="CXREPORTS_SECRET_KEY"):
        verify(database, ana, totp.at(later(minutes=1)), other, later(minutes=1))
    assert verify(database, ana, codes[0], other) is None
