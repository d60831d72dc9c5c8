"""The canonical call detail record: its fields, their types and units.

Every source format is mapped onto these fields (``source_format``), and the lake's
``cdr`` table holds exactly these columns, in this order, and shows the UTC ``day`` with them.
"""

from dataclasses import dataclass
from typing import Final

from cxreports.language import marked

MONEY: Final = "DECIMAL(28,10)"
"""Exact money: ten decimals, and Spark's and DuckDB's sums of it stay exact."""

SECONDS: Final = "DECIMAL(18,6)"
"""Seconds to the microsecond, exact, an int64 in Parquet."""

MILLISECONDS: Final = "DECIMAL(18,3)"

TIME: Final = "TIMESTAMPTZ"
"""Microseconds in UTC."""


@dataclass(frozen=True)
class Field:
    """A column of the canonical record.

    Attributes
    ----------
    name
        Column name, with the unit where it has one.
    sql_type
        DuckDB type.
    meaning
        One line for people.
    """

    name: str
    sql_type: str
    meaning: str


FIELDS: Final[tuple[Field, ...]] = (
    Field("call_id", "VARCHAR", marked("the switch's id of the call; legs share it")),
    Field("leg", "VARCHAR", marked("what tells the legs of one call apart")),
    Field("switch", "VARCHAR", marked("the switch that wrote the record")),
    Field("customer", "VARCHAR", marked("whose call it is")),
    Field("call_time", TIME, marked("the attempt (INVITE)")),
    Field("answer_time", TIME, marked("when it was answered, null if it was not")),
    Field("end_time", TIME, marked("when it ended, answered or not")),
    Field("source", "VARCHAR", marked("calling number")),
    Field("destination", "VARCHAR", marked("called number")),
    Field("tech_prefix", "VARCHAR", marked("dialled prefix that selects a route or tariff")),
    Field("lrn", "VARCHAR", marked("location routing number (ported numbers)")),
    Field("direction", "VARCHAR", marked("inbound or outbound")),
    Field("duration_s", SECONDS, marked("talk time; 0 when not connected")),
    Field("billed_duration_s", SECONDS, marked("seconds charged, after rounding")),
    Field("ring_s", SECONDS, marked("time spent ringing")),
    Field("pdd_ms", MILLISECONDS, marked("post-dial delay")),
    Field("sip_code", "INTEGER", marked("final SIP response")),
    Field("sip_reason", "VARCHAR", marked("its reason phrase")),
    Field("release_reason", "VARCHAR", marked("why the call ended, in the switch's words")),
    Field("dtmf", "VARCHAR", marked("keypad digits; '' for none, null if the source does not say")),
    Field("source_ip", "VARCHAR", marked("address the call came from")),
    Field("destination_code", "VARCHAR", marked("dial code that was matched")),
    Field("destination_name", "VARCHAR", marked("its name")),
    Field("rate", MONEY, marked("price per minute")),
    Field("connect_cost", MONEY, marked("price per connected call")),
    Field("charge", MONEY, marked("price of this call")),
    Field("currency", "VARCHAR", marked("ISO 4217 code")),
    Field("recording", "VARCHAR", marked("name of the recording")),
    Field("connected", "BOOLEAN", marked("answered, as the format defines it")),
    Field("note", "VARCHAR", marked("what was mended on the row when it was loaded")),
    Field("file", "VARCHAR", marked("name of the file that delivered it")),
    Field("record_key", "BIGINT", "digest of what identifies the call: its id, or every field of its row"),
    Field("legs", "INTEGER", marked("legs that the call is made of")),
)

ORIGIN_FIELDS: Final[tuple[Field, ...]] = (
    Field("load", "BIGINT", "number of the load that brought the record; 0 where several make the call"),
    Field("leg_key", "BIGINT", "digest of what identifies the record, in formats with legs"),
    Field("leg_rank", "TINYINT", "2 for the caller's leg, 0 for a challenge, else 1; 10 more if legs follow"),
    Field("knows", "SMALLINT", "columns that the record fills, in formats with an identity or legs"),
)
"""Where a call comes from, stored with it: what completing, revising and taking back go by.

In a call that several records make, ``load`` is 0 and ``knows`` says how many rows ``leg`` holds of it.
"""

KEYED_COLUMNS: Final = ("leg_key", "leg_rank", "knows")
"""Those of them that a file's rows have from the start, where its format identifies records."""

COLUMNS: Final[tuple[str, ...]] = tuple(field.name for field in FIELDS)

REJECT_FIELDS: Final[tuple[Field, ...]] = (
    Field("file", "VARCHAR", "name of the file"),
    Field("file_hash", "VARCHAR", "digest of its contents"),
    Field("line", "BIGINT", "line of the file, from 1"),
    Field("raw", "VARCHAR", "the line as it stands there"),
    Field("reason", "VARCHAR", "why it was not loaded"),
    Field("format", "VARCHAR", "format it was read as"),
    Field("customer", "VARCHAR", "customer named for the load, if any"),
    Field("loaded_at", TIME, "when it was set aside"),
    Field("pending", "BOOLEAN", "waits for its other half (a BYE), which a later file may bring"),
    Field("call_id", "VARCHAR", "of a row that waits: what both halves of its call share (a Call-ID)"),
    Field("half", "VARCHAR", "of a row that waits: begin (an INVITE) or end (a BYE)"),
    Field("call_time", TIME, "of a row that waits: its time"),
    Field("zone", "VARCHAR", "of a row that waits: zone in which its times are read"),
    Field("delimiter", "VARCHAR", "of a row that waits: what stands between its fields"),
    Field("heading", "VARCHAR", "of a row that waits: its file's column names, as a JSON array"),
)

WAITING_COLUMNS: Final = ("call_id", "half", "call_time", "zone", "delimiter", "heading")
"""Columns of ``reject`` that came later than the others: null in rows that an older version set aside."""

ALL_CUSTOMERS: Final = "all"
"""Reserved customer id: every customer together."""
