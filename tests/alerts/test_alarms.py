"""Hours of a learned rule's alarms, which no other alarm is about."""

from __future__ import annotations

from decimal import Decimal

import numpy as np

from cxreports.alerts.alarms import NONE, Alarms
from cxreports.alerts.rule import Reading, Rule
from cxreports.clock import HOUR_US

RULE = Rule("usual", Decimal(100), Decimal(50), is_below=False)


def beyond(hours: int) -> Reading:
    return Reading(150.0, 40, {"hours": hours})


def test_an_alarm_is_about_the_hours_that_were_judged_up_to_its_end() -> None:
    alarms = NONE
    for hour, reading in ((10, beyond(3)), (11, beyond(3)), (12, Reading(80.0)), (13, Reading(40.0))):
        alarms = alarms.after(RULE, reading, hour * HOUR_US)
    assert alarms == Alarms(over=((7 * HOUR_US, 13 * HOUR_US),))
    hours = np.arange(5, 16) * HOUR_US
    assert (hours[alarms.is_new(hours)] // HOUR_US).tolist() == [5, 6, 13, 14, 15]


def test_the_hours_of_an_alarm_that_fires_still_count() -> None:
    alarms = NONE.after(RULE, beyond(24), 30 * HOUR_US)
    assert alarms.begun == 6 * HOUR_US
    assert alarms.is_new(np.arange(6, 30) * HOUR_US).all()


def test_an_hour_that_an_alarm_ended_in_is_part_of_it() -> None:
    alarms = Alarms(over=((2 * HOUR_US, 4 * HOUR_US + 1),))  # a rule that was paused within an hour
    assert alarms.is_new(np.arange(6) * HOUR_US).tolist() == [True, True, False, False, False, True]
