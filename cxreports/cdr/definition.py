"""Reading a format definition: TOML in, frozen values out, nothing unknown let through.

The language is described in ``docs/formats.md``; what it says is held by ``source_format``.
Every refusal names the file, the table and the key, and what was expected there.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from cxreports.cdr.record import ALL_CUSTOMERS
from cxreports.cdr.rehearsal import expression_fault, time_format_fault, value_fault
from cxreports.cdr.source_format import (
    BOOKKEEPING,
    DECODERS,
    EPOCHS,
    FIELD_KINDS,
    KINDS,
    NULL_WORDS,
    UNITS,
    Answered,
    Customer,
    Layout,
    Pairing,
    Rule,
    SourceFormat,
    Target,
)
from cxreports.errors import FormatError


@cache
def known_formats() -> Mapping[str, SourceFormat]:
    """Return the formats that come with cxreports, by name.

    Their words have been put to DuckDB by the tests, which every load is spared.
    """
    folder = files("cxreports.cdr").joinpath("formats")
    definitions = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".toml")), key=str)
    formats = (parse_format(entry.read_text("utf-8"), entry.name, rehearse=False) for entry in definitions)
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


def parse_format(text: str, path: str, *, rehearse: bool = True) -> SourceFormat:
    """Read a format definition.

    Parameters
    ----------
    rehearse
        Ask DuckDB whether it understands the expressions, time formats and values.

    Raises
    ------
    FormatError
        Naming the file, the table, the key and what was expected there.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise FormatError(f"{path}: is not TOML: {error}") from error
    return _Reader(path, rehearse).source_format(document)


@dataclass(frozen=True)
class _Reader:
    """Reads one definition; remembers the file's name for its errors."""

    path: str
    rehearse: bool

    def source_format(self, document: dict[str, Any]) -> SourceFormat:
        table = _Table(self.path, "", document)
        layouts = tuple(self._layout(part) for part in table.tables("layout"))
        extra = table.table("extra")
        fields = table.table("fields")
        for name in extra.names:
            if name in FIELD_KINDS or name in BOOKKEEPING:
                raise extra.error(name, "is a field of the record already; give the extra value another name")
        kinds = {name: extra.first(name).word("type", set(KINDS.values())) for name in extra.names}
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
                raise table.error(
                    "connected", f"looks at {test.field!r}, which is neither a field nor in [extra]"
                )

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
        target = Target(name, kind, tuple(self._rule(table, kind) for table in tables))
        for table, rule in zip(tables, target.rules, strict=True):
            given = [("constant", rule, rule.constant)] if rule.constant is not None else []
            if kind != "text":
                plain = replace(rule, values=())
                given += [("map", plain, word) for word in dict.fromkeys(dict(rule.values).values())]
            for key, way, word in given if self.rehearse else ():
                if fault := value_fault(target, way, word):
                    raise table.error(key, f"{word!r} {fault}")
        return target

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
        words = [("regex", rule.regex, expression_fault)] if rule.regex is not None else []
        for key, written, fault_of in (
            [
                *words,
                *(("formats", each, time_format_fault) for each in rule.formats),
            ]
            if self.rehearse
            else ()
        ):
            if fault := fault_of(written):
                raise table.error(key, f"{written!r} {fault}")

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
            columns=table.texts("column"),
            fallback=table.texts("fallback"),
            default=None if required else table.text("default") or "default",
        )
        table.nothing_else()
        if customer.default == ALL_CUSTOMERS:
            raise table.error(
                "default", f"{ALL_CUSTOMERS!r} stands for all customers; give the customer another id"
            )
        return customer

    def _pairing(self, parent: "_Table") -> Pairing | None:
        table = parent.table("pair")
        if "pair" not in parent.content:
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
        if not pairing.key:
            raise table.error("key", "is missing: name the columns that both rows of a call share")
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
        if not all(isinstance(value, int) and not isinstance(value, bool) for value in values):
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
        value = self._get(key, dict, f"one table: write [{self._named(key)}] once") or {}
        return _Table(self.path, self._named(key), value)

    def first(self, key: str) -> "_Table":
        """Return the first of the tables that may stand here."""
        tables = self.tables(key)
        if not tables:
            raise self.error(key, "is empty: say where its value comes from")
        return tables[0]

    def _named(self, key: str) -> str:
        return f"{self.name}.{key}".lstrip(".")

    def tables(self, key: str) -> "list[_Table]":
        value = self._get(key, (dict, list), "a table or an array of tables")
        if value is None:
            return []
        parts = value if isinstance(value, list) else [value]
        if not all(isinstance(part, dict) for part in parts):
            raise self.error(key, f"{value!r} should be a table or an array of tables")
        return [_Table(self.path, self._named(key), part) for part in parts]


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
