"""Learned bands: what a figure is usually at an hour of the week, and how far it may be from it by chance.

Medians over some weeks say what is usual, so that a holiday or a fault among them teaches nothing; the median
distance from them says how far the figure goes. Below that lies the noise of counting: binomial for shares,
Poisson for calls, the squares of what was added up for charges and talk time. So few calls have a wide band.
Nothing here knows where the sums come from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Kind = Literal["count", "amount", "share", "mean"]

WEEK: Final = 168
DAY: Final = 24
WEEKS: Final = 6
FEWEST_WEEKS: Final = 3
SPANS: Final = (3, 24)
"""Hours over which a deviation must last."""

LIMIT: Final = 6.0
"""A band reaches so many standard deviations to either side."""

DRIFT: Final = 0.03
"""Part of the expected by which all hours of a span may be off together."""

_SIGMA: Final = 1.4826
"""Standard deviation of a normal distribution over its median absolute deviation."""

_PART_LIMIT: Final = 2.0
_PARTS: Final = 3
_CALM: Final = 0.25
_PRIOR: Final = 100.0
"""The usual of an hour of few calls is drawn to that of the week, as if so many calls had been like it."""

_LONG_SPAN: Final = 0.6
"""What a change must amount to over a day, as a part of that over a few hours."""


@dataclass(frozen=True)
class Gauge:
    """What is learned of a metric.

    Attributes
    ----------
    least
        Smallest change worth an alarm: points of a share, else part of the expected.
    fewest
        Fewest calls of a share or mean that are judged; smallest change of a count.
    """

    kind: Kind
    least: float
    fewest: float = 0.0


GAUGES: Final[dict[str, Gauge]] = {
    "attempts": Gauge("count", 0.35, 20),
    "charge": Gauge("amount", 0.50),
    "asr": Gauge("share", 10, 30),
    "ner": Gauge("share", 10, 30),
    "acd": Gauge("mean", 0.40, 30),
}
"""By metric, in the order in which equal deviations are named."""


@dataclass(frozen=True)
class Hours:
    """A metric's sums by hour, without a gap, the oldest first.

    Attributes
    ----------
    day
        Local days, counted.
    hour
        Local hour of the week, 0 on Monday at midnight.
    above, below
        What is divided; of counts and amounts `below` is 1.
    squares
        Sum of the squares of what `above` adds up; of counts and shares it is not looked at.
    """

    day: Whole
    hour: Whole
    above: Floats
    below: Floats
    squares: Floats

    def __len__(self) -> int:
        return len(self.hour)

    def __getitem__(self, part: slice | npt.NDArray[np.bool_] | Whole) -> Hours:
        return Hours(self.day[part], self.hour[part], self.above[part], self.below[part], self.squares[part])


@dataclass(frozen=True)
class Finding:
    """A span of hours against its band.

    Attributes
    ----------
    score
        Distance from the expected in half widths of the band: beyond 1 it is outside.
    value, low, high
        The figure, and the edges of the band, in the metric's unit.
    observed, expected
        What was added up, and what was expected to be.
    hours
        From the first one to the last.
    """

    score: float
    value: float
    low: float
    high: float
    observed: float
    expected: float
    hours: int

    @property
    def is_above(self) -> bool:
        """Whether it is more than expected."""
        return self.observed > self.expected


@dataclass(frozen=True)
class Band:
    """What a metric usually is, by hour of the week.

    Attributes
    ----------
    rate
        Expected of `above` for each of `below`.
    variance
        Of one of `below`.
    """

    gauge: Gauge
    rate: Floats
    variance: Floats

    def judge(self, span: Hours, over: int | None = None) -> Finding | None:
        """Judge hours together; None where there is nothing to judge, as at night.

        Parameters
        ----------
        over
            Hours from the first one to the last, where some between are left out.
        """
        over = over or len(span)
        expected = self.rate[span.hour] * span.below
        variance = self.variance[span.hour] * span.below
        below = float(span.below.sum())
        is_ratio = self.gauge.kind in {"share", "mean"}
        if is_ratio and below < self.gauge.fewest:
            return None
        observed, total = float(span.above.sum()), float(expected.sum())
        if self._is_silent(span, expected, variance):
            return None
        noise = max(float(variance.sum()), self._seen(span, below))
        half = max(
            LIMIT * float(np.sqrt(noise + (DRIFT * total) ** 2)),
            self._least(total, below, over),
        )
        if half <= 0:
            return None
        score = abs(observed - total) / half
        if score > _CALM:  # below, whether it lasts makes no difference
            off = (span.above - expected) * np.sign(observed - total)
            score = min(score, _lasting(off, variance, over))
        per = below if is_ratio else 1.0
        low, high = max(total - half, 0.0) / per, (total + half) / per
        if self.gauge.kind == "share":
            high = min(high, 100.0)
        return Finding(score, observed / per, low, high, observed, total, over)

    def _seen(self, span: Hours, below: float) -> float:
        """Noise of the calls themselves: one long or dear call is no deviation."""
        if self.gauge.kind == "amount":
            return float(span.squares.sum())
        if self.gauge.kind == "mean":
            return float(span.squares.sum()) - float(span.above.sum()) ** 2 / below
        return 0.0

    def _least(self, expected: float, below: float, hours: int) -> float:
        least = self.gauge.least * (_LONG_SPAN if hours >= DAY else 1.0)
        if self.gauge.kind == "share":
            return least * below
        return max(least * expected, self.gauge.fewest if self.gauge.kind == "count" else 0.0)

    def _is_silent(self, span: Hours, expected: Floats, variance: Floats) -> bool:
        """Whether the last hours have too few calls to say that it goes on, or that it is over."""
        last = slice(-SPANS[0], None)
        if self.gauge.kind in {"share", "mean"}:
            return bool(span.below[last].sum() < self.gauge.fewest / 3)
        return not span.above[last].any() and bool(expected[last].sum() <= np.sqrt(variance[last].sum()))


def _lasting(off: Floats, variance: Floats, over: int) -> float:
    """How much of a deviation lasts.

    Of a few hours the newest and one before must have it; of a day every part with calls, and the last hours,
    so that what is over is not told for a day.
    """
    parts = zip(np.array_split(off, _PARTS), np.array_split(variance, _PARTS), strict=True)
    whole = float(variance.sum())
    far = [_far(float(part.sum()), float(noise.sum())) for part, noise in parts if noise.sum() > whole / 50]
    if over <= SPANS[0]:
        return min(far[-1], max(far[:-1], default=0.0)) / _PART_LIMIT if far else 0.0
    last = slice(-SPANS[0], None)
    going_on = _far(float(off[last].sum()), float(variance[last].sum()))
    return min(min(far) / _PART_LIMIT, going_on)


def _far(off: float, variance: float) -> float:
    return off / float(np.sqrt(variance)) if variance > 0 else 0.0


def deviation(band: Band, recent: Hours, is_new: npt.NDArray[np.bool_] | None = None) -> Finding | None:
    """The largest deviation of the spans that end with some hours.

    Parameters
    ----------
    is_new
        Which hours count, all by default; a span of which most do not count is not judged.
    """
    if is_new is None:
        is_new = np.ones(len(recent), bool)
    found = []
    for over in SPANS:
        counts = is_new[-over:]
        if len(recent) >= over and 2 * counts.sum() >= over:
            found.append(band.judge(recent[-over:][counts], over))
    return max((each for each in found if each), key=lambda each: each.score, default=None)


def learn(gauge: Gauge, history: Hours, excluded: frozenset[int] = frozenset()) -> Band | None:
    """Learn a band from the weeks before; None where they are too few.

    Parameters
    ----------
    history
        Ends with a whole local day; weeks are counted back from there.
    excluded
        Local days that do not teach.
    """
    if len(history) == 0:
        return None
    above, below, squares = _weeks(history, excluded)
    if np.isfinite(below).any(axis=1).sum() < FEWEST_WEEKS:
        return None
    if gauge.kind in {"share", "mean"}:
        rate = _usual_ratio(above, below)
        noise = rate * (100 - rate) if gauge.kind == "share" else _squared(rate, squares, below)
    else:
        levels = weekly_levels(above)
        at_level = above / levels[:, None]
        rate = np.nan_to_num(_median(at_level, axis=0)) * trend(levels)
        noise = rate if gauge.kind == "count" else _smooth(np.nan_to_num(np.nanmean(squares, axis=0)))
        above = at_level * trend(levels)
    noise = np.maximum(noise, _floor(gauge, noise))
    return Band(gauge, rate, noise * spread(above, below, rate, noise) ** 2)


def _floor(gauge: Gauge, noise: Floats) -> float:
    """Variance that no hour goes below: of one call an hour, of a per cent, of a quarter of the mean."""
    if gauge.kind == "share":
        return 100.0
    return 1.0 if gauge.kind == "count" else max(float(noise.mean()) / 4, 1e-12)


def _weeks(history: Hours, excluded: frozenset[int]) -> tuple[Floats, Floats, Floats]:
    """Sums as weeks times hours of the week, the oldest week first; not a number where nothing is."""
    week = (int(history.day.max()) - history.day) // 7
    count = int(week.max()) + 1
    teaches = ~np.isin(history.day, list(excluded))
    tables = []
    for values in (history.above, history.below, history.squares):
        table = np.full((count, WEEK), np.nan)
        table[count - 1 - week, history.hour] = np.where(teaches, values, np.nan)
        tables.append(table)
    above, below, squares = tables
    return above, below, squares


def _median(values: Floats, axis: int | None = None) -> Floats:
    """Median of what is there; not a number where nothing is."""
    flat = values.reshape(-1) if axis is None else np.moveaxis(values, axis, 0)
    ordered = np.sort(flat, axis=0)  # what is not a number comes last
    count = np.isfinite(ordered).sum(axis=0)
    low, high = np.maximum(count - 1, 0) // 2, np.minimum(count // 2, len(flat) - 1)
    middle: Floats = np.stack([np.take_along_axis(ordered, each[None], 0)[0] for each in (low, high)])
    median: Floats = middle.mean(axis=0)
    return median


def weekly_levels(values: Floats) -> Floats:
    """Level of each week against the usual week: the median of its hours over the usual ones."""
    usual = _median(values, axis=0)
    busy = usual > 0.25 * np.nanmax(usual) if np.isfinite(usual).any() else usual > 0
    if not busy.any():
        return np.ones(len(values))
    levels = _median(values[:, busy] / usual[busy], axis=1)
    return np.where(np.isfinite(levels) & (levels > 0), levels, 1.0)


def trend(levels: Floats) -> float:
    """Level of the week to come: on the median slope of all pairs of weeks, never beyond those that were."""
    weeks = np.arange(len(levels))
    first, second = np.triu_indices(len(levels), 1)
    if len(first) == 0:
        return float(levels[-1])
    slope = float(np.median((levels[second] - levels[first]) / (second - first)))
    level = float(np.median(levels - slope * weeks)) + slope * len(levels)
    return float(np.clip(level, levels.min(), levels.max()))


def _smooth(values: Floats) -> Floats:
    """Mean of each hour and its neighbours."""
    smooth: Floats = (np.roll(values, 1) + values + np.roll(values, -1)) / 3
    return smooth


def _usual_ratio(above: Floats, below: Floats) -> Floats:
    """Median over the weeks of each hour with its neighbours, drawn to the week's where calls are few."""
    whole = float(np.median(np.nansum(above, axis=1) / np.maximum(np.nansum(below, axis=1), 1e-9)))
    around, calls = (
        sum(np.roll(np.nan_to_num(each), by, axis=1) for by in (-1, 0, 1)) for each in (above, below)
    )
    ratios = np.where(calls > 0, around / np.where(calls > 0, calls, 1), np.nan)
    usual = np.nan_to_num(_median(ratios, axis=0), nan=whole)
    weight = np.sum(calls, axis=0)
    drawn: Floats = (usual * weight + whole * _PRIOR) / (weight + _PRIOR)
    return drawn


def _squared(rate: Floats, squares: Floats, below: Floats) -> Floats:
    """Variance of one call about the mean, the same for all hours."""
    mean_square = np.nansum(squares) / max(float(np.nansum(below)), 1.0)
    overall = float(np.average(rate, weights=np.maximum(np.nansum(below, axis=0), 1e-9)))
    return np.full(WEEK, max(mean_square - overall**2, 0.0))


def spread(above: Floats, below: Floats, rate: Floats, noise: Floats) -> Floats:
    """How much wider than the noise of counting the residuals are, by hour of the week, at least 1.

    Twice over by the median absolute deviation: of each hour with its neighbours, and of all hours.
    """
    scale = np.sqrt(noise * below)
    there = np.isfinite(scale) & (scale > 0)
    residuals = np.where(there, (above - rate * below) / np.where(there, scale, 1), np.nan)
    near = np.concatenate([np.roll(residuals, by, axis=1) for by in (-1, 0, 1)])
    own = _SIGMA * _median(np.abs(near), axis=0)
    whole = _SIGMA * float(_median(np.abs(residuals)))
    widest: Floats = np.fmax(np.fmax(own, whole), 1.0)
    return widest
