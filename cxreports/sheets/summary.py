"""The summary as a sheet for the grid: exact figures, newest first, totals last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from cxreports.figures.summary import above, below
from cxreports.language import _, date_and_time, marked, ngettext, number
from cxreports.metrics import METRICS
from cxreports.sheets.columns import Column, exact_decimals, ratio_column
from cxreports.sheets.selection import Sheet
from cxreports.sheets.summary_tabs import TABS

if TYPE_CHECKING:
    from datetime import datetime

    from cxreports.metrics import Metric
    from cxreports.sheets.columns import Precision

_SHOWN: Final = (
    "attempts", "connected", "asr", "acd", "ner", "pdd", "dtmf", "duration", "billed_duration", "charge",
)  # fmt: skip
_CHOOSABLE: Final = ("dtmf_calls",)
_ORDER: Final = (*_SHOWN[:6], *_CHOOSABLE, *_SHOWN[6:])
METRIC_OF: Final = {METRICS[name].column: name for name in _ORDER}
"""The metric in each column."""

_SHORT: Final = {"billed_duration": marked("Billed")}
_PRECISION: Final[dict[str, Precision]] = {"hour": "minute", "day": "day", "week": "day", "month": "month"}


NOTE: Final = "note"
"""Column of texts beside the periods that are cut, or not over."""


def summary_grid(
    frame: pl.DataFrame,
    totals: pl.DataFrame,
    by: str,
    *,
    name: str = "summary",
    begun: datetime | None = None,
    reach: datetime | None = None,
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
    name
        What exported files are called.
    begun
        Where the figures begin, told beside the first row if it is cut.
    reach
        Time up to which the calls are there, told beside the rows that the frame marks ``so_far``.
    """
    tab = next(each for each in TABS if each.by == by)
    total = totals.row(0, named=True)
    both = pl.concat([frame.select(totals.columns), totals])
    weighed = all(each in frame.columns for each in (above("asr_pct"), below("asr_pct")))
    start = Column("start", _(tab.heading), "time", align="left", precision=_PRECISION[by], note=NOTE)
    unfinished = pl.col("so_far") if "so_far" in frame.columns else pl.lit(value=False)
    is_cut = begun is not None and frame.height > 0 and frame["start"][0] < begun
    since = _("from {time}").format(time=f"{begun:%H:%M}") if is_cut else None
    note = (
        pl.when(unfinished)
        .then(pl.lit(_so_far(by, reach), pl.String))
        .when(pl.int_range(pl.len()) == pl.len() - 1)
        .then(pl.lit(since, pl.String))
    )
    metrics = (_column(METRICS[each], both, total["currency"], weighed=weighed) for each in _ORDER)
    return Sheet(
        frame.reverse().with_columns(note.alias(NOTE)),
        (start, *metrics),
        totals={key: value for key, value in total.items() if key != "start"},
        totals_label=_counted(by, frame.height - is_cut),
        name=f"{name}-{tab.id}",
    )


def _so_far(by: str, reach: datetime | None) -> str | None:
    """Up to when a period counts that is not over, as its row says it: in UTC, as its beginning is."""
    if reach is None:
        return None
    time = f"{reach:%H:%M}" if by in {"hour", "day"} else date_and_time(reach, "MMMd")
    return _("so far, to {time}").format(time=time)


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
    decimals = exact_decimals(both[metric.column], metric.decimals)
    shown = metric.name in _SHOWN
    if metric.weight is None:
        return Column(metric.column, label, "number", decimals, title=_(metric.meaning), shown=shown)
    return ratio_column(
        metric, label, decimals, denominator=below(metric.column) if weighed else "", shown=shown
    )
