"""The graphs: their series, and what they show in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import polars as pl

from cxreports.figures.series import READ_AT_ONCE, series, series_at_once
from cxreports.language import _, date_and_time, marked
from cxreports.metrics import METRICS
from cxreports.sip import translated
from cxreports.wording import ABSENT, minutes, number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cxreports.figures.live_channels import LiveChannels
    from cxreports.lake.snapshot import Snapshot
    from cxreports.pages.headline import Row
    from cxreports.pages.zoom import Window

_SUBTITLES: Final = {
    "channels": marked("max and mean"),
    "dtmf": marked("answered calls with keypad tones"),
    "ner": marked("answered or ended by the user"),
    "cps": marked("fullest second and mean"),
    "attempts": marked("attempts filled, connected as a line"),
    "sip_codes": marked("calls and share of attempts"),
    "destinations": marked("attempts, ASR, ACD, charge"),
}
_LABELS: Final = {
    "attempts": marked("Attempts and connected"),
    "sip_codes": marked("SIP codes"),
    "destinations": marked("Top destinations"),
    "figures": marked("Figures"),
    "summary": marked("Summary"),
}
_SPOKEN: Final = 3
"""Bars that a description tells."""


def labelled(widget: str) -> str:
    """A widget's heading."""
    return _(_LABELS.get(widget) or METRICS[widget].label)


def subtitle(name: str) -> str:
    """Say beside a graph's name how it is measured."""
    return _(_SUBTITLES.get(name) or METRICS[name].meaning)


def graph_frames(
    snapshot: Snapshot, customer: str, names: Sequence[str], window: Window, tz: str
) -> dict[str, pl.DataFrame]:
    """Series of graphs, with what each value is worth: see `series`."""
    read: dict[str, Any] = {
        "every": window.every,
        "start": window.period.start,
        "end": window.period.end,
        "tz": tz,
        "weighed": True,
    }
    together = [name for name in names if name in READ_AT_ONCE]
    frames = series_at_once(snapshot, customer, together, **read) if together else {}
    alone = (name for name in names if name not in READ_AT_ONCE)
    return frames | {name: series(snapshot, customer, name, **read) for name in alone}


def told(name: str, channels: LiveChannels | None, most: int | None, current: Row) -> str:
    """Word the figure of the period that stands above a graph.

    Parameters
    ----------
    channels
        Channels in use; None for a past period.
    most
        The most channels of the period; None without a call.
    current
        Totals of the period, the columns of a summary.
    """
    metric = METRICS[name]
    if name == "channels":
        if channels is not None:
            return number(channels.count)
        return ABSENT if most is None else _("{count} at most").format(count=number(most))
    value = current.get(metric.column)
    if name == "acd":
        return minutes(value)
    if value is None:
        return ABSENT if metric.column in current else ""
    unit = "" if metric.unit == "calls" else f" {_(metric.unit)}"
    return f"{number(value, 1 if metric.unit == '%' else 0)}{unit}"


def described(name: str, frame: pl.DataFrame, tz: str) -> str:
    """What a graph shows, for people who cannot see it."""
    metric = METRICS[name]
    whole = frame.filter(~pl.col("so_far")) if "so_far" in frame.columns else frame
    values = whole["value"].drop_nulls()
    if values.is_empty():
        values = frame["value"].drop_nulls()
    if values.is_empty():
        return _("{graph}: no calls in this period.").format(graph=_(metric.label))
    low, high = (number(each, metric.decimals) for each in (values.min(), values.max()))  # type: ignore[arg-type]
    begin, end = (date_and_time(each, "MMMd") for each in (frame["start"][0], frame["start"][-1]))
    return _("{graph} from {begin} to {end} ({zone}): {low} to {high} {unit}.").format(
        graph=_(metric.label), begin=begin, end=end, zone=tz, low=low, high=high, unit=_(metric.unit)
    )


def listed(name: str, frame: pl.DataFrame) -> str:
    """What a graph of bars shows, for people who cannot see it."""
    label = labelled(name)
    if frame.is_empty():
        return _("{graph}: no calls in this period.").format(graph=label)
    called = "meaning" if name == "sip_codes" else "destination"
    code = "sip_code" if name == "sip_codes" else None
    parts = [
        f"{f'{row[code]} ' if code and row[code] else ''}{translated(row[called])} {number(row['attempts'])}"
        for row in frame.head(_SPOKEN).to_dicts()
    ]
    return _("{graph}, most attempts first: {bars}.").format(graph=label, bars=", ".join(parts))
