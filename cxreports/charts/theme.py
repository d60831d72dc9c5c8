"""How charts look: the design tokens as an altair theme.

The tokens are those of the portal's style sheet, so that a chart in a notebook, on the page and
in a report has the same colours. A chart names its colours by style (``asr``, ``muted``), and
the theme that is enabled when it is drawn says what they are, light or dark.

altair is imported here, once and quickly: everything that draws takes it from this module.
"""

from __future__ import annotations

import re
import sys
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

# altair imports jsonschema, which imports rfc3987_syntax where it is installed (jupyter_server
# brings it) and builds a grammar of internationalised addresses for 2.4 s. No chart needs it.
_SLOW: Final = "rfc3987_syntax"
if _SLOW in sys.modules:
    import altair as alt
else:
    sys.modules[_SLOW] = None  # type: ignore[assignment]
    try:
        import altair as alt
    finally:
        del sys.modules[_SLOW]

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["SHORT_DAY", "SHORT_MONTH", "THEMES", "alt", "config", "enable", "tokens", "tone"]

THEMES: Final = {False: "cxreports", True: "cxreports-dark"}
"""altair's names of the light and the dark theme."""

_BLOCK: Final = re.compile(r":root \{([^}]*)\}")
_TOKEN: Final = re.compile(r"--([\w-]+)\s*:\s*([^;]+);")
SHORT_DAY: Final = "%-d %b"
SHORT_MONTH: Final = "%b %Y"
_YEAR_MS: Final = 370 * 24 * 3_600_000
_TIME_LABELS: Final = (
    "utcFormat(datum.value, "
    f"domain('x')[1] - domain('x')[0] > {_YEAR_MS} ? '{SHORT_MONTH}' : "
    "utcseconds(datum.value) ? '%H:%M:%S' : "
    f"utchours(datum.value) + utcminutes(datum.value) ? '%H:%M' : '{SHORT_DAY}')"
)
"""Midnight as its date, other times on the 24-hour clock; of more than a year, the month and the year."""

METRIC_COLOURS: Final = {
    "channels": "channels",
    "asr": "asr",
    "acd": "acd",
    "dtmf": "dtmf",
    "ner": "asr",
    "pdd": "acd",
    "cps": "channels",
    "attempts": "channels",
    "connected": "asr",
    "answered": "asr",
    "user side": "acd",
    "network side": "limit",
    "limit": "limit",
    "muted": "muted",
    "ink": "ink",
}
"""Colour tokens of the metrics' graphs, and of what else is drawn."""


def tone(name: str) -> str:
    """Colour token of a metric's graph."""
    return METRIC_COLOURS.get(name, "ink")


@cache
def tokens(*, dark: bool = False) -> Mapping[str, str]:
    """Design tokens, ``{"asr": "#12805c", …}``, of the light or the dark look."""
    sheet = files("cxreports.charts").joinpath("tokens.css").read_text("utf-8")
    light, night, both = (dict(_TOKEN.findall(block)) for block in _BLOCK.findall(sheet))
    return {**light, **night, **both} if dark else {**light, **both}


def config(*, dark: bool = False) -> dict[str, Any]:
    """Look of the graphs as Vega-Lite's configuration: no frame, quiet axes, the tokens' colours."""
    look = tokens(dark=dark)
    line, muted, font = look["line"], look["muted"], look["font"]
    colours = {name: look[token] for name, token in METRIC_COLOURS.items()}
    return {
        "background": look["card"],
        "font": font,
        "padding": 4,
        "view": {"stroke": None, "continuousWidth": 420, "continuousHeight": 190},
        "axis": {
            "domain": False,
            "ticks": False,
            "gridColor": line,
            "labelColor": muted,
            "labelFontSize": 11,
            "labelPadding": 6,
            "title": None,
        },
        "axisX": {
            "grid": False,
            "labelExpr": _TIME_LABELS,
            "labelFlush": True,
            "labelOverlap": "greedy",
            "labelSeparation": 16,
        },
        "axisY": {"grid": True, "tickCount": 4},
        "style": {name: {"color": colour} for name, colour in colours.items()},
    }


@alt.theme.register(THEMES[False], enable=True)
def _light() -> alt.theme.ThemeConfig:
    return {"config": config()}  # type: ignore[typeddict-item]


@alt.theme.register(THEMES[True], enable=False)
def _dark() -> alt.theme.ThemeConfig:
    return {"config": config(dark=True)}  # type: ignore[typeddict-item]


def enable(*, dark: bool = False) -> None:
    """Choose the look of the charts that are drawn from now on."""
    alt.theme.enable(THEMES[dark])
