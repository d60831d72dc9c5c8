"""The command line of the feeds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from cxreports.cli.app import app
from cxreports.portal.database import Database
from cxreports.portal.feeds import tokens

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

FEEDS = """
[[push]]
name = "fs1"

[[folder]]
name = "landing"
path = "{folder}"

[[switch]]
name = "sbc1"
kind = "kamailio"
url = "http://127.0.0.1:9/RPC"
"""


@pytest.fixture(name="home")
def _home(tmp_path: Path) -> Path:
    (tmp_path / "feeds.toml").write_text(FEEDS.format(folder=tmp_path))
    return tmp_path


def run(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["--home", str(home), "feeds", *arguments])


def test_feeds_are_listed(home: Path) -> None:
    rows = json.loads(run(home, "list", "-o", "json").stdout)
    assert [(row["feed"], row["kind"]) for row in rows] == [
        ("sbc1", "kamailio"), ("landing", "folder"), ("fs1", "push"),
    ]  # fmt: skip


def test_feeds_are_tried(home: Path) -> None:
    result = run(home, "test", "-o", "json")
    rows = {row["feed"]: row for row in json.loads(result.stdout)}
    assert (rows["landing"]["works"], rows["fs1"]["works"], rows["sbc1"]["works"]) == (True, True, False)
    assert "does not answer" in rows["sbc1"]["says"]
    assert result.exit_code == 1
    assert run(home, "test", "landing", "-o", "json").exit_code == 0


def test_a_token_is_made_for_a_push_alone(home: Path) -> None:
    token = run(home, "token", "fs1").stdout.strip()
    database = Database.of(home)
    with database.reading() as db:
        assert tokens.feed_of(db, token) == "fs1"
        assert tokens.feed_of(db, token + "x") is None
        assert tokens.names(db) == {"fs1"}
    database.close()
    assert token not in (home / "portal.db").read_bytes().decode("latin-1")
    refused = run(home, "token", "landing")
    assert refused.exit_code == 1
    assert "no [[push]] named landing" in refused.output + str(refused.exception or "")
