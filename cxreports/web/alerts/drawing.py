"""Curves of alerts as SVG: in a frame of 1000 by 100 that the page stretches, with its scale beside it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from cxreports import language
from cxreports.clock import from_microseconds

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from cxreports.clock import Instants

Points = Sequence[float | None]

WIDTH: Final = 1000.0
HEIGHT: Final = 100.0

_TICKS: Final = 4
_STEPS: Final = (1, 2, 2.5, 5, 10)
_HOUR: Final = timedelta(hours=1)
_HEADROOM: Final = 1.06


@dataclass(frozen=True)
class Mark:
    """A label at an axis: where, in per cent of the frame, and what it says."""

    at: float
    text: str


@dataclass(frozen=True)
class Scale:
    """Values from the lower edge of a frame to its upper one."""

    low: float
    high: float
    step: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Scale:
        """Scale that has room for some values and for zero, with round steps."""
        low, high = min([0.0, *values]), max([0.0, *values])
        reach = (high - low) * _HEADROOM or 1.0
        size = 10.0 ** math.floor(math.log10(reach / _TICKS))
        step = next(size * each for each in _STEPS if size * each * _TICKS >= reach)
        return cls(math.floor(low / step) * step, math.ceil(low / step + reach / step - 1e-9) * step, step)

    def height(self, value: float) -> float:
        """Per cent of the frame, from below."""
        return round(100.0 * (value - self.low) / (self.high - self.low), 2)

    def y(self, value: float) -> float:
        """Coordinate in the frame, from above."""
        return round(HEIGHT - self.height(value) * HEIGHT / 100.0, 2)

    def ticks(self) -> list[float]:
        """Round values within."""
        return [self.low + self.step * nth for nth in range(round((self.high - self.low) / self.step) + 1)]


@dataclass(frozen=True)
class Curve:
    """A curve with its threshold.

    Attributes
    ----------
    path
        Of the figures; it is broken where there is none.
    threshold, reset
        Coordinates from above.
    scale
        What the frame stands for.
    """

    path: str
    threshold: float
    reset: float
    scale: Scale


def curve(values: Points, threshold: float, reset: float) -> Curve:
    """Curve of figures at equal distances."""
    known = [each for each in values if each is not None]
    scale = Scale.of([*known, threshold, reset])
    return Curve(path_of(values, scale), scale.y(threshold), scale.y(reset), scale)


def path_of(values: Points, scale: Scale) -> str:
    """Path of figures at equal distances; it begins anew after a gap, and a lonely one is a short dash."""
    width = WIDTH / max(len(values), 1)
    parts: list[str] = []
    is_open = False
    for nth, value in enumerate(values):
        if value is None:
            is_open = False
            continue
        follows = nth + 1 < len(values) and values[nth + 1] is not None
        x, y = (nth + 0.5) * width, scale.y(value)
        if is_open:
            parts.append(f"L{x:.1f},{y:g}")
        elif follows:
            parts.append(f"M{x:.1f},{y:g}")
        else:
            parts.append(f"M{x - width / 2:.1f},{y:g}h{width:.1f}")
        is_open = True
    return "".join(parts)


def thinned(values: Points, most: int, *, is_below: bool) -> list[float | None]:
    """No more than so many figures: of neighbours the one that is nearest to firing."""
    worst = min if is_below else max
    size = max(1, -(-len(values) // most))
    return [
        worst(known) if (known := [each for each in values[nth : nth + size] if each is not None]) else None
        for nth in range(0, len(values), size)
    ]


def time_marks(moments: Instants, zone: ZoneInfo) -> list[Mark]:
    """Labels of the time axis: midnights, or hours where it is a day or less."""
    first, last = (from_microseconds(int(each)).astimezone(zone) for each in (moments[0], moments[-1]))
    length = (last - first) / timedelta(minutes=1)
    if not length:
        return []
    is_short = last - first <= timedelta(hours=30)
    step = max(1, round((last - first).days / 8))
    at = first.replace(minute=0, second=0, microsecond=0)
    at = at if is_short else at.replace(hour=0)
    marks: list[Mark] = []
    while at <= last:
        if at >= first and (not is_short or at.hour % 6 == 0):
            where = 100.0 * ((at - first) / timedelta(minutes=1)) / length
            marks.append(Mark(round(where, 2), f"{at:%H:%M}" if is_short else language.date(at, "MMMd")))
        at = at + _HOUR if is_short else _next_day(at, step)
    return [mark for mark in marks if 3 <= mark.at <= 97]  # noqa: PLR2004 (per cent: room for a label)


def _next_day(at: datetime, days: int) -> datetime:
    return (at + timedelta(days=days)).replace(hour=0)
