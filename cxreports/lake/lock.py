"""The lock beside the lake: one writer at a time, and readers never wait.

It is the operating system's lock on a file, so a killed process leaves none behind.
"""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from filelock import FileLock, Timeout

from cxreports.errors import LakeBusy
from cxreports.private_file import private_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WAIT_S: Final = 600.0
"""How long a writer waits for another one, unless told otherwise."""


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


def _owner(path: Path) -> str:
    with suppress(OSError):
        return path.read_text("utf-8")
    return "it does not say who it is"
