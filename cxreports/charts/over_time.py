"""Graphs of series: time runs along, and the figures stand above it.

They zoom along time (Ctrl and wheel, or two fingers; drag to move, double click to see all).

Times stand on the axis as the clocks of the frame's zone show them, whatever the browser's
zone. In the hour that clocks show twice, the line of the second one begins anew above the
first, and the pointer tells their offsets from UTC.

A bucket that is not over is drawn apart, dashed to a hollow point over a strip that says "so far". Its
place follows the axis, which the buckets that are over make: what lies beyond stands at the edge.
Ratios of few calls are drawn faintly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from cxreports.charts.drawing import AT, HEADING, NO_CALLS, Drawing, inline, words
from cxreports.charts.firing import firing_layers, firing_rows
from cxreports.charts.points import points_of, shifted, strip, unfinished
from cxreports.charts.polled import polled_layers, polled_rows
from cxreports.charts.theme import alt
from cxreports.language import _, marked, number
from cxreports.metrics import METRICS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    import polars as pl

    from cxreports.charts.drawing import Rows

_HEIGHT: Final = 190
_NEAR_LIMIT: Final = 0.6
_ZOOM_KEYS: Final = "wheel![event.ctrlKey || event.metaKey || event.shiftKey]"

FAINT: Final = 0.4
"""Opacity of ratios of few calls."""

_WHEN: Final = (
    f"utcFormat(datum.start, '{AT}') + (datum.offset ? ' ' + datum.offset : '') "
    "+ (datum.so_far ? ' · ' + 'so far' : '')"
)
_MINUTES: Final = "floor(round({0}) / 60) + ':' + pad(round({0}) % 60, 2, '0', 'left')"
_AREAS: Final = frozenset({"channels", "cps", "attempts"})
_FIGURES: Final[dict[str, dict[str, str]]] = {
    # For translators: the most at once, and the average
    "channels": {"max": marked("most"), "mean": marked("mean")},
    "cps": {"max": marked("fullest second"), "mean": marked("mean")},
    "dtmf": {"value": marked("DTMF"), "calls": marked("calls")},
    "pdd": {"value": marked("mean"), "p50": marked("median"), "p95": marked("95 % under")},
    "attempts": {"value": marked("attempts"), "connected": marked("connected")},
}
"""Columns that the pointer tells, and their labels, where they are more than the value."""

_BESIDE: Final[dict[str, dict[str, Any]]] = {
    "mean": {"strokeWidth": 1, "opacity": 0.55},
    "connected": {"style": "connected", "strokeWidth": 1.8, "strokeJoin": "round"},
}
"""Columns that are drawn beside the first one, and how their line differs from it."""

_TEXTS: Final = {
    "%": "format({0}, ',.2f') + ' %'",
    "s": _MINUTES,
    "ms": "format({0}, ',.0f') + ' ' + 'ms'",
    "calls": "format({0}, ',.0f')",
    "channels": "format({0}, ',.2~f')",
    "calls/s": "format({0}, ',.2~f')",
}
"""Vega expressions that write a figure for people, by its unit."""

_AXIS_TEXTS: Final = {
    "%": "format(datum.value, ',~f') + (datum.index == 1 ? ' %' : '')",
    "s": _MINUTES.format("(60 * datum.value)"),
    "ms": "format(datum.value, ',~f') + (datum.index == 1 ? ' ' + 'ms' : '')",
}
"""How an axis is labelled: a unit stands at its top only."""


def channels(
    frame: pl.DataFrame, *, previous: pl.DataFrame | None = None, limit: int | None = None
) -> alt.LayerChart:
    """Draw live channels: the most at once as an area, the mean as a thin line.

    Parameters
    ----------
    frame
        A series of ``channels``.
    previous
        The same series of the period before, drawn dashed.
    limit
        Channels that the customer may use, drawn as a line once the peak comes near it.
    """
    return drawn("channels", frame, previous=previous, limit=limit).chart()


def asr(frame: pl.DataFrame, *, previous: pl.DataFrame | None = None) -> alt.LayerChart:
    """Draw the answer-seizure ratio, per cent."""
    return drawn("asr", frame, previous=previous).chart()


def acd(frame: pl.DataFrame, *, previous: pl.DataFrame | None = None) -> alt.LayerChart:
    """Draw the mean talk time of answered calls, minutes and seconds."""
    return drawn("acd", frame, previous=previous).chart()


def dtmf(frame: pl.DataFrame, *, previous: pl.DataFrame | None = None) -> alt.LayerChart:
    """Draw the share of answered calls with keypad tones; their count is under the pointer."""
    return drawn("dtmf", frame, previous=previous).chart()


def ner(frame: pl.DataFrame, *, previous: pl.DataFrame | None = None) -> alt.LayerChart:
    """Draw the network effectiveness ratio, per cent."""
    return drawn("ner", frame, previous=previous).chart()


def pdd(frame: pl.DataFrame, *, previous: pl.DataFrame | None = None) -> alt.LayerChart:
    """Draw the mean post-dial delay; its median and 95th percentile are under the pointer."""
    return drawn("pdd", frame, previous=previous).chart()


def cps(frame: pl.DataFrame, *, previous: pl.DataFrame | None = None) -> alt.LayerChart:
    """Draw calls per second: the fullest second as an area, the mean as a thin line."""
    return drawn("cps", frame, previous=previous).chart()


def attempts(frame: pl.DataFrame, *, previous: pl.DataFrame | None = None) -> alt.LayerChart:
    """Draw the calls attempted in each bucket, against those connected.

    Parameters
    ----------
    frame
        A series of ``attempts``; with a column ``connected``, the values of the series of that
        name, both are drawn.
    previous
        The attempts of the period before, drawn dashed.
    """
    return drawn("attempts", frame, previous=previous).chart()


def drawn(
    name: str,
    frame: pl.DataFrame,
    *,
    previous: pl.DataFrame | None = None,
    limit: int | None = None,
    pointer: bool = True,
    firing: Sequence[tuple[str, datetime]] = (),
    polled: pl.DataFrame | None = None,
) -> Drawing:
    """Graph of a metric, not yet drawn by altair.

    Parameters
    ----------
    name
        A metric out of `BY_METRIC`.
    frame, previous, limit
        As the function of that name takes them.
    pointer
        Whether the graph itself follows the pointer and zooms; a page does that for all of its graphs.
    firing
        Titles of alerts about the metric that fire, and since when.
    polled
        ``start`` and ``most`` as the switches said, drawn as a fine line.
    """
    figures = figures_of(name, frame)
    main, area = next(iter(figures)), name in _AREAS
    points = points_of(frame, list(figures))
    over = [point[main] for point in points if not point.get("so_far")]
    silent = not any(each if area else each is not None for each in over)
    is_empty = silent and not any(point[main] for point in points)
    earlier = [] if is_empty or previous is None else shifted(previous, frame, main)
    near = limit is not None and max((each or 0 for each in over), default=0) >= _NEAR_LIMIT * limit
    fired = firing_rows(frame, firing)
    shape = Lines(
        name, tuple(figures.items()), area, previous is not None, near, silent, pointer, bool(fired),
        polled is not None,
    )  # fmt: skip
    rows = {
        "points": points,
        "part": unfinished(points, main),
        "strip": strip(points, _("so far")),
        "earlier": earlier,
        "earlier part": unfinished(earlier, main),
        "limit": [{"limit": limit, "text": _("limit {channels}").format(channels=number(limit or 0))}]
        if near
        else [],
        "words": [{"text": _(NO_CALLS)}] if is_empty else [],
        "firing": fired,
        "polled": polled_rows(polled),
    }
    return Drawing(shape, rows)


def usual_shapes(names: Iterable[str]) -> Iterator[Lines]:
    """Shapes of a page's graphs beside the period before: with calls, without, channels near their limit."""
    for name in names:
        figures = _FIGURES.get(name, {"value": METRICS[name].label})
        for near in (False, True) if name == "channels" else (False,):
            for silent in (False, True):
                yield Lines(
                    name,
                    tuple(figures.items()),
                    name in _AREAS,
                    compared=True,
                    limited=near,
                    silent=silent,
                    pointer=False,
                )


def figures_of(name: str, frame: pl.DataFrame) -> dict[str, str]:
    """Columns of a series that a graph tells, the one that it draws first, and their labels."""
    figures = _FIGURES.get(name, {"value": METRICS[name].label})
    return {column: label for column, label in figures.items() if column in frame.columns}


@dataclass(frozen=True)
class Lines:
    """What every graph over time has: the period before, the line, the pointer, words without calls.

    Channels are spelt out (``alt.Detail("turn:N")``): of a bare text altair finds the class in 5 ms.

    Attributes
    ----------
    name
        The metric.
    figures
        Columns that the pointer tells, and their labels; the first is drawn.
    area
        Whether it is filled.
    compared, limited
        Whether there are the period before, and a limit.
    silent
        Whether there is nothing to draw in any bucket that is over.
    pointer
        Whether it tells the figures under the pointer.
    alarmed
        Whether alerts about it fire.
    polled
        Whether switches said how it was.
    """

    name: str
    figures: tuple[tuple[str, str], ...]
    area: bool
    compared: bool
    limited: bool
    silent: bool
    pointer: bool
    alarmed: bool = False
    polled: bool = False

    @property
    def sources(self) -> tuple[str, ...]:
        """The tables that it shows."""
        return "points", "part", "strip", "earlier", "earlier part", "limit", "words", "firing", "polled"

    # The tests check every graph's whole specification; checking each drawing again costs half its time.
    @alt.utils.schemapi.debug_mode(arg=False)
    def chart(self, rows: Mapping[str, Rows]) -> alt.LayerChart:
        """Layer it."""
        main, unit = self.figures[0][0], METRICS[self.name].unit
        base = _drawable(main, unit)
        time = alt.X("start:T").scale(type="utc").axis(tickCount=7)
        along = {"x": time, "detail": alt.Detail("turn:N")}
        height = _y("drawn", unit, silent=self.silent)
        layers: list[Any] = _strip(rows["strip"])
        layers += firing_layers(rows["firing"]) if self.alarmed else []
        if self.compared:
            dots: dict[str, Any] = {
                "style": "muted",
                "strokeDash": [1.5, 2.5],
                "strokeWidth": 1.2,
                "opacity": 0.6,
            }
            earlier = _drawable(main, unit, data=inline(rows["earlier"]))
            layers.append(earlier.mark_line(**dots).encode(y=height, **along))
            part = _drawable(main, unit, data=inline(rows["earlier part"]))
            layers.append(part.mark_line(y=_APART, **dots).encode(x=along["x"]))
        if self.area:
            filled = base.mark_area(style=self.name, opacity=0.12, line=False)
            layers.append(filled.encode(y=height, **along))
        for column in (each for each in dict(self.figures) if each in _BESIDE):
            beside = base.mark_line(**{"style": self.name, **_BESIDE[column]})
            beside = beside.transform_filter("!datum.so_far")
            layers.append(beside.encode(y=_y(column, unit, silent=self.silent), **along))
        along["y"] = height
        line: dict[str, Any] = {"style": self.name, "strokeWidth": 1.8, "strokeJoin": "round"}
        if METRICS[self.name].weight is not None:
            layers.append(base.mark_line(opacity=FAINT, **line).encode(**along))
        strong = {**along, "y": _y("strong", unit, silent=self.silent)}
        lone = base.transform_filter("datum.lone")
        faded = alt.expr(f"datum.few ? {FAINT} : 1")
        dot = lone.mark_point(style=self.name, filled=True, size=14, opacity=faded)
        layers += [base.mark_line(**line).encode(**strong), dot.encode(**along)]
        layers += polled_layers(rows["polled"], height, along["x"]) if self.polled else []
        layers += _part(rows["part"], main, unit, along["x"], line)
        layers += _limit(rows["limit"]) if self.limited else []
        layers += [words(rows["words"])]
        layers += _pointer(base, self.name, dict(self.figures), along) if self.pointer else []
        return alt.LayerChart(data=inline(rows["points"]), layer=layers, width="container", height=_HEIGHT)


def _drawable(main: str, unit: str, **data: Any) -> alt.Chart:
    """Begin a layer, with what is drawn: seconds stand in minutes, so that ticks are round.

    Of a bucket that is not over nothing is ``drawn`` that an axis could follow, only its ``place``; what
    has few calls is not ``strong``.
    """
    value = f"datum['{main}']"
    place = f"{value} / 60" if unit == "s" else value
    chart: alt.Chart = alt.Chart(**data).transform_calculate(
        place=place,
        drawn=f"isValid({value}) && !datum.so_far ? {place} : null",
        strong=f"isValid({value}) && !datum.so_far && !datum.few ? {place} : null",
    )
    return chart


_APART: Final = alt.expr("clamp(scale('y', datum.place), 0, height)")
"""Height of a bucket that is not over: on the axis of the others, whose domain it does not enter."""


def _strip(rows: Rows) -> list[alt.Chart]:
    """Tint the time of the buckets that are not over, and say so."""
    strip = alt.Chart(inline(rows))
    along = alt.X("start:T").scale(type="utc")
    tint = strip.mark_rect(style="muted", opacity=0.12).encode(x=along, x2=alt.X2("end:T"))
    text = strip.mark_text(style="muted", align="right", baseline="top", y=2, dx=-3, fontSize=11)
    return [tint, text.encode(x=alt.X("end:T").scale(type="utc"), text=alt.Text("text:N"))]


def _part(rows: Rows, main: str, unit: str, along: Any, line: dict[str, Any]) -> list[alt.Chart]:
    """Draw the buckets that are not over: dashed, to hollow points."""
    part = _drawable(main, unit, data=inline(rows))
    dashed = part.mark_line(**line, strokeDash=[4, 3], opacity=0.7, y=_APART)
    hollow = part.transform_filter("datum.so_far").mark_point(
        style=line["style"], filled=False, size=36, strokeWidth=1.6, y=_APART
    )
    return [dashed.encode(x=along), hollow.encode(x=along)]


def _y(column: str, unit: str, *, silent: bool) -> alt.Y:
    axis: dict[str, Any] = {"labelExpr": _AXIS_TEXTS[unit]} if unit in _AXIS_TEXTS else {"format": ",~f"}
    if unit in {"calls", "channels"}:
        axis["tickMinStep"] = 1
    if silent:
        return alt.Y(f"{column}:Q").stack(None).scale(domain=[0, 1]).axis(tickCount=1, labels=False)
    return alt.Y(f"{column}:Q").stack(None).scale(zero=True, nice=4).axis(tickCount=4, **axis)


def _pointer(base: alt.Chart, name: str, figures: dict[str, str], along: dict[str, Any]) -> list[alt.Chart]:
    """Draw the line and the point of the bucket under the pointer; each bucket's unseen stripe feels it.

    Not Vega-Lite's ``nearest``, whose tooltips say "undefined" for computed texts. Both
    parameters are the stripes', which have a name: altair cannot join charts whose parameters
    lie on several layers, and would else name the layer by its data.
    """
    zoom = alt.selection_interval(name="zoom", bind="scales", encodings=["x"], zoom=_ZOOM_KEYS)
    pointed = alt.selection_point(
        name="pointed", on="pointerover", clear="pointerout", fields=["start"], empty=False
    )
    texts = {"when": _WHEN}
    for column in figures:
        unit = "calls" if column == "calls" else METRICS[name].unit
        value = f"datum['{column}']"
        texts[f"{column}_text"] = f"isValid({value}) ? {_TEXTS[unit].format(value)} : 'no calls'"
    tooltip = [
        alt.Tooltip("when:N", title=HEADING),
        *(alt.Tooltip(f"{column}_text:N", title=label) for column, label in figures.items()),
    ]
    under = base.transform_filter(pointed)
    rule = under.mark_rule(style="muted", opacity=0.6).encode(x=along["x"])
    point = under.mark_point(style=name, filled=True, size=46, opacity=1).encode(x=along["x"], y=along["y"])
    stripes = (
        base.transform_window(before="lag(start)", after="lead(start)")
        .transform_calculate(
            until="isValid(datum.after) ? datum.after : 2 * datum.start - datum.before", **texts
        )
        .mark_rect(opacity=0)
        .encode(x=along["x"], x2=alt.X2("until:T"), tooltip=tooltip)
        .properties(name=f"{name}-pointer")
        .add_params(pointed, zoom)
    )
    return [rule, point, stripes]


def _limit(rows: Rows) -> list[alt.Chart]:
    at = alt.Chart(inline(rows)).encode(y=alt.Y("limit:Q"))
    text = at.mark_text(style="limit", align="left", baseline="top", x=4, dy=4, fontSize=11)
    return [at.mark_rule(style="limit", strokeDash=[5, 3]), text.encode(text=alt.Text("text:N"))]


BY_METRIC: Final[dict[str, Callable[..., alt.LayerChart]]] = {
    each.__name__: each for each in (channels, asr, acd, dtmf, ner, pdd, cps, attempts)
}
"""The graph of each metric that has one."""
