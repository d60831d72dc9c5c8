"""Where the record of a call came from: the files that delivered it, and their columns behind its fields.

A line of a file is not kept beside the values that were read from it: that would store every call twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from cxreports.cdr.definition import known_formats
from cxreports.figures.call_records import legs_near

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from cxreports.cdr.source_format import Answered, SourceFormat
    from cxreports.lake.snapshot import Snapshot


@dataclass(frozen=True)
class Delivery:
    """A load that brought a record of a call.

    Attributes
    ----------
    file
        Name of the file.
    format
        Format that it was read as.
    loaded_at
        When, UTC.
    """

    file: str
    format: str
    loaded_at: datetime


def deliveries_of(snapshot: Snapshot, call: Mapping[str, Any]) -> list[Delivery]:
    """The loads that a call's records came with, the first first.

    Parameters
    ----------
    call
        Its ``record_key``, ``call_time`` and ``end_time``.

    Returns
    -------
    list of Delivery
        Those in reach: whoever sees one customer alone sees the loads that name that customer.
    """
    key = int(call["record_key"])
    begun = call["call_time"]
    own = snapshot.scan("cdr", start=begun, end=begun + timedelta(microseconds=1))
    legs = legs_near(snapshot, call)
    loads = snapshot.tables["loads"].rows(snapshot.contents["loads"].files.values())
    found = snapshot.query(
        f"WITH brought AS (SELECT load FROM {own} AS calls WHERE record_key = {key} "
        f"UNION SELECT load FROM {legs} AS legs WHERE record_key = {key}) "
        f"SELECT file, coalesce(format, '') AS format, loaded_at FROM {loads} AS loads "
        "WHERE load IN (FROM brought) OR tail IN (FROM brought) ORDER BY load"
    )
    return [Delivery(**row) for row in found.to_dicts()]


def columns_behind(formats: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Columns of the files that fields are read from, by field, as the vendors call them.

    Parameters
    ----------
    formats
        Names of formats that come with cxreports; of others nothing is known here.

    Returns
    -------
    dict
        A field that is worked out of others, or that no column has, is left out.
    """
    behind: dict[str, dict[str, None]] = {}
    for name in formats:
        source_format = known_formats().get(name)
        for field, column in _columns(source_format) if source_format else ():
            behind.setdefault(field, {})[column] = None
    return {field: tuple(columns) for field, columns in behind.items()}


def _columns(source_format: SourceFormat) -> Iterator[tuple[str, str]]:
    for target in source_format.targets:
        for rule in target.rules:
            yield from ((target.name, column) for column in rule.columns)
    for column in (*source_format.customer.columns, *source_format.customer.fallback):
        yield "customer", column
    for test in source_format.connected:
        yield from (("connected", column) for column in _tested(test))


def _tested(test: Answered) -> Iterator[str]:
    if test.column:
        yield test.column
    for part in test.every:
        yield from _tested(part)
