"""Refused files, recorded in the portal's database, so that somebody is told."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from cxreports.portal.alerts.tables import RefusedFile
from cxreports.portal.database import Database, now

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from cxreports.settings import Settings

LOG: Final = logging.getLogger(__name__)

_LONGEST: Final = 500


def record_refused(settings: Settings, refused: Iterable[tuple[Path, str]]) -> None:
    """Record files that were refused, and why; loading goes on where that fails."""
    try:
        database = Database.of(settings)
        try:
            with database.writing() as db:
                at = now()
                db.add_all(
                    RefusedFile(at=at, name=path.name[:_LONGEST], reason=reason[:_LONGEST])
                    for path, reason in refused
                )
        finally:
            database.close()
    except Exception:
        LOG.exception("refused files could not be recorded")
