"""The installation's secret key, and what is derived from it.

Secrets that must be read back, such as those of two-factor codes, are encrypted by it in the database;
a copy of the database alone does not give them away. It stands in ``portal.key`` in the home, or in
``CXREPORTS_SECRET_KEY`` where several machines share one database.
"""

import base64
import hmac
import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from cxreports.errors import BadKey
from cxreports.private_file import private_folder
from cxreports.settings import Home, Settings

FILE_NAME: Final = "portal.key"
SHORTEST_KEY: Final = 32
"""Characters that a key needs at least."""

_KEY_BYTES: Final = 32


class Vault:
    """Encrypts, signs, and derives keys.

    Parameters
    ----------
    key
        The secret key, as text.

    Raises
    ------
    BadKey
        It is too short to be secret.
    """

    def __init__(self, key: str) -> None:
        if len(key) < SHORTEST_KEY:
            raise BadKey(
                f"the secret key has {len(key)} characters, and needs {SHORTEST_KEY}: make one with "
                "python3 -c 'import secrets; print(secrets.token_urlsafe(32))'"
            )
        self._key = key.encode()

    @classmethod
    def of(cls, home: Home) -> Self:
        """Open the vault of a home folder, or of the key that the settings give; a new one gets a key.

        Raises
        ------
        BadKey
            The key is too short, or others may read its file.
        """
        settings = Settings.of(home)
        return cls(settings.secret_key.get_secret_value() or _kept(settings.home / FILE_NAME))

    def key(self, purpose: str) -> bytes:
        """Derive a key of 32 bytes for one purpose; that of another tells nothing about it."""
        return HKDF(SHA256(), _KEY_BYTES, salt=None, info=f"cxreports {purpose}".encode()).derive(self._key)

    def sign(self, purpose: str, message: str) -> str:
        """An authentication code (HMAC-SHA-256, hexadecimal) of a message for one purpose."""
        return hmac.digest(self.key(purpose), message.encode("utf-8", "surrogatepass"), "sha256").hex()

    def seal(self, purpose: str, secret: str) -> bytes:
        """Encrypt a text, so that it can be opened for the same purpose only."""
        return self._fernet(purpose).encrypt(secret.encode())

    def unseal(self, purpose: str, sealed: bytes) -> str:
        """Open a sealed text.

        Raises
        ------
        BadKey
            It was sealed with another key or for another purpose, or was changed.
        """
        try:
            return self._fernet(purpose).decrypt(sealed).decode()
        except InvalidToken as error:
            raise BadKey(
                f"what was sealed for {purpose} cannot be opened: the secret key ({FILE_NAME} or "
                "CXREPORTS_SECRET_KEY) is not the one that it was sealed with"
            ) from error

    def _fernet(self, purpose: str) -> Fernet:
        return Fernet(base64.urlsafe_b64encode(self.key(purpose)))


def _kept(path: Path) -> str:
    """Read a key file; the first to ask makes it, whole from the moment that it is there."""
    if not path.exists():
        private_folder(path.parent)
        draft = path.with_name(f".{path.name}-{secrets.token_hex(8)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(descriptor, f"{secrets.token_urlsafe(_KEY_BYTES)}\n".encode())
            os.fsync(descriptor)
            with suppress(FileExistsError):
                path.hardlink_to(draft)
        finally:
            os.close(descriptor)
            draft.unlink()
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise BadKey(f"others on this machine may read or change {path}: chmod 600 it")
    return path.read_text(encoding="ascii").strip()
