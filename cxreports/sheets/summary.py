"""The summary as a sheet for the grid: exact figures, newest first, totals last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from cxreports.figures.summary import above, below
from cxreports.language import _, marked, ngettext, number
from cxreports.metrics import METRICS
from cxreports.sheets.columns import Column, exact_decimals, ratio_column
from cxreports.sheets.names import file_name
from cxreports.sheets.selection import Sheet
from cxreports.sheets.summary_tabs import TABS
from cxreports.wording import currency_decimals

if TYPE_CHECKING:
    from cxreports.clock import Period
    from cxreports.metrics import Metric
    from cxreports.sheets.columns import Precision

_SHOWN: Final = (
    "attempts", "connected", "asr", "acd", "ner", "pdd", "dtmf", "duration", "billed_duration", "charge",
)  # fmt: skip
_CHOOSABLE: Final = ("dtmf_calls",)
_ORDER: Final = (*_SHOWN[:6], *_CHOOSABLE, *_SHOWN[6:])
_SHORT: Final = {"billed_duration": marked("Billed")}
_PRECISION: Final[dict[str, Precision]] = {"hour": "minute", "day": "day", "week": "day", "month": "month"}


def summary_grid(
    frame: pl.DataFrame, totals: pl.DataFrame, by: str, *, customer: str = "", period: Period | None = None
) -> Sheet:
    """Sheet of a summary.

    Parameters
    ----------
    frame
        Frame of ``summary(…, weighed=True)``, oldest first; without the weights the grid has
        averages of ratios, but no true average.
    totals
        Frame of ``totals`` of the same period: one row.
    by
        ``hour``, ``day``, ``week`` or ``month``.
    customer, period
        Whose figures they are, and of which time: what exported files are called by.
    """
    tab = next(each for each in TABS if each.by == by)
    total = totals.row(0, named=True)
    both = pl.concat([frame.select(totals.columns), totals])
    weighed = all(each in frame.columns for each in (above("asr_pct"), below("asr_pct")))
    start = Column("start", _(tab.heading), "time", align="left", precision=_PRECISION[by])
    metrics = (_column(METRICS[each], both, total["currency"], weighed=weighed) for each in _ORDER)
    return Sheet(
        frame.reverse(),
        (start, *metrics),
        totals={key: value for key, value in total.items() if key != "start"},
        totals_label=_counted(by, frame.height),
        name=file_name(customer or "summary", tab.id, period),
        title=_(tab.label),
    )


def _counted(by: str, count: int) -> str:
    forms = {
        "hour": ngettext("{count} hour", "{count} hours", count),
        "day": ngettext("{count} day", "{count} days", count),
        "week": ngettext("{count} week", "{count} weeks", count),
        "month": ngettext("{count} month", "{count} months", count),
    }
    return forms[by].format(count=number(count))


def _column(metric: Metric, both: pl.DataFrame, currency: str | None, *, weighed: bool) -> Column:
    unit = {"calls": "", "currency": currency or ""}.get(metric.unit, _(metric.unit))
    label = f"{_(_SHORT.get(metric.name, metric.label))} {unit}".strip()
    least = currency_decimals(currency) if metric.unit == "currency" else metric.decimals
    decimals = exact_decimals(both[metric.column], least)
    shown = metric.name in _SHOWN
    if metric.weight is None:
        return Column(metric.column, label, "number", decimals, title=_(metric.meaning), shown=shown)
    return ratio_column(
        metric, label, decimals, denominator=below(metric.column) if weighed else "", shown=shown
    )
