"""Graphs as SVG, drawn by Vega in this process: no browser, no network.

The graphs of a report are one Vega specification, drawn at once and cut apart: starting a view costs more
than its lines. What Vega-Lite makes of a shape is kept, so that only rows change from one customer to the
next. Graphs that are not cxreports' own are drawn one by one, as they say.
"""

from __future__ import annotations

import copy
import json
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final
from xml.etree import ElementTree as ET

import vl_convert
from babel import Locale

from cxreports import language
from cxreports.charts import Drawing
from cxreports.charts.over_time import FAINT
from cxreports.charts.theme import SHORT_DAY, SHORT_MONTH, config
from cxreports.reports.document import CARD_PX
from cxreports.reports.forms.fonts import families, folders

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cxreports.charts.drawing import Rows
    from cxreports.reports.document import Graph

_SVG: Final = "http://www.w3.org/2000/svg"
_LEFT, _RIGHT, _ABOVE, _BELOW = 44, 10, 8, 20
"""Pixels around a graph's lines, for its labels."""

_BETWEEN: Final = 60
_IDEOGRAPHS: Final = "\u2e80"
_BOLDER: Final = "0.2"
"""Within pictures Typst sets variable fonts as they are by default, which is too thin of Noto Sans CJK."""

_LABEL_PX: Final = 10
_WIDTH_PX: Final = 620
"""Width of a graph that is as wide as its place."""

_SHAPES_KEPT: Final = 256
_NO_NETWORK: Final[list[str]] = []

ET.register_namespace("", _SVG)


def drawn(graphs: Sequence[Graph]) -> list[str]:
    """SVG of each graph, in the current language."""
    own = [at for at, each in enumerate(graphs) if isinstance(each.drawing, Drawing)]
    cut = iter(_together([graphs[at].drawing for at in own]))  # type: ignore[misc]
    return [next(cut) if at in own else _alone(each.drawing) for at, each in enumerate(graphs)]  # type: ignore[arg-type]


def _alone(spec: Mapping[str, Any]) -> str:
    """SVG of a Vega-Lite specification of somebody's own."""
    _fonts()
    sized = {**spec, **({"width": _WIDTH_PX} if spec.get("width") == "container" else {})}
    look = _look(language.current())
    svg: str = vl_convert.vegalite_to_svg(
        sized,
        config={**look, "view": {"continuousWidth": _WIDTH_PX - 160, "continuousHeight": 260}},
        allowed_base_urls=_NO_NETWORK,
        time_format_locale=_times(language.current()),
    )
    return svg


def _together(drawings: Sequence[Drawing]) -> list[str]:
    if not drawings:
        return []
    _fonts()
    parts = [_filled(each) for each in drawings]
    shapes = tuple(json.dumps(spec, sort_keys=True) for spec, _ in parts)
    vega = copy.copy(_vega(shapes, language.current()))
    rows = {f"g{at}{name}": values for at, (_, each) in enumerate(parts) for name, values in each.items()}
    vega["data"] = [
        {**each, "values": rows[each["name"]]} if each["name"] in rows else each for each in vega["data"]
    ]
    svg = vl_convert.vega_to_svg(
        vega, allowed_base_urls=_NO_NETWORK, time_format_locale=_times(language.current())
    )
    return _cut(svg, len(drawings))


def _filled(drawing: Drawing) -> tuple[dict[str, Any], dict[str, Rows]]:
    """Specification without the layers that have nothing to show, and the rows of those that have."""
    spec, rows = drawing.parts()
    shared = spec.get("data", {}).get("name")
    layers = [
        each for each in spec["layer"] if _is_seen(each, rows[each.get("data", {}).get("name", shared)])
    ]
    bare = {key: value for key, value in spec.items() if key not in {"config", "$schema", "layer"}}
    kept = {each.get("data", {}).get("name", shared) for each in layers} | {shared}
    return {**bare, "layer": layers or spec["layer"][:1]}, {name: rows[name] for name in rows if name in kept}


def _is_seen(layer: Mapping[str, Any], rows: Rows) -> bool:
    """Whether a layer shows anything: each costs Vega as much as all the others' points."""
    filters = {each["filter"] for each in layer.get("transform", ()) if isinstance(each.get("filter"), str)}
    if "datum.lone" in filters:
        return any(row.get("lone") for row in rows)
    is_faint = layer["mark"].get("type") == "line" and layer["mark"].get("opacity") == FAINT
    if is_faint and not layer["mark"].get("strokeDash"):
        return any(row.get("few") for row in rows)
    return bool(rows)


@lru_cache(_SHAPES_KEPT)
def _vega(shapes: tuple[str, ...], tag: str) -> dict[str, Any]:
    """Vega's specification of some graphs below one another, without their rows."""
    width, height = CARD_PX
    stacked = []
    for at, text in enumerate(shapes):
        spec = _renamed(json.loads(text), f"g{at}")
        stacked.append({**spec, "width": width, "height": height})
    spec = {
        "vconcat": stacked,
        "spacing": _BETWEEN,
        "bounds": "flush",
        "config": _look(tag),
        "resolve": {"scale": {"x": "independent", "y": "independent"}},
    }
    vega: dict[str, Any] = vl_convert.vegalite_to_vega(spec)
    return vega


def _renamed(part: Any, prefix: str) -> Any:
    """Specification whose sources of data have names that no other graph's have."""
    if isinstance(part, list):
        return [_renamed(each, prefix) for each in part]
    if not isinstance(part, dict):
        return part
    renamed = {key: _renamed(value, prefix) for key, value in part.items()}
    data = renamed.get("data")
    if isinstance(data, dict) and "name" in data:
        renamed["data"] = {**data, "name": f"{prefix}{data['name']}"}
    return renamed


@lru_cache(maxsize=len(language.LANGUAGES))
def _look(tag: str) -> dict[str, Any]:
    """Configuration of graphs on paper: light, without a ground, in the fonts that reports have."""
    look = config()
    labels = look["axisX"]["labelExpr"]
    for written, skeleton in ((SHORT_DAY, "MMMd"), (SHORT_MONTH, "yMMM")):
        labels = labels.replace(f"'{written}'", f"'{language.date_directives(skeleton)}'")
    font = ", ".join(families(tag))
    return {
        **look,
        "background": None,
        "font": font,
        "padding": 4,
        # A limit has each label measured twice, which costs more than the lines.
        "axis": {**look["axis"], "labelFontSize": _LABEL_PX, "labelFont": font, "labelLimit": 0},
        "axisX": {**look["axisX"], "labelExpr": labels},
        "text": {"font": font},
    }


def _cut(svg: str, count: int) -> list[str]:
    """Take a picture of graphs below one another apart."""
    root = ET.fromstring(svg)  # noqa: S314 (Vega's own output)
    for text in root.iter(f"{{{_SVG}}}text"):
        if any(letter >= _IDEOGRAPHS for letter in text.text or ""):
            text.set("stroke", text.get("fill", ""))
            text.set("stroke-width", _BOLDER)
    groups = {each.get("class", ""): each for each in root.iter(f"{{{_SVG}}}g")}
    shared = [each for each in root if each.tag == f"{{{_SVG}}}defs"]
    width, height = CARD_PX
    size = (_LEFT + width + _RIGHT, _ABOVE + height + _BELOW)
    pictures = []
    for at in range(count):
        top = at * (height + _BETWEEN)
        picture = ET.Element(
            f"{{{_SVG}}}svg",
            {
                "width": str(size[0]),
                "height": str(size[1]),
                "viewBox": f"{-_LEFT} {top - _ABOVE} {size[0]} {size[1]}",
            },
        )
        picture.extend(shared)
        ET.SubElement(picture, f"{{{_SVG}}}g", {"fill": "none", "stroke-miterlimit": "10"}).append(
            groups[f"mark-group role-scope concat_{at}_group"]
        )
        pictures.append(ET.tostring(picture, encoding="unicode"))
    return pictures


@cache
def _times(tag: str) -> dict[str, Any] | None:
    """Names of months and days, as Vega takes them; None for English, which it knows."""
    if tag == "en":
        return None
    locale = Locale.parse(tag)

    def named(kind: str, width: str, order: Sequence[int]) -> list[str]:
        names = getattr(locale, kind)["format"][width]
        return [names[each] for each in order]

    days, months = (6, 0, 1, 2, 3, 4, 5), range(1, 13)
    return {
        "dateTime": "%x, %X",
        "date": "%Y-%m-%d",
        "time": "%H:%M:%S",
        "periods": ["AM", "PM"],
        "days": named("days", "wide", days),
        "shortDays": named("days", "abbreviated", days),
        "months": named("months", "wide", months),
        "shortMonths": named("months", "abbreviated", months),
    }


@cache
def _fonts() -> None:
    """Let Vega measure texts in the fonts that they are printed in."""
    for folder in folders():
        vl_convert.register_font_directory(str(folder))
