"""Intakes: what a feed has ready is loaded, and what became of it is returned."""

from __future__ import annotations

import json
import logging
import time
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

from cxreports.errors import BadFeed, CxreportsError, LakeBusy
from cxreports.feeds import spool
from cxreports.feeds.folder import Landing, load_ready
from cxreports.portal.feeds.states import Delivery

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from cxreports.feeds.configuration import Delivered, Folder
    from cxreports.lake.calls.loads import LoadReport
    from cxreports.lake.store import Store

LOG: Final = logging.getLogger(__name__)

DONE: Final = "done"
REFUSED: Final = "refused"

FIRST_RETRY_S: Final = 1.0
LONGEST_RETRY_S: Final = 60.0


class Intake(Protocol):
    """A feed on the side that loads."""

    @property
    def name(self) -> str:
        """Of the feed."""

    def take(self, store: Store) -> Delivery | None:
        """Load what is ready; None where nothing is.

        Raises
        ------
        BadFeed
            The feed cannot be reached.
        """

    def close(self) -> None:
        """Stop."""


def load_files(
    store: Store, paths: Sequence[Path], way: Delivered, marks: Mapping[str, int] | None = None
) -> list[LoadReport]:
    """Load files the way in which their feed is read."""
    return store.load(
        *paths,
        source_format=way.format or None,
        customer=way.customer or None,
        zone=way.zone,
        marks=marks,
    )


def load_file(store: Store, path: Path, way: Delivered, marks: Mapping[str, int] | None = None) -> LoadReport:
    """Load a file the way in which its feed is read."""
    (report,) = load_files(store, [path], way, marks)
    return report


def delivery_of(report: LoadReport) -> Delivery:
    """A file's share of what its feed delivered."""
    refusal = report.refused or ""
    return Delivery(
        report.file, report.rows, report.loaded, report.duplicates, report.rejected, report.last_call,
        refused=1 if refusal else 0, refusal=refusal,
    )  # fmt: skip


@dataclass
class FolderIntake:
    """A folder that files land in.

    Attributes
    ----------
    refused
        Files that were refused since they were asked for last, and why.
    failure
        Why files cannot be had; empty while they can.
    """

    way: Folder
    landing: Landing = field(init=False)
    refused: list[tuple[Path, str]] = field(default_factory=list)
    failure: str = ""

    def __post_init__(self) -> None:
        self.landing = Landing(self.way.path)

    @property
    def name(self) -> str:
        """Of the feed."""
        return self.way.name

    def take(self, store: Store) -> Delivery | None:
        """Load the files that are complete."""
        if not self.way.path.is_dir():
            raise BadFeed(f"there is no folder {self.way.path}")
        found = self._take(store)
        if found is None and self.failure:
            raise BadFeed(self.failure)
        return found

    def _take(self, store: Store) -> Delivery | None:
        turned_down: list[tuple[Path, str]] = []
        reports = load_ready(
            self.landing,
            lambda paths: load_files(store, paths, self.way),
            time.monotonic(),
            turned_down.append,
            self._taken,
        )
        self.refused += turned_down
        whole = Delivery()
        for report in reports:
            if not report.refused:
                whole += delivery_of(report)
        for path, reason in turned_down:
            whole += Delivery(refused=1, refusal=reason)
            self._move(path, REFUSED, {"file": path.name, "refused": reason})
        return whole if reports or turned_down else None

    def close(self) -> None:
        """Nothing is open."""

    def _taken(self, path: Path, report: LoadReport) -> None:
        self._move(path, DONE, asdict(report))

    def _move(self, path: Path, name: str, report: Mapping[str, Any]) -> None:
        """Put a file away with its report, where that is wished; an older one of its name stays."""
        if not self.way.move:
            return
        try:
            folder = self.way.path / name
            folder.mkdir(exist_ok=True)
            target, number = folder / path.name, 1
            while target.exists():
                number += 1
                target = folder / f"{path.stem}.{number}{path.suffix}"
            path.rename(target)
            target.with_name(f"{target.name}.report.json").write_text(
                json.dumps(report, default=str, indent=1)
            )
        except OSError as error:
            LOG.warning("%s: could not be put into %s: %s", path.name, name, error.strerror)


@dataclass
class PushIntake:
    """Records that a switch pushed."""

    way: Delivered
    home: Path

    @property
    def name(self) -> str:
        """Of the feed."""
        return self.way.name

    def take(self, store: Store) -> Delivery | None:
        """Load what lies in the spool, and remove it once it is in the lake."""
        whole = None
        waiting = spool.ready(self.home, self.way.name)
        while waiting:
            with spool.joined(waiting) as (path, count):
                report = load_file(store, path, self.way)
            if report.refused and count > 1:
                # One of them may be at fault: each by itself, and the others are loaded.
                count = 1
                report = load_file(store, waiting[0], self.way)
            for path in waiting[:count]:
                if report.refused:
                    # Kept: nothing that was confirmed is lost. Once the format is mended it can be loaded.
                    path.rename(path.with_suffix(".refused"))
                else:
                    path.unlink()
            waiting = waiting[count:]
            whole = (whole or Delivery()) + delivery_of(report)
        return whole

    def close(self) -> None:
        """Nothing is open."""


class Patient:
    """An intake that is asked less and less often while it cannot be reached.

    Parameters
    ----------
    every_s
        Seconds between two questions to an intake that answers.
    """

    def __init__(self, intake: Intake, every_s: float = 0.0) -> None:
        self.intake, self._every_s = intake, every_s
        self._not_before, self._failures = 0.0, 0
        self.failure = ""

    def take(self, store: Store, now: float) -> Delivery | None:
        """Load what is ready, unless it is too early to ask."""
        if now < self._not_before:
            return None
        try:
            found = self.intake.take(store)
        except LakeBusy as error:
            self._later(now)
            LOG.info("%s: waits: %s", self.intake.name, error)
            return None
        except Exception as error:  # whatever one feed does, the others go on
            self.failure = str(error) or type(error).__name__
            wait = self._later(now)
            trace = not isinstance(error, (CxreportsError, OSError))
            LOG.warning("%s: tried again in %.0f s: %s", self.intake.name, wait, error, exc_info=trace)
            return None
        self._failures, self.failure = 0, ""
        self._not_before = now + self._every_s
        return found

    def _later(self, now: float) -> float:
        wait = min(FIRST_RETRY_S * 2.0 ** min(self._failures, 10), LONGEST_RETRY_S)
        self._failures += 1
        self._not_before = now + wait
        return wait
