"""Password hashes that cost nothing: tests add hundreds of people, and a real one takes 200 ms."""

from __future__ import annotations

from argon2 import PasswordHasher

from cxreports.portal.people import passwords

REAL = passwords._HASHER


def hash_quickly() -> None:
    """Hash with the least effort that Argon2 knows, in this process."""
    passwords._HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)  # type: ignore[misc]
