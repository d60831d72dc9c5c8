"""Graphs of series: time runs along, and the figures stand above it.

They zoom along time (Ctrl and wheel, or two fingers; drag to move, double click to see all).

Times stand on the axis as the clocks of the frame's zone show them, whatever the browser's
zone. In the hour that clocks show twice, the line of the second one begins anew above the
first, and its points say "second time".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from cxreports.charts.drawing import AT, HEADING, NO_CALLS, Drawing, inline, words
from cxreports.charts.theme import alt
from cxreports.language import _, marked, number
from cxreports.metrics import METRICS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cxreports.charts.drawing import Rows

MOST_POINTS: Final = 1_500
"""Points of a line that are embedded in a chart; of more, the highest and lowest are kept."""

_HEIGHT: Final = 190
_NEAR_LIMIT: Final = 0.6
_ZOOM_KEYS: Final = "wheel![event.ctrlKey || event.metaKey || event.shiftKey]"

_WHEN: Final = f"utcFormat(datum.start, '{AT}') + (datum.again ? ' (' + 'second time' + ')' : '')"
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
    """
    figures = figures_of(name, frame)
    main, area = next(iter(figures)), name in _AREAS
    points = _points(frame, list(figures))
    silent = not any(point[main] if area else point[main] is not None for point in points)
    earlier = [] if silent or previous is None else _shifted(previous, frame, main)
    most = frame[main].max()
    near = limit is not None and isinstance(most, int) and most >= _NEAR_LIMIT * limit
    shape = Lines(name, tuple(figures.items()), area, previous is not None, near, silent, pointer)
    rows = {
        "points": points,
        "earlier": earlier,
        "limit": [{"limit": limit, "text": _("limit {channels}").format(channels=number(limit or 0))}]
        if near
        else [],
        "words": [{"text": _(NO_CALLS)}] if silent else [],
    }
    return Drawing(shape, rows)


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
        Whether there is nothing to draw.
    pointer
        Whether it tells the figures under the pointer.
    """

    name: str
    figures: tuple[tuple[str, str], ...]
    area: bool
    compared: bool
    limited: bool
    silent: bool
    pointer: bool

    @property
    def sources(self) -> tuple[str, ...]:
        """The tables that it shows."""
        return "points", "earlier", "limit", "words"

    # The tests check every graph's whole specification; checking each drawing again costs half its time.
    @alt.utils.schemapi.debug_mode(arg=False)
    def chart(self, rows: Mapping[str, Rows]) -> alt.LayerChart:
        """Layer it."""
        main, unit = self.figures[0][0], METRICS[self.name].unit
        base = _drawable(main, unit)
        along = {"x": alt.X("start:T").scale(type="utc").axis(tickCount=7), "detail": alt.Detail("turn:N")}
        height = _y("drawn", unit, silent=self.silent)
        layers: list[Any] = []
        if self.compared:
            earlier = _drawable(main, unit, data=inline(rows["earlier"]))
            dashed = earlier.mark_line(style="muted", strokeDash=[3, 3], strokeWidth=1.2, opacity=0.45)
            layers.append(dashed.encode(y=height, **along))
        if self.area:
            filled = base.mark_area(style=self.name, opacity=0.12, line=False)
            layers.append(filled.encode(y=height, **along))
        for column in (each for each in dict(self.figures) if each in _BESIDE):
            beside = base.mark_line(**{"style": self.name, **_BESIDE[column]})
            layers.append(beside.encode(y=_y(column, unit, silent=self.silent), **along))
        along["y"] = height
        bold = base.mark_line(style=self.name, strokeWidth=1.8, strokeJoin="round")
        lone = base.transform_filter("datum.lone")
        dot = lone.mark_point(style=self.name, filled=True, size=14, opacity=1)
        layers += [bold.encode(**along), dot.encode(**along)]
        layers += _limit(rows["limit"]) if self.limited else []
        layers += [words(rows["words"])]
        layers += _pointer(base, self.name, dict(self.figures), along) if self.pointer else []
        return alt.LayerChart(data=inline(rows["points"]), layer=layers, width="container", height=_HEIGHT)


def _drawable(main: str, unit: str, **data: Any) -> alt.Chart:
    """Begin a layer, with what is drawn: seconds stand in minutes, so that ticks are round."""
    value = f"datum['{main}']"
    drawn = f"isValid({value}) ? {value} / 60 : null" if unit == "s" else value
    return alt.Chart(**data).transform_calculate(drawn=drawn)


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


def _points(frame: pl.DataFrame, columns: list[str]) -> list[dict[str, Any]]:
    """Series as a chart embeds it: wall-clock milliseconds, numbers, and rare marks.

    ``turn`` counts how often the clocks went back, ``again`` marks a time shown for the second
    time, ``lone`` a figure without neighbours, of which a line shows nothing.
    """
    clocks = wall_clock(frame["start"])
    value = pl.col(columns[0])
    alone = value.is_not_null() & value.shift(1).is_null() & value.shift(-1).is_null()
    embedded = frame.select(
        clocks,
        pl.col(columns).cast(pl.Float64),
        turn=(clocks.diff() <= 0).fill_null(value=False).cum_sum(),
        again=(clocks <= clocks.cum_max().shift(1)).fill_null(value=False),
        lone=alone,
    )
    return [
        {
            key: int(figure) if isinstance(figure, float) and figure.is_integer() else figure
            for key, figure in row.items()
            if key in columns or figure
        }
        for row in _thinned(embedded, columns[0]).to_dicts()
    ]


def wall_clock(starts: pl.Series) -> pl.Series:
    """Where times stand on the axis: milliseconds at which UTC's clocks show what the zone's show."""
    return starts.dt.replace_time_zone(None).dt.epoch("ms").alias("start")


def _shifted(previous: pl.DataFrame, frame: pl.DataFrame, column: str) -> list[dict[str, Any]]:
    """Move the previous period's points to where this period's times stand."""
    if previous.is_empty() or frame.is_empty():
        return []
    begun, ended = wall_clock(frame["start"]).sort().gather([0, -1])
    points = _points(previous, [column])
    by = begun - points[0]["start"]
    moved = [{**point, "start": point["start"] + by} for point in points]
    return [point for point in moved if point["start"] <= ended]


def _thinned(points: pl.DataFrame, column: str) -> pl.DataFrame:
    """Keep the highest and the lowest bucket of each stretch when there are too many points."""
    if points.height <= MOST_POINTS:
        return points
    stretch = -(-2 * points.height // MOST_POINTS)
    numbered = points.with_row_index("row").with_columns(part=pl.col("row") // stretch)
    filled = pl.col(column).fill_null(float("-inf"))
    kept = numbered.group_by("part").agg(
        pl.col("row").get(filled.arg_max()).alias("high"), pl.col("row").get(filled.arg_min()).alias("low")
    )
    rows = pl.concat([kept["high"], kept["low"]]).unique()
    return numbered.filter(pl.col("row").is_in(rows.implode())).drop("row", "part")


BY_METRIC: Final[dict[str, Callable[..., alt.LayerChart]]] = {
    each.__name__: each for each in (channels, asr, acd, dtmf, ner, pdd, cps, attempts)
}
"""The graph of each metric that has one."""
