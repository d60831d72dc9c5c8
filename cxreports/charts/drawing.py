"""A drawing: the shape of a graph, of which there are few, and the rows that it shows.

altair makes a specification in 50 to 80 ms, its data in one. So a shape's specification is made
once, and graphs of the same shape change their rows alone. It is made in English, before anybody
knows who will read it; translating its texts takes a millisecond.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Protocol

from cxreports import language
from cxreports.charts.theme import SHORT_DAY, SHORT_MONTH, alt
from cxreports.language import _, marked

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

NO_CALLS: Final = marked("No calls in this period")

AT: Final = "%a %-d %b %Y, %H:%M"
"""When a bucket begins, as the pointer tells it."""

HEADING: Final = "time"
"""Name of what stands as the heading of what the pointer tells; the browser knows it by this."""

TEXTS: Final = (marked("no calls"), marked("so far"), marked("ms"))
"""Texts in expressions of specifications, in quotes."""

Rows = list[dict[str, Any]]

_SHAPES_KEPT: Final = 256


class Shape(Protocol):
    """What a graph looks like, whatever its rows; equal shapes have the same specification."""

    def __hash__(self) -> int: ...

    @property
    def sources(self) -> tuple[str, ...]:
        """Names of the tables that its layers show."""

    def chart(self, rows: Mapping[str, Rows]) -> alt.LayerChart:
        """Draw it with altair.

        Parameters
        ----------
        rows
            By the names of its sources.
        """


@dataclass(frozen=True)
class Drawing:
    """A graph.

    Attributes
    ----------
    shape
        What it looks like.
    rows
        What it shows, by the shape's sources.
    """

    shape: Shape
    rows: Mapping[str, Rows]

    def chart(self) -> alt.LayerChart:
        """Altair chart of it, in English."""
        return self.shape.chart(self.rows)

    def parts(self) -> tuple[dict[str, Any], dict[str, Rows]]:
        """Vega-Lite specification without data, and the rows by the names that stand in it.

        The specification is shared by all drawings of this shape: it is not to be changed.
        """
        spec, names = _translated(self.shape, alt.theme.active, language.current())
        return spec, {name: self.rows[source] for name, source in names.items()}


@lru_cache(_SHAPES_KEPT)
def _translated(shape: Shape, theme: str, tag: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Specification of a shape in a language: titles, and the texts of its expressions."""
    spec, names = _specified(shape, theme)
    if tag == "en":
        return spec, names
    at = f"{language.date_directives('yMMMEd')}, %H:%M"
    says = {
        AT: at,
        SHORT_DAY: language.date_directives("MMMd"),
        SHORT_MONTH: language.date_directives("yMMM"),
        **{text: _(text) for text in TEXTS},
    }
    quoted = {f"'{text}'": f"'{_escaped(translation)}'" for text, translation in says.items()}

    def translated(key: str, part: Any) -> Any:
        if isinstance(part, dict):
            return {each: translated(each, value) for each, value in part.items()}
        if isinstance(part, list):
            return [translated(key, each) for each in part]
        if key == "title" and isinstance(part, str) and part != HEADING:
            return _(part)
        if key in {"calculate", "labelExpr"}:
            for text, translation in quoted.items():
                part = part.replace(text, translation)
        return part

    return translated("", spec), names


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")


def specify(shapes: Iterable[Shape]) -> None:
    """Make the specifications of shapes before a graph needs them; no rows, and no engine, are needed."""
    for shape in shapes:
        _specified(shape, alt.theme.active)


def specifications_made() -> int:
    """How many specifications altair has made in this process."""
    return _specified.cache_info().misses


@lru_cache(_SHAPES_KEPT)
def _specified(shape: Shape, _theme: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Specification of a shape, and the source that each of its data names stands for."""
    # Parts of a chart are checked by the tests; checking the whole takes 50 ms.
    chart = shape.chart({source: [{"source": source}] for source in shape.sources})
    spec, data = apart(chart.to_dict(validate=False))
    return spec, {name: rows[0]["source"] for name, rows in data.items()}


def inline(rows: Rows) -> dict[str, Any]:
    """Rows in a form that altair does not check value by value, which would take a second."""
    return {"values": rows}


def words(silent: Rows) -> alt.Chart:
    """Text in the middle of a graph, for rows that have one."""
    middle: dict[str, Any] = {"x": alt.expr("width / 2"), "y": alt.expr("height / 2")}
    chart: alt.Chart = (
        alt.Chart(inline(silent))
        .mark_text(style="muted", fontSize=13, **middle)
        .encode(text=alt.Text("text:N"))
    )
    return chart


def apart(spec: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Take the data out of a Vega-Lite specification and number its sources.

    altair names data by a hash of its contents, or writes it where it is used; under stable
    names new rows of the same chart leave the specification as it was.

    Returns
    -------
    spec, data
        The specification with sources ``rows0``, ``rows1``, …; the rows by those names.
    """
    datasets = spec.get("datasets", {})
    names: dict[Any, str] = {}
    data: dict[str, Any] = {}

    def named(key: Any, rows: Any) -> str:
        if key not in names:
            names[key] = f"rows{len(names)}"
            data[names[key]] = rows
        return names[key]

    def source(part: dict[str, Any]) -> dict[str, Any]:
        if isinstance(part.get("values"), list):
            rest = {key: value for key, value in part.items() if key != "values"}
            return {**rest, "name": named(id(part["values"]), part["values"])}
        if part.get("name") in datasets:
            return {**part, "name": named(part["name"], datasets[part["name"]])}
        return part

    def bare(part: Any) -> Any:
        if isinstance(part, list):
            return [bare(each) for each in part]
        if isinstance(part, dict):
            return {
                key: source(value) if key == "data" and isinstance(value, dict) else bare(value)
                for key, value in part.items()
            }
        return part

    kept = {key: value for key, value in spec.items() if key not in {"datasets", "usermeta"}}
    return bare(kept), data
