"""The figures' changes: coloured where one direction is good for every reader."""

from decimal import Decimal

import pytest

from cxreports.pages.headline import Busiest, figures, tone
from cxreports.pages.view import View

BETTER = {"asr": "up", "acd": "up", "ner": "up", "pdd": "down"}


@pytest.mark.parametrize(("metric", "better"), BETTER.items())
def test_change_for_the_better_is_good_and_the_other_bad(metric: str, better: str) -> None:
    worse = {"up": "down", "down": "up"}[better]
    assert (tone(metric, better), tone(metric, worse), tone(metric, "")) == ("good", "bad", "")


@pytest.mark.parametrize("trend", ["up", "down", ""])
@pytest.mark.parametrize("metric", ["charge", "attempts", "dtmf", "channels", "duration", "cps"])
def test_change_that_is_good_for_some_is_in_ink(metric: str, trend: str) -> None:
    assert tone(metric, trend) == ""


def test_a_tile_says_of_how_many_calls_its_figure_is_not_known() -> None:
    before = {"attempts": 4, "connected": 3, "asr_pct": 75.0, "acd_s": 60.0, "dtmf_pct": 0.0}
    before |= {"charge": Decimal(3), "currency": "USD"}
    unknown = {"duration_unknown": 1, "charge_unknown": 2, "dtmf_unknown": 3}
    shown = figures(View(), None, Busiest(2, None), before | unknown, before)
    was = {each["key"]: each["was"] for each in shown}
    assert was["acd"].endswith("1 of 3 calls has no duration yet")
    assert was["charge"].endswith("2 of 3 calls have no price yet")
    # Nothing is known of the digits: their figure is absent, and says no more.
    assert "calls" not in was["dtmf"] + was["asr"]
