"""What an operator should look at: warnings about a customer, worst first."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from cxreports.accounts.balances import Balance
from cxreports.accounts.checklist import is_low
from cxreports.language import _, date_and_time, number

ASR_FALL_POINTS: Final = 10.0
"""An ASR that is so many points below that of the day before is a warning."""

FEWEST_ATTEMPTS: Final = 50
"""With fewer attempts on either day the ASR falls and rises by chance."""

NEAR_LIMIT_PCT: Final = 80
"""So much of the configured channels in use is a warning."""

SILENT: Final = timedelta(hours=24)
"""No call for so long is a warning."""


def warnings(figures: Mapping[str, Any], balance: Balance | None, now: datetime) -> list[str]:
    """Word what is out of the ordinary with a customer.

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


def _of_channels(figures: Mapping[str, Any], balance: Balance | None) -> list[str]:
    limit = balance.company.channel_limit if balance else None
    used = figures["channels"]
    if limit is None or not used or 100 * used < NEAR_LIMIT_PCT * limit:
        return []
    return [_("{used} of {limit} channels in use").format(used=number(used), limit=number(limit))]


def _of_asr(figures: Mapping[str, Any]) -> list[str]:
    if min(figures["attempts"], figures["before_attempts"]) < FEWEST_ATTEMPTS:
        return []
    fall = figures["before_asr_pct"] - figures["asr_pct"]
    if fall < ASR_FALL_POINTS:
        return []
    return [_("ASR {points} points below the day before").format(points=number(fall, 1))]


def _of_calls(figures: Mapping[str, Any], now: datetime) -> list[str]:
    last = figures["last_call"]
    if last is None:
        return [_("no calls yet")]
    if now - last < SILENT:
        return []
    return [_("no calls since {time} UTC").format(time=date_and_time(last, "yMMMd"))]


def _of_account(balance: Balance | None) -> list[str]:
    if balance is None:
        return [_("no company in the portal")]
    if balance.left < -balance.company.debit_limit:
        return [_("debit limit exceeded")]
    return [_("balance low")] if is_low(balance.company, balance.left) else []
