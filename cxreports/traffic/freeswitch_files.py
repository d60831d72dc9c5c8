"""The same calls as FreeSWITCH writes them: Master.csv of mod_cdr_csv, and mod_json_cdr's documents."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import polars as pl

from cxreports.traffic.vendor_columns import SECOND, epoch_seconds, hangup_cause, second_text, uuid, whole


def write_freeswitch(calls: pl.DataFrame, path: Path) -> None:
    """Write FreeSWITCH's Master.csv of mod_cdr_csv in the template that ships as the default.

    Source: FreeSWITCH, ``conf/vanilla/autoload_configs/cdr_csv.conf.xml``, template ``example``.
    """
    calls.select(
        caller_id_name="source",
        caller_id_number="source",
        destination_number="destination",
        context=pl.lit("default"),
        start_stamp=second_text("call_time"),
        answer_stamp=second_text("answer_time").fill_null(""),
        end_stamp=second_text("end_time"),
        duration=(epoch_seconds("end_time") - epoch_seconds("call_time")).cast(pl.String),
        billsec=whole("duration_s").cast(pl.String),
        hangup_cause=hangup_cause(),
        uuid=uuid(),
        bleg_uuid=pl.lit(""),
        accountcode="customer",
        read_codec=pl.lit("PCMA"),
        write_codec=pl.lit("PCMA"),
    ).write_csv(path, include_header=False, quote_style="always")


def write_freeswitch_json(calls: pl.DataFrame, path: Path) -> None:
    """Write FreeSWITCH's mod_json_cdr records, one JSON document a line.

    Source: FreeSWITCH, ``switch_ivr_generate_json_cdr``: variables are texts in URL
    encoding, ``*_uepoch`` microseconds.
    """
    rows = calls.select(
        "customer",
        "source",
        "destination",
        "sip_code",
        "source_ip",
        "dtmf",
        "switch",
        call_us=pl.col("call_time").dt.epoch("us"),
        ring_us=pl.when(pl.col("pdd_ms").is_not_null()).then(
            pl.col("call_time").dt.epoch("us") + whole("pdd_ms") * 1_000
        ),
        answer_us=pl.col("answer_time").dt.epoch("us").fill_null(0),
        end_us=pl.col("end_time").dt.epoch("us"),
        talk_s=whole("duration_s"),
        hangup_cause=hangup_cause(),
        uuid=uuid(),
    ).iter_rows(named=True)
    with path.open("w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(_json_cdr(row)) + "\n")


def _json_cdr(row: Mapping[str, Any]) -> dict[str, Any]:
    seconds = row["end_us"] // 1_000_000 - row["call_us"] // 1_000_000
    variables = {
        "uuid": row["uuid"],
        "direction": "inbound",
        "accountcode": row["customer"],
        "sip_from_user": row["source"],
        "sip_to_user": row["destination"],
        "sip_network_ip": row["source_ip"],
        "sip_term_status": str(row["sip_code"]),
        "hangup_cause": row["hangup_cause"],
        "digits_dialed": row["dtmf"] or "none",
        **_moment("start", row["call_us"]),
        **_moment("profile_start", row["call_us"]),
        **_moment("progress", row["ring_us"] or 0),
        **_moment("answer", row["answer_us"]),
        **_moment("end", row["end_us"]),
        "duration": str(seconds),
        "billsec": str(row["talk_s"]),
        "billmsec": str(row["talk_s"] * 1_000),
        "billusec": str(row["talk_s"] * 1_000_000),
    }
    profile = {
        "username": row["customer"],
        "caller_id_name": row["source"],
        "caller_id_number": row["source"],
        "network_addr": row["source_ip"],
        "destination_number": row["destination"],
        "uuid": row["uuid"],
        "source": "mod_sofia",
        "context": "default",
        "chan_name": f"sofia/external/{row['source']}@{row['source_ip']}",
    }
    return {
        "core-uuid": "6f0a1c52-1f0e-4c54-9a35-5a1a6b1c6f11",
        "switchname": row["switch"],
        "channel_data": {"state": "CS_REPORTING", "direction": "inbound", "state_number": "11"},
        "variables": {name: _encoded(value) for name, value in variables.items()},
        "callflow": [{"dialplan": "XML", "profile_index": "1", "caller_profile": profile}],
    }


def _encoded(value: str) -> str:
    """A text in URL encoding; most are digits, which stay as they are."""
    return value if value.isascii() and value.isalnum() else quote(value, safe="")


def _moment(name: str, microseconds: int) -> dict[str, str]:
    """Write a time in the three ways that FreeSWITCH does; what has not happened is 0."""
    moment = {f"{name}_epoch": str(microseconds // 1_000_000), f"{name}_uepoch": str(microseconds)}
    if microseconds:
        moment[f"{name}_stamp"] = datetime.fromtimestamp(microseconds // 1_000_000, UTC).strftime(SECOND)
    return moment
