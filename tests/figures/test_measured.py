"""Columns that sums do not give: of each period, and of the whole, which is not their sum."""

from collections.abc import Callable
from typing import Any

import pytest

from cxreports.clock import Period
from cxreports.figures.measured import MEASURED_COLUMNS, measured

Make = Callable[..., Any]

DAY = "2026-05-01T"
HOURS = Period.of(f"{DAY}10:00", f"{DAY}12:00")


@pytest.fixture(name="lake")
def _lake(made: Make) -> Any:
    return made(
        [
            # Two at once for half an hour of the first hour, one from 11:00 to 11:15.
            {"call_time": f"{DAY}10:00:00", "end_time": f"{DAY}10:30:00", "pdd_ms": 100},
            {"call_time": f"{DAY}10:00:00.5", "end_time": f"{DAY}10:30:00.5", "pdd_ms": 300},
            {"call_time": f"{DAY}11:00:00", "end_time": f"{DAY}11:15:00", "pdd_ms": 200},
        ]
    )


def test_each_hour_and_the_whole_are_measured(lake: Any) -> None:
    rows, whole = measured(lake, "acme", "hour", HOURS, HOURS, MEASURED_COLUMNS)
    assert rows["channels_max"].to_list() == [2, 1]
    assert rows["channels_mean"].to_list() == pytest.approx([1.0, 0.25])
    assert rows["cps_max"].to_list() == [2, 1]
    assert rows["cps_mean"].to_list() == pytest.approx([2 / 3600, 1 / 3600])
    assert rows["pdd_p50_ms"].to_list() == [200, 200]
    assert rows["pdd_p95_ms"].to_list() == pytest.approx([290, 200])
    assert whole == pytest.approx(
        {
            "channels_max": 2,
            "channels_mean": 0.625,
            "cps_max": 2,
            "cps_mean": 3 / 7200,
            "pdd_p50_ms": 200,
            "pdd_p95_ms": 290,
        }
    )


def test_mean_of_an_hour_that_is_not_over_is_over_what_is_over(lake: Any) -> None:
    within = Period.of(f"{DAY}10:00", f"{DAY}11:30")
    rows, whole = measured(lake, "acme", "hour", HOURS, within, ["channels_mean"])
    assert rows.columns == ["channels_mean"]
    assert rows["channels_mean"].to_list() == pytest.approx([1.0, 0.5])
    assert whole == pytest.approx({"channels_mean": 75 / 90})


def test_nothing_is_read_that_nobody_asks_for(lake: Any) -> None:
    rows, whole = measured(lake, "acme", "hour", HOURS, HOURS, [])
    assert (rows.width, whole) == (0, {})
