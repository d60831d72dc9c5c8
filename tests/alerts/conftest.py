"""A portal and a lake to judge rules on."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from alert_portal import Portal

from cxreports.lake import Store
from cxreports.portal.companies import companies
from cxreports.portal.database import Database
from cxreports.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def portal_at(tmp_path: Path) -> Iterator[Callable[[str], Portal]]:
    """Make a portal over a database."""
    opened: list[Database] = []

    def made(url: str) -> Portal:
        home = tmp_path / "home"
        database = Database(url)
        opened.append(database)
        with database.writing() as db:
            companies.add(db, "acme", "Acme Telecom", zone="Europe/Madrid", channel_limit=10)
            companies.add(db, "other", "Other")
        return Portal(home, database, Settings(home=home), Store(home))

    yield made
    for database in opened:
        database.close()


@pytest.fixture
def portal(portal_at: Callable[[str], Portal], migrated_file: Path, tmp_path: Path) -> Portal:
    path = tmp_path / "portal.db"
    shutil.copy(migrated_file, path)
    return portal_at(f"sqlite:///{path}")
