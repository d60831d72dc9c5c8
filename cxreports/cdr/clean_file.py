"""A file that DuckDB reads record by record: the CDR file as it is, or a clean copy of it.

``reader`` takes the first that works. Each knows how many records it holds, where they stand
in the file as delivered, and what was set aside on the way.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Protocol

from cxreports.cdr.content import Content, delimiters, ends_like, text_blocks
from cxreports.cdr.detect import Sighting, split
from cxreports.cdr.json_records import Records, write_records
from cxreports.cdr.records.write_rows import write_rows
from cxreports.cdr.repair import repair

NOT_ENDED: Final = "the last line has no line end: the file may have been cut there"


class Origin(Protocol):
    """Where the records of a clean copy stand in the file as delivered."""

    def lines(self, ordinals: Sequence[int]) -> list[int]:
        """Return the lines of the records with these ordinals (from 0)."""

    def raws(self, ordinals: Sequence[int]) -> list[str]:
        """Return those records as they stand in the file."""


@dataclass(frozen=True)
class Lines:
    """Origin of a CSV file: every line is a record but for those removed, ascending."""

    content: Content
    removed: Sequence[int]

    def lines(self, ordinals: Sequence[int]) -> list[int]:
        """Return the lines of the records with these ordinals."""
        before = range(len(self.removed))
        return [i + 1 + bisect_right(before, i, key=lambda j: self.removed[j] - j - 1) for i in ordinals]

    def raws(self, ordinals: Sequence[int]) -> list[str]:
        """Return those records as they stand in the file."""
        wanted = self.lines(ordinals)
        raws: dict[int, str] = {}
        remaining = sorted(wanted)
        at = 0
        for first, text, _ in text_blocks(self.content.path):
            if at == len(remaining):
                break
            last = first + text.count("\n")
            if remaining[at] > last:
                continue
            lines = text.split("\n")
            while at < len(remaining) and remaining[at] <= last:
                raws[remaining[at]] = lines[remaining[at] - first]
                at += 1
        return [raws[line] for line in wanted]


@dataclass(frozen=True)
class Spans:
    """Origin of a JSON file: records may take several lines."""

    records: Records

    def lines(self, ordinals: Sequence[int]) -> list[int]:
        """Return the lines of the records with these ordinals."""
        return [self.records.spans[i][0] for i in ordinals]

    def raws(self, ordinals: Sequence[int]) -> list[str]:
        """Return those records as they stand in the file."""
        return [self.records.text[begin:end] for _, begin, end in (self.records.spans[i] for i in ordinals)]


@dataclass(frozen=True)
class CleanFile:
    """A file that DuckDB reads record by record, and what was set aside to get there.

    Attributes
    ----------
    path, heading, sighting
        The file, its lines before the first record, and how it is read.
    records
        How many records it must have, so that none is lost.
    origin
        Where they stand in the file as delivered.
    rejected
        Line, raw text and reason of what is not in it.
    notes
        What was mended, by ordinal.
    """

    path: Path
    heading: int
    sighting: Sighting
    records: int
    origin: Origin
    rejected: tuple[tuple[int, str, str], ...] = ()
    notes: Mapping[int, str] = field(default_factory=dict)


def as_it_is(content: Content, sighting: Sighting) -> CleanFile | None:
    """Return a file whose lines look fine, to be read where it stands; None if some have too many fields."""
    records = content.lines - sighting.heading
    if not _even_fields(content, sighting):
        return None
    origin = Lines(content, range(1, sighting.heading + 1))
    notes = {} if content.ended else {records - 1: NOT_ENDED}
    return CleanFile(content.path, sighting.heading, sighting, records, origin, notes=notes)


def _even_fields(content: Content, sighting: Sighting) -> bool:
    """Whether a file has the delimiters that its heading and records take, and not one more."""
    delimiter, quote = sighting.delimiter, sighting.layout.quote
    # Only what stands for null is dropped; most files end each line with something else.
    dropped = [delimiter, quote, " ", *(word[-1] for word in sighting.source_format.null)]
    if not ends_like(content, "".join(dropped)):
        return True
    _, text, _ = next(text_blocks(content.path), (1, "", {}))
    heading = text.split("\n", sighting.heading)[: sighting.heading]
    expected = sum(len(split(line, delimiter, quote)) - 1 for line in heading)
    expected += (content.lines - len(heading)) * (len(sighting.names) - 1)
    return delimiters(content.path, delimiter, quote) == expected


def repaired(content: Content, folder: Path, sighting: Sighting, *, rewrite: bool = False) -> CleanFile:
    """Return a clean copy of a file with dirty lines (``rewrite``: every line written anew)."""
    target = folder / "clean"
    mended = repair(content, target, sighting, rewrite=rewrite)
    layout = sighting.layout
    if mended.widest > len(sighting.names) and not layout.header:
        # Columns were switched on in the middle of the file.
        sighting = replace(sighting, names=layout.columns[: mended.widest])
        mended = repair(content, target, sighting, rewrite=rewrite)
    records = content.lines - len(mended.removed)
    notes = dict(mended.notes)
    removed = set(mended.removed)
    if not content.ended and content.lines not in removed:
        notes[content.lines] = "; ".join(filter(None, [notes.get(content.lines), NOT_ENDED]))
    ordinals = {
        line - 1 - bisect_left(mended.removed, line): note
        for line, note in notes.items()
        if line not in removed
    }
    origin = Lines(content, mended.removed)
    return CleanFile(target, 0, sighting, records, origin, tuple(mended.rejected), ordinals)


def from_records(content: Content, folder: Path, sighting: Sighting) -> CleanFile:
    """Return the records of a file that is no CSV as a CSV file."""
    target = folder / "records"
    if sighting.layout.kind in {"json", "xml"}:
        records = write_records(content, target, sighting.source_format, sighting.layout)
    else:
        records = write_rows(content, target, sighting)
    sighting = replace(sighting, names=records.names, delimiter=",")
    return CleanFile(target, 0, sighting, len(records.spans), Spans(records), tuple(records.rejected))
