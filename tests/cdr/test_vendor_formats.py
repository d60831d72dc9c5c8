# ruff: noqa: E501 (records as switches write them)
"""Records as vendors' documents describe them, read to the values that those documents give them."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from cxreports import cdr
from cxreports.cdr.definition import parse_format
from cxreports.errors import FormatError, NotACdrFile

Read = Callable[..., list[tuple[object, ...]]]


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


@pytest.fixture
def read(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> Read:
    """Read a text and give columns of its calls, times as text, format and rejects checked."""

    def reading(
        text: str, columns: str, expected_format: str, rejected: int = 0, **how: object
    ) -> list[tuple[object, ...]]:
        path = tmp_path / "calls"
        path.write_text(text)
        result = cdr.read(connection, path, **how)  # type: ignore[arg-type]
        assert (result.format, result.rejected) == (expected_format, rejected)
        assert result.lines >= result.rows
        for name in ("call_time", "answer_time", "end_time"):
            columns = columns.replace(name, f"strftime({name}, '%d %H:%M:%S.%g')")
        return connection.execute(f"SELECT {columns} FROM {result.cdr} ORDER BY ALL").fetchall()

    return reading


def test_avaya_ip_office(read: Read) -> None:
    row = "2024/03/04 10:00:00,{},{},200,{},0612345678,0612345678,,0,{},0,E200,Ann,T9001,Line 1.1,0,0,,,,0.12,EUR{}"
    rest = "," * 8
    text = "\n".join(
        [row.format("00:01:02", 5, "O", 1000001, rest), row.format("00:00:00", 20, "I", 1000002, rest)]
    )
    columns = "call_id, call_time, answer_time, connected, duration_s, ring_s, direction, source, destination, charge"
    assert read(text + "\n", columns, "avaya-ipo") == [
        (
            "1000001",
            "04 10:00:00.000",
            "04 10:00:05.000",
            True,
            62,
            5,
            "outbound",
            "200",
            "0612345678",
            Decimal("0.12"),
        ),
        ("1000002", "04 10:00:00.000", None, False, 0, 20, "inbound", "200", "0612345678", Decimal("0.12")),
    ]


ACT = (
    "Sonus Networks, Inc.0000000100000000\n"
    "START,GW1,0x00010001,100,GMT-06:00-Central,03/04/2024,10:00:00.2,1,150,560,VoIP,IP-TO-IP,CARRIER,,100,200\n"
    "STOP,GW1,0x00010001,100,GMT-06:00-Central,03/04/2024,10:00:00.2,1,150,560,03/04/2024,10:01:05.9,2,6010,16,"
    "VoIP,IP-TO-IP,CARRIER,,100,200,,0,more,fields\n"
    "ATTEMPT,GW1,0x00010002,900,GMT-06:00-Central,03/04/2024,10:02:00.0,1,80,10:02:09.0,3,17,"
    "VoIP,IP-TO-IP,CARRIER,,101,201,,0\n"
)


def test_ribbon_tells_its_records_by_their_type(read: Read) -> None:
    columns = "call_id, call_time, answer_time, end_time, connected, duration_s, pdd_ms, source, destination, sip_code"
    assert read(ACT, columns, "ribbon") == [
        ("0x00010001", "04 10:00:00.200", "04 10:00:05.800", "04 10:01:05.900", True, Decimal("60.1"), 1500,
         "100", "200", None),
        ("0x00010002", "04 10:02:00.000", None, "04 10:02:00.800", False, 0, 800, "101", "201", 486),
    ]  # fmt: skip
    assert read(ACT, "count(*)", "ribbon", zone="America/Chicago") == [(2,)]


def test_a_record_of_a_type_that_is_not_known_is_set_aside(
    read: Read, connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    assert read(ACT + "CONFERENCE,x,y\nSTOP,GW1,short\n", "count(*)", "ribbon", rejected=2) == [(2,)]
    result = cdr.read(connection, tmp_path / "calls")
    assert connection.execute(f"SELECT line, reason FROM {result.reject} ORDER BY 1").fetchall() == [
        (5, "'CONFERENCE' is no type of record that the format knows"),
        (6, "has 3 fields; a STOP has 21 or more"),
    ]


def test_cisco_gateway(read: Read) -> None:
    # 17:37:21 UTC is 12:37:21 in New York; a call that was not answered has one time for connect and end.
    row = '{},{},1,2,"C4A1F3D0 0A9211DD 8001B2A5 1D2E3F40","5005","",{},{},{},{},"{}","{}","{}",,"speech",1,2,3,4,"","{}","{}"'
    at = '"*12:37:{} EST Mon Dec 1 2008"'
    answered = row.format(
        1228153100, 31, at.format("21.561"), at.format("23.061"), at.format("30.000"), at.format("50.250"), "10",
        "normal call clearing (16)", "answer", "5001", "5005",
    )  # fmt: skip
    busy = row.format(
        1228153200, 32, at.format("55.000"), '""', at.format("57.000"), at.format("57.000"), "11", "user busy (17)",
        "originate", "5002", "5006",
    )  # fmt: skip
    columns = "leg, call_time, answer_time, end_time, connected, duration_s, pdd_ms, sip_code, direction, source, destination"
    wanted = [
        ("31", "01 17:37:21.561", "01 17:37:30.000", "01 17:37:50.250", True, Decimal("20.25"), 1500, None, "inbound",
         "5001", "5005"),
        ("32", "01 17:37:55.000", None, "01 17:37:57.000", False, 0, None, 486, "outbound", "5002", "5006"),
    ]  # fmt: skip
    assert read(f"{answered}\n{busy}\n", columns, "cisco-gateway", zone="America/New_York") == wanted
    detailed = "\n".join(line + ',""' * 107 for line in (answered, busy)) + "\n"
    assert read(detailed, columns, "cisco-gateway", zone="America/New_York") == wanted
    summer = f"{answered}\n{busy}\n".replace("EST Mon Dec 1", "BST Mon Jul 7").replace(" 2008", " 2025")
    assert read(summer, "call_time", "cisco-gateway", zone="Europe/London")[0] == ("07 11:37:21.561",)
    in_utc = f"{answered}\n{busy}\n".replace(" EST ", " UTC ").replace("12:37", "17:37")
    assert read(in_utc, columns, "cisco-gateway", zone="America/New_York") == wanted


def test_telcobridges(read: Read) -> None:
    begin = "BEG,SessionId='9f 1',LegId='0x1',StartTime='2024-03-04 10:00:00',Calling='100',Called='200',NAP='IN',Direction='ANSWERING'\n"
    end = (
        "END,SessionId='9f 1',LegId='0x{}',StartTime='2024-03-04 10:00:00',ConnectedTime='{}',"
        "EndTime='2024-03-04 10:01:05',FreedTime='2024-03-04 10:01:06',TerminationCause='NORMAL_CALL_CLEARING',"
        "Calling='100',Called='200',NAP='{}',Direction='{}'\n"
    )
    text = (
        begin
        + end.format(1, "2024-03-04 10:00:05", "IN", "ANSWERING")
        + end.format(2, "", "OUT", "ORIGINATING")
    )
    columns = "leg, call_id, call_time, answer_time, end_time, connected, duration_s, switch, direction"
    assert read(text, columns, "telcobridges") == [
        ("0x1", "9f 1", "04 10:00:00.000", "04 10:00:05.000", "04 10:01:05.000", True, 60, "IN", "inbound"),
        ("0x2", "9f 1", "04 10:00:00.000", None, "04 10:01:05.000", False, 0, "OUT", "outbound"),
    ]


XML = """<?xml version="1.0"?>
<cdr core-uuid="c0re">
  <channel_data><direction>inbound</direction></channel_data>
  <variables>
    <uuid>4d1c</uuid><direction>inbound</direction><start_uepoch>1709546400000000</start_uepoch>
    <answer_uepoch>{answer}</answer_uepoch><end_uepoch>1709546465500000</end_uepoch>
    <progress_uepoch>1709546402000000</progress_uepoch><billusec>{billed}</billusec><billsec>60</billsec>
    <hangup_cause>{cause}</hangup_cause><sip_network_ip>192.0.2.1</sip_network_ip>
    <digits_dialed>5%2A</digits_dialed>
  </variables>
  <callflow dialplan="XML"><caller_profile>
    <caller_id_number>%2B34600</caller_id_number><destination_number>200</destination_number>
  </caller_profile></callflow>
</cdr>
"""


def test_freeswitch_xml(read: Read) -> None:
    one = XML.format(answer=1709546405000000, billed=60500000, cause="NORMAL_CLEARING")
    two = XML.format(answer=0, billed=0, cause="USER_BUSY").replace("4d1c", "4d1d")
    columns = "call_id, call_time, answer_time, end_time, connected, duration_s, pdd_ms, source, destination, dtmf, sip_code"
    assert read(one + two, columns, "freeswitch") == [
        ("4d1c", "04 10:00:00.000", "04 10:00:05.000", "04 10:01:05.500", True, Decimal("60.5"), 2000, "+34600",
         "200", "5*", None),
        ("4d1d", "04 10:00:00.000", None, "04 10:01:05.500", False, 0, 2000, "+34600", "200", "5*", 486),
    ]  # fmt: skip
    assert read(one + two[: two.index("</variables>")], "call_id", "freeswitch", rejected=1) == [("4d1c",)]


def test_xml_with_a_document_type_is_not_expanded(read: Read) -> None:
    one = XML.format(answer=0, billed=0, cause="USER_BUSY")
    bomb = one.replace("<uuid>4d1c", "<uuid>&a;").replace("<?xml", '<!DOCTYPE x [<!ENTITY a "b">]><?xml')
    with pytest.raises(NotACdrFile):
        read(bomb, "call_id", "freeswitch")
    assert read(one + one.replace("4d1c", "&a;"), "call_id", "freeswitch", rejected=1) == [("4d1c",)]


DUMP = """-- MySQL dump 10.19  Distrib 10.3.39-MariaDB
CREATE TABLE `other` (
  `id` int(11) NOT NULL
) ENGINE=InnoDB;
CREATE TABLE `cdr` (
  `calldate` datetime NOT NULL DEFAULT '0000-00-00 00:00:00',
  `clid` varchar(80) NOT NULL DEFAULT '',
  `src` varchar(80) NOT NULL DEFAULT '',
  `dst` varchar(80) NOT NULL DEFAULT '',
  `duration` int(11) NOT NULL DEFAULT 0,
  `billsec` int(11) NOT NULL DEFAULT 0,
  `disposition` varchar(45) NOT NULL DEFAULT '',
  `uniqueid` varchar(32) NOT NULL DEFAULT '',
  `userfield` varchar(255) DEFAULT NULL,
  KEY `calldate` (`calldate`)
) ENGINE=MyISAM DEFAULT CHARSET=utf8;
INSERT INTO `other` VALUES (1),(2);
INSERT INTO `cdr` VALUES ('2024-03-04 10:00:00','\\"O\\'Hara, (A); B\\" <100>','100','200',20,10,'ANSWERED','1.1',NULL),
('2024-03-04 10:01:00','it''s','101','201',5,0,'BUSY','1.2','x');
INSERT INTO `cdr` VALUES ('2024-03-04 10:02:00','short','102');
"""


def test_a_dump_of_the_table_of_calls(
    read: Read, connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    columns = "call_id, call_time, source, destination, connected, duration_s"
    assert read(DUMP, columns, "asterisk", rejected=1) == [
        ("1.1", "04 10:00:00.000", "100", "200", True, 10),
        ("1.2", "04 10:01:00.000", "101", "201", False, 0),
    ]
    result = cdr.read(connection, tmp_path / "calls")
    assert connection.execute(f"SELECT line, reason FROM {result.reject}").fetchall() == [
        (20, "has 3 values instead of 9")
    ]
    # The same rows exported as CSV are the same records.
    as_csv = (
        "calldate,clid,src,dst,duration,billsec,disposition,uniqueid,userfield\n"
        '2024-03-04 10:00:00,"""O\'Hara, (A); B"" <100>",100,200,20,10,ANSWERED,1.1,\n'
        "2024-03-04 10:01:00,it's,101,201,5,0,BUSY,1.2,x\n"
    )
    assert read(as_csv, "record_key", "asterisk") == read(DUMP, "record_key", "asterisk", rejected=1)


OWN = """
name = "own"
{top}
[[layout]]
needs = ["at", "state"]
{layout}
{tests}
[fields.call_time]
column = "at"
[fields.call_id]
column = "id"
[fields.duration_s]
column = "talk"
{duration}
[fields.charge]
column = "price"
{charge}
"""
ANSWERED = '[[connected]]\ncolumn = "state"\nin = ["ok"]\n'


def own(
    top: str = "", layout: str = "", tests: str = ANSWERED, duration: str = "", charge: str = ""
) -> cdr.SourceFormat:
    return parse_format(
        OWN.format(top=top, layout=layout, tests=tests, duration=duration, charge=charge), "own.toml"
    )


def test_rows_that_are_no_calls_are_passed_over(
    read: Read, connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    skips = '[[skip]]\ncolumn = "state"\nin = ["Internal"]\n[[skip]]\ncolumn = "id"\nregex = "^sum"\n'
    text = (
        "at,id,talk,price,state\n2024-03-04 10:00:00,1,5,1,ok\n2024-03-04 10:00:00,2,5,1,internal\n"
        ",sum of day,10,2,\nnonsense,3,5,1,ok\n"
    )
    assert read(text, "call_id", "own", rejected=1, source_format=own(tests=ANSWERED + skips)) == [("1",)]
    result = cdr.read(connection, tmp_path / "calls", source_format=own(tests=ANSWERED + skips))
    assert (result.lines, result.rows, result.skipped) == (5, 2, 3)
    unless = '[[skip]]\ncolumn = "state"\nin = ["ok"]\nunless = true\n'
    assert read(text, "call_id", "own", rejected=1, source_format=own(tests=ANSWERED + unless)) == [("1",)]


@pytest.mark.parametrize(
    ("keys", "written", "read_as"),
    [
        ({"charge": "scale = 0.01"}, ("5", "1234"), (5, Decimal("12.34"))),
        ({"charge": 'scale = "0.000000001"'}, ("5", "1"), (5, Decimal("0.000000001"))),
        ({"charge": "scale = 0.01\nnegate = true"}, ("5", "-1234"), (5, Decimal("12.34"))),
        ({"duration": "scale = 0.001"}, ("61500", "0"), (Decimal("61.5"), 0)),
        ({"duration": "scale = 60"}, ("1.5", "0"), (90, 0)),
        ({"duration": 'unit = "mm:ss"'}, ("62:05", "0"), (3725, 0)),
        ({"duration": 'unit = "mm:ss"'}, ("0:05.25", "0"), (Decimal("5.25"), 0)),
        ({"top": 'decimal = ","'}, ("5,5", "1.234,56"), (Decimal("5.5"), Decimal("1234.56"))),
    ],
)
def test_numbers_as_switches_write_them(
    read: Read, keys: dict[str, str], written: tuple[str, str], read_as: tuple[object, object]
) -> None:
    text = f'at,id,talk,price,state\n2024-03-04 10:00:00,1,"{written[0]}","{written[1]}",ok\n'
    assert read(text, "duration_s, charge", "own", source_format=own(**keys)) == [read_as]


def test_a_product_that_cannot_be_kept_exactly_is_set_aside(read: Read) -> None:
    text = "at,id,talk,price,state\n2024-03-04 10:00:00,1,5,0.0000000001,ok\n"
    assert read(text, "call_id", "own", rejected=1, source_format=own(charge="scale = 0.01")) == []


def test_an_answered_call_may_need_several_conditions(read: Read) -> None:
    tests = '[[connected]]\nall = [{ column = "state", in = ["ok"] }, { field = "duration_s", positive = true }]\n'
    text = (
        "at,id,talk,price,state\n2024-03-04 10:00:00,1,5,1,ok\n2024-03-04 10:00:01,2,0,1,ok\n"
        "2024-03-04 10:00:02,3,5,1,busy\n"
    )
    assert read(text, "call_id, connected", "own", source_format=own(tests=tests)) == [
        ("1", True),
        ("2", False),
        ("3", False),
    ]


def test_columns_set_apart_with_blanks(read: Read) -> None:
    text = 'at                  id    talk price state\n"2024-03-04 10:00:00" a1      5  1.5   ok\n2024-03-04T10:01:00   a2  7   2     ok\nshort\n'
    rows = read(
        text, "call_id, duration_s", "own", rejected=1, source_format=own(layout='delimiter = "blanks"')
    )
    assert rows == [("a1", 5), ("a2", 7)]


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"charge": "scale = -1"}, r"\[fields.charge\] scale: -1 should be a number"),
        ({"charge": 'unit = "mm:ss"'}, "does not go with a value of kind money"),
        ({"top": 'decimal = ";"'}, "should be a point or a comma"),
        ({"top": 'dates = "dym"'}, "should be one of dmy, mdy, ymd"),
        ({"layout": 'record = "x"'}, "names the element of a record"),
        ({"tests": ANSWERED + '[[skip]]\ncolumn = "x"\n'}, "exactly one of in, absent, positive and regex"),
    ],
)
def test_what_the_language_refuses(keys: dict[str, str], said: str) -> None:
    with pytest.raises(FormatError, match=said):
        own(**keys)


def test_fixed_width_is_cut_by_expressions(read: Read) -> None:
    """The example of docs/formats.md."""
    docs = (Path(__file__).parents[2] / "docs" / "formats.md").read_text()
    example = docs[docs.index("Fixed width") :].split("```toml\n", 1)[1].split("```", 1)[0]
    fixed = parse_format(
        f'name = "fixed"\n{example}\n[[connected]]\nfield = "duration_s"\npositive = true\n', "f.toml"
    )
    text = "20240304100005 +34600111222   +442071234567  0065\n20240304100106 100            200            0000\n"
    columns = "call_time, source, destination, duration_s, connected"
    assert read(text, columns, "fixed", source_format=fixed) == [
        ("04 10:00:05.000", "+34600111222", "+442071234567", 65, True),
        ("04 10:01:06.000", "100", "200", 0, False),
    ]


def test_a_zone_in_a_column_of_its_own(read: Read) -> None:
    text = "start,zone,state\n2024-03-04 10:00:05,+01:00,ok\n2024-03-04 10:00:05,-05:00,ok\n"
    zoned = parse_format(
        'name = "zoned"\n[[layout]]\nneeds = ["start", "zone"]\n'
        '[fields.call_time]\ncolumn = ["start", "zone"]\njoin = ""\nformats = ["iso"]\n' + ANSWERED,
        "zoned.toml",
    )
    assert read(text, "call_time", "zoned", source_format=zoned) == [
        ("04 09:00:05.000",),
        ("04 15:00:05.000",),
    ]
