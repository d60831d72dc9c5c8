"""Holidays on series whose hours are written down: which days are some, and which are not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pytest

from cxreports.alerts.learning import bands, holidays
from cxreports.alerts.learning.bands import GAUGES, Band, Hours

if TYPE_CHECKING:
    from collections.abc import Callable

WEEKS = 4
WEEKDAY, SUNDAY = 100.0, 60.0

Week = npt.NDArray[np.float64]


def shop() -> Week:
    """Calls around the clock from a Monday on, on Sundays fewer."""
    return np.repeat([WEEKDAY] * 6 + [SUNDAY], 24)


def office() -> Week:
    """Calls from 8 to 18 from Monday to Friday."""
    day = np.where((np.arange(24) >= 8) & (np.arange(24) < 18), WEEKDAY, 0.0)
    return np.concatenate([day] * 5 + [np.zeros(48)])


def hours(counts: Week) -> Hours:
    at = np.arange(len(counts))
    return Hours(at // 24, at % 168, counts, np.ones(len(at)), np.zeros(len(at)))


def after(usual: Week, changed: dict[int, float]) -> tuple[Band, Hours]:
    """Band of four usual weeks, and their hours with those of a fifth, some of which are a part of the usual.

    Parameters
    ----------
    changed
        Part by hour of the fifth week.
    """
    counts = np.tile(usual, WEEKS + 1)
    band = bands.learn(GAUGES["attempts"], hours(counts)[: WEEKS * 168])
    assert band is not None
    for hour, part in changed.items():
        counts[WEEKS * 168 + hour] *= part
    return band, hours(counts)


def kind(usual: Week, changed: dict[int, float], end: int) -> str:
    band, series = after(usual, changed)
    return holidays.kind_of(band, series, WEEKS * 168 + end)


TUESDAY = 24


@pytest.mark.parametrize(
    ("usual", "parts", "end", "expected"),
    [
        (shop, {}, 12, ""),
        (office, {}, 12, ""),
        (shop, dict.fromkeys(range(24), 0.03), 12, "quiet"),
        (office, dict.fromkeys(range(24), 0.0), 12, "quiet"),
        (shop, dict.fromkeys(range(24), 0.6), 12, "sunday"),
        # Calls that stop at ten are no holiday, not even three hours later.
        (shop, dict.fromkeys(range(10, 24), 0.0), 13, ""),
        (office, dict.fromkeys(range(10, 24), 0.0), 13, ""),
        # Nor are those that stopped before midnight.
        (shop, dict.fromkeys(range(-3, 24), 0.0), 3, ""),
    ],
)
def test_a_tuesday(usual: Callable[[], Week], parts: dict[int, float], end: int, expected: str) -> None:
    assert kind(usual(), {TUESDAY + hour: part for hour, part in parts.items()}, TUESDAY + end) == expected


@pytest.mark.parametrize("usual", [shop(), office()])
def test_calls_that_stay_away_for_a_second_day_are_no_holiday(usual: Week) -> None:
    away = dict.fromkeys(range(TUESDAY, TUESDAY + 48), 0.0)
    assert kind(usual, away, TUESDAY + 24) == "quiet"
    assert kind(usual, away, TUESDAY + 24 + 12) == ""


def test_a_monday_after_an_offices_weekend_can_be_a_holiday() -> None:
    assert kind(office(), {7 * 24 - 1: 1.0} | dict.fromkeys(range(24), 0.0), 12) == "quiet"


def test_a_holiday_explains_missing_calls_and_no_others() -> None:
    band, series = after(shop(), {TUESDAY + hour: 0.6 for hour in range(24)})
    span = series[WEEKS * 168 + TUESDAY + 9 : WEEKS * 168 + TUESDAY + 12]
    fewer, more = band.judge(span), band.judge(hours(np.full(168, 300.0))[33:36])
    none = band.judge(hours(np.zeros(168))[33:36])
    assert fewer is not None
    assert more is not None
    assert none is not None
    assert not fewer.is_above
    assert holidays.is_explained("sunday", band, span, fewer)
    assert not holidays.is_explained("", band, span, fewer)
    assert holidays.is_explained("quiet", band, span, none)
    assert not holidays.is_explained("quiet", band, hours(np.full(168, 300.0))[33:36], more)
    assert not holidays.is_explained("sunday", band, hours(np.full(168, 300.0))[33:36], more)
    # Not even a Sunday has no call at noon.
    assert not holidays.is_explained("sunday", band, hours(np.zeros(168))[33:36], none)
    shares = bands.learn(GAUGES["asr"], hours(np.tile(shop(), WEEKS)))
    assert shares is not None
    assert not holidays.is_explained("quiet", shares, span, fewer)
