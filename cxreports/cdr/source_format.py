"""A source format: how the columns of one vendor's CDR files become the canonical record.

A format is a small TOML file (``formats/*.toml``, or a user's own), described in
``docs/formats.md``. This module holds what such a file says, as frozen values whose tables check
themselves: ``definition`` reads it, ``mapping`` turns it into SQL, ``detect`` finds the format of a
CDR file.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from functools import cache, cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Final, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from cxreports.cdr.definitions.toml_values import (
    Character,
    Expression,
    Pairs,
    RequiredText,
    Texts,
    TomlTable,
    lower_words,
    refused,
)
from cxreports.cdr.definitions.toml_values import (
    columns_by_type as _columns_by_type,
)
from cxreports.cdr.definitions.toml_values import (
    delimiter as _delimiter,
)
from cxreports.cdr.definitions.toml_values import (
    expressions as _expressions,
)
from cxreports.cdr.definitions.toml_values import (
    listed as _list,
)
from cxreports.cdr.definitions.toml_values import (
    lower_keys as _lower_keys,
)
from cxreports.cdr.definitions.toml_values import (
    one_of as _one_of,
)
from cxreports.cdr.definitions.toml_values import (
    range_of as _range,
)
from cxreports.cdr.definitions.toml_values import (
    scale as _scale,
)
from cxreports.cdr.definitions.toml_values import (
    tags as _tags,
)
from cxreports.cdr.record import ALL_CUSTOMERS, FIELDS, MILLISECONDS, MONEY, SECONDS, TIME

if TYPE_CHECKING:
    from cxreports.cdr.identity.legs import Legs
    from cxreports.cdr.records.skip import Skip

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
LAYOUT_KINDS: Final = ("csv", "json", "xml", "sql", "types")


class Rule(TomlTable):
    """One way to fill a field; the first of a field's rules that gives a value wins.

    Attributes
    ----------
    kind
        Kind of an extra value; that of a field is given.
    columns
        Source columns: the first of them that the file has and that is not empty.
    join
        Put between the columns, all of which then make the value.
    constant
        A fixed value instead of a column.
    regex
        The value is the first group of this expression (RE2 syntax), with ``join`` all of its groups; no
        match is no value.
    values, other
        A table of words (compared without case) and what becomes of words that are not in
        it: ``null``, ``keep`` or ``reject``.
    formats, epoch
        How a time is written: ``iso`` and strptime formats, or a unit of the Unix epoch.
    unit
        Unit of a duration: ``us``, ``ms``, ``s``, ``min``, ``clock`` (hh:mm:ss) or ``mm:ss``.
    scale
        What a number is multiplied by: 0.01 for cents, 0.001 for thousandths.
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

    kind: Annotated[str, _one_of(set(KINDS.values()))] | None = Field(default=None, alias="type")
    columns: Texts = Field(default=(), alias="column")
    join: str | None = None
    constant: str | None = None
    regex: str | None = None
    values: Annotated[Pairs, AfterValidator(_lower_keys)] = Field(default=(), alias="map")
    other: Annotated[str, _one_of({"null", "keep", "reject"})] = "null"
    formats: Texts = ()
    epoch: Annotated[str, _one_of(EPOCHS)] | None = None
    unit: Annotated[str, _one_of({*UNITS, "clock", "mm:ss"})] | None = None
    scale: Annotated[str, BeforeValidator(_scale)] | None = None
    negate: bool = False
    decode: Annotated[str, _one_of(DECODERS)] | None = None
    unanswered: bool = False
    start: str | None = Field(default=None, alias="from")
    plus: Texts = ()
    minus: Texts = ()
    until: str | None = None

    @property
    def derived(self) -> bool:
        """Whether the value comes from other values rather than from a column."""
        return self.start is not None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if sum([bool(self.columns), self.constant is not None, self.derived]) != 1:
            raise refused("column", "say exactly one of column, constant and from")
        if self.formats and self.epoch:
            raise refused("formats", "and epoch exclude each other; give the field two rules")
        return self


@dataclass(frozen=True)
class Target:
    """A field of the record, or an extra value of the format, with its rules in order."""

    name: str
    kind: str
    rules: tuple[Rule, ...]


class Answered(TomlTable):
    """One test of whether a call was answered; the first test that knows decides.

    ``column`` or ``field`` says what is looked at, one of the others says when it means yes. ``all`` instead
    lists tests that must all say yes.
    """

    column: str | None = None
    field: str | None = None
    words: Annotated[Texts, AfterValidator(lower_words)] = Field(default=(), alias="in")
    present: bool = False
    positive: bool = False
    between: Annotated[tuple[int, int], BeforeValidator(_range)] | None = None
    every: Annotated[tuple["Answered", ...], BeforeValidator(_list)] = Field(default=(), alias="all")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.every:
            if self.column or self.field:
                raise refused("all", "stands alone: its tests say what they look at")
            return self
        if (self.column is None) == (self.field is None):
            raise refused("column", "say exactly one of column and field")
        if sum([bool(self.words), self.present, self.positive, self.between is not None]) != 1:
            raise refused("in", "say exactly one of in, present, positive and between = [low, high]")
        return self


class Customer(TomlTable):
    """Where the customer of a call is found, strongest first.

    The first of ``columns`` that the file has and that is not empty, then the customer that the
    load names, then ``fallback`` (more columns), then ``default``.
    """

    columns: Texts = Field(default=(), alias="column")
    fallback: Texts = ()
    named: str | None = Field(default=None, alias="default")
    required: bool = False

    @property
    def default(self) -> str | None:
        """Customer of the calls of which nothing says whose they are; None if the load has to."""
        return None if self.required else self.named or "default"

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.default == ALL_CUSTOMERS:
            raise refused(
                "default", f"{ALL_CUSTOMERS!r} stands for all customers; give the customer another id"
            )
        return self


class Pairing(TomlTable):
    """How two rows make one call: an opening row and a closing one of the same dialogue.

    Attributes
    ----------
    closing
        Text fields that the closing row knows better, if it says anything.
    """

    column: RequiredText
    opens: RequiredText
    closes: RequiredText
    tags: Annotated[tuple[str, str], BeforeValidator(_tags)]
    key: Texts = ()
    closing: Texts = ()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if not self.key:
            raise refused("key", "is missing: name the columns that both rows of a call share")
        for name in self.closing:
            if name not in {column.name for column in FIELDS if column.sql_type == "VARCHAR"}:
                raise refused("closing", f"{name} is no text field")
        return self


class Layout(TomlTable):
    """One shape that files of a format come in.

    Attributes
    ----------
    kind
        ``csv``, ``json``, ``xml``, ``sql`` (a dump) or ``types`` (lines that say their type first).
    record
        The element that is a record (XML), the table (SQL).
    types, passed
        Of lines that say their type first: the columns of each type, and types that are no calls.
    delimiter, quote
        Of a CSV file; without a delimiter, any of comma, semicolon, tab and bar; ``blanks`` for any number
        of them.
    columns, optional
        Of a file without a header: its columns, and how many of the last may be missing.
    needs
        Of a file with a header: the columns without which it is not this layout.
    types_row
        Expression that tells a second heading line (of column types) from a record.
    like
        Expressions, by column, that most records match: what tells a file without a header.
    """

    name: str = "file"
    kind: Annotated[str, _one_of(LAYOUT_KINDS)] = "csv"
    record: str | None = None
    types: Annotated[Mapping[str, tuple[str, ...]], BeforeValidator(_columns_by_type)] = Field(
        default_factory=lambda: MappingProxyType({})
    )
    passed: Texts = Field(default=(), alias="pass")
    header: bool = True
    delimiter: Annotated[str, AfterValidator(_delimiter)] | None = None
    quote: Character = '"'
    columns: Texts = ()
    optional: int = 0
    needs: Texts = ()
    types_row: Expression | None = None
    like: Annotated[Pairs, AfterValidator(_expressions)] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.kind == "csv" and not self.header and not self.columns:
            raise refused("columns", "is missing: a file without a header needs its columns named")
        if (self.kind in {"xml", "sql"}) != (self.record is not None):
            raise refused(
                "record", "names the element of a record (xml) or the table (sql), and nothing else"
            )
        if (self.kind == "types") != bool(self.types):
            raise refused("types", "gives the columns by type of record, of a layout of that kind")
        if self.kind != "types" and (self.header or self.kind == "json") and not self.needs:
            raise refused("needs", "is missing: name the columns without which it is another file")
        if not 0 <= self.optional <= len(self.columns):
            raise refused("optional", f"{self.optional} is more than the columns there are")
        return self


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
    decimal_comma
        Whether numbers have a comma before their decimals, whatever the file.
    dates
        Order of dates in numbers, where the vendor fixes it.
    skip
        Rows that are no calls.
    layouts, targets, connected, customer, pairing, legs
        See the classes of these names.
    identity
        Columns or fields that tell a record from all others, wherever it is delivered.
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
    identity: tuple[str, ...] = ()
    legs: "Legs | None" = None
    decimal_comma: bool = False
    dates: str | None = None
    skip: "tuple[Skip, ...]" = ()
    path: str = ""

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Keys of the source columns that it knows, in order."""
        return tuple(sorted(self.used | {column_key(name) for each in self.layouts for name in each.needs}))

    @cached_property
    def used(self) -> frozenset[str]:
        """Keys of the source columns that it takes values from."""
        rules = (rule for target in self.targets for rule in target.rules)
        return frozenset(column_key(name) for rule in rules for name in rule.columns)

    @property
    def by_leg(self) -> "SourceFormat":
        """The same format, each of whose records counts as a call."""
        return replace(self, legs=None)


@cache
def column_key(name: str) -> str:
    """Return what two spellings of one column heading have in common (``Call ID``, ``call_id``)."""
    return re.sub(r"[\s_-]+", "", name).casefold()
