"""Broken lines of a CSV file: mended one by one, or set aside with the reason.

One line is one record, so a broken quote costs its own line and no other (a CSV parser would
let it swallow the lines that follow). Well-formed lines pass through as they are, block by
block; only the others are looked at singly. The outcome is a clean copy that DuckDB reads
like any clean file, and an account of every line that is not in it.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final, TextIO

import polars as pl

from cxreports.cdr.content import Content, text_blocks
from cxreports.cdr.detect import Sighting

LONGEST_RECORD: Final = 1 << 20
MOST_JOINED: Final = 8
"""Lines that one record with line ends inside its quotes may take."""


@dataclass
class Mended:
    """A clean copy and the account of what is not in it.

    Attributes
    ----------
    removed
        Lines of the original that are no records of the copy, ascending.
    rejected
        Line, raw text and reason.
    notes
        What was mended, by line.
    widest
        Most fields that a whole line had.
    """

    removed: list[int] = field(default_factory=list)
    rejected: list[tuple[int, str, str]] = field(default_factory=list)
    notes: dict[int, str] = field(default_factory=dict)
    widest: int = 0

    def skip(self, line: int) -> None:
        """Leave out a line that is no record."""
        self.removed.append(line)

    def reject(self, line: int, raw: str, reason: str) -> None:
        """Set aside a line that cannot be read."""
        self.removed.append(line)
        self.rejected.append((line, raw, reason))


@dataclass(frozen=True)
class Grammar:
    """What a well-formed line of a file looks like.

    Attributes
    ----------
    delimiter, quote
        One character each.
    width
        Fields of a line.
    fewest
        Fields that a line may have when its format says that the last are optional.
    """

    delimiter: str
    quote: str
    width: int
    fewest: int

    @cached_property
    def expression(self) -> str:
        """A regular expression of one line, strict as DuckDB's reader is."""
        d, q = re.escape(self.delimiter), re.escape(self.quote)
        fields = f"(?: *{q}(?:[^{q}]|{q}{q})*{q} *| *(?:[^{q}{d}\\n ][^{d}\\n]*)?)"
        return f"^{fields}(?:{d}{fields}){{{self.width - 1}}}$"

    @cached_property
    def whole(self) -> re.Pattern[str]:
        """The same for Python, line ends inside quotes allowed."""
        return re.compile(self.expression.replace("$", r"\Z"))

    def read(self, line: str, *, blanks: bool = False) -> list[str] | None:
        """Split a line as Python's csv reader does: a quote that has closed stays closed to the delimiter.

        Parameters
        ----------
        blanks
            Skip blanks before a field.

        Returns
        -------
        list of str or None
            The fields, or nothing when a quote stays open.
        """
        # A quote that is open at the end takes the second line into the first record.
        reader = csv.reader(
            [f"{line}\n", "\n"], delimiter=self.delimiter, quotechar=self.quote, skipinitialspace=blanks
        )
        try:
            records = list(reader)
        except csv.Error:
            return None
        return records[0] if len(records) > 1 else None

    def split(self, line: str, *, backslash: bool = False) -> list[str] | None:
        """Split a line whose quotes are broken: one closes only before a delimiter.

        Returns
        -------
        list of str or None
            The fields, or nothing when a quote stays open.
        """
        fields: list[str] = []
        at = 0
        while True:
            value, at = self._field(line, at, backslash=backslash)
            if value is None:
                return None
            fields.append(value)
            if at >= len(line):
                return fields
            at += 1
            if at == len(line):
                return [*fields, ""]

    def _field(self, line: str, at: int, *, backslash: bool) -> tuple[str | None, int]:
        start = at
        while start < len(line) and line[start] == " ":
            start += 1
        if start == len(line) or line[start] != self.quote:
            end = line.find(self.delimiter, at)
            end = len(line) if end < 0 else end
            return line[at:end], end
        position = start + 1
        while (position := line.find(self.quote, position)) >= 0:
            after = position + 1
            if backslash and line[position - 1] == "\\":
                position = after
                continue
            if line[after : after + 1] == self.quote and not self._closes(line, after):
                position = after + 1
                continue
            if self._closes(line, position):
                value = line[start + 1 : position].replace(self.quote * 2, self.quote)
                value = value.replace("\\" + self.quote, self.quote) if backslash else value
                end = line.find(self.delimiter, after)
                return value, len(line) if end < 0 else end
            position = after
        return None, len(line)

    def _closes(self, line: str, position: int) -> bool:
        rest = line[position + 1 :].lstrip(" ")
        return not rest or rest[0] == self.delimiter

    def mended(self, line: str, *, cut: bool = False) -> tuple[list[str] | None, str]:
        """Return the fields of a malformed line and what was wrong with it.

        The fields are ``None`` when no reading gives as many as the file has columns: one too many is a
        sign that all after it have moved. Of a line that may have been cut (``cut``) every field and
        every quote must be there.
        """
        found = self.read(line)
        for fields in self._readings(line, found):
            if fields is not None and len(fields) == self.width:
                return fields, "broken quotes mended"
        if cut:
            return None, "the file ends in the middle of this line"
        bare = [value.strip(f" {self.quote}") for value in line.split(self.delimiter)]
        odd = line.count(self.quote) % 2 == 1
        if odd and len(bare) == self.width:
            return bare, "broken quotes mended"
        if found is not None and not odd and self.fewest <= len(found) < self.width:
            return [*found, *[""] * (self.width - len(found))], ""
        if found is None:
            return None, f"a quote is never closed; without it there are {len(bare)} fields, not {self.width}"
        return None, f"has {len(found)} fields instead of {self.width}"

    def _readings(self, line: str, found: list[str] | None) -> Iterator[list[str] | None]:
        """Yield ways to read a line with all its quotes, the likeliest first."""
        if f"\\{self.quote}" in line:
            yield self.split(line, backslash=True)
        yield found
        yield self.read(line, blanks=True)
        yield self.split(line)

    def written(self, fields: Sequence[str]) -> str:
        """Return a well-formed line of these fields."""
        q = self.quote
        return self.delimiter.join(f"{q}{value.replace(q, q * 2)}{q}" for value in fields)


def repair(content: Content, target: Path, sighting: Sighting, *, rewrite: bool = False) -> Mended:
    """Write a clean copy of a file and account for every line that is not in it.

    Parameters
    ----------
    content, target
        The file, and where the copy goes (UTF-8, LF, no heading).
    sighting
        Its format as found; its columns are those that lines must have.
    rewrite
        Write every line anew, field by field: slow, but no parser can differ over it.
    """
    width = len(sighting.names)
    layout = sighting.layout
    fewest = width if layout.header else min(width, len(layout.columns) - layout.optional)
    grammar = Grammar(sighting.delimiter, layout.quote, width, fewest)
    mended = Mended()
    with target.open("w", encoding="utf-8", newline="") as copy:
        cut = 0 if content.ended else content.lines
        _Bench(sighting, grammar, mended, copy, cut, rewrite=rewrite).run(content.path)
    mended.removed.sort()
    return mended


class _Bench:
    """Where the lines of one file are looked at."""

    def __init__(
        self, sighting: Sighting, grammar: Grammar, mended: Mended, copy: TextIO, cut: int, *, rewrite: bool
    ) -> None:
        self.heading = sighting.heading
        self.header = sighting.header
        self.sighting = sighting
        self.comment = sighting.source_format.comment
        self.types_row = sighting.layout.types_row
        self.grammar = grammar
        self.mended = mended
        self.copy = copy
        self.cut = cut
        self.most = len(sighting.layout.columns)
        self.rewrite = rewrite
        self.held: list[tuple[int, str]] = []

    def run(self, source: Path) -> None:
        for first, text, noted in text_blocks(source):
            self.mended.notes.update(noted)
            lines = text.split("\n")
            odd = self._odd(lines, first)
            self._write(lines, first, odd)
        self._release()

    def _odd(self, lines: list[str], first: int) -> list[int]:
        """Return which lines of a block cannot pass through as they are."""
        if self.rewrite:
            return list(range(len(lines)))
        grammar = self.grammar
        line = pl.col("line")
        quoted = line.str.contains(grammar.quote, literal=True)
        fields = line.str.count_matches(grammar.delimiter, literal=True) + 1
        plain = (fields == grammar.width) & (line.str.len_bytes() > 0)
        matches = pl.when(quoted).then(line.str.contains(grammar.expression)).otherwise(plain)
        odd = ~matches | (line.str.len_bytes() > LONGEST_RECORD)
        if self.header:
            odd |= line.str.strip_chars() == self.header.strip()
        if self.comment:
            odd |= line.str.starts_with(self.comment)
        if self.types_row:
            odd |= line.str.contains(self.types_row)
        frame = pl.DataFrame({"line": lines}, schema={"line": pl.String})
        indices = frame.select(odd.arg_true()).to_series().to_list()
        return sorted({*indices, *range(min(len(lines), max(0, self.heading - first + 1)))})

    def _write(self, lines: list[str], first: int, odd: Sequence[int]) -> None:
        done = 0
        for i in odd:
            if i > done:
                self._release()
                self._pass(lines[done:i])
            self._single(first + i, lines[i])
            done = i + 1
        if done < len(lines):
            self._release()
            self._pass(lines[done:])

    def _pass(self, lines: Sequence[str]) -> None:
        self.copy.write("\n".join(lines))
        self.copy.write("\n")

    def _single(self, number: int, line: str) -> None:
        """Deal with a line that is not simply a record."""
        bare = line.strip()
        if not bare or number <= self.heading or self.sighting.is_heading(line):
            self._release()
            if not bare and number in self.mended.notes:
                self.mended.notes.pop(number)
                self.mended.reject(number, line, "nothing but NUL bytes")
            else:
                self.mended.skip(number)
            return
        if self.rewrite and self.grammar.whole.match(line) and len(line) <= LONGEST_RECORD:
            self._release()
            fields = self.grammar.split(line)
            if fields is not None and len(fields) == self.grammar.width:
                self._pass([self.grammar.written(fields)])
                return
        if len(line) > LONGEST_RECORD:
            self._release()
            self.mended.reject(
                number, line[:LONGEST_RECORD], f"a line of {len(line):,} characters is no record"
            )
            return
        self._join_or_mend(number, line)

    def _join_or_mend(self, number: int, line: str) -> None:
        """Join malformed neighbours to the one record that they are, if they are one."""
        self.held.append((number, line))
        for i in range(len(self.held) - 1):
            joined = "\n".join(text for _, text in self.held[i:])
            fields = self.grammar.split(joined) if self.grammar.whole.match(joined) else None
            if fields is not None and len(fields) == self.grammar.width:
                parts, self.held = self.held[i:], self.held[:i]
                self._release()
                self._pass([self.grammar.written([value.replace("\n", " ") for value in fields])])
                self._note(parts[0][0], "line ends inside quotes became blanks")
                for extra, _ in parts[1:]:
                    self.mended.skip(extra)
                return
        if len(self.held) >= MOST_JOINED:
            self._release()

    def _release(self) -> None:
        """Mend the malformed lines held, each by itself."""
        held, self.held = self.held, []
        for number, line in held:
            cut = number == self.cut
            fields, what = self.grammar.mended(line, cut=cut)
            if fields is None:
                self.mended.reject(number, line, what)
                if cut:
                    continue
                found = self.grammar.read(line) or []
                if len(found) <= self.most:
                    self.mended.widest = max(self.mended.widest, len(found))
                continue
            self._pass([self.grammar.written(fields)])
            if what:
                self._note(number, what)

    def _note(self, number: int, what: str) -> None:
        self.mended.notes[number] = "; ".join(filter(None, [self.mended.notes.get(number), what]))
