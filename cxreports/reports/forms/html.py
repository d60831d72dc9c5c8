"""A document as one HTML file: styles, graphs and pictures within it, and nothing that is fetched or run."""

from __future__ import annotations

import base64
from functools import cache, singledispatch
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from markupsafe import Markup, escape

from cxreports import language
from cxreports.charts import Drawing
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
    flat,
)
from cxreports.reports.forms.cells import cells
from cxreports.reports.forms.pdf import ARROWS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cxreports.reports.document import Block, Document, Node

_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"

_ELEMENTS: Final = {
    "p": "p", "ul": "ul", "ol": "ol", "li": "li", "quote": "blockquote", "b": "strong", "i": "em", "s": "s",
    "table": "table", "tr": "tr", "th": "th", "td": "td", "code": "code", "pre": "pre",
}  # fmt: skip

_PAGE: Final = Markup(
    "<!DOCTYPE html>\n"
    '<html lang="{lang}" dir="{dir}"><head><meta charset="utf-8">'
    '<meta http-equiv="Content-Security-Policy" content="{policy}">'
    '<meta name="viewport" content="width=device-width, initial-scale=1">'
    '<meta name="color-scheme" content="light dark"><title>{title}</title><style>{style}</style></head>'
    '<body style="margin: 0; background: var(--card)"><main class="cx-report">'
    "<header><span><strong>{company}</strong> · {name}</span><span>{operator}</span></header>\n"
    "{body}\n<footer>{foot}</footer></main></body></html>\n"
)


def html(document: Document, pictures: Mapping[int, str]) -> bytes:
    """HTML file of a document.

    Parameters
    ----------
    pictures
        SVG of its graphs, by `id`.
    """
    head = document.head
    page = _PAGE.format(
        lang=head.language,
        dir="rtl" if language.is_right_to_left(head.language) else "ltr",
        policy=_POLICY,
        title=f"{head.company} · {head.title}",
        style=_style(),
        company=head.company,
        name=head.title,
        operator=head.operator,
        body=Markup("\n").join(_element(each, pictures) for each in document.blocks),
        foot=head.foot,
    )
    return page.encode()


def fragment(block: Block) -> str:
    """Part of a page, for a notebook that is open."""
    from cxreports.reports.forms.svg import drawn  # noqa: PLC0415 (only where there is a graph to draw)

    graphs = [each for each in flat([block]) if isinstance(each, Graph)]
    pictures = dict(zip(map(id, graphs), drawn(graphs), strict=True)) if graphs else {}
    return str(
        Markup('<style>{}</style><div class="cx-report">{}</div>').format(_style(), _element(block, pictures))
    )


@cache
def _style() -> Markup:
    """Styles: the design tokens, which come first, and the report's own."""
    tokens = files("cxreports.charts").joinpath("tokens.css").read_text("utf-8")
    own = files("cxreports.reports.forms").joinpath("report.css").read_text("utf-8")
    return Markup(tokens + own)  # noqa: S704 (files of this package)


def _element(block: Block, pictures: Mapping[int, str]) -> Markup:
    match block:
        case Graphs():
            cards = Markup("").join(_card(each, pictures) for each in block.graphs)
            return _titled(block.title) + Markup('<div class="graphs">{}</div>').format(cards)
        case Graph():
            return _card(block, pictures)
        case Beside():
            columns = Markup("").join(
                Markup('<div style="flex: {}">{}</div>').format(weight, _element(each, pictures))
                for weight, each in block.columns
            )
            return Markup('<div class="beside">{}</div>').format(columns)
        case _:
            return _simple(block)


def _titled(title: str, note: str = "") -> Markup:
    if not title:
        return Markup("")
    beside = Markup(" <small>{}</small>").format(note) if note else ""
    return Markup("<h2>{}{}</h2>").format(title, beside)


@singledispatch
def _simple(block: Any) -> Markup:
    raise TypeError(f"a page has no place for {type(block).__name__}")


@_simple.register
def _(block: Heading) -> Markup:
    heading = Markup("<h{0}>{1}</h{0}>").format(block.level, block.text)
    return heading + (
        Markup('<p class="note" style="margin: 0">{}</p>').format(block.note) if block.note else ""
    )


@_simple.register
def _(block: Prose) -> Markup:
    return _written(block.nodes)


@_simple.register
def _(block: Plain) -> Markup:
    return Markup("<pre>{}</pre>").format(block.text)


@_simple.register
def _(block: Notice) -> Markup:
    return Markup('<p class="notice">{}</p>').format(block.text)


@_simple.register
def _(block: Tiles) -> Markup:
    tile = Markup(
        '<div class="tile"><small>{}</small><br><b>{}</b> <small>{}</small><br>'
        '<small class="{}">{}{}</small></div>'
    )
    return Markup('<div class="tiles">{}</div>').format(
        Markup("").join(
            tile.format(each.label, each.value, each.unit, each.tone, ARROWS[each.trend], each.detail)
            for each in block.tiles
        )
    )


@_simple.register
def _(block: Points) -> Markup:
    items = Markup("").join(
        Markup("<li><strong>{}:</strong> {}</li>").format(lead, text) for lead, text in block.points
    )
    return _titled(block.title) + Markup('<ul class="points">{}</ul>').format(items)


@_simple.register
def _(block: Meanings) -> Markup:
    entries = Markup(" ").join(
        Markup("<strong>{}</strong> {}").format(term, meaning) for term, meaning in block.entries
    )
    return _titled(block.title) + Markup('<div class="meanings">{} {}</div>').format(entries, block.closing)


@_simple.register
def _(_block: PageBreak) -> Markup:
    return Markup('<div class="page"></div>')


@_simple.register
def _(block: Picture) -> Markup:
    address = f"data:{block.media};base64,{base64.b64encode(block.content).decode()}"
    width = f"{round(block.width_pt)}pt" if block.width_pt else "auto"
    return Markup('<p><img src="{}" alt="{}" style="width: {}"></p>').format(
        address, block.alternative, width
    )


@_simple.register
def _(block: Table) -> Markup:
    columns, rows, totals = cells(block)
    if not rows and block.note:
        return _titled(block.title, block.note)
    ends = ["end" if each.is_number or each.align == "right" else "" for each in columns]
    head = _row("th", ends, [each.label for each in columns])
    body = Markup("").join(_row("td", ends, row) for row in rows)
    foot = Markup("<tfoot>{}</tfoot>").format(_row("td", ends, totals)) if totals else ""
    table = Markup('<div class="rows"><table><thead>{}</thead><tbody>{}</tbody>{}</table></div>')
    return _titled(block.title, block.note) + table.format(head, body, foot)


def _row(element: str, ends: Iterable[str], texts: Iterable[str]) -> Markup:
    opened = {"end": Markup('<{} class="end">').format(element), "": Markup("<{}>").format(element)}
    closed = Markup("</{}>").format(element)
    cell = Markup("").join(opened[end] + escape(text) + closed for end, text in zip(ends, texts, strict=True))
    return Markup("<tr>{}</tr>").format(cell)


def _card(graph: Graph, pictures: Mapping[int, str]) -> Markup:
    title = ""
    if graph.title:
        title = Markup(
            '<div><span>{} <small>{}</small></span><span style="color: var(--{})">{}</span></div>'
        ).format(graph.title, graph.note, graph.tone, graph.figure)
    # Not as an image: texts of an image cannot be found, nor follow the look of the page.
    drawn = Markup(pictures[id(graph)])  # noqa: S704 (Vega's own output, which escapes texts)
    own = "" if isinstance(graph.drawing, Drawing) else " own"
    label = graph.alternative or graph.title
    return Markup('<div class="card{}" role="img" aria-label="{}">{}{}</div>').format(
        own, label, title, drawn
    )


def _written(nodes: Iterable[Node]) -> Markup:
    return Markup("").join(map(_node, nodes))


_ALONE: Final = {"br": Markup("<br>"), "hr": Markup("<hr>")}


def _node(node: Node) -> Markup:
    kind = node["t"]
    if kind in _ALONE:
        return _ALONE[kind]
    inner = _written(node["c"]) if "c" in node else escape(node.get("s", ""))
    if kind == "link":
        return Markup('<a href="{}" rel="noopener noreferrer">{}</a>').format(node["href"], inner)
    element = _ELEMENTS.get(kind)
    return Markup("<{0}>{1}</{0}>").format(element, inner) if element else inner
