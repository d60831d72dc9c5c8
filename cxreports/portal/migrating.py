"""Bringing the portal's tables to the newest shape; imports Alembic, so it is imported only for that."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from filelock import FileLock
from sqlalchemy import Engine

from cxreports.errors import BadDatabase
from cxreports.portal.shape import MIGRATIONS


def upgrade(engine: Engine, home: Path) -> None:
    """Run the migrations that a database lacks, one process at a time.

    Raises
    ------
    BadDatabase
        It was made by a newer cxreports.
    """
    config = Config(attributes={"engine": engine})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    try:
        with FileLock(home / ".portal-migration.lock", mode=0o600):
            command.upgrade(config, "head")
    except CommandError as error:
        raise BadDatabase(
            f"the database {engine.url.render_as_string(hide_password=True)} was made by a newer "
            f"cxreports ({error}): install that one"
        ) from error
