"""Markdown as nodes that every form can write: no HTML of its own, no pictures from elsewhere."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from cxreports.reports.document import Heading, Prose

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxreports.reports.document import Block, Node

_PLAIN: Final = {
    "paragraph": "p",
    "bullet_list": "ul",
    "ordered_list": "ol",
    "list_item": "li",
    "blockquote": "quote",
    "strong": "b",
    "em": "i",
    "s": "s",
    "table": "table",
    "tr": "tr",
    "th": "th",
    "td": "td",
}
_ALONE: Final[dict[str, Node]] = {
    "softbreak": {"t": "text", "s": " "},
    "hardbreak": {"t": "br"},
    "hr": {"t": "hr"},
}
_THROUGH: Final = frozenset({"inline", "root", "thead", "tbody", "image", "heading"})
_DEEPEST: Final = 4


def blocks(text: str) -> list[Block]:
    """Blocks of a text: its headings, and what is written between them."""
    found: list[Block] = []
    written: list[Node] = []
    for node in SyntaxTreeNode(_reader().parse(text)).children:
        if node.type != "heading":
            written.extend(_nodes(node))
            continue
        if written:
            found.append(Prose(tuple(written)))
            written = []
        found.append(Heading(plain(list(_nodes(node))), min(int(node.tag[1:]), _DEEPEST)))
    if written:
        found.append(Prose(tuple(written)))
    return found


def plain(nodes: list[Node]) -> str:
    """Text of nodes, without its look."""
    return "".join(each.get("s", "") or plain(each.get("c", [])) for each in nodes)


@cache
def _reader() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


def _nodes(node: SyntaxTreeNode) -> Iterator[Node]:
    match node.type:
        case "text" | "code_inline":
            yield {"t": "text" if node.type == "text" else "code", "s": node.content}
        case each if each in _ALONE:
            yield dict(_ALONE[each])
        case "fence" | "code_block":
            yield {"t": "pre", "s": node.content.rstrip("\n")}
        case "link":
            yield _link(node)
        case each if each in _THROUGH:
            for child in node.children:
                yield from _nodes(child)
        case each if each in _PLAIN:
            yield {"t": _PLAIN[each], "c": _within(node)}


def _within(node: SyntaxTreeNode) -> list[Node]:
    return [inner for child in node.children for inner in _nodes(child)]


def _link(node: SyntaxTreeNode) -> dict[str, Any]:
    """Link that leads to the web; of any other the text alone is kept."""
    address = str(node.attrs.get("href", ""))
    if address.startswith(("https://", "http://", "mailto:")):
        return {"t": "link", "href": address, "c": _within(node)}
    return {"t": "span", "c": _within(node)}
