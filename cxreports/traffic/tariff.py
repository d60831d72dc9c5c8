"""Destinations with their dial codes, and exact prices: rates, increments, charges.

The room of money in the synthetic traffic: ``customers`` says which customer buys at which tariff,
``days`` asks here for the price of each call. Amounts are integers of a millionth of the
currency, so that a charge is exact and the same on every machine.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]

CHARGE_DECIMALS: Final = 6
"""A charge is rounded half up to this many decimals."""

_RATE_STEP: Final = 100
"""Rates have four decimals: multiples of a hundred millionths."""


@dataclass(frozen=True)
class Destination:
    """A dial code.

    Attributes
    ----------
    code
        Dial code, the country code first.
    name
        Its name as tariffs print it.
    digits
        How many digits follow the code.
    usd_micro
        What a minute costs wholesale, in millionths of a US dollar.
    minute_steps
        True where the country bills whole minutes whatever the customer's plan says.
    """

    code: str
    name: str
    digits: int
    usd_micro: int
    minute_steps: bool = False


@dataclass(frozen=True)
class Tariff:
    """What a customer pays.

    Attributes
    ----------
    markup_pct
        Retail price as a percentage of the wholesale price.
    connect_micro
        Price of every connected call, in millionths of the currency.
    first_s
        Seconds that are billed at least.
    step_s
        Seconds that further time is rounded up to.
    """

    markup_pct: int
    connect_micro: int
    first_s: int
    step_s: int


@dataclass(frozen=True)
class Rate:
    """The price of one destination for one customer.

    Attributes
    ----------
    destination
        Whose price it is.
    rate_micro
        Price per minute, in millionths of the currency.
    connect_micro
        Price of every connected call, in millionths of the currency.
    first_s, step_s
        Billing increments in seconds, such as 60/60, 30/6 or 1/1.
    """

    destination: Destination
    rate_micro: int
    connect_micro: int
    first_s: int
    step_s: int


PER_USD_MILLI: Final[Mapping[str, int]] = {
    "USD": 1_000,
    "EUR": 920,
    "GBP": 790,
    "CAD": 1_370,
    "BRL": 5_400,
    "INR": 84_000,
    "JPY": 151_000,
}
"""Thousandths of the currency that one US dollar buys; fixed, because a demo needs no bank."""

_DESTINATIONS: Final = (
    Destination("1", "USA", 10, 6_200),
    Destination("1212", "USA New York", 7, 5_400),
    Destination("1312", "USA Chicago", 7, 5_400),
    Destination("1415", "USA San Francisco", 7, 5_800),
    Destination("1416", "Canada Toronto", 7, 5_100),
    Destination("1514", "Canada Montreal", 7, 5_300),
    Destination("1800", "USA Toll-Free", 7, 9_000),
    Destination("20", "Egypt", 9, 94_000),
    Destination("2010", "Egypt Mobile Vodafone", 8, 112_000),
    Destination("212", "Morocco", 9, 205_000),
    Destination("2126", "Morocco Mobile", 8, 312_000),
    Destination("23480", "Nigeria Mobile", 8, 118_000),
    Destination("2547", "Kenya Mobile Safaricom", 8, 164_000),
    Destination("27", "South Africa", 9, 31_000),
    Destination("277", "South Africa Mobile", 8, 62_000),
    Destination("31", "Netherlands", 9, 9_800),
    Destination("316", "Netherlands Mobile", 8, 24_000),
    Destination("33", "France", 9, 7_900),
    Destination("331", "France Paris", 8, 7_200),
    Destination("336", "France Mobile", 8, 19_000),
    Destination("34", "Spain", 9, 8_100),
    Destination("346", "Spain Mobile", 8, 16_500),
    Destination("351", "Portugal", 9, 9_400),
    Destination("3519", "Portugal Mobile", 8, 18_200),
    Destination("39", "Italy", 9, 9_100),
    Destination("393", "Italy Mobile", 9, 21_000),
    Destination("44", "United Kingdom", 10, 5_600),
    Destination("4420", "United Kingdom London", 8, 4_800),
    Destination("44800", "United Kingdom Freephone", 7, 7_400),
    Destination("447", "United Kingdom Mobile", 9, 14_800),
    Destination("48", "Poland", 9, 9_900),
    Destination("485", "Poland Mobile", 8, 22_500),
    Destination("49", "Germany", 10, 7_600),
    Destination("4930", "Germany Berlin", 8, 7_000),
    Destination("4989", "Germany Munich", 8, 7_000),
    Destination("4915", "Germany Mobile", 9, 21_500),
    Destination("52", "Mexico", 10, 11_000, minute_steps=True),
    Destination("5255", "Mexico City", 8, 9_200, minute_steps=True),
    Destination("54911", "Argentina Mobile", 8, 164_000),
    Destination("55", "Brazil", 10, 14_000),
    Destination("5511", "Brazil Sao Paulo", 8, 9_600),
    Destination("55119", "Brazil Mobile", 8, 28_000),
    Destination("573", "Colombia Mobile", 9, 17_500),
    Destination("61", "Australia", 9, 14_500),
    Destination("614", "Australia Mobile", 8, 29_000),
    Destination("639", "Philippines Mobile", 9, 148_000),
    Destination("813", "Japan Tokyo", 8, 26_000),
    Destination("81", "Japan", 9, 28_500),
    Destination("8190", "Japan Mobile", 8, 88_000),
    Destination("84", "Vietnam", 9, 78_000),
    Destination("8613", "China Mobile", 9, 18_500),
    Destination("8801", "Bangladesh Mobile", 9, 31_000),
    Destination("90", "Turkey", 10, 38_000),
    Destination("905", "Turkey Mobile", 9, 182_000),
    Destination("91", "India", 10, 15_500),
    Destination("919", "India Mobile", 9, 13_800),
    Destination("923", "Pakistan Mobile", 9, 96_000),
    Destination("9715", "UAE Mobile", 8, 201_000),
)

DESTINATIONS: Final[Mapping[str, Destination]] = {place.code: place for place in _DESTINATIONS}
"""Every destination by its dial code."""


def rate_of(code: str, tariff: Tariff, currency: str) -> Rate:
    """Price of a destination under a tariff.

    The rate is wholesale price · markup · exchange rate, in four decimals, rounded half up.

    Raises
    ------
    KeyError
        For a dial code or currency that is not in the tables of this module.
    """
    place = DESTINATIONS[code]
    numerator = place.usd_micro * tariff.markup_pct * PER_USD_MILLI[currency]
    denominator = 100 * 1_000 * _RATE_STEP
    rate_micro = (2 * numerator + denominator) // (2 * denominator) * _RATE_STEP
    first_s, step_s = (60, 60) if place.minute_steps else (tariff.first_s, tariff.step_s)
    return Rate(place, rate_micro, tariff.connect_micro, first_s, step_s)


def billed_seconds(duration_s: Integers, first_s: Integers, step_s: Integers) -> Integers:
    """Seconds charged: at least the first increment, then whole further steps; none for no talk."""
    further = np.maximum(duration_s - first_s, 0)
    billed = first_s + -(-further // step_s) * step_s
    return np.where(duration_s > 0, billed, 0)


def charge_micro(rate_micro: Integers, connect_micro: Integers, billed_s: Integers) -> Integers:
    """Charge of connected calls, in millionths of the currency.

    ``connect_cost + rate · billed_duration_s / 60``, rounded half up to `CHARGE_DECIMALS`. Integers
    throughout: no binary fraction comes near the money.
    """
    return connect_micro + (2 * rate_micro * billed_s + 60) // 120
