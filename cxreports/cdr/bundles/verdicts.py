"""Formats of small files that look alike: found once, and taken again where nothing else can be found.

Thousands of files of one switch have the same heading, or the same members. What ``detect`` finds for one of
them it would find for each, unless a line after the heading names the columns of another format: one that may
do so is looked at by itself.
"""

import re
from collections.abc import Sequence
from typing import Final

from cxreports.cdr.content import Content
from cxreports.cdr.detect import Detector, Sighting
from cxreports.cdr.evidence.look import Needs, squeezed
from cxreports.cdr.source_format import SourceFormat

_NESTED: Final = ("{", "[", "<")
_BLANK: Final = "\ufeff \t\r\n"
_DUMPED: Final = ("insert", "create")
_MOST: Final = 1_000
"""Headings that are remembered."""


class Verdicts:
    """Finds the formats of files, and remembers what their headings decide.

    Parameters
    ----------
    formats
        Formats that the files may have.
    """

    def __init__(self, formats: Sequence[SourceFormat]) -> None:
        self._detector = Detector(formats)
        layouts = [layout for known in formats for layout in known.layouts]
        headed = [Needs.of(layout) for layout in layouts if layout.kind == "csv" and layout.header]
        self._quotes = {layout.quote for layout in layouts} - {'"'}
        self._by_rows = [needs for needs in headed if needs.layout.like or needs.layout.types_row]
        words = {self._word(needs) for needs in headed} | set(_DUMPED)
        self._names = None if "" in words else re.compile("|".join(map(re.escape, sorted(words))))
        self._by_heading: dict[str, Sighting] = {}

    def sighting(self, content: Content, lines: Sequence[str]) -> Sighting:
        """Find the format of a file, see `detect`.

        Parameters
        ----------
        lines
            All of its lines.
        """
        found = self._by_heading.get(lines[0])
        if found is not None and not self._may_name_columns(lines[1:]):
            return found
        found = self._detector.sighting(content, lines)
        if self._is_decided(found, lines[0]) and len(self._by_heading) < _MOST:
            self._by_heading[lines[0]] = found
        return found

    def is_decided_by_names(self, found: Sighting) -> bool:
        """Whether a file with the same names is found to be the same, however its columns look."""
        return found.matched > self._detector.most_by_looks

    def _is_decided(self, found: Sighting, heading: str) -> bool:
        """Whether a heading decides the format, if no line after it names columns."""
        is_first = found.layout.kind == "csv" and found.layout.header and found.heading == 1
        if not is_first or not self.is_decided_by_names(found) or heading.lstrip(_BLANK)[:1] in _NESTED:
            return False
        text = self._squeezed([heading])
        if any(word in text for word in _DUMPED):
            return False
        return not any(all(word in text for word in self._words(needs)) for needs in self._by_rows)

    def _may_name_columns(self, lines: Sequence[str]) -> bool:
        """Whether lines may be a heading, or a dump's statement: false only if they cannot."""
        return self._names is None or self._names.search(self._squeezed(lines)) is not None

    def _squeezed(self, lines: Sequence[str]) -> str:
        text = squeezed("\n".join(lines).casefold())
        for quote in self._quotes:
            text = text.replace(quote, "")
        return text

    def _words(self, needs: Needs) -> list[str]:
        """What stands in a line that has a layout's names, whatever is between its fields."""
        texts = [self._squeezed([key]) for key in needs.keys]
        return [max(re.split(r"[,;|]", text), key=len) for text in texts]

    def _word(self, needs: Needs) -> str:
        """The rarest of them: the longest."""
        return max(self._words(needs), key=lambda word: (len(word), word), default="")
