"""The order of day, month and year in a file's dates, decided once for the whole file.

``03/04/2024`` is a day in March or in April, and a row alone does not say which. The file does: by a
14 that can be no month, by call ids that begin with the seconds since 1970, by times that rise
from row to row. ``values`` writes the SQL that reads a time in the order found.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import duckdb
import polars as pl

from cxreports.cdr.evidence.columns import Columns
from cxreports.cdr.evidence.date_words import NUMERIC, ORDERS, order_named, times_sql
from cxreports.cdr.evidence.manner import Manner
from cxreports.cdr.source_format import Rule, SourceFormat
from cxreports.errors import NotACdrFile

_NEAR_US: Final = 26 * 3_600_000_000
"""A local time and the seconds since 1970 in a call id are no farther apart than this."""

_UNEVEN: Final = 0.02
"""Share of steps backwards that a file in the order of its calls may have."""


def date_order(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    columns: Columns,
    source_format: SourceFormat,
    file: str,
    before: Manner | None = None,
) -> tuple[str | None, bool]:
    """Order of the dates of a file, and whether the file decides it; None where no date needs one.

    Parameters
    ----------
    source
        SQL that reads the file's columns ``c0`` … as text, in the file's order.
    before
        Manner in which the beginning of a file was read that has grown; the rest leaves it, or decides again.

    Raises
    ------
    NotACdrFile
        The file has dates of both orders.
    """
    found = dated_columns(columns, source_format)
    if not found:
        return None, True
    named = order_named(next(iter(reversed(found.values()))).formats) or ORDERS[0]
    texts = " UNION ALL ".join(f"SELECT {name} AS t FROM ({source})" for name in found)
    parts = f"SELECT regexp_extract(t, {NUMERIC}, ['a', 'b', 'c']) AS p FROM ({texts}) WHERE t IS NOT NULL"
    ((any_date, *seen),) = connection.execute(
        f"""SELECT count(*), bool_or(a > 12), bool_or(b > 12), bool_or(a > 31),
        bool_or(length(c) = 4 OR z > 31),
        any_value(t) FILTER (a BETWEEN 13 AND 31), any_value(t) FILTER (b > 12)
        FROM (SELECT CAST(p.a AS INT) AS a, CAST(p.b AS INT) AS b, p.c AS c, CAST(p.c AS INT) AS z,
        concat_ws('/', p.a, p.b, p.c) AS t FROM ({parts}) WHERE p.a <> '')"""
    ).fetchall()
    if not any_date:
        return None, True
    left = _possible(_Seen(*seen[:4]))
    if not left:
        raise NotACdrFile(
            f"{file}: has dates of both orders, such as {seen[4]} and {seen[5]}; say which is meant "
            "with --dates dmy, mdy or ymd"
        )
    if before is not None and before.order in left:
        if before.order_certain:
            return before.order, True
        named = before.order
    if len(left) > 1:
        ids = next(
            (columns.sql(name) for name in _names(source_format, "call_id") if columns.sql(name)), None
        )
        times = next(
            (columns.sql(name) for name in _names(source_format, "call_time") if columns.sql(name)), ""
        )
        told = _told(connection, source, times or "NULL", ids, [each for each in left if each != "ymd"])
        if told:
            return told, True
    order = named if named in left else left[0]
    return order, len(left) == 1


def dated_columns(columns: Columns, source_format: SourceFormat) -> dict[str, Rule]:
    """SQL of the columns of a file that may hold dates in numbers, and the rule that reads each."""
    rules = _rules(source_format)
    found = {columns.sql(name): rule for rule in reversed(rules) for name in rule.columns}
    return {name: rule for name, rule in found.items() if name is not None}


class _Seen(NamedTuple):
    """What is seen in some date of a file."""

    first_over_12: bool
    second_over_12: bool
    first_over_31: bool
    last_is_year: bool


def _possible(seen: _Seen) -> list[str]:
    """Orders in which all dates of a file are dates."""
    dmy = not seen.second_over_12 and not seen.first_over_31
    mdy = not seen.first_over_12
    ymd = not seen.second_over_12 and not seen.last_is_year
    return [name for name, possible in zip(ORDERS, (dmy, mdy, ymd), strict=True) if possible]


def _told(
    connection: duckdb.DuckDBPyConnection, source: str, times: str, ids: str | None, orders: Sequence[str]
) -> str | None:
    """Order in which the times go with the call ids, or else rise from row to row."""
    if len(orders) != 2:  # noqa: PLR2004
        return None
    read = ", ".join(f"epoch_us({times_sql(times, name)}) AS {name}" for name in orders)
    epoch = f"CAST(nullif(regexp_extract({ids}, '^(1[0-9]{{9}})[.]', 1), '') AS BIGINT)" if ids else "NULL"
    frame = connection.sql(f"SELECT {read}, {epoch} AS epoch FROM ({source})").pl()
    near = {name: ((pl.col(name) - pl.col("epoch") * 1_000_000).abs() <= _NEAR_US).sum() for name in orders}
    counts = frame.select(**near).row(0, named=True)
    told = [name for name in orders if counts[name]]
    if len(told) == 1:
        return told[0]
    steps = {name: frame[name].drop_nulls().diff().drop_nulls() for name in orders}
    uneven = {name: min(int((step < 0).sum()), int((step > 0).sum())) for name, step in steps.items()}
    best, other = sorted(orders, key=lambda name: uneven[name])
    return best if uneven[best] < uneven[other] and uneven[best] <= _UNEVEN * frame.height else None


def _rules(source_format: SourceFormat) -> list[Rule]:
    """Rules of times that are written in numbers, those of the call's time first."""
    targets = [target for target in source_format.targets if target.kind == "time"]
    targets.sort(key=lambda target: target.name != "call_time")
    return [rule for target in targets for rule in target.rules if order_named(rule.formats)]


def _names(source_format: SourceFormat, field: str) -> list[str]:
    rules = next((target.rules for target in source_format.targets if target.name == field), ())
    return [name for rule in rules for name in rule.columns]
