"""The same calls in every vendor's layout: what each file carries comes back as it was made."""

import csv
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from cxreports import cdr
from cxreports.traffic.customers import outage_on
from cxreports.traffic.days import generate
from cxreports.traffic.endings import ANSWERED, ENDINGS
from cxreports.traffic.vendor_files import WRITERS

DAY = date(2026, 11, 9)

MONEY = ("rate", "connect_cost", "charge", "currency")
PLACE = ("destination_code", "destination_name")


@pytest.fixture(scope="module")
def calls() -> pl.DataFrame:
    """An afternoon with every ending there is, from all customers."""
    return next(generate(DAY, 1, scale=0.3, outages=[outage_on(DAY)]))


def to_the_second(*columns: str) -> list[pl.Expr]:
    return [pl.col(column).dt.truncate("1s") for column in columns]


def connexcs(calls: pl.DataFrame, *, api: bool = False) -> pl.DataFrame:
    """Whole seconds for the attempt; what follows is counted from there."""
    cut = pl.col("call_time") - pl.col("call_time").dt.truncate("1s")
    carried = calls.with_columns(pl.col("call_time", "answer_time", "end_time") - cut)
    if api:
        silent = (
            "switch",
            "tech_prefix",
            "lrn",
            "direction",
            "dtmf",
            "source_ip",
            "connect_cost",
            "recording",
        )
        return carried.with_columns(
            pl.lit(None).alias(column).cast(calls.schema[column]) for column in silent
        )
    return carried


def uuid() -> pl.Expr:
    return pl.col("call_id").str.replace("(.{8})(.{4})(.{4})(.{4})(.{12})", "$1-$2-$3-$4-$5")


def whole_seconds(calls: pl.DataFrame) -> pl.DataFrame:
    """Times cut to the second, ringing counted between them; causes and prices left out."""
    ring = pl.col("answer_time").dt.truncate("1s") - pl.col("call_time").dt.truncate("1s")
    return calls.select(
        "customer",
        "source",
        "destination",
        "duration_s",
        "connected",
        *to_the_second("call_time", "answer_time", "end_time"),
        number=pl.int_range(pl.len()),
        call_id="call_id",
        ring_s=pl.when("connected").then(ring.dt.total_seconds()).cast(pl.Decimal(18, 6)),
    )


def asterisk(calls: pl.DataFrame) -> pl.DataFrame:
    started = pl.col("call_time").dt.epoch("s").cast(pl.String)
    unique = pl.concat_str(started, pl.lit("."), pl.col("number").cast(pl.String))
    return (
        whole_seconds(calls)
        .with_columns(unique.alias("call_id"), billed_duration_s="duration_s")
        .drop("number")
    )


def freeswitch(calls: pl.DataFrame) -> pl.DataFrame:
    return whole_seconds(calls).with_columns(uuid(), billed_duration_s="duration_s").drop("number", "ring_s")


def freeswitch_json(calls: pl.DataFrame) -> pl.DataFrame:
    """Microseconds, the delay until ringing, the SIP code and the digits."""
    names = (
        "customer",
        "source",
        "destination",
        "duration_s",
        "connected",
        "call_time",
        "answer_time",
        "end_time",
    )
    return calls.select(
        *names,
        "switch",
        "source_ip",
        "sip_code",
        "pdd_ms",
        "dtmf",
        uuid(),
        ring_s=pl.when("connected").then("ring_s"),
    )


def kamailio(calls: pl.DataFrame) -> pl.DataFrame:
    """The final answer is the first thing that acc knows of a call."""
    return calls.select(
        "source",
        "destination",
        "source_ip",
        "duration_s",
        "sip_code",
        "sip_reason",
        "connected",
        "answer_time",
        "end_time",
        call_time=pl.coalesce("answer_time", "end_time"),
        call_id=pl.format("{}@{}", "call_id", "source_ip"),
        leg=pl.col("call_id").str.slice(-10),
    )


def kamailio_cdrs(calls: pl.DataFrame) -> pl.DataFrame:
    """Without a SIP code, a dialogue of no length could as well have failed."""
    answered = kamailio(calls.filter("connected")).drop("sip_code", "sip_reason", "leg")
    talked = pl.col("duration_s") > 0
    return answered.with_columns(
        pl.col("call_time", "end_time").dt.truncate("1s"),
        answer_time=pl.when(talked).then(pl.col("answer_time").dt.truncate("1s")),
        connected=talked,
    )


def cucm(calls: pl.DataFrame) -> pl.DataFrame:
    """Numbers the calls of a cluster; causes are numbers too."""
    causes = {each.release_reason: str(each.q850) for each in (ANSWERED, *ENDINGS.values())}
    return whole_seconds(calls).select(
        pl.exclude("customer", "number", "call_id"),
        uuid().alias("leg"),
        call_id=pl.format("1-{}", pl.col("number") + 1),
        source_ip=calls["source_ip"],
        switch=calls["switch"],
        release_reason=calls["release_reason"].replace_strict(causes),
    )


def twilio(calls: pl.DataFrame) -> pl.DataFrame:
    return whole_seconds(calls).select(
        pl.exclude("customer", "number", "call_id", "ring_s", "source", "destination"),
        call_id=pl.format("CA{}", "call_id"),
        source=pl.format("+{}", "source"),
        destination=pl.format("+{}", "destination"),
        direction=calls["direction"],
        charge=calls["charge"],
        currency=calls["currency"],
    )


CARRIED: dict[str, Callable[[pl.DataFrame], pl.DataFrame]] = {
    "connexcs.csv": connexcs,
    "connexcs-api.csv": lambda calls: connexcs(calls, api=True),
    "asterisk-Master.csv": asterisk,
    "freeswitch-Master.csv": freeswitch,
    "freeswitch.json": freeswitch_json,
    "kamailio-acc.csv": kamailio,
    "kamailio-acc_cdrs.csv": kamailio_cdrs,
    "cucm.csv": cucm,
    "twilio.csv": twilio,
}
"""What each vendor's file says of the calls: which fields, and how finely."""


@pytest.mark.parametrize("name", WRITERS)
def test_what_a_file_carries_is_read_as_it_was_made(name: str, calls: pl.DataFrame, tmp_path: Path) -> None:
    WRITERS[name](calls, tmp_path / name)
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        result = cdr.read(connection, tmp_path / name)
        assert result.rejected == 0
        assert result.format == name.replace("-", ".").split(".")[0]
        expected = CARRIED[name](calls)
        columns = ", ".join(expected.columns)
        made = connection.sql(f"SELECT {columns} FROM {result.cdr}").pl()
        notes = connection.sql(f"SELECT DISTINCT note FROM {result.cdr}").fetchall()
    assert notes == [(None,)]
    assert_frame_equal(made.sort("call_id"), expected.sort("call_id"), check_dtypes=False)


def rows_of(name: str, calls: pl.DataFrame, folder: Path) -> list[list[str]]:
    WRITERS[name](calls, folder / name)
    with (folder / name).open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_connexcs_has_the_portals_headings_first(calls: pl.DataFrame, tmp_path: Path) -> None:
    head, *rows = rows_of("connexcs.csv", calls, tmp_path)
    assert head[:25] == [
        "Call ID", "Switch", "Call Time", "Source Number", "Card ID", "Tech Prefix", "Destination",
        "LRN Number", "Duration", "Recording File", "Release Reason", "PDD In", "Ring Duration", "SIP Code",
        "SIP Reason", "DTMF", "Direction", "Source IP", "Destination Code", "Destination Name",
        "Billed Duration", "Rate", "Connect Cost", "PDD", "Charge",
    ]  # fmt: skip
    assert len(rows) == calls.height


def test_asterisk_has_no_header_and_quotes_texts_alone(calls: pl.DataFrame, tmp_path: Path) -> None:
    rows = rows_of("asterisk-Master.csv", calls, tmp_path)
    assert {len(row) for row in rows} == {18}
    assert {row[14] for row in rows} == {"ANSWERED", "BUSY", "NO ANSWER", "FAILED"}
    first = (tmp_path / "asterisk-Master.csv").read_text("utf-8").splitlines()[0]
    assert first.count(",DOCUMENTATION") == 0
    duration, talk = rows[0][12:14]
    assert f'",{duration},{talk},"' in first


def test_freeswitch_has_the_fifteen_fields_of_its_default_template(
    calls: pl.DataFrame, tmp_path: Path
) -> None:
    rows = rows_of("freeswitch-Master.csv", calls, tmp_path)
    assert {len(row) for row in rows} == {15}
    assert {row[9] for row in rows} >= {"NORMAL_CLEARING", "USER_BUSY", "NORMAL_CIRCUIT_CONGESTION"}


def test_freeswitch_json_is_one_document_a_line(calls: pl.DataFrame, tmp_path: Path) -> None:
    WRITERS["freeswitch.json"](calls, tmp_path / "f.json")
    documents = [json.loads(line) for line in (tmp_path / "f.json").read_text("utf-8").splitlines()]
    assert len(documents) == calls.height
    assert all(set(document) >= {"channel_data", "variables", "callflow"} for document in documents)


def test_kamailio_writes_an_invite_for_each_call_and_a_bye_for_each_answer(
    calls: pl.DataFrame, tmp_path: Path
) -> None:
    _, *rows = rows_of("kamailio-acc.csv", calls, tmp_path)
    methods = [row[1] for row in rows]
    assert methods.count("INVITE") == calls.height
    assert methods.count("BYE") == calls["connected"].sum()
    _, *answered = rows_of("kamailio-acc_cdrs.csv", calls, tmp_path)
    assert len(answered) == calls["connected"].sum()


def test_cucm_has_two_heading_lines_and_addresses_as_integers(calls: pl.DataFrame, tmp_path: Path) -> None:
    head, types, *rows = rows_of("cucm.csv", calls, tmp_path)
    assert len(head) == len(types) == 103
    assert {len(row) for row in rows} == {103}
    assert types[:2] == ["INTEGER", "INTEGER"]
    address = int(rows[0][head.index("origIpAddr")])
    octets = (address & 0xFFFFFFFF).to_bytes(4, "little")
    assert ".".join(map(str, octets)) == calls["source_ip"][0]


def test_twilio_prices_are_negative(calls: pl.DataFrame, tmp_path: Path) -> None:
    head, *rows = rows_of("twilio.csv", calls, tmp_path)
    prices = [float(row[head.index("Price")]) for row in rows]
    assert min(prices) < 0
    assert max(prices) <= 0
