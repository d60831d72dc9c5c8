"""JSON records that differ in nothing but their values: one is parsed, the others are filled in.

A switch writes thousands of files of one record with the same members in the same order. Their texts without
the values are their form. In a copy of one of them each value is replaced by a mark that stands nowhere else,
and the copy is read as any file is: where a mark comes out, the value of another file with this form does.
What has escapes, or is anything but one object on one line, is parsed.
"""

import csv
import re
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Final

from cxreports.cdr.detect import Sighting
from cxreports.cdr.json_records import Written, records_of

_VALUE: Final = re.compile(
    # No escape, no control character and no other end of a line: such a text means itself.
    r'":[ \t]*("[^"\\\x00-\x1f\x7f-\x9f\u2028\u2029]*"'
    r"|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)"
)
_MARK: Final = re.compile("\ue000([0-9]+)\ue001")
_MOST: Final = 1_000
"""Forms that are remembered."""


@dataclass(frozen=True)
class Shape:
    """A text of one JSON object, parted.

    Attributes
    ----------
    between
        What stands between its values: its form.
    values
        Its texts and numbers.
    """

    between: tuple[str, ...]
    values: Sequence[str]

    @classmethod
    def of(cls, text: str) -> "Shape | None":
        """Part a text; None if it is not one object on one line."""
        if text[:1] != "{" or text[-1:] != "}" or "\n" in text:
            return None
        parts = _VALUE.split(text)
        return cls(tuple(parts[::2]), [value.strip('"') for value in parts[1::2]])

    @property
    def marked(self) -> str:
        """The text with a mark for each value."""
        marks = (f'":"\ue000{nth}\ue001"' for nth in range(len(self.values)))
        return "".join(part for pair in zip(self.between, (*marks, ""), strict=True) for part in pair)


@dataclass(frozen=True, slots=True)
class Filled:
    """A record that was not parsed, see `Written`."""

    line: int
    begin: int
    end: int
    row: str

    @property
    def values(self) -> Sequence[str | None]:
        """Its values in the order of the columns; one that it lacks is empty."""
        return next(csv.reader([self.row]))[:-1]


@dataclass(frozen=True)
class Form:
    """What the values of a text of some form are.

    Attributes
    ----------
    sighting, key, seen
        Of each file with this form, as of `Readable`.
    rows
        Of each record: its row as a format, and the places of the values that go into it.
    """

    sighting: Sighting
    key: Hashable
    seen: frozenset[int]
    rows: Sequence[tuple[str, Sequence[int]]]

    @classmethod
    def learned(
        cls, shape: Shape, columns: Sequence[str], sighting: Sighting, key: Hashable, seen: frozenset[int]
    ) -> "Form | None":
        """Form of a text, None where a value decides more than what a record says in its place.

        Parameters
        ----------
        columns
            As for `records_of`.
        """
        text = shape.marked
        if any("\ue000" in part or "\ue001" in part for part in shape.between):
            return None
        records = list(records_of(text, columns, sighting.layout, rejected=[]))
        is_one = all((record.begin, record.end) == (0, len(text)) for record in records)
        if not records or not is_one or len(text.splitlines()) != 1:
            return None
        rows = [
            (_MARK.sub("%s", record.row.replace("%", "%%")), list(map(int, _MARK.findall(record.row))))
            for record in records
        ]
        return cls(sighting, key, seen, rows)

    def records(self, text: str, values: Sequence[str]) -> list[Written]:
        """The records of a text of this form."""
        return [
            Filled(1, 0, len(text), row % tuple([values[place] for place in places]))
            for row, places in self.rows
        ]


class Forms:
    """Forms that came more than once."""

    def __init__(self) -> None:
        self._once: set[int] = set()
        self._forms: dict[tuple[str, ...], Form | None] = {}

    def of(self, shape: Shape) -> Form | None:
        """Form of a text, if it is known."""
        return self._forms.get(shape.between)

    def is_worth_learning(self, shape: Shape) -> bool:
        """Whether a form comes for the second time."""
        digest = hash(shape.between)
        if digest not in self._once:
            self._once.add(digest)
            return False
        return shape.between not in self._forms and len(self._forms) < _MOST

    def learn(self, shape: Shape, form: Form | None) -> None:
        """Remember a form, or that it is none."""
        self._forms[shape.between] = form
