"""The summary as a sheet for the grid: exact figures, newest first, totals last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import polars as pl

from cxreports.figures.bucket_sums import MIXED
from cxreports.figures.summary import UNKNOWN, above, below
from cxreports.language import _, date_and_time, marked, ngettext, number
from cxreports.metrics import METRICS
from cxreports.sheets.columns import Column, exact_decimals, ratio_column
from cxreports.sheets.names import file_name
from cxreports.sheets.selection import Sheet
from cxreports.sheets.summary_tabs import TABS
from cxreports.wording import currency_decimals, unknown_parts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from cxreports.clock import Period
    from cxreports.metrics import Metric
    from cxreports.sheets.columns import Kind, Precision

_SHOWN: Final = (
    "attempts", "connected", "asr", "acd", "ner", "pdd", "dtmf", "duration", "billed_duration", "charge",
)  # fmt: skip
_ORDER: Final = (*_SHOWN[:6], "dtmf_calls", *_SHOWN[6:])
METRIC_OF: Final = {METRICS[name].column: name for name in _ORDER}
"""The metric in each column that has one."""

_MORE: Final = {
    "channels_max": ("asr", marked("Most channels"), 0, marked("most calls in progress at once")),
    "channels_mean": ("asr", marked("Mean channels"), 2, marked("calls in progress, on average over time")),
    "cps_max": ("asr", marked("Most calls/s"), 0, marked("attempts of the fullest second")),
    "cps_mean": ("asr", marked("Mean calls/s"), 3, marked("attempts per second, on average over time")),
    "user_side": (
        "pdd",
        marked("Ended by the user"),
        0,
        marked("calls not answered because of the called user"),
    ),
    "pdd_p50_ms": (
        "dtmf_calls",
        marked("PDD median ms"),
        0,
        marked("half of the post-dial delays are below it"),
    ),
    "pdd_p95_ms": (
        "dtmf_calls",
        marked("PDD p95 ms"),
        0,
        marked("95 % of the post-dial delays are below it"),
    ),
}
"""Columns to choose that are no metric: before which they stand, heading, decimals, meaning."""

_MEANS: Final = frozenset({"channels_mean", "cps_mean"})
_SHORT: Final = {"billed_duration": marked("Billed")}
_PRECISION: Final[dict[str, Precision]] = {"hour": "minute", "day": "day", "week": "day", "month": "month"}


NOTE: Final = "note"
"""Column of texts beside the periods that are cut, or not over."""


def summary_grid(
    frame: pl.DataFrame,
    totals: pl.DataFrame,
    by: str,
    more: tuple[pl.DataFrame, Mapping[str, Any]] | None = None,
    *,
    customer: str = "",
    period: Period | None = None,
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
    more
        Measured columns, row by row as `frame`, and what they are over the whole period; columns that are not
        among them are empty.
    customer, period
        Whose figures they are, and of which time: what exported files are called by. Where the time begins is
        told beside the first row if it is cut.
    reach
        Time up to which the calls are there, told beside the rows that the frame marks ``so_far``.
    """
    tab = next(each for each in TABS if each.by == by)
    total = totals.row(0, named=True)
    both = pl.concat([frame.select(totals.columns), totals])
    weighed = all(each in frame.columns for each in (above("asr_pct"), below("asr_pct")))
    start = Column("start", _(tab.heading), "time", align="left", precision=_PRECISION[by], note=NOTE)
    metrics = [_column(METRICS[each], both, total["currency"], weighed=weighed) for each in _ORDER]
    rows, whole = more or (pl.DataFrame(), {})
    absent = [name for name in _MORE if name not in {*rows.columns, *frame.columns}]
    wide = frame.with_columns(*rows, *(pl.lit(None, pl.Float64).alias(name) for name in absent))
    unknown = {NOTE: "; ".join(unknown_parts(total)) or None}
    whole = {**whole, "user_side": wide["user_side"].sum() if "user_side" not in absent else None}
    begun = period.start if period else None
    is_cut = begun is not None and frame.height > 0 and frame["start"][0] < begun
    note = _note(frame, by, begun if is_cut else None, reach)
    return Sheet(
        _with_unknown(wide.reverse().with_columns(note.alias(NOTE))),
        (start, *_with_more(metrics)),
        totals={key: value for key, value in total.items() if key != "start"} | whole | unknown,
        totals_label=_counted(by, frame.height - is_cut),
        name=file_name(customer or "summary", tab.id, period),
        title=_(tab.label),
    )


def _note(frame: pl.DataFrame, by: str, begun: datetime | None, reach: datetime | None) -> pl.Expr:
    """What stands beside periods that are not over, and beside the oldest one where it is cut."""
    unfinished = pl.col("so_far") if "so_far" in frame.columns else pl.lit(value=False)
    if reach is not None:
        # What has not begun is no part of anything.
        unfinished &= pl.col("start") <= reach
    since = _("from {time}").format(time=f"{begun:%H:%M}") if begun else None
    return (
        pl.when(unfinished)
        .then(pl.lit(_so_far(by, reach), pl.String))
        .when(pl.int_range(pl.len()) == pl.len() - 1)
        .then(pl.lit(since, pl.String))
    )


def _with_unknown(frame: pl.DataFrame) -> pl.DataFrame:
    """Add to the notes what some calls of a row do not say."""
    names = [name for name in UNKNOWN if name in frame.columns]
    if not names or not frame.select(pl.max_horizontal(pl.col(*names).max().fill_null(0))).item():
        return frame
    notes = [
        "; ".join(filter(None, [row[NOTE], *unknown_parts(row)])) or None
        for row in frame.select(NOTE, "attempts", "connected", *names).iter_rows(named=True)
    ]
    return frame.with_columns(pl.Series(NOTE, notes, pl.String))


def _so_far(by: str, reach: datetime | None) -> str | None:
    """Up to when a period counts that is not over, as its row says it: in UTC, as its beginning is."""
    if reach is None:
        return None
    time = f"{reach:%H:%M}" if by in {"hour", "day"} else date_and_time(reach, "MMMd")
    return _("so far, to {time}").format(time=time)


def standard_columns() -> tuple[str, ...]:
    """Columns that are shown before anybody chooses."""
    return "start", *(METRICS[name].column for name in _SHOWN)


def every_column() -> tuple[str, ...]:
    """Columns that can be chosen."""
    return "start", *(METRICS[name].column for name in _ORDER), *_MORE


def _with_more(metrics: list[Column]) -> Iterator[Column]:
    """Put the other columns among those of metrics."""
    for column in metrics:
        for name, (before, label, decimals, meaning) in _MORE.items():
            if METRICS[before].column == column.name:
                # Maxima and percentiles have neither sum nor average.
                kind: Kind = "ratio" if name in _MEANS else "number" if name == "user_side" else "amount"
                yield Column(name, _(label), kind, decimals, title=_(meaning), shown=False)
        yield column


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
        priced = both.filter(pl.col("charge").is_not_null())["currency"]
        is_mixed = metric.unit == "currency" and (currency == MIXED or priced.n_unique() > 1)
        # Amounts of several currencies add up to nothing.
        kind: Kind = "amount" if is_mixed else "number"
        return Column(metric.column, label, kind, decimals, title=_(metric.meaning), shown=shown)
    return ratio_column(
        metric, label, decimals, denominator=below(metric.column) if weighed else "", shown=shown
    )
