"""Names of downloaded files and of a workbook's sheets: whose figures, which, and of what period."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cxreports.clock import zone

if TYPE_CHECKING:
    from cxreports.clock import Period

LONGEST_SHEET_NAME: Final = 31
"""Characters of a sheet's name in a workbook."""

_LONGEST_PART: Final = 60
_UNSAFE: Final = re.compile(r"[^\w.+@-]+")
_NO_SHEET_NAME: Final = re.compile(r"[\[\]:*?/\\]+")


def file_name(customer: str, what: str, period: Period | None = None, tz: str = "UTC") -> str:
    """Name of a file, without its ending: ``acme-asr-2026-11-28_2026-11-29``.

    Parameters
    ----------
    customer
        Id; what no file system takes in it becomes ``_``.
    what
        Metric or table.
    period
        Half-open; on the zone's clocks, without the time of day where both ends are midnights.
    """
    parts = [_UNSAFE.sub("_", part).strip("._")[:_LONGEST_PART] for part in (customer, what)]
    if period is not None:
        ends = [each.astimezone(zone(tz)) for each in (period.start, period.end)]
        at_midnight = all(not (each.hour or each.minute or each.second) for each in ends)
        form = "%Y-%m-%d" if at_midnight else "%Y-%m-%dT%H%M"
        parts.append("_".join(each.strftime(form) for each in ends))
    return "-".join(filter(None, parts))


def sheet_name(title: str) -> str:
    """Title as a workbook takes it for a sheet's name."""
    plain = " ".join(_NO_SHEET_NAME.sub(" ", title).split()).strip("'")
    return plain[:LONGEST_SHEET_NAME].strip(" '") or "cxreports"
