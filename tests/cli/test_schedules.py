"""The commands of schedules, on a home folder of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from cxreports.cli.app import app

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result


@pytest.fixture(name="run")
def _run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    monkeypatch.setenv("CXREPORTS_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("CXREPORTS_SMTP_URL", raising=False)
    runner = CliRunner()

    def run(*arguments: str) -> Result:
        return runner.invoke(app, list(arguments))

    return run


def test_a_schedule_from_beginning_to_end(run) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    run("company", "add", "acme", "Acme Telecom")
    added = run(
        *("report", "schedule", "add", "Weekly quality", "--to", "ben@acme.example", "--of", "acme"),
        *("--on", "mon,thu", "--at", "7:00", "--tz", "Europe/Madrid", "--format", "pdf,xlsx"),
    )
    assert added.exit_code == 0, added.output
    assert added.output.startswith("added 1: every Monday and Thursday, 07:00 Europe/Madrid, next ")
    listed = run("report", "schedule", "list", "--output", "csv").output.splitlines()
    row = dict(
        zip(listed[0].split(","), listed[1].replace('"pdf,xlsx"', "pdf+xlsx").split(","), strict=False)
    )
    assert (row["id"], row["name"], row["company"]) == ("1", "Weekly quality", "acme")
    assert "Weekly quality" in run("report", "due").output
    assert run("report", "schedule", "pause", "1").output == "paused Weekly quality\n"
    assert "Weekly quality" not in run("report", "due").output
    assert run("report", "schedule", "resume", "1").output.startswith("resumed Weekly quality: every Monday")
    assert run("report", "schedule", "remove", "1").output == "removed Weekly quality\n"
    assert run("report", "schedule", "list").output == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--cron", "0 25 * * *"], "no cron time"),
        (["--tz", "Europe/Atlantis"], "there is no time zone"),
        (["--format", "docx"], "pdf, html, xlsx, csv"),
        (["--customer", "nobody"], "no company nobody"),
        (["--on", "29"], "1 to 28"),
        (["--notebook", "missing.ipynb"], "no such notebook"),
    ],
)
def test_what_cannot_be_scheduled_is_said_in_a_line(run, arguments: list[str], said: str) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    refused = run("report", "schedule", "add", "Weekly", "--to", "ben@acme.example", *arguments)
    assert refused.exit_code == 1
    assert said in refused.output
    assert run("report", "schedule", "list").output == ""
