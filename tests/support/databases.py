"""The portal's database, empty: on SQLite, and on a PostgreSQL server that the tests start."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Final

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


@dataclass(frozen=True)
class Server:
    """A PostgreSQL server of the tests alone, on a socket in a folder of its own."""

    folder: Path

    def url(self, name: str) -> str:
        return f"postgresql://tester@/{name}?host={self.folder}"

    def run(self, sql: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(sql.encode())


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
def migrated_server(postgresql_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Server:
    postgresql_server.run(f"CREATE DATABASE {TEMPLATE}")
    migrate(postgresql_server.url(TEMPLATE), tmp_path_factory.mktemp("migrated"))
    return postgresql_server


def migrate(url: str, home: Path) -> None:
    database = Database(url)
    database.migrate(home)
    database.close()


NUMBERS: Final = count(1)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where an empty database is; for tests with several processes."""
    if request.param == "sqlite":
        path = tmp_path / "portal.db"
        shutil.copy(request.getfixturevalue("migrated_file"), path)
        yield f"sqlite:///{path}"
    else:
        server: Server = request.getfixturevalue("migrated_server")
        name = f"test_{next(NUMBERS)}"
        server.run(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        yield server.url(name)
        server.run(f"DROP DATABASE {name} WITH (FORCE)")


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
