"""Passwords: Argon2 with no less than the library's effort, and nothing that is easily guessed."""

from __future__ import annotations

import secrets
import unicodedata
from typing import TYPE_CHECKING

import pytest
import quick_hashes
from argon2 import PasswordHasher, extract_parameters
from argon2.low_level import Type
from hypothesis import given
from hypothesis import strategies as st
from portal_people import PASSWORD, WRONG, hash_of

from cxreports.errors import BadField
from cxreports.portal.people import passwords

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def really_hashed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hash as the portal does; other tests do it with less effort."""
    monkeypatch.setattr(passwords, "_HASHER", quick_hashes.REAL)
    hash_of.cache_clear()
    yield
    hash_of.cache_clear()


def test_hashing_takes_no_less_effort_than_the_library_advises() -> None:
    made, advised = extract_parameters(hash_of(PASSWORD)), extract_parameters(PasswordHasher().hash("x"))
    assert made.type is Type.ID
    assert made.time_cost >= advised.time_cost
    assert made.memory_cost >= max(advised.memory_cost, 64 * 1024)
    assert made.salt_len >= 16
    assert made.hash_len >= 32


def test_a_password_matches_its_hash_alone() -> None:
    assert passwords.matches(hash_of(PASSWORD), PASSWORD)
    assert not passwords.matches(hash_of(PASSWORD), WRONG)
    assert not passwords.matches(hash_of(PASSWORD), PASSWORD + " ")
    assert not passwords.matches(None, PASSWORD)
    assert not passwords.matches(None, "")
    assert passwords.hashed(PASSWORD) != hash_of(PASSWORD)


def test_the_same_letters_typed_otherwise_match() -> None:
    composed = unicodedata.normalize("NFC", "contraseña más larga")
    decomposed = unicodedata.normalize("NFD", composed)
    assert composed != decomposed
    assert passwords.matches(hash_of(composed), decomposed)


@pytest.mark.parametrize("typed", ["\ud800" * 12, "\0" * 12, "x" * 1025, "é" * 100_000])
def test_strange_passwords_are_wrong_not_fatal(typed: str) -> None:
    assert not passwords.matches(hash_of(PASSWORD), typed)
    assert not passwords.matches(None, typed)


def test_the_longest_password_counts_to_its_last_byte() -> None:
    longest = secrets.token_hex(512)
    assert passwords.matches(hash_of(longest), longest)
    assert not passwords.matches(hash_of(longest), longest[:-1] + "g")


def test_a_hash_made_with_less_effort_is_to_be_made_anew() -> None:
    assert not passwords.needs_rehash(hash_of(PASSWORD))
    assert passwords.needs_rehash(PasswordHasher(time_cost=1).hash(PASSWORD))
    assert passwords.needs_rehash(PasswordHasher(memory_cost=1024).hash(PASSWORD))


@pytest.mark.parametrize(
    "good",
    [
        PASSWORD,
        "tr0ub4dor&3xkcd",
        "Zwölf Boxkämpfer",
        "пароль из пяти слов",
        "合言葉は誰にも言わないこと",
        "93847x2938475",
        pytest.param(secrets.token_urlsafe(9), id="random"),
        "garcia drinks 2 green teas",
        pytest.param(secrets.token_hex(512), id="longest"),
    ],
)
def test_good_passwords_are_taken(good: str) -> None:
    passwords.check(good, email="ana.garcia@example.org", name="Ana Garcia")


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ("", "at least 12"),
        ("kX9#mQ2$vL5", "at least 12"),
        ("x" * 1025, "at most 1024"),
        ("é" * 600, "at most 1024"),
        ("password1234", "first that are tried"),
        ("Password-2026!", "first that are tried"),
        ("!!!ILOVEYOU!!!", "first that are tried"),
        ("sunshine12345", "first that are tried"),
        ("passwordpassword1", "first that are tried"),
        ("letmein letmein", "first that are tried"),
        ("123456789012", "first that are tried"),
        ("210987654321", "first that are tried"),
        ("aaaaaaaaaaaa", "first that are tried"),
        ("abcabcabcabc", "first that are tried"),
        ("qwertyuiopas", "first that are tried"),
        ("lkjhgfdsapoi", "first that are tried"),
        ("ana.garcia@example.org", "easily guessed"),
        ("anagarcia2026", "easily guessed"),
        ("Ana Garcia 12", "easily guessed"),
        ("garcia.garcia", "first that are tried"),
        ("2026 example!", "easily guessed"),
        ("cxreports2026", "easily guessed"),
    ],
)
def test_passwords_that_are_easily_guessed_are_refused(bad: str, why: str) -> None:
    with pytest.raises(BadField, match=why) as caught:
        passwords.check(bad, email="ana.garcia@example.org", name="Ana Garcia")
    assert caught.value.field == "password"


def test_every_common_password_is_refused_with_digits_around_it() -> None:
    common = sorted(passwords._common())
    assert len(common) > 20_000
    for word in common[::50]:
        for padded in (f"{word}{'1234567890':.{max(12 - len(word), 1)}}", f"2026-{word.upper()}-2026"):
            with pytest.raises(BadField):
                passwords.check(padded)


def test_the_list_names_its_source_and_licence() -> None:
    import gzip

    text = gzip.decompress(passwords.COMMON.read_bytes()).decode()
    notice = [line for line in text.splitlines() if line.startswith("#")]
    assert any("zxcvbn" in line for line in notice)
    assert any("Permission is hereby granted" in line for line in notice)


@given(st.text(max_size=40), st.text(max_size=20), st.text(max_size=20))
def test_any_text_is_taken_or_refused(password: str, email: str, name: str) -> None:
    try:
        passwords.check(password, email=email, name=name)
    except BadField:
        return
    assert len(unicodedata.normalize("NFKC", password)) >= passwords.SHORTEST
