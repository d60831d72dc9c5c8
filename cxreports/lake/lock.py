"""The locks beside the lake: one writer at a time, and few pages at a time that follow it.

They are the operating system's locks on files, so a killed process leaves none behind. Who reads never waits
for who writes. Pages that nobody waits for take turns: hundreds of open dashboards would else read each load
at once, and a click would have to share the processors with all of them.
"""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from io import FileIO
from typing import TYPE_CHECKING, Final

from filelock import FileLock, Timeout

from cxreports.errors import LakeBusy
from cxreports.private_file import private_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WAIT_S: Final = 600.0
"""How long a writer waits for another one, unless told otherwise."""

_TURNS: Final = ".turns"


@contextmanager
def writing(lake: Path, wait_s: float = WAIT_S) -> Iterator[None]:
    """Hold the lake's lock.

    Parameters
    ----------
    lake
        The lake's folder; the lock is a file in it.
    wait_s
        Seconds to wait for another writer.

    Raises
    ------
    LakeBusy
        Another process still holds it.
    """
    private_folder(private_folder(lake.parent) / lake.name)
    owner = lake / ".lock-owner"
    lock = FileLock(lake / ".lock", timeout=wait_s, poll_interval=0.02, mode=0o600)
    try:
        lock.acquire()
    except Timeout as error:
        raise LakeBusy(
            f"{lake}: another load is writing ({_owner(owner)}) and did not finish in {wait_s:g} s; "
            "wait for it, or end it: nothing is lost, the next load completes its work"
        ) from error
    try:
        owner.write_text(f"process {os.getpid()} since {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC", "utf-8")
        yield
    finally:
        lock.release()


def make_turns(lake: Path, count: int) -> None:
    """Have pages take turns when they follow the lake, so many at a time; in one that is read-only, none."""
    with suppress(OSError):
        _make_turns(lake, count)


def _make_turns(lake: Path, count: int) -> None:
    folder = private_folder(private_folder(private_folder(lake.parent) / lake.name) / _TURNS)
    names = {str(number) for number in range(count)}
    for name in names:
        (folder / name).touch(0o600)
    for path in folder.iterdir():
        if path.name not in names:
            path.unlink(missing_ok=True)


def take_turn(lake: Path) -> FileIO | None:
    """Take a turn to follow the lake, until what is returned is closed.

    A page in its sandbox may only read here: `FileLock` would open the file for writing.

    Returns
    -------
    FileIO or None
        None if others have all turns. Where no turns were made, or the system has none, there is always one.
    """
    try:
        import fcntl  # noqa: PLC0415 (not on Windows)

        paths = sorted((lake / _TURNS).iterdir())
    except (ImportError, OSError):
        return FileIO(os.devnull)
    for path in paths:
        with suppress(OSError), ExitStack() as opened:
            turn = opened.enter_context(FileIO(path))
            fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
            opened.pop_all()
            return turn
    return None if paths else FileIO(os.devnull)


def _owner(path: Path) -> str:
    with suppress(OSError):
        return path.read_text("utf-8")
    return "it does not say who it is"
