"""Kamailio's INVITE and BYE rows become calls, in one file and across files."""

import csv
import random
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from cxreports import cdr

ACC = Path(__file__).parents[2] / "data" / "kamailio" / "kamailio_acc.csv"
HEADER, *ROWS = ACC.read_text().splitlines()


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


class Lake:
    """What a lake does with results: keeps calls once, and rejects until they are resolved."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
        self.connection = connection
        self.folder = folder
        self.calls: dict[tuple[object, int], tuple[object, ...]] = {}
        connection.execute("CREATE TEMP TABLE kept AS SELECT * FROM " + self._read([]).reject)

    def _read(
        self, rows: Sequence[str], *, header: str = HEADER, pending: str | None = None
    ) -> cdr.ReadResult:
        path = self.folder / f"acc-{random.random()}.csv"
        path.write_text("\n".join([header, *rows]) + "\n")
        return cdr.read(self.connection, path, customer="sip", pending=pending)

    def load(self, rows: Sequence[str], *, header: str = HEADER) -> cdr.ReadResult:
        result = self._read(rows, header=header, pending="kept")
        columns = "call_time, record_key, connected, duration_s, call_id, answer_time, end_time, sip_code"
        found = self.connection.execute(f"SELECT {columns} FROM {result.cdr}").fetchall()
        assert result.rows == len(found) + result.paired + result.rejected
        self.calls |= {(row[0], row[1]): row for row in found}
        if result.resolved:
            self.connection.execute(
                f"DELETE FROM kept WHERE EXISTS (SELECT 1 FROM {result.resolved} AS r "
                "WHERE r.file_hash = kept.file_hash AND r.line = kept.line)"
            )
        self.connection.execute(f"INSERT INTO kept SELECT * FROM {result.reject}")
        return result

    def waiting(self) -> list[tuple[int, str, str]]:
        return self.connection.execute(
            "SELECT line, raw, reason FROM kept WHERE pending ORDER BY line"
        ).fetchall()


@pytest.fixture
def lake(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> Lake:
    return Lake(connection, tmp_path)


def check_truth(lake: Lake) -> None:
    assert len(lake.calls) == 183
    connected = [row for row in lake.calls.values() if row[2]]
    assert len(connected) == 114
    assert round(100 * 114 / 183, 4) == 62.2951
    talk_s = sum((row[3] for row in connected), Decimal(0))  # type: ignore[misc]
    assert abs(talk_s - Decimal("614.543")) < 1


def test_one_file(lake: Lake) -> None:
    result = lake.load(ROWS)
    assert (result.rows, result.paired, result.rejected, result.resolved) == (297, 114, 0, None)
    check_truth(lake)


def test_a_call_from_its_two_rows(lake: Lake) -> None:
    invite, bye = (row for row in ROWS if ",2-1308@127.0.0.1," in row)
    lake.load([invite, bye])
    ((row),) = lake.calls.values()
    by_name = [dict(zip(HEADER.split(","), next(csv.reader([line])), strict=True)) for line in (invite, bye)]
    started, ended = (int(part["time_s"]) * 1_000_000 + int(part["time_usec"]) for part in by_name)
    assert [round(value.timestamp() * 1_000_000) for value in (row[0], row[5], row[6])] == [
        started,
        started,
        ended,
    ]  # type: ignore[attr-defined]
    assert row[3] == Decimal(ended - started) / 1_000_000
    assert (row[4], row[7]) == ("2-1308@127.0.0.1", 200)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("turned", [False, True])
def test_two_files_split_at_random_in_either_order(lake: Lake, seed: int, turned: bool) -> None:
    dice = random.Random(seed)
    first = sorted(dice.sample(range(len(ROWS)), dice.randrange(1, len(ROWS))))
    parts = [[ROWS[i] for i in first], [row for i, row in enumerate(ROWS) if i not in set(first)]]
    for part in reversed(parts) if turned else parts:
        lake.load(part)
    check_truth(lake)
    assert lake.waiting() == []


def test_two_files_give_the_calls_of_one(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    whole, parted = tmp_path / "whole", tmp_path / "parted"
    whole.mkdir()
    parted.mkdir()
    one = Lake(connection, whole)
    one.load(ROWS)
    connection.execute("DROP TABLE kept")
    two = Lake(connection, parted)
    two.load(ROWS[:150])
    two.load(ROWS[150:])
    assert two.calls == one.calls


def test_many_small_files(lake: Lake) -> None:
    for i in range(0, len(ROWS), 40):
        lake.load(ROWS[i : i + 40])
    check_truth(lake)
    assert lake.waiting() == []


def test_rows_wait_for_their_other_half(lake: Lake) -> None:
    invite, bye = (row for row in ROWS if ",2-1308@127.0.0.1," in row)
    result = lake.load([invite])
    assert (result.rejected, lake.calls) == (1, {})
    ((line, raw, reason),) = lake.waiting()
    assert (line, raw) == (2, invite)
    assert reason.startswith("no BYE yet")
    result = lake.load([bye])
    assert (result.rows, result.paired, result.rejected) == (1, 0, 0)
    assert (len(lake.calls), lake.waiting()) == (1, [])


def test_a_bye_before_its_invite(lake: Lake) -> None:
    invite, bye = (row for row in ROWS if ",2-1308@127.0.0.1," in row)
    lake.load([bye])
    assert lake.waiting()[0][2].startswith("BYE without its INVITE")
    lake.load([invite])
    assert (len(lake.calls), lake.waiting()) == (1, [])


@pytest.mark.parametrize(
    ("files", "digits"),
    [
        ([[("INVITE", ""), ("BYE", "12#")]], "12#"),
        ([[("INVITE", "")], [("BYE", "12#")]], "12#"),
        ([[("BYE", "12#")], [("INVITE", "")]], "12#"),
        ([[("INVITE", "")], [("BYE", "")]], ""),
        ([[("INVITE", ""), ("BYE", "1"), ("BYE", "12")]], "12"),
        ([[("INVITE", None)], [("BYE", "1")]], "1"),
        ([[("INVITE", None)], [("BYE", "")]], ""),
        ([[("INVITE", ""), ("BYE", None)]], ""),
        ([[("INVITE", None), ("BYE", None)]], None),
    ],
)
def test_digits_come_from_the_bye(
    connection: duckdb.DuckDBPyConnection,
    lake: Lake,
    files: list[list[tuple[str, str | None]]],
    digits: str | None,
) -> None:
    """Without a column for digits the file does not say whether there were any."""
    invite, bye = (row for row in ROWS if ",2-1308@127.0.0.1," in row)
    rows = {"INVITE": invite, "BYE": bye}
    for file in files:
        told = any(keyed is not None for _, keyed in file)
        lines = [f"{rows[method]},{keyed or ''}" if told else rows[method] for method, keyed in file]
        result = lake.load(lines, header=f"{HEADER},dtmf" if told else HEADER)
    assert connection.execute(f"SELECT dtmf FROM {result.cdr}").fetchall() == [(digits,)]
    assert lake.waiting() == []


def test_files_with_other_columns_pair(lake: Lake) -> None:
    invite, bye = (row for row in ROWS if ",2-1308@127.0.0.1," in row)
    lake.load([invite])
    fields = next(csv.reader([bye]))
    names = HEADER.split(",")
    wanted = ["callid", "method", "to_tag", "from_tag", "sip_code", "time"]
    header = ";".join(wanted)
    lake.load([";".join(fields[names.index(name)] for name in wanted)], header=header)
    assert len(lake.calls) == 1
    assert lake.waiting() == []


def test_overlapping_files_give_each_call_once(lake: Lake) -> None:
    lake.load(ROWS[:200])
    lake.load(ROWS[100:])
    lake.load(ROWS)
    check_truth(lake)


def test_reinvites_second_byes_and_other_methods_are_set_aside(
    connection: duckdb.DuckDBPyConnection, lake: Lake
) -> None:
    def row(number: int, method: str, second: int, tags: str = "a,b", code: int = 200) -> str:
        return f'{number},{method},{tags},id@x,{code},OK,"2026-11-23 01:35:{second:02d}",,,100,200,127.0.0.1'

    rows = [
        row(1, "INVITE", 10),
        row(2, "INVITE", 12, "b,a"),
        row(3, "CANCEL", 13),
        row(4, "BYE", 20, "b,a"),
        row(5, "BYE", 21),
        row(6, "INVITE", 5, "a,", 407),
    ]
    result = lake.load(rows)
    assert (result.rows, result.paired, result.rejected) == (6, 1, 3)
    assert sorted((r[2], r[3]) for r in lake.calls.values()) == [(False, Decimal(0)), (True, Decimal(10))]
    reasons = connection.execute(
        f"SELECT line, reason, pending FROM {result.reject} ORDER BY line"
    ).fetchall()
    assert [line for line, *_ in reasons] == [3, 4, 6]
    assert [reason.split()[0] for _, reason, _ in reasons] == ["re-INVITE", "neither", "second"]
    assert not any(waits for *_, waits in reasons)


def test_the_same_row_twice_is_the_same_call(lake: Lake) -> None:
    result = lake.load([*ROWS, *ROWS[:100]])
    assert result.rejected == 0
    check_truth(lake)


def test_missed_calls_are_attempts(connection: duckdb.DuckDBPyConnection) -> None:
    result = cdr.read(connection, ACC.with_name("kamailio_missed_calls.csv"))
    assert (result.rows, result.rejected) == (69, 0)
    assert connection.execute(f"SELECT count(*) FILTER (connected) FROM {result.cdr}").fetchall() == [(0,)]


def test_acc_cdrs_are_answered_calls(connection: duckdb.DuckDBPyConnection) -> None:
    result = cdr.read(connection, ACC.with_name("kamailio_acc_cdrs.csv"))
    found = connection.execute(
        f"SELECT count(*) FILTER (connected), sum(duration_s) FROM {result.cdr}"
    ).fetchall()
    assert found == [(114, Decimal("614.483000"))]
