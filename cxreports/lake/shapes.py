"""What the lake's five tables look like."""

from typing import Final

from cxreports.cdr.record import FIELDS, REJECT_FIELDS, TIME, WAITING_COLUMNS, Field
from cxreports.lake.log import TableShape
from cxreports.metrics import SUMS

CDR: Final = TableShape(
    name="cdr",
    columns=FIELDS,
    partition=Field("day", "DATE", "UTC day of the call time"),
    order=("customer", "call_time"),
    bounded=("customer", "call_time", "end_time"),
)
"""Every call record once."""

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
    partition=Field("month", "DATE", "first day of the UTC month"),
    order=("customer", "hour"),
    bounded=("customer", "hour"),
    group=4_096,
)
"""Additive sums per customer, hour and currency; several rows of one key add up.

A customer's month is one or two of the small row groups: a year of them is read in a third of the time
that whole files take, for a fifth more bytes.
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
    partition=Field("month", "DATE", "first day of the minute's UTC month"),
    order=("customer", "minute"),
    bounded=("customer", "minute"),
    group=8_192,
)
"""Live channels per customer and minute, where something changes; revisions of a key replace each other."""
