"""The portal's database: SQLite beside the lake, or PostgreSQL by URL.

Every change is one transaction that holds the right to write from its beginning
(``BEGIN IMMEDIATE`` in SQLite, an advisory lock in PostgreSQL), so that what it read still holds
when it writes, and no two operators are ever given the same thing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

import sqlalchemy
from sqlalchemy import event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.orm import Session

from cxreports.errors import BadDatabase, NotThere
from cxreports.portal import shape
from cxreports.private_file import private_file, private_folder
from cxreports.settings import Home, Settings, settings_of

if TYPE_CHECKING:
    from cxreports.portal.tables import Row

Kept = TypeVar("Kept", bound="Row")


_BUSY_S: Final = 30
_WRITES: Final = "cx_writes"
_LOCK: Final = 0x63787265
"""Key of the advisory lock that writers hold: ``cxre``."""


class Database:
    """People, sessions and ledgers, in one place.

    Parameters
    ----------
    url
        A SQLAlchemy URL of SQLite or PostgreSQL.

    Raises
    ------
    BadDatabase
        It is of another kind, or its driver is not installed.
    """

    def __init__(self, url: str | URL) -> None:
        try:
            self.url = make_url(url)
            if self.url.get_backend_name() == "postgresql" and "+" not in self.url.drivername:
                self.url = self.url.set(drivername="postgresql+psycopg")
            self.engine = _engine(self.url)
        except (sqlalchemy.exc.ArgumentError, ImportError) as error:
            raise BadDatabase(
                f"CXREPORTS_DATABASE_URL cannot be used ({error}): give sqlite:///PATH or "
                "postgresql://USER:PASSWORD@HOST/NAME, the latter with pip install 'cxreports[postgres]'"
            ) from error

    @classmethod
    def of(cls, home: Home) -> Self:
        """Open the database of a home folder, or the one that the settings name, at its newest shape.

        Raises
        ------
        BadDatabase
            It cannot be reached, or was made by a newer cxreports.
        """
        settings = Settings.of(home)
        private_folder(settings.home)
        path = settings.database_file.resolve()
        if not settings.database_url:
            # Before SQLite opens it: the files beside it get the permissions that it has.
            private_file(path)
        database = cls(settings.database_url or URL.create("sqlite", database=str(path)))
        database.migrate(settings.home)
        return database

    def migrate(self, home: Path) -> None:
        """Bring the tables to the newest shape; nothing happens when they have it."""
        try:
            if shape.revision(self.engine) != shape.newest():
                from cxreports.portal.migrating import upgrade  # noqa: PLC0415 (imports Alembic)

                upgrade(self.engine, home)
        except (sqlalchemy.exc.OperationalError, sqlalchemy.exc.DatabaseError) as error:
            shown = self.url.render_as_string(hide_password=True)
            raise BadDatabase(f"the database {shown} cannot be used: {error.orig}") from error

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A transaction that may change rows; it is committed when the block ends well."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            session.connection(execution_options={_WRITES: True})
            yield session

    @contextmanager
    def taking(self) -> Iterator[Session]:
        """A transaction that takes rows for its process alone (``FOR UPDATE SKIP LOCKED``).

        PostgreSQL locks the rows and nothing else, so that takers pass each other by; SQLite, which locks no
        rows, holds the right to write as in `writing`.
        """
        if self.engine.dialect.name != "postgresql":
            with self.writing() as session:
                yield session
            return
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A transaction over one consistent state; what is changed in it is not kept."""
        with Session(self.engine, expire_on_commit=False) as session:
            if self.engine.dialect.name == "postgresql":
                session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            yield session

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


@cache
def database_of(home: Path) -> Database:
    """Database of a home folder, opened once in a page's process; it stays open while the process lives."""
    return Database.of(settings_of(home))


def newest(db: Session, row: Kept) -> Kept:
    """A row as it is now, for changing it; the one given may be of an earlier transaction.

    Raises
    ------
    NotThere
        It was deleted.
    """
    db.flush()
    found = db.get(type(row), sqlalchemy.inspect(row).identity, populate_existing=True)
    if found is None:
        raise NotThere(f"this {type(row).__name__.lower()} is not there any more")
    return found


def now() -> datetime:
    """Time, in UTC."""
    return datetime.now(UTC)


def _engine(url: URL) -> sqlalchemy.Engine:
    if url.get_backend_name() == "sqlite":
        engine = sqlalchemy.create_engine(url, connect_args={"timeout": _BUSY_S})
        event.listen(engine, "connect", _prepared)
        event.listen(engine, "begin", _begin)
        return engine
    if url.get_backend_name() == "postgresql":
        engine = sqlalchemy.create_engine(url, pool_pre_ping=True)
        event.listen(engine, "begin", _wait_for_writers)
        return engine
    raise sqlalchemy.exc.ArgumentError(f"{url.get_backend_name()} is neither sqlite nor postgresql")


def _prepared(connection: Any, _: Any) -> None:
    # The driver would begin transactions by itself, and too late.
    connection.isolation_level = None
    for pragma in (
        "journal_mode = WAL",
        "synchronous = NORMAL",
        "foreign_keys = ON",
        f"busy_timeout = {_BUSY_S * 1000}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: sqlalchemy.Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if _writes(connection) else "BEGIN")


def _wait_for_writers(connection: sqlalchemy.Connection) -> None:
    if _writes(connection):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")


def _writes(connection: sqlalchemy.Connection) -> bool:
    return bool(connection.get_execution_options().get(_WRITES, False))
