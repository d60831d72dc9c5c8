"""Files as switches, spreadsheets and people really write them, each with the calls that it holds."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from cxreports import cdr
from cxreports.errors import NotACdrFile

CASES = Path(__file__).parent / "cases"

Read = Callable[..., list[tuple[object, ...]]]


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


@pytest.fixture
def read(connection: duckdb.DuckDBPyConnection) -> Read:
    """Read a file of a case, of which nothing is set aside, and give these columns of its calls."""

    def reading(name: str, columns: str, **how: object) -> list[tuple[object, ...]]:
        result = cdr.read(connection, CASES / name, **how)  # type: ignore[arg-type]
        assert result.rejected == 0
        return connection.execute(
            f"SELECT {columns} FROM {result.cdr} ORDER BY call_time, call_id"
        ).fetchall()

    return reading


def test_a_caller_id_whose_quote_closes_inside_the_field(read: Read) -> None:
    rows = read("quote-inside-clid-rejected/freepbx.csv", "connected, duration_s, call_id, release_reason")
    assert rows == [(True, 6, "1709555966.1", "ANSWERED")]


def test_no_column_moves_behind_a_quote_that_closes_inside_a_field(read: Read) -> None:
    rows = read(
        "quote-shift-silent/freepbx.csv", "connected, duration_s, billed_duration_s, call_id, release_reason"
    )
    assert rows == [(True, 6, 6, "1709555966.1", "ANSWERED"), (True, 16, 16, "1709556026.2", "ANSWERED")]


def utc(name: str = "call_time") -> str:
    return f"strftime({name}, '%Y-%m-%d %H:%M:%S')"


HEAD = "calldate,clid,src,dst,duration,billsec,disposition,uniqueid\n"


def table(*times: str, ids: tuple[str, ...] = ()) -> str:
    """Rows of a cdr table with these times, and these ids or none that tell."""
    named = ids or tuple(str(i) for i in range(len(times)))
    rows = (f"{at},x,100,200,20,10,ANSWERED,{uid}\n" for at, uid in zip(times, named, strict=True))
    return HEAD + "".join(rows)


def test_a_14_in_second_place_makes_the_first_a_month(read: Read) -> None:
    rows = read("us-dates-misfiled-silently/cdr.csv", f"{utc()}, note")
    assert rows == [
        ("2024-03-04 10:00:00", None),
        ("2024-03-14 10:00:00", None),
        ("2024-12-01 09:00:00", None),
    ]


def test_years_of_two_digits(read: Read) -> None:
    rows = read("two-digit-year-reason-says-empty/cdr.csv", f"call_id, {utc()}")
    assert rows == [("1", "2017-08-24 09:32:00"), ("2", "2017-09-04 12:39:00")]


UNSURE = "date may have another order, read as day/month/year"


@pytest.mark.parametrize(
    ("times", "ids", "read_as", "note"),
    [
        # Nothing decides: the format's own order, with a note.
        (["03/04/2024 10:00:00"], (), ["2024-04-03 10:00:00"], UNSURE),
        # A day of the month that is the month's own number is the same either way.
        (["03/03/2024 10:00:00"], (), ["2024-03-03 10:00:00"], None),
        # Asterisk's uniqueid begins with the epoch: 1709546400 is 2024-03-04 10:00:00 UTC.
        (["03/04/2024 10:00:00"], ("1709546400.7",), ["2024-03-04 10:00:00"], None),
        # May to June rises as month/day; as day/month January would come after March.
        (
            ["05/02/2024 10:00", "05/03/2024 09:00", "06/01/2024 08:00", "06/02/2024 08:00"],
            (),
            ["2024-05-02 10:00:00", "2024-05-03 09:00:00", "2024-06-01 08:00:00", "2024-06-02 08:00:00"],
            None,
        ),
        (
            ["1/6/2024 08:00", "2/5/2024 08:00", "1/5/2024 08:00", "31/3/2024 08:00"],
            (),
            ["2024-03-31 08:00:00", "2024-05-01 08:00:00", "2024-05-02 08:00:00", "2024-06-01 08:00:00"],
            None,
        ),
        # The newest first: 1 June, 3 May, 2 May; as month/day January, March, February.
        (
            ["1/6/2024 08:00", "3/5/2024 08:00", "2/5/2024 08:00"],
            (),
            ["2024-05-02 08:00:00", "2024-05-03 08:00:00", "2024-06-01 08:00:00"],
            None,
        ),
        (["3/14/2024 1:05:09 PM"], (), ["2024-03-14 13:05:09"], None),
        (["3/14/2024, 12:05 AM"], (), ["2024-03-14 00:05:00"], None),
        (["14.03.2024 10:00:00.25"], (), ["2024-03-14 10:00:00"], None),
        (["14-03-24 10:00"], (), ["2024-03-14 10:00:00"], UNSURE),
        (["99/03/14 10:00"], (), ["1999-03-14 10:00:00"], None),
        (["2020/2/10 22:41"], (), ["2020-02-10 22:41:00"], None),
    ],
)
def test_the_file_decides_the_order_of_its_dates(
    connection: duckdb.DuckDBPyConnection,
    tmp_path: Path,
    times: list[str],
    ids: tuple[str, ...],
    read_as: list[str],
    note: str | None,
) -> None:
    path = tmp_path / "cdr.csv"
    path.write_text(table(*(f'"{at}"' for at in times), ids=ids))
    result = cdr.read(connection, path)
    assert result.rejected == 0
    found = connection.execute(f"SELECT {utc()}, note FROM {result.cdr} ORDER BY call_time").fetchall()
    assert found == [(at, note) for at in read_as]


@pytest.mark.parametrize(
    ("order", "at"), [("dmy", "2024-04-03"), ("mdy", "2024-03-04"), ("ymd", None), (None, "2024-04-03")]
)
def test_the_load_says_the_order(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, order: str | None, at: str | None
) -> None:
    path = tmp_path / "cdr.csv"
    path.write_text(table("03/04/2024 00:00:00"))
    result = cdr.read(connection, path, dates=order)
    found = connection.execute(
        f"SELECT CAST(CAST(call_time AS DATE) AS VARCHAR), note FROM {result.cdr}"
    ).fetchall()
    assert found == ([] if at is None else [(at, None if order else UNSURE)])
    if at is None:
        assert connection.execute(f"SELECT reason FROM {result.reject}").fetchall() == [
            ("call_time: '03/04/2024 00:00:00' is not a time that the format knows",)
        ]


def test_dates_of_both_orders_are_refused(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    path = tmp_path / "cdr.csv"
    path.write_text(table("03/14/2024 10:00:00", "25/03/2024 10:00:00"))
    with pytest.raises(
        NotACdrFile, match=r"cdr.csv: has dates of both orders.*25/03/2024.*03/14/2024.*--dates"
    ):
        cdr.read(connection, path)
    result = cdr.read(connection, path, dates="mdy")
    assert (result.rows, result.rejected) == (2, 1)


def test_a_decimal_comma_where_semicolons_stand_between_fields(read: Read) -> None:
    rows = read("decimal-comma-rejected/calls.csv", "charge, currency, duration_s")
    assert rows == [(Decimal("0.0130"), "EUR", 60)]


@pytest.mark.parametrize(
    ("price", "charge"),
    [("-1.234,56", "1234.56"), ("-0.013", "0.013"), ("-12", "12"), ("-1.234", None), ("-1,234.5", None)],
)
def test_points_in_a_file_with_decimal_commas(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, price: str, charge: str | None
) -> None:
    """A number that could be one thousand or one is not guessed at."""
    path = tmp_path / "calls.csv"
    text = (CASES / "decimal-comma-rejected" / "calls.csv").read_text()
    path.write_text(text + text.splitlines()[1].replace("CA1", "CA2").replace("-0,0130", price) + "\n")
    result = cdr.read(connection, path)
    found = connection.execute(f"SELECT charge FROM {result.cdr} WHERE call_id = 'CA2'").fetchall()
    assert found == ([(Decimal(charge),)] if charge else [])
    reasons = [] if charge else [(f"charge: '{price}' is not an amount with ten decimals or fewer",)]
    assert connection.execute(f"SELECT reason FROM {result.reject}").fetchall() == reasons


def test_an_answer_in_the_repeated_hour_is_told_by_the_durations(read: Read) -> None:
    columns = f"{utc()}, {utc('answer_time')}, {utc('end_time')}, ring_s, duration_s, note"
    assert read("dst-answer-in-repeated-hour/Master.csv", columns, zone="America/New_York") == [
        ("2024-11-03 04:59:50", "2024-11-03 05:00:05", "2024-11-03 05:02:05", 15, 120, None)
    ]


TWICE = "local time occurs twice, read as the second"


@pytest.mark.parametrize(
    ("begin", "answer", "end", "total", "talk", "instants", "note"),
    [
        # From the first 01:50 through the change into the second 01:10: 20 minutes.
        ("01:50:00", "01:50:10", "01:10:00", 1200, 1190, ("05:50:00", "05:50:10", "06:10:00"), None),
        # The same clock times, 80 minutes later apart: from 00:50 into the second hour.
        ("00:50:00", "00:50:10", "01:10:00", 4800, 4790, ("04:50:00", "04:50:10", "06:10:00"), None),
        # Out of the hour: the end is not in it, and tells where the begin was.
        ("01:50:00", "01:50:05", "02:10:00", 4800, 4795, ("05:50:00", "05:50:05", "07:10:00"), None),
        ("01:50:00", "01:50:05", "02:10:00", 1200, 1195, ("06:50:00", "06:50:05", "07:10:00"), None),
        # Nothing tells: both readings have the same durations.
        ("01:10:00", "01:10:05", "01:12:05", 125, 120, ("06:10:00", "06:10:05", "06:12:05"), TWICE),
    ],
)
def test_times_in_the_repeated_hour(  # noqa: PLR0917
    connection: duckdb.DuckDBPyConnection,
    tmp_path: Path,
    begin: str,
    answer: str,
    end: str,
    total: int,
    talk: int,
    instants: tuple[str, str, str],
    note: str | None,
) -> None:
    text = (CASES / "dst-answer-in-repeated-hour" / "Master.csv").read_text()
    for old, new in (("00:59:50", begin), ("01:00:05", answer), ("01:02:05", end)):
        text = text.replace(old, new)
    path = tmp_path / "Master.csv"
    path.write_text(text.replace(",135,120,", f",{total},{talk},"))
    result = cdr.read(connection, path, zone="America/New_York")
    columns = ", ".join(f"strftime({name}, '%H:%M:%S')" for name in ("call_time", "answer_time", "end_time"))
    found = connection.execute(f"SELECT {columns}, note FROM {result.cdr}").fetchall()
    assert found == [(*instants, note)]


def test_freepbx_without_a_heading(read: Read) -> None:
    columns = f"{utc()}, source, destination, duration_s, connected, call_id"
    # The call id begins with its time: 1504279981 is 2017-09-01 15:33:01 UTC, 16:33:01 in London.
    assert read("freepbx-headless-refused/cdr.csv", columns, zone="Europe/London") == [
        ("2017-09-01 15:33:01", "105", "*60", 27, True, "1504279981.1")
    ]


def test_cdr_custom(read: Read) -> None:
    columns = f"{utc()}, {utc('answer_time')}, source, destination, duration_s, call_id, leg, release_reason"
    assert read("freepbx-headless-refused/custom.csv", columns) == [
        ("2023-07-26 01:51:32", "2023-07-26 01:51:50", "client1", "6789", 13, "1690325492.2", "2", "ANSWERED")
    ]


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_freeswitch_saved_by_a_spreadsheet(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, delimiter: str
) -> None:
    text = (CASES / "freepbx-headless-refused" / "fs.csv").read_text()
    path = tmp_path / "fs.csv"
    path.write_text(text.replace(",", delimiter))
    result = cdr.read(connection, path)
    columns = f"{utc()}, duration_s, connected, release_reason, source"
    assert (result.format, connection.execute(f"SELECT {columns} FROM {result.cdr}").fetchall()) == (
        "freeswitch",
        [("2020-02-10 22:41:00", 9, True, "NORMAL_CLEARING", "1002")],
    )


def test_opensips_writes_a_row_a_call(read: Read) -> None:
    columns = f"{utc()}, {utc('answer_time')}, {utc('end_time')}, connected, duration_s, ring_s, sip_code"
    assert read("opensips-acc-answered-pending-forever/acc.csv", columns) == [
        ("2024-03-04 10:00:00", "2024-03-04 10:00:05", "2024-03-04 10:01:05", True, 60, 5, 200),
        ("2024-03-04 10:01:02", None, "2024-03-04 10:01:05", False, 0, 3, 486),
        ("2024-03-04 10:02:00", "2024-03-04 10:02:05", "2024-03-04 10:02:35", True, 30, 5, 200),
    ]


def test_opensips_without_cdrs_is_read_in_pairs(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    path = tmp_path / "acc.csv"
    head = (CASES / "opensips-acc-answered-pending-forever" / "acc.csv").read_text().splitlines()[0]
    path.write_text(
        f"{head}\n1,INVITE,a1,b1,c1@x,200,OK,2024-03-04 10:00:05,0,0,0,NULL\n"
        "2,BYE,a1,b1,c1@x,200,OK,2024-03-04 10:01:05,0,0,0,NULL\n"
    )
    result = cdr.read(connection, path)
    assert (result.format, result.paired) == ("kamailio", 1)
    assert connection.execute(f"SELECT duration_s FROM {result.cdr}").fetchall() == [(60,)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("-- MySQL dump 10.13  Distrib 8.0\nCREATE TABLE `users` (\n`id` int);\n", "an SQL dump"),
        (
            '"cdrRecordType","globalCallID_callId","numberPacketsSent","jitter"\n2,1,5,0\n',
            "Cisco CMRs.*CDR file",
        ),
        ("04.03.2024 10:00:01.123: Call(C:12): from 100\n", "3CX log"),
        ("[2024-03-04 10:00:01] VERBOSE[123] pbx.c: Executing\n", "Asterisk log"),
        ("1709546400|1709546400.1|600|NONE|ENTERQUEUE||100|1\n", "queue_log"),
        ("Mar  4 10:00:01 sbc1 kamailio[12]: INFO\n", "system log"),
        (
            "calldate,clid,src,dst,duration,status,uniqueid,billsec\n2024-03-04 10:00:00,x,1,2,5,ok,1,3\n",
            r"most like asterisk \(table\), but lacks the columns disposition",
        ),
        (
            ",1,2,ctx,clid,ch,dch,Dial,data,2026-03-02 10:00:01,,2026-03-02 10:00:09,5,0,Besetzt,DOC\n",
            r"most like asterisk \(cdr-csv\), but column 15 \(disposition\) is 'Besetzt'",
        ),
    ],
)
def test_a_file_is_refused_by_what_it_looks_like(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, text: str, said: str
) -> None:
    path = tmp_path / "file.dat"
    path.write_text(text)
    with pytest.raises(NotACdrFile, match=f"file.dat: not a CDR file of a known format.*{said}"):
        cdr.read(connection, path)
