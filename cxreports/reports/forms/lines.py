"""The lines of a graph over time as SVG, to the same decimal as Vega draws them, in a hundredth of its time.

How a line looks stands in the graph's specification, which is read here layer by layer; where it runs
follows from the axes. Vega draws the rest, once for all graphs of equal axes: `cxreports.reports.forms.vega`.
"""

from __future__ import annotations

import math
import re
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cxreports.charts.over_time import FAINT, Lines
from cxreports.reports.document import CARD_PX

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from cxreports.charts import Drawing
    from cxreports.charts.drawing import Rows

    Point = Mapping[str, Any]
    Place = tuple[float, float | None]

_KEPT: Final = 1_000
"""Vega writes paths to thousandths of a pixel."""

_PLACE: Final = re.compile(r"datum\['(\w+)'\](?: / (\d+))?")
_FILTERS: Final[dict[str, Callable[[Point], bool]]] = {
    "datum.lone": lambda point: bool(point.get("lone")),
    "datum.so_far": lambda point: bool(point.get("so_far")),
    "!datum.so_far": lambda point: not point.get("so_far"),
}
_STEPS: Final = {10: math.sqrt(50), 5: math.sqrt(10), 2: math.sqrt(2)}
"""Round steps, and from which multiple of a power of ten on d3 takes them."""

_OPACITY: Final = 0.7
"""Opacity of Vega-Lite's points that do not say theirs."""

_FEWEST: Final = 2
_MOST_ROUNDS: Final = 10


class Extent(NamedTuple):
    """What the axes of a graph reach over: wall-clock milliseconds, and from 0 up to the top."""

    first: int
    last: int
    top: float


def extent(drawing: Drawing) -> Extent | None:
    """Extent of the axes of a graph, as Vega would choose it; None for a graph that it has to draw itself.

    Those are graphs with more than a report's lines, without two different times, or of nothing but zeros.
    """
    shape = drawing.shape
    if not isinstance(shape, Lines) or any(
        (shape.compared, shape.limited, shape.pointer, shape.alarmed, shape.polled)
    ):
        return None
    times = [each["start"] for each in drawing.rows["points"]]
    times += [each[end] for each in drawing.rows["strip"] for end in ("start", "end")]
    if len(set(times)) < _FEWEST:
        return None
    if shape.silent:
        return Extent(min(times), max(times), 1)
    spec, rows = drawing.parts()
    heights = [
        height
        for layer in spec["layer"]
        if "y" in layer["encoding"]
        for each in _points(layer, spec, rows)
        if (height := _height(layer, each)) is not None
    ]
    top = max(heights, default=0)
    scale: dict[str, Any] = next(
        each["encoding"]["y"]["scale"] for each in spec["layer"] if "y" in each["encoding"]
    )
    return Extent(min(times), max(times), nice(top, scale["nice"])) if top > 0 else None


def nice(top: float, ticks: int) -> float:
    """Round number at or above a value, as d3 ends an axis from 0 with about so many ticks."""
    before = None
    for _round in range(_MOST_ROUNDS):
        rough = top / ticks
        power = math.floor(math.log10(rough))
        error = rough / 10**power
        factor = next((each for each, least in _STEPS.items() if error >= least), 1)
        # d3 counts steps below 1 by their inverse, which is whole.
        step = 10**power * factor if power >= 0 else -(10**-power) / factor
        if step == before:
            break
        top = math.ceil(top / step) * step if step > 0 else math.floor(top * step) / step
        before = step
    return top


def marks(drawing: Drawing, axes: Extent, colours: Mapping[str, Mapping[str, str]]) -> str:
    """Elements of a graph's lines and points, the lowest first.

    Parameters
    ----------
    colours
        Look of each style, as a Vega-Lite configuration has it.
    """
    spec, rows = drawing.parts()
    kinds = {"line": _line, "area": _area, "point": _symbols}
    return "".join(
        kinds[layer["mark"]["type"]](layer, _points(layer, spec, rows), axes, colours)
        for layer in spec["layer"]
        if layer["mark"]["type"] in kinds
    )


def _points(layer: Mapping[str, Any], spec: Mapping[str, Any], rows: Mapping[str, Rows]) -> Rows:
    """Rows that a layer shows."""
    named = layer.get("data", spec["data"])["name"]
    kept = [_FILTERS[each["filter"]] for each in layer.get("transform", ()) if "filter" in each]
    return [each for each in rows[named] if all(keeps(each) for keeps in kept)]


def _height(layer: Mapping[str, Any], point: Point) -> float | None:
    """Figure of a point that a layer draws, in the unit of the axis: see `over_time`'s ``_drawable``."""
    field = layer["encoding"]["y"]["field"] if "y" in layer["encoding"] else "place"
    if field not in {"place", "drawn", "strong"}:
        value: float | None = point.get(field)
        return value
    is_left_out = field != "place" and (point.get("so_far") or (field == "strong" and point.get("few")))
    place = _PLACE.fullmatch(layer["transform"][0]["calculate"])
    assert place is not None  # noqa: S101 (each drawn layer begins with it)
    figure = point[place[1]]
    if figure is None or is_left_out:
        return None
    return figure / int(place[2]) if place[2] else figure  # type: ignore[no-any-return]


def _places(layer: Mapping[str, Any], points: Iterable[Point], axes: Extent) -> Iterator[Place]:
    """Where points stand, in pixels from the upper left; without a height where nothing is drawn."""
    width, height = CARD_PX
    # What is not over is left out of the axis, and stands at its edge where it is beyond.
    is_apart = "y" not in layer["encoding"]
    for each in points:
        along = (each["start"] - axes.first) / (axes.last - axes.first)
        figure = _height(layer, each)
        above = None if figure is None else height * (1 - figure / axes.top)
        yield width * along, min(max(above, 0), height) if is_apart and above is not None else above


def _strokes(layer: Mapping[str, Any], points: Rows, axes: Extent) -> Iterator[list[list[Place]]]:
    """Lines of a layer, a new one after the clocks went back, each in the stretches that have figures."""
    turns = groupby(points, key=lambda each: each.get("turn", 0))
    for _turn, own in turns:
        parts = groupby(_places(layer, own, axes), key=lambda each: each[1] is not None)
        yield [list(places) for is_drawn, places in parts if is_drawn]


def _line(
    layer: Mapping[str, Any], points: Rows, axes: Extent, colours: Mapping[str, Mapping[str, str]]
) -> str:
    mark = layer["mark"]
    look = _attributes(
        {
            "stroke": colours[mark["style"]]["color"],
            "stroke-width": mark.get("strokeWidth", 2),
            "stroke-linejoin": mark.get("strokeJoin"),
            "stroke-dasharray": ",".join(map(str, mark["strokeDash"])) if "strokeDash" in mark else None,
            "opacity": mark.get("opacity"),
        }
    )
    paths = (
        "".join(_path(part) + "Z" * (len(part) == 1) for part in parts)
        for parts in _strokes(layer, points, axes)
    )
    return "".join(f'<path d="{path}"{look} />' for path in paths if path)


def _area(
    layer: Mapping[str, Any], points: Rows, axes: Extent, colours: Mapping[str, Mapping[str, str]]
) -> str:
    mark = layer["mark"]
    look = _attributes({"fill": colours[mark["style"]]["color"], "opacity": mark.get("opacity")})
    paths = ("".join(_filled(part) for part in parts) for parts in _strokes(layer, points, axes))
    return "".join(f'<path d="{path}"{look} />' for path in paths if path)


def _symbols(
    layer: Mapping[str, Any], points: Rows, axes: Extent, colours: Mapping[str, Mapping[str, str]]
) -> str:
    mark = layer["mark"]
    r = _text(math.sqrt(mark["size"]) / 2)
    circle = f"M{r},0A{r},{r},0,1,1,-{r},0A{r},{r},0,1,1,{r},0"
    colour = colours[mark["style"]]["color"]
    filled = {"fill": colour} if mark["filled"] else {"stroke": colour, "stroke-width": mark["strokeWidth"]}
    made = []
    for each, (along, above) in zip(points, _places(layer, points, axes), strict=True):
        if above is None:
            continue
        opacity = mark.get("opacity", _OPACITY)
        if isinstance(opacity, dict):
            opacity = FAINT if each.get("few") else 1
        look = _attributes({**filled, "opacity": opacity})
        made.append(f'<path transform="translate({_text(along)},{_text(above)})" d="{circle}"{look} />')
    return "".join(made)


def _path(places: Iterable[Place]) -> str:
    return "M" + "L".join(f"{_text(along)},{_text(above)}" for along, above in places if above is not None)


def _filled(places: list[Place]) -> str:
    """Path around what lies below some places."""
    floor = [(along, CARD_PX[1]) for along, _above in reversed(places)]
    return f"{_path(places)}L{_path(floor)[1:]}Z"


def _text(pixels: float) -> str:
    """A number as JavaScript writes it, rounded as Vega rounds."""
    rounded = math.floor(pixels * _KEPT + 0.5) / _KEPT
    return str(int(rounded) if rounded.is_integer() else rounded)


def _attributes(named: Mapping[str, Any]) -> str:
    return "".join(f' {name}="{value}"' for name, value in named.items() if value is not None)
