"""CDRs as JSON: an array, one object a line, or pretty-printed objects one after another.

The records are written out as CSV, only the members that the format uses and the record as a
whole, so that ``reader`` treats them like any other file. Numbers keep the text that they have
in the file: an amount never passes through a float.
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Protocol, TypeAlias

from cxreports.cdr.content import Content, text_blocks
from cxreports.cdr.detect import RECORD
from cxreports.cdr.records import xml_records
from cxreports.cdr.source_format import Layout, SourceFormat, column_key
from cxreports.errors import NotACdrFile
from cxreports.settings import Settings

_DECODER: Final = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str)
_BETWEEN: Final = '","'
_MEGABYTE: Final = 1 << 20
_GAP: Final = re.compile(r"[\s,\[\]]*")
_OBJECT: Final = re.compile(r"(?:^|[\n,\[])\s*(?=\{)")


@dataclass
class Records:
    """The records of a JSON file.

    Attributes
    ----------
    names
        Columns of the CSV; the name of one that no record has is empty.
    spans
        Line, begin and end of each record in ``text``.
    text
        The whole file.
    rejected
        Line, raw text and reason of what is no record.
    """

    names: tuple[str, ...] = ()
    spans: list[tuple[int, int, int]] = field(default_factory=list)
    text: str = ""
    rejected: list[tuple[int, str, str]] = field(default_factory=list)


def checked_size(content: Content, layout: Layout) -> None:
    """Refuse a file that is too large to be read as a whole.

    Raises
    ------
    NotACdrFile
        It is larger than the settings allow.
    """
    most_mb = Settings.of().json_most_mb
    if content.size > most_mb * _MEGABYTE:
        raise NotACdrFile(
            f"{content.name}: is more than {most_mb:,} MB of {layout.kind.upper()}, which is read as a "
            "whole; split it, or raise CXREPORTS_JSON_MOST_MB"
        )


@dataclass(frozen=True)
class Record:
    """A record: where it stands in the text, its values in the order of the columns, and as a whole."""

    line: int
    begin: int
    end: int
    values: Sequence[str | None]
    whole: str

    @property
    def row(self) -> str:
        """A line of CSV: a value that is not there is an empty field."""
        # A third of what csv.writer takes, which looks at each character.
        fields = (value.replace('"', '""') if value else "" for value in (*self.values, self.whole))
        return f'"{_BETWEEN.join(fields)}"\n'


class Written(Protocol):
    """A record, however its row came about; of a value that it lacks there may be an empty text."""

    @property
    def line(self) -> int:
        """Its line in the file, from 1."""

    @property
    def begin(self) -> int:
        """Where its text begins."""

    @property
    def end(self) -> int:
        """Where its text ends."""

    @property
    def values(self) -> Sequence[str | None]:
        """Its values in the order of the columns."""

    @property
    def row(self) -> str:
        """A line of CSV of its values and itself as a whole."""


def records_of(
    text: str, columns: Sequence[str], layout: Layout, rejected: list[tuple[int, str, str]]
) -> Iterator[Record]:
    """Yield the records of a text.

    Parameters
    ----------
    columns
        Paths of their values; None is one that a record lacks.
    rejected
        Takes line, raw text and reason of what is no record.
    """
    paths = _paths(tuple(columns))
    for line, begin, end, record in _found(text, layout, rejected):
        alike: _Alike = {}
        values = []
        for path in paths:
            value = _value(record, path, alike)
            values.append(value if value is None else _text(value))
        yield Record(line, begin, end, values, json.dumps(record, sort_keys=True, ensure_ascii=False))


@lru_cache(maxsize=64)
def _paths(columns: tuple[str, ...]) -> Sequence[Sequence[str]]:
    """Names on the way to each column's value: thousands of small files have the same columns."""
    return [name.split(".") for name in columns]


def named(columns: Sequence[str], seen: Collection[int]) -> tuple[str, ...]:
    """Names of the columns of a CSV file of records, nothing for those that are not seen in any."""
    return (*(name if i in seen else "" for i, name in enumerate(columns)), RECORD)


def write_records(content: Content, target: Path, source_format: SourceFormat, layout: Layout) -> Records:
    """Write the records of a JSON file as CSV without a heading.

    Raises
    ------
    NotACdrFile
        It is larger than the settings allow.
    """
    checked_size(content, layout)
    wanted = columns_of(source_format)
    text = "\n".join(block for _, block, _ in text_blocks(content.path))
    records = Records(text=text)
    seen: set[int] = set()
    with target.open("w", encoding="utf-8", newline="") as file:
        for record in records_of(text, wanted, layout, records.rejected):
            seen.update(i for i, value in enumerate(record.values) if value is not None)
            file.write(record.row)
            records.spans.append((record.line, record.begin, record.end))
    records.names = named(wanted, seen)
    return records


def columns_of(source_format: SourceFormat) -> tuple[str, ...]:
    """Return every column that the format mentions, once."""
    names = [name for target in source_format.targets for rule in target.rules for name in rule.columns]
    tests = [each for test in source_format.connected for each in (test, *test.every)]
    names += [test.column for test in tests if test.column]
    names += [test.column for test in source_format.skip]
    names += [*source_format.customer.columns, *source_format.customer.fallback]
    names += source_format.identity
    if source_format.legs is not None:
        legs = source_format.legs
        names += [*legs.call, *legs.also, *(test.column for test in legs.caller)]
        names += [test.same for test in legs.caller if test.same is not None]
    return tuple({column_key(name): name for name in reversed(names)}.values())


def _found(
    text: str, layout: Layout, rejected: list[tuple[int, str, str]]
) -> Iterator[tuple[int, int, int, Mapping[str, Any]]]:
    if layout.kind == "json":
        yield from _records(text, layout, rejected)
        return
    for line, begin, end, record in xml_records.records(text, layout.record or "", rejected):
        if _is_record(record, layout):
            yield line, begin, end, record
        else:
            rejected.append((line, text[begin:end], f"lacks {', '.join(layout.needs)}"))


def _records(
    text: str, layout: Layout, rejected: list[tuple[int, str, str]]
) -> Iterator[tuple[int, int, int, Mapping[str, Any]]]:
    line, counted, at = 1, 0, 0
    while True:
        gap = _GAP.match(text, at)
        at = gap.end() if gap else at
        if at >= len(text):
            return
        line, counted = line + text.count("\n", counted, at), at
        found = _decoded(text, at)
        if found is None:
            end = _resumes(text, at + 1, layout)
            rejected.append((line, text[at:end].rstrip(", \n"), "is not a JSON object of its own"))
        else:
            value, end = found
            parts = list(_parts(value, layout))
            for record in parts:
                yield line, at, end, record
            if not parts:
                rejected.append((line, text[at:end], f"lacks {', '.join(layout.needs)}"))
        at = end


def _decoded(text: str, at: int) -> tuple[Mapping[str, Any], int] | None:
    try:
        value, end = _DECODER.raw_decode(text, at)
    except (json.JSONDecodeError, RecursionError):
        return None
    return (value, end) if isinstance(value, dict) else None


def _parts(value: Mapping[str, Any], layout: Layout) -> Iterator[Mapping[str, Any]]:
    """Yield the record, or the records of an answer that wraps a list of them."""
    if _is_record(value, layout):
        yield value
        return
    for member in value.values():
        if isinstance(member, list):
            yield from (part for part in member if isinstance(part, dict) and _is_record(part, layout))


def _is_record(value: Mapping[str, Any], layout: Layout) -> bool:
    return all(_value(value, path.split("."), {}) is not None for path in layout.needs)


def _resumes(text: str, at: int, layout: Layout) -> int:
    """Return where the next record begins after one that cannot be read."""
    for found in _OBJECT.finditer(text, at):
        decoded = _decoded(text, found.end())
        if decoded is not None and any(_parts(decoded[0], layout)):
            return found.end()
    return len(text)


_Alike: TypeAlias = dict[int, dict[str, str]]
"""Names of a record's tables by their keys, by the table: most records lack many columns."""


def _value(record: Any, path: Sequence[str], alike: _Alike) -> Any:
    for name in path:
        if isinstance(record, dict):
            if name in record:
                record = record[name]
            elif name != "0":  # That is the only element of its name in XML.
                record = _like(record, name, alike)
        elif not isinstance(record, list):
            return None
        elif name.isdigit() and int(name) < len(record):
            record = record[int(name)]
        else:
            record = record[0].get(name) if record and isinstance(record[0], dict) else None
    return record


def _like(record: Mapping[str, Any], name: str, alike: _Alike) -> Any:
    """Value of the first name with the same key."""
    names = alike.get(id(record))
    if names is None:
        names = alike[id(record)] = {column_key(other): other for other in reversed(list(record))}
    found = names.get(column_key(name))
    return None if found is None else record[found]


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value.replace("\n", " ").replace("\r", " ")
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
