"""The summary's tables as texts: exact, in UTC, newest first, totals last."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from cxreports.clock import Bucket, Period, zone
from cxreports.metrics import METRICS
from cxreports.pages.wording import ABSENT, decimals_of, exact, number
from cxreports.summary import WIDTHS, summary, totals

if TYPE_CHECKING:
    from cxreports.lake.snapshot import Snapshot

NOTE: Final = "24-hour UTC · the figures that billing uses"

_COLUMNS: Final = (
    "attempts", "connected", "asr", "acd", "ner", "pdd", "dtmf", "duration", "billed_duration", "charge",
)  # fmt: skip
_EXACT: Final = frozenset({"duration", "billed_duration", "charge"})
_SHORT: Final = {"billed_duration": "Billed", "pdd": "PDD", "dtmf": "DTMF"}
_UTC: Final = zone("UTC")


@dataclass(frozen=True)
class Tab:
    """A table of the summary.

    Attributes
    ----------
    by
        Bucket, as a summary takes it.
    buckets
        The most of them that are shown, the current one included.
    heading, total
        Texts over the first column and under it.
    form
        How a bucket's start is written.
    """

    id: str
    label: str
    by: str
    buckets: int
    heading: str
    total: str
    form: str


TABS: Final = (
    Tab("live", "Live", "hour", 24, "Hour (UTC)", "24 hours", "%Y-%m-%d %H:%M"),
    Tab("daily", "Daily", "day", 31, "Day (UTC)", "{n} days", "%Y-%m-%d"),
    Tab("weekly", "Weekly", "week", 13, "Week from (UTC)", "{n} weeks", "%Y-%m-%d"),
    Tab("monthly", "Monthly", "month", 13, "Month (UTC)", "{n} months", "%Y-%m"),
)


def tables(snapshot: "Snapshot", customer: str, first: datetime, now: datetime) -> list[dict[str, Any]]:
    """Give every tab's table for the widget.

    Parameters
    ----------
    first
        The customer's first call: no bucket before it is shown.
    now
        Time up to which buckets are shown; the one that it lies in is the newest.
    """
    return [_table(tab, snapshot, customer, first, now) for tab in TABS]


def shown_period(tab: Tab, first: datetime, now: datetime) -> Period:
    """Give the period of a tab: its last buckets, but none before the first call."""
    bucket = Bucket.of(WIDTHS[tab.by])
    end = bucket.after(now, _UTC)
    start = bucket.floor(now, _UTC)
    for _ in range(tab.buckets - 1):
        start = bucket.floor(start - timedelta(microseconds=1), _UTC)
    return Period(start if tab.id == "live" else max(start, bucket.floor(first, _UTC)), end)


def _table(tab: Tab, snapshot: "Snapshot", customer: str, first: datetime, now: datetime) -> dict[str, Any]:
    period = shown_period(tab, first, now)
    rows = summary(snapshot, customer, tab.by, start=period.start, end=period.end).to_dicts()
    total = totals(snapshot, customer, start=period.start, end=period.end).to_dicts()[0]
    writers = [_writer(name, [*rows, total]) for name in _COLUMNS]
    lines = [[row["start"].strftime(tab.form), *(write(row) for write in writers)] for row in reversed(rows)]
    label = tab.total.format(n=len(rows))
    return {
        "id": tab.id,
        "label": tab.label,
        "columns": _headings(tab, total["currency"]),
        "rows": lines,
        "total": [label[:-1] if len(rows) == 1 else label, *(write(total) for write in writers)],
        "empty": "No calls.",
    }


def _headings(tab: Tab, currency: str | None) -> list[dict[str, str]]:
    columns = [{"key": "start", "label": tab.heading, "title": ""}]
    for name in _COLUMNS:
        metric = METRICS[name]
        unit = (currency or "") if metric.unit == "currency" else metric.unit
        unit = "" if unit == "calls" else unit
        label = f"{_SHORT.get(name, metric.label)} {unit}".strip()
        columns.append({"key": metric.column, "label": label, "title": metric.meaning})
    return columns


def _writer(name: str, rows: Iterable[dict[str, Any]]) -> Callable[[dict[str, Any]], str]:
    """Choose how a column is written: what is exact, with the same decimals in every row."""
    metric = METRICS[name]
    column = metric.column
    if name not in _EXACT:
        return lambda row: number(row[column], metric.decimals)
    values = [row[column] for row in rows if row[column] is not None]
    decimals = max((decimals_of(each, metric.decimals) for each in values), default=metric.decimals)
    return lambda row: ABSENT if row[column] is None else exact(row[column], decimals)
