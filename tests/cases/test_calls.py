"""Files that once gave wrong figures, with the right ones: what counts as a call, and when twice."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

import cxreports
from cxreports.cli.app import app

if TYPE_CHECKING:
    from cxreports.figures.analyst import Lake

CASES = Path(__file__).parent


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return cxreports.open(tmp_path)


def month(lake: Lake) -> dict[str, Any]:
    """The only month of a lake, which holds what its CDRs say."""
    assert lake.verify().rows() == []
    (row,) = lake.summary("all", "month").to_dicts()
    return row


def load(lake: Lake, case: str, *names: str, **given: Any) -> None:
    for name in names:
        (report,) = lake.load(CASES / case / name, **given)
        assert report.refused is None
        assert report.rows == report.loaded + report.duplicates + report.rejected + report.paired


def test_a_ring_group_is_one_call(lake: Lake) -> None:
    load(lake, "asterisk-ring-group-legs-are-attempts", "cdr.csv")
    row = month(lake)
    assert (row["attempts"], row["connected"], row["asr_pct"], row["duration_s"]) == (1, 1, 100, 40)
    (call,) = lake.sql("SELECT legs, destination, billed_duration_s, release_reason FROM cdr").pl().rows()
    assert call == (5, "63", 40, "ANSWERED")
    assert lake.sql("SELECT count(*) FROM leg").fetchall() == [(5,)]


def test_its_legs_count_for_those_who_bill_by_leg(lake: Lake) -> None:
    load(lake, "asterisk-ring-group-legs-are-attempts", "cdr.csv", by_leg=True)
    row = month(lake)
    assert (row["attempts"], row["connected"], row["asr_pct"]) == (5, 1, 20)


@pytest.mark.parametrize("name", ["Master.csv", "ab.json"])
def test_both_legs_of_a_bridge_are_one_call(lake: Lake, name: str) -> None:
    load(lake, "freeswitch-both-legs-double", name)
    row = month(lake)
    assert (row["attempts"], row["connected"], row["duration_s"]) == (1, 1, 55)
    ((call,),) = lake.sql("SELECT call_id FROM cdr").fetchall()
    assert call == "11111111-1111-4111-8111-111111111111"


def test_a_challenge_is_no_call(lake: Lake) -> None:
    load(lake, "kamailio-auth-challenge-counted", "acc.csv")
    row = month(lake)
    assert (row["attempts"], row["connected"], row["asr_pct"], row["duration_s"]) == (1, 1, 100, 60)
    assert lake.sql("SELECT legs, sip_code, call_time, end_time FROM cdr").fetchall() == [
        (1, 200, datetime(2024, 3, 4, 10, 0, tzinfo=UTC), datetime(2024, 3, 4, 10, 1, 8, tzinfo=UTC))
    ]


@pytest.mark.parametrize("names", [("today.csv", "tomorrow.csv"), ("tomorrow.csv", "today.csv")])
def test_a_price_that_comes_later_is_the_same_call(lake: Lake, names: tuple[str, str]) -> None:
    load(lake, "twilio-same-sid-again-counted-twice", *names)
    row = month(lake)
    assert (row["attempts"], row["duration_s"], row["charge"]) == (1, 60, Decimal("0.0130"))


def test_an_empty_column_more_is_no_difference(lake: Lake) -> None:
    load(lake, "same-call-one-more-column-counted-twice", "before.csv", "after.csv")
    row = month(lake)
    assert (row["attempts"], row["duration_s"]) == (1, 55)


def test_a_line_that_was_cut_is_completed(lake: Lake) -> None:
    load(lake, "cut-last-number-charged-twice", "part.csv", "whole.csv")
    row = month(lake)
    assert (row["attempts"], row["charge"], row["duration_s"]) == (2, Decimal("1.2625"), 120)
    assert lake.loads().select("id", "file", "rows").rows() == [(1, "whole.csv", 3)]


def test_one_unfinished_call_is_counted_as_unknown(lake: Lake) -> None:
    load(lake, "one-unfinished-call-blanks-month", "log.csv")
    row = month(lake)
    assert (row["duration_s"], row["acd_s"], row["charge"]) == (1500, 30, Decimal("0.65"))
    assert (row["attempts"], row["duration_unknown"], row["charge_unknown"]) == (51, 1, 1)


def test_a_charge_says_how_many_calls_have_no_price(lake: Lake) -> None:
    load(lake, "charge-of-partly-priced-calls-looks-complete", "in.csv", source_format=CASES / "audit.toml")
    row = month(lake)
    assert (row["charge"], row["connected"], row["charge_unknown"]) == (Decimal(5), 2, 1)


def test_a_day_without_calls_costs_the_same_whatever_is_asked_for(lake: Lake) -> None:
    load(lake, "charge-null-or-0-by-period-asked", "in.csv", source_format=CASES / "audit.toml")
    asked = [("2026-01-01", "2026-01-04"), ("2026-01-02", "2026-01-03")]
    days = [lake.summary("a", "day", start=start, end=end) for start, end in asked]
    within, alone = (day.filter(day["start"] == datetime(2026, 1, 2, tzinfo=UTC)) for day in days)
    assert within.rows() == alone.rows()
    assert alone.select("charge", "currency").rows() == [(Decimal(0), "USD")]


def run(*arguments: object) -> str:
    """What a command prints."""
    done = CliRunner().invoke(app, [str(each) for each in arguments])
    assert done.exit_code == 0, done.output
    return done.output


def test_a_price_without_a_currency_is_in_the_companys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CXREPORTS_HOME", str(tmp_path))
    run("load", CASES / "balance-ignores-charges-without-currency" / "acme.csv", "--customer", "acme")
    run("company", "add", "acme", "Acme", "--currency", "USD")
    run("payment", "add", "acme", 120)
    (company,) = json.loads(run("company", "list", "-o", "json"), parse_float=Decimal)
    # 120 less 100.25 and 50.25.
    assert (Decimal(company["charged"]), Decimal(company["balance"])) == (
        Decimal("150.50"),
        Decimal("-30.50"),
    )


def test_durations_leave_as_exactly_as_money(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXREPORTS_HOME", str(tmp_path))
    run("load", CASES / "json-csv-duration-not-exact" / "in.csv", "--format", CASES / "audit.toml")
    # 299 times 31000000.000001 s, and 299 times 0.0000000001.
    (row,) = json.loads(run("summary", "a", "--by", "month", "-o", "json"), parse_float=Decimal)
    assert (row["duration_s"], row["charge"]) == (Decimal("9269000000.000299"), "0.0000000299")
    assert row["billed_duration_s"] == Decimal("9269000000.000299")
    (line,) = csv.DictReader(StringIO(run("summary", "a", "--by", "month", "-o", "csv")))
    assert (line["duration_s"], line["charge"]) == ("9269000000.000299", "0.0000000299")


def test_what_is_not_known_stands_under_a_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXREPORTS_HOME", str(tmp_path))
    run("load", CASES / "one-unfinished-call-blanks-month" / "log.csv")
    printed = run("summary", "all", "--by", "month").splitlines()
    assert "1 of 51 calls has no duration yet" in printed
    assert "1 of 51 calls has no price yet" in printed
    asked = ("--from", "2024-03-04", "--to", "2024-03-05", "--every", "1d")
    (row,) = json.loads(run("series", "all", "charge", *asked, "-o", "json"))
    assert (Decimal(row["value"]), row["unknown"]) == (Decimal("0.65"), 1)
    assert "unknown" in run("series", "all", "charge", *asked)
    # Nothing to tell of the attempts, and of the delays nothing at all is known.
    assert "unknown" not in run("series", "all", "attempts", *asked)


_ACC = "method,from_tag,to_tag,callid,sip_code,sip_reason,time,src_user,dst_user"
_CDRS = "id,method,from_tag,to_tag,callid,sip_code,sip_reason,time,duration,ms_duration,setuptime,created"


@pytest.mark.parametrize(
    ("head", "challenge", "rest"),
    [
        (
            _ACC,
            "INVITE,f1,z9,c1@x,407,Proxy Authentication Required,2024-03-04 10:00:00,100,200",
            (
                "INVITE,f1,t1,c1@x,200,OK,2024-03-04 10:00:08,100,200\n"
                "BYE,f1,t1,c1@x,200,OK,2024-03-04 10:01:08,100,200"
            ),
        ),
        (
            _CDRS,
            "1,INVITE,f1,z9,c1@x,407,Authenticate,2024-03-04 10:00:00,0,0,0,2024-03-04 10:00:00",
            "2,INVITE,f1,t1,c1@x,200,OK,2024-03-04 10:00:08,60,60000,7,2024-03-04 10:00:01",
        ),
    ],
)
def test_a_challenge_alone_is_a_failed_attempt_until_its_call_comes(
    lake: Lake, tmp_path: Path, head: str, challenge: str, rest: str
) -> None:
    for name, lines in (("first.csv", challenge), ("second.csv", rest)):
        (tmp_path / name).write_text(f"{head}\n{lines}\n", "utf-8")
    (report,) = lake.load(tmp_path / "first.csv")
    assert report.loaded == 1
    row = month(lake)
    assert (row["attempts"], row["connected"], row["asr_pct"], row["ner_pct"]) == (1, 0, 0, 0)
    lake.load(tmp_path / "second.csv")
    row = month(lake)
    assert (row["attempts"], row["connected"], row["asr_pct"], row["duration_s"]) == (1, 1, 100, 60)
    assert lake.sql("SELECT legs, sip_code FROM cdr").fetchall() == [(1, 200)]
