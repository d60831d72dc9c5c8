"""Lines that are not all alike: each says its type first, or its columns are set apart with blanks."""

import csv
import re
from collections.abc import Iterator, Sequence
from typing import Final

from cxreports.cdr.definitions.toml_values import BLANKS
from cxreports.cdr.source_format import Layout

_WORD: Final = re.compile(r'"([^"]*)"|(\S+)')


def fields_of(line: str, delimiter: str, quote: str) -> list[str]:
    """Split a line, by blanks too."""
    if delimiter == BLANKS:
        return [found[1] or found[2] or "" for found in _WORD.finditer(line)]
    return next(csv.reader([line], delimiter=delimiter, quotechar=quote), [])


def rows(
    lines: Sequence[str],
    layout: Layout,
    names: Sequence[str],
    rejected: list[tuple[int, str, str]],
    comment: str | None,
) -> Iterator[tuple[int, list[str]]]:
    """Yield number and values, in the order of ``names``, of each line that is a record.

    Parameters
    ----------
    names
        Columns: those of all types of record together.
    rejected
        Takes number, raw text and reason of lines that cannot be read.
    comment
        What a line begins with that is passed over.
    """
    for number, line in enumerate(lines, 1):
        if not line.strip() or (comment is not None and line.startswith(comment)):
            continue
        found = fields_of(line, layout.delimiter or ",", layout.quote)
        kind = found[0].strip() if found else ""
        if kind in layout.passed:
            continue
        columns = layout.types.get(kind)
        if columns is None:
            rejected.append((number, line, f"{kind[:40]!r} is no type of record that the format knows"))
        elif len(found) < len(columns):
            rejected.append((number, line, f"has {len(found)} fields; a {kind} has {len(columns)} or more"))
        else:
            values = dict(zip(columns, found, strict=False))
            yield number, [values.get(name, "") for name in names]
