"""Graphs as altair charts of the portal's look.

`over_time` draws series, `bars` what calls are counted by. Each function takes the frame that the
lake gives, and gives a chart that says its figures under the pointer. Pages draw the same graphs
by their `Drawing`, as wide as their place; the specification is made once.
Notebooks show them by `RENDERER`, unless another renderer of altair's was enabled before.
"""

from cxreports.charts.bars import BREAKDOWNS, MOST_BARS, destinations, sip_codes
from cxreports.charts.crosshair import Side, crosshair
from cxreports.charts.drawing import NO_CALLS, Drawing, apart
from cxreports.charts.notebook import MIME_TYPE, RENDERER, joined
from cxreports.charts.over_time import (
    BY_METRIC,
    acd,
    asr,
    attempts,
    channels,
    cps,
    drawn,
    dtmf,
    ner,
    pdd,
)
from cxreports.charts.points import MOST_POINTS
from cxreports.charts.theme import enable, tone

__all__ = [
    "BREAKDOWNS",
    "BY_METRIC",
    "MIME_TYPE",
    "MOST_BARS",
    "MOST_POINTS",
    "NO_CALLS",
    "RENDERER",
    "Drawing",
    "Side",
    "acd",
    "apart",
    "asr",
    "attempts",
    "channels",
    "cps",
    "crosshair",
    "destinations",
    "drawn",
    "dtmf",
    "enable",
    "joined",
    "ner",
    "pdd",
    "sip_codes",
    "tone",
]
