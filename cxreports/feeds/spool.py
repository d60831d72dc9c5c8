"""The spool: records that were pushed and are on disk, on their way into the lake.

A source's records go into one file after another, each open for half a second. Whoever pushes is answered
once the file has reached the disk; all who come while it does are answered together. The files are loaded
like any others (`feeding`), in the order of their names, and removed once they are in the lake: killed in
between, a file is loaded again and adds nothing.
"""

from __future__ import annotations

import hashlib
import itertools
import logging
import os
import threading
import time
from collections import OrderedDict
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import FileIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final, Self

from cxreports.errors import CxreportsError
from cxreports.private_file import private_folder, sync_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LOG: Final = logging.getLogger(__name__)

FOLDER: Final = "spool"
ENDING: Final = ".json"
_OPEN: Final = ".open"

OPEN_S: Final = 0.5
"""Seconds that a file takes records; then it is loaded."""

MOST_BYTES: Final = 256 * 2**20
"""Bytes of a source that may wait to be loaded: some two hundred thousand calls."""

MOST_WAITING: Final = 256
"""Deliveries of a source that may wait for the disk."""

_REMEMBERED: Final = 20_000
_MOST_JOINED: Final = 16 * 2**20


class Full(CxreportsError):
    """The spool takes no more for now.

    Parameters
    ----------
    is_own_share
        Whether the source itself sends too much at once; else the lake does not keep up.
    """

    def __init__(self, *, is_own_share: bool) -> None:
        super().__init__("the spool takes no more for now")
        self.is_own_share = is_own_share


@dataclass
class _Waiting:
    """A delivery that is not on disk yet."""

    digest: bytes
    lines: bytes
    done: Future[bool] = field(default_factory=Future)


class Spool:
    """One source's spool, on the side that writes.

    Parameters
    ----------
    home
        Folder of everything that cxreports keeps.
    source
        Name of the source.
    """

    def __init__(self, home: Path, source: str) -> None:
        self.folder = private_folder(private_folder(home / FOLDER) / source)
        self._wake = threading.Condition()
        self._waiting: list[_Waiting] = []
        self._recent: OrderedDict[bytes, Future[bool]] = OrderedDict()
        self._stopped = False
        self._numbers = itertools.count()
        self._recover()
        self._thread = threading.Thread(target=self._write, name=f"spool-{source}", daemon=True)
        self._thread.start()

    def add(self, records: Sequence[bytes]) -> Future[bool]:
        """Put records on disk, each a line; the future is done once they are there.

        Its result is False where the same delivery was there already.

        Raises
        ------
        Full
            Too much waits.
        """
        lines = b"".join(b"%b\n" % each for each in records)
        digest = hashlib.sha256(lines).digest()
        with self._wake:
            known = self._recent.get(digest)
            if known is not None and not (known.done() and known.exception()):
                return _again(known)
            if len(self._waiting) >= MOST_WAITING:
                raise Full(is_own_share=True)
            if self.waiting_bytes() + len(lines) > MOST_BYTES:
                raise Full(is_own_share=False)
            delivery = _Waiting(digest, lines)
            self._waiting.append(delivery)
            self._recent[digest] = delivery.done
            if len(self._recent) > _REMEMBERED:
                self._recent.popitem(last=False)
            self._wake.notify()
        return delivery.done

    def waiting_bytes(self) -> int:
        """Bytes on disk that are not loaded yet."""
        total = 0
        for entry in os.scandir(self.folder):
            try:
                total += entry.stat().st_size
            except FileNotFoundError:  # loaded meanwhile
                continue
        return total

    def close(self) -> None:
        """Write what waits, and take no more."""
        with self._wake:
            self._stopped = True
            self._wake.notify()
        self._thread.join()

    def _recover(self) -> None:
        """Hand on what a killed server left open, up to the last whole line: the rest was never confirmed."""
        for path in sorted(self.folder.glob(f"*{_OPEN}")):
            content = path.read_bytes()
            whole = content.rfind(b"\n") + 1
            os.truncate(path, whole)
            if whole:
                _hand_on(path)
            else:
                path.unlink()

    def _write(self) -> None:
        """Write what waits, a file every half second, until closed."""
        page: _OpenFile | None = None
        is_last = False
        while not is_last:
            taken, is_last = self._taken(page)
            if taken:
                try:
                    page = page or _OpenFile.of(self.folder, next(self._numbers))
                    page.write(b"".join(each.lines for each in taken))
                except OSError as error:
                    _settle(taken, error)
                else:
                    _settle(taken)
            if page is not None and (is_last or page.is_due()):
                try:
                    page.hand_on()
                except OSError:
                    LOG.exception("%s is not loaded before the next start", page.path)
                page = None

    def _taken(self, page: _OpenFile | None) -> tuple[list[_Waiting], bool]:
        """What waits, and whether nothing will come any more."""
        with self._wake:
            if not self._waiting and not self._stopped:
                self._wake.wait(None if page is None else page.left_s())
            taken, self._waiting = self._waiting, []
            return taken, self._stopped and not taken


@dataclass
class _OpenFile:
    """A file that takes records."""

    file: FileIO
    path: Path
    closes_at: float
    confirmed: int = 0
    """Bytes that are on disk, and were answered for."""

    @classmethod
    def of(cls, folder: Path, number: int) -> Self:
        path = folder / f"{time.time_ns():020d}-{number:06d}{_OPEN}"
        file = FileIO(path, "x")
        sync_folder(folder)
        return cls(file, path, time.monotonic() + OPEN_S)

    def write(self, lines: bytes) -> None:
        """Put lines on disk, all or none: after half a line, the next one would be none either.

        Raises
        ------
        OSError
            The disk is full, or broken.
        """
        try:
            left = memoryview(lines)
            while left:
                left = left[self.file.write(left) :]
            os.fdatasync(self.file.fileno())
        except OSError:
            self.file.truncate(self.confirmed)
            self.file.seek(self.confirmed)
            raise
        self.confirmed += len(lines)

    def left_s(self) -> float:
        return max(self.closes_at - time.monotonic(), 0)

    def is_due(self) -> bool:
        return time.monotonic() >= self.closes_at

    def hand_on(self) -> None:
        self.file.close()
        _hand_on(self.path)


def _settle(taken: Sequence[_Waiting], error: OSError | None = None) -> None:
    """Answer those whose records are on disk, or could not be put there."""
    for each in taken:
        if error is None:
            each.done.set_result(True)
        else:
            each.done.set_exception(error)


def ready(home: Path, source: str) -> list[Path]:
    """Files of a source that can be loaded, the oldest first."""
    return sorted((home / FOLDER / source).glob(f"*{ENDING}"))


@contextmanager
def joined(paths: Sequence[Path]) -> Iterator[tuple[Path, int]]:
    """One file of the oldest ones, as many as make 16 MB: loading it costs what loading one of them does.

    Yields
    ------
    tuple of Path and int
        The file, under the name of the first, and how many it holds.
    """
    sizes = itertools.accumulate(path.stat().st_size for path in paths)
    count = sum(1 for _ in itertools.takewhile(lambda size: size <= _MOST_JOINED, sizes))
    if count <= 1:
        yield paths[0], 1
        return
    with TemporaryDirectory(prefix="cxreports-") as folder:
        whole = Path(folder) / paths[0].name
        with whole.open("wb") as file:
            for path in paths[:count]:
                file.write(path.read_bytes())
        yield whole, count


def _again(known: Future[bool]) -> Future[bool]:
    """Future of a delivery that came before: done when that is."""
    again: Future[bool] = Future()

    def follow(first: Future[bool]) -> None:
        error = first.exception()
        if error:
            again.set_exception(error)
        else:
            again.set_result(False)

    known.add_done_callback(follow)
    return again


def _hand_on(path: Path) -> None:
    path.rename(path.with_suffix(ENDING))
    sync_folder(path.parent)
