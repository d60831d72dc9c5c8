"""What a notebook shows, free of its form: blocks in order, under a head that stands on every page."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from cxreports.charts import Drawing
    from cxreports.reports.reported import Reported
    from cxreports.sheets.selection import Sheet

Tone: TypeAlias = Literal["", "good", "bad"]

Node: TypeAlias = "dict[str, Any]"
"""A piece of text: its kind ``t``, its text ``s`` or its parts ``c``."""

CARD_PX: Final = (330, 104)
"""Width and height of a graph within its card: the place of the lines, without labels."""


class Shown:
    """A block, which JupyterLab shows as a report's HTML has it."""

    def _repr_html_(self) -> str:
        # What writes HTML knows the blocks; a notebook that is open asks for it, a report never does.
        html = importlib.import_module("cxreports.reports.forms.html")
        shown: str = html.fragment(self)
        return shown


@dataclass(frozen=True)
class Heading(Shown):
    """A heading of level 1 (the document's own) to 4, and a note beside it."""

    text: str
    level: int = 2
    note: str = ""


@dataclass(frozen=True)
class Prose(Shown):
    """Written text: paragraphs, lists, quotations, as `cxreports.reports.markdown` reads them."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True)
class Plain(Shown):
    """Text as it was printed, letter by letter."""

    text: str


@dataclass(frozen=True)
class Notice(Shown):
    """A sentence that nobody should miss."""

    text: str


@dataclass(frozen=True)
class Tile:
    """One figure: what it is, its value and unit, how it has changed, and whether that is good."""

    label: str
    value: str
    unit: str = ""
    detail: str = ""
    trend: Literal["", "up", "down"] = ""
    tone: Tone = ""


@dataclass(frozen=True)
class Tiles(Shown):
    """Figures beside each other."""

    tiles: tuple[Tile, ...]


@dataclass(frozen=True)
class Table(Shown):
    """A table.

    Attributes
    ----------
    sheet
        Its rows as they stand below one another, its columns, and totals.
    name
        What its file is called, and its sheet in a workbook where it has no title.
    printed
        Columns that are printed; by default all of them. Files have every one.
    """

    sheet: Sheet
    name: str
    title: str = ""
    note: str = ""
    printed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Graph(Shown):
    """A graph in a card.

    Attributes
    ----------
    drawing
        cxreports' own, or a Vega-Lite specification.
    figure
        The figure of the whole period, in the graph's colour.
    tone
        Colour token.
    alternative
        What the graph shows, for those who cannot see it.
    data
        The rows behind it, for a workbook; None for a graph that is not cxreports' own.
    """

    drawing: Drawing | Mapping[str, Any]
    title: str = ""
    note: str = ""
    figure: str = ""
    tone: str = "ink"
    alternative: str = ""
    data: Table | None = None


@dataclass(frozen=True)
class Graphs(Shown):
    """Graphs beside and below each other, two in a row."""

    graphs: tuple[Graph, ...]
    title: str = ""


@dataclass(frozen=True)
class Picture(Shown):
    """A picture: PNG, JPEG or SVG, as wide as so many points of print at most."""

    content: bytes
    media: str
    width_pt: float | None = None
    alternative: str = ""


@dataclass(frozen=True)
class Points(Shown):
    """Sentences, each led by what it is of."""

    title: str
    points: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Beside(Shown):
    """Blocks in columns beside each other, as wide as they weigh."""

    columns: tuple[tuple[float, Block], ...]


@dataclass(frozen=True)
class Meanings(Shown):
    """What terms mean, small and in two columns."""

    title: str
    entries: tuple[tuple[str, str], ...]
    closing: str = ""


@dataclass(frozen=True)
class PageBreak(Shown):
    """The end of a page."""


Block: TypeAlias = (
    Heading
    | Prose
    | Plain
    | Notice
    | Tiles
    | Table
    | Graph
    | Graphs
    | Picture
    | Points
    | Beside
    | Meanings
    | PageBreak
)


@dataclass(frozen=True)
class Head:
    """What stands on every page.

    Attributes
    ----------
    company
        Whose figures they are.
    title
        What the report is called: ``Monthly report · October 2026``.
    operator
        Who gives it; empty where nobody is named.
    foot
        Sentence on up to when the data reaches, which snapshot it is, zones and currency.
    language
        Tag.
    created
        Time that files bear: that of the snapshot, so that the same figures give the same bytes.
    """

    company: str
    title: str
    operator: str
    foot: str
    language: str
    created: datetime


@dataclass(frozen=True)
class Document:
    """A report before it has a form."""

    head: Head
    blocks: tuple[Block, ...]
    period: Reported
    is_complete: bool = True

    def tables(self) -> list[Table]:
        """Every table in order, those behind graphs last, each under a name of its own."""
        found = [each for each in flat(self.blocks) if isinstance(each, Table)]
        found += [each.data for each in self.graphs() if each.data is not None]
        return found

    def graphs(self) -> list[Graph]:
        """Every graph in order."""
        return [each for each in flat(self.blocks) if isinstance(each, Graph)]


def flat(blocks: Sequence[Block]) -> Iterator[Block]:
    """Blocks and those within them."""
    for each in blocks:
        yield each
        if isinstance(each, Graphs):
            yield from each.graphs
        elif isinstance(each, Beside):
            yield from flat([block for _weight, block in each.columns])
