"""Rates as calls were charged lately: what a call that is under way costs so far, as far as that is known."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from cxreports.cdr.record import ALL_CUSTOMERS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from cxreports.lake.snapshot import Snapshot

_LONGEST_CODE: Final = 16
_MINUTE_S: Final = 60
_PLACES: Final = Decimal("0.000001")


@dataclass(frozen=True)
class Rate:
    """A destination's rate, as the last call of the customer there was charged.

    Attributes
    ----------
    code, destination
        Dial code and its name.
    per_minute, connect_cost
        Price per minute and per connected call; None where calls bear no rate.
    """

    code: str
    destination: str
    per_minute: Decimal | None
    connect_cost: Decimal | None
    currency: str | None

    def cost(self, talked_s: Decimal) -> Decimal | None:
        """Price of a call that has been talked for so long, before any rounding to billing steps."""
        if self.per_minute is None:
            return None
        exact = self.per_minute * max(talked_s, Decimal(0)) / _MINUTE_S + (self.connect_cost or 0)
        return exact.quantize(_PLACES)


@dataclass(frozen=True)
class Rates:
    """Rates by customer and dial code."""

    by_code: Mapping[tuple[str, str], Rate]

    @classmethod
    def of(cls, snapshot: Snapshot, customer: str = ALL_CUSTOMERS, since: datetime | None = None) -> Rates:
        """Rates of the calls since a time."""
        calls = snapshot.scan("cdr", customer=customer, start=since)
        latest = ", ".join(
            f"max_by({name}, call_time) AS {name}"
            for name in ("destination_name", "rate", "connect_cost", "currency")
        )
        rows = snapshot.query(
            f"SELECT customer, destination_code, {latest} FROM {calls} AS calls "
            "WHERE destination_code IS NOT NULL GROUP BY customer, destination_code"
        )
        return cls(
            {
                (whose or "", _dialled(code)): Rate(code, name or code, rate, connect, currency)
                for whose, code, name, rate, connect, currency in rows.iter_rows()
            }
        )

    def of_number(self, customer: str, dialled: str) -> Rate | None:
        """Rate of the longest dial code that a number begins with; None where none fits."""
        number = _dialled(dialled)
        for length in range(min(len(number), _LONGEST_CODE), 0, -1):
            found = self.by_code.get((customer, number[:length]))
            if found is not None:
                return found
        return None


def _dialled(text: str) -> str:
    """Number as dial codes have it: behind a tech prefix's ``#``, without ``+`` or ``00``."""
    number = text.rpartition("#")[2].removeprefix("+")
    return number.removeprefix("00")
