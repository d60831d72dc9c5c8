"""What the lake's tables look like."""

from typing import Final

from cxreports.cdr.record import FIELDS, ORIGIN_FIELDS, REJECT_FIELDS, TIME, WAITING_COLUMNS, Field
from cxreports.lake.log import TableShape
from cxreports.metrics import SUMS

CDR: Final = TableShape(
    name="cdr",
    columns=(*FIELDS, *ORIGIN_FIELDS),
    partition=Field("year", "DATE", "first day of the UTC year of the call time"),
    order=("customer", "call_time"),
    bounded=("customer", "call_time", "end_time", "load"),
    added=("legs", *(each.name for each in ORIGIN_FIELDS)),
    mark="load",
    shown=Field("day", "DATE", "UTC day of the call time"),
)
"""Every call once, in files of a day, or of several days that have few calls (`lots`)."""

LEG: Final = TableShape(
    name="leg",
    columns=(
        *CDR.columns,
        Field("contents", "BIGINT", "digest of what the record says; the record key where that is all"),
        Field("nth", "BIGINT", "place among the records of its load"),
        Field("again", "BOOLEAN", "the record was there already: its row says only who delivered it again"),
    ),
    partition=CDR.partition,
    order=CDR.order,
    bounded=CDR.bounded,
    shown=CDR.shown,
)
"""Records of calls that several records make, legs and revisions, and who delivered a record again."""

LOADS: Final = TableShape(
    name="loads",
    columns=(
        Field("load", "BIGINT", "number under which its records are stored, ascending"),
        Field("id", "BIGINT", "number of the file: its first load's, if it has grown since"),
        Field("file", "VARCHAR", "name of the file"),
        Field("file_hash", "VARCHAR", "digest of its contents"),
        Field("source", "VARCHAR", "digest and the way it was read: what makes it known again"),
        Field("format", "VARCHAR", "format it was read as"),
        Field("customer", "VARCHAR", "customer named for the load, if any"),
        Field("zone", "VARCHAR", "zone of its times without one"),
        Field("loaded_at", TIME, "when"),
        Field("rows", "BIGINT", "records"),
        Field("loaded", "BIGINT", "records that were new"),
        Field("duplicates", "BIGINT", "records that were there already"),
        Field("rejected", "BIGINT", "records set aside"),
        Field("paired", "BIGINT", "records that completed another one's call"),
        Field("size", "BIGINT", "bytes of the file so far; null where it cannot grow"),
        Field("heading", "BIGINT", "lines before its first record"),
        Field("lines", "BIGINT", "lines of the file so far"),
        Field("tail", "BIGINT", "number of the load of its last line, if that has no line end"),
        Field("completes", "VARCHAR", "digests of files whose calls it completed, as a JSON array"),
        Field(
            "dates", "VARCHAR", "order that its dates in numbers were read in (dmy, mdy, ymd), if it has any"
        ),
        Field("dates_certain", "BOOLEAN", "whether the file, its format or the load decided that order"),
        Field("decimal_comma", "BOOLEAN", "whether its numbers have a comma before their decimals"),
    ),
    partition=Field("year", "DATE", "first day of the year of the load, UTC"),
    order=("load",),
    bounded=("load",),
    added=("dates", "dates_certain", "decimal_comma"),
)
"""What was loaded and has not been taken back."""

REJECT: Final = TableShape(
    name="reject",
    columns=tuple(each for each in REJECT_FIELDS if each.name != "pending"),
    partition=next(each for each in REJECT_FIELDS if each.name == "pending"),
    order=("file", "line"),
    added=WAITING_COLUMNS,
)
"""Lines that could not be loaded, and why; apart from them those that wait for their other half."""

HOURLY: Final = TableShape(
    name="hourly",
    columns=(
        Field("customer", "VARCHAR", "whose calls"),
        Field("hour", TIME, "UTC hour of the call time"),
        Field("currency", "VARCHAR", "of the charge"),
        *(Field(each.name, each.sql_type, each.meaning) for each in SUMS),
        Field("first_call", TIME, "call time of the earliest"),
        Field("last_call", TIME, "call time of the latest"),
    ),
    partition=Field("year", "DATE", "first day of the UTC year"),
    order=("customer", "hour"),
    bounded=("customer", "hour"),
    group=4_096,
    shown=Field("month", "DATE", "first day of the UTC month"),
)
"""Additive sums per customer, hour and currency, in files of a month, or of several that have few together.

Several rows of one key add up. A customer's month is one or two of the small row groups: a year of them is
read in a third of the time that whole files take, for a fifth more bytes.
"""

DAILY: Final = TableShape(
    name="daily",
    columns=(
        Field("customer", "VARCHAR", "whose calls"),
        Field("day", TIME, "UTC midnight before the call time"),
        *HOURLY.columns[2:],
    ),
    partition=Field("year", "DATE", "first day of the UTC year"),
    order=("customer", "day"),
    bounded=("customer", "day"),
    group=16_384,
)
"""The same sums per customer, day and currency: a year of a customer is a row group of one file."""

CHANNELS: Final = TableShape(
    name="channels",
    columns=(
        Field("customer", "VARCHAR", "whose calls, or all"),
        Field("minute", TIME, "minute in which a call begins or ends, or midnight while one goes on"),
        Field("channels", "BIGINT", "calls in progress when the minute ends"),
        Field("peak", "BIGINT", "most calls in progress at once in the minute"),
        Field("area_us", "BIGINT", "channels times time: channel-microseconds in the minute"),
        Field("revision", "BIGINT", "version of cdr that it was swept from; the latest of a key holds"),
    ),
    partition=Field("year", "DATE", "first day of the minute's UTC year"),
    order=("customer", "minute"),
    bounded=("customer", "minute"),
    group=8_192,
    shown=Field("month", "DATE", "first day of the minute's UTC month"),
)
"""Live channels per customer and minute, where something changes, in files as those of ``hourly``.

Revisions of a key replace each other.
"""

POLLS: Final = TableShape(
    name="polls",
    columns=(
        Field("customer", "VARCHAR", "whose calls, or all"),
        Field("minute", TIME, "minute in which the switch was asked"),
        Field("switch", "VARCHAR", "name of the switch"),
        Field("polls", "BIGINT", "how often it answered"),
        Field("most", "BIGINT", "most calls under way in an answer"),
        Field("total", "BIGINT", "calls under way, added up over the answers"),
    ),
    partition=Field("day", "DATE", "UTC day of the minute"),
    order=("customer", "minute"),
    bounded=("customer", "minute"),
    group=8_192,
)
"""What the switches said of the calls under way; no figure is derived from it, and no head names it."""

VOID: Final = -1
"""Channels of a revision that takes its minute back: nothing begins or ends in it any more."""
