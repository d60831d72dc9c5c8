"""The same calls as files of each vendor: what ``cdr.read`` should understand.

Each writer takes calls with the columns of `cxreports.traffic.days.SCHEMA` and writes what that vendor's
software would have written about them, in its own layout and with its own gaps: whole seconds where it
has no better clock, its own names of causes, no price where it knows none.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import polars as pl

from cxreports.traffic.cucm_layout import CUCM_COLUMNS
from cxreports.traffic.freeswitch_files import write_freeswitch, write_freeswitch_json
from cxreports.traffic.vendor_columns import (
    SECOND,
    by_sip_code,
    eight_digits,
    epoch_seconds,
    money,
    q850_cause,
    second_text,
    uuid,
    whole,
)


def write_connexcs(calls: pl.DataFrame, path: Path) -> None:
    """Write the ConnexCS portal's CSV download: its headings, times in UTC to the second.

    The user chooses the columns of a download. Customer and currency are among them here, after those of
    the portal's own order, because an operator's file holds many customers.

    Source: ConnexCS, "Call Detail Record" of the customer portal (docs.connexcs.com).
    """
    calls.select(
        pl.col("call_id").alias("Call ID"),
        pl.col("switch").alias("Switch"),
        second_text("call_time").alias("Call Time"),
        pl.col("source").alias("Source Number"),
        pl.format("{} {}", "currency", "direction").alias("Card ID"),
        pl.col("tech_prefix").alias("Tech Prefix"),
        pl.col("destination").alias("Destination"),
        pl.col("lrn").alias("LRN Number"),
        whole("duration_s").alias("Duration"),
        pl.col("recording").alias("Recording File"),
        pl.col("release_reason").alias("Release Reason"),
        whole("pdd_ms").alias("PDD In"),
        whole("ring_s").alias("Ring Duration"),
        pl.col("sip_code").alias("SIP Code"),
        pl.col("sip_reason").alias("SIP Reason"),
        pl.when(pl.col("dtmf") != "").then("dtmf").alias("DTMF"),
        pl.col("direction").alias("Direction"),
        pl.col("source_ip").alias("Source IP"),
        pl.col("destination_code").alias("Destination Code"),
        pl.col("destination_name").alias("Destination Name"),
        whole("billed_duration_s").alias("Billed Duration"),
        money("rate").alias("Rate"),
        money("connect_cost").alias("Connect Cost"),
        whole("pdd_ms").alias("PDD"),
        money("charge").alias("Charge"),
        pl.col("customer").alias("Customer ID"),
        pl.col("currency").alias("Currency"),
    ).write_csv(path)


def write_connexcs_api(calls: pl.DataFrame, path: Path) -> None:
    """Write what ConnexCS's CDR API returns, as CSV: its keys, which say nothing of keypad digits.

    Source: ConnexCS, "CDR" of the customer (docs.connexcs.com).
    """
    calls.select(
        dt=second_text("call_time"),
        callid="call_id",
        dest_cli="source",
        dest_number="destination",
        duration=whole("duration_s"),
        customer_id="customer",
        customer_charge=money("charge"),
        customer_duration=whole("billed_duration_s"),
        customer_card_rate=money("rate"),
        customer_card_dest_code="destination_code",
        customer_card_dest_name="destination_name",
        customer_card_currency="currency",
        pdd_out=whole("pdd_ms"),
        ring_duration=whole("ring_s"),
        sip_code="sip_code",
        sip_reason="sip_reason",
        release_reason="release_reason",
    ).write_csv(path)


def write_asterisk(calls: pl.DataFrame, path: Path) -> None:
    """Write Asterisk's Master.csv: no header, texts in quotes, numbers without.

    The customer stands in ``accountcode``. Nothing says what the call cost.

    Source: Asterisk, ``cdr_csv.c`` and "CDR Specification" (docs.asterisk.org).
    """
    number = pl.int_range(pl.len())
    calls.select(
        accountcode="customer",
        src="source",
        dst="destination",
        dcontext=pl.lit("from-customers"),
        clid=pl.format('"" <{}>', "source"),
        channel=pl.format("PJSIP/{}-{}", "customer", eight_digits(number)),
        dstchannel=pl.format("PJSIP/upstream-{}", eight_digits(number)),
        lastapp=pl.lit("Dial"),
        lastdata=pl.format("PJSIP/{}@upstream,60", "destination"),
        start=second_text("call_time"),
        answer=second_text("answer_time").fill_null(""),
        end=second_text("end_time"),
        duration=epoch_seconds("end_time") - epoch_seconds("call_time"),
        billsec=whole("duration_s"),
        disposition=by_sip_code({200: "ANSWERED", 486: "BUSY", 480: "NO ANSWER", 487: "NO ANSWER"}, "FAILED"),
        amaflags=pl.lit("DOCUMENTATION"),
        uniqueid=pl.format("{}.{}", epoch_seconds("call_time"), number),
        userfield=pl.lit(""),
    ).write_csv(path, include_header=False, quote_style="non_numeric")


def write_kamailio_acc(calls: pl.DataFrame, path: Path) -> None:
    """Write Kamailio's acc table: a row when the INVITE got its final answer, and one for the BYE.

    Nothing says when the INVITE came: the row of an answered call bears the time of its 200, that of
    another the time of its failure.

    Source: Kamailio, acc module, with ``db_extra`` for users and address.
    """
    invite = calls.select(
        method=pl.lit("INVITE"),
        at=pl.coalesce("answer_time", "end_time"),
        sip_code="sip_code",
        sip_reason="sip_reason",
        dst_user="destination",
        **_KAMAILIO_DIALOG,
    )
    bye = calls.filter("connected").select(
        method=pl.lit("BYE"),
        at="end_time",
        sip_code=pl.lit(200, dtype=pl.Int32),
        sip_reason=pl.lit("OK"),
        dst_user=pl.lit(""),
        **_KAMAILIO_DIALOG,
    )
    pl.concat([invite, bye]).sort("at", "call", "method", descending=[False, False, True]).select(
        pl.int_range(1, pl.len() + 1).alias("id"),
        "method",
        "from_tag",
        "to_tag",
        pl.format("{}@{}", "call", "src_ip").alias("callid"),
        "sip_code",
        "sip_reason",
        pl.col("at").dt.strftime(SECOND).alias("time"),
        (pl.col("at").dt.epoch("us") // 1_000_000).alias("time_s"),
        (pl.col("at").dt.epoch("us") % 1_000_000).alias("time_usec"),
        "src_user",
        "dst_user",
        "src_ip",
    ).write_csv(path)


def write_kamailio_acc_cdrs(calls: pl.DataFrame, path: Path) -> None:
    """Write Kamailio's acc_cdrs table: answered calls alone, from answer to end.

    Source: Kamailio, acc module, ``cdr_enable`` without ``cdr_on_failed``.
    """
    calls.filter("connected").sort("end_time", "call_id").select(
        pl.int_range(1, pl.len() + 1).alias("id"),
        second_text("answer_time").alias("start_time"),
        second_text("end_time").alias("end_time"),
        pl.col("duration_s").cast(pl.Decimal(18, 3)).alias("duration"),
        pl.format("{}@{}", "call_id", "source_ip").alias("callid"),
        pl.col("source").alias("caller"),
        pl.col("destination").alias("callee"),
        pl.col("source_ip").alias("src_ip"),
    ).write_csv(path)


def write_cucm(calls: pl.DataFrame, path: Path) -> None:
    """Write a CDR file of Cisco Unified Communications Manager: two heading lines, epochs in UTC.

    Addresses are signed 32-bit integers, lowest byte first; causes are those of ITU-T Q.850.

    Source: Cisco, "Call Reporting and Billing Administration Guide", CDR field descriptions.
    """
    number = pl.int_range(1, pl.len() + 1)
    address = _little_endian(pl.col("source_ip"))
    values = calls.select(
        cdrRecordType=pl.lit(1),
        globalCallID_callManagerId=pl.lit(1),
        globalCallID_callId=number,
        origLegCallIdentifier=number * 2,
        dateTimeOrigination=epoch_seconds("call_time"),
        origIpAddr=address,
        callingPartyNumber="source",
        origCause_value=pl.when("connected").then(16).otherwise(0),
        destLegIdentifier=number * 2 + 1,
        originalCalledPartyNumber="destination",
        finalCalledPartyNumber="destination",
        destCause_value=pl.when("connected").then(0).otherwise(q850_cause()),
        dateTimeConnect=epoch_seconds("answer_time").fill_null(0),
        dateTimeDisconnect=epoch_seconds("end_time"),
        pkid=uuid(),
        duration=whole("duration_s"),
        origDeviceName=pl.format("trunk-{}", "customer"),
        destDeviceName=pl.lit("upstream"),
        globalCallId_ClusterID="switch",
        origIpv4v6Addr="source_ip",
    )
    columns = {
        name: values[name].cast(pl.String)
        if name in values.columns
        else pl.Series([_CUCM_DEFAULTS.get(kind, "")]).new_from_index(0, len(calls))
        for name, kind in CUCM_COLUMNS.items()
    }
    quoted = pl.DataFrame(
        {
            name: column if CUCM_COLUMNS[name] == "INTEGER" else '"' + column + '"'
            for name, column in columns.items()
        }
    )
    head = ",".join(f'"{name}"' for name in CUCM_COLUMNS) + "\n" + ",".join(CUCM_COLUMNS.values()) + "\n"
    body = quoted.write_csv(include_header=False, quote_style="never")
    path.write_text(head + body, encoding="utf-8")


def write_twilio(calls: pl.DataFrame, path: Path) -> None:
    """Write Twilio's call log download: numbers with a plus, a negative price.

    Source: Twilio, "Call resource": ``sid``, ``status``, ``start_time``, ``duration``, ``price``.
    """
    zone = " UTC"
    calls.select(
        pl.format("CA{}", "call_id").alias("Call Sid"),
        pl.format("+{}", "source").alias("From"),
        pl.format("+{}", "destination").alias("To"),
        pl.col("direction").replace_strict(_TWILIO_DIRECTION).alias("Direction"),
        (second_text("call_time") + zone).alias("Start Time"),
        (second_text("end_time") + zone).alias("End Time"),
        whole("duration_s").alias("Duration"),
        by_sip_code({200: "completed", 486: "busy", 480: "no-answer", 487: "canceled"}, "failed").alias(
            "Status"
        ),
        (-pl.col("charge").cast(pl.Decimal(18, 6))).alias("Price"),
        pl.col("currency").alias("Price Unit"),
    ).write_csv(path)


WRITERS: Final[Mapping[str, Callable[[pl.DataFrame, Path], None]]] = {
    "connexcs.csv": write_connexcs,
    "connexcs-api.csv": write_connexcs_api,
    "asterisk-Master.csv": write_asterisk,
    "freeswitch-Master.csv": write_freeswitch,
    "freeswitch.json": write_freeswitch_json,
    "kamailio-acc.csv": write_kamailio_acc,
    "kamailio-acc_cdrs.csv": write_kamailio_acc_cdrs,
    "cucm.csv": write_cucm,
    "twilio.csv": write_twilio,
}
"""Every writer, by the name of the file that the demo gives it."""

_TWILIO_DIRECTION: Final = {"outbound": "outbound-api", "inbound": "inbound"}

_CUCM_DEFAULTS: Final = {"INTEGER": "0"}

_KAMAILIO_DIALOG: Final[Mapping[str, Any]] = {
    "call": pl.col("call_id"),
    "from_tag": pl.col("call_id").str.slice(0, 10),
    "to_tag": pl.col("call_id").str.slice(22, 10),
    "src_user": pl.col("source"),
    "src_ip": pl.col("source_ip"),
}


def _little_endian(address: pl.Expr) -> pl.Expr:
    """Write an IPv4 address as a signed 32-bit integer, its first byte the lowest."""
    parts = address.str.split(".")
    unsigned = sum((parts.list.get(place).cast(pl.Int64) * 256**place for place in range(4)), pl.lit(0))
    return pl.when(unsigned >= 2**31).then(unsigned - 2**32).otherwise(unsigned)
