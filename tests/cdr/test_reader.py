"""Every vendor's sample file becomes the calls that it holds, to the last field."""

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from cxreports import cdr
from cxreports.cdr.clean_file import NOT_ENDED
from cxreports.cdr.definition import parse_format
from cxreports.cdr.record import FIELDS, REJECT_FIELDS
from cxreports.errors import AmbiguousFormat, BadTime, LoadError, NotACdrFile

DATA = Path(__file__).parents[2] / "data"


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


Show = Callable[..., list[tuple[object, ...]]]


@pytest.fixture
def show(connection: duckdb.DuckDBPyConnection) -> Show:
    """Read a file and give these columns of its calls, times as text."""

    def showing(path: Path, columns: str, **how: object) -> list[tuple[object, ...]]:
        result = cdr.read(connection, path, **how)  # type: ignore[arg-type]
        assert result.rejected == 0
        times = [name for name in ("call_time", "answer_time", "end_time") if name in columns]
        for name in times:
            columns = columns.replace(name, f"strftime({name}, '%d %H:%M:%S.%g')")
        return connection.execute(
            f"SELECT {columns} FROM {result.cdr} ORDER BY {result.cdr}.call_time"
        ).fetchall()

    return showing


def test_the_tables_have_the_columns_of_the_record(connection: duckdb.DuckDBPyConnection) -> None:
    result = cdr.read(connection, DATA / "connexcs" / "portal.csv")
    for rows, fields in (
        (f"(SELECT * EXCLUDE (ordinal, leg_key, leg_rank, knows) FROM {result.cdr})", FIELDS),
        (result.reject, REJECT_FIELDS),
    ):
        described = connection.execute(
            f"SELECT column_name, column_type FROM (DESCRIBE FROM {rows})"
        ).fetchall()
        expected = {"TIMESTAMPTZ": "TIMESTAMP WITH TIME ZONE"}
        assert described == [(f.name, expected.get(f.sql_type, f.sql_type)) for f in fields]


def test_a_result_leaves_nothing_behind_when_it_is_forgotten(connection: duckdb.DuckDBPyConnection) -> None:
    cdr.read(connection, DATA / "connexcs" / "portal.csv").forget(connection)
    assert connection.execute("SELECT table_name FROM information_schema.tables").fetchall() == []


@pytest.mark.parametrize("most", [1 << 20, 0], ids=["in memory", "in a table"])
def test_what_is_odd_about_a_row_is_told_of_that_row_alone(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr("cxreports.cdr.typed_rows.MOST_IN_MEMORY", most)
    path = tmp_path / "cut.csv"
    path.write_text(
        "dt,callid,customer_id,duration\n2026-03-01 10:00:00,a,c1,5\n2026-03-01 10:00:01,b,c1,five\n"
        "2026-03-01 10:00:02,c,c2,0\n2026-03-01 10:00:03,d,c2,7"
    )
    result = cdr.read(connection, path)
    assert (result.typed.frame is not None) == bool(most)
    rows = connection.execute(f"SELECT ordinal, call_id, note FROM {result.cdr} ORDER BY 1").fetchall()
    assert rows == [(0, "a", None), (2, "c", None), (3, "d", NOT_ENDED)]
    rejects = connection.execute(f"SELECT line, raw FROM {result.reject}").fetchall()
    assert rejects == [(3, "2026-03-01 10:00:01,b,c1,five")]


@pytest.mark.parametrize(
    "name", ["connexcs/portal.csv", "asterisk/cdr_table.csv", "asterisk/mockdata_cdr.csv"]
)
def test_rows_that_do_not_fit_in_memory_are_read_like_those_that_do(
    connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    found = []
    for most in (1 << 20, 0):
        monkeypatch.setattr("cxreports.cdr.typed_rows.MOST_IN_MEMORY", most)
        result = cdr.read(connection, DATA / name, customer="acme", zone="Europe/Madrid")
        rows = connection.execute(f"SELECT * FROM {result.cdr} ORDER BY ordinal").fetchall()
        rejects = connection.execute(f"SELECT line, raw, reason FROM {result.reject}").fetchall()
        found.append((rows, rejects, result.rows, result.rejected, result.skipped, result.keyed))
        result.forget(connection)
    assert found[0] == found[1]
    assert found[0][0]


def test_connexcs_portal(show: Show) -> None:
    rows = show(
        DATA / "connexcs" / "portal.csv",
        "call_time, answer_time, end_time, connected, duration_s, "
        "billed_duration_s, ring_s, pdd_ms, sip_code, "
        "dtmf, direction, source, destination, tech_prefix, lrn, switch, charge, connect_cost, recording",
    )
    assert rows == [
        ("29 00:59:58.000", "29 01:00:05.510", "29 01:01:07.510", True, 62, 66, 6, 1510, 200, "", "outbound",
         "12125550101", "447700900123", "0011", None, "nyc1", Decimal("0.0231"), 0, None),
        ("29 01:00:03.000", None, "29 01:00:05.140", False, 0, 0, 0, 2140, 486, "", "outbound",
         "12125550101", "33639980001", "0011", None, "nyc1", 0, 0, None),
        ("29 01:00:07.000", "29 01:00:20.005", "29 01:00:20.005", True, 0, 6, 12, 1005, 200, "12#", "inbound",
         "12125550188", "12025550143", None, "12025550999", "fra2", Decimal("0.0105"), Decimal("0.01"),
         "rec-000003.mp3"),
        ("29 01:00:09.000", None, "29 01:01:12.150", False, 0, 0, 60, 3150, 480, "", "outbound",
         "anonymous", "390612345", None, None, "fra2", 0, 0, None),
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["api.csv", "api.json"])
def test_connexcs_api(show: Show, name: str) -> None:
    rows = show(
        DATA / "connexcs" / name,
        "customer, call_id, connected, duration_s, charge, currency, sip_code, pdd_ms, dtmf",
    )
    assert rows[:2] == [
        ("812", "7f3a9c10-1@198.51.100.7", True, 62, Decimal("0.0231"), "USD", 200, 1510, None),
        ("812", "7f3a9c10-2@198.51.100.7", False, 0, 0, "USD", 486, 2140, None),
    ]


def test_the_files_own_customer_wins_and_the_fallback_yields(show: Show) -> None:
    rows = show(DATA / "connexcs" / "api.csv", "customer", customer="named")
    assert rows == [("812",), ("812",), ("977",)]
    table = DATA / "asterisk" / "cdr_table.csv"
    assert show(table, "customer") == [("default",), ("default",), ("acme",)]
    assert show(table, "customer", customer="named") == [("named",)] * 3


def test_asterisk_master_csv(connection: duckdb.DuckDBPyConnection) -> None:
    """Rows and dispositions as counted in the file itself."""
    result = cdr.read(connection, DATA / "asterisk" / "mockdata_cdr.csv")
    assert (result.format, result.lines, result.rows, result.rejected) == ("asterisk", 218, 218, 0)
    found = connection.execute(
        f"""SELECT count(*), count(DISTINCT leg_key), count(DISTINCT record_key), count(*) FILTER (connected),
        sum(duration_s),
        count(*) FILTER (release_reason = 'BUSY'), count(sip_code), count(note) FROM {result.cdr}"""
    ).fetchall()
    # 218 rows, 8 of which come twice, with 174 uniqueids.
    assert found == [(218, 210, 174, 133, Decimal(38839), 2, 0, 5)]


def test_asterisk_table(show: Show) -> None:
    rows = show(
        DATA / "asterisk" / "cdr_table.csv",
        "call_time, answer_time, end_time, connected, duration_s, "
        "source, destination, call_id, leg, release_reason, sip_code",
    )
    assert rows == [
        ("02 09:15:00.000", "02 09:15:07.000", "02 09:15:45.000", True, 38, "200", "0612345678",
         "1772442900.26", "14", "ANSWERED", None),
        ("02 09:16:10.000", None, "02 09:16:22.000", False, 0, "0687654321", "600",
         "1772442970.28", "15", "NO ANSWER", None),
        ("02 09:17:00.000", None, "02 09:17:03.000", False, 0, "201", "0611112222",
         "1772443020.30", "16", "BUSY", None),
    ]  # fmt: skip


def test_freeswitch_csv_maps_causes_by_rfc_3398(show: Show) -> None:
    rows = show(
        DATA / "freeswitch" / "Master.csv",
        "call_time, answer_time, end_time, connected, duration_s, sip_code, release_reason, customer",
    )
    assert rows == [
        ("02 16:59:50.000", "02 16:59:58.000", "02 17:01:03.000", True, 65, None, "NORMAL_CLEARING", "acme"),
        ("02 17:01:32.000", None, "02 17:01:36.000", False, 0, 486, "USER_BUSY", "default"),
        ("02 17:01:40.000", None, "02 17:02:10.000", False, 0, 480, "NO_ANSWER", "default"),
        ("02 17:02:00.000", None, "02 17:02:05.000", False, 0, None, "NORMAL_CLEARING", "default"),
    ]


def test_freeswitch_json_pretty_printed(show: Show) -> None:
    ((*row,),) = show(
        DATA / "freeswitch" / "cdr.json",
        "call_time, answer_time, end_time, connected, duration_s, "
        "sip_code, pdd_ms, ring_s, dtmf, source, destination, "
        "source_ip, direction, customer, switch",
    )
    assert row == [
        "02 17:03:42.707", "02 17:03:52.712", "02 17:04:16.247", True, Decimal("23.535004"), 200, 1500,
        Decimal("8.505001"), "5*", "1001", "+34688886392", "192.0.2.10", "inbound", "acme", "fs1",
    ]  # fmt: skip


def test_freeswitch_json_one_object_a_line(show: Show) -> None:
    rows = show(
        DATA / "freeswitch" / "cdr.ndjson", "connected, duration_s, sip_code, pdd_ms, dtmf, answer_time"
    )
    assert rows == [(False, 0, 487, Decimal("10020.001"), "", None), (False, 0, 404, None, "", None)]


def test_cucm(connection: duckdb.DuckDBPyConnection, show: Show) -> None:
    path = next((DATA / "cucm").iterdir())
    rows = show(
        path,
        "call_id, call_time, answer_time, end_time, connected, "
        "duration_s, source, destination, source_ip, sip_code, release_reason",
    )
    assert rows == [
        ("1-21001", "02 17:03:20.000", "02 17:03:28.000", "02 17:04:30.000", True, 62, "2001",
         "915125550143", "192.168.18.188", None, "16"),
        ("1-21002", "02 17:05:00.000", None, "02 17:05:04.000", False, 0, "2002", "2003",
         "192.168.18.199", 486, "17"),
        ("1-21003", "02 17:06:40.000", None, "02 17:06:43.000", False, 0, "2002", None, None, None, "16"),
    ]  # fmt: skip
    result = cdr.read(connection, path)
    assert (result.lines, result.rows, result.skipped) == (5, 3, 2)


def test_cucm_files_put_one_after_another(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    text = next((DATA / "cucm").iterdir()).read_text()
    path = tmp_path / "both.csv"
    path.write_text(text + text)
    result = cdr.read(connection, path)
    assert (result.rows, result.rejected, result.skipped) == (6, 0, 4)


def test_twilio(show: Show) -> None:
    rows = show(
        DATA / "twilio" / "calls.csv",
        "call_time, end_time, connected, duration_s, direction, charge, currency, release_reason",
    )
    assert rows == [
        ("02 17:03:42.000", "02 17:05:12.000", True, 90, "outbound", Decimal("0.026"), "USD", "completed"),
        ("02 17:04:00.000", "02 17:04:03.000", False, 0, "outbound", None, "USD", "busy"),
        ("02 17:04:10.000", "02 17:04:40.000", False, 0, "inbound", 0, "USD", "no-answer"),
        ("02 17:05:00.000", "02 17:05:00.000", False, 0, "outbound", None, "USD", "failed"),
        ("02 17:06:00.000", "02 17:06:09.000", False, 0, "outbound", None, "USD", "canceled"),
    ]


def test_a_users_own_format(connection: duckdb.DuckDBPyConnection) -> None:
    """The truth behind the Kamailio sample, read with the definition that stands beside it."""
    own = cdr.format_from(DATA / "kamailio" / "truth_calls.toml")
    result = cdr.read(connection, DATA / "kamailio" / "truth_calls.csv", source_format=own, customer="sip")
    assert (result.format, result.rows, result.rejected) == ("sipp-truth", 183, 0)
    codes = connection.execute(
        f"SELECT sip_code, count(*) FROM {result.cdr} GROUP BY 1 ORDER BY 1"
    ).fetchall()
    assert codes == [(200, 114), (404, 18), (486, 24), (487, 18), (500, 9)]
    (row,) = connection.execute(
        f"""SELECT count(*) FILTER (connected), sum(duration_s), count(pdd_ms), round(avg(pdd_ms), 2),
        epoch_us(min(call_time)), epoch_us(max(end_time)), any_value(customer) FROM {result.cdr}"""
    ).fetchall()
    assert row == (114, Decimal("614.543272"), 156, 1.69, 1795397709228358, 1795397731021190, "sip")


def test_the_all_customer_is_refused(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    with pytest.raises(LoadError, match="all"):
        cdr.read(connection, DATA / "connexcs" / "portal.csv", customer="all")
    path = tmp_path / "api.csv"
    path.write_text(
        "dt,callid,customer_id,duration\n2026-03-02 10:00:00,1,all,0\n2026-03-02 10:00:01,2,acme,0\n"
    )
    result = cdr.read(connection, path)
    assert (result.rows, result.rejected) == (2, 1)


def test_a_zone_must_be_one(connection: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(BadTime, match="Madrid"):
        cdr.read(connection, DATA / "asterisk" / "cdr_table.csv", zone="Madrid/Spain")


def test_the_zone_of_the_load_is_that_of_local_times(show: Show) -> None:
    table = DATA / "asterisk" / "cdr_table.csv"
    assert show(table, "call_time", zone="America/New_York")[0] == ("02 14:15:00.000",)
    portal = DATA / "connexcs" / "portal.csv"
    assert show(portal, "call_time", zone="America/New_York")[0] == ("29 00:59:58.000",)


def test_a_named_format_that_does_not_fit_is_refused(connection: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(NotACdrFile, match="headings cdrRecordType"):
        cdr.read(connection, DATA / "twilio" / "calls.csv", source_format=cdr.format_from("cucm"))


def test_a_missing_file_is_refused_by_name(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(NotACdrFile, match="cannot be read"):
            cdr.read(connection, path)


def test_a_file_that_two_formats_read_needs_its_format_named(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    from cxreports.cdr.content import content_of
    from cxreports.cdr.definition import parse_format
    from cxreports.cdr.detect import detect, sample_of

    text = """
[[layout]]
needs = ["a", "b"]
[fields.call_time]
column = "a"
[[connected]]
column = "b"
present = true
"""
    twins = [parse_format(f'name = "{name}"\n{text}', name) for name in ("one", "two")]
    path = tmp_path / "f.csv"
    path.write_text("a,b\n1,2\n")
    with content_of(path) as content, pytest.raises(AmbiguousFormat, match="--format"):
        detect(content, sample_of(content), twins)


def test_a_file_whose_name_looks_like_a_pattern(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    for name in ("a*b.csv", "it's [1].csv", 'q"?.csv'):
        path = tmp_path / name
        path.write_bytes((DATA / "connexcs" / "portal.csv").read_bytes())
        result = cdr.read(connection, path)
        assert (result.file, result.rows) == (name, 4)


@pytest.mark.parametrize("text", ["x' OR 1=1 --", "'; DROP TABLE cdr; --", 'a"b', "back\\slash"])
def test_words_of_a_format_and_of_a_caller_are_only_words(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, text: str
) -> None:
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    own = tmp_path / "own.toml"
    own.write_text(
        f'name = "{quoted}"\n[[layout]]\nneeds = ["when"]\n[fields.call_time]\ncolumn = "when"\n'
        f'[fields.switch]\nconstant = "{quoted}"\n[fields.source]\ncolumn = "who"\n'
        f'map = {{ "{quoted}" = "{quoted}" }}\n'
        '[[connected]]\nfield = "call_time"\npresent = true\n'
    )
    path = tmp_path / "calls.csv"
    path.write_text('when,who\n2026-03-02 10:00:00,"' + text.replace('"', '""') + '"\n')
    result = cdr.read(connection, path, source_format=cdr.format_from(own), customer=text)
    assert result.rejected == 0
    assert connection.execute(f"SELECT switch, source, customer FROM {result.cdr}").fetchall() == [
        (text,) * 3
    ]


def test_json_that_breaks_off_loses_only_what_is_broken(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    path = tmp_path / "calls.json"
    good = '{"dt": "2026-03-02 10:00:0%d", "callid": "%d", "duration": 5}'
    path.write_text(
        "\n".join(
            [good % (1, 1), '{"dt": "2026-03-02 10:00', good % (2, 2), '{"other": 1}', (good % (3, 3))[:40]]
        )
    )
    result = cdr.read(connection, path)
    assert (result.rows, result.rejected) == (5, 3)
    assert connection.execute(f"SELECT line FROM {result.reject} ORDER BY line").fetchall() == [
        (2,),
        (4,),
        (5,),
    ]
    array = tmp_path / "array.json"
    array.write_text('{"result": [' + ",".join(good % (i, i) for i in range(3)) + '], "total": 3}')
    assert cdr.read(connection, array).rows == 3
    exact = tmp_path / "exact.json"
    exact.write_text(
        '[{"dt": "2026-03-02 10:00:00", "callid": "1", "duration": 5, "customer_charge": 0.1234567891}]'
    )
    result = cdr.read(connection, exact)
    assert connection.execute(f"SELECT charge FROM {result.cdr}").fetchall() == [(Decimal("0.1234567891"),)]


def test_an_export_with_its_columns_in_another_order_gives_the_same_keys(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    import csv

    source = DATA / "connexcs" / "portal.csv"
    rows = list(csv.reader(source.read_text().splitlines()))
    turned = tmp_path / "turned.csv"
    with turned.open("w", newline="") as stream:
        csv.writer(stream, delimiter=";").writerows([row[::-1] for row in rows])
    keys = [
        connection.execute(f"SELECT record_key FROM {cdr.read(connection, path).cdr} ORDER BY 1").fetchall()
        for path in (source, turned)
    ]
    assert keys[0] == keys[1]


def test_large_files_keep_their_order_and_lines(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """Parallel parsing must not move a line number."""
    head = "dt,callid,duration\n"
    rows = [f"2026-03-02 10:00:00,id-{i},{'x' if i % 9973 == 7 else i % 100}\n" for i in range(300_000)]
    path = tmp_path / "large.csv"
    path.write_text(head + "".join(rows))
    result = cdr.read(connection, path)
    expected = [(i + 2, rows[i].rstrip()) for i in range(7, 300_000, 9973)]
    assert connection.execute(f"SELECT line, raw FROM {result.reject} ORDER BY line").fetchall() == expected
    rows[150_000] = '2026-03-02 10:00:00,"open,5\n'
    path.write_text(head + "".join(rows))
    result = cdr.read(connection, path)
    assert result.rows == 300_000
    found = connection.execute(f"SELECT line, raw FROM {result.reject} ORDER BY line").fetchall()
    assert found == sorted(expected)


def test_a_direction_that_is_none_is_noted(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    own_text = (
        'name = "own"\n[[layout]]\nneeds = ["at", "way"]\n[fields.call_time]\ncolumn = "at"\n'
        '[[connected]]\nfield = "call_time"\npresent = true\n'
    )
    own = parse_format(own_text + '[fields.direction]\ncolumn = "way"\n', "own.toml")
    path = tmp_path / "calls.csv"
    path.write_text("at,way\n2026-03-02 10:00:00,IN\n2026-03-02 10:00:01,sideways\n2026-03-02 10:00:02,\n")
    result = cdr.read(connection, path, source_format=own)
    assert connection.execute(f"SELECT direction, note FROM {result.cdr} ORDER BY call_time").fetchall() == [
        ("inbound", None),
        (None, "direction: 'sideways' is neither inbound nor outbound"),
        (None, None),
    ]


@pytest.mark.parametrize(
    ("progress", "media", "waited"), [(0, 2_500_000, 2500), (1_000_000, 2_500_000, 1000), (0, 0, None)]
)
def test_freeswitch_early_media_ends_the_post_dial_delay(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, progress: int, media: int, waited: int | None
) -> None:
    start = 1_772_445_600_000_000
    times = {"progress_uepoch": progress, "progress_media_uepoch": media, "answer_uepoch": 4_000_000}
    said = {name: str(start + us if us else 0) for name, us in times.items()}
    said |= {"uuid": "u", "hangup_cause": "NORMAL_CLEARING", "start_uepoch": str(start)}
    path = tmp_path / "call.json"
    path.write_text(json.dumps({"variables": said}))
    result = cdr.read(connection, path)
    found = connection.execute(f"SELECT pdd_ms, ring_s * 1000 FROM {result.cdr}").fetchall()
    assert found == [(waited, None if waited is None else 4000 - waited)]
