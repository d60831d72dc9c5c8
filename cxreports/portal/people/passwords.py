"""Passwords: how they are kept, and which are good enough.

Length is what makes one good, not an odd character (NIST SP 800-63B, 3.1.1.2); the common ones are
refused, plain or with digits around them. ``common_passwords.txt.gz`` has these: the list of frequent
passwords of the zxcvbn package (MIT licence, Copyright 2016 Daniel Wolf), reduced to what stands
between the digits and signs at their ends.
"""

import gzip
import re
import secrets
import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from cxreports.errors import BadField
from cxreports.language import _
from cxreports.portal import fields

SHORTEST: Final = 12
"""Characters that a password needs at least."""

LONGEST_BYTES: Final = 1024
"""Bytes that it may have: hashing more would only keep the server busy."""

COMMON: Final = Path(__file__).parent / "common_passwords.txt.gz"

_FEW: Final = 4
"""A part of a name or address that is shorter may well stand in a good password by chance."""

_PATTERN: Final = 8
"""So may a piece of a run, or a repetition."""

# The library's defaults: Argon2id, 64 MiB, 3 passes, 4 lanes (RFC 9106, the second recommendation).
_HASHER: Final = PasswordHasher()


def hashed(password: str) -> str:
    """Hash of a password, by Argon2id with a salt of its own."""
    return _HASHER.hash(_bytes(password))


def matches(password_hash: str | None, password: str) -> bool:
    """Whether a password is the one of a hash; without a hash it takes as long to say no."""
    given = _bytes(password)
    if len(given) > LONGEST_BYTES:
        given, password_hash = b"", None
    # Made at the first question, whoever is asked for: else that one would tell by its time.
    nobodys = _nobodys()
    try:
        _HASHER.verify(password_hash or nobodys, given)
    except VerifyMismatchError:
        return False
    return password_hash is not None


def needs_rehash(password_hash: str) -> bool:
    """Whether a hash was made with less effort than is made now."""
    return _HASHER.check_needs_rehash(password_hash)


def check(password: str, *, email: str = "", name: str = "") -> None:
    """Refuse a password that is easily guessed.

    Raises
    ------
    BadField
        It is too short or too long, common, one pattern over and over, a run of the keyboard or the
        alphabet, or made of the user's own name or address.
    """
    if len(unicodedata.normalize("NFKC", password)) < SHORTEST:
        raise BadField(
            "password",
            _("Use at least {count} characters; several words are easy to remember.").format(count=SHORTEST),
        )
    if len(_bytes(password)) > LONGEST_BYTES:
        raise BadField("password", _("Use at most {count} bytes.").format(count=LONGEST_BYTES))
    folded = unicodedata.normalize("NFKC", password).casefold()
    if _core(folded) in _common() or any(map(_is_pattern, (folded, _core(folded), _letters(folded)))):
        raise BadField("password", _("This password is one of the first that are tried. Choose another."))
    if _core(folded) in _own(email, name) or _letters(folded) in _own(email, name):
        raise BadField("password", _("Your name or address is easily guessed. Choose another password."))


def check_twice(password: str, again: str, *, email: str = "", name: str = "") -> None:
    """Refuse a password that is easily guessed, and one that was not typed the same twice.

    Raises
    ------
    BadField
        ``password``, ``again`` or both.
    """

    def is_same() -> None:
        if again != password:
            raise BadField("again", _("These are not the same."))

    fields.each_of({"password": lambda: check(password, email=email, name=name), "again": is_same})


def _bytes(password: str) -> bytes:
    # The same password from a keyboard that composes its letters otherwise.
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")


@lru_cache
def _nobodys() -> str:
    return hashed(secrets.token_urlsafe())


@lru_cache
def _common() -> frozenset[str]:
    words = gzip.decompress(COMMON.read_bytes()).decode().splitlines()
    return frozenset(word for word in words if not word.startswith("#"))


def _core(folded: str) -> str:
    """What stands between the digits and signs at both ends."""
    return re.sub(r"^[\W\d_]+|[\W\d_]+$", "", folded)


def _letters(folded: str) -> str:
    return re.sub(r"[\W\d_]+", "", folded)


_RUNS: Final = (
    "01234567890123456789",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
)


def _is_pattern(folded: str) -> bool:
    """Whether a text is a piece of a known run, or a short piece over and over."""
    if len(folded) < _PATTERN:
        return False
    if any(folded in run or folded in run[::-1] for run in _RUNS):
        return True
    # A text is a repetition when it is found in itself doubled, before its own end.
    return (folded + folded).find(folded, 1) <= len(folded) // 2


def _own(email: str, name: str) -> frozenset[str]:
    """What somebody's name and address are made of, and this program's own name."""
    local, _at, domain = email.casefold().partition("@")
    words = [*re.split(r"[\W\d_]+", f"{name.casefold()} {local} {domain}"), local, "cxreports"]
    together = [email.casefold(), name.casefold(), local + domain, name.casefold() + local]
    wholes = {_letters(each) for each in together}
    return frozenset(each for each in wholes.union(words) if len(each) >= _FEW)
