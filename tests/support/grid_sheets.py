"""Tables that the grid is tried with, the same in a test and in the kernel that shows them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache

import numpy as np
import polars as pl

from cxreports.sheets.columns import Column
from cxreports.sheets.selection import Sheet

HOURS = 24
CDRS = 100_000


def hours() -> Sheet:
    """A day by the hour; the fourth hour has no calls, so its ratios are empty."""
    random = np.random.default_rng(7)
    rows = []
    for hour in range(HOURS):
        attempts = 0 if hour == 3 else int(random.integers(4_000, 8_000))
        connected = attempts * int(random.integers(43, 50)) // 100
        seconds = Decimal(connected * int(random.integers(180_000_000, 200_000_000))).scaleb(-6)
        rows.append(
            {
                "start": datetime(2026, 11, 23, 12, tzinfo=UTC) - timedelta(hours=hour),
                "attempts": attempts,
                "connected": connected,
                "asr_pct": 100 * connected / attempts if attempts else None,
                "acd_s": float(seconds) / connected if connected else None,
                "duration_s": seconds,
                "charge": (seconds * 61 / 600_000).quantize(Decimal("1e-10")),
                "note": ["=SUM(A1)", "+34911234567", 'say "hi"', "a\tb", ""][hour % 5] or None,
                "asr_above": 100 * connected,
            }
        )
    schema = {"duration_s": pl.Decimal(28, 6), "charge": pl.Decimal(38, 10)}
    frame = pl.DataFrame(rows, schema_overrides=schema)
    totals = {name: frame[name].sum() for name in ("attempts", "connected", "duration_s", "charge")}
    totals["asr_pct"] = 100 * totals["connected"] / totals["attempts"]
    totals["acd_s"] = float(totals["duration_s"]) / totals["connected"]
    columns = (
        Column("start", "Hour (UTC)", "time", precision="minute"),
        Column("attempts", "Attempts", "number"),
        Column("connected", "Connected", "number"),
        Column(
            "asr_pct", "ASR %", "ratio", 2,
            numerator="asr_above", denominator="attempts", weight_label="attempts",
        ),
        Column(
            "acd_s", "ACD s", "ratio", 1,
            numerator="duration_s", denominator="connected", weight_label="connected",
        ),
        Column("duration_s", "Duration s", "number"),
        Column("charge", "Charge USD", "number", 4),
        Column("note", "Note", shown=False),
    )  # fmt: skip
    return Sheet(frame, columns, totals, "24 hours", "hours")


@cache
def calls() -> Sheet:
    """Many CDRs, with empty cells in three columns; made once, which takes more than a second."""
    random = np.random.default_rng(11)
    connected = random.random(CDRS) < 0.46
    first = int(datetime(2026, 11, 1, tzinfo=UTC).timestamp() * 1_000_000)
    duration = np.where(connected, random.exponential(180e6, CDRS).astype(np.int64), 0)

    def decimal(counts: np.ndarray, places: int, *, empty: np.ndarray | None = None) -> pl.Series:
        texts = [None if empty is not None and empty[i] else Decimal(int(n)) for i, n in enumerate(counts)]
        return pl.Series([n if n is None else n.scaleb(-places) for n in texts], dtype=pl.Decimal(28, places))

    pick = lambda *texts: np.array(texts)[random.integers(0, len(texts), CDRS)]  # noqa: E731
    frame = pl.DataFrame(
        {
            "call_time": pl.Series(first + np.sort(random.integers(0, 2_592_000_000_000, CDRS))).cast(
                pl.Datetime("us", "UTC")
            ),
            "call_id": [f"{n:016x}@10.0.0.1" for n in random.integers(0, 2**60, CDRS).tolist()],
            "source": [f"+34{n}" for n in random.integers(600_000_000, 699_999_999, CDRS).tolist()],
            "destination": [f"44{n}" for n in random.integers(7_000_000_000, 7_999_999_999, CDRS).tolist()],
            "direction": pick("inbound", "outbound"),
            "sip_code": np.where(connected, "200", pick("486", "487", "404", "503")),
            "destination_name": pick("Spain Mobile", "UK Mobile", "Germany", "France Mobile"),
            "duration_s": decimal(duration, 6),
            "billed_duration_s": decimal(duration // 6_000_000 * 6, 0),
            "pdd_ms": decimal(random.integers(200_000, 9_000_000, CDRS), 3, empty=random.random(CDRS) < 0.1),
            "rate": decimal(random.integers(10**8, 10**10, CDRS), 10, empty=~connected),
            "charge": decimal(duration * 7919, 10, empty=~connected),
        }
    )
    columns = (
        Column("call_time", "Call time", "time", precision="microsecond"),
        Column("call_id", "Call ID"),
        Column("source", "Source"),
        Column("destination", "Destination"),
        Column("direction", "Direction"),
        Column("sip_code", "SIP code", align="right"),
        Column("destination_name", "Destination name"),
        Column("duration_s", "Duration s", "number", 3),
        Column("billed_duration_s", "Billed s", "number"),
        Column("pdd_ms", "PDD ms", "number"),
        Column("rate", "Rate", "number", 4),
        Column("charge", "Charge USD", "number", 4),
    )
    return Sheet(frame, columns, name="calls")
