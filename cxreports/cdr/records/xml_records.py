"""Records of an XML file, as the nested values that JSON would have for them.

An element with elements in it is a table of them, repeated ones are a list, an attribute is ``@name``. A
document type is refused, and with it every entity that could grow.
"""

import re
from collections.abc import Iterator
from typing import Any, Final
from xml.parsers import expat

_MOST_DEEP: Final = 64


class _Refused(Exception):
    """XML that is not taken: a document type, or elements too deep in each other."""


def records(
    text: str, element: str, rejected: list[tuple[int, str, str]]
) -> Iterator[tuple[int, int, int, dict[str, Any]]]:
    """Yield line, begin, end and value of each element of a name, wherever it stands in a text.

    Parameters
    ----------
    rejected
        Takes line, raw text and reason of those that cannot be read.
    """
    name = re.escape(element)
    whole = re.compile(rf"<{name}(?:\s[^>]*)?>.*?</{name}\s*>", re.DOTALL)
    line, counted, at = 1, 0, 0
    for found in whole.finditer(text):
        yield from _lost(text, at, found.start(), name, rejected)
        line, counted = line + text.count("\n", counted, found.start()), found.start()
        try:
            yield line, found.start(), found.end(), _value(found[0])
        except (expat.ExpatError, _Refused) as error:
            rejected.append((line, found[0], f"is not well-formed XML: {error}"))
        at = found.end()
    yield from _lost(text, at, len(text), name, rejected)


def _lost(
    text: str, begin: int, end: int, name: str, rejected: list[tuple[int, str, str]]
) -> Iterator[tuple[int, int, int, dict[str, Any]]]:
    """Set aside an element that begins here and does not end."""
    found = re.compile(rf"<{name}[\s>]").search(text, begin, end)
    if found:
        line = text.count("\n", 0, found.start()) + 1
        rejected.append((line, text[found.start() : end].strip(), f"<{name}> has no end"))
    yield from ()


def _value(text: str) -> dict[str, Any]:
    root: dict[str, Any] = {}
    open_elements: list[tuple[dict[str, Any], list[str]]] = [(root, [])]

    def begin(_: str, attributes: dict[str, str]) -> None:
        if len(open_elements) > _MOST_DEEP:
            raise _Refused(f"elements are more than {_MOST_DEEP} deep")
        open_elements.append(({f"@{key}": value for key, value in attributes.items()}, []))

    def end(name: str) -> None:
        members, texts = open_elements.pop()
        parent = open_elements[-1][0]
        content = "".join(texts).strip()
        value: Any = ({**members, "#text": content} if content else members) if members else content or None
        if name not in parent:
            parent[name] = value
        elif isinstance(parent[name], list):
            parent[name].append(value)
        else:
            parent[name] = [parent[name], value]

    def characters(data: str) -> None:
        open_elements[-1][1].append(data)

    def refuse(*_: Any) -> None:
        raise _Refused("it has a document type")

    parser = expat.ParserCreate()
    parser.StartElementHandler = begin
    parser.EndElementHandler = end
    parser.CharacterDataHandler = characters
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.Parse(text, True)  # noqa: FBT003 (the parser's own signature)
    (value,) = root.values()
    return value if isinstance(value, dict) else {}
