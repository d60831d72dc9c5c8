"""A source format: how the columns of one vendor's CDR files become the canonical record.

A format is a small TOML file (``formats/*.toml``, or a user's own; the language is described
in ``docs/formats.md``). This module turns it into frozen values and refuses what it does not
understand; ``mapping`` turns those into SQL, ``detect`` finds the format of a file.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final
from zoneinfo import ZoneInfo

from cxreports.cdr.record import FIELDS, MILLISECONDS, MONEY, SECONDS, TIME
from cxreports.errors import FormatError

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

    ``column`` of the file, then the customer that the load names, then ``fallback``, then
    ``default``.
    """

    column: str | None = None
    fallback: str | None = None
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


@cache
def known_formats() -> Mapping[str, SourceFormat]:
    """Return the formats that come with cxreports, by name."""
    folder = files("cxreports.cdr").joinpath("formats")
    definitions = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".toml")), key=str)
    formats = (parse_format(entry.read_text("utf-8"), entry.name) for entry in definitions)
    return MappingProxyType({source_format.name: source_format for source_format in formats})


def format_from(name_or_path: str | Path) -> SourceFormat:
    """Return the known format of this name, or the one that this TOML file defines.

    Raises
    ------
    FormatError
        No such format or file, or the file does not define one.
    """
    known = known_formats().get(str(name_or_path))
    if known is not None:
        return known
    path = Path(name_or_path)
    if not path.is_file():
        raise FormatError(
            f"{name_or_path}: no format of this name and no such file. "
            f"Known formats: {', '.join(known_formats())}; or give the path of a TOML file."
        )
    try:
        return parse_format(path.read_text("utf-8"), str(path))
    except UnicodeDecodeError as error:
        raise FormatError(f"{path}: is not UTF-8 text, so not a format definition ({error})") from error


def parse_format(text: str, path: str) -> SourceFormat:
    """Read a format definition.

    Raises
    ------
    FormatError
        Naming the file, the table, the key and what was expected there.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise FormatError(f"{path}: is not TOML: {error}") from error
    return _Reader(path).source_format(document)


@dataclass(frozen=True)
class _Reader:
    """Reads one definition; remembers the file's name for its errors."""

    path: str

    def source_format(self, document: dict[str, Any]) -> SourceFormat:
        table = _Table(self.path, "", document)
        layouts = tuple(self._layout(part) for part in table.tables("layout"))
        extra = table.table("extra")
        fields = table.table("fields")
        kinds = {name: extra.table(name).word("type", set(KINDS.values())) for name in extra.names}
        targets = tuple(self._target(extra, name, kind or "text") for name, kind in kinds.items())
        for name in fields.names:
            if name not in FIELD_KINDS:
                raise fields.error(name, f"is not a field; fields are {', '.join(FIELD_KINDS)}")
        targets += tuple(self._target(fields, name, FIELD_KINDS[name]) for name in fields.names)
        zone = table.text("zone")
        if zone is not None:
            _check_zone(table, zone)
        result = SourceFormat(
            name=table.required("name"),
            title=table.text("title") or table.required("name"),
            documents=table.texts("documents"),
            layouts=layouts,
            targets=targets,
            connected=tuple(self._answered(part) for part in table.tables("connected")),
            customer=self._customer(table.table("customer")),
            zone=zone,
            null=tuple(dict.fromkeys((*NULL_WORDS, *table.texts("null")))),
            comment=table.text("comment"),
            pairing=self._pairing(table),
            path=self.path,
        )
        table.nothing_else()
        self._check(table, result)
        return result

    def _check(self, table: "_Table", result: SourceFormat) -> None:
        if not result.layouts:
            raise table.error("layout", "is missing: say [[layout]] with the columns of the file")
        known = {target.name: target.kind for target in result.targets}
        if "call_time" not in known:
            raise table.error("fields.call_time", "is missing: a call needs its time")
        if not result.connected:
            raise table.error("connected", "is missing: say when a call counts as answered")
        for target in result.targets:
            for name in (name for rule in target.rules for name in _references(rule)):
                if name not in known:
                    raise table.error(target.name, f"uses {name!r}, which is neither a field nor in [extra]")
        for test in result.connected:
            if test.field is not None and test.field not in known:
                raise table.error("connected", f"looks at {test.field!r}, which is neither a field nor in [extra]")

    def _layout(self, table: "_Table") -> Layout:
        layout = Layout(
            name=table.text("name") or "file",
            kind=table.word("kind", {"csv", "json"}) or "csv",
            header=table.flag("header", default=True),
            delimiter=table.text("delimiter"),
            quote=table.text("quote") or '"',
            columns=table.texts("columns"),
            optional=table.integer("optional"),
            needs=table.texts("needs"),
            types_row=table.text("types_row"),
            like=tuple(table.words("like").items()),
        )
        table.nothing_else()
        for character in (layout.delimiter, layout.quote):
            if character is not None and (len(character) != 1 or not character.isascii()):
                raise table.error("delimiter", f"{character!r} must be one ASCII character")
        if layout.kind == "csv" and not layout.header and not layout.columns:
            raise table.error("columns", "is missing: a file without a header needs its columns named")
        if (layout.header or layout.kind == "json") and not layout.needs:
            raise table.error("needs", "is missing: name the columns without which it is another file")
        if not 0 <= layout.optional <= len(layout.columns):
            raise table.error("optional", f"{layout.optional} is more than the columns there are")
        for expression in (*dict(layout.like).values(), *filter(None, [layout.types_row])):
            _check_regex(table, expression)
        return layout

    def _target(self, parent: "_Table", name: str, kind: str) -> Target:
        tables = parent.tables(name)
        if not tables:
            raise parent.error(name, "is empty: say where its value comes from")
        return Target(name, kind, tuple(self._rule(table, kind) for table in tables))

    def _rule(self, table: "_Table", kind: str) -> Rule:
        table.word("type", set(KINDS.values()))
        rule = Rule(
            columns=table.texts("column"),
            join=table.text("join"),
            constant=table.text("constant"),
            regex=table.text("regex"),
            values=tuple((word.casefold(), value) for word, value in table.words("map").items()),
            other=table.word("other", {"null", "keep", "reject"}) or "null",
            formats=table.texts("formats"),
            epoch=table.word("epoch", set(EPOCHS)),
            unit=table.word("unit", {*UNITS, "clock"}),
            negate=table.flag("negate", default=False),
            decode=table.word("decode", set(DECODERS)),
            unanswered=table.flag("unanswered", default=False),
            start=table.text("from"),
            plus=table.texts("plus"),
            minus=table.texts("minus"),
            until=table.text("until"),
        )
        table.nothing_else()
        self._check_rule(table, rule, kind)
        return rule

    def _check_rule(self, table: "_Table", rule: Rule, kind: str) -> None:
        sources = [bool(rule.columns), rule.constant is not None, rule.derived]
        if sum(sources) != 1:
            raise table.error("column", "say exactly one of column, constant and from")
        if rule.derived and kind not in {"time", "seconds", "milliseconds"}:
            raise table.error("from", f"only times and durations are computed, not {kind}")
        if rule.derived and (kind == "time") == (rule.until is not None):
            raise table.error("from", "a time is from + plus - minus; a duration is from … until …")
        allowed = {"formats": {"time"}, "epoch": {"time"}, "unit": {"seconds", "milliseconds"}}
        allowed |= {"negate": {"money", "seconds", "milliseconds"}}
        for key, kinds in allowed.items():
            if getattr(rule, key) and kind not in kinds:
                raise table.error(key, f"does not go with a value of kind {kind}")
        if rule.decode == "ipv4-signed-le" and kind != "text":
            raise table.error("decode", f"gives an address, not a value of kind {kind}")
        if rule.formats and rule.epoch:
            raise table.error("formats", "and epoch exclude each other; give the field two rules")
        if rule.regex is not None:
            _check_regex(table, rule.regex)
            if re.compile(rule.regex).groups < 1:
                raise table.error("regex", f"{rule.regex!r} has no group ( ) to take the value from")

    def _answered(self, table: "_Table") -> Answered:
        between = table.integers("between")
        test = Answered(
            column=table.text("column"),
            field=table.text("field"),
            words=tuple(word.casefold() for word in table.texts("in")),
            present=table.flag("present", default=False),
            positive=table.flag("positive", default=False),
            between=(between[0], between[1]) if len(between) == 2 else None,  # noqa: PLR2004
        )
        table.nothing_else()
        if (test.column is None) == (test.field is None):
            raise table.error("column", "say exactly one of column and field")
        if sum([bool(test.words), test.present, test.positive, test.between is not None]) != 1:
            raise table.error("in", "say exactly one of in, present, positive and between = [low, high]")
        return test

    def _customer(self, table: "_Table") -> Customer:
        required = table.flag("required", default=False)
        customer = Customer(
            column=table.text("column"),
            fallback=table.text("fallback"),
            default=None if required else table.text("default") or "default",
        )
        table.nothing_else()
        return customer

    def _pairing(self, parent: "_Table") -> Pairing | None:
        table = parent.table("pair")
        if not table.names:
            return None
        tags = table.texts("tags")
        if len(tags) != 2:  # noqa: PLR2004
            raise table.error("tags", "needs the two columns that hold the tags of either side")
        pairing = Pairing(
            column=table.required("column"),
            opens=table.required("opens"),
            closes=table.required("closes"),
            key=table.texts("key"),
            tags=(tags[0], tags[1]),
        )
        table.nothing_else()
        return pairing


class _Table:
    """A TOML table that knows where it stands and which of its keys were asked for."""

    def __init__(self, path: str, name: str, content: dict[str, Any]) -> None:
        self.path = path
        self.name = name
        self.content = content
        self.asked: set[str] = set()

    @property
    def names(self) -> list[str]:
        return list(self.content)

    def error(self, key: str, message: str) -> FormatError:
        where = f"[{self.name}] " if self.name else ""
        return FormatError(f"{self.path}: {where}{key}: {message}")

    def nothing_else(self) -> None:
        unknown = [name for name in self.content if name not in self.asked]
        if unknown:
            raise self.error(unknown[0], f"is not known here; known are {', '.join(sorted(self.asked))}")

    def _get(self, key: str, types: type | tuple[type, ...], expected: str) -> Any:
        self.asked.add(key)
        value = self.content.get(key)
        wrong = value is not None and (
            not isinstance(value, types) or (isinstance(value, bool) and types is not bool)
        )
        if wrong:
            raise self.error(key, f"{value!r} should be {expected}")
        return value

    def text(self, key: str) -> str | None:
        value = self._get(key, str, "a text")
        return None if value is None else str(value)

    def required(self, key: str) -> str:
        value = self.text(key)
        if not value:
            raise self.error(key, "is missing")
        return value

    def word(self, key: str, words: set[str]) -> str | None:
        value = self.text(key)
        if value is not None and value not in words:
            raise self.error(key, f"{value!r} should be one of {', '.join(sorted(words))}")
        return value

    def flag(self, key: str, *, default: bool) -> bool:
        value = self._get(key, bool, "true or false")
        return default if value is None else bool(value)

    def integer(self, key: str) -> int:
        return int(self._get(key, int, "a whole number") or 0)

    def integers(self, key: str) -> tuple[int, ...]:
        values = self._get(key, list, "a list of whole numbers") or []
        if not all(isinstance(value, int) for value in values):
            raise self.error(key, f"{values!r} should be a list of whole numbers")
        return tuple(values)

    def texts(self, key: str) -> tuple[str, ...]:
        values = self._get(key, (str, list), "a text or a list of texts")
        if values is None:
            return ()
        values = [values] if isinstance(values, str) else values
        if not all(isinstance(value, str) for value in values):
            raise self.error(key, f"{values!r} should be a text or a list of texts")
        return tuple(values)

    def words(self, key: str) -> dict[str, str]:
        values = self._get(key, dict, "a table of texts") or {}
        if not all(isinstance(value, str) for value in values.values()):
            raise self.error(key, f"{values!r} should map texts to texts")
        return dict(values)

    def table(self, key: str) -> "_Table":
        value = self._get(key, (dict, list), "a table") or {}
        first = value[0] if isinstance(value, list) else value
        return _Table(self.path, f"{self.name}.{key}".lstrip("."), first)

    def tables(self, key: str) -> "list[_Table]":
        value = self._get(key, (dict, list), "a table or an array of tables")
        if value is None:
            return []
        parts = value if isinstance(value, list) else [value]
        if not all(isinstance(part, dict) for part in parts):
            raise self.error(key, f"{value!r} should be a table or an array of tables")
        return [_Table(self.path, f"{self.name}.{key}".lstrip("."), part) for part in parts]


def _references(rule: Rule) -> tuple[str, ...]:
    names = (rule.start, rule.until, *rule.plus, *rule.minus)
    return tuple(name for name in names if name is not None)


def _check_regex(table: _Table, expression: str) -> None:
    try:
        re.compile(expression)
    except re.error as error:
        raise table.error("regex", f"{expression!r} is not an expression: {error}") from error


def _check_zone(table: _Table, zone: str) -> None:
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError) as error:
        raise table.error("zone", f"{zone!r} is not a zone of the IANA database") from error
