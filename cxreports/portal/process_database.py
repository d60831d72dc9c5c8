"""The portal's database, opened once in a page's process."""

from functools import cache
from pathlib import Path

from cxreports.portal.database import Database


@cache
def people_of(home: Path) -> Database:
    """Give the database of a home folder; it stays open while the process lives."""
    return Database.of(home)
