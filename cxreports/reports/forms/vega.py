"""Vega in this process: no browser, no network, in the fonts that reports have.

`ground` draws what lies behind a graph's lines, which is the same for every customer whose figures have the
same axes; `whole` draws all of a graph, for those that `lines` does not know.
"""

from __future__ import annotations

import json
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final
from xml.etree import ElementTree as ET

import vl_convert
from babel import Locale

from cxreports import language
from cxreports.charts import Drawing
from cxreports.charts.theme import SHORT_DAY, SHORT_MONTH, config
from cxreports.reports.document import CARD_PX
from cxreports.reports.forms.fonts import families, folders

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cxreports.charts.drawing import Rows, Shape
    from cxreports.reports.forms.lines import Extent

_SVG: Final = "http://www.w3.org/2000/svg"
_IDEOGRAPHS: Final = "\u2e80"
_BOLDER: Final = "0.2"
"""Within pictures Typst sets variable fonts as they are by default, which is too thin of Noto Sans CJK."""

_LABEL_PX: Final = 10
_WIDTH_PX: Final = 620
"""Width of a graph that is as wide as its place."""

_GROUNDS_KEPT: Final = 512
_SHAPES_KEPT: Final = 64
_NO_NETWORK: Final[list[str]] = []
_BEHIND: Final = ("strip", "words")
"""Sources of what `ground` draws; lines leave them to it."""

ET.register_namespace("", _SVG)


def of_specification(spec: Mapping[str, Any]) -> str:
    """SVG of a Vega-Lite specification of somebody's own."""
    _fonts()
    sized = {**spec, **({"width": _WIDTH_PX} if spec.get("width") == "container" else {})}
    tag = language.current()
    svg: str = vl_convert.vegalite_to_svg(
        sized,
        config={**look(tag), "view": {"continuousWidth": _WIDTH_PX - 160, "continuousHeight": 260}},
        allowed_base_urls=_NO_NETWORK,
        time_format_locale=_times(tag),
    )
    return svg


def whole(drawing: Drawing) -> str:
    """Elements of a graph of cxreports' own, all drawn by Vega."""
    _, rows = drawing.parts()
    return _elements(drawing.shape, rows, language.current(), None)


def ground(drawing: Drawing, axes: Extent) -> str:
    """Elements of a graph without its lines: grid, labels, the strip that is so far, words for no calls."""
    behind = json.dumps([drawing.rows.get(each, []) for each in _BEHIND])
    return _ground(drawing.shape, axes, behind, language.current())


@lru_cache(_GROUNDS_KEPT)
def _ground(shape: Shape, axes: Extent, behind: str, tag: str) -> str:
    known: dict[str, Rows] = dict(zip(_BEHIND, json.loads(behind), strict=True))
    _, rows = Drawing(shape, {each: known.get(each, []) for each in shape.sources}).parts()
    return _elements(shape, rows, tag, axes)


def _elements(shape: Shape, rows: Mapping[str, Rows], tag: str, axes: Extent | None) -> str:
    """Draw rows in a shape; axes are of the rows, or as they are said."""
    _fonts()
    vega = _vega(shape, tag)
    data = [{**each, "values": rows[each["name"]]} if each["name"] in rows else each for each in vega["data"]]
    scales = vega["scales"]
    if axes is not None:
        domains = {"x": [axes.first, axes.last], "y": [0, axes.top]}
        scales = [{**each, "domain": domains[each["name"]], "nice": False, "zero": False} for each in scales]
    svg = vl_convert.vega_to_svg(
        {**vega, "data": data, "scales": scales},
        allowed_base_urls=_NO_NETWORK,
        time_format_locale=_times(tag),
    )
    return _bare(svg)


@lru_cache(_SHAPES_KEPT)
def _vega(shape: Shape, tag: str) -> dict[str, Any]:
    """Vega's specification of a shape, without rows."""
    spec, _ = Drawing(shape, {each: [] for each in shape.sources}).parts()
    width, height = CARD_PX
    bare = {key: value for key, value in spec.items() if key not in {"config", "$schema"}}
    vega: dict[str, Any] = vl_convert.vegalite_to_vega(
        {**bare, "width": width, "height": height, "config": look(tag)}
    )
    return vega


@lru_cache(maxsize=len(language.LANGUAGES))
def look(tag: str) -> dict[str, Any]:
    """Configuration of graphs on paper: light, without a ground, in the fonts that reports have."""
    own = config()
    labels = own["axisX"]["labelExpr"]
    for written, skeleton in ((SHORT_DAY, "MMMd"), (SHORT_MONTH, "yMMM")):
        labels = labels.replace(f"'{written}'", f"'{language.date_directives(skeleton)}'")
    font = ", ".join(families(tag))
    return {
        **own,
        "background": None,
        "font": font,
        "padding": 4,
        # A limit has each label measured twice, which costs more than the lines.
        "axis": {**own["axis"], "labelFontSize": _LABEL_PX, "labelFont": font, "labelLimit": 0},
        "axisX": {**own["axisX"], "labelExpr": labels},
        "text": {"font": font},
    }


def _bare(svg: str) -> str:
    """Elements of Vega's picture, without what paper and a page that names the picture have no use for."""
    root = ET.fromstring(svg)  # noqa: S314 (Vega's own output)
    for text in root.iter(f"{{{_SVG}}}text"):
        if any(letter >= _IDEOGRAPHS for letter in text.text or ""):
            text.set("stroke", text.get("fill", ""))
            text.set("stroke-width", _BOLDER)
    frame = next(each for each in root.iter(f"{{{_SVG}}}g") if "role-frame" in each.get("class", ""))
    _strip(frame)
    bare: str = ET.tostring(frame, encoding="unicode").replace(f' xmlns="{_SVG}"', "")
    return bare


def _strip(element: ET.Element) -> None:
    for name in [each for each in element.attrib if each.startswith("aria-")]:
        del element.attrib[name]
    for name in ("role", "class", "pointer-events"):
        element.attrib.pop(name, None)
    for child in list(element):
        if child.get("class") in {"background", "foreground"}:
            element.remove(child)
            continue
        _strip(child)
        if child.tag == f"{{{_SVG}}}g" and not len(child):
            element.remove(child)


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
