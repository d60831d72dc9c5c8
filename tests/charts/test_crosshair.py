"""What the crosshair tells, against figures that were written down by hand."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from cxreports.charts import Side, crosshair

MADRID = "Europe/Madrid"
DASH = "\N{EN DASH}"


def side(start: str, every: timedelta, values: list[Any], tz: str = "UTC", **columns: list[Any]) -> Side:
    first = datetime.fromisoformat(start).replace(tzinfo=UTC)
    starts = pl.Series("start", [first + every * at for at in range(len(values))]).cast(
        pl.Datetime("us", "UTC")
    )
    shown = starts.dt.convert_time_zone(tz)
    attempts = {name: columns.pop(name) for name in ("attempts", "connected") if name in columns}
    counted = pl.DataFrame({"start": shown, "value": attempts.get("attempts"), **attempts})
    return Side(pl.DataFrame({"start": shown, "value": values, **columns}), counted)


def edges(start: str, every: timedelta, count: int) -> Any:
    first = int(datetime.fromisoformat(start).replace(tzinfo=UTC).timestamp()) * 1_000_000
    width = every // timedelta(microseconds=1)
    return np.array([first + width * at for at in range(count + 1)], np.int64)


QUARTER = timedelta(minutes=15)


def test_it_tells_both_periods_with_the_calls_behind_them() -> None:
    shown = side("2025-11-28T20:15", QUARTER, [48.387, None], MADRID, attempts=[93, 0], connected=[45, 0])
    before = side(
        "2025-11-27T20:15", QUARTER, [44.086, 50.0], MADRID, attempts=[93, 1200], connected=[41, 600]
    )
    hair = crosshair("asr", edges("2025-11-28T20:15", QUARTER, 4), MADRID, shown, before, "24 h before")
    assert hair["heads"] == [f"Fri 28 Nov 2025, 21:15 {DASH} 21:30", f"Fri 28 Nov 2025, 21:30 {DASH} 21:45"]
    this, other = hair["lines"]
    assert (this["label"], this["kind"], this["tone"]) == ("ASR", "main", "asr")
    assert (this["texts"], this["calls"]) == (["48.4 %", DASH], ["45 of 93 calls", "no calls"])
    assert (other["label"], other["kind"]) == ("24 h before", "before")
    assert (other["texts"], other["calls"]) == (
        ["44.1 %", "50.0 %"],
        ["41 of 93 calls", "600 of 1,200 calls"],
    )
    assert this["heights"] == [48.387, None]
    start = datetime(2025, 11, 28, 21, 15, tzinfo=UTC).timestamp() * 1000
    assert hair["starts"] == [start, start + 900_000]
    assert hair["domain"] == [start, start + 1_800_000]
    assert hair["instants"] == [start - 3_600_000 + 900_000 * at for at in range(3)]


def test_minutes_stand_as_high_as_they_are_drawn() -> None:
    shown = side("2026-05-01T00:00", QUARTER, [197.0], attempts=[9], connected=[1])
    (line,) = crosshair("acd", edges("2026-05-01T00:00", QUARTER, 1), "UTC", shown, None, "")["lines"]
    assert (line["heights"], line["texts"], line["calls"]) == ([197 / 60], ["3:17"], ["1 call"])


def test_most_and_mean_of_the_channels_are_two_lines() -> None:
    shown = side("2026-05-01T00:00", QUARTER, [21, 4], max=[21, 4], mean=[10.25, 4.0])
    lines = crosshair("channels", edges("2026-05-01T00:00", QUARTER, 2), "UTC", shown, shown, "before")[
        "lines"
    ]
    assert [(line["label"], line["kind"], line["texts"]) for line in lines] == [
        ("most", "main", ["21", "4"]),
        ("mean", "beside", ["10.2", "4"]),
        ("before", "before", ["21", "4"]),
    ]


def test_buckets_of_a_day_of_25_hours_are_the_zones() -> None:
    day = 24 * timedelta(hours=1)
    midnights = [datetime(2025, 10, at, tzinfo=ZoneInfo(MADRID)).astimezone(UTC) for at in (25, 26, 27)]
    frame = pl.DataFrame({"start": midnights[:2], "value": [1, 2]}).with_columns(
        pl.col("start").dt.cast_time_unit("us").dt.convert_time_zone(MADRID)
    )
    edge = np.array([int(at.timestamp()) * 1_000_000 for at in midnights], np.int64)
    hair = crosshair("attempts", edge, MADRID, Side(frame, frame), None, "")
    assert hair["heads"] == ["Sat 25 Oct 2025", "Sun 26 Oct 2025"]
    assert np.diff(hair["instants"]).tolist() == [24 * 3_600_000, 25 * 3_600_000]
    assert day * 2 == timedelta(milliseconds=hair["domain"][1] - hair["domain"][0])


def test_the_hour_that_clocks_show_twice_says_so() -> None:
    hour = timedelta(hours=1)
    shown = side("2025-10-26T00:00", hour, [1, 2, 3], MADRID)
    heads = crosshair("attempts", edges("2025-10-26T00:00", hour, 3), MADRID, shown, None, "")["heads"]
    assert heads == [
        f"Sun 26 Oct 2025, 02:00 {DASH} 02:00",
        f"Sun 26 Oct 2025, 02:00 {DASH} 03:00 (second time)",
        f"Sun 26 Oct 2025, 03:00 {DASH} 04:00",
    ]


def test_without_a_bucket_it_has_nothing_to_tell() -> None:
    shown = side("2026-05-01T00:00", QUARTER, [], attempts=[], connected=[])
    hair = crosshair("asr", edges("2026-05-01T00:00", QUARTER, 0), "UTC", shown, None, "")
    assert (hair["starts"], hair["heads"], hair["domain"]) == ([], [], [])
