"""The head of the lake: which versions of its tables belong together.

A load commits to ``reject``, ``leg``, ``cdr``, ``loads``, ``hourly``, ``daily`` and ``channels`` in this
order. The commit to
``channels`` is the last one and says which versions of the others it goes with, so its version
is the lake's version: a reader opens ``channels`` first and then the others at what it says.
Whatever was committed after the head is of a load under way, or of one that was killed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cxreports.errors import NoSuchVersion
from cxreports.lake.reach import NOTE, Reach
from cxreports.lake.shapes import CDR, CHANNELS, DAILY, HOURLY, LEG, LOADS, REJECT
from cxreports.lake.table import Table

if TYPE_CHECKING:
    from collections.abc import Mapping

BELOW: Final = ("cdr", "hourly", "daily", "reject", "leg", "loads")
"""Tables whose versions a commit to ``channels`` names, as application transactions."""


@dataclass(frozen=True)
class Head:
    """Versions of the tables that belong together.

    Attributes
    ----------
    version
        The lake's version, which is that of ``channels``.
    cdr, hourly, daily, reject, leg, loads
        Versions of the other tables.
    at
        When it was committed, UTC.
    reach
        Up to when the calls are there; nothing in a head of an older version.
    """

    version: int
    cdr: int
    hourly: int
    daily: int
    reject: int
    leg: int
    loads: int
    at: datetime
    reach: Reach

    @property
    def versions(self) -> Mapping[str, int]:
        """Version by table."""
        return {"channels": self.version} | {name: getattr(self, name) for name in BELOW}


class Tables:
    """The tables of a lake.

    Parameters
    ----------
    folder
        The lake's folder.
    only
        The one customer whose rows can be read; None for all of them.
    """

    def __init__(self, folder: Path, only: str | None = None) -> None:
        self.folder = folder
        self.only = only
        self.cdr = Table(folder, CDR, only)
        self.reject = Table(folder, REJECT, only)
        self.leg = Table(folder, LEG, only)
        self.loads = Table(folder, LOADS, only)
        self.hourly = Table(folder, HOURLY, only)
        self.daily = Table(folder, DAILY, only)
        self.channels = Table(folder, CHANNELS, only)
        self._times: dict[int, datetime] = {}

    @cached_property
    def by_name(self) -> Mapping[str, Table]:
        """The tables by name."""
        every = (self.cdr, self.reject, self.leg, self.loads, self.hourly, self.daily, self.channels)
        return {each.shape.name: each for each in every}

    def exist(self) -> bool:
        """Whether the lake has been made."""
        return all(each.exists() for each in self.by_name.values())

    def create(self) -> None:
        """Make the tables that are not there, the head last."""
        for each in self.by_name.values():
            if not each.exists():
                each.create()

    def open(self) -> None:
        """Open the tables for commits."""
        for each in self.by_name.values():
            each.open()

    def newest(self) -> Head:
        """Newest head."""
        return self._head(self.channels.latest())

    def at(self, as_of: datetime | int) -> Head:
        """Head with a version, or the newest one of a time.

        Raises
        ------
        NoSuchVersion
            It is not there yet, or no longer kept.
        """
        if isinstance(as_of, datetime):
            return self._head(self._version_at(as_of if as_of.tzinfo else as_of.replace(tzinfo=UTC)))
        newest = self.channels.latest()
        if not 0 <= as_of <= newest:
            raise NoSuchVersion(f"{self.folder}: there is no version {as_of}; versions go from 0 to {newest}")
        return self._head(as_of)

    def with_files(self, head: Head) -> Head:
        """The same head, if its files are still there.

        Raises
        ------
        NoSuchVersion
            One of them has been vacuumed.
        """
        for name, version in head.versions.items():
            table = self.by_name[name]
            for path in table.paths(table.contents(version).files.values()):
                if not Path(path).exists():
                    raise NoSuchVersion(
                        f"{self.folder}: version {head.version} of {head.at.isoformat()} is no longer kept: "
                        f"{path} has been vacuumed"
                    )
        return head

    def _head(self, version: int) -> Head:
        entry = self.channels.entry(version)
        if entry is None:
            raise NoSuchVersion(f"{self.folder}: version {version} is no longer kept")
        if "cdr" not in entry.transactions and version > 0:
            # Another tool's commit (an OPTIMIZE, say) arranges files and leaves the calls as they were.
            return replace(self._head(version - 1), version=version, at=entry.at)
        below = {name: entry.transactions.get(name, 0) for name in BELOW}
        return Head(version=version, at=entry.at, reach=Reach.read(entry.note.get(NOTE, "")), **below)

    def oldest_since(self, moment: datetime) -> Head:
        """Head that was the newest at a time, or the oldest that is kept."""
        try:
            return self._head(self._version_at(moment))
        except NoSuchVersion:
            return self._head(self.channels.first())

    def _version_at(self, moment: datetime) -> int:
        low, high = self.channels.first(), self.channels.latest()
        if all(self._at(version) > moment for version in range(high, low - 1, -1)):
            raise NoSuchVersion(
                f"{self.folder}: nothing is kept from {moment.isoformat()}, the earliest version is of "
                f"{self._head(low).at.isoformat()}"
            )
        # From the newest down: commits need not rise in time, where a clock was set back.
        while high > low and self._at(high) > moment:
            high -= 1
        return high

    def _at(self, version: int) -> datetime:
        """When a version was committed."""
        if version not in self._times:
            self._times[version] = self._head(version).at
        return self._times[version]
