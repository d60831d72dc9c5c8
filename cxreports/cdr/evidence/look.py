"""What a look at a sample rules out: layouts whose names are nowhere in it.

``detect`` asks here first. A layout that may fit is compared with the sample line by line, which costs a
hundred times as much.
"""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Self

from cxreports.cdr.source_format import DELIMITERS, Layout, column_key

NESTED: Final = {
    "json": (("{", "["), re.compile(r'"([^"\\]+)"\s*:')),
    "xml": (("<",), re.compile(r"<([\w-]+)[\s>/]")),
}
"""How nested records begin, and the expression of their names, by the kind of the layout."""


@dataclass(frozen=True)
class Needs:
    """What a file of a layout that names its columns has to hold.

    Attributes
    ----------
    layout
        The layout.
    keys
        Keys of the names without which it is another file.
    fields
        The same as they stand between the fields of a line, see `Look`.
    """

    layout: Layout
    keys: frozenset[str]
    fields: tuple[str, ...]

    @classmethod
    def of(cls, layout: Layout) -> Self:
        """What a layout needs."""
        names = [*(name.rsplit(".", 1)[-1] for name in layout.needs), *filter(None, [layout.record])]
        fields = (_joined(_bare(column_key(name), ";|")).replace(layout.quote, "") for name in layout.needs)
        return cls(layout, frozenset(map(column_key, names)), tuple(fields))


class Look:
    """A sample, looked at once for all layouts.

    Parameters
    ----------
    text
        First lines of a file.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._keys: dict[str, frozenset[str]] = {}

    def may_have(self, needs: Needs) -> bool:
        """Whether a file may have what a layout needs: false only if it cannot."""
        layout = needs.layout
        if layout.kind in NESTED:
            return needs.keys <= self.keys(layout.kind)
        if layout.kind == "sql":
            return "insert" in self._folded or "create" in self._folded
        if layout.delimiter is not None and layout.delimiter not in DELIMITERS:
            return True
        ways = self._fields
        if layout.quote != '"':
            ways = tuple(way.replace(layout.quote, "") for way in ways)
        if len(ways) == 1:
            return all(map(ways[0].__contains__, needs.fields))
        return all(any(field in way for way in ways) for field in needs.fields)

    def keys(self, kind: str) -> frozenset[str]:
        """Keys of the names in nested records; none if the text does not begin with one."""
        if kind not in self._keys:
            begins, names = NESTED[kind]
            is_nested = self.text.lstrip("\ufeff \t\r\n").startswith(begins)
            self._keys[kind] = frozenset(map(column_key, names.findall(self.text)) if is_nested else ())
        return self._keys[kind]

    @cached_property
    def _folded(self) -> str:
        return self.text.casefold()

    @cached_property
    def _fields(self) -> tuple[str, ...]:
        """The text without what `column_key` leaves out, a comma for each delimiter and line end.

        A tab may be either: then there are two ways to see the text.
        """
        text = _bare(self._folded, "\n;|")
        return (_joined(text.replace("\t", ",")), _joined(text)) if "\t" in text else (_joined(text),)


def _bare(text: str, between: str) -> str:
    for character in between:
        text = text.replace(character, ",")
    return text


def _joined(text: str) -> str:
    bare = "".join(text.split()).replace("_", "").replace("-", "").replace('"', "")
    return f",{bare},"
