"""The portal's database, empty: on SQLite, and on a PostgreSQL server that the tests start."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import psycopg
import pytest

from cxreports.portal.database import Database
from cxreports.portal.people.vault import Vault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxreports.portal.tables import User

from portal_people import SECRET_KEY, add_user

SERVER_USERS: Final = ("postgres", "nobody")
"""Who may run the server where the tests run as root, which PostgreSQL refuses to."""

TEMPLATE: Final = "migrated"
TESTED: Final = "tested"
"""The database of one test after the other: emptied, which is quicker than made anew."""

SHAPE: Final = """
SELECT array_agg(ARRAY[attrelid::regclass::text, attname, format_type(atttypid, atttypmod)]
                 ORDER BY attrelid::regclass::text, attnum)::text || (SELECT version_num FROM alembic_version)
FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
WHERE relnamespace = 'public'::regnamespace AND NOT attisdropped
"""
"""Tables and indices with their columns, and the version of the migrations."""

EMPTY: Final = """
DO $$ DECLARE
    found record;
BEGIN
    PERFORM pg_terminate_backend(pid, 10000) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid();
    -- Foreign keys do not ask in which order rows go.
    SET LOCAL session_replication_role = replica;
    FOR found IN SELECT tablename FROM pg_tables
        WHERE schemaname = 'public' AND tablename <> 'alembic_version'
    LOOP
        EXECUTE format('DELETE FROM %I', found.tablename);
    END LOOP;
    PERFORM setval(format('%I', sequencename)::regclass, start_value, false) FROM pg_sequences;
END $$
"""


@dataclass(frozen=True)
class Server:
    """A PostgreSQL server of the tests alone, on a socket in a folder of its own."""

    folder: Path

    def url(self, name: str) -> str:
        return f"postgresql://tester@/{name}?host={self.folder}"

    def run(self, sql: str, name: str = "postgres") -> Any:
        """Run a statement, and give the first value of its answer, if it has one."""
        with psycopg.connect(self.url(name), autocommit=True) as connection:
            answer = connection.execute(sql.encode())
            return answer.fetchone()[0] if answer.description else None  # type: ignore[index]


class Tested:
    """The database of one test after the other, and a connection to it that is kept.

    To open a connection costs the server more than three times what it then takes to look and to empty.
    """

    def __init__(self, server: Server) -> None:
        self.url = server.url(TESTED)
        self._server = server
        self._make()
        self._shape = self._asked(SHAPE)

    def empty(self) -> None:
        """Empty it, or make it anew where a test changed its tables or ended all connections."""
        with suppress(psycopg.Error):
            if self._asked(SHAPE) == self._shape:
                self._connection.execute(EMPTY.encode())
                return
        self.close()
        self._server.run(f"DROP DATABASE {TESTED} WITH (FORCE)")
        self._make()

    def close(self) -> None:
        self._connection.close()

    def _make(self) -> None:
        self._server.run(f"CREATE DATABASE {TESTED} TEMPLATE {TEMPLATE}")
        self._connection = psycopg.connect(self.url, autocommit=True)

    def _asked(self, sql: str) -> Any:
        return self._connection.execute(sql.encode()).fetchone()


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Server]:
    folder = programs()
    if folder is None:
        if os.environ.get("CI"):
            pytest.fail("CI needs PostgreSQL: `make test` installs it where it may")
        pytest.skip("no PostgreSQL is installed (Debian, Ubuntu: apt install postgresql)")
    user = server_user()
    # A socket's path has at most 107 bytes, and the server's user must reach it: not in tmp_path.
    home = Path(tempfile.mkdtemp(prefix="cx-postgresql-"))
    os.chown(home, user.pw_uid, user.pw_gid)
    switch = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}

    def run(program: str, *arguments: str) -> None:
        subprocess.run(
            [folder / program, f"--pgdata={home / 'data'}", *arguments],
            check=True,
            cwd=home,
            stdout=subprocess.DEVNULL,
            env={"LC_ALL": "C", "PATH": os.environ["PATH"]},
            **switch,
        )

    run("initdb", "--username=tester", "--auth=trust", "--encoding=UTF8", "--no-sync")
    options = f"-k {home} -c listen_addresses= -c fsync=off -c max_connections=60"
    run("pg_ctl", "start", "--wait", "--silent", f"--log={home / 'log'}", f"--options={options}")
    try:
        yield Server(home)
    finally:
        run("pg_ctl", "stop", "--wait", "--silent", "--mode=immediate")
        shutil.rmtree(home)


def programs() -> Path | None:
    """Find the folder of PostgreSQL's programs; Debian keeps them off the path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"), key=lambda path: float(path.parts[-3]))
    on_path = shutil.which("pg_ctl")
    found += [Path(on_path).resolve()] * (on_path is not None)
    return found[-1].parent if found else None


def server_user() -> pwd.struct_passwd:
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    known = {each.pw_name: each for each in pwd.getpwall()}
    return next(known[name] for name in SERVER_USERS if name in known)


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with the tables; copied, which is quicker than made anew."""
    home = tmp_path_factory.mktemp("migrated")
    path = home / "portal.db"
    migrate(f"sqlite:///{path}", home)
    return path


@pytest.fixture(scope="session")
def tested_database(postgresql_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tested]:
    postgresql_server.run(f"CREATE DATABASE {TEMPLATE}")
    migrate(postgresql_server.url(TEMPLATE), tmp_path_factory.mktemp("migrated"))
    with closing(Tested(postgresql_server)) as tested:
        yield tested


def migrate(url: str, home: Path) -> None:
    database = Database(url)
    database.migrate(home)
    database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where an empty database is; for tests with several processes."""
    if request.param == "sqlite":
        path = tmp_path / "portal.db"
        shutil.copy(request.getfixturevalue("migrated_file"), path)
        yield f"sqlite:///{path}"
    else:
        tested: Tested = request.getfixturevalue("tested_database")
        yield tested.url
        tested.empty()


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url)
    yield opened
    opened.close()


@pytest.fixture
def vault() -> Vault:
    return Vault(SECRET_KEY)


@pytest.fixture
def ana(database: Database) -> User:
    """Somebody of a company, who logs in by password alone."""
    return add_user(database)
