"""The figures' changes: coloured where one direction is good for every reader."""

import pytest

from cxreports.pages.headline import tone

BETTER = {"asr": "up", "acd": "up", "ner": "up", "pdd": "down"}


@pytest.mark.parametrize(("metric", "better"), BETTER.items())
def test_change_for_the_better_is_good_and_the_other_bad(metric: str, better: str) -> None:
    worse = {"up": "down", "down": "up"}[better]
    assert (tone(metric, better), tone(metric, worse), tone(metric, "")) == ("good", "bad", "")


@pytest.mark.parametrize("trend", ["up", "down", ""])
@pytest.mark.parametrize("metric", ["charge", "attempts", "dtmf", "channels", "duration", "cps"])
def test_change_that_is_good_for_some_is_in_ink(metric: str, trend: str) -> None:
    assert tone(metric, trend) == ""
