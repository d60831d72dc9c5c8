"""Reports at the command line: made once, and by a schedule; files, what is said, and the exit code."""

from __future__ import annotations

import csv
import io
import shutil
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pypdfium2
import pytest
from small_office import load_calls
from typer.testing import CliRunner

from cxreports.cli.app import app

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

    Command = Callable[..., Result]

pytestmark = pytest.mark.usefixtures("forked_crews")

YESTERDAY = (datetime.now(UTC) - timedelta(days=1)).replace(hour=12, minute=0, second=0, microsecond=0)
MONTH, DAY = f"{YESTERDAY:%Y-%m}", f"{YESTERDAY:%Y-%m-%d}"


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with three calls of Acme's, of yesterday."""
    home = tmp_path_factory.mktemp("loaded")
    calls = [("acme", YESTERDAY + timedelta(hours=hour), 60, 200, "0.10", "USD") for hour in range(3)]
    load_calls(home, calls)
    return home


@pytest.fixture(name="home")
def _home(loaded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = Path(shutil.copytree(loaded, tmp_path / "home"))
    monkeypatch.setenv("CXREPORTS_HOME", str(home))
    monkeypatch.delenv("CXREPORTS_SMTP_URL", raising=False)
    return home


@pytest.fixture(name="run")
def _run(home: Path) -> Command:
    assert home.is_dir()
    return lambda *arguments: CliRunner().invoke(app, [str(each) for each in arguments])


def table(result: Result) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(result.stdout)))


def figures(path: Path) -> dict[str, Any]:
    """The line of yesterday in a report's summary."""
    lines = csv.DictReader(io.StringIO(path.read_text("utf-8-sig")))
    return next(line for line in lines if line["Day (UTC)"] == DAY)


def test_a_report_of_one_customer(run: Command, tmp_path: Path) -> None:
    to = tmp_path / "out"
    asked = ["--customer", "acme", "--period", MONTH, "--format", "pdf,csv", "--to", to]
    made = run("report", "run", "report", *asked, "--output", "csv")
    assert made.exit_code == 0, made.output
    rows = table(made)
    assert {(each["customer"], each["period"]) for each in rows} == {("acme", MONTH)}
    assert {each["file"] for each in rows} == {str(path) for path in to.iterdir()}
    assert {each["format"] for each in rows} == {"pdf", "csv"}
    line = figures(to / f"acme-report-{MONTH}-by-day.csv")
    assert (line["Attempts"], line["Connected"]) == ("3", "3")
    assert float(line["Charge USD"]) == pytest.approx(0.3)
    document = pypdfium2.PdfDocument(to / f"acme-report-{MONTH}.pdf")
    text = " ".join(page.get_textpage().get_text_range() for page in document)
    document.close()
    assert DAY in text


def test_one_customers_failure_stops_no_other_and_is_the_exit_code(run: Command, tmp_path: Path) -> None:
    asked = ["--customer", "nobody", "--customer", "acme", "--period", MONTH, "--format", "csv"]
    made = run("report", "run", "report", *asked, "--to", tmp_path, "--output", "csv")
    assert made.exit_code == 1
    assert made.stderr.startswith("failed: nobody: ")
    assert len(made.stderr.splitlines()) == 1
    assert {each["customer"] for each in table(made)} == {"acme"}
    assert figures(tmp_path / f"acme-report-{MONTH}-by-day.csv")["Attempts"] == "3"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["report", "--customer", "acme", "--format", "docx"], "pdf, html, xlsx, csv"),
        (["report", "--customer", "acme", "--period", "ever"], "ever"),
        (["missing.ipynb", "--customer", "acme"], "missing.ipynb"),
    ],
)
def test_what_cannot_be_made_is_said_in_a_line(
    arguments: list[str], said: str, run: Command, tmp_path: Path
) -> None:
    refused = run("report", "run", *arguments, "--to", tmp_path / "out")
    assert refused.exit_code == 1
    assert said in refused.output
    assert list(tmp_path.glob("out/*")) == []


def test_a_schedule_runs_now_and_what_fails_is_told(run: Command, home: Path) -> None:
    for company in ("acme", "bravo"):
        assert run("company", "add", company, company.title()).exit_code == 0
    given = ["--customer", "acme", "--customer", "bravo", "--format", "csv", "--period", "last-7-days"]
    added = run("report", "schedule", "add", "Both", "--to", "ben@acme.example", *given)
    assert added.exit_code == 0, added.output
    ran = run("report", "schedule", "run", "1")
    assert ran.exit_code == 1
    assert ran.stderr.startswith("failed: bravo: ")
    assert "acme" in ran.stdout
    assert "bravo" not in ran.stdout
    (letter,) = (home / "mail").iterdir()
    mail = message_from_bytes(letter.read_bytes(), policy=policy.default)
    assert mail["To"] == "ben@acme.example"
    listed = {each["customer"]: each for each in table(run("report", "list", "--output", "csv"))}
    assert listed.keys() == {"acme", "bravo"}
    assert (home / listed["acme"]["files"].split()[0]).is_file()
    assert listed["acme"]["error"] == ""
    assert listed["bravo"]["files"] == ""
    assert listed["bravo"]["error"] == ran.stderr.strip().removeprefix("failed: bravo: ")


def test_a_schedule_runs_now_for_one_receiver_alone(run: Command, home: Path) -> None:
    run("company", "add", "acme", "Acme")
    run(
        "report",
        "schedule",
        "add",
        "One",
        "--to",
        "ben@acme.example",
        "--customer",
        "acme",
        "--format",
        "csv",
    )
    ran = run("report", "schedule", "run", "1", "--to", "ana@acme.example")
    assert ran.exit_code == 0, ran.output
    (letter,) = (home / "mail").iterdir()
    assert message_from_bytes(letter.read_bytes(), policy=policy.default)["To"] == "ana@acme.example"
    missing = run("report", "schedule", "run", "7")
    assert missing.exit_code == 1
    assert missing.output
