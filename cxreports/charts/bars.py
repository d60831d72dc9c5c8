"""Graphs of what calls are counted by: a bar for each SIP code or destination, the largest on top.

Each bar has its name and its figures in a line above it, so that they fit a phone; all figures
are under the pointer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from cxreports.charts.drawing import NO_CALLS, Drawing, inline, words
from cxreports.charts.theme import alt
from cxreports.figures.bucket_sums import MIXED
from cxreports.language import _, marked, ngettext
from cxreports.sip import translated
from cxreports.wording import ABSENT, minutes, money, number, percent, unknown_parts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import polars as pl

    from cxreports.charts.drawing import Rows

MOST_BARS: Final = 7
"""Bars of a graph; of more codes the rest is one bar."""

_HEIGHT: Final = 190
_TEXT_AT, _BAR_FROM, _BAR_TO = 0.36, 0.66, 0.88
"""Where text and bar stand in a bar's stripe, from its top."""

_TONES: Final = ("answered", "user side", "network side", "muted")
"""Styles of bars of SIP codes, by how the calls ended."""

_ENDED: Final = {
    "answered": marked("answered"),
    "user side": marked("by the called user"),
    "network side": marked("in the network"),
    None: marked("not said"),
}
_SIP_TIPS: Final = {"calls": marked("calls"), "share": marked("share"), "ended": marked("ended")}
_DESTINATION_TIPS: Final = {
    "calls": marked("attempts"),
    "connected": marked("connected"),
    "asr": marked("ASR"),
    "acd": marked("ACD"),
    "charge": marked("charge"),
}


def sip_codes(frame: pl.DataFrame) -> alt.LayerChart:
    """Draw how attempts ended: calls and share of each final SIP code.

    Parameters
    ----------
    frame
        What ``lake.sip_codes(…)`` gives.
    """
    return _sip_codes(frame).chart()


def destinations(frame: pl.DataFrame) -> alt.LayerChart:
    """Draw where most calls went: attempts, and within them those connected.

    Parameters
    ----------
    frame
        What ``lake.destinations(…)`` gives.
    """
    return _destinations(frame).chart()


def usual_shapes() -> Iterator[Bars]:
    """Shapes of the breakdowns, with calls and without."""
    for name, tips in (("sip_codes", _SIP_TIPS), ("destinations", _DESTINATION_TIPS)):
        for silent in (False, True):
            yield Bars(name, tuple(tips.items()), silent)


def own_bars(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Rows that have a bar of their own, in the order of the bars."""
    if name == "destinations" or frame.height <= MOST_BARS:
        return frame.head(MOST_BARS)
    return frame.head(MOST_BARS - 1)


def _sip_codes(frame: pl.DataFrame) -> Drawing:
    shown = own_bars("sip_codes", frame)
    rows = [
        _bar(
            f"{each['sip_code'] or ''} {translated(each['meaning'])}".strip(),
            f"{number(each['attempts'])} · {percent(each['share_pct'])}",
            each["attempts"],
            {"share": percent(each["share_pct"], 2), "ended": _(_ENDED[each["ending"]])},
            tone=each["ending"] or "muted",
        )
        for each in shown.to_dicts()
    ]
    rest = frame.tail(frame.height - shown.height)
    if rest.height:
        calls, share = int(rest["attempts"].sum()), rest["share_pct"].sum()
        tips = {"share": percent(share, 2), "ended": _("in various ways")}
        figures = f"{number(calls)} · {percent(share)}"
        others = ngettext("{count} other code", "{count} other codes", rest.height).format(count=rest.height)
        rows.append(_bar(others, figures, calls, tips, tone="muted"))
    return _drawing("sip_codes", rows, _SIP_TIPS)


def _destinations(frame: pl.DataFrame) -> Drawing:
    rows = []
    for each in own_bars("destinations", frame).to_dicts():
        asr, acd = percent(each["asr_pct"]), minutes(each["acd_s"])
        charge = money(each["charge"], each["currency"])
        figures = " · ".join(text for text in (number(each["attempts"]), asr, acd, charge) if text != ABSENT)
        several = _("several currencies") if each["currency"] == MIXED else charge
        told = {"acd": (acd, "duration_unknown"), "charge": (several, "charge_unknown")}
        tips = {"connected": number(each["connected"]), "asr": asr}
        tips |= {name: _with_unknown(text, each, unknown) for name, (text, unknown) in told.items()}
        bar = _bar(each["destination"], figures, each["attempts"], tips, part=each["connected"])
        rows.append(bar)
    return _drawing("destinations", rows, _DESTINATION_TIPS)


def _with_unknown(text: str, row: Mapping[str, Any], name: str) -> str:
    """A figure, and of how many calls it is not known."""
    sentences = unknown_parts({"connected": row["connected"], name: row[name]})
    return " · ".join([text, *sentences])


def _bar(
    name: str, figures: str, calls: int, tips: dict[str, str], *, part: int = 0, tone: str = ""
) -> dict[str, Any]:
    """Bar of a graph: its length in calls, and how much of it is filled strongly."""
    bar = {"name": name, "figures": figures, "value": calls, "calls": number(calls), **tips}
    return {**bar, "tone": tone} if tone else {**bar, "part": part}


def _drawing(name: str, rows: Rows, tips: Mapping[str, str]) -> Drawing:
    numbered = [{"rank": rank, **row} for rank, row in enumerate(rows)]
    silence = [] if rows else [{"text": _(NO_CALLS)}]
    return Drawing(Bars(name, tuple(tips.items()), not rows), {"bars": numbered, "words": silence})


@dataclass(frozen=True)
class Bars:
    """A column of bars, each under its name and figures.

    Attributes
    ----------
    name
        Out of `BREAKDOWNS`.
    tips
        Columns that the pointer tells, and their labels.
    silent
        Whether there is nothing to draw.
    """

    name: str
    tips: tuple[tuple[str, str], ...]
    silent: bool

    @property
    def sources(self) -> tuple[str, ...]:
        """The tables that it shows."""
        return "bars", "words"

    # The tests check the whole specification; checking each drawing again costs half its time.
    @alt.utils.schemapi.debug_mode(arg=False)
    def chart(self, rows: Mapping[str, Rows]) -> alt.LayerChart:
        """Layer it: bars faintly and, within them, strongly; texts; the stripes that feel the pointer."""
        base = alt.Chart()
        if self.name == "destinations":
            layers = [
                _stretch(base.mark_rect(style="attempts", opacity=0.3), "value"),
                _stretch(base.mark_rect(style="attempts", opacity=0.9), "part"),
            ]
        else:
            layers = [
                _stretch(base.transform_filter(alt.datum.tone == tone).mark_rect(style=tone), "value")
                for tone in _TONES
            ]
        at = base.transform_calculate(at=f"datum.rank + {_TEXT_AT}")
        named = at.mark_text(style="ink", align="left", x=0, fontSize=12, limit=alt.expr("width * 0.52"))
        figures = at.mark_text(style="muted", align="right", x=alt.expr("width"), fontSize=11.5)
        tips = [alt.Tooltip("name:N"), *(alt.Tooltip(f"{each}:N", title=label) for each, label in self.tips)]
        stripes = base.mark_rect(opacity=0, x=0, x2=alt.expr("width")).transform_calculate(
            from_="datum.rank", to="datum.rank + 1"
        )
        layers += [
            named.encode(y=_y("at"), text=alt.Text("name:N")),
            figures.encode(y=_y("at"), text=alt.Text("figures:N")),
            words(rows["words"]),
            stripes.encode(y=_y("from_"), y2=alt.Y2("to:Q"), tooltip=tips),
        ]
        return alt.LayerChart(data=inline(rows["bars"]), layer=layers, width="container", height=_HEIGHT)


def _stretch(mark: alt.Chart, column: str) -> alt.Chart:
    along = alt.X(f"{column}:Q").scale(domainMin=0, nice=False).axis(None)
    return mark.transform_calculate(
        zero="0", top=f"datum.rank + {_BAR_FROM}", bottom=f"datum.rank + {_BAR_TO}"
    ).encode(x=along, x2=alt.X2("zero:Q"), y=_y("top"), y2=alt.Y2("bottom:Q"))


def _y(column: str) -> alt.Y:
    return alt.Y(f"{column}:Q").scale(domain=[0, MOST_BARS], reverse=True, nice=False).axis(None)


BREAKDOWNS: Final[dict[str, Callable[[pl.DataFrame], Drawing]]] = {
    "sip_codes": _sip_codes,
    "destinations": _destinations,
}
"""The drawing of each breakdown."""
