"""The graphs of a report: the dashboard's four, over the period as the zone's calendar has it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from cxreports.charts import drawn, tone
from cxreports.clock import Period, zone
from cxreports.figures.series import series, series_at_once
from cxreports.language import _, marked
from cxreports.metrics import METRICS
from cxreports.reports.document import Graph, Graphs, Table
from cxreports.sheets.columns import Column
from cxreports.sheets.selection import Sheet
from cxreports.wording import minutes, number, percent

if TYPE_CHECKING:
    import polars as pl

    from cxreports.lake.snapshot import Snapshot
    from cxreports.pages.headline import Busiest
    from cxreports.reports.reported import Reported

_NAMES: Final = ("channels", "asr", "acd", "dtmf")
_TOGETHER: Final = ("asr", "acd", "dtmf")
_NOTES: Final = {"channels": marked("most and mean"), "dtmf": marked("answered calls with keypad tones")}
_LABELS: Final = {
    "value": "",
    "max": marked("most"),
    "mean": marked("mean"),
    "calls": marked("calls"),
}
_WIDTHS: Final = (
    (timedelta(days=2), "30m"),
    (timedelta(days=10), "3h"),
    (timedelta(days=100), "1d"),
    (timedelta(days=400), "1w"),
)
_WIDEST: Final = "1mo"


def graphs(
    snapshot: Snapshot,
    customer: str,
    reported: Reported,
    tz: str,
    figures: dict[str, Any],
    busiest: Busiest,
) -> Graphs:
    """Graphs of live channels, ASR, ACD and DTMF.

    Of a day, week, month or year they show that of the zone's calendar, so that no day is cut.
    """
    period = local(reported, tz)
    every = width(period)
    asked: dict[str, Any] = {
        "every": every,
        "start": period.start,
        "end": period.end,
        "tz": tz,
        "weighed": True,
    }
    frames = series_at_once(snapshot, customer, _TOGETHER, **asked)
    frames["channels"] = series(snapshot, customer, "channels", **asked)
    now = {
        "channels": number(busiest.peak),
        "asr": percent(figures["asr_pct"]),
        "acd": minutes(figures["acd_s"]),
        "dtmf": percent(figures["dtmf_pct"]),
    }
    return Graphs(tuple(_graph(name, frames[name], now[name], tz) for name in _NAMES), _("Graphs"))


def local(reported: Reported, tz: str) -> Period:
    """Period of the same dates on a zone's calendar; one that is none of the calendar stays as it is."""
    if not reported.unit:
        return reported.period
    within = zone(tz)
    ends = (
        datetime(at.year, at.month, at.day, tzinfo=within)
        for at in (reported.period.start, reported.period.end)
    )
    return Period(*(each.astimezone(UTC) for each in ends))


def width(period: Period) -> str:
    """Width of the buckets in which a period is drawn."""
    return next((every for longest, every in _WIDTHS if period.length <= longest), _WIDEST)


def _graph(name: str, frame: pl.DataFrame, figure: str, tz: str) -> Graph:
    metric = METRICS[name]
    note = _(_NOTES.get(name, metric.meaning))
    return Graph(
        drawn(name, frame, pointer=False),
        _(metric.label),
        note,
        figure,
        tone(name),
        f"{_(metric.label)}, {note}: {figure}",
        _data(name, frame, tz),
    )


def _data(name: str, frame: pl.DataFrame, tz: str) -> Table:
    """Rows behind a graph, for files."""
    metric = METRICS[name]
    values = [
        each for each in frame.columns if each in _LABELS and not (name == "channels" and each == "value")
    ]
    form = "%Y-%m-%d %H:%M%:z"
    times = frame["start"].dt.to_string(form)
    columns = [Column("start", _("From ({zone})").format(zone=tz), align="left")]
    for each in values:
        label = " ".join(filter(None, (_(metric.label), _(_LABELS[each]) if _LABELS[each] else "")))
        whole = each in {"max", "calls"}
        columns.append(
            Column(each, label if whole or metric.unit != "%" else f"{label} %", "ratio", 0 if whole else 2)
        )
    title = _("Graph: {metric}").format(metric=_(metric.label))
    sheet = Sheet(frame.select(times, *values), tuple(columns), name=f"graph-{name}", title=title)
    return Table(sheet, f"graph-{name}", title)
