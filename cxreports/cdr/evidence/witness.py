"""The manner in which a file writes its values, found from the file before and after its rows are typed."""

from dataclasses import replace
from typing import Final

import duckdb

from cxreports.cdr.clean_file import CleanFile
from cxreports.cdr.evidence.clock_changes import MOMENTS, changes
from cxreports.cdr.evidence.date_words import SEEN
from cxreports.cdr.evidence.dates import date_order
from cxreports.cdr.evidence.manner import Manner
from cxreports.cdr.typed_rows import source
from cxreports.cdr.values import UTC_NAMES

_NUMBERS: Final = {"money", "seconds", "milliseconds"}


def manner_of(
    connection: duckdb.DuckDBPyConnection,
    clean: CleanFile,
    sample: str,
    zone: str,
    dates: str | None,
    file: str,
) -> Manner:
    """Manner of a file, its clock changes not yet looked at.

    Parameters
    ----------
    sample
        Its first lines: only where a date in numbers is seen there, the whole file is asked for the order.
    dates
        Order of such dates that the load names.

    Raises
    ------
    NotACdrFile
        The file has dates of both orders.
    """
    sighting = clean.sighting
    semicolons = sighting.layout.kind == "csv" and sighting.delimiter == ";"
    comma = sighting.source_format.decimal_comma or (semicolons and _has_commas(connection, clean))
    fixed = dates or sighting.source_format.dates
    manner = Manner(zone, fixed, decimal_comma=comma)
    if fixed is not None or not SEEN.search(sample):
        return manner
    order, certain = date_order(connection, source(clean), sighting.columns, sighting.source_format, file)
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
