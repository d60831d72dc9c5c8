"""A home folder and all that lies in it: nobody else on the machine may read any of it."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import preloaded
import pytest
from driving import portal_of

import cxreports
from cxreports.delivery import sftp
from cxreports.feeds import spool
from cxreports.portal.database import Database
from cxreports.portal.people.vault import Vault
from cxreports.portal.post import mail, sms
from cxreports.private_file import close_to_others
from cxreports.schedules import running
from cxreports.settings import Settings

DATA = Path(__file__).resolve().parents[1] / "data"
EVERYBODY = 0o022
"""What most systems let others read."""


@pytest.fixture(autouse=True)
def _usual_umask() -> object:
    before = os.umask(EVERYBODY)
    yield
    os.umask(before)


def readable(folder: Path) -> set[str]:
    """Walk a folder, and give what the group or others have any permission on."""
    paths = [folder, *folder.rglob("*")]
    return {str(path.relative_to(folder)) for path in paths if stat.S_IMODE(path.lstat().st_mode) & 0o077}


def run(*arguments: str | Path) -> None:
    command = [sys.executable, "-m", "cxreports", *map(str, arguments)]
    preloaded.run(command, check=True, capture_output=True)


def test_nobody_else_can_read_a_home_that_was_made_by_commands_and_served(tmp_path: Path) -> None:
    home = tmp_path / "data" / "home"
    run("--home", home, "demo", "--days", "1", "--scale", "0.05")
    run("--home", home, "load", DATA / "connexcs/portal.csv", "--customer", "acme")
    sms.send("+442079460000", "123456", Settings(home=home))
    names = {path.name for path in home.iterdir()}
    assert {"lake", "demo", "demo-users.json", "portal.db"} <= names
    assert readable(home) == set()
    with portal_of(home) as portal:
        assert portal.address
        assert {"portal.db-wal", "portal.db-shm", "portal.key", "sms.log"} <= {p.name for p in home.iterdir()}
        assert readable(home) == set()
    assert readable(home) == set()


def test_an_export_is_for_its_maker_alone(tmp_path: Path) -> None:
    lake = cxreports.open(tmp_path / "home")
    lake.load(DATA / "connexcs/portal.csv", customer="acme")
    lake.export(tmp_path / "calls.duckdb")
    assert stat.S_IMODE((tmp_path / "calls.duckdb").stat().st_mode) == 0o600


def test_a_home_that_a_notebook_makes_lets_nobody_in(tmp_path: Path) -> None:
    lake = cxreports.open(tmp_path / "a" / "home")
    lake.load(DATA / "connexcs/portal.csv", customer="acme")
    assert stat.S_IMODE((tmp_path / "a" / "home").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o755, "what is above it is not ours"


def test_a_database_is_private_from_its_first_byte_on(tmp_path: Path) -> None:
    database = Database.of(tmp_path / "home")
    with database.writing():
        files = {
            path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "home").glob("portal.db*")
        }
    database.close()
    assert len(files) == 3
    assert set(files.values()) == {0o600}


def test_a_home_that_stood_open_is_closed_when_it_is_served(tmp_path: Path) -> None:
    home = tmp_path / "home"
    Database.of(home).close()
    Vault.of(home)
    cxreports.open(home).load(DATA / "connexcs/portal.csv", customer="acme")
    for folder in (running.FOLDER, spool.FOLDER, mail.FOLDER):
        (home / folder / "1").mkdir(parents=True)
        (home / folder / "1" / "of-acme").write_bytes(b"theirs alone")
    (home / sftp.KNOWN_HOSTS).write_text("localhost ssh-ed25519 AAAA")
    for path in (home, *home.rglob("*")):
        if path.name != "portal.key":
            path.chmod(0o755 if path.is_dir() else 0o664)
    with portal_of(home, warm=0) as portal:
        assert readable(home) == set()
        assert "other users of this machine could read" in "".join(portal.log)
    with portal_of(home, warm=0) as portal:
        assert "other users" not in "".join(portal.log)


def test_what_is_not_ours_is_left_and_named(tmp_path: Path) -> None:
    home = tmp_path / "shared"
    (home / "lake").mkdir(parents=True)
    (home / "thesis.txt").write_text("by somebody else")
    outside = tmp_path / "outside.txt"
    outside.write_text("linked to")
    (home / "lake" / "link").symlink_to(outside)
    before = {path: path.stat().st_mode for path in (home, home / "thesis.txt", outside)}
    exposure = close_to_others(home)
    assert exposure.closed == (home / "lake",)
    assert exposure.left == (home,)
    assert {path: path.stat().st_mode for path in before} == before
