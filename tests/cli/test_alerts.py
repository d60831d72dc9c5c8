"""The commands for alert rules, from adding one to acknowledging what it found."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from alert_portal import outage
from lake_calls import PLAIN, write_calls
from typer.testing import CliRunner

from cxreports.cli.app import app

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., str]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("CXREPORTS_HOME", str(tmp_path / "home"))

    def invoked(*arguments: object, code: int = 0) -> str:
        done = CliRunner().invoke(app, [str(each) for each in arguments])
        assert done.exit_code == code, done.output
        return done.output

    return invoked


def test_a_rule_from_the_command_line(run: Run, tmp_path: Path) -> None:
    plain = tmp_path / "plain.toml"
    plain.write_text(PLAIN, "utf-8")
    run("company", "add", "acme", "Acme Telecom")
    added = run(
        "alert", "add", "ASR low", "asr", "--below", 35, "--reset", 40, "--over", "10m", "--calls", 5,
        "--customer", "acme", "--email", "ana@acme.example",
    )  # fmt: skip
    sentence = "ASR below 35.0 % over 10 min with at least 5 calls; resets at 40.0 %"
    assert sentence in added
    number = re.search(r"rule (\d+)", added)[1]  # type: ignore[index]
    calls = outage()
    run("load", write_calls(tmp_path / "first.csv", calls[:20]), "--format", plain)
    run("load", write_calls(tmp_path / "second.csv", calls[20:50]), "--format", plain)
    (rule,) = (row for row in json.loads(run("alert", "list", "-o", "json")) if row["customer"] == "acme")
    assert (rule["rule"], rule["state"]) == (sentence, "firing")
    (fired,) = json.loads(run("alert", "history", "--firing", "--customer", "acme", "-o", "json"))
    assert (fired["fired"], fired["value"]) == ("2026-06-01T12:37:00Z", "30")
    assert "ASR low" in run("alert", "ack", fired["id"], "--note", "carrier is on it")
    assert "0.0 %, 10 calls, Beyond the threshold" in run("alert", "test", number, "--to", "ana@acme.example")
    replayed = run("alert", "replay", number, "--days", 1)
    assert "2026-06-01T12:37:00Z" in replayed
    assert "fired 1 times in 1 days" in replayed
    assert "has no webhook" in run("alert", "test", number, "--webhook", code=1)
    assert "has no webhook" in run("alert", "secret", number, code=1)
    posts = ("X", "asr", "--below", 35, "--webhook", "https://noc.example.org/hooks")
    added = [run("alert", "add", *posts, "--customer", customer) for customer in ("all", "acme")]
    ids = [re.search(r"rule (\d+)", each)[1] for each in added]  # type: ignore[index]
    secrets = [run("alert", "secret", each).strip() for each in ids]
    assert [bool(re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", each)) for each in secrets] == [True, True]
    assert secrets[0] != secrets[1]
    run("alert", "remove", ids[1])
    assert "within the next 90 days" in run("alert", "mute", number, "--until", "2099-01-01", code=1)
    assert re.search(rf"muted until \S+Z rule {number}: ASR low", run("alert", "mute", number, "--for", "3h"))
    (rule,) = (row for row in json.loads(run("alert", "list", "-o", "json")) if row["customer"] == "acme")
    assert rule["muted"]
    assert "one of them" in run("alert", "mute", number, code=1)
    for verb, done in (
        ("unmute", "unmuted"),
        ("pause", "paused"),
        ("resume", "resumed"),
        ("remove", "removed"),
        ("restore", "brought"),
    ):
        assert done in run("alert", verb, number)
    assert "give one of them" in run("alert", "add", "X", "asr", code=1)
