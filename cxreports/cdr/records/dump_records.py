"""Rows of a table in an SQL dump: what mysqldump, MariaDB and phpMyAdmin write as INSERT statements."""

import re
from collections.abc import Iterator
from typing import Final

_VALUE: Final = re.compile(
    r"\s*(?:_binary\s+)?(?:'((?:[^'\\]|\\.|'')*)'|([^\s,()']+))\s*([,)])", re.DOTALL | re.IGNORECASE
)
_FLAGS: Final = re.DOTALL | re.MULTILINE | re.IGNORECASE
_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t", "0": "", "Z": ""}


def _name(name: str) -> str:
    return rf"[`\"\[]?{re.escape(name)}[`\"\]]?"


def table_columns(text: str, table: str) -> tuple[str, ...]:
    """Columns of a table, by its CREATE TABLE or the first INSERT that names them; empty if none does."""
    listed = re.search(
        rf"INSERT\s+(?:IGNORE\s+)?INTO\s+{_name(table)}\s*\(([^)]*)\)\s*VALUES", text, re.IGNORECASE
    )
    if listed:
        return tuple(part.strip().strip('`"[]') for part in listed[1].split(","))
    made = re.search(
        rf"CREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?{_name(table)}\s*\((.*?)^\)",
        text,
        _FLAGS,
    )
    return tuple(re.findall(r"^\s*[`\"\[](\w+)[`\"\]]\s+\w", made[1], re.MULTILINE)) if made else ()


def rows(
    text: str, table: str, width: int, rejected: list[tuple[int, str, str]]
) -> Iterator[tuple[int, int, int, list[str]]]:
    """Yield line, begin, end and values of each row that a dump inserts into a table.

    Parameters
    ----------
    width
        How many columns the table has.
    rejected
        Takes line, raw text and reason of rows that cannot be read.
    """
    insert = re.compile(
        rf"INSERT\s+(?:IGNORE\s+)?INTO\s+{_name(table)}\s*(?:\([^)]*\)\s*)?VALUES\s*", re.IGNORECASE
    )
    line, counted = 1, 0
    for statement in insert.finditer(text):
        at = statement.end()
        while text[at : at + 1] == "(":
            line, counted = line + text.count("\n", counted, at), at
            values, end = _row(text, at + 1)
            if values is None or len(values) != width:
                held = "cannot be read" if values is None else f"has {len(values)} values instead of {width}"
                end = end if values is not None else _line_end(text, at)
                rejected.append((line, text[at:end], held))
            else:
                yield line, at, end, values
            if values is None:
                break
            gap = re.compile(r"\s*,\s*").match(text, end)
            at = gap.end() if gap else end


def _row(text: str, at: int) -> tuple[list[str] | None, int]:
    values: list[str] = []
    while found := _VALUE.match(text, at):
        quoted, bare = found[1], found[2]
        values.append(_unescaped(quoted) if quoted is not None else "" if bare.upper() == "NULL" else bare)
        at = found.end()
        if found[3] == ")":
            return values, at
    return None, at


def _unescaped(text: str) -> str:
    plain = re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), text, flags=re.DOTALL)
    return plain.replace("''", "'")


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end
