"""A source format: how the columns of one vendor's CDR files become the canonical record.

A format is a small TOML file (``formats/*.toml``, or a user's own), described in
``docs/formats.md``. This module holds what such a file says, as frozen values: ``definition``
reads it, ``mapping`` turns it into SQL, ``detect`` finds the format of a CDR file.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from functools import cache
from types import MappingProxyType
from typing import Final

from cxreports.cdr.record import FIELDS, MILLISECONDS, MONEY, SECONDS, TIME

KINDS: Final = {"VARCHAR": "text", "INTEGER": "code", TIME: "time", SECONDS: "seconds"} | {
    MILLISECONDS: "milliseconds",
    MONEY: "money",
}
"""What a value is, by the canonical type of its field."""

BOOKKEEPING: Final = ("customer", "connected", "note", "file", "record_key")
"""Fields of the record that no rule of a format may set."""

FIELD_KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {field.name: KINDS[field.sql_type] for field in FIELDS if field.name not in BOOKKEEPING}
)
"""Every field that a format may set, and what kind of value it takes."""

EPOCHS: Final = ("s", "ms", "us")
UNITS: Final[Mapping[str, int]] = MappingProxyType({"us": 1, "ms": 1_000, "s": 1_000_000, "min": 60_000_000})
"""Units of a duration, in microseconds; ``clock`` (hh:mm:ss) stands beside them."""

DECODERS: Final = ("ipv4-signed-le", "url")
NULL_WORDS: Final = ("NULL", "null", "\\N", "(null)")
DELIMITERS: Final = (",", ";", "\t", "|")


@dataclass(frozen=True)
class Rule:
    """One way to fill a field; the first of a field's rules that gives a value wins.

    Attributes
    ----------
    columns
        Source columns: the first of them that the file has and that is not empty.
    join
        Put between the columns, all of which then make the value.
    constant
        A fixed value instead of a column.
    regex
        The value is the first group of this expression (RE2 syntax); no match is no value.
    values, other
        A table of words (compared without case) and what becomes of words that are not in
        it: ``null``, ``keep`` or ``reject``.
    formats, epoch
        How a time is written: ``iso`` and strptime formats, or a unit of the Unix epoch.
    unit
        Unit of a duration: ``us``, ``ms``, ``s``, ``min`` or ``clock`` (hh:mm:ss).
    negate
        Turn the sign of a number (charges that are written as negative prices).
    decode
        ``ipv4-signed-le``: an IPv4 address written as a signed 32-bit little-endian integer;
        ``url``: per cent encoding.
    unanswered
        The rule holds for calls that were not answered only.
    start, plus, minus, until
        Instead of a column: a time plus and minus durations, or the duration from one time
        until another; names of fields or extra values.
    """

    columns: tuple[str, ...] = ()
    join: str | None = None
    constant: str | None = None
    regex: str | None = None
    values: tuple[tuple[str, str], ...] = ()
    other: str = "null"
    formats: tuple[str, ...] = ()
    epoch: str | None = None
    unit: str | None = None
    negate: bool = False
    decode: str | None = None
    unanswered: bool = False
    start: str | None = None
    plus: tuple[str, ...] = ()
    minus: tuple[str, ...] = ()
    until: str | None = None

    @property
    def derived(self) -> bool:
        """Whether the value comes from other values rather than from a column."""
        return self.start is not None


@dataclass(frozen=True)
class Target:
    """A field of the record, or an extra value of the format, with its rules in order."""

    name: str
    kind: str
    rules: tuple[Rule, ...]


@dataclass(frozen=True)
class Answered:
    """One test of whether a call was answered; the first test that knows decides.

    ``column`` or ``field`` says what is looked at, one of the others says when it means yes.
    """

    column: str | None = None
    field: str | None = None
    words: tuple[str, ...] = ()
    present: bool = False
    positive: bool = False
    between: tuple[int, int] | None = None


@dataclass(frozen=True)
class Customer:
    """Where the customer of a call is found, strongest first.

    The first of ``columns`` that the file has and that is not empty, then the customer that the
    load names, then ``fallback`` (more columns), then ``default``.
    """

    columns: tuple[str, ...] = ()
    fallback: tuple[str, ...] = ()
    default: str | None = "default"


@dataclass(frozen=True)
class Pairing:
    """How two rows make one call: an opening row and a closing one of the same dialogue."""

    column: str
    opens: str
    closes: str
    key: tuple[str, ...]
    tags: tuple[str, str]


@dataclass(frozen=True)
class Layout:
    """One shape that files of a format come in.

    Attributes
    ----------
    kind
        ``csv`` or ``json``.
    delimiter, quote
        Of a CSV file; without a delimiter, any of comma, semicolon, tab and bar.
    columns, optional
        Of a file without a header: its columns, and how many of the last may be missing.
    needs
        Of a file with a header: the columns without which it is not this layout.
    types_row
        Expression that tells a second heading line (of column types) from a record.
    like
        Expressions that tell records of a file without a header from other files.
    """

    name: str
    kind: str = "csv"
    header: bool = True
    delimiter: str | None = None
    quote: str = '"'
    columns: tuple[str, ...] = ()
    optional: int = 0
    needs: tuple[str, ...] = ()
    types_row: str | None = None
    like: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class SourceFormat:
    """A source of CDR files and how its columns become the canonical record.

    Attributes
    ----------
    name, title
        What ``--format`` says, and one line for people.
    documents
        The vendor's documents that the definition follows.
    zone
        Zone of its times when the vendor fixes it; else the load says.
    null
        Words that stand for no value, beside the empty field.
    comment
        What a line begins with that is a comment.
    layouts, targets, connected, customer, pairing
        See the classes of these names.
    path
        The file that defines it.
    """

    name: str
    title: str
    documents: tuple[str, ...]
    layouts: tuple[Layout, ...]
    targets: tuple[Target, ...]
    connected: tuple[Answered, ...]
    customer: Customer = dataclass_field(default_factory=Customer)
    zone: str | None = None
    null: tuple[str, ...] = NULL_WORDS
    comment: str | None = None
    pairing: Pairing | None = None
    path: str = ""


@cache
def column_key(name: str) -> str:
    """Return what two spellings of one column heading have in common (``Call ID``, ``call_id``)."""
    return re.sub(r"[\s_-]+", "", name).casefold()
