"""Dirty lines: each costs itself at most, and every one of them is accounted for."""

import csv
import gzip
import io
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from cxreports import cdr
from cxreports.errors import NotACdrFile

HEADER = "dt,callid,dest_cli,dest_number,duration,customer_charge,sip_code"
ROW = "2026-03-02 10:00:{:02d},call-{},100,200,{},0.5,200"

Read = Callable[..., cdr.ReadResult]


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


@pytest.fixture
def read(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> Read:
    def reading(content: bytes | str, name: str = "calls.csv", **how: object) -> cdr.ReadResult:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        result = cdr.read(connection, path, **how)  # type: ignore[arg-type]
        adds_up(connection, result)
        return result

    return reading


def adds_up(connection: duckdb.DuckDBPyConnection, result: cdr.ReadResult) -> None:
    (loaded,) = connection.execute(f"SELECT count(*) FROM {result.cdr}").fetchone() or (0,)
    (rejected,) = connection.execute(f"SELECT count(*) FROM {result.reject}").fetchone() or (0,)
    assert rejected == result.rejected
    assert result.rows == loaded + result.paired + result.rejected
    assert result.lines == result.rows + result.skipped


def calls(
    connection: duckdb.DuckDBPyConnection, result: cdr.ReadResult, columns: str = "call_id"
) -> list[object]:
    rows = connection.execute(f"SELECT {columns} FROM {result.cdr} ORDER BY call_time, call_id").fetchall()
    return [row[0] if len(row) == 1 else row for row in rows]


def rejects(connection: duckdb.DuckDBPyConnection, result: cdr.ReadResult) -> list[tuple[int, str, str]]:
    return connection.execute(f"SELECT line, raw, reason FROM {result.reject} ORDER BY line").fetchall()


def lines(*changed: tuple[int, str], count: int = 6) -> list[str]:
    """Give a header and good rows, some of them replaced (by line number)."""
    good = [HEADER, *(ROW.format(i, i, i) for i in range(1, count))]
    for number, text in changed:
        good[number - 1] = text
    return good


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_line_ends_and_byte_order_marks(
    read: Read, connection: duckdb.DuckDBPyConnection, end: str, mark: bytes
) -> None:
    result = read(mark + (end.join(lines()) + end).encode())
    assert (result.lines, result.rows, result.skipped) == (6, 5, 1)
    assert calls(connection, result) == [f"call-{i}" for i in range(1, 6)]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16(read: Read, connection: duckdb.DuckDBPyConnection, encoding: str) -> None:
    mark = {"utf-16": "", "utf-16-le": "\ufeff", "utf-16-be": "\ufeff"}[encoding]
    result = read((mark + "\r\n".join(lines()) + "\r\n").encode(encoding))
    assert len(calls(connection, result)) == 5


def test_mixed_line_ends(read: Read, connection: duckdb.DuckDBPyConnection) -> None:
    a, b, c, d, e, f = lines()
    result = read(f"{a}\r\n{b}\n{c}\r{d}\n\r{e}\r\n{f}\n")
    assert len(calls(connection, result)) == 5
    assert result.lines == 7  # the blank one between \n and \r counts


def test_the_same_row_has_the_same_key_however_its_line_ends(
    read: Read, connection: duckdb.DuckDBPyConnection
) -> None:
    keys = set()
    for end in ("\n", "\r\n", "\r"):
        keys.add(tuple(calls(connection, read(end.join(lines()) + end), "record_key")))
    keys.add(tuple(calls(connection, read("\n".join([*lines(), "", "   "])), "record_key")))
    quoted = "\n".join(",".join(f'"{value}"' for value in line.split(",")) for line in lines())
    keys.add(tuple(calls(connection, read(quoted), "record_key")))
    assert len(keys) == 1


def test_an_open_quote_costs_its_own_line_only(read: Read, connection: duckdb.DuckDBPyConnection) -> None:
    broken = '2026-03-02 10:00:02,"call-2,100,200,2,0.5'
    result = read("\n".join(lines((3, broken))) + "\n")
    assert calls(connection, result) == ["call-1", "call-3", "call-4", "call-5"]
    ((line, raw, reason),) = rejects(connection, result)
    assert (line, raw) == (3, broken)
    assert "quote is never closed" in reason


@pytest.mark.parametrize(
    ("broken", "call_id"),
    [
        ('2026-03-02 10:00:02,"call-2,100,200,2,0.5,200', "call-2"),
        ('2026-03-02 10:00:02,"call "2"",100,200,2,0.5,200', 'call 2""'),
        ('2026-03-02 10:00:02,call "2,100,200,2,0.5,200', 'call "2'),
        ('2026-03-02 10:00:02,"call, \\"2\\"",100,200,2,0.5,200', 'call, "2"'),
        ('2026-03-02 10:00:02,"call"-2,100,200,2,0.5,200', "call-2"),
        ('2026-03-02 10:00:02,"a "b, c" 2",100,200,2,0.5,200', 'a "b, c" 2'),
        ('2026-03-02 10:00:02, "call-2" ,100,200,2,0.5,200', "call-2"),
    ],
)
def test_broken_quotes_are_mended(
    read: Read, connection: duckdb.DuckDBPyConnection, broken: str, call_id: str
) -> None:
    result = read("\n".join(lines((3, broken))) + "\n")
    assert len(calls(connection, result)) == 5
    assert result.rejected == 0
    assert call_id in calls(connection, result)


@pytest.mark.parametrize(
    "surplus",
    [
        "2026-03-02 10:00:02,call-2,100,200,2,0.5,200,",
        "2026-03-02 10:00:02,Smith, John,100,200,2,0.5,",
        '2026-03-02 10:00:02,"call-2",100,200,2,0.5,200,NULL',
        '2026-03-02 10:00:02,"a, b" x",100,200,2,0.5,200,',
    ],
)
@pytest.mark.parametrize("rest", ["", '2026-03-02 10:00:09,"x, y",1,2,2,0.5,200\n'])
def test_a_field_too_many_is_never_dropped(
    read: Read, connection: duckdb.DuckDBPyConnection, surplus: str, rest: str
) -> None:
    """All fields after an unquoted comma have moved, and DuckDB drops an empty one at the end."""
    result = read("\n".join(lines((3, surplus))) + "\n" + rest)
    assert [(line, reason) for line, _, reason in rejects(connection, result)] == [
        (3, "has 8 fields instead of 7")
    ]


QUOTED = st.text(st.sampled_from('ab",; <>1'), max_size=9)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(QUOTED, QUOTED, QUOTED), min_size=1, max_size=8))
@example([('"1" ', "", ""), ("", '"a"  ', "")])
def test_quotes_are_read_as_python_reads_them(
    read: Read, connection: duckdb.DuckDBPyConnection, parts: list[tuple[str, str, str]]
) -> None:
    """Whatever stands between the delimiters, a row is the one of Python's csv or is set aside.

    Blanks outside of quotes are passed over.
    """
    written = [
        f"2026-03-02 10:00:{i:02d},{a},{b},200,2,0.5,200{c and ','}{c}" for i, (a, b, c) in enumerate(parts)
    ]
    result = read("\n".join([HEADER, *written]) + "\n")
    aside = {line for line, _, _ in rejects(connection, result)}
    kept = [next(csv.reader([row])) for line, row in enumerate(written, 2) if line not in aside]
    found = calls(
        connection, result, "second(call_time), coalesce(call_id, ''), coalesce(source, ''), duration_s"
    )
    strict = [row for row in kept if len(row) == 7]
    pairs = {second: rest for second, *rest in found}  # type: ignore[misc]
    for row in strict:
        second = int(row[0][-2:])
        call_id, source, duration = pairs[second]
        if row[1].startswith(" ") or row[2].startswith(" "):
            continue
        expected = [
            value.rstrip(" ") if text.rstrip(" ").endswith('"') else value
            for value, text in zip(row[1:3], parts[second][:2], strict=True)
        ]
        assert (call_id, source, duration) == (*expected, 2)


def test_a_record_with_a_line_end_in_its_quotes_is_one_record(
    read: Read, connection: duckdb.DuckDBPyConnection
) -> None:
    text = "\n".join(lines((3, '2026-03-02 10:00:02,"call\n2",100,200,2,0.5,200'))) + "\n"
    result = read(text)
    assert "call 2" in calls(connection, result)
    assert (result.rows, result.skipped, result.rejected) == (5, 2, 0)


def test_a_bad_value_goes_to_reject_with_its_line(read: Read, connection: duckdb.DuckDBPyConnection) -> None:
    bad = {
        2: ("2026-13-02 10:00:02,a,1,2,2,0.5,200", "call_time: '2026-13-02 10:00:02' is not a time"),
        3: ("2026-03-02 10:00:02,b,1,2,two,0.5,200", "duration_s: 'two' is not a duration"),
        4: ("2026-03-02 10:00:02,c,1,2,2,0.12345678901,200", "charge: '0.12345678901' is not an amount"),
        5: ("2026-03-02 10:00:02,d,1,2,2,0.5,2000", "sip_code: '2000' is not a SIP code"),
        6: (",e,1,2,2,0.5,200", "call_time: is empty"),
    }
    result = read("\n".join(lines(*((line, text) for line, (text, _) in bad.items()), count=8)) + "\n")
    assert calls(connection, result) == ["call-6", "call-7"]
    for line, raw, reason in rejects(connection, result):
        assert raw == bad[line][0]
        assert reason.startswith(bad[line][1])


@pytest.mark.parametrize(
    ("amount", "exact"),
    [
        ("1e-11", None),
        ("0.00000000010", "1e-10"),
        ("1e-05", "0.00001"),
        ("1.25E2", "125"),
        ("1.5e-10", None),
        ("1e-10", "0.0000000001"),
        ("1.00000000005e-0", None),
        ("e5", None),
        ("12,5", None),
        ("-1.5", "-1.5"),
        (" 2.50 ", "2.5"),
    ],
)
def test_money_is_exact_or_rejected(
    read: Read, connection: duckdb.DuckDBPyConnection, amount: str, exact: str | None
) -> None:
    row = f'2026-03-02 10:00:02,b,1,2,2,"{amount}",200'
    result = read("\n".join(lines((3, row))) + "\n")
    assert result.rejected == (exact is None)
    if exact is not None:
        found = connection.execute(
            f"SELECT charge = CAST('{exact}' AS DECIMAL(28,10)) FROM {result.cdr} WHERE call_id = 'b'"
        ).fetchone()
        assert found == (True,)


def test_null_words_and_zero_timestamps(read: Read, connection: duckdb.DuckDBPyConnection) -> None:
    text = (
        "calldate,answer,end,src,dst,duration,billsec,disposition,uniqueid\n"
        "2026-03-02 10:00:00,0000-00-00 00:00:00,\\N,100,NULL,12,0,NO ANSWER,1.1\n"
        "2026-03-02 10:00:01,1970-01-01 00:00:00,2026-03-02 10:00:09,100,200,8,0,BUSY,1.2\n"
        "0000-00-00 00:00:00,,,100,200,8,0,BUSY,1.3\n"
    )
    result = read(text)
    rows = calls(connection, result, "call_id, destination, answer_time, CAST(end_time AS VARCHAR)")
    assert rows == [
        ("1.1", None, None, "2026-03-02 10:00:12+00"),
        ("1.2", "200", None, "2026-03-02 10:00:09+00"),
    ]
    assert rejects(connection, result)[0][2] == "call_time: '0000-00-00 00:00:00' stands for no time"


@pytest.mark.parametrize("written", ["02/03/2026 10:00:05", "02/03/2026 10:00", "2026-03-02T10:00:05Z"])
def test_other_ways_to_write_a_time(read: Read, connection: duckdb.DuckDBPyConnection, written: str) -> None:
    result = read(f"{HEADER}\n{written},a,1,2,2,0.5,200\n")
    second = "00" if len(written) == 16 else "05"
    assert calls(connection, result, "CAST(call_time AS VARCHAR)") == [f"2026-03-02 10:00:{second}+00"]


def test_local_times_and_clock_changes(read: Read, connection: duckdb.DuckDBPyConnection) -> None:
    head = "calldate,src,dst,duration,billsec,disposition,uniqueid\n"
    rows = [
        ("2026-01-15 12:00:00", "2026-01-15 11:00:00+00", None),
        ("2026-07-15 12:00:00", "2026-07-15 10:00:00+00", None),
        ("2026-03-29 02:30:00", "2026-03-29 01:30:00+00", "local time does not exist, read an hour on"),
        ("2026-03-29 03:30:00", "2026-03-29 01:30:00+00", None),
        ("2026-10-25 02:30:00", "2026-10-25 01:30:00+00", "local time occurs twice, read as the second"),
        ("2026-10-25 03:00:00", "2026-10-25 02:00:00+00", None),
        ("2026-10-25 01:59:59", "2026-10-24 23:59:59+00", None),
    ]
    text = head + "".join(f"{local},1,2,5,0,BUSY,{i}\n" for i, (local, _, _) in enumerate(rows))
    result = read(text, zone="Europe/Madrid")
    found = connection.execute(
        f"SELECT CAST(call_time AS VARCHAR), note FROM {result.cdr} ORDER BY CAST(call_id AS INTEGER)"
    ).fetchall()
    assert found == [(utc, note) for _, utc, note in rows]
    assert connection.execute("SELECT current_setting('TimeZone')").fetchone() == ("UTC",)


def test_talk_time_on_an_unanswered_row(read: Read, connection: duckdb.DuckDBPyConnection) -> None:
    result = read(f"{HEADER}\n2026-03-02 10:00:02,a,1,2,25,0.5,486\n")
    assert calls(connection, result, "connected, CAST(duration_s AS INTEGER), note") == [
        (False, 0, "talk time 25.000000 s on an unanswered call")
    ]


def test_the_header_again_in_the_middle(read: Read, connection: duckdb.DuckDBPyConnection) -> None:
    for extra in ([], [""], ['2026,"']):
        result = read("\n".join([*lines(), *extra, *lines()]) + "\n")
        assert len(calls(connection, result)) == 10
        assert result.rejected == sum(map(bool, extra))


def test_blank_lines_anywhere(read: Read, connection: duckdb.DuckDBPyConnection) -> None:
    a, b, *rest = lines()
    result = read("\n".join(["", "  ", a, "", b, "", "", *rest, "", " "]))
    assert len(calls(connection, result)) == 5
    assert result.skipped == 8


def test_nul_bytes_and_latin_1(read: Read, connection: duckdb.DuckDBPyConnection) -> None:
    content = "\n".join(lines((3, "2026-03-02 10:00:02,caf\xe9,100,200,2,0.5,200"))).encode("latin-1")
    result = read(content.replace(b"call-4", b"ca\0ll-4") + b"\n\0\0\0\n")
    assert calls(connection, result, "call_id, note")[1] == ("café", "not UTF-8, read as Latin-1")
    assert ("call-4", "NUL bytes dropped") in calls(connection, result, "call_id, note")
    assert [(line, reason) for line, _, reason in rejects(connection, result)] == [
        (7, "nothing but NUL bytes")
    ]


def test_a_last_line_without_its_end_is_loaded_with_a_note(
    read: Read, connection: duckdb.DuckDBPyConnection
) -> None:
    result = read("\n".join(lines()))
    notes = calls(connection, result, "note")
    assert notes[:-1] == [None] * 4
    assert "no line end" in str(notes[-1])


@pytest.mark.parametrize("kept", [5, 22, 30, 40])
def test_a_file_cut_in_the_middle_of_a_record(
    read: Read, connection: duckdb.DuckDBPyConnection, kept: int
) -> None:
    *whole, last = lines()
    result = read("\n".join([*whole, last[:kept]]))
    assert len(calls(connection, result)) == 4
    assert rejects(connection, result) == [(6, last[:kept], "the file ends in the middle of this line")]


def test_a_whole_last_line_is_mended_like_any_other(
    read: Read, connection: duckdb.DuckDBPyConnection
) -> None:
    *whole, _ = lines()
    result = read("\n".join([*whole, r'2026-03-02 10:00:09,"b\"q",100,200,1,0.5,200']))
    last, note = calls(connection, result, "call_id, note")[-1]  # type: ignore[misc]
    assert last == 'b"q'
    assert note.startswith("broken quotes mended; the last line has no line end")
    result = read("\n".join([*whole, '2026-03-02 10:00:09,b,100,200,1,0.5,"20']))
    assert [reason for *_, reason in rejects(connection, result)] == [
        "the file ends in the middle of this line"
    ]


def test_gzip(read: Read, connection: duckdb.DuckDBPyConnection) -> None:
    packed = gzip.compress(("\n".join(lines()) + "\n").encode())
    assert len(calls(connection, read(packed, "calls.csv.gz"))) == 5
    with pytest.raises(NotACdrFile, match="cut short"):
        read(packed[:-12], "cut.csv.gz")


@pytest.mark.parametrize("content", ["", "\n", "  \n\n", "\ufeff", "[]\n"])
def test_an_empty_file_has_no_rows(read: Read, content: str) -> None:
    assert read(content).rows == 0


def test_a_header_alone_has_no_rows(read: Read) -> None:
    for end in ("", "\n", "\r\n"):
        result = read(HEADER + end)
        assert (result.rows, result.format) == (0, "connexcs")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"%PDF-1.7\n%\xe2\xe3", "PDF"),
        (b"PK\x03\x04\x14\0", "ZIP"),
        (b"<!DOCTYPE html>\n<html><body>Sign in</body></html>", "web page"),
        (b"\n <html>", "web page"),
        (bytes(range(256)) * 20, "binary"),
        (b"Dear Sir,\nplease find the calls of March attached.\n", "not a CDR file"),
        (b"a,b,c\n1,2,3\n", "Expected one of"),
        (b'{"name": "cxreports", "version": 1}', "not a CDR file"),
    ],
)
def test_other_files_are_refused_by_name(read: Read, content: bytes, said: str) -> None:
    with pytest.raises(NotACdrFile, match=said) as refusal:
        read(content, "march.dat")
    assert "march.dat" in str(refusal.value)


def test_columns_that_appear_in_the_middle(read: Read, connection: duckdb.DuckDBPyConnection) -> None:
    """Somebody switches loguniqueid and loguserfield on while Master.csv grows."""
    row = ",1,2,ctx,clid,ch,dch,Dial,data,2026-03-02 10:00:0{0},,2026-03-02 10:00:09,5,0,BUSY,DOC"
    text = (
        "\n".join([row.format(1), row.format(2), row.format(3) + ",77.3,", row.format(4) + ",77.4,x"]) + "\n"
    )
    result = read(text)
    assert result.rejected == 0
    assert calls(connection, result) == [None, None, "77.3", "77.4"]


def test_an_open_quote_beside_doubled_ones(read: Read, connection: duckdb.DuckDBPyConnection) -> None:
    sample = Path(__file__).parents[2] / "data" / "asterisk" / "mockdata_cdr.csv"
    whole = sample.read_text().splitlines()
    broken = [*whole[:5], whole[5].replace('"hq"', '"hq'), *whole[6:]]
    result = read("\n".join(broken) + "\n")
    assert result.rejected == 0
    keys = [set(calls(connection, each, "record_key")) for each in (result, read("\n".join(whole) + "\n"))]
    assert len(keys[0] ^ keys[1]) <= 2


def oracle(text: str) -> tuple[int, int]:
    """Count records and surely good rows, one line at a time."""
    records = good = 0
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        if not line.strip() or line.strip() == HEADER:
            continue
        records += 1
        fields = next(csv.reader([line], strict=False), [])
        good += (
            len(fields) == 7
            and '"' not in line
            and fields[0].startswith("2026-03-02 10:00:")
            and fields[4].isdigit()
        )
    return records, good


DIRT = st.sampled_from(
    [
        "",
        "   ",
        HEADER,
        '2026-03-02 10:00:02,"open,100,200,2,0.5,200',
        '2026-03-02 10:00:02,"open,100',
        '"',
        '""",',
        ',"x"y",,,,,',
        "2026-03-02 10:00:02,short",
        "2026-03-02 10:00:02,long,1,2,3,0.5,200,9,9",
        "2026-99-02 10:00:02,badtime,100,200,2,0.5,200",
        "2026-03-02 10:00:02,baddur,100,200,x,0.5,200",
        '2026-03-02 10:00:02,"a, ""quoted"" name",100,200,2,0.5,200',
        "NULL,NULL,NULL,NULL,NULL,NULL,NULL",
        "caf\xe9,1",
        "\u2028x",
    ]
)
GOOD = st.builds(ROW.format, st.integers(0, 59), st.integers(0, 10**6), st.integers(0, 9999))
END = st.sampled_from(["\n", "\n", "\n", "\r\n", "\r"])


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.one_of(GOOD, GOOD, DIRT), END), max_size=40), st.sampled_from(["utf-8", "latin-1"])
)
def test_nothing_is_lost_in_dirty_files(
    read: Read, connection: duckdb.DuckDBPyConnection, parts: list[tuple[str, str]], encoding: str
) -> None:
    text = "".join(line + end for line, end in [(HEADER, "\n"), *parts])
    result = read(text.encode(encoding, errors="ignore"))
    text = text.encode(encoding, errors="ignore").decode(encoding)
    records, good = oracle(text)
    lines = io.StringIO(text, newline=None).read().split("\n")
    assert result.rows == records
    loaded = calls(connection, result)
    assert len(loaded) >= good
    placed = rejects(connection, result)
    assert len({line for line, _, _ in placed}) == len(placed)
    for line, raw, reason in placed:
        assert raw == lines[line - 1]
        assert reason


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("block", [1, 2, 3, 5])
def test_a_line_that_ends_with_nothing_is_seen_wherever_a_block_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str, block: int
) -> None:
    from cxreports.cdr import content

    monkeypatch.setattr(content, "CACHED", block)
    path = tmp_path / "lines"
    for parts in itertools.product(["a,", "ab", "", "zz,"], repeat=3):
        for tail in (end, ""):
            path.write_bytes((end.join(parts) + tail).encode())
            with content.content_of(path) as opened:
                assert content.ends_like(opened, ",") == any(line.endswith(",") for line in parts)
