"""Warnings about a customer, as values with their figures and thresholds: pages and alerts word them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cxreports.accounts.low_balance import LowBalance, low_balance
from cxreports.accounts.thresholds import ASR_FALL_POINTS, FEWEST_ATTEMPTS, NEAR_LIMIT_PCT, SILENT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime, timedelta
    from decimal import Decimal

    from cxreports.accounts.balances import Balance


@dataclass(frozen=True)
class ChannelsNearLimit:
    """So many channels are in use that the configured ones may not suffice."""

    used: int
    limit: int
    threshold_pct: int = NEAR_LIMIT_PCT


@dataclass(frozen=True)
class AsrFall:
    """The ASR is well below that of the day before."""

    asr_pct: float
    before_asr_pct: float
    threshold_points: float = ASR_FALL_POINTS

    @property
    def points(self) -> float:
        """How far it fell, in percentage points."""
        return self.before_asr_pct - self.asr_pct


@dataclass(frozen=True)
class NoCalls:
    """There are no calls any more, or (`last_call` is None) there never was one."""

    last_call: datetime | None
    threshold: timedelta = SILENT


@dataclass(frozen=True)
class NoCompany:
    """The portal has no company of this customer id."""


@dataclass(frozen=True)
class ForeignCharges:
    """Calls are priced in currencies that are not the company's, so that its balance leaves them out.

    Attributes
    ----------
    charges
        Currency and cost, by currency.
    """

    charges: tuple[tuple[str, Decimal], ...]


CustomerWarning = ChannelsNearLimit | AsrFall | NoCalls | NoCompany | LowBalance | ForeignCharges


def warnings(figures: Mapping[str, Any], balance: Balance | None, now: datetime) -> list[CustomerWarning]:
    """Warnings about a customer, worst first.

    Parameters
    ----------
    figures
        A row of `cxreports.figures.overview.overview`; ``last_call`` is None for a company without a call.
    balance
        The customer's account; None for a customer that is no company of the portal.
    """
    return [
        *_of_channels(figures, balance),
        *_of_asr(figures),
        *_of_calls(figures, now),
        *_of_account(balance),
    ]


def _of_channels(figures: Mapping[str, Any], balance: Balance | None) -> Iterator[ChannelsNearLimit]:
    limit = balance.company.channel_limit if balance else None
    used = figures["channels"]
    if limit is not None and used and 100 * used >= NEAR_LIMIT_PCT * limit:
        yield ChannelsNearLimit(used, limit)


def _of_asr(figures: Mapping[str, Any]) -> Iterator[AsrFall]:
    if min(figures["attempts"], figures["before_attempts"]) < FEWEST_ATTEMPTS:
        return
    fall = AsrFall(figures["asr_pct"], figures["before_asr_pct"])
    if fall.points >= ASR_FALL_POINTS:
        yield fall


def _of_calls(figures: Mapping[str, Any], now: datetime) -> Iterator[NoCalls]:
    last = figures["last_call"]
    if last is None or now - last >= SILENT:
        yield NoCalls(last)


def _of_account(balance: Balance | None) -> Iterator[NoCompany | LowBalance | ForeignCharges]:
    if balance is None:
        yield NoCompany()
        return
    low = low_balance(balance)
    if low is not None:
        yield low
    if balance.foreign:
        yield ForeignCharges(tuple(sorted(balance.foreign.items())))
