"""Thresholds: from which figure on something is a warning or an alert."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cxreports.desk.answers import Holder

ASR_FALL_POINTS: Final = 10.0
"""An ASR that is so many points below that of the day before is a warning."""

FEWEST_ATTEMPTS: Final = 50
"""With fewer attempts on either day the ASR falls and rises by chance."""

NEAR_LIMIT_PCT: Final = 80
"""So much of the configured channels in use is a warning."""

SILENT: Final = timedelta(hours=24)
"""No call for so long is a warning."""

USED_UP: Final = Decimal(0)
"""A balance at or below it is used up."""


def low_mark(company: Holder) -> Decimal:
    """Balance at which a company is warned: its own mark, but never below the point where it is used up."""
    return max(USED_UP, company.low_balance or USED_UP)
