"""What was loaded, listed and taken back on the command line; calls and legs as a load counts them."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from cxreports.cli.app import app

if TYPE_CHECKING:
    from collections.abc import Callable

    from typer.testing import Result

CASES = Path(__file__).parents[1] / "cases"
RING_GROUP = CASES / "asterisk-ring-group-legs-are-attempts" / "cdr.csv"
HEAD = "calldate,clid,src,dst,duration,billsec,disposition,uniqueid\n"


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Result]:
    def ran(*arguments: object) -> Result:
        home = {"CXREPORTS_HOME": str(tmp_path / "home")}
        return CliRunner().invoke(app, [str(each) for each in arguments], env=home)

    return ran


@pytest.fixture
def calls(tmp_path: Path) -> Callable[..., Path]:
    """Write a file of calls of a minute, by their times."""

    def written(name: str, *times: str) -> Path:
        rows = (f"{at},x,100,200,70,60,ANSWERED,{name}-{nth}\n" for nth, at in enumerate(times))
        path = tmp_path / name
        path.write_text(HEAD + "".join(rows), "utf-8")
        return path

    return written


def answered(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.output
    rows: list[dict[str, Any]] = json.loads(result.stdout, parse_float=Decimal)
    return rows


def hours(run: Callable[..., Result], customer: str) -> list[tuple[str, int]]:
    """Hours of a customer that have calls."""
    rows = answered(run("summary", customer, "--by", "hour", "-o", "json"))
    return [(row["start"], row["attempts"]) for row in rows if row["attempts"]]


def test_files_are_listed_and_taken_back(run: Callable[..., Result], calls: Callable[..., Path]) -> None:
    first, second = calls("one.csv", "2024-03-04 10:00:00"), calls("two.csv", *["2024-03-04 12:00:00"] * 2)
    assert run("load", first, second, "--customer", "acme").exit_code == 0
    listed = answered(run("loads", "-o", "json"))
    assert [(row["id"], row["file"], row["rows"]) for row in listed] == [(1, "one.csv", 1), (2, "two.csv", 2)]
    assert all(row["loaded_at"].startswith("20") for row in listed)
    assert "one.csv" in run("loads").stdout
    taken = run("unload", 2)
    assert (taken.exit_code, taken.stdout.strip()) == (0, "took back two.csv")
    assert hours(run, "acme") == [("2024-03-04T10:00:00Z", 1)]
    assert [row["id"] for row in answered(run("loads", "-o", "json"))] == [1]
    assert run("verify").exit_code == 0
    again = run("unload", 2)
    assert again.exit_code == 1
    assert again.stderr.strip() == "cxreports: there is no load 2: cxreports loads lists those that there are"
    both = run("load", second, "--customer", "acme")
    assert both.exit_code == 0
    assert hours(run, "acme") == [("2024-03-04T10:00:00Z", 1), ("2024-03-04T12:00:00Z", 2)]


def test_several_files_are_taken_back_at_once(run: Callable[..., Result], calls: Callable[..., Path]) -> None:
    paths = [calls(f"{nth}.csv", f"2024-03-04 1{nth}:00:00") for nth in range(3)]
    run("load", *paths, "--customer", "acme")
    assert run("unload", 1, 3).stdout.split() == ["took", "back", "0.csv", "took", "back", "2.csv"]
    assert hours(run, "acme") == [("2024-03-04T11:00:00Z", 1)]
    assert run("unload", 2, 9).exit_code == 1
    assert hours(run, "acme") == [("2024-03-04T11:00:00Z", 1)]


def test_a_wrong_zone_is_mended_by_taking_back_and_loading_again(
    run: Callable[..., Result], calls: Callable[..., Path]
) -> None:
    path = calls("madrid.csv", "2024-07-04 10:30:00")
    run("load", path, "--customer", "acme")
    assert hours(run, "acme") == [("2024-07-04T10:00:00Z", 1)]
    run("unload", 1)
    assert run("load", path, "--customer", "acme", "--tz", "Europe/Madrid").exit_code == 0
    assert hours(run, "acme") == [("2024-07-04T08:00:00Z", 1)]
    assert run("verify").exit_code == 0


def test_a_wrong_customer_is_mended_by_taking_back_and_loading_again(
    run: Callable[..., Result], calls: Callable[..., Path]
) -> None:
    path = calls("calls.csv", "2024-03-04 10:00:00")
    run("load", path, "--customer", "amce")
    run("unload", 1)
    assert run("load", path, "--customer", "acme").exit_code == 0
    assert hours(run, "acme") == [("2024-03-04T10:00:00Z", 1)]
    (customer,) = answered(run("customers", "-o", "json"))
    assert (customer["customer"], customer["cdrs"]) == ("acme", 1)
    assert run("verify").exit_code == 0


def test_legs_count_where_a_load_or_a_format_says_so(run: Callable[..., Result], tmp_path: Path) -> None:
    """A ring group of five legs, one of them answered."""
    own, by_call = tmp_path / "by_leg.toml", tmp_path / "by_call.toml"
    own.write_text(BY_LEG, "utf-8")
    by_call.write_text(BY_LEG.replace('count = "legs"', ""), "utf-8")
    ways = {
        "calls": (),
        "legs": ("--count", "legs"),
        "own": ("--format", own),
        "own-calls": ("--format", by_call),
    }
    for customer, given in ways.items():
        result = run("load", RING_GROUP, "--customer", customer, *given)
        assert result.exit_code == 0, result.output
    attempts = {
        each: answered(run("summary", each, "--by", "month", "-o", "json"))[0]["attempts"] for each in ways
    }
    assert attempts == {"calls": 1, "legs": 5, "own": 5, "own-calls": 1}
    assert run("load", RING_GROUP, "--customer", "x", "--count", "feet").exit_code != 0
    assert run("verify").exit_code == 0


BY_LEG = """
name = "own"
title = "a cdr table, for those who bill by leg"
documents = ["https://example.org/"]
count = "legs"
identity = ["uniqueid", "sequence"]
[[layout]]
needs = ["calldate", "uniqueid", "linkedid"]
[legs]
call = ["linkedid"]
[[connected]]
column = "disposition"
in = ["ANSWERED"]
[fields.call_time]
column = "calldate"
[fields.duration_s]
column = "billsec"
"""
