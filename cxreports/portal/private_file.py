"""Files that nobody else on this machine may read: mail, messages, first passwords."""

import os
from pathlib import Path
from typing import Final

_OURS: Final = 0o600
_OUR_FOLDER: Final = 0o700


def private_folder(path: Path) -> Path:
    """Make a folder where it is missing; give it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.mkdir(mode=_OUR_FOLDER, exist_ok=True)
    return path


def write_private(path: Path, content: bytes) -> None:
    """Write a file as a whole or not at all."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _OURS), "wb") as file:
        file.write(content)
    beside.replace(path)


def append_private(path: Path, content: bytes) -> None:
    """Add to the end of a file, in one piece."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, _OURS), "ab", 0) as file:
        file.write(content)
