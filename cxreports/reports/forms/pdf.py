"""A document as PDF, set by Typst in this process: tagged, with selectable text, graphs as vectors.

The template (``report.typ``) is always the same, and takes the document as data, so that no text of a
customer, a switch or an analyst is ever read as markup.
"""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
from functools import cache, singledispatch
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typst

from cxreports import language
from cxreports.charts import Drawing
from cxreports.charts.theme import tokens
from cxreports.reports.document import (
    Beside,
    Graph,
    Graphs,
    Heading,
    Meanings,
    Notice,
    PageBreak,
    Picture,
    Plain,
    Points,
    Prose,
    Table,
    Tiles,
)
from cxreports.reports.forms.cells import cells
from cxreports.reports.forms.fonts import families, folders

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from cxreports.reports.document import Block, Document

ARROWS: Final = {"up": "▲ ", "down": "▼ ", "": ""}

_TOKENS: Final = {
    **{
        name: name
        for name in ("ink", "muted", "line", "good", "bad", "warn", "channels", "asr", "acd", "dtmf", "limit")
    },
    # Stripes of the page's grids are too dark on paper.
    "soft": "hover",
}
"""Colours by the template's names."""

_COLONS: Final = {
    "fr": "\N{NARROW NO-BREAK SPACE}:",
    "ja": "\N{FULLWIDTH COLON}",
    "zh": "\N{FULLWIDTH COLON}",
}
_ENDINGS: Final = {"image/png": "png", "image/jpeg": "jpg", "image/svg+xml": "svg"}

_FIGURES: Final = re.compile(r"[\x20-\x7e\xa0\u2009\u202f\u2013\u2212]*")
"""Texts that are as high as a digit, whose letters all are in the first family."""

_DIGIT: Final = re.compile(r"\d")

_PICTURE_PPI: Final = 110.0
_THUMBNAIL_PPI: Final = 30.0
"""Pixels an inch of a small picture: 248 in the width of A4, for 88 on a screen of any density."""

_PAGE_TREE: Final = re.compile(rb"/Type\s*/Pages\s*/Count\s+(\d+)")

_ROOM: Final = 118
"""Digits that fit beside each other on a page, at the size of tables."""

_PADDING: Final = 2.2
"""Digits that a column's margins take."""

_LONG: Final = 26
"""Characters from which on a column's texts are broken into lines."""


def pdf(document: Document, pictures: Mapping[int, str]) -> bytes:
    """PDF of a document.

    Parameters
    ----------
    pictures
        SVG of its graphs, by `id`.
    """
    made = _compiled(document, pictures, format="pdf", pdf_tags=True)
    assert isinstance(made, bytes)  # noqa: S101 (a PDF is one file)
    return made


def page_count(content: bytes) -> int:
    """Pages of a PDF that `pdf` made: its tree of pages, whose root counts them all, is not compressed."""
    return max(int(each) for each in _PAGE_TREE.findall(content))


def page_pictures(document: Document, pictures: Mapping[int, str]) -> list[bytes]:
    """Pictures of a document's pages, as PNG.

    Parameters
    ----------
    pictures
        As `pdf` takes them.
    """
    return _pages(document, pictures, _PICTURE_PPI)


def thumbnail(document: Document, pictures: Mapping[int, str]) -> bytes:
    """Small picture of a document's first page, as PNG.

    Parameters
    ----------
    pictures
        As `pdf` takes them.
    """
    return _pages(document, pictures, _THUMBNAIL_PPI)[0]


def _pages(document: Document, pictures: Mapping[int, str], ppi: float) -> list[bytes]:
    made = _compiled(document, pictures, format="png", ppi=ppi)
    return [made] if isinstance(made, bytes) else made


def _compiled(document: Document, pictures: Mapping[int, str], **form: Any) -> bytes | list[bytes]:
    """A document as Typst writes it; pictures are one for each page."""
    head = document.head
    at = head.created
    rtl = language.is_right_to_left(head.language)
    data = {
        "title": head.title,
        "company": head.company,
        "author": head.operator or head.company,
        "operator": head.operator,
        "foot": head.foot,
        "lang": head.language,
        "rtl": rtl,
        "created": [at.year, at.month, at.day, at.hour, at.minute, at.second],
        "fonts": list(families(head.language)),
        "look": {name: tokens()[token] for name, token in _TOKENS.items()},
        "blocks": [part for each in document.blocks for part in _parts(each, pictures)],
    }
    template, _ = _template()
    made = _compiler().compile(
        template,
        sys_inputs={"document": json.dumps(data, ensure_ascii=False)},
        timestamp=int(at.timestamp()),
        **form,
    )
    assert made is not None  # noqa: S101 (None is for what goes to a file)
    return made


@cache
def _template() -> tuple[bytes, Path]:
    source = files("cxreports.reports.forms").joinpath("report.typ").read_bytes()
    return source, Path(tempfile.mkdtemp(prefix="cxreports-report-"))


@cache
def _compiler() -> typst.Compiler:
    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(each) for each in folders()]
    )
    return typst.Compiler(root=str(_template()[1]), font_paths=fonts, ignore_system_fonts=True)


def _parts(block: Block, pictures: Mapping[int, str]) -> Iterator[dict[str, Any]]:
    """Block as the template takes it; a table that is too wide is several."""
    match block:
        case Table():
            yield from _tables(block)
        case Graphs():
            graphs = [_graph(each, pictures) for each in block.graphs]
            yield {"kind": "graphs", "title": block.title, "graphs": graphs}
        case Graph():
            yield {"kind": "graph", **_graph(block, pictures)}
        case Beside():
            columns = [part for _weight, each in block.columns for part in list(_parts(each, pictures))[:1]]
            yield {"kind": "beside", "weights": [weight for weight, _ in block.columns], "columns": columns}
        case _:
            yield _part(block)


@singledispatch
def _part(block: Any) -> dict[str, Any]:
    raise TypeError(f"a PDF has no place for {type(block).__name__}")


@_part.register
def _(block: Heading) -> dict[str, Any]:
    return {"kind": "heading", "text": block.text, "level": block.level, "note": block.note}


@_part.register
def _(block: Prose) -> dict[str, Any]:
    return {"kind": "prose", "nodes": block.nodes}


@_part.register
def _(block: Plain) -> dict[str, Any]:
    return {"kind": "plain", "text": block.text}


@_part.register
def _(block: Notice) -> dict[str, Any]:
    return {"kind": "notice", "text": block.text}


@_part.register
def _(block: Tiles) -> dict[str, Any]:
    tiles = [{**vars(each), "arrow": ARROWS[each.trend]} for each in block.tiles]
    return {"kind": "tiles", "tiles": tiles}


@_part.register
def _(block: Points) -> dict[str, Any]:
    return {
        "kind": "points",
        "title": block.title,
        "points": block.points,
        "colon": _COLONS.get(language.current(), ":"),
    }


@_part.register
def _(block: Meanings) -> dict[str, Any]:
    return {"kind": "meanings", "title": block.title, "columns": _halves(block)}


@_part.register
def _(_block: PageBreak) -> dict[str, Any]:
    return {"kind": "page"}


@_part.register
def _(block: Picture) -> dict[str, Any]:
    name = f"{hashlib.sha256(block.content).hexdigest()[:24]}.{_ENDINGS[block.media]}"
    path = _template()[1] / name
    if not path.exists():
        path.write_bytes(block.content)
    return {"kind": "picture", "path": f"/{name}", "alt": block.alternative, "width": block.width_pt}


def _halves(block: Meanings) -> list[list[tuple[str, str]]]:
    """Entries in two columns of about the same length."""
    entries = [*block.entries, *([("", block.closing)] if block.closing else [])]
    lengths = [len(term) + len(meaning) for term, meaning in entries]
    middle = next((at for at in range(len(entries)) if 2 * sum(lengths[:at]) >= sum(lengths)), len(entries))
    return [entries[:middle], entries[middle:]]


def _graph(graph: Graph, pictures: Mapping[int, str]) -> dict[str, Any]:
    return {
        "title": graph.title,
        "note": graph.note,
        "figure": graph.figure,
        "tone": graph.tone,
        "svg": pictures[id(graph)],
        "alt": graph.alternative or graph.title or "graph",
        "wide": not isinstance(graph.drawing, Drawing),
    }


def _tables(table: Table) -> Iterator[dict[str, Any]]:
    columns, rows, totals = cells(table)
    if not columns or (not rows and table.note):
        yield {"kind": "table", "title": table.title, "note": table.note, "columns": []}
        return
    texts = [[row[at] for row in (*rows, *([totals] if totals else []))] for at in range(len(columns))]
    longest = [max((len(text) for text in column), default=0) for column in texts]
    widths = [
        max(min(most, _LONG), 0.85 * len(column.label)) + _PADDING
        for most, column in zip(longest, columns, strict=True)
    ]
    are_narrow = all(
        max(most, len(column.label)) <= _LONG for most, column in zip(longest, columns, strict=True)
    )
    are_figures = all(_FIGURES.fullmatch(text) for column in texts for text in column)
    is_low = are_narrow and are_figures and sum(widths) <= _ROOM
    texts_at = [at for at, column in enumerate(columns) if not column.is_number] or list(range(len(columns)))
    stretches = [at for at in texts_at if longest[at] > _LONG] or [max(texts_at, key=longest.__getitem__)]
    for nth, chosen in enumerate(_pages_wide(widths)):
        yield {
            "kind": "table",
            "title": table.title if nth == 0 else "",
            "note": table.note if nth == 0 else "",
            "size": 9 if sum(widths) <= _ROOM * 0.8 else 8,
            "gap": 4,
            "low": is_low,
            "columns": [
                {
                    "label": columns[at].label,
                    "end": columns[at].is_number or columns[at].align == "right",
                    "wide": at in stretches,
                    "widest": _widest(row[at] for row in rows) if is_low else [],
                }
                for at in chosen
            ],
            "rows": [[row[at] for at in chosen] for row in rows],
            "totals": [totals[at] for at in chosen] if totals else [],
        }


def _widest(figures: Iterable[str]) -> list[str]:
    """Figures of a column of which one is the widest; all digits are as wide as each other."""
    shapes = {_DIGIT.sub("0", each) for each in figures}
    widths = {each: sum(0.5 if letter in ".,:" else 1 for letter in each) for each in shapes}
    most = max(widths.values(), default=0)
    return sorted(each for each, width in widths.items() if width > most - 1)


def _pages_wide(widths: Sequence[float]) -> Iterator[list[int]]:
    """Columns that stand beside each other: all, or as many as fit, always with the first one."""
    chosen, taken = [0] if widths else [], widths[0] if widths else 0
    for at in range(1, len(widths)):
        if taken + widths[at] > _ROOM and len(chosen) > 1:
            yield chosen
            chosen, taken = [0], widths[0]
        chosen.append(at)
        taken += widths[at]
    yield chosen
