"""Customers as columns: what ``traffic`` looks up for each call, by the customer's index.

A choice with weights is a table of `_CHOICES` equal parts, so that drawing is one look-up.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from cxreports.traffic import endings
from cxreports.traffic.customers import Customer
from cxreports.traffic.tariff import DESTINATIONS, Destination, Integers, Rate, rate_of

Words = npt.NDArray[np.uint64]

ANSWERED: Final = 0
"""Index of an answered call among the endings."""

_CHOICES: Final = 512
_STRINGS: Final = 509
"""Keypad strings kept ready of each style; a prime, so that hashed picks spread."""

_STYLES: Final[Mapping[str, int]] = {"menu": 1, "account": 2, "mixed": 3}


class Roster:
    """Look-up tables of some customers.

    Attributes are arrays: those of a customer are indexed by its place in ``customers``, those of a
    rate or an ending by the index that ``route`` and ``ending`` give.
    """

    def __init__(self, customers: Sequence[Customer]) -> None:
        self.customers = tuple(customers)
        self.asr_pct = self._floats("asr_pct")
        self.spread = self._floats("spread")
        self.stub_pct = self._floats("stub_pct")
        self.pdd_ms = self._floats("pdd_ms")
        self.answer_s = self._floats("answer_s")
        self.dtmf_pct = self._floats("dtmf_pct")
        self.talk_mu = np.array([_talk_mu(customer) for customer in self.customers])
        self.outbound = np.array([customer.direction == "outbound" for customer in self.customers])
        self.recorded = np.array([customer.recorded for customer in self.customers])
        self.dtmf_style = np.array([_STYLES[customer.dtmf_style] for customer in self.customers])
        self._set_endings()
        self._set_rates()
        self._set_numbers()
        self._keypad = pl.Series(["", *(_digits(style, n) for style in _STYLES for n in range(_STRINGS))])
        self._texts = {name: self._column(name) for name in ("id", "tech_prefix", "direction", "currency")}
        self._lists = {name: self._flat(name) for name in ("switches", "addresses")}

    def text(self, name: str, who: Integers) -> pl.Series:
        """An attribute of each call's customer."""
        return self._texts[name].gather(who)

    def pick(self, name: str, who: Integers, words: Words) -> pl.Series:
        """One of the switches or addresses of each call's customer, the first half the time."""
        values, first, count = self._lists[name]
        turn = (words % np.uint64(1 << 20)) % (2 * count[who])
        return values.gather(first[who] + np.where(turn < count[who], turn, 0).astype(np.int64))

    def digits(self, style: Integers, words: Words) -> pl.Series:
        """Keypad digits of each call's style; none where the style is 0."""
        which = (words % np.uint64(_STRINGS)).astype(np.int64)
        return self._keypad.gather(np.where(style > 0, 1 + (style - 1) * _STRINGS + which, 0))

    def _set_endings(self) -> None:
        names = ["answered", *endings.ENDINGS]
        kinds = [endings.ANSWERED, *endings.ENDINGS.values()]
        self.outage_ending = names.index(endings.OUTAGE)
        self.sip_code = np.array([ending.sip_code for ending in kinds], dtype=np.int32)
        self.sip_reason = pl.Series([ending.sip_reason for ending in kinds])
        self.release_reason = pl.Series([ending.release_reason for ending in kinds])
        self.ending_rings = np.array([ending.rings for ending in kinds])
        self.ring_low = np.array([ending.ring_s[0] for ending in kinds])
        self.ring_span = np.array([ending.ring_s[1] - ending.ring_s[0] + 1 for ending in kinds])
        self.ending = np.array(
            [
                _choices({names.index(name): weight for name, weight in customer.endings.items()})
                for customer in self.customers
            ]
        )

    def _set_rates(self) -> None:
        rates: list[Rate] = []
        routes = []
        for customer in self.customers:
            weights = {}
            for code, weight in customer.destinations.items():
                weights[len(rates)] = weight
                rates.append(rate_of(code, customer.tariff, customer.currency))
            routes.append(_choices(weights))
        self.route = np.array(routes)
        self.rate_micro = np.array([rate.rate_micro for rate in rates])
        self.connect_micro = np.array([rate.connect_micro for rate in rates])
        self.first_s = np.array([rate.first_s for rate in rates])
        self.step_s = np.array([rate.step_s for rate in rates])
        self.codes = pl.Series([rate.destination.code for rate in rates])
        self.names = pl.Series([rate.destination.name for rate in rates])
        self.ported = np.array([rate.destination.name.startswith("USA") for rate in rates])
        self.place_first, self.place_span = _ranges([rate.destination for rate in rates])

    def _set_numbers(self) -> None:
        codes = sorted({code for customer in self.customers for code in customer.caller_codes})
        codes = codes or ["1"]
        places = [DESTINATIONS[code] for code in codes]
        self.origin_first, self.origin_span = _ranges(places)
        self.origin = np.array(
            [
                _choices(_count([codes.index(code) for code in customer.caller_codes or codes[:1]]))
                for customer in self.customers
            ]
        )
        self.has_numbers = np.array([customer.numbers is not None for customer in self.customers])
        own = [customer.numbers or (0, 1) for customer in self.customers]
        self.own_first = np.array([first for first, _ in own], dtype=np.int64)
        self.own_count = np.array([count for _, count in own], dtype=np.uint64)

    def _floats(self, name: str) -> npt.NDArray[np.float64]:
        return np.array([getattr(customer, name) for customer in self.customers], dtype=np.float64)

    def _column(self, name: str) -> pl.Series:
        return pl.Series([getattr(customer, name) for customer in self.customers], dtype=pl.String)

    def _flat(self, name: str) -> tuple[pl.Series, Integers, Words]:
        lists = [getattr(customer, name) for customer in self.customers]
        counts = np.array([len(values) for values in lists])
        first = np.concatenate(([0], np.cumsum(counts)[:-1]))
        return pl.Series([value for values in lists for value in values]), first, counts.astype(np.uint64)


def _talk_mu(customer: Customer) -> float:
    """Mu of the lognormal talk time that gives the customer's ACD, stubs of 6 s on average counted."""
    stubs = customer.stub_pct / 100
    long_mean = (customer.acd_s - stubs * 6) / (1 - stubs)
    return float(np.log(long_mean) - customer.spread**2 / 2)


def _choices(weights: Mapping[int, int]) -> Integers:
    """Spread the indices over `_CHOICES` places in proportion to their weights, each at least once."""
    total = sum(weights.values())
    bounds = np.cumsum([weight / total for weight in weights.values()])
    places = (np.arange(_CHOICES) + 0.5) / _CHOICES
    chosen = np.minimum(np.searchsorted(bounds, places), len(weights) - 1)
    return np.array(list(weights))[chosen]


def _count(indices: Sequence[int]) -> dict[int, int]:
    return {index: indices.count(index) for index in indices}


def _ranges(places: Sequence[Destination]) -> tuple[Integers, Words]:
    """First number of each destination, and how many there are; subscriber numbers do not start with 0."""
    first = [int(place.code) * 10**place.digits + 2 * 10 ** (place.digits - 1) for place in places]
    span = [8 * 10 ** (place.digits - 1) - 1 for place in places]
    return np.array(first, dtype=np.int64), np.array(span, dtype=np.uint64)


def _digits(style: str, number: int) -> str:
    """A keypad string: a menu choice, an account number ended by #, or either."""
    word = (number * 0x9E3779B97F4A7C15 + len(style)) & 0xFFFFFFFFFFFFFFFF
    word ^= word >> 29
    if style == "account" or (style == "mixed" and number % 3 == 0):
        return f"{word % 9 + 1}{str(word)[-(5 + number % 8) :]}#"
    keys = "12345670*9"
    return "".join(keys[(word >> (4 * place)) % 10] for place in range(1 + number % 3))
