"""CPU time of loads that are spread out: calls of three years in one file, and files of one call each.

python benchmarks/many.py               # writes benchmarks/MANY.md
python benchmarks/many.py --files 500   # fewer files than a switch writes in a day
"""

from __future__ import annotations

import argparse
import json
import platform
import shutil
import tempfile
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final

from cxreports.lake import Store

if TYPE_CHECKING:
    from collections.abc import Sequence

HERE: Final = Path(__file__).parent
HEAD: Final = "dt,callid,customer_id,dest_number,duration,sip_code,customer_charge,customer_card_currency"
FIRST: Final = datetime(2023, 3, 1, tzinfo=UTC)
ROUNDS: Final = 5

MONTH: Final = timedelta(days=28)
RTP: Final = (
    *(f"{what}_{unit}" for what in ("media", "skip", "jitter", "dtmf", "cng") for unit in ("packet_count", "bytes")),
    "jitter_burst_rate", "jitter_loss_rate", "mean_interval", "flaw_total", "quality_percentage", "mos",
)  # fmt: skip
MONTHS: Final = timedelta(days=37 * 30)


@dataclass(frozen=True)
class Measured:
    """A load."""

    what: str
    rows: int
    files: int
    cpu_s: float
    stored: int


def rows(count: int, span: timedelta) -> list[str]:
    """Calls at equal distances over some time."""
    return [
        f"{FIRST + span * nth / count:%Y-%m-%d %H:%M:%S},c-{nth},acme,34{nth % 1000:06d},{30 + nth % 90},200,0.01,USD"
        for nth in range(count)
    ]


def records(count: int, span: timedelta) -> list[str]:
    """Records of FreeSWITCH's mod_json_cdr: the two legs of each call, one after the other."""
    return [_record(nth, FIRST + span * (nth // 2) / ((count + 1) // 2)) for nth in range(count)]


def _record(nth: int, begun: datetime) -> str:
    leg, us = nth % 2, int(begun.timestamp()) * 1_000_000
    ids = [str(uuid.UUID(int=(nth - leg + part) << 64 | 1 << 120)) for part in range(2)]
    times = {"start": us, "progress": us + 1_000_000, "answer": us + 4_000_000, "end": us + 64_000_000}
    variables = {
        "direction": "outbound" if leg else "inbound",
        "uuid": ids[leg],
        "session_id": str(nth),
        "sip_from_user": "34600000000",
        "sip_to_user": f"34{nth % 1000:06d}",
        "sip_network_ip": "192.0.2.7",
        "sip_user_agent": "FPBX-16.0.40(18.13.0)",
        "accountcode": "acme",
        "bridge_uuid": ids[1 - leg],
        "hangup_cause": "NORMAL_CLEARING",
        "sip_term_status": "200",
        "digits_dialed": "none",
        "billsec": "60",
        "billusec": "60000000",
        **({"originating_leg_uuid": ids[0]} if leg else {}),
        **{f"{name}_stamp": f"{begun:%Y-%m-%d %H:%M:%S}" for name in times},
        **{f"{name}_epoch": str(at // 1_000_000) for name, at in times.items()},
        **{f"{name}_uepoch": str(at) for name, at in times.items()},
        **{f"rtp_audio_in_{name}": "0" for name in RTP},
    }
    profile = {"caller_id_number": "34600000000", "destination_number": f"34{nth % 1000:06d}"}
    return json.dumps(
        {
            "core-uuid": str(uuid.UUID(int=1 << 120)),
            "switchname": "fs-1",
            "channel_data": {"state": "CS_REPORTING", "direction": variables["direction"]},
            "variables": variables,
            "app_log": {"applications": [{"app_name": "bridge", "app_data": "sofia/gateway/out"}]},
            "callflow": [{"dialplan": "XML", "caller_profile": profile}],
        }
    )


def measured(what: str, files: Sequence[str]) -> Measured:
    """CPU time of loading files of these texts in one command, into a lake that has one call already."""
    folder = Path(tempfile.mkdtemp(prefix="cxreports-many-"))
    try:
        paths = [folder / f"{nth}.cdr" for nth in range(len(files))]
        for path, text in zip(paths, files, strict=True):
            path.write_text(text, "utf-8")
        store = Store(folder / "home")
        before = folder / "before.csv"
        before.write_text(f"{HEAD}\n2023-01-01 00:00:00,x,acme,34,60,200,0.01,USD\n", "utf-8")
        store.load(before)
        begun = time.process_time()
        reports = store.load(*paths)
        cpu_s = time.process_time() - begun
        stored = sum(1 for _ in (folder / "home" / "lake").rglob("*.parquet"))
    finally:
        shutil.rmtree(folder)
    if wrong := [each for each in reports if each.loaded != each.rows]:
        raise SystemExit(f"not all of its calls were loaded: {wrong[0]}")
    return Measured(what, sum(each.rows for each in reports), len(files), cpu_s, stored)


def main() -> None:
    """Measure, and write what was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=int, default=5_000)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--no-write", action="store_true")
    asked = parser.parse_args()
    spread, nested = rows(asked.files, MONTH), records(asked.files, MONTH)
    months = {"calls of one month": rows(asked.rows, MONTH), "calls of 37 months": rows(asked.rows, MONTHS)}
    rounds = [[measured(what, [table(own)]) for what, own in months.items()] for _ in range(ROUNDS)]
    found = [
        *(sorted(own, key=attrgetter("cpu_s"))[ROUNDS // 2] for own in zip(*rounds, strict=True)),
        measured("calls of one month, one file", [table(spread)]),
        measured("the same calls, a file each", [table([each]) for each in spread]),
        measured("records of mod_json_cdr, one file", ["\n".join(nested)]),
        measured("the same records, a file each", nested),
    ]
    one, many, one_nested, many_nested = (each.cpu_s for each in found[2:])
    dearer = median(spread_out.cpu_s / month.cpu_s for month, spread_out in rounds)
    lines = [
        "# Loads that are spread out",
        "",
        (
            f"`python benchmarks/many.py`, Python {platform.python_version()}; processor time of the load, on a machine that "
            "other programs used too."
        ),
        "",
        "| load | records | files given | CPU s | Parquet files in the lake |",
        "|---|---:|---:|---:|---:|",
        *(
            f"| {each.what} | {each.rows:,} | {each.files:,} | {each.cpu_s:.2f} | {each.stored:,} |"
            for each in found
        ),
        "",
        (
            f"37 months cost {dearer:.1f} times what one month does (the median of {ROUNDS} rounds in turns): a year has "
            "a file of calls, as they are few, one of hourly sums, one of daily sums and one of minutes. "
            f"{asked.files:,} files of one call cost {many / one:.1f} times what one file of them does, "
            f"{1000 * many / asked.files:.1f} ms each; of mod_json_cdr {many_nested / one_nested:.1f} times, "
            f"{1000 * many_nested / asked.files:.1f} ms each. The aims are 1 and 2."
        ),
        "",
        "In other runs, before small files went together, 500 of a CSV call took 151 ms each, and 100 of a short record of",
        "mod_json_cdr 472; with a file of calls for each day the 37 months cost 13 times what one does, and 7.3 CPU s, with",
        "files for each month 1.8 to 2.2 times.",
        "",
    ]
    print("\n".join(lines))
    if not asked.no_write:
        (HERE / "MANY.md").write_text("\n".join(lines), "utf-8")


def table(lines: Sequence[str]) -> str:
    """A CSV file of calls."""
    return "\n".join([HEAD, *lines]) + "\n"


if __name__ == "__main__":
    main()
