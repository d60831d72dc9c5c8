"""Tables read from where they ended, while rows are written and written over: SQLite and two servers."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
import sqlalchemy as sa
from driving import until

from cxreports import Lake
from cxreports.errors import BadFeed
from cxreports.feeds.configuration import DatabaseTable, Secret
from cxreports.feeds.intake import Patient
from cxreports.feeds.tail import TailIntake
from cxreports.lake.load import Loading

if TYPE_CHECKING:
    from collections.abc import Iterator

    from databases import Server

CDR: Final = """
CREATE TABLE cdr (
    id {serial}, calldate {time} NOT NULL, clid VARCHAR(80), src VARCHAR(80), dst VARCHAR(80),
    duration INTEGER, billsec INTEGER, disposition VARCHAR(45), accountcode VARCHAR(20),
    uniqueid VARCHAR(32), sequence INTEGER
)
"""
"""The table of Asterisk's cdr_adaptive_odbc, with a number of its own."""

KINDS: Final = {
    "sqlite": ("INTEGER PRIMARY KEY", "DATETIME"),
    "postgresql": ("BIGSERIAL PRIMARY KEY", "TIMESTAMP"),
    "mariadb": ("BIGINT PRIMARY KEY AUTO_INCREMENT", "DATETIME(6)"),
}
NUMBERS: Final = count(1)


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[Path]:
    """Socket of a MariaDB of the tests alone."""
    found = shutil.which("mariadbd") or shutil.which("mariadbd", path="/usr/sbin")
    if found is None:
        pytest.skip("no MariaDB is installed (Debian: apt install mariadb-server-core)")
    folder = Path(tempfile.mkdtemp(prefix="cx-mariadb-"))
    # Without its system tables, which the package of the server alone cannot make, it serves all the same.
    (folder / "data/mysql").mkdir(parents=True)
    common = [f"--datadir={folder / 'data'}", *(["--user=root"] if os.geteuid() == 0 else [])]
    process = subprocess.Popen(
        [found, "--no-defaults", *common, "--skip-grant-tables", "--skip-networking",
         f"--socket={folder / 'socket'}", f"--pid-file={folder / 'pid'}",
         "--innodb-flush-log-at-trx-commit=0"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        until((folder / "socket").exists, "MariaDB listens")
        yield folder / "socket"
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(folder)


@pytest.fixture(name="url", params=list(KINDS))
def _url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where an empty table cdr is."""
    name = f"tail_{next(NUMBERS)}"
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'cdr.db'}"
    elif request.param == "postgresql":
        server: Server = request.getfixturevalue("postgresql_server")
        server.run(f"CREATE DATABASE {name}")
        url = server.url(name).replace("postgresql://", "postgresql+psycopg://")
    else:
        socket: Path = request.getfixturevalue("mariadb_server")
        url = f"mariadb+pymysql://root@localhost/{name}?unix_socket={socket}"
        with engine(url.replace(name, "")) as root, root.begin() as run:
            run.exec_driver_sql(f"CREATE DATABASE {name}")
    serial, time = KINDS[request.param]
    with engine(url) as made, made.begin() as run:
        run.exec_driver_sql(CDR.format(serial=serial, time=time))
    return url


@contextmanager
def engine(url: str) -> Iterator[sa.Engine]:
    opened = sa.create_engine(url)
    yield opened
    opened.dispose()


def written(url: str, *numbers: int, **more: Any) -> None:
    """Write rows of Asterisk: call `n` of 60 s, answered after 5."""
    with engine(url) as opened, opened.begin() as run:
        for number in numbers:
            row = {
                "calldate": f"2026-11-28 10:00:{number:02}", "clid": f'"Ana, {number}" <100>',
                "src": "100", "dst": "200", "duration": 65, "billsec": 60, "disposition": "ANSWERED",
                "accountcode": "acme", "uniqueid": f"1764320400.{number}", "sequence": number, **more,
            }  # fmt: skip
            names = ", ".join(row)
            run.execute(sa.text(f"INSERT INTO cdr ({names}) VALUES (:{', :'.join(row)})"), row)


def way(url: str, **more: Any) -> DatabaseTable:
    return DatabaseTable(name="pbx", url=url, table="cdr", format="asterisk", zone="Europe/Madrid", **more)


def calls(lake: Lake) -> list[tuple[Any, ...]]:
    return lake.sql("select count(*), sum(duration_s) from cdr").fetchall()


def test_rows_come_once_while_they_are_written_and_written_over(url: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    lake = Lake(home)
    intake = TailIntake(way(url), home)
    assert intake.take(lake) is None
    written(url, *range(5))
    first = intake.take(lake)
    assert (first.rows, first.loaded, calls(lake)) == (5, 5, [(5, 300)])
    assert intake.take(lake) is None
    # 10:00 in Madrid, in winter.
    assert lake.sql("select epoch(min(call_time)) from cdr").fetchall() == [(1795856400,)]
    # The switch corrects a call that it has written already, and writes another.
    with engine(url) as opened, opened.begin() as run:
        run.exec_driver_sql("UPDATE cdr SET billsec = 30 WHERE id = 3")
    written(url, 5)
    second = intake.take(lake)
    assert (second.rows, calls(lake)) == (2, [(6, 330)])
    intake.close()
    # Another process begins: it looks at the newest rows again, and all of them are there.
    again = TailIntake(way(url), home)
    found = again.take(lake)
    assert (found.rows, found.loaded, calls(lake)) == (6, 0, [(6, 330)])
    assert again.take(lake) is None
    written(url, 6)
    assert again.take(lake).loaded == 1
    again.close()
    assert lake.mark(again.mark) == 7
    assert lake.verify().is_empty()


def test_a_number_that_is_committed_late_is_found(url: str, tmp_path: Path) -> None:
    lake = Lake(tmp_path / "home")
    intake = TailIntake(way(url), tmp_path / "home")
    written(url, 1, id=10)
    written(url, 3, id=12)
    intake.take(lake)
    written(url, 2, id=11)
    assert intake.take(lake).loaded == 1
    assert intake.take(lake) is None
    intake.close()
    assert calls(lake) == [(3, 180)]


def test_a_load_that_is_killed_before_its_commit_is_done_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path / 'cdr.db'}"
    with engine(url) as made, made.begin() as run:
        run.exec_driver_sql(CDR.format(serial=KINDS["sqlite"][0], time="DATETIME"))
    home = tmp_path / "home"
    lake = Lake(home)
    written(url, *range(3))
    intake = TailIntake(way(url, again=0), home)

    def killed(*_arguments: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Loading, "_facts", killed)
    with pytest.raises(KeyboardInterrupt):
        intake.take(lake)
    monkeypatch.undo()
    assert lake.mark(intake.mark) is None
    assert intake.take(lake).loaded == 3
    assert TailIntake(way(url, again=0), home).take(lake) is None
    assert calls(lake) == [(3, 180)]


def test_some_columns_are_enough(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'cdr.db'}"
    with engine(url) as made, made.begin() as run:
        run.exec_driver_sql(CDR.format(serial=KINDS["sqlite"][0], time="DATETIME"))
    written(url, 1)
    columns = ("calldate", "src", "dst", "billsec", "disposition", "accountcode", "uniqueid")
    intake = TailIntake(way(url, columns=columns), tmp_path / "home")
    lake = Lake(tmp_path / "home")
    assert intake.take(lake).loaded == 1
    assert intake.count() == 1
    intake.close()


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("sqlite:////nowhere/cdr.db", "unable to open"),
        ("postgresql://u@127.0.0.1:9/x", "table cdr: "),
        ("mysql://u@127.0.0.1:9/x", "table cdr: "),
        ("oracle://u@127.0.0.1:9/x", "oracle is none of sqlite"),
        ("nonsense", "cannot be used"),
    ],
)
def test_a_database_that_cannot_be_read_is_said_without_its_password(
    url: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CX_WORD", "s3cret")
    intake = Patient(TailIntake(way(url, password=Secret(env="CX_WORD")), tmp_path))
    lake = Lake(tmp_path / "home")
    assert intake.take(lake, 0.0) is None
    assert message in intake.failure
    assert "s3cret" not in intake.failure
    with pytest.raises(BadFeed):
        intake.intake.take(lake)
