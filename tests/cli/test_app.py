import csv
import gc
import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import duckdb
import preloaded
import pytest
from typer.testing import CliRunner, Result

import cxreports
from cxreports.cli.app import app
from cxreports.errors import CxreportsError, FormatError

DATA = Path(__file__).resolve().parents[2] / "data"
ACC = DATA / "kamailio/kamailio_acc.csv"
TRUTH = DATA / "kamailio/truth_calls.csv"
ASTERISK = DATA / "asterisk/mockdata_cdr.csv"

Command = Callable[..., Result]


@pytest.fixture(name="home", scope="module")
def _home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the Kamailio sample as customer ``sip`` and what SIPp measured of it as ``truth``."""
    home = tmp_path_factory.mktemp("home")
    run = commands(home)
    assert run("load", ACC, "--customer", "sip").exit_code == 0
    own_format = DATA / "kamailio/truth_calls.toml"
    assert run("load", TRUTH, "--customer", "truth", "--format", own_format).exit_code == 0
    return home


def commands(home: Path) -> Command:
    def run(*arguments: Any) -> Result:
        return CliRunner().invoke(app, [str(each) for each in arguments], env={"CXREPORTS_HOME": str(home)})

    return run


@pytest.fixture(name="run")
def _run(home: Path) -> Command:
    return commands(home)


@pytest.fixture(name="run_empty")
def _run_empty(tmp_path: Path) -> Command:
    return commands(tmp_path / "home")


def rows(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.output
    found: list[dict[str, Any]] = json.loads(result.stdout)
    return found


def test_load_says_what_became_of_each_row(run_empty: Command) -> None:
    (first,) = rows(run_empty("load", ASTERISK, "--output", "json"))
    assert first.pop("seconds") > 0
    assert first == {
        "file": "mockdata_cdr.csv",
        "format": "asterisk",
        "rows": 218,
        "loaded": 210,
        "duplicates": 8,
        "rejected": 0,
        "paired": 0,
        "refused": None,
    }
    (again,) = rows(run_empty("load", ASTERISK, "--output", "json"))
    assert (again["rows"], again["loaded"], again["duplicates"]) == (218, 0, 218)


def test_load_prints_a_line_for_each_file(run_empty: Command) -> None:
    result = run_empty("load", ACC, "--customer", "sip")
    assert result.exit_code == 0
    heading, line = result.stdout.splitlines()
    assert heading.split() == [
        "file",
        "format",
        "rows",
        "loaded",
        "duplicates",
        "rejected",
        "paired",
        "seconds",
    ]
    assert line.split()[:-1] == ["kamailio_acc.csv", "kamailio", "297", "183", "0", "0", "114"]


def test_load_refuses_what_holds_no_calls_and_loads_the_rest(run_empty: Command, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear Sir,\nno calls here.\n")
    result = run_empty("load", tmp_path / "letter.txt", ASTERISK)
    assert result.exit_code == 1
    assert "letter.txt" in result.stderr
    assert "expected" in result.stderr.lower()
    assert "210" in result.stdout


def test_load_of_a_file_that_is_not_there(run_empty: Command, tmp_path: Path) -> None:
    result = run_empty("load", tmp_path / "nowhere.csv")
    assert result.exit_code == 1
    assert "nowhere.csv" in result.stderr


def test_load_of_an_unknown_format(run_empty: Command) -> None:
    result = run_empty("load", ASTERISK, "--format", "asterix")
    assert result.exit_code == 1
    assert "asterisk" in result.stderr


def test_summary_of_the_kamailio_sample(run: Command) -> None:
    (hour,) = rows(run("summary", "sip", "--by", "hour", "--output", "json"))
    assert list(hour) == [
        "start", "attempts", "connected", "asr_pct", "acd_s", "ner_pct", "pdd_ms",
        "dtmf_calls", "dtmf_pct", "duration_s", "billed_duration_s", "charge", "currency",
        "duration_unknown", "billed_duration_unknown", "charge_unknown", "pdd_unknown", "dtmf_unknown",
    ]  # fmt: skip
    assert hour["start"] == "2026-11-23T01:00:00Z"
    assert (hour["attempts"], hour["connected"]) == (183, 114)
    assert (hour["asr_pct"], hour["ner_pct"]) == (62.2951, 85.2459)
    assert hour["duration_s"] == pytest.approx(614.543, abs=1)
    assert hour["acd_s"] == pytest.approx(hour["duration_s"] / 114, abs=1e-6)


def test_channels_and_ner_as_sipp_measured_them(run: Command) -> None:
    (day,) = rows(run("series", "truth", "channels", "--every", "1d", "--output", "json"))
    assert (day["value"], day["max"]) == (124, 124)
    assert set(day) == {"start", "value", "max", "mean"}
    (ner,) = rows(run("series", "truth", "ner", "--every", "1d", "--output", "json"))
    assert ner == {"start": "2026-11-23T00:00:00Z", "value": 85.245902}


def test_series_follow_the_clock_of_a_zone(run: Command) -> None:
    period = ("--from", "2026-11-23T01:00", "--to", "2026-11-23T03:00+01:00")
    (hour,) = rows(run("series", "sip", "attempts", *period, "--tz", "Europe/Madrid", "-o", "json"))
    assert hour == {"start": "2026-11-23T02:00:00+01:00", "value": 183}


def test_csv_has_a_heading_and_the_exact_values(run: Command) -> None:
    result = run("summary", "sip", "--by", "month", "--output", "csv")
    (month,) = csv.DictReader(StringIO(result.stdout))
    assert month["start"] == "2026-11-01T00:00:00Z"
    assert month["asr_pct"] == "62.2951"


def test_customers(run: Command) -> None:
    found = rows(run("customers", "--output", "json"))
    assert [(each["customer"], each["cdrs"]) for each in found] == [("sip", 183), ("truth", 183)]
    assert found[1]["first_call"] == "2026-11-23T01:35:09.228358Z"


def test_formats(run: Command) -> None:
    found = {each["format"]: each for each in rows(run("formats", "--output", "json"))}
    assert {"asterisk", "avaya-ipo", "cisco-gateway", "opensips", "ribbon", "telcobridges", "twilio"} <= set(
        found
    )
    assert all(each["follows"] for each in found.values())


def test_sql_asks_one_snapshot(run: Command) -> None:
    query = "select sip_code, count(*) as calls from cdr where customer = 'truth' group by all order by all"
    codes = {each["sip_code"]: each["calls"] for each in rows(run("sql", query, "-o", "json"))}
    assert codes == {200: 114, 404: 18, 486: 24, 487: 18, 500: 9}


def test_sql_that_cannot_be_asked(run: Command) -> None:
    result = run("sql", "select wrong from cdr")
    assert result.exit_code == 1
    assert result.stderr.startswith("cxreports: DuckDB: ")
    assert result.stderr.count("\n") == 1


def test_verify_finds_nothing_where_nothing_is_wrong(run: Command) -> None:
    assert run("verify").exit_code == 0
    assert rows(run("verify", "--output", "json")) == []


def test_an_answer_that_cannot_be_shown_is_an_error_in_one_line(run: Command) -> None:
    result = run("sql", "select interval 1 day as d")
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit | CxreportsError)


def test_a_format_goes_by_its_name_in_python_too(tmp_path: Path) -> None:
    lake = cxreports.open(tmp_path)
    (report,) = lake.load(ASTERISK, source_format="asterisk")
    assert (report.loaded, report.duplicates) == (210, 8)
    with pytest.raises(FormatError, match="no format of this name"):
        lake.load(ASTERISK, source_format="astersik")


def test_a_relation_outlives_the_lake_that_it_was_asked_of(home: Path) -> None:
    relation = cxreports.open(home).sql("select count(*) from cdr where customer = 'sip'")
    gc.collect()
    assert relation.fetchall() == [(183,)]


def test_export_is_a_database_for_any_tool(run: Command, tmp_path: Path) -> None:
    assert run("export", tmp_path / "sip.duckdb", "--customer", "sip").exit_code == 0
    with duckdb.connect(str(tmp_path / "sip.duckdb"), read_only=True) as database:
        assert database.sql("select count(*), count(distinct customer) from cdr").fetchall() == [(183, 1)]


def test_the_past_can_be_asked(run_empty: Command) -> None:
    run_empty("load", ACC, "--customer", "sip")
    then = datetime.now(UTC)
    run_empty("load", ASTERISK)
    assert [each["customer"] for each in rows(run_empty("customers", "-o", "json"))] == ["default", "sip"]
    past = rows(run_empty("customers", "--as-of", then.isoformat(), "-o", "json"))
    assert [each["customer"] for each in past] == ["sip"]


def test_upkeep_changes_no_answer(run_empty: Command) -> None:
    run_empty("load", ACC, "--customer", "sip")
    run_empty("load", ASTERISK)
    before = run_empty("summary", "all", "--output", "json").stdout
    for command in ("compact", "vacuum", "rebuild"):
        assert run_empty(command).exit_code == 0, command
    assert run_empty("summary", "all", "--output", "json").stdout == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("summary", "nobody"), "nobody"),
        (("series", "sip", "asl"), "asr"),
        (("series", "sip", "asr", "--tz", "Europe/Madird"), "Madird"),
        (("series", "sip", "asr", "--every", "soon"), "soon"),
        (("summary", "sip", "--from", "yesterday-ish"), "yesterday-ish"),
        (("serve", "--watch", "no/such/folder"), "no/such/folder"),
    ],
)
def test_an_error_is_one_line(run: Command, arguments: tuple[str, ...], said: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 1
    assert result.stderr.startswith("cxreports: ")
    assert said in result.stderr
    assert result.stderr.count("\n") == 1


def test_an_error_can_be_traced(run: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXREPORTS_DEBUG", "1")
    assert isinstance(run("summary", "nobody").exception, CxreportsError)


@pytest.mark.parametrize("arguments", [("summary",), ("sumary", "sip"), ("serve", "--port", "x")])
def test_wrong_usage_ends_with_2(run: Command, arguments: tuple[str, ...]) -> None:
    assert run(*arguments).exit_code == 2


def test_every_command_has_help(run: Command) -> None:
    names = [
        command.name or command.callback.__name__ for command in app.registered_commands if command.callback
    ]
    assert set(names) >= {
        "demo", "serve", "load", "formats", "customers", "summary", "series", "verify", "sql", "export",
    }  # fmt: skip
    for name in names:
        result = run(name, "--help")
        assert result.exit_code == 0
        assert "Usage:" in result.stdout


def shell(home: Path, *arguments: Any, **options: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cxreports", *map(str, arguments)]
    environment = {**os.environ, "CXREPORTS_HOME": str(home), "COLUMNS": "100"}
    return preloaded.run(
        command, text=True, capture_output=True, timeout=60, env=environment, check=False, **options
    )


def test_as_a_program(home: Path, tmp_path: Path) -> None:
    done = shell(home, "summary", "sip", "--output", "json", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)[0]["attempts"] == 183
    failed = shell(home, "summary", "nobody", cwd=tmp_path)
    assert failed.returncode == 1
    assert "Traceback" not in failed.stderr
    assert shell(home, "summary", "sip", "--by", "year", cwd=tmp_path).returncode == 2


def test_help_needs_none_of_the_heavy_packages() -> None:
    code = (
        "import sys; sys.argv = ['cxreports', '--help']\n"
        "from cxreports.cli.app import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'polars', 'duckdb', 'altair', 'pandas', 'deltalake', 'voila', 'numpy'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


def test_a_table_has_rules_on_a_terminal_only(home: Path) -> None:
    here, there = pty.openpty()
    environment = {**os.environ, "CXREPORTS_HOME": str(home), "TERM": "xterm"}
    command = [sys.executable, "-m", "cxreports", "customers"]
    preloaded.run(command, stdout=there, stderr=there, timeout=60, env=environment, check=True)
    os.close(there)
    shown = os.read(here, 100_000).decode()
    os.close(here)
    assert "───" in shown
    assert "───" not in shell(home, "customers").stdout


def test_a_file_of_which_nothing_can_be_loaded_ends_with_1_and_says_why(
    run_empty: Command, tmp_path: Path
) -> None:
    head = "dt,callid,dest_cli,dest_number,duration,customer_charge,sip_code\n"
    bad = tmp_path / "bad.csv"
    bad.write_text(f"{head}yesterday,1,100,200,5,0.5,200\nyesterday,2,100,200,5,0.5,200\n")
    for _ in range(2):  # The second time its contents are known.
        result = run_empty("load", bad)
        assert result.exit_code == 1
        reason = "call_time: 'yesterday' is not a time that the format knows"
        assert f"nothing loaded: bad.csv: all 2 rows were rejected; {reason}" in result.stderr
    some = tmp_path / "some.csv"
    some.write_text(f"{head}yesterday,1,100,200,5,0.5,200\n2026-03-02 10:00:00,2,100,200,5,0.5,200\n")
    heading = tmp_path / "heading.csv"
    heading.write_text(head)
    assert run_empty("load", some, heading).exit_code == 0
    american = tmp_path / "american.csv"
    american.write_text(f"{head}03/04/2026 10:00:00,3,100,200,5,0.5,200\n")
    assert run_empty("load", american, "--dates", "mdy").exit_code == 0
    found = run_empty(
        "sql", "select strftime(call_time, '%d %b') as day from cdr where call_id = '3'", "-o", "json"
    )
    assert rows(found) == [{"day": "04 Mar"}]
