"""Which format a file is in, found from the file itself.

A file with a header is known by its headings, one without by how its columns look. What is
found is a ``Sighting``: format, layout, delimiter and columns, all that ``reader`` needs.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from cxreports.cdr.content import Content, text_blocks
from cxreports.cdr.definitions.toml_values import BLANKS
from cxreports.cdr.evidence.columns import Columns
from cxreports.cdr.evidence.likeness import likeness
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
    formats = list(formats)
    found = sorted(
        (sighting for known in formats for sighting in _sightings(known, lines)),
        key=lambda sighting: -sighting.matched,
    )
    if not found:
        raise NotACdrFile(_refusal(content.name, lines, formats))
    rivals = {s.source_format.name for s in found if s.matched == found[0].matched}
    if len(rivals) > 1:
        raise AmbiguousFormat(
            f"{content.name}: reads as {' and as '.join(sorted(rivals))}; say which with --format."
        )
    return found[0]


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


def _sightings(known: SourceFormat, lines: Sequence[str]) -> Iterator[Sighting]:
    for layout in known.layouts:
        if layout.kind in {"json", "xml"}:
            sighting = _nested(known, layout, lines)
        elif layout.kind == "sql":
            sighting = _dump(known, layout, lines)
        elif layout.kind == "types":
            sighting = _typed(known, layout, lines)
        elif layout.header:
            sighting = _headed(known, layout, lines)
        else:
            sighting = _headless(known, layout, lines)
        if sighting is not None:
            yield sighting


def split(line: str, delimiter: str, quote: str) -> list[str]:
    """Split one line of CSV, tolerantly."""
    if delimiter == BLANKS:
        return line_records.fields_of(line, delimiter, quote)
    try:
        return next(csv.reader([line], delimiter=delimiter, quotechar=quote, skipinitialspace=True), [])
    except csv.Error:
        return line.split(delimiter)


def _headed(known: SourceFormat, layout: Layout, lines: Sequence[str]) -> Sighting | None:
    used = {column_key(name) for target in known.targets for rule in target.rules for name in rule.columns}
    needed = {column_key(name) for name in layout.needs}
    for i, line in enumerate(lines[:SAMPLE_LINES]):
        for delimiter in (layout.delimiter,) if layout.delimiter else DELIMITERS:
            names = [name.strip() for name in split(line, delimiter, layout.quote)]
            keys = {column_key(name) for name in names}
            if needed <= keys:
                heading = i + 1
                types = layout.types_row
                if types and heading < len(lines) and re.search(types, lines[heading]):
                    heading += 1
                rows = _rows(lines[heading:], delimiter, layout.quote) if layout.like else []
                if sum(not _alike(layout, names, row) for row in rows) > (1 - ENOUGH) * len(rows):
                    continue
                matched = 1000 + 10 * (len(needed) + len(layout.like)) + len(keys & used)
                return Sighting(known, layout, delimiter, tuple(names), heading, line, matched)
    return None


def _headless(known: SourceFormat, layout: Layout, lines: Sequence[str]) -> Sighting | None:
    fewest, most = len(layout.columns) - layout.optional, len(layout.columns)
    own = layout.delimiter or ","
    # A spreadsheet saves the same columns with the delimiter of its country.
    for delimiter in (own, *(other for other in DELIMITERS if layout.like and other != own)):
        sample = _rows(lines, delimiter, layout.quote)
        alike = [row for row in sample if fewest <= len(row) <= most and _looks_alike(layout, row)]
        if alike and len(alike) >= ENOUGH * len(sample):
            widths = [len(row) for row in alike]
            width = max(set(widths), key=widths.count)
            matched = 10 * len(layout.like) + width
            return Sighting(known, layout, delimiter, layout.columns[:width], 0, "", matched)
    return None


def _rows(lines: Sequence[str], delimiter: str, quote: str) -> list[list[str]]:
    """First rows of a file without a heading."""
    return [
        split(line, delimiter, quote)
        for line in islice((line for line in lines if line.strip()), SAMPLE_LINES)
    ]


def _looks_alike(layout: Layout, row: Sequence[str]) -> bool:
    return _alike(layout, layout.columns, row)


def _alike(layout: Layout, names: Sequence[str], row: Sequence[str]) -> bool:
    """Whether a row of these columns has what a layout says of its records."""
    place = {column_key(name): i for i, name in reversed(list(enumerate(names)))}
    return all(
        place.get(name, len(row)) < len(row) and re.search(expression, row[place[name]].strip())
        for name, expression in ((column_key(name), expression) for name, expression in layout.like)
    )


def _nested(known: SourceFormat, layout: Layout, lines: Sequence[str]) -> Sighting | None:
    text = "\n".join(lines).lstrip("\ufeff \t\r\n")
    begins, names = ("<", r"<([\w-]+)[\s>/]") if layout.kind == "xml" else (("{", "["), r'"([^"\\]+)"\s*:')
    if not text.startswith(begins):
        return None
    keys = {column_key(key) for key in re.findall(names, text)}
    needed = {column_key(name.rsplit(".", 1)[-1]) for name in layout.needs}
    needed |= {column_key(layout.record)} if layout.record else set()
    if not needed <= keys:
        return None
    return Sighting(known, layout, ",", (), 0, "", 1000 + 10 * len(needed))


def _dump(known: SourceFormat, layout: Layout, lines: Sequence[str]) -> Sighting | None:
    names = dump_records.table_columns("\n".join(lines), layout.record or "")
    keys, needed = {column_key(name) for name in names}, {column_key(name) for name in layout.needs}
    if not names or not needed <= keys:
        return None
    return Sighting(known, layout, ",", names, 0, "", 1000 + 10 * len(needed))


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
