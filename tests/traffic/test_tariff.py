"""Prices: rates in four decimals, increments, and charges without a binary fraction."""

from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxreports.traffic.customers import CUSTOMERS
from cxreports.traffic.tariff import DESTINATIONS, Tariff, billed_seconds, charge_micro, rate_of


@given(rate=st.integers(0, 10**8), connect=st.integers(0, 10**7), billed=st.integers(0, 86_400))
def test_a_charge_is_rounded_half_up_exactly(rate: int, connect: int, billed: int) -> None:
    made = charge_micro(np.array([rate]), np.array([connect]), np.array([billed]))[0]
    exact = (Decimal(connect) + Decimal(rate) * billed / 60).quantize(Decimal(1), ROUND_HALF_UP)
    assert int(made) == exact


def test_half_a_millionth_is_charged_as_one() -> None:
    assert charge_micro(np.array([30, 29, 90]), np.array([0, 0, 5]), np.array([1, 1, 1])).tolist() == [
        1,
        0,
        7,
    ]


@pytest.mark.parametrize(
    ("increments", "billed"),
    [
        ((60, 60), {0: 0, 1: 60, 60: 60, 61: 120, 3600: 3600}),
        ((30, 6), {0: 0, 1: 30, 30: 30, 31: 36, 36: 36, 37: 42}),
        ((1, 1), {0: 0, 1: 1, 59: 59}),
    ],
)
def test_seconds_are_billed_in_increments(increments: tuple[int, int], billed: dict[int, int]) -> None:
    first, step = (np.array([seconds]) for seconds in increments)
    assert {talk: int(billed_seconds(np.array([talk]), first, step)[0]) for talk in billed} == billed


def test_a_rate_is_price_markup_and_currency_in_four_decimals() -> None:
    rate = rate_of("4420", Tariff(140, 4_000, 1, 1), "GBP")
    assert rate.rate_micro == 5_300  # 0.0048 USD · 1.40 · 0.79 = 0.0053088
    assert (rate.connect_micro, rate.first_s, rate.step_s) == (4_000, 1, 1)


def test_whole_minutes_hold_where_the_country_wants_them() -> None:
    rate = rate_of("52", Tariff(100, 0, 30, 6), "USD")
    assert (rate.first_s, rate.step_s) == (60, 60)


def test_every_customer_calls_places_that_have_a_price() -> None:
    for customer in CUSTOMERS:
        for code in (*customer.destinations, *customer.caller_codes):
            assert code in DESTINATIONS
            assert rate_of(code, customer.tariff, customer.currency).rate_micro > 0
