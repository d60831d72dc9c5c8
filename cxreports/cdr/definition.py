"""Reading a format definition: TOML in, frozen values out, nothing unknown let through.

The language is described in ``docs/formats.md``. ``source_format`` says what each table may hold;
here is the whole, and what only DuckDB can judge (``rehearsal``). Every refusal names the file, the
table and the key, and what was expected there.
"""

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Final, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, ValidationInfo, model_validator
from pydantic_core import ErrorDetails

from cxreports.cdr.definitions.toml_values import RequiredText, Texts, TomlTable, one_of, refused
from cxreports.cdr.evidence.date_words import ORDERS
from cxreports.cdr.identity.legs import Legs
from cxreports.cdr.records.skip import Skip
from cxreports.cdr.rehearsal import expression_fault, time_format_fault, value_fault
from cxreports.cdr.source_format import (
    BOOKKEEPING,
    FIELD_KINDS,
    NULL_WORDS,
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
    try:
        return _Definition.model_validate(document, context={"rehearse": rehearse}).source_format(path)
    except ValidationError as error:
        raise FormatError(f"{path}: {_refusal(error.errors(include_url=False)[0])}") from error


def _refusal(error: ErrorDetails) -> str:
    """Place and message of a refusal, as people read it."""
    context = error.get("ctx", {})
    *tables, key = [part for part in (*error["loc"], context.get("key", "")) if isinstance(part, str)]
    key = key or (tables.pop() if tables else "")
    table = context.get("table") or ".".join(tables)
    value = error["input"]
    message = {
        "refused": context.get("message", ""),
        "missing": "is missing",
        "model_type": f"{value!r} should be one table: write [{'.'.join((*tables, key))}] once",
        **{kind: f"{value!r} should be {expected}" for kind, expected in _EXPECTED.items()},
    }.get(error["type"], f"{value!r}: {error['msg']}")
    return f"[{table}] {key}: {message}" if table else f"{key}: {message}"


_EXPECTED: Final = {
    "string_type": "a text",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "dict_type": "a table",
}
"""What pydantic's errors of a type expect, as TOML calls it."""


def _tables(value: Any) -> Any:
    tables = value if isinstance(value, list) else [value]
    if not all(isinstance(table, dict) for table in tables):
        raise refused("", f"{value!r} should be a table or an array of tables")
    return tuple(tables)


def _rules(value: Any) -> Any:
    rules = _tables(value)
    if not rules:
        raise refused("", "is empty: say where its value comes from")
    return rules


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise refused("", f"{name!r} is not a zone of the IANA database") from error
    return name


def _decimal(sign: str) -> str:
    if sign not in {".", ","}:
        raise refused("", f"{sign!r} should be a point or a comma")
    return sign


def _fields(rules: dict[str, Any]) -> dict[str, Any]:
    for name in rules:
        if name not in FIELD_KINDS:
            raise refused(name, f"is not a field; fields are {', '.join(FIELD_KINDS)}")
    return rules


def _extra(rules: dict[str, Any]) -> dict[str, Any]:
    for name in rules:
        if name in FIELD_KINDS or name in BOOKKEEPING:
            raise refused(name, "is a field of the record already; give the extra value another name")
    return rules


_Rules = dict[str, Annotated[tuple[Rule, ...], BeforeValidator(_rules)]]


class _Definition(TomlTable):
    """The whole of a definition."""

    name: RequiredText
    title: str = ""
    documents: Texts = ()
    zone: Annotated[str, AfterValidator(_zone)] | None = None
    null: Texts = ()
    comment: str | None = None
    dates: Annotated[str, one_of(ORDERS)] | None = None
    decimal: Annotated[str, AfterValidator(_decimal)] = "."
    skip: Annotated[tuple[Skip, ...], BeforeValidator(_tables)] = ()
    layouts: Annotated[tuple[Layout, ...], BeforeValidator(_tables)] = Field(default=(), alias="layout")
    extra: Annotated[_Rules, AfterValidator(_extra)] = Field(default={})
    fields_: Annotated[_Rules, AfterValidator(_fields)] = Field(default={}, alias="fields")
    connected: Annotated[tuple[Answered, ...], BeforeValidator(_tables)] = ()
    customer: Customer = Customer()
    pair: Pairing | None = None
    identity: Texts = ()
    legs: Legs | None = None
    count: str = "calls"

    @property
    def targets(self) -> tuple[Target, ...]:
        """Extra values and fields, in the order in which they are written."""
        extra = (Target(name, rules[0].kind or "text", rules) for name, rules in self.extra.items())
        return (*extra, *(Target(name, FIELD_KINDS[name], rules) for name, rules in self.fields_.items()))

    def source_format(self, path: str) -> SourceFormat:
        """Source format that the definition in a file gives."""
        return SourceFormat(
            name=self.name,
            title=self.title or self.name,
            documents=self.documents,
            layouts=self.layouts,
            targets=self.targets,
            connected=self.connected,
            customer=self.customer,
            zone=self.zone,
            null=tuple(dict.fromkeys((*NULL_WORDS, *self.null))),
            comment=self.comment,
            decimal_comma=self.decimal == ",",
            dates=self.dates,
            skip=self.skip,
            pairing=self.pair,
            identity=self.identity,
            legs=self.legs if self.count == "calls" else None,
            path=path,
        )

    @model_validator(mode="after")
    def _consistent(self, info: ValidationInfo) -> Self:
        rehearse = (info.context or {}).get("rehearse", True)
        for target in self.targets:
            table = f"{'extra' if target.name in self.extra else 'fields'}.{target.name}"
            for rule in target.rules:
                _check_kind(table, rule, target.kind)
                if rehearse:
                    _rehearse(table, rule, target)
        if not self.layouts:
            raise refused("layout", "is missing: say [[layout]] with the columns of the file")
        if "call_time" not in self.fields_:
            raise refused("fields.call_time", "is missing: a call needs its time")
        if self.count not in {"calls", "legs"}:
            raise refused("count", f"{self.count!r} should be calls or legs")
        if not self.connected:
            raise refused("connected", "is missing: say when a call counts as answered")
        for place, name in self._references():
            if name not in self.fields_ and name not in self.extra:
                raise refused(place, f"uses {name!r}, which is neither a field nor in [extra]")
        return self

    def _references(self) -> Iterator[tuple[str, str]]:
        """Names of values that others are computed from or that tell an answered call, and where."""
        for target in self.targets:
            for rule in target.rules:
                for name in (rule.start, rule.until, *rule.plus, *rule.minus):
                    if name is not None:
                        yield target.name, name
        for test in self.connected:
            for field in (test.field, *(each.field for each in test.every)):
                if field is not None:
                    yield "connected", field


def _check_kind(table: str, rule: Rule, kind: str) -> None:
    """Refuse a key that does not go with the kind of a value."""
    if rule.derived and kind not in {"time", "seconds", "milliseconds"}:
        raise refused("from", f"only times and durations are computed, not {kind}", table=table)
    if rule.derived and (kind == "time") == (rule.until is not None):
        raise refused("from", "a time is from + plus - minus; a duration is from … until …", table=table)
    for key, kinds in _KINDS_OF.items():
        if getattr(rule, key) and kind not in kinds:
            raise refused(key, f"does not go with a value of kind {kind}", table=table)
    if rule.decode == "ipv4-signed-le" and kind != "text":
        raise refused("decode", f"gives an address, not a value of kind {kind}", table=table)


_KINDS_OF: Final = {
    "formats": {"time"},
    "epoch": {"time"},
    "unit": {"seconds", "milliseconds"},
    "negate": {"money", "seconds", "milliseconds"},
    "scale": {"money", "seconds", "milliseconds"},
}
"""Kinds of values that a key goes with."""


def _rehearse(table: str, rule: Rule, target: Target) -> None:
    """Refuse what DuckDB does not understand."""
    for key, text, fault in _faults(rule, target):
        if fault:
            raise refused(key, f"{text!r} {fault}", table=table)


def _faults(rule: Rule, target: Target) -> Iterator[tuple[str, str, str]]:
    """Key, text and what is wrong with it, if anything is, of all that the engine can judge."""
    if rule.regex is not None:
        yield "regex", rule.regex, expression_fault(rule.regex)
    for text in rule.formats:
        yield "formats", text, time_format_fault(text)
    if rule.constant is not None:
        yield "constant", rule.constant, value_fault(target, rule, rule.constant)
    if target.kind != "text":
        plain = rule.model_copy(update={"values": ()})
        for text in dict.fromkeys(dict(rule.values).values()):
            yield "map", text, value_fault(target, plain, text)
