"""Which format a file is in, found from the file itself.

A file with a header is known by its headings, one without by how its columns look. What is
found is a ``Sighting``: format, layout, delimiter and columns, all that ``reader`` needs.
"""

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from cxreports.cdr.content import Content, text_blocks
from cxreports.cdr.definitions.toml_values import BLANKS
from cxreports.cdr.evidence.columns import Columns
from cxreports.cdr.evidence.likeness import likeness
from cxreports.cdr.evidence.look import Look, Needs
from cxreports.cdr.records import dump_records, line_records
from cxreports.cdr.source_format import DELIMITERS, Layout, SourceFormat, column_key
from cxreports.errors import AmbiguousFormat, NotACdrFile

SAMPLE: Final = 1 << 18
SAMPLE_LINES: Final = 60
RECORD: Final = "(record)"
"""Name of the column that holds a JSON record as a whole."""

ENOUGH: Final = 0.6
"""Share of a sample that must look like the records that a layout describes."""


@dataclass(frozen=True)
class Sighting:
    """A file's format as found.

    Attributes
    ----------
    source_format, layout
        What it is.
    delimiter
        Between the fields of a CSV file.
    names
        Its columns in order, as many as its lines have.
    heading
        Physical lines before the first record: the header, what stands above it, a row of
        column types below it.
    header
        The header as it stands, to know it again in the middle of the file.
    matched
        How much of the layout was recognised; the best sighting wins.
    """

    source_format: SourceFormat
    layout: Layout
    delimiter: str
    names: tuple[str, ...]
    heading: int
    header: str
    matched: int

    def is_heading(self, line: str) -> bool:
        """Whether a line, wherever it stands, is the header again, column types or a comment."""
        layout, comment = self.layout, self.source_format.comment
        return (
            (self.header.strip() != "" and line.strip() == self.header.strip())
            or (layout.types_row is not None and re.search(layout.types_row, line) is not None)
            or (comment is not None and line.startswith(comment))
        )

    @property
    def columns(self) -> Columns:
        """The columns and what the record key covers."""
        if self.layout.kind in {"json", "xml"}:
            return Columns(self.names, (self.names.index(RECORD),))
        if not self.layout.header and self.layout.kind == "csv":
            count = len(self.names)
            return Columns(
                self.names, tuple(i if i < count else None for i in range(len(self.layout.columns)))
            )
        usual = self.source_format.columns
        places: dict[str, int] = {}
        for i, name in enumerate(self.names):
            places.setdefault(column_key(name), i)
        known = {places[key] for key in usual if key in places}
        others = [i for i in range(len(self.names)) if i not in known]
        others.sort(key=lambda i: (column_key(self.names[i]), i))
        return Columns(self.names, tuple(places.get(key) for key in usual), tuple(others))


def sample_of(content: Content) -> list[str]:
    """Return the first lines of a file, whole ones unless the first is longer than a sample."""
    _, text, _ = next(text_blocks(content.path), (1, "", {}))
    lines = text[:SAMPLE].split("\n")
    return lines[:-1] if len(text) > SAMPLE and len(lines) > 1 else lines


def detect(content: Content, lines: Sequence[str], formats: Iterable[SourceFormat]) -> Sighting:
    """Find the format of a file among these.

    Raises
    ------
    NotACdrFile
        None of them fits; says what was found and what was expected.
    AmbiguousFormat
        Two fit equally well.
    """
    return Detector(formats).sighting(content, lines)


class Detector:
    """Formats, prepared to find each file's among them.

    Attributes
    ----------
    most_by_looks
        Most that a file matches whose columns have no names.
    """

    def __init__(self, formats: Iterable[SourceFormat]) -> None:
        self._formats = list(formats)
        layouts = [(known, layout) for known in self._formats for layout in known.layouts]
        self._places = {id(layout): nth for nth, (_, layout) in enumerate(layouts)}
        self._named = [(known, Needs.of(layout)) for known, layout in layouts if _is_named(layout)]
        others = [_Looks.of(known, layout) for known, layout in layouts if not _is_named(layout)]
        self._others = sorted(others, key=lambda looks: -looks.most_matched)
        self.most_by_looks = self._others[0].most_matched if self._others else 0

    def sighting(self, content: Content, lines: Sequence[str]) -> Sighting:
        """Find the format of a file, see `detect`."""
        found = self._sightings(lines)
        if not found:
            raise NotACdrFile(_refusal(content.name, lines, self._formats))
        rivals = {s.source_format.name for s in found if s.matched == found[0].matched}
        if len(rivals) > 1:
            raise AmbiguousFormat(
                f"{content.name}: reads as {' and as '.join(sorted(rivals))}; say which with --format."
            )
        return found[0]

    def _sightings(self, lines: Sequence[str]) -> list[Sighting]:
        """Ways in which a file may be read, the best first."""
        look = Look("\n".join(lines))
        ways = [_by_names(known, needs, lines) for known, needs in self._named if look.may_have(needs)]
        most = max((way.matched for way in ways if way), default=0)
        # Nearly always a file names its columns, and then no look at them matches more.
        sample = _Sample(lines)
        for looks in self._others:
            if looks.most_matched < most:
                break
            way = _by_looks(looks, sample)
            ways.append(way)
            most = max(most, way.matched if way else 0)
        found = [way for way in ways if way is not None]
        return sorted(found, key=lambda way: (-way.matched, self._places[id(way.layout)]))


def _refusal(name: str, lines: Sequence[str], formats: Sequence[SourceFormat]) -> str:
    first = next((line for line in lines if line.strip()), "")
    like = likeness(lines, formats, split)
    expected = "; ".join(f"{known.name} ({_wanted(known)})" for known in formats)
    instead = f"Expected one of: {expected}." if not like or len(formats) == 1 else ""
    own = "Your own format is a small TOML file: cxreports format try FILE writes a first one."
    texts = [f"{name}: not a CDR file of a known format.", like, f"It begins {first[:120]!r}.", instead, own]
    return " ".join(text for text in texts if text)


def _wanted(known: SourceFormat) -> str:
    shapes = []
    for layout in known.layouts:
        if layout.kind == "json":
            shapes.append(f"JSON with {', '.join(layout.needs)}")
        elif layout.header:
            shapes.append(f"headings {', '.join(layout.needs)}")
        else:
            shapes.append(
                f"{len(layout.columns) - layout.optional} to {len(layout.columns)} columns, no header"
            )
    return " or ".join(shapes)


def _is_named(layout: Layout) -> bool:
    """Whether a file of a layout names its columns; others are known by how their columns look."""
    return layout.kind in {"json", "xml", "sql"} or (layout.kind == "csv" and layout.header)


def _most_matched(layout: Layout) -> int:
    """Most that a sighting of a layout without names can match."""
    if layout.kind == "types":
        return 100 + sum(map(len, layout.types.values()))
    return 10 * len(layout.like) + len(layout.columns)


def _by_names(known: SourceFormat, needs: Needs, lines: Sequence[str]) -> Sighting | None:
    layout = needs.layout
    if layout.kind in {"json", "xml"}:
        return Sighting(known, layout, ",", (), 0, "", 1000 + 10 * len(needs.keys))
    return _dump(known, layout, lines) if layout.kind == "sql" else _headed(known, needs, lines)


def _by_looks(looks: "_Looks", sample: "_Sample") -> Sighting | None:
    is_typed = looks.layout.kind == "types"
    return _typed(looks.known, looks.layout, sample.lines) if is_typed else _headless(looks, sample)


def split(line: str, delimiter: str, quote: str) -> list[str]:
    """Split one line of CSV, tolerantly."""
    if delimiter == BLANKS:
        return line_records.fields_of(line, delimiter, quote)
    try:
        return next(csv.reader([line], delimiter=delimiter, quotechar=quote, skipinitialspace=True), [])
    except csv.Error:
        return line.split(delimiter)


def _headed(known: SourceFormat, needs: Needs, lines: Sequence[str]) -> Sighting | None:
    layout, used = needs.layout, known.used
    for i, line in enumerate(lines[:SAMPLE_LINES]):
        for delimiter in (layout.delimiter,) if layout.delimiter else DELIMITERS:
            names = [name.strip() for name in split(line, delimiter, layout.quote)]
            keys = {column_key(name) for name in names}
            if needs.keys <= keys:
                heading = i + 1
                types = layout.types_row
                if types and heading < len(lines) and re.search(types, lines[heading]):
                    heading += 1
                rows = _rows(lines[heading:], delimiter, layout.quote) if layout.like else []
                tests = _tests(layout, names) if rows else []
                if sum(not _is_alike(tests, row) for row in rows) > (1 - ENOUGH) * len(rows):
                    continue
                matched = 1000 + 10 * (len(needs.keys) + len(layout.like)) + len(keys & used)
                return Sighting(known, layout, delimiter, tuple(names), heading, line, matched)
    return None


@dataclass(frozen=True)
class _Looks:
    """How the columns of a layout without names look, and the most that a sighting of it can match."""

    known: SourceFormat
    layout: Layout
    most_matched: int
    delimiters: Sequence[str]
    tests: Sequence[tuple[int, re.Pattern[str]]]

    @classmethod
    def of(cls, known: SourceFormat, layout: Layout) -> "_Looks":
        own = layout.delimiter or ","
        # A spreadsheet saves the same columns with the delimiter of its country.
        delimiters = (own, *(other for other in DELIMITERS if layout.like and other != own))
        return cls(known, layout, _most_matched(layout), delimiters, _tests(layout, layout.columns))


def _headless(looks: _Looks, sample: "_Sample") -> Sighting | None:
    layout, tests = looks.layout, looks.tests
    fewest, most = len(layout.columns) - layout.optional, len(layout.columns)
    for delimiter in looks.delimiters:
        rows, widest = sample.rows(delimiter, layout.quote)
        if widest < fewest:
            continue
        alike = [row for row in rows if fewest <= len(row) <= most and _is_alike(tests, row)]
        if alike and len(alike) >= ENOUGH * len(rows):
            widths = [len(row) for row in alike]
            width = max(set(widths), key=widths.count)
            matched = 10 * len(layout.like) + width
            return Sighting(looks.known, layout, delimiter, layout.columns[:width], 0, "", matched)
    return None


class _Sample:
    """First lines of a file, split once for all layouts that have a delimiter in common."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = lines
        self._rows: dict[tuple[str, str], tuple[list[list[str]], int]] = {}

    def rows(self, delimiter: str, quote: str) -> tuple[list[list[str]], int]:
        """Its first rows, where it has no heading, and the fields of the widest."""
        found = self._rows.get((delimiter, quote))
        if found is None:
            rows = _rows(self.lines, delimiter, quote)
            found = self._rows[delimiter, quote] = rows, max(map(len, rows), default=0)
        return found


def _rows(lines: Sequence[str], delimiter: str, quote: str) -> list[list[str]]:
    """First rows of a file without a heading."""
    return [
        split(line, delimiter, quote)
        for line in islice((line for line in lines if line.strip()), SAMPLE_LINES)
    ]


def _tests(layout: Layout, names: Sequence[str]) -> list[tuple[int, re.Pattern[str]]]:
    """What a layout says of its records, by the places of these columns: -1 where one is missing."""
    place = {column_key(name): i for i, name in reversed(list(enumerate(names)))}
    return [(place.get(column_key(name), -1), re.compile(expression)) for name, expression in layout.like]


def _is_alike(tests: Sequence[tuple[int, re.Pattern[str]]], row: Sequence[str]) -> bool:
    """Whether a row has what a layout says of its records."""
    return all(0 <= place < len(row) and expression.search(row[place].strip()) for place, expression in tests)


def _dump(known: SourceFormat, layout: Layout, lines: Sequence[str]) -> Sighting | None:
    names = dump_records.table_columns("\n".join(lines), layout.record or "")
    keys, wanted = {column_key(name) for name in names}, {column_key(name) for name in layout.needs}
    if not names or not wanted <= keys:
        return None
    return Sighting(known, layout, ",", names, 0, "", 1000 + 10 * len(wanted))


def _typed(known: SourceFormat, layout: Layout, lines: Sequence[str]) -> Sighting | None:
    sample = [
        line_records.fields_of(line, layout.delimiter or ",", layout.quote) for line in lines if line.strip()
    ]
    kinds = [row[0].strip() for row in sample[:SAMPLE_LINES] if len(row) > 1]
    alike = [kind for kind in kinds if kind in layout.types or kind in layout.passed]
    if not alike or len(alike) < ENOUGH * min(len(sample), SAMPLE_LINES):
        return None
    names = tuple(dict.fromkeys(name for columns in layout.types.values() for name in columns))
    return Sighting(known, layout, ",", names, 0, "", 100 + len(names))
