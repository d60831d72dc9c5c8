"""Random calls, written as CSV with random quoting, against Python's csv, Decimal and datetime."""

import csv
import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cxreports import cdr

COLUMNS = ("dt", "callid", "dest_cli", "duration", "ring_duration", "pdd_out", "customer_charge", "sip_code")
NULLS = {"", "NULL", "null", "\\N", "(null)"}

LETTERS = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff\u2028\u2029\x85")
TEXT = st.one_of(
    st.sampled_from(
        ["", "NULL", "\\N", 'a "b" c', "a,b", '"', '""', " x ", "O'Hara", "\u00e9", "a;b\tc", "0", "{}"]
    ),
    st.text(LETTERS, max_size=12),
)


def when_text(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%d %H:%M:%S")


WHOLE = st.one_of(st.just(""), st.integers(0, 100_000).map(str))
ROW = st.tuples(
    st.integers(946684800, 3786912000).map(when_text),
    TEXT,
    TEXT,
    st.one_of(WHOLE, st.decimals(0, 10**6, places=6).map(str)),
    WHOLE,
    WHOLE,
    st.one_of(st.just(""), st.decimals(-(10**9), 10**9, places=10).map("{:f}".format)),
    st.one_of(st.just(""), st.just("0"), st.integers(100, 699).map(str)),
)


def expected(row: tuple[str, ...]) -> tuple[object, ...]:
    """Compute the record the slow way, from the definitions."""
    values = [None if value in NULLS else value for value in row]
    when = datetime.fromisoformat(row[0]).replace(tzinfo=UTC)
    said = Decimal(values[3]) if values[3] else None
    ring = Decimal(values[4]) if values[4] else None
    pdd = Decimal(values[5]) if values[5] else None
    code = int(values[7]) if values[7] and values[7] != "0" else None
    connected = 200 <= code <= 299 if code is not None else bool(said)
    talk = said if connected else Decimal(0)
    ring_us, pdd_us, talk_us = (ring or 0) * 1_000_000, (pdd or 0) * 1_000, (talk or 0) * 1_000_000
    answer = None
    if connected and ring is not None and pdd is not None:
        answer = when + timedelta(microseconds=int(pdd_us + ring_us))
    end = when + timedelta(microseconds=int(pdd_us + ring_us + talk_us))
    charge = Decimal(values[6]) if values[6] else None
    return (values[1], values[2], when, answer, end, connected, talk, ring, charge, code)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(ROW, min_size=1, max_size=25), st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]), st.booleans()
)
def test_every_field_is_what_the_definitions_say(
    tmp_path: Path, rows: list[tuple[str, ...]], quoting: int, dirty: bool
) -> None:
    text = io.StringIO()
    writer = csv.writer(text, quoting=quoting, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(rows)
    if dirty:
        text.write("\n2026,broken\n")
    path = tmp_path / "calls.csv"
    path.write_text(text.getvalue(), encoding="utf-8")
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        result = cdr.read(connection, path)
        found = connection.execute(
            f"""SELECT call_id, source, epoch_us(call_time), epoch_us(answer_time), epoch_us(end_time),
            connected, duration_s, ring_s, charge, sip_code FROM {result.cdr}"""
        ).fetchall()
    assert (result.rows, result.rejected) == (len(rows) + dirty, int(dirty))

    wanted = [expected(row) for row in rows]
    assert found == [(*row[:2], *map(microseconds, row[2:5]), *row[5:]) for row in wanted]


def microseconds(when: object) -> int | None:
    if not isinstance(when, datetime):
        return None
    return (when - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
