"""Learned bands on series whose medians and deviations are computed by hand."""

from __future__ import annotations

import numpy as np
import pytest

from cxreports.alerts.learning import bands, holidays
from cxreports.alerts.learning.bands import GAUGES, Hours

WEEKS = 4
HOURS = WEEKS * 168


def hours(above: np.ndarray, below: np.ndarray | float = 1.0, *, first_day: int = 0) -> Hours:
    """Hours from a Monday's midnight on."""
    at = np.arange(len(above))
    divisors = np.broadcast_to(np.asarray(below, float), above.shape).copy()
    return Hours(first_day + at // 24, at % 168, above.astype(float), divisors, np.zeros(len(at)))


def test_the_usual_is_the_median_of_the_weeks() -> None:
    counts = np.repeat([100.0, 100.0, 100.0, 500.0], 168)  # the last week's level is capped by no other
    history = hours(counts)
    band = bands.learn(GAUGES["attempts"], history, frozenset(range(21, 28)))
    assert band is not None
    assert band.rate == pytest.approx(np.full(168, 100.0))
    assert band.variance == pytest.approx(np.full(168, 100.0))  # Poisson, nothing beyond it


def test_the_level_of_a_week_is_the_median_ratio_to_the_usual_week() -> None:
    day = np.tile([10.0, 20.0, 40.0], 56)
    weeks = np.array([day, 1.1 * day, 1.2 * day, 1.3 * day])
    # The usual week is 1.15 times the first one.
    assert bands.weekly_levels(weeks) == pytest.approx([1 / 1.15, 1.1 / 1.15, 1.2 / 1.15, 1.3 / 1.15])


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ([1.0, 1.0, 1.0, 1.0], 1.0),
        ([1.0, 1.0, 0.2, 1.0], 1.0),  # one bad week: pairs have the slopes 0, -0.4, 0, -0.8, 0, 0.8
        ([1.0, 1.1, 1.2, 1.3], 1.3),  # 1.4 would be beyond what was seen
        ([1.3, 1.0, 1.2, 1.1], 1.1 - 1 / 60),
    ],
)
def test_the_trend_is_the_median_slope_and_goes_no_further_than_it_was(
    levels: list[float], expected: float
) -> None:
    # The last: slopes -0.3, -0.05, -0.0667, 0.2, 0.05, -0.1; median -0.0583; the levels less the slope are
    # 1.3, 1.0583, 1.3167, 1.275; median 1.2875; four weeks on 1.2875 - 0.2333 = 1.0542.
    if levels[0] > 1:
        expected = 1.2875 - 4 * (0.05 + 0.2 / 3) / 2
    assert bands.trend(np.array(levels)) == pytest.approx(expected)


def test_the_spread_is_that_of_the_median_distance() -> None:
    # Residuals are -30, 30, -30, 30 at all hours, against a noise of 10: 3 deviations.
    above = 100 + np.repeat([-30.0, 30.0, -30.0, 30.0], 168).reshape(4, 168)
    rate, noise = np.full(168, 100.0), np.full(168, 100.0)
    assert bands.spread(above, np.ones((4, 168)), rate, noise) == pytest.approx(np.full(168, 1.4826 * 3))


def test_a_spread_below_the_noise_of_counting_is_not_believed() -> None:
    same = np.full((4, 168), 100.0)
    assert bands.spread(same, np.ones((4, 168)), same[0], same[0]) == pytest.approx(np.ones(168))


def test_the_band_of_a_share_is_binomial() -> None:
    history = hours(np.full(HOURS, 50.0 * 100), 100)
    band = bands.learn(GAUGES["asr"], history)
    assert band is not None
    assert band.rate == pytest.approx(np.full(168, 50.0))
    found = band.judge(hours(np.full(3, 20.0 * 400), 400))
    assert found is not None
    # 1,200 calls: a deviation of 50 sqrt(1200), and 3 % of 60,000 beside it, six times; or 10 points.
    half = max(6 * np.sqrt(2500 * 1200 + 1800**2), 10 * 1200)
    assert (found.value, found.low, found.high) == pytest.approx((20, 50 - half / 1200, 50 + half / 1200))
    assert found.score == pytest.approx(30 * 1200 / half)


def test_few_calls_are_not_judged_and_some_have_a_wide_band() -> None:
    band = bands.learn(GAUGES["asr"], hours(np.full(HOURS, 50.0 * 100), 100))
    assert band is not None
    assert band.judge(hours(np.zeros(3), 9)) is None
    found = band.judge(hours(np.zeros(3), 10))
    assert found is not None
    assert found.score < 1


def test_a_single_hour_is_no_deviation() -> None:
    band = bands.learn(GAUGES["attempts"], hours(np.full(HOURS, 100.0)))
    assert band is not None
    point = band.judge(hours(np.array([100.0, 900.0, 100.0])))
    lasting = band.judge(hours(np.array([300.0, 400.0, 300.0])))
    assert point is not None
    assert lasting is not None
    assert point.score <= 0
    assert lasting.score > 1


def test_a_holiday_does_not_teach() -> None:
    counts = np.full(HOURS, 100.0)
    counts[10 * 24 : 11 * 24] = 3
    assert holidays.far_days(hours(counts)) == {10}


def test_a_holiday_among_few_weeks_leaves_the_usual_as_it_is() -> None:
    counts = np.full(HOURS, 100.0)
    for week in range(2):
        counts[(week * 7 + 3) * 24 : (week * 7 + 4) * 24] = 3
    history = hours(counts)
    plain = bands.learn(GAUGES["attempts"], history)
    taught = bands.learn(GAUGES["attempts"], history, frozenset({3, 10}))
    assert plain is not None
    assert taught is not None
    assert plain.rate[3 * 24] == pytest.approx(51.5)  # the median of 3, 3, 100, 100
    assert taught.rate[3 * 24] == pytest.approx(100)


def test_two_weeks_teach_nothing() -> None:
    assert bands.learn(GAUGES["attempts"], hours(np.full(2 * 168, 100.0))) is None


@pytest.mark.parametrize("metric", ["attempts", "asr", "charge", "acd"])
def test_a_quiet_series_gives_nothing(metric: str) -> None:
    random = np.random.default_rng(7)
    calls = random.poisson(60, HOURS + 14 * 24).astype(float)
    answered = random.binomial(calls.astype(int), 0.4).astype(float)
    amounts = [random.lognormal(0, 1, int(count)) for count in answered]
    above = {
        "attempts": calls, "asr": 100 * answered, "charge": np.array([each.sum() for each in amounts]),
        "acd": np.array([each.sum() for each in amounts]),
    }[metric]  # fmt: skip
    below = {"asr": calls, "acd": answered}.get(metric, np.ones(len(calls)))
    at = np.arange(len(calls))
    squares = np.array([(each**2).sum() for each in amounts])
    series = Hours(at // 24, at % 168, above, below, squares)
    band = bands.learn(GAUGES[metric], series[:HOURS])
    assert band is not None
    for end in range(HOURS + 24, len(series) + 1):
        found = bands.deviation(band, series[end - 24 : end])
        assert found is not None
        assert found.score < 1


def test_nights_are_not_judged() -> None:
    day = np.where(np.arange(HOURS) % 24 < 12, 100.0, 0.0)
    band = bands.learn(GAUGES["attempts"], hours(day))
    assert band is not None
    night = hours(day)[13 : 13 + 3]
    assert band.judge(night) is None
    noon = hours(np.zeros(HOURS))[8:11]
    found = band.judge(noon)
    assert found is not None
    assert found.score > 1


def test_a_day_is_judged_without_the_hours_of_an_alarm() -> None:
    band = bands.learn(GAUGES["attempts"], hours(np.full(HOURS, 100.0)))
    assert band is not None
    # Ten hours without a call, and fourteen at nine tenths since: an echo of what is over.
    recent = hours(np.array([0.0] * 10 + [90.0] * 14))
    whole = bands.deviation(band, recent)
    assert whole is not None
    assert (whole.hours, whole.observed, whole.expected) == (24, 1260, pytest.approx(2400))
    # 140 fewer of 1,400 calls; six times the noise of 1,400 and 3 % of them beside it, more than a fifth.
    left = bands.deviation(band, recent, np.arange(24) >= 10)
    assert left is not None
    assert (left.hours, left.observed) == (24, 1260)
    assert left.score == pytest.approx(140 / (6 * np.sqrt(1400 + 42**2)))


def test_a_span_of_which_most_was_in_an_alarm_is_not_judged() -> None:
    band = bands.learn(GAUGES["attempts"], hours(np.full(HOURS, 100.0)))
    assert band is not None
    recent = hours(np.zeros(24))
    for new, over in ((11, 3), (2, 3), (1, None)):
        found = bands.deviation(band, recent, np.arange(24) >= 24 - new)
        assert (found and found.hours) == over
