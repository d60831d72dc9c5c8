"""A small file that may be read together with others, since what it says does not depend on what it is with.

A file that gives a reason to look at it by itself is left to ``reader``: lines that have to be mended, dates
whose order the file decides, halves of calls that wait for each other.
"""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Final, Self

from cxreports.cdr.bundles.alike import decided
from cxreports.cdr.bundles.forms import Form, Forms, Shape
from cxreports.cdr.bundles.verdicts import Verdicts
from cxreports.cdr.content import WIDE, Content, blocks_of, content_in, content_of
from cxreports.cdr.definitions.toml_values import BLANKS
from cxreports.cdr.detect import Sighting, split
from cxreports.cdr.evidence.date_words import IN_NUMBERS, SEEN
from cxreports.cdr.evidence.dates import dated_columns
from cxreports.cdr.gzipped import MAGIC
from cxreports.cdr.json_records import Written, columns_of, named, records_of
from cxreports.cdr.record import ALL_CUSTOMERS
from cxreports.cdr.repair import LONGEST_RECORD, Grammar
from cxreports.cdr.source_format import SourceFormat
from cxreports.errors import LoadError

LARGEST: Final = 1 << 16
"""Bytes of a small file, plain: what reading it by itself costs is more than its records do."""


@dataclass(frozen=True)
class SmallFile:
    """A small file, in memory.

    Attributes
    ----------
    content
        What one pass over its bytes found; its path is the file as delivered.
    data
        Its bytes, plain.
    sample, text
        Its first lines, and all of it: line ends are LF, of the last line there is none.
    mended
        Whether bytes had to be replaced to make a text of it.
    """

    content: Content
    data: bytes
    sample: tuple[str, ...]
    text: str
    mended: bool

    @classmethod
    def opened(cls, path: Path) -> Self | None:
        """A file as it stands; None if it is not small, or cannot be read.

        What is wrong with it ``reader`` finds again, and says.
        """
        try:
            data = path.read_bytes()
            if data.startswith((MAGIC, *(mark for mark, _ in WIDE))):
                with content_of(path) as unpacked:
                    content = replace(unpacked, path=path)
                    data = unpacked.path.read_bytes() if unpacked.size <= LARGEST else b""
            else:
                content = content_in(path, data)
        except (OSError, LoadError):
            return None
        if not 0 < content.size <= LARGEST:
            return None
        blocks = list(blocks_of(BytesIO(data), path))
        text = "\n".join(block for _, block, _ in blocks)
        mended = content.nul or any(notes for _, _, notes in blocks)
        return cls(content, data, tuple(blocks[0][1].split("\n")), text, mended)

    @property
    def lines(self) -> list[str]:
        """Its lines, without their ends."""
        return self.text.split("\n")


@dataclass(frozen=True)
class Readable:
    """A small file that may be read together with others.

    Attributes
    ----------
    file, sighting
        The file, and how it is read.
    key
        What files have in common that one query reads.
    lines
        Records of a CSV file.
    records, rejected
        Of any other, and line, raw text and reason of what is no record in it.
    seen
        Places of the columns that its records have, among `columns_of` the format.
    """

    file: SmallFile
    sighting: Sighting
    key: Hashable
    lines: Sequence[str] = ()
    records: Sequence[Written] = ()
    rejected: Sequence[tuple[int, str, str]] = ()
    seen: frozenset[int] = frozenset()


class Fitting:
    """Finds out how small files are read together.

    Parameters
    ----------
    formats
        Formats that they may have.
    customer, dates
        As for `read`.
    """

    def __init__(self, formats: Sequence[SourceFormat], customer: str | None, dates: str | None) -> None:
        self._verdicts, self._forms = Verdicts(formats), Forms()
        self._customer, self._dates = customer, dates
        self._is_reserved = customer is not None and customer.strip() in {"", ALL_CUSTOMERS}
        self._wanted: dict[int, tuple[str, ...]] = {}
        self._ways: dict[tuple[int, frozenset[int]], tuple[Sighting, Hashable]] = {}
        self._dated: dict[Hashable, Sequence[int]] = {}

    def readable(self, file: SmallFile) -> Readable | None:
        """How a file is read; None if it is better read by itself."""
        if file.text.replace("\n", "").strip() in {"", "[]"}:
            return None
        shape = Shape.of(file.text)
        form = self._forms.of(shape) if shape else None
        if shape and form:
            records = form.records(file.text, shape.values)
            fit: Readable | None = Readable(file, form.sighting, form.key, records=records, seen=form.seen)
        else:
            fit = self._looked_at(file, shape)
        return None if fit is None or self._decides_dates(fit) else fit

    def _looked_at(self, file: SmallFile, shape: Shape | None) -> Readable | None:
        """How a file is read that is like none before it."""
        try:
            sighting = self._verdicts.sighting(file.content, file.sample)
        except LoadError:
            return None
        customer = sighting.source_format.customer
        is_named = customer.default or self._customer or customer.columns
        if self._is_reserved or sighting.source_format.pairing is not None or not is_named:
            return None
        if sighting.layout.kind not in {"json", "xml"}:
            return _plain(file, sighting)
        fit = self._nested(file, sighting)
        if shape and self._verdicts.is_decided_by_names(sighting) and self._forms.is_worth_learning(shape):
            columns = self._wanted[id(sighting.source_format)]
            self._forms.learn(shape, Form.learned(shape, columns, fit.sighting, fit.key, fit.seen))
        return fit

    def _nested(self, file: SmallFile, sighting: Sighting) -> Readable:
        rejected: list[tuple[int, str, str]] = []
        known = sighting.source_format
        wanted = self._wanted.get(id(known))
        if wanted is None:
            wanted = self._wanted[id(known)] = columns_of(known)
        records = list(records_of(file.text, wanted, sighting.layout, rejected))
        seen = frozenset(
            i for record in records for i, value in enumerate(record.values) if value is not None
        )
        # Most files have the columns of one before them.
        place = id(sighting.layout), seen
        if place not in self._ways:
            way = replace(sighting, names=named(wanted, seen), delimiter=",")
            self._ways[place] = way, (place[0], decided(known, way.columns))
        way, key = self._ways[place]
        return Readable(file, way, key, records=records, rejected=rejected, seen=seen)

    def _decides_dates(self, fit: Readable) -> bool:
        """Whether a file has dates whose order it has to decide itself."""
        sighting = fit.sighting
        if self._dates is not None or sighting.source_format.dates is not None:
            return False
        place = id(sighting.layout), fit.seen or sighting.names
        if place not in self._dated:
            dated = dated_columns(sighting.columns, sighting.source_format)
            self._dated[place] = [int(name[1:]) for name in dated]
        places = self._dated[place]
        if not places or not SEEN.search("".join(fit.file.sample)):
            return False
        return any(IN_NUMBERS.search(value) for value in _values(fit, places))


def _plain(file: SmallFile, sighting: Sighting) -> Readable | None:
    """A CSV file each line of which is a record with all its fields, whatever stands around it."""
    delimiter, quote = sighting.delimiter, sighting.layout.quote
    is_even = file.content.even and not file.mended and sighting.source_format.comment is None
    if sighting.layout.kind != "csv" or delimiter == BLANKS or not is_even:
        return None
    if delimiter == ";" and "," in file.text:
        return None  # Whether that is a decimal comma the whole file decides.
    lines = file.lines[sighting.heading :]
    grammar = _grammar(delimiter, quote, len(sighting.names))
    if not all(_is_whole(line, grammar) for line in lines):
        return None
    return Readable(file, sighting, (id(sighting.layout), delimiter, sighting.names), lines=lines)


@cache
def _grammar(delimiter: str, quote: str, width: int) -> Grammar:
    return Grammar(delimiter, quote, width, width)


def _is_whole(line: str, grammar: Grammar) -> bool:
    """Whether a line is a record with all its fields for any reader, strict or tolerant."""
    delimiter, quote, between = grammar.delimiter, grammar.quote, grammar.width - 1
    if not line.strip() or len(line) > LONGEST_RECORD or line.startswith("\ufeff"):
        return False
    if quote not in line:
        return line.count(delimiter) == between
    outside = line.split(quote)[::2]
    is_even = line.count(quote) % 2 == 0 and sum(part.count(delimiter) for part in outside) == between
    return is_even and grammar.whole.match(line) is not None


def _values(fit: Readable, places: Sequence[int]) -> Iterator[str]:
    """Texts in these columns."""
    for record in fit.records:
        yield from (record.values[place] or "" for place in places)
    for line in fit.lines:
        fields = split(line, fit.sighting.delimiter, fit.sighting.layout.quote)
        yield from (fields[place] for place in places)
