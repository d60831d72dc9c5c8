"""When customers call: the week's traffic hour by hour, in local time, and its share of a UTC day."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

SLOT_S: Final = 300
"""Traffic is even within a slot of so many seconds."""

SLOTS: Final = 86_400 // SLOT_S

Day = tuple[int, ...]
"""Relative traffic of the 24 local hours of a day, in per cent of the busiest hour."""


@dataclass(frozen=True)
class Rhythm:
    """When a customer calls: local time, hour by hour.

    Attributes
    ----------
    week
        Seven days from Monday, each of 24 hours, in per cent of the busiest hour.
    """

    week: tuple[Day, Day, Day, Day, Day, Day, Day]


def _every_day(weekday: Day, saturday: Day, sunday: Day, *, friday: Day | None = None) -> Rhythm:
    return Rhythm((weekday, weekday, weekday, weekday, friday or weekday, saturday, sunday))


def _share(day: Day, percent: int) -> Day:
    return tuple(hour * percent // 100 for hour in day)


_OFFICE = (0, 0, 0, 0, 0, 1, 3, 14, 58, 96, 100, 97, 60, 54, 90, 97, 86, 52, 18, 6, 3, 1, 0, 0)
_DIALLER = (0, 0, 0, 0, 0, 0, 0, 0, 12, 82, 100, 98, 78, 74, 92, 96, 94, 90, 84, 58, 8, 0, 0, 0)
_COLLECTIONS = (0, 0, 0, 0, 0, 0, 0, 4, 68, 92, 88, 80, 64, 58, 66, 74, 84, 96, 100, 90, 62, 6, 0, 0)
_RETAIL = (34, 26, 21, 18, 18, 22, 34, 55, 78, 93, 99, 100, 96, 95, 98, 99, 97, 92, 86, 80, 73, 65, 54, 43)
_WHOLESALE = (62, 57, 54, 55, 60, 66, 73, 81, 88, 93, 95, 94, 93, 95, 98, 100, 99, 96, 93, 90, 86, 81, 75, 68)
_HOTEL = (16, 11, 8, 7, 9, 19, 44, 78, 92, 84, 68, 58, 54, 52, 50, 55, 64, 78, 94, 100, 92, 70, 46, 28)
_TAXI = (34, 24, 16, 13, 19, 38, 58, 75, 70, 48, 37, 35, 40, 40, 37, 42, 50, 62, 69, 59, 50, 46, 45, 42)
_TAXI_FRI = (*_TAXI[:18], 74, 72, 70, 74, 80, 86)
_TAXI_SAT = (90, 83, 74, 59, 42, 29, 26, 27, 30, 34, 37, 42, 46, 48, 46, 46, 50, 59, 72, 78, 80, 85, 91, 96)
_TAXI_SUN = (99, 94, 83, 67, 46, 30, 22, 19, 21, 26, 30, 35, 40, 43, 42, 40, 42, 46, 51, 50, 43, 37, 30, 26)
_HOME = (8, 4, 3, 2, 2, 4, 10, 18, 26, 30, 33, 36, 42, 40, 36, 38, 46, 60, 80, 96, 100, 84, 50, 20)
_HOME_WEEKEND = (12, 6, 4, 3, 3, 4, 8, 18, 38, 58, 70, 76, 74, 66, 60, 62, 66, 72, 82, 92, 90, 70, 42, 20)
_BANK = (4, 3, 2, 2, 2, 4, 12, 34, 70, 96, 100, 94, 90, 86, 82, 80, 76, 70, 58, 46, 36, 26, 16, 8)
_NIGHT_SHIFT = (96, 90, 84, 70, 38, 10, 3, 1, 0, 0, 1, 2, 4, 6, 6, 7, 9, 16, 44, 82, 100, 98, 92, 94)

OFFICE: Final = _every_day(_OFFICE, _share(_OFFICE, 5), _share(_OFFICE, 2))
DIALLER: Final = _every_day(_DIALLER, _share((*[0] * 10, *_DIALLER[10:16], *[0] * 8), 45), (0,) * 24)
COLLECTIONS: Final = _every_day(_COLLECTIONS, (*[0] * 8, *_COLLECTIONS[8:13], *[0] * 11), (0,) * 24)
RETAIL: Final = _every_day(_RETAIL, _share(_RETAIL, 76), _share(_RETAIL, 66))
WHOLESALE: Final = _every_day(_WHOLESALE, _share(_WHOLESALE, 90), _share(_WHOLESALE, 84))
HOTEL: Final = _every_day(_HOTEL, _share(_HOTEL, 112), _share(_HOTEL, 104), friday=_share(_HOTEL, 108))
TAXI: Final = _every_day(_TAXI, _TAXI_SAT, _TAXI_SUN, friday=_TAXI_FRI)
RESIDENTIAL: Final = _every_day(_HOME, _HOME_WEEKEND, _HOME_WEEKEND)
BANK: Final = _every_day(_BANK, _share(_BANK, 42), _share(_BANK, 30))
NIGHT_SHIFT: Final = _every_day(_NIGHT_SHIFT, (*_NIGHT_SHIFT[:6], *[1] * 18), (1,) * 24)


@lru_cache(maxsize=4_096)
def intensity(rhythm: Rhythm, zone: str, day: date) -> Floats:
    """Share of an ordinary working day's attempts in each slot of a UTC day."""
    midnight = datetime.combine(day, datetime.min.time(), UTC)
    hours = [(midnight + timedelta(hours=hour)).astimezone(ZoneInfo(zone)) for hour in range(24)]
    local = np.array([at.weekday() * 24 + at.hour + at.minute / 60 for at in hours])
    within = (np.arange(SLOTS // 24) + 0.5) * (SLOT_S / 3600)
    hour_of_week = (local[:, None] + within[None, :]).ravel()
    week = np.array(rhythm.week, dtype=np.float64).ravel()
    weight: Floats = np.interp(hour_of_week, np.arange(168) + 0.5, week, period=168)
    share: Floats = weight / (sum(rhythm.week[2]) * 3_600 / SLOT_S)
    return share
