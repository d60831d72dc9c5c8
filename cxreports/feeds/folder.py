"""A folder that switches deliver CDR files to, and the loading of what lands there.

`Landing` decides when a file is complete: at once where the system says that its writer has closed it, else
from looks alone, as on network drives. `load_ready` loads what is, and survives whatever a file or a delivery
does. Nothing has to be remembered between runs: the lake knows what it holds, and a file that is loaded again
adds nothing.
"""

from __future__ import annotations

import logging
import os
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

from cxreports.errors import CxreportsError, LakeBusy, LoadError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from cxreports.lake.calls.loads import LoadReport

LOG: Final = logging.getLogger(__name__)

SETTLE_S: Final = 2.0
"""A file that has kept its size and time for this long is complete."""

UNFINISHED_SETTLE_S: Final = 60.0
"""The same for a file whose last line has no end: its writer may be halfway through it."""

FIRST_RETRY_S: Final = 5.0
LONGEST_RETRY_S: Final = 300.0

MOST_BYTES: Final = 1 << 25
"""Files of a command, together: some thousand small ones, or a large one."""

UNDER_WAY: Final = (".tmp", ".part", ".partial", ".filepart", ".crdownload", ".swp", "~")
"""Endings of names that transfer programs give to files that they are still writing."""


@dataclass(frozen=True)
class Look:
    """What a file looked like: another look that differs means that it changed."""

    inode: int
    size: int
    modified_ns: int


@dataclass
class _Seen:
    look: Look
    since: float
    closed: bool = False
    done: bool = False
    failures: int = 0
    not_before: float = 0.0


@dataclass
class Landing:
    """Which files of a folder are complete and not loaded yet.

    Attributes
    ----------
    folder
        Where files land. Files in its subfolders, hidden ones, and those whose name says that
        a transfer is under way do not count; a file that is renamed into place does at once
        it has settled.
    """

    folder: Path
    _seen: dict[Path, _Seen] = field(default_factory=dict)
    _closed: set[Path] = field(default_factory=set)

    def closed(self, path: Path) -> None:
        """Take a file as complete: its writer has closed it, or has renamed it into place."""
        self._closed.add(path)

    def ready(self, now: float) -> list[Path]:
        """Look at the folder and return what to load now, oldest first.

        Parameters
        ----------
        now
            Seconds of a clock that never goes back.
        """
        # Before the look, in which every file of an event is there already.
        closed, self._closed = self._closed, set()
        looks = dict(self._looks())
        self._seen = {path: seen for path, seen in self._seen.items() if path in looks}
        for path, look in looks.items():
            seen = self._seen.get(path)
            if seen is None or seen.look != look:
                seen = self._seen[path] = _Seen(look, now)
            seen.closed |= path in closed
        waiting = (
            path for path, seen in self._seen.items() if not seen.done and self._is_due(path, seen, now)
        )
        return sorted(waiting, key=lambda path: (looks[path].modified_ns, path.name))

    def loaded(self, path: Path) -> None:
        """Leave a file alone until it changes."""
        self._seen[path].done = True

    def failed(self, path: Path, now: float) -> float:
        """Try a file again later, and later still each time; return in how many seconds."""
        seen = self._seen[path]
        wait = min(FIRST_RETRY_S * 2.0 ** min(seen.failures, 10), LONGEST_RETRY_S)
        seen.failures += 1
        seen.not_before = now + wait
        return wait

    def _looks(self) -> Iterator[tuple[Path, Look]]:
        try:
            entries = list(os.scandir(self.folder))
        except OSError as error:
            LOG.warning("cannot look into %s: %s", self.folder, error.strerror)
            return
        for entry in entries:
            if entry.name.startswith(".") or entry.name.lower().endswith(UNDER_WAY):
                continue
            try:
                status = entry.stat()
            except OSError:  # renamed or removed between the two calls
                continue
            if stat.S_ISREG(status.st_mode) and status.st_size:
                yield self.folder / entry.name, Look(status.st_ino, status.st_size, status.st_mtime_ns)

    def _is_due(self, path: Path, seen: _Seen, now: float) -> bool:
        if now < seen.not_before or (now - seen.since < SETTLE_S and not seen.closed):
            return False
        return now - seen.since >= UNFINISHED_SETTLE_S or _ends_a_line(path)


def _ends_a_line(path: Path) -> bool:
    """Whether a file's last line is whole; a packed one cannot be asked."""
    if path.suffix.lower() == ".gz":
        return True
    try:
        with path.open("rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read(1) in (b"\n", b"\r")
    except OSError:
        return False


Load: TypeAlias = "Callable[[Sequence[Path]], Sequence[LoadReport]]"
"""Loads files in one command; reports each."""


def load_ready(
    landing: Landing,
    load: Load,
    now: float,
    refused: Callable[[tuple[Path, str]], None] | None = None,
    taken: Callable[[Path, LoadReport], None] | None = None,
) -> list[LoadReport]:
    """Load what is complete in a folder; log what was loaded, refused and failed.

    A file that holds no call records is left alone until it changes. One that could not be
    loaded for any other reason (another load is going on, the disk is full) is tried again.

    Parameters
    ----------
    refused
        Called with each file that was refused and the reason.
    taken
        Called with each file that was loaded and what became of it.
    """
    note = refused or (lambda _file: None)
    reports = []
    ready = _commands(landing.ready(now))
    for path, outcome in (each for paths in ready for each in _outcomes(load, paths)):
        if isinstance(outcome, LoadError):
            LOG.warning("refused: %s", outcome)
            landing.loaded(path)
            note((path, str(outcome)))
        elif isinstance(outcome, Exception):
            if path.exists():  # else it was taken away while it was read
                _log_failure(path, outcome, landing.failed(path, now))
        else:
            landing.loaded(path)
            reports.append(outcome)
            if outcome.refused:
                LOG.warning("refused: %s", outcome.refused)
                note((path, outcome.refused))
            else:
                if taken is not None:
                    taken(path, outcome)
                LOG.info(
                    "%s: %d rows, %d loaded, %d duplicates, %d rejected",
                    path.name, outcome.rows, outcome.loaded, outcome.duplicates, outcome.rejected,
                )  # fmt: skip
    return reports


def _commands(paths: Iterable[Path]) -> Iterator[list[Path]]:
    """Part files into those of one command: whoever else writes the lake waits for its end."""
    lot: list[Path] = []
    held = 0
    for path in paths:
        size = _size(path)
        if lot and held + size > MOST_BYTES:
            yield lot
            lot, held = [], 0
        lot.append(path)
        held += size
    if lot:
        yield lot


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # taken away since
        return 0


def _outcomes(load: Load, paths: Sequence[Path]) -> Iterator[tuple[Path, LoadReport | Exception]]:
    """Load files at once, where that fails one by one: of thousands a command each is dear."""
    if not paths:
        return
    try:
        yield from zip(paths, load(paths), strict=True)
    except LakeBusy as error:
        yield from ((path, error) for path in paths)
    except Exception as error:  # noqa: BLE001 (whatever a file does, the next one is loaded)
        if len(paths) == 1:
            yield paths[0], error
            return
        for path in paths:
            yield from _outcomes(load, [path])


def _log_failure(path: Path, error: Exception, wait_s: float) -> None:
    if isinstance(error, LakeBusy):
        LOG.info("%s: waits %.0f s: %s", path.name, wait_s, error)
        return
    known = isinstance(error, (CxreportsError, OSError))
    LOG.warning("%s: tried again in %.0f s: %s", path.name, wait_s, error, exc_info=None if known else error)
