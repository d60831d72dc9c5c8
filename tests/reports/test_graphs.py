"""Graphs on paper: what lies behind the lines is drawn once, and the lines are where Vega draws them."""

from __future__ import annotations

import random
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from xml.etree import ElementTree as ET

import polars as pl
import pytest
import vl_convert

from cxreports import language
from cxreports.charts import Drawing, drawn
from cxreports.reports.document import Graph
from cxreports.reports.forms import lines, svg, vega

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

NAMES: Final = ("channels", "asr", "acd", "dtmf", "pdd", "cps", "attempts", "ner")
STEPS: Final = (timedelta(minutes=30), timedelta(hours=3), timedelta(days=1), timedelta(days=7))
Element = tuple[str, tuple[str, ...], tuple[tuple[str, str], ...], str | None]


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with language.speaking("en"):
        yield


def graph(
    name: str,
    values: Sequence[float | None],
    *,
    step: timedelta = STEPS[2],
    zone: str = "UTC",
    weights: Sequence[int] = (100,),
    open_: int = 0,
) -> Drawing:
    """Graph of some buckets from 24 October 2026 on, of which the last ones are not over."""
    count = len(values)
    frame = pl.DataFrame(
        {
            "start": pl.Series(
                [datetime(2026, 10, 24, 22, tzinfo=UTC) + step * at for at in range(count)],
                dtype=pl.Datetime("us", "UTC"),
            ),
            "value": pl.Series(values, dtype=pl.Float64),
            "weight": pl.Series([weights[at % len(weights)] for at in range(count)], dtype=pl.Int64),
            "so_far": pl.Series([at >= count - open_ for at in range(count)], dtype=pl.Boolean),
        }
    ).with_columns(pl.col("start").dt.convert_time_zone(zone))
    beside: dict[str, dict[str, Any]] = {
        "channels": {"max": pl.col("value"), "mean": pl.col("value") * 0.37},
        "cps": {"max": pl.col("value"), "mean": pl.col("value") * 0.37},
        "attempts": {"connected": pl.col("value") * 0.5},
        "dtmf": {"calls": pl.lit(3)},
    }
    if name in {"channels", "cps", "attempts"}:
        frame = frame.with_columns(weight=pl.lit(None, pl.Int64))
    return drawn(name, frame.with_columns(**beside.get(name, {})), pointer=False)


def elements(picture: str) -> list[Element]:
    """What a picture shows: each path, line and text, where it stands and how it looks."""
    found: list[Element] = []

    def walk(element: ET.Element, above: tuple[str, ...]) -> None:
        moved = element.get("transform", "translate(0,0)")
        places = above if moved == "translate(0,0)" else (*above, moved)
        is_shown = element.tag in {"line", "text"} or (element.tag == "path" and "d" in element.attrib)
        if is_shown:
            look = {name: value for name, value in element.attrib.items() if name != "transform"}
            if "stroke" not in look:
                look.pop("stroke-width", None)
            found.append(
                (element.tag, tuple(map(rounded, places)), tuple(sorted(look.items())), element.text)
            )
        for child in element:
            walk(child, places)

    bare = picture.replace(' xmlns="http://www.w3.org/2000/svg"', "")
    walk(ET.fromstring(f"<svg>{bare}</svg>"), ())
    return found


def rounded(place: str) -> str:
    return re.sub(r"-?\d+\.\d+", lambda number: f"{float(number[0]):.3f}".rstrip("0").rstrip("."), place)


def assert_vega_draws_the_same(drawing: Drawing) -> None:
    axes = lines.extent(drawing)
    assert axes is not None
    tag = language.current()
    ours = elements(vega.ground(drawing, axes) + lines.marks(drawing, axes, vega.look(tag)["style"]))
    theirs = elements(vega.whole(drawing))
    if drawing.shape.silent:  # type: ignore[attr-defined]
        # Words stand above a line at 0, not on it.
        ours, theirs = sorted(ours, key=str), sorted(theirs, key=str)
    assert ours == theirs


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", range(4))
def test_lines_are_where_vega_draws_them(name: str, seed: int) -> None:
    dice = random.Random(f"{name} {seed}")
    scale = dice.choice([0.001, 0.3, 1, 7, 100, 4321.7, 1e6])
    values: list[float | None] = [dice.random() * scale for _ in range(dice.choice([2, 3, 12, 31, 80]))]
    if name in {"channels", "attempts"}:
        values = [round(each or 0) for each in values]
    elif name != "cps":
        values = [None if dice.random() < seed / 5 else each for each in values]
    drawing = graph(
        name,
        values,
        step=dice.choice(STEPS),
        zone=dice.choice(["UTC", "Europe/Madrid"]),
        weights=[dice.choice([0, 3, 100, 100]) for _ in values],
        open_=dice.choice([0, 0, 1, 2]),
    )
    if lines.extent(drawing) is not None:
        assert_vega_draws_the_same(drawing)


def test_a_line_begins_anew_after_the_clocks_went_back() -> None:
    drawing = graph("asr", [float(each) for each in range(30, 54)], step=STEPS[0], zone="Europe/Madrid")
    assert_vega_draws_the_same(drawing)
    assert sum(each[0] == "path" for each in elements(vega.whole(drawing))) == 4


@pytest.mark.parametrize("tag", ["de", "ar", "zh"])
def test_labels_are_in_the_readers_language(tag: str) -> None:
    with language.speaking(tag):
        assert_vega_draws_the_same(graph("acd", [60, 120, None, 90, 80.5], open_=1))


def test_a_bucket_that_is_not_over_stands_at_its_own_height() -> None:
    (picture,) = svg.drawn([Graph(graph("asr", [40, 80, 60, 20], open_=1))])
    circle = next(each for each in re.findall(r"<path [^>]*>", picture) if 'stroke-width="1.6"' in each)
    # After three of the four days that the graph has, and 20 of the axis' 80, on 330 times 104 pixels.
    assert 'transform="translate(247.5,78)"' in circle


def test_no_calls_is_written_in_the_middle() -> None:
    (picture,) = svg.drawn([Graph(graph("dtmf", [None] * 5))])
    text = next(each for each in elements(picture) if each[3] == "No calls in this period")
    assert text[1][-1] == "translate(165,56)"


def test_more_than_a_year_is_labelled_with_months_and_years() -> None:
    (picture,) = svg.drawn([Graph(graph("asr", [50.0 + each % 3 for each in range(60)], step=STEPS[3]))])
    assert any(re.fullmatch(r"[A-Z][a-z]{2} 20\d\d", each[3] or "") for each in elements(picture))


def test_vega_draws_the_ground_once_for_all_graphs_of_the_same_axes(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    draw = vl_convert.vega_to_svg
    monkeypatch.setattr(
        vl_convert, "vega_to_svg", lambda spec, **said: asked.append(spec) or draw(spec, **said)
    )
    months = [[31.0, 67, 33 + nth / 7] for nth in range(5)]
    pictures = svg.drawn([Graph(graph("ner", month)) for month in months])
    assert len(set(pictures)) == 5
    assert len(asked) == 1


@pytest.mark.parametrize(
    "drawing",
    [graph("asr", [50.0]), graph("asr", [0.0, 0.0, 0.0]), graph("asr", [])],
    ids=["one bucket", "zeros", "none"],
)
def test_a_graph_without_axes_of_its_own_is_all_vegas(drawing: Drawing) -> None:
    assert lines.extent(drawing) is None
    (picture,) = svg.drawn([Graph(drawing)])
    assert elements(picture) == elements(vega.whole(drawing))


@pytest.mark.parametrize(
    ("top", "end"), [(0.9, 1), (1, 1), (3.3, 4), (13.3, 15), (66, 80), (100, 100), (0.0013, 0.0015)]
)
def test_axes_end_at_round_numbers(top: float, end: float) -> None:
    assert lines.nice(top, 4) == pytest.approx(end)
