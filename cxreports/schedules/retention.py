"""Deletion of finished reports whose time is over, and of files that a killed worker left behind."""

from __future__ import annotations

import shutil
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from cxreports.portal.schedules import library
from cxreports.reports.run import thumbnail_of
from cxreports.schedules.running import LEASE, orphans

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from cxreports.portal.database import Database

_SETTLED: Final = 2 * LEASE + timedelta(hours=1)
"""A folder that no row names and that nothing was written to for so long is nobody's."""


def delete_expired(database: Database, home: Path, now: datetime) -> int:
    """Delete reports that are over, rows before files; how many files."""
    with database.writing() as db:
        paths = library.take_expired(db, now)
    for path in paths:
        for each in (home / path, thumbnail_of(home / path)):
            each.unlink(missing_ok=True)
    return len(paths)


def delete_orphans(database: Database, home: Path) -> int:
    """Delete folders that no row names; how many."""
    with database.reading() as db:
        kept = library.kept_paths(db)
    old = time.time() - _SETTLED.total_seconds()
    left = [folder for folder in orphans(home, kept) if folder.stat().st_mtime < old]
    for folder in left:
        shutil.rmtree(folder, ignore_errors=True)
    return len(left)
