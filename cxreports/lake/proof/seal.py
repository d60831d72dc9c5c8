"""The digest of a file's bytes at the end of its name, by which any later change to it shows."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

_LENGTH: Final = 32
_SEAL: Final = re.compile(rf"-([0-9a-f]{{{_LENGTH}}})$")


def sealed(path: Path) -> Path:
    """Rename a file that was just written, so that its name ends with the digest of its bytes."""
    return path.rename(path.with_name(f"{path.stem}-{_digest(path)}{path.suffix}"))


def seal_of(contents: bytes | memoryview) -> str:
    """The digest of what a file is to hold, for the end of its name."""
    return hashlib.sha256(contents).hexdigest()[:_LENGTH]


def is_sealed(path: Path) -> bool:
    """Whether a file's name has a digest: those of older versions have none."""
    return _SEAL.search(path.stem) is not None


def is_whole(path: Path) -> bool:
    """Whether a file's bytes have the digest in its name."""
    seal = _SEAL.search(path.stem)
    return seal is not None and _digest(path) == seal[1]


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()[:_LENGTH]
