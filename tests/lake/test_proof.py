"""A lake that is not whole says so: a file is missing or changed, the head is lost, the clock was wrong."""

from __future__ import annotations

import json
import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest
from lake_calls import call, some, write_calls
from typer.testing import CliRunner

import cxreports
from cxreports.cli.app import app
from cxreports.lake import Store

if TYPE_CHECKING:
    from collections.abc import Callable

    from typer.testing import Result

    from cxreports.cdr.source_format import SourceFormat
    from cxreports.lake import LoadReport

CASES = Path(__file__).parent / "cases"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, plain: SourceFormat) -> Path:
    """Home of a lake that is whole."""
    folder = tmp_path_factory.mktemp("whole")
    store = Store(folder / "home")
    bulk = call(90, "2026-03-01T00:00:30Z", "2026-03-03T10:00:00Z", customer="bulk")
    for name, calls in (("1", [*some(0, 30), bulk]), ("2", [*some(20, 40), call(91, "no time", "")])):
        store.load(write_calls(folder / f"{name}.csv", calls), source_format=plain)
    return store.home


@pytest.fixture
def filled(store: Store, whole: Path) -> Store:
    """A copy of it, to be damaged."""
    shutil.copytree(whole, store.home, dirs_exist_ok=True)
    return store


def files(store: Store, table: str) -> list[Path]:
    return sorted((store.home / "lake" / table).glob("*/*.parquet"))


def rewritten(path: Path, rows: str) -> None:
    """Replace a file by other rows of it, as a careless hand does."""
    copy = path.with_suffix(".copy")
    duckdb.execute(f"COPY (SELECT {rows} FROM read_parquet('{path}')) TO '{copy}' (FORMAT parquet)")
    copy.replace(path)


def test_verify_names_a_missing_file_and_ends(tmp_path: Path) -> None:
    home = tmp_path / "home"
    case = CASES / "verify-crashes-on-missing-file" / "in0.csv"

    def ran(*command: object) -> Result:
        return CliRunner().invoke(app, list(map(str, command)), env={"CXREPORTS_HOME": str(home)})

    assert ran("load", case, "--format", CASES / "audit.toml").exit_code == 0
    gone = min((home / "lake" / "cdr").glob("*/*.parquet"))
    gone.unlink()
    result = ran("verify", "-o", "json")
    assert result.exit_code == 1
    assert result.stderr == ""
    (found,) = json.loads(result.stdout)
    assert (found["table"], found["column"], found["stored"]) == (
        "cdr",
        f"{gone.parent.name}/{gone.name}",
        "is missing",
    )


@pytest.mark.parametrize("table", ["cdr", "reject", "hourly", "daily", "channels"])
def test_a_missing_file_is_named_and_the_rest_is_checked(filled: Store, table: str) -> None:
    gone = files(filled, table)[0]
    gone.unlink()
    other = next(name for name in ("reject", "cdr") if name != table)
    changed = files(filled, other)[0]
    rewritten(changed, "* REPLACE ('x' AS file)")
    found = cxreports.open(filled.home).verify()
    assert sorted(found.select("table", "column", "stored").rows()) == sorted(
        [
            (table, f"{gone.parent.name}/{gone.name}", "is missing"),
            (other, f"{changed.parent.name}/{changed.name}", "is not as it was written"),
        ]
    )


@pytest.mark.parametrize(
    ("table", "rows"),
    [
        ("cdr", "* REPLACE ('+1' AS destination)"),
        ("cdr", "* REPLACE ('' AS sip_reason)"),
        ("reject", "* REPLACE ('forged' AS raw)"),
        ("reject", "* REPLACE ('other' AS reason)"),
    ],
)
def test_a_changed_text_is_found(filled: Store, table: str, rows: str) -> None:
    """No figure is computed from it."""
    assert filled.verify().is_empty()
    rewritten(files(filled, table)[0], rows)
    assert cxreports.open(filled.home).verify()["table"].to_list() == [table]


def test_a_file_of_an_older_version_that_is_left_without_rows(filled: Store) -> None:
    """Its name has no digest, and the log still lists its rows."""
    table = filled._tables.hourly
    held = next(iter(table.contents().files.values()))
    path = table.folder / held.path
    plain = path.with_name("part-old.parquet")
    path.rename(plain)
    duckdb.execute(f"COPY (SELECT * FROM read_parquet('{plain}') LIMIT 0) TO '{plain}.new' (FORMAT parquet)")
    Path(f"{plain}.new").replace(plain)
    log = table.folder / "_delta_log"
    for entry in log.glob("*.json"):
        entry.write_text(entry.read_text().replace(path.name, plain.name))
    found = cxreports.open(filled.home).verify()
    assert f"rows of {plain.parent.name}/{plain.name}" in found["column"].to_list()


def test_a_lost_head_is_found_and_the_next_load_brings_it_back(tmp_path: Path) -> None:
    lake = cxreports.open(tmp_path / "home")
    case = CASES / "verify-silent-on-lost-head"
    audit = CASES / "audit.toml"
    for name in ("in0.csv", "in1.csv", "in2.csv"):
        lake.load(case / name, source_format=audit)
    assert lake.customers()["cdrs"].sum() == 118
    max((tmp_path / "home" / "lake" / "channels" / "_delta_log").glob("*.json")).write_text("")
    again = cxreports.open(tmp_path / "home")
    assert again.customers()["cdrs"].sum() == 79
    found = again.verify().filter(table="cdr")
    assert found.select("column", "stored").rows() == [("rows that readers see", "79")]
    assert found["recomputed"].to_list()[0].startswith("118 ")
    again.load(case / "in0.csv", source_format=audit)
    assert again.customers()["cdrs"].sum() == 118
    assert again.verify().is_empty()


def test_as_of_where_a_clock_was_set_back(filled: Store, load: Callable[..., LoadReport]) -> None:
    """The last commit of a time is the state of that time, whatever the clock said in between."""
    base = filled.snapshot().head.version
    for i in range(4):
        load(call(200 + i, f"2026-03-05T00:00:0{i}Z", ""))
    hours = {base + 1: 10, base + 2: 30, base + 3: 11, base + 4: 12}
    noon = datetime(2026, 3, 6, tzinfo=UTC)
    log = filled.home / "lake" / "channels" / "_delta_log"
    for version, hour in hours.items():
        entry = log / f"{version:020d}.json"
        at = int((noon + timedelta(hours=hour)).timestamp() * 1000)
        entry.write_text(re.sub(r'("timestamp":)\d+', rf"\g<1>{at}", entry.read_text()))
    lake = cxreports.open(filled.home)
    asked = {
        hour: lake.snapshot(noon + timedelta(hours=hour)).head.version - base for hour in (10, 11, 12, 40)
    }
    assert asked == {10: 1, 11: 3, 12: 4, 40: 4}


def test_asking_where_there_is_no_lake_makes_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    lake = cxreports.open("typo")
    assert lake.customers().is_empty()
    assert lake.verify().is_empty()
    assert lake.sql("select count(*) from cdr").fetchall() == [(0,)]
    assert not Path("typo").exists()
    lake.load(CASES / "verify-silent-on-lost-head" / "in0.csv", source_format=CASES / "audit.toml")
    assert lake.customers()["cdrs"].sum() == 40


@pytest.mark.parametrize(
    "damage", ['{"commitInfo": {', json.dumps({"add": {"path": "day=2026-03-01/none.parquet"}})]
)
def test_a_damaged_log_is_one_line(filled: Store, damage: str) -> None:
    log = max((filled.home / "lake" / "cdr" / "_delta_log").glob("*.json"))
    log.write_text(damage)
    for command in (["summary", "all"], ["load", str(CASES / "verify-silent-on-lost-head" / "in0.csv")]):
        result = CliRunner().invoke(app, command, env={"CXREPORTS_HOME": str(filled.home)})
        assert result.exit_code == 1
        (line,) = result.stderr.strip().splitlines()
        assert line.startswith("cxreports: ")
        assert "damaged" in line
