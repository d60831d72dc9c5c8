"""The older commits of a table, out of the way of the new ones.

delta-rs looks through the folder of a log several times at each commit, so a commit costs more the longer the
log is: a lake that calls are added to every five seconds has 17,000 commits after a day. All but the newest
move to ``_past``, a few hundred to a compressed file, with the table's files as they were at the first of
them. Other programs then see the newest versions alone, as after any clean-up of a Delta log; cxreports
still opens the others.
"""

from __future__ import annotations

import gzip
import json
import time
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from cxreports.lake.log import Contents, DataFile
from cxreports.private_file import private_folder, write_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

NEWEST: Final = 250
"""Commits that stay in the log at least; when there are twice as many, the older ones move."""

KEPT_S: Final = 30 * 86_400
"""Seconds that commits are kept here: as long as delta-rs keeps a log."""

LOG: Final = "_delta_log"
"""Folder of a table's log."""

_MOST_RUNS: Final = 8
"""That are written at once: an older lake's log of many commits moves bit by bit."""

_FOLDER: Final = "_past"
_COMMIT: Final = ".json"
_CHECKPOINT: Final = ".checkpoint.parquet"
_RUN: Final = ".jsonl.gz"


@dataclass(frozen=True)
class Run:
    """Commits that follow each other.

    Attributes
    ----------
    contents
        The table's files at the first of them.
    texts
        What the log said of each, by version.
    """

    contents: Contents
    texts: Mapping[int, str]


class Archive:
    """The commits of a table that have moved out of its log.

    Parameters
    ----------
    table
        The table's folder.
    """

    def __init__(self, table: Path) -> None:
        self._log = table / LOG
        self._folder = table / _FOLDER
        self._last_read: Run | None = None  # it never changes

    def first(self) -> int:
        """The oldest version that is kept, here or in the log."""
        return min(self._firsts() or _versions(self._log, _COMMIT), default=0)

    def run(self, version: int) -> Run | None:
        """The run that a version belongs to; None where it is not here."""
        run = self._last_read
        if run is None or version not in run.texts:
            first = max((each for each in self._firsts() if each <= version), default=None)
            run = None if first is None else self._read(first)
            if run is None or version not in run.texts:
                return None
            self._last_read = run
        return run

    def text(self, version: int) -> str | None:
        """What the log said of a version; None where it is not here."""
        run = self.run(version)
        return None if run is None else run.texts[version]

    def take(self, latest: int, contents: Callable[[int], Contents]) -> None:
        """Take the older commits out of the log, if it has grown long; the lake's lock is held.

        They are here before they leave the log, so a process that is killed meanwhile loses none.

        Parameters
        ----------
        latest
            The table's newest version.
        contents
            Gives the table's files at a version.
        """
        if latest < 2 * NEWEST or not (self._log / _name(latest - 2 * NEWEST, _COMMIT)).exists():
            return
        commits = sorted(_versions(self._log, _COMMIT))
        end = min(latest - NEWEST, commits[0] + _MOST_RUNS * NEWEST)
        # What stays begins with a checkpoint, so that it can be opened without what goes.
        until = max((each for each in _versions(self._log, _CHECKPOINT) if each <= end), default=0)
        going = [each for each in commits if each < until]
        here = self._last()
        coming = [each for each in going if each > here]
        for start in range(0, len(coming), NEWEST):
            part = coming[start : start + NEWEST]
            self._write(contents(part[0]), part)
        for suffix, versions in ((_COMMIT, going), (_CHECKPOINT, _versions(self._log, _CHECKPOINT))):
            for version in versions:
                if version < until:
                    (self._log / _name(version, suffix)).unlink(missing_ok=True)
        self._drop(lambda run: run.stat().st_mtime < time.time() - KEPT_S)

    def drop_before(self, version: int) -> None:
        """Forget the runs of which every commit is older than a version."""
        firsts = sorted(self._firsts())
        gone = {first for first, following in pairwise(firsts) if following <= version}
        self._drop(lambda run: int(run.name.removesuffix(_RUN)) in gone)

    def _drop(self, is_gone: Callable[[Path], bool]) -> None:
        for first in self._firsts():
            run = self._folder / _name(first, _RUN)
            if is_gone(run):
                run.unlink(missing_ok=True)

    def _last(self) -> int:
        """The newest version that is here, -1 where nothing is."""
        first = max(self._firsts(), default=None)
        run = None if first is None else self._read(first)
        return -1 if run is None else max(run.texts)

    def _firsts(self) -> list[int]:
        return _versions(self._folder, _RUN)

    def _write(self, contents: Contents, versions: Sequence[int]) -> None:
        """Keep commits in a file that is complete as soon as it is there."""
        lines: list[Any] = [[contents.version, [asdict(each) for each in contents.files.values()]]]
        lines += [[each, (self._log / _name(each, _COMMIT)).read_text("utf-8")] for each in versions]
        text = "".join(f"{json.dumps(line)}\n" for line in lines)
        write_whole(
            private_folder(self._folder) / _name(versions[0], _RUN), gzip.compress(text.encode(), mtime=0)
        )

    def _read(self, first: int) -> Run | None:
        try:
            content = (self._folder / _name(first, _RUN)).read_bytes()
        except FileNotFoundError:  # dropped meanwhile
            return None
        (version, files), *commits = map(json.loads, gzip.decompress(content).splitlines())
        return Run(Contents.of(version, {each["path"]: _file(each) for each in files}), dict(commits))


def _file(kept: Mapping[str, Any]) -> DataFile:
    bounds = {name: (least, greatest) for name, (least, greatest) in kept["bounds"].items()}
    return DataFile(**{**kept, "bounds": bounds})


def _name(version: int, suffix: str) -> str:
    return f"{version:020d}{suffix}"


def _versions(folder: Path, suffix: str) -> list[int]:
    """Versions that files of a folder are named after."""
    named = (each.name.removesuffix(suffix) for each in folder.glob(f"*{suffix}"))
    return [int(each) for each in named if each.isdigit()]
