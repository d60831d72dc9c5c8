"""The figure that a person came from to a list of calls: its name, which calls it has, the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cxreports import sip
from cxreports.clock import zone
from cxreports.figures.narrowing import WITHOUT_CODE
from cxreports.language import _, date_and_time, isolated
from cxreports.metrics import METRICS
from cxreports.pages.graphs import labelled
from cxreports.pages.spans.preset import DAY
from cxreports.pages.view import BREAKDOWNS, CUSTOM, GRAPHS, View

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from cxreports.clock import Period

SUMMARY: Final = "summary."
"""Begins the origin of a cell of the summary; the name of its metric follows."""

FIGURE: Final = "figure."
"""Begins the origin of a figure above the graphs."""

_OF_METRICS: Final = (SUMMARY, FIGURE)

_ORIGINS: Final = frozenset(
    (*GRAPHS, *BREAKDOWNS, *(f"{beginning}{name}" for beginning in _OF_METRICS for name in METRICS))
)

_OF_CONNECTED: Final = frozenset(
    ("connected", "acd", "dtmf", "dtmf_calls", "duration", "billed_duration"),
)
"""Metrics that calls without an answer are no part of; such a call can have a charge."""

_IN_PROGRESS: Final = frozenset(("channels", "cps"))
"""Metrics that are measured at instants: the calls that began in the bucket are listed."""

_FILTERED: Final = {"sip_codes": "sip", "destinations": "destination"}
"""Choice that a bar of a breakdown makes."""


def is_origin(origin: str) -> bool:
    """Whether a person can come from there."""
    return origin in _ORIGINS


def is_of_connected(origin: str) -> bool:
    """Whether a figure is one of answered calls alone."""
    return _metric(origin) in _OF_CONNECTED


def _metric(origin: str) -> str:
    return origin.removeprefix(SUMMARY).removeprefix(FIGURE)


def without(origin: str, whole: str, view: View) -> View:
    """The view before somebody came from a figure: its whole period, and not the figure's own filter.

    Parameters
    ----------
    whole
        Id of a period of a fixed length, or both ends of another one, with ``/`` between them.
    """
    begin, _slash, end = whole.partition("/")
    ends = {"period": CUSTOM, "from": begin, "to": end} if end else {"period": whole or DAY}
    chosen = {_FILTERED[origin]: ""} if origin in _FILTERED else {}
    return view.asked(ends | chosen)


def whole_of(view: View) -> str:
    """The period of a view, as `without` takes it."""
    return f"{view.custom_from}/{view.custom_to}" if view.period == CUSTOM else view.period


def chip(origin: str, view: View, period: Period) -> dict[str, str]:
    """Where a person came from, as the chip above the calls says it: ``label``, ``text``."""
    if origin in _FILTERED:
        label = _("From the graph “{graph}”:").format(graph=labelled(origin))
        return {"label": label, "text": _filtered(origin, view)}
    name = _metric(origin)
    text = span_text(period, view.zone)
    if name in _IN_PROGRESS:
        text = _("calls that began {period}").format(period=text)
    if origin.startswith(FIGURE):
        label = _("From the figure “{figure}”:").format(figure=_(METRICS[name].label))
    elif origin != name:
        label = _("From the summary, {column}:").format(column=_(METRICS[name].label))
    else:
        label = _("From the graph “{graph}”:").format(graph=labelled(origin))
    return {"label": label, "text": text}


def _filtered(origin: str, view: View) -> str:
    if origin == "destinations":
        return sip.translated(view.destination)
    if not view.sip.isdecimal():
        return sip.translated(sip.NO_CODE) if view.sip == WITHOUT_CODE else view.sip
    return f"{view.sip} {sip.translated(sip.meaning(int(view.sip)))}"


def span_text(period: Period, tz: str) -> str:
    """A stretch of time on a zone's clocks: 29 Nov, 12:15 to 12:45."""
    begin, end = (moment.astimezone(zone(tz)) for moment in (period.start, period.end))
    until = _clock(end) if begin.date() == end.date() else date_and_time(end, "MMMd") + _turn(end)
    return isolated(f"{date_and_time(begin, 'MMMd')}{_turn(begin)} \N{EN DASH} {until}")


def _clock(moment: datetime) -> str:
    return f"{moment:%H:%M}{_turn(moment)}"


def _turn(moment: datetime) -> str:
    """Offset from UTC of a time that the clocks show twice, else nothing."""
    within: tzinfo | None = moment.tzinfo
    wall = moment.replace(tzinfo=None)
    offsets = {wall.replace(tzinfo=within, fold=fold).utcoffset() for fold in (0, 1)}
    # A time that is skipped in spring has two offsets as well, but no instant is shown as one.
    offset = moment.isoformat()[-6:]
    return f" (UTC{offset})" if len(offsets) > 1 else ""
