"""Frames as people and programs read them on a command line: a table, CSV or JSON.

JSON and CSV are exact and alike: times in ISO 8601 with their offset (UTC as
``Z``), money as decimal text, durations and counts as numbers, percentages to four decimals.
A table is for people: it rounds to what a metric's definition says.

CSV here is for programs: texts are as they are, without the byte order mark and the guard against
formulas of the files that people download (`cxreports.csv_files`).
"""

from __future__ import annotations

import csv
import json
import math
import os
import sys
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import polars as pl

SECONDS_SCALE: Final = 6
"""A decimal with more places than a duration has (microseconds) is money."""

_PICTURES: Final = {
    **{code: chr(0x2400 + code) for code in range(32)},
    **dict.fromkeys(range(127, 160), "\ufffd"),
}
"""Control characters, as a table shows them: a row is a line, and no text moves a terminal's cursor."""

_GAP, _GAP_ON_TERMINAL = "  ", "   "
_BOLD: Final = "\x1b[1m{}\x1b[0m"


class Output(StrEnum):
    """How a frame is written."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


def write(
    frame: pl.DataFrame,
    output: Output = Output.TABLE,
    *,
    decimals: Mapping[str, int] | None = None,
    to: TextIO | None = None,
) -> None:
    """Write a frame.

    Parameters
    ----------
    frame
        Rows to write.
    output
        A table for people, CSV with a heading line, or a JSON array with an object for each row.
    decimals
        Digits after the point by column; by default those of the metric of that name.
    to
        Where to; by default standard output. A table is plain unless this is a terminal.
    """
    stream = to or sys.stdout
    if output is Output.TABLE:
        _write_table(frame, decimals or {}, stream)
        return
    columns = [[_exact(value, name) for value in frame[name].to_list()] for name in frame.columns]
    rows = [dict(zip(frame.columns, row, strict=True)) for row in zip(*columns, strict=True)]
    if output is Output.JSON:
        lines = (f"  {_json(row)}" for row in rows)
        stream.write("[\n" + ",\n".join(lines) + "\n]\n" if rows else "[]\n")
    else:
        table = csv.writer(stream, lineterminator="\n")
        table.writerow(frame.columns)
        table.writerows([_plain(value) for value in row.values()] for row in rows)


def money(amount: Decimal) -> str:
    """Amount of money, exact: at least six decimals, more where they are not zero, no exponent."""
    from cxreports.wording import exact_digits

    return exact_digits(amount, SECONDS_SCALE)


def iso(moment: datetime) -> str:
    """Time in ISO 8601 with its offset; UTC is ``Z``, and so is a time without a zone."""
    text = moment.isoformat()
    return text.replace("+00:00", "Z") if moment.tzinfo else f"{text}Z"


def _exact(value: Any, column: str) -> Any:
    """Value as JSON and CSV have it, by its type."""
    exact: Any
    match value:
        case Decimal():
            exact = money(value) if -int(value.as_tuple().exponent) > SECONDS_SCALE else _number(value)
        case datetime():
            exact = iso(value)
        case date():
            exact = value.isoformat()
        case timedelta():
            exact = value.total_seconds()
        case float():
            # JSON knows no NaN and no infinity.
            exact = round(value, 4 if column.endswith("_pct") else 6) if math.isfinite(value) else None
        case bytes():
            exact = value.hex()
        case list():
            exact = [_exact(each, column) for each in value]
        case dict():
            exact = {name: _exact(each, name) for name, each in value.items()}
        case _:
            exact = value
    return exact


def _number(value: Decimal) -> int | Decimal:
    return int(value) if value == value.to_integral_value() else value.normalize()


def _plain(value: Any) -> Any:
    return f"{value:f}" if isinstance(value, Decimal) else value


def _json(value: Any) -> str:
    """Value as JSON; a decimal with all of its digits, which a float would round."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, dict):
        pairs = (f"{json.dumps(name, ensure_ascii=False)}: {_json(each)}" for name, each in value.items())
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_json, value))}]"
    return json.dumps(value, ensure_ascii=False, default=str)


def _write_table(frame: pl.DataFrame, decimals: Mapping[str, int], stream: TextIO) -> None:
    """Write aligned columns, however wide: a terminal wraps a line, no figure is ever cut short."""
    # Rich would take longer for a report of ten thousand files than loading them does.
    from cxreports.metrics import METRICS

    places = {**{metric.column: metric.decimals for metric in METRICS.values()}, **decimals}
    columns: list[list[str]] = []
    for name, dtype in frame.schema.items():
        right = dtype.is_numeric() and name not in ("sip_code", "record_key")
        values = frame[name].to_list()
        text_of = _table_text(values, places.get(name) if right else None)
        columns.append(_aligned([name, *map(text_of, values)], right=right))
    is_terminal = stream.isatty()
    gap = _GAP_ON_TERMINAL if is_terminal else _GAP
    heading, *lines = (gap.join(cells) for cells in zip(*columns, strict=True))
    if is_terminal:
        rule = "─" * _width(heading)
        heading = f"{heading if os.environ.get('TERM') == 'dumb' else _BOLD.format(heading)}\n{rule}"
    stream.writelines(f"{line.rstrip()}\n" for line in (heading, *lines))


def _aligned(texts: Sequence[str], *, right: bool) -> list[str]:
    """Cells of a column, all of the width of the widest."""
    cells = [text.translate(_PICTURES) for text in texts]
    widths = list(map(_width, cells))
    most = max(widths)
    padded = ((cell, " " * (most - width)) for cell, width in zip(cells, widths, strict=True))
    return [f"{space}{cell}" if right else f"{cell}{space}" for cell, space in padded]


def _width(text: str) -> int:
    """Columns of a terminal that a text takes: two for a letter of Chinese, none for an accent by itself."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def _table_text(values: list[Any], decimals: int | None) -> Callable[[Any], str]:
    """Choose the function that writes the values of a column in a table, all of them alike."""
    moments = [value for value in values if isinstance(value, datetime)]
    spec = "seconds" if any(moment.second or moment.microsecond for moment in moments) else "minutes"

    def text_of(value: Any) -> str:
        match value:
            case None:
                text = ""
            case bool() | str():
                text = str(value)
            case datetime():
                text = value.replace(microsecond=0).isoformat(" ", spec).replace("+00:00", "")
            case int() | float() | Decimal() if decimals is not None:
                text = f"{value:,.{decimals}f}"
            case int():
                text = f"{value:,}"
            case _:
                text = str(_exact(value, ""))
        return text

    return text_of
