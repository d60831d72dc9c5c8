"""A source format: how the columns of one vendor's CDR files become the canonical record.

A format is a small TOML file (``formats/*.toml``, or a user's own), described in
``docs/formats.md``. This module holds what such a file says, as frozen values whose tables check
themselves: ``definition`` reads it, ``mapping`` turns it into SQL, ``detect`` finds the format of a
CDR file.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from functools import cache
from types import MappingProxyType
from typing import Annotated, Any, Final, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from cxreports.cdr.record import ALL_CUSTOMERS, FIELDS, MILLISECONDS, MONEY, SECONDS, TIME

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


def refused(key: str, message: str, *, table: str = "") -> PydanticCustomError:
    """Error of a key of the table that is being checked, or of another table if one is named."""
    context = {"key": key, "table": table, "message": message}
    return PydanticCustomError("refused", "{message}", context)


def _one_of(choices: Collection[str]) -> AfterValidator:
    def checked(value: str) -> str:
        if value not in choices:
            raise refused("", f"{value!r} should be one of {', '.join(sorted(choices))}")
        return value

    return AfterValidator(checked)


def _texts(value: Any) -> Any:
    values = (value,) if isinstance(value, str) else value
    if not isinstance(values, tuple | list) or not all(isinstance(text, str) for text in values):
        raise refused("", f"{value!r} should be a text or a list of texts")
    return tuple(values)


def _pairs(value: Any) -> Any:
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise refused("", f"{value!r} should map texts to texts")
    return tuple(value.items())


def _range(value: Any) -> Any:
    if not isinstance(value, list) or not all(type(number) is int for number in value):
        raise refused("", f"{value!r} should be a list of whole numbers")
    if len(value) != 2:  # noqa: PLR2004
        raise refused("", f"{value!r} should be the least and the greatest of them")
    return tuple(value)


def _tags(value: Any) -> Any:
    texts = _texts(value)
    if len(texts) != 2:  # noqa: PLR2004
        raise refused("", "needs the two columns that hold the tags of either side")
    return texts


def _lower_words(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word.casefold() for word in words)


def _lower_keys(pairs: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    return tuple((word.casefold(), value) for word, value in pairs)


def _expression(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise refused("", f"{text!r} is not an expression: {error}") from error
    return text


def _expressions(pairs: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    for _, text in pairs:
        _expression(text)
    return pairs


def _character(text: str) -> str:
    if len(text) != 1 or not text.isascii():
        raise refused("", f"{text!r} must be one ASCII character")
    return text


def _not_empty(text: str) -> str:
    if not text:
        raise refused("", "is missing")
    return text


Texts = Annotated[tuple[str, ...], BeforeValidator(_texts)]
"""A text or a list of texts."""

Pairs = Annotated[tuple[tuple[str, str], ...], BeforeValidator(_pairs)]
"""A table of texts, in the order written."""

RequiredText = Annotated[str, AfterValidator(_not_empty)]
Expression = Annotated[str, AfterValidator(_expression)]
Character = Annotated[str, AfterValidator(_character)]


class TomlTable(BaseModel):
    """A table of a definition: nothing is converted, and nothing unknown let through."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _nothing_else(cls, content: Any) -> Any:
        if isinstance(content, dict):
            keys = sorted(field.alias or name for name, field in cls.model_fields.items())
            for key in content:
                if key not in keys:
                    raise refused(key, f"is not known here; known are {', '.join(keys)}")
        return content


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

    kind: Annotated[str, _one_of(set(KINDS.values()))] | None = Field(default=None, alias="type")
    columns: Texts = Field(default=(), alias="column")
    join: str | None = None
    constant: str | None = None
    regex: str | None = None
    values: Annotated[Pairs, AfterValidator(_lower_keys)] = Field(default=(), alias="map")
    other: Annotated[str, _one_of({"null", "keep", "reject"})] = "null"
    formats: Texts = ()
    epoch: Annotated[str, _one_of(EPOCHS)] | None = None
    unit: Annotated[str, _one_of({*UNITS, "clock"})] | None = None
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

    ``column`` or ``field`` says what is looked at, one of the others says when it means yes.
    """

    column: str | None = None
    field: str | None = None
    words: Annotated[Texts, AfterValidator(_lower_words)] = Field(default=(), alias="in")
    present: bool = False
    positive: bool = False
    between: Annotated[tuple[int, int], BeforeValidator(_range)] | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
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
    """How two rows make one call: an opening row and a closing one of the same dialogue."""

    column: RequiredText
    opens: RequiredText
    closes: RequiredText
    tags: Annotated[tuple[str, str], BeforeValidator(_tags)]
    key: Texts = ()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if not self.key:
            raise refused("key", "is missing: name the columns that both rows of a call share")
        return self


class Layout(TomlTable):
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
        Expressions, by column, that most records match: what tells a file without a header.
    """

    name: str = "file"
    kind: Annotated[str, _one_of({"csv", "json"})] = "csv"
    header: bool = True
    delimiter: Character | None = None
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
        if (self.header or self.kind == "json") and not self.needs:
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
