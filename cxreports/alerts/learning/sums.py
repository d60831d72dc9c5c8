"""Sums of calls that bands are learned from, and those that a deviation is split into; in SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cxreports.alerts.learning.bands import GAUGES
from cxreports.clock import HOUR_US
from cxreports.figures.narrowing import DESTINATION
from cxreports.metrics import USER_SIDE_CODES, sums_behind, sums_sql

if TYPE_CHECKING:
    from collections.abc import Iterable

HOURLY: Final = (
    f"SELECT customer, {DESTINATION} AS place, "
    f"epoch_us(call_time) // {HOUR_US} * {HOUR_US} AS hour, currency, "
    "{sums}, COALESCE(SUM(CAST(charge AS DOUBLE) ** 2), 0) AS charge_squares, "
    "COALESCE(SUM(CASE WHEN connected THEN CAST(duration_s AS DOUBLE) ** 2 END), 0) AS duration_squares, "
    "CAST(COUNT(charge) AS BIGINT) AS priced FROM {calls} AS calls GROUP BY ALL"
)
"""SQL of the sums that bands are learned from; the calls of each hour, destination and currency."""

CELLS: Final = (
    f"SELECT customer, {DESTINATION} AS place, COALESCE(CAST(sip_code AS VARCHAR), '') AS code, "
    f"epoch_us(call_time) // {HOUR_US} * {HOUR_US} AS hour, "
    "{sums} FROM {calls} AS calls GROUP BY ALL"
)
"""SQL of the sums that a change is split into."""

CELL_SUMS: Final = ("attempts", "connected", "user_side", "charge")


def hourly_sql(calls: str, user_side_codes: Iterable[int] = USER_SIDE_CODES) -> str:
    """SQL of `HOURLY` over some calls."""
    return HOURLY.format(calls=calls, sums=sums_sql(user_side_codes, sums_behind(GAUGES)))


def cells_sql(calls: str, user_side_codes: Iterable[int] = USER_SIDE_CODES) -> str:
    """SQL of `CELLS` over some calls."""
    return CELLS.format(calls=calls, sums=sums_sql(user_side_codes, CELL_SUMS))
