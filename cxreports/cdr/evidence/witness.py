"""The manner in which a file writes its values, found from the file before and after its rows are typed.

The tail of a file that has grown is read in the manner that its beginning was: what decides it may stand
there alone.
"""

from dataclasses import dataclass, replace
from typing import Final

import duckdb

from cxreports.cdr.clean_file import CleanFile
from cxreports.cdr.content import Content
from cxreports.cdr.evidence.clock_changes import MOMENTS, changes
from cxreports.cdr.evidence.date_words import SEEN
from cxreports.cdr.evidence.dates import date_order
from cxreports.cdr.evidence.manner import Manner
from cxreports.cdr.typed_rows import source
from cxreports.cdr.values import UTC_NAMES

_NUMBERS: Final = {"money", "seconds", "milliseconds"}


class WrittenOtherwise(Exception):
    """A tail that writes its values in another manner than its beginning was read in."""


@dataclass(frozen=True)
class Beginning:
    """What stands before the tail of a file that has grown.

    Attributes
    ----------
    whole
        The file, tail included.
    manner
        The manner in which its beginning was read; None if nobody has noted it.
    """

    whole: Content
    manner: Manner | None


def manner_of(
    connection: duckdb.DuckDBPyConnection,
    clean: CleanFile,
    sample: str,
    zone: str,
    dates: str | None,
    file: str,
    beginning: Beginning | None = None,
) -> Manner:
    """Manner of a file, its clock changes not yet looked at.

    Parameters
    ----------
    sample
        Its first lines: only where a date in numbers is seen there, the whole file is asked for the order.
    dates
        Order of such dates that the load names.
    beginning
        What stands before it, if the file is a tail.

    Raises
    ------
    NotACdrFile
        The file has dates of both orders.
    WrittenOtherwise
        The beginning of a tail was read in another manner.
    """
    before = beginning.manner if beginning else None
    manner = _own_manner(connection, clean, sample, Manner(zone, dates), file, before)
    if beginning is None:
        return manner
    if before is None:
        known = clean.sighting.source_format
        finds_order = manner.order is not None and not (dates or known.dates)
        if finds_order or (clean.sighting.delimiter == ";" and not known.decimal_comma):
            raise WrittenOtherwise
        return manner
    if before.order is None:
        before = replace(before, order=manner.order)
    if (manner.order or before.order, manner.decimal_comma) != (before.order, before.decimal_comma):
        raise WrittenOtherwise
    return manner if manner.order else replace(manner, order=before.order, order_certain=before.order_certain)


def _own_manner(
    connection: duckdb.DuckDBPyConnection,
    clean: CleanFile,
    sample: str,
    given: Manner,
    file: str,
    before: Manner | None,
) -> Manner:
    """Manner of a file by itself; what it leaves open is as before."""
    sighting = clean.sighting
    semicolons = sighting.layout.kind == "csv" and sighting.delimiter == ";"
    comma = sighting.source_format.decimal_comma or (before is not None and before.decimal_comma)
    comma = comma or (semicolons and _has_commas(connection, clean))
    fixed = given.order or sighting.source_format.dates
    manner = replace(given, order=fixed, decimal_comma=comma)
    if fixed is not None or not SEEN.search(sample):
        return manner
    read = (connection, source(clean), sighting.columns, sighting.source_format, file)
    order, certain = date_order(*read, before)
    return replace(manner, order=order, order_certain=certain)


def _has_commas(connection: duckdb.DuckDBPyConnection, clean: CleanFile) -> bool:
    """Whether a number of the file has a comma."""
    columns = clean.sighting.columns
    names = {
        columns.sql(name)
        for target in clean.sighting.source_format.targets
        if target.kind in _NUMBERS
        for rule in target.rules
        for name in rule.columns
    } - {None}
    if not names:
        return False
    numbers = " OR ".join(f"regexp_full_match({name}, ' *[+-]?[0-9.]*,[0-9]+ *')" for name in names)
    ((found,),) = connection.execute(f"SELECT bool_or({numbers}) FROM ({source(clean)})").fetchall()
    return bool(found)


def clock_changes(connection: duckdb.DuckDBPyConnection, table: str, manner: Manner) -> Manner:
    """Manner with the stretches of the clock that occur twice or never, if typed rows reach into one."""
    if manner.zone in UTC_NAMES:
        return manner
    described = connection.execute(f"SELECT column_name FROM (DESCRIBE {table})").fetchall()
    moments = [name for name in MOMENTS if (name,) in described]
    sides = [f"epoch_us({side}({name}))" for side in ("min", "max") for name in moments]
    (row,) = connection.execute(f"SELECT {', '.join(sides)} FROM {table} WHERE reason IS NULL").fetchall()
    instants = [each for each in row if each is not None]
    if not instants:
        return manner
    folds, gaps = changes(manner.zone, min(instants), max(instants))
    stretches = [*folds, *gaps]
    if not stretches:
        return manner
    reached = " OR ".join(
        f"{name} BETWEEN make_timestamptz({begin}) AND make_timestamptz({end - 1})"
        for name in moments
        for begin, end, _ in stretches
    )
    ((any_row,),) = connection.execute(f"SELECT bool_or({reached}) FROM {table}").fetchall()
    return replace(manner, folds=folds, gaps=gaps) if any_row else manner
