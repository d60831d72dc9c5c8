"""The fine line of what the switches said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl

from cxreports.charts.over_time import drawn

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
STARTS = [NOON + timedelta(hours=n) for n in range(3)]
CALLS = pl.DataFrame(
    {"start": STARTS, "value": [1, 2, 1], "max": [1, 2, 1], "mean": [0.5, 1.0, 0.5]}
).with_columns(so_far=False)


def test_it_stands_on_the_axis_of_the_channels() -> None:
    polled = pl.DataFrame({"start": STARTS[1:], "most": [4, 3]})
    without, fine = (drawn("channels", CALLS, pointer=False, polled=each).chart() for each in (None, polled))
    assert len(fine.layer) == len(without.layer) + 1
    spec = fine.to_dict()
    (line,) = [
        layer for layer in spec["layer"]
        if layer["mark"].get("strokeWidth") == 0.8 and layer["mark"]["style"] == "muted"
    ]  # fmt: skip
    noon = int(NOON.timestamp() * 1000)
    assert [(point["start"], point["most"]) for point in spec["datasets"][line["data"]["name"]]] == [
        (noon + 3_600_000, 4.0), (noon + 7_200_000, 3.0),
    ]  # fmt: skip
    assert line["encoding"]["y"]["field"] == "drawn"
