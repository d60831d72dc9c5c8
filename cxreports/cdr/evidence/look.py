"""What a look at a sample rules out: layouts whose names are nowhere in it.

``detect`` asks here first. A layout that may fit is compared with the sample line by line, which costs a
hundred times as much.
"""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Self

from cxreports.cdr.source_format import DELIMITERS, Layout, column_key

_NESTED: Final = {
    "json": (("{", "["), r'"({})"\s*:'),
    "xml": (("<",), r"<({})[\s>/]"),
}
"""How nested records begin, and how a name stands in them, by the kind of the layout."""

_NAMES: Final = {
    "json": re.compile(_NESTED["json"][1].format(r'[^"\\]+')),
    "xml": re.compile(_NESTED["xml"][1].format(r"[\w-]+")),
}


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
    spelled
        Expressions of the same in nested records, as the layout spells them.
    """

    layout: Layout
    keys: frozenset[str]
    fields: tuple[str, ...]
    spelled: tuple[re.Pattern[str], ...]

    @classmethod
    def of(cls, layout: Layout) -> Self:
        """What a layout needs."""
        names, spelled = list(layout.needs), list[re.Pattern[str]]()
        if layout.kind in _NESTED:
            names = [*(name.rsplit(".", 1)[-1] for name in names), *filter(None, [layout.record])]
            spelled += (re.compile(_NESTED[layout.kind][1].format(re.escape(name))) for name in names)
        keys = [column_key(name) for name in names]
        fields = (_joined(_bare(key, ";|")).replace(layout.quote, "") for key in keys)
        return cls(layout, frozenset(keys), tuple(fields), tuple(spelled))


class Look:
    """A sample, looked at once for all layouts.

    Parameters
    ----------
    text
        First lines of a file.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._listed: dict[str, frozenset[str]] = {}

    def may_have(self, needs: Needs) -> bool:
        """Whether a file may have what a layout needs: false only if it cannot."""
        layout = needs.layout
        if layout.kind in _NESTED:
            return self._may_be_nested(needs)
        if self._is_object:
            return False
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

    def _may_be_nested(self, needs: Needs) -> bool:
        kind = needs.layout.kind
        if not self._begin.startswith(_NESTED[kind][0]):
            return False
        for field in needs.fields:
            if not any(field[1:-1] in way for way in self._fields):
                return False
        # Nearly always names are spelled as the layout has them, and not each has to be listed.
        return all(name.search(self.text) for name in needs.spelled) or needs.keys <= self._keys(kind)

    def _keys(self, kind: str) -> frozenset[str]:
        """Keys of all names in nested records."""
        if kind not in self._listed:
            self._listed[kind] = frozenset(map(column_key, _NAMES[kind].findall(self.text)))
        return self._listed[kind]

    @cached_property
    def _is_object(self) -> bool:
        """Whether it is one JSON object and nothing else: no heading names columns in it."""
        return (
            self._begin == "{" and self.text.rstrip("\r\n").endswith("}") and len(self.text.splitlines()) == 1
        )

    @cached_property
    def _begin(self) -> str:
        return self.text.lstrip("\ufeff \t\r\n")[:1]

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


def squeezed(text: str) -> str:
    """A text without what `column_key` leaves out, and without quotes."""
    return "".join(text.split()).replace("_", "").replace("-", "").replace('"', "")


def _joined(text: str) -> str:
    return f",{squeezed(text)},"
