"""Files that nobody else on this machine may read: the home folder and everything in it.

Call records, password hashes and letters lie there. Processes of cxreports create files for their own
user alone (`keep_private`); what an earlier version or another program left open, `close_to_others` closes.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

OTHERS: Final = 0o077
"""Permission bits of the group and of everybody else."""

_OURS: Final = 0o600
_OUR_FOLDER: Final = 0o700

LAKE: Final = "lake"
"""Folder of the Delta tables, in the home."""

DAY_SUMS: Final = "day_sums"
"""Folder of sums that can be made anew from the lake, in the home."""

KEPT: Final = frozenset(
    {
        LAKE,
        DAY_SUMS,
        "demo",
        "demo-users.json",
        "feeds.toml",
        "live.json",
        "mail",
        "reports",
        "sftp_known_hosts",
        "sms.log",
        "spool",
        "portal.db",
        "portal.db-wal",
        "portal.db-shm",
        "portal.db-journal",
        ".portal-migration.lock",
    }
)
"""What cxreports keeps in a home folder."""

_KEY_FILE: Final = "portal.key"
"""Kept in it too, but never closed: a key that others could read is no use any more, and is refused."""


@dataclass(frozen=True)
class Exposure:
    """What others on this machine could read in a home folder.

    Attributes
    ----------
    closed
        Files and folders that were open to others and are no more.
    left
        Those that could not be closed: they belong to somebody else, or the home folder holds other
        things than cxreports' and was not touched.
    """

    closed: tuple[Path, ...] = ()
    left: tuple[Path, ...] = ()


def keep_private() -> None:
    """Let this process, and those that it starts, create files for their own user alone."""
    os.umask(OTHERS)


def private_folder(path: Path) -> Path:
    """Make a folder where it is missing; give it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.mkdir(mode=_OUR_FOLDER, exist_ok=True)
    return path


def private_file(path: Path) -> Path:
    """Make an empty file where it is missing, and take it from others where it is not; give it."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT, _OURS))
    if path.stat().st_mode & OTHERS:
        path.chmod(_OURS)
    return path


def write_private(path: Path, content: bytes) -> None:
    """Write a file as a whole or not at all."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _OURS), "wb") as file:
        file.write(content)
    beside.replace(path)


def append_private(path: Path, content: bytes) -> None:
    """Add to the end of a file, in one piece."""
    private_folder(path.parent)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, _OURS), "ab", 0) as file:
        file.write(content)


def close_to_others(home: Path) -> Exposure:
    """Take every permission from others that they have on a home folder and what cxreports keeps in it.

    Where systems know no such permissions nothing is done.
    """
    if os.name != "posix" or not home.is_dir():
        return Exposure()
    closed: list[Path] = []
    left: list[Path] = []
    is_shared = any(path.name not in KEPT | {_KEY_FILE} for path in home.iterdir())
    for path in (home, *_kept(home)):
        # A load that goes on meanwhile removes files of its own.
        with suppress(FileNotFoundError):
            mode = stat.S_IMODE(path.stat().st_mode)
            if mode & OTHERS:
                may = not (path == home and is_shared) and _changed(path, mode & ~OTHERS)
                (closed if may else left).append(path)
    return Exposure(tuple(closed), tuple(left))


def _changed(path: Path, mode: int) -> bool:
    try:
        path.chmod(mode)
    except PermissionError:
        return False
    return True


def _kept(home: Path) -> Iterator[Path]:
    """Everything that cxreports keeps in a home; where links inside of it lead is left out."""
    for name in sorted(KEPT):
        path = home / name
        if path.exists():
            yield path
        for folder, folders, files in os.walk(path):
            inside = (Path(folder) / entry for entry in (*folders, *files))
            yield from (each for each in inside if not each.is_symlink())


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that is complete, and safe on the disk, as soon as it has its name."""
    begun = path.with_name(f"{path.name}.begun")
    with begun.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    begun.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Let a folder's entries reach the disk, where a system lets that be asked for."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except PermissionError:  # Windows opens no folder
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
