"""Files that have grown are read as their beginning was: what decides the reading may stand there alone.

Whatever comes in between, the lake holds what a file holds that is loaded once, as a whole.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

import cxreports
from cxreports.lake.calls.loads import Load
from cxreports.lake.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from cxreports.figures.analyst import Lake

HEAD = "calldate,clid,src,dst,duration,billsec,disposition,uniqueid\n"
PRICED = """
name = "priced"
title = "calls with prices"
documents = ["https://example.org/"]
[[layout]]
name = "calls"
needs = ["id", "at", "price"]
[[connected]]
field = "charge"
present = true
[fields.call_id]
column = "id"
[fields.call_time]
column = "at"
formats = ["%d/%m/%Y %H:%M:%S"]
[fields.charge]
column = "price"
[fields.currency]
constant = "EUR"
[customer]
default = "acme"
"""
MARCH_14, APRIL_3, APRIL_5, JULY_4 = (
    f"{day} 10:00:00" for day in ("03/14/2024", "04/03/2024", "04/05/2024", "07/04/2024")
)


class KilledError(BaseException):
    """What ends a load at once."""


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return cxreports.open(tmp_path / "home")


@pytest.fixture
def grow(lake: Lake, tmp_path: Path) -> Callable[..., list[str]]:
    """Add dates to a file, load it, and give the days of all calls of the lake."""
    path = tmp_path / "cdr.csv"

    def grown(*times: str, **given: str) -> list[str]:
        number = path.read_text("utf-8").count("\n") if path.exists() else 0
        with path.open("a", encoding="utf-8") as file:
            file.write("" if number else HEAD)
            for nth, at in enumerate(times):
                file.write(f"{at},x,100,200,20,10,ANSWERED,u{number}-{nth}\n")
        (report,) = lake.load(path, customer="acme", **given)
        assert report.refused is None, report.refused
        assert report.rows == report.loaded + report.duplicates + report.rejected + report.paired
        return days(lake)

    return grown


def days(lake: Lake) -> list[str]:
    assert lake.verify().rows() == []
    rows = lake.sql("SELECT strftime(call_time, '%Y-%m-%d') FROM cdr ORDER BY call_id, call_time").fetchall()
    return [day for (day,) in rows]


def test_days_that_say_nothing_are_read_in_the_order_that_the_beginning_decided(
    lake: Lake, grow: Callable[..., list[str]]
) -> None:
    assert grow(MARCH_14) == ["2024-03-14"]
    assert grow(APRIL_3) == ["2024-03-14", "2024-04-03"]
    # What was decided lasts: the load before this one held nothing that decides.
    assert grow(APRIL_5) == ["2024-03-14", "2024-04-03", "2024-04-05"]
    assert lake.sql("SELECT DISTINCT note FROM cdr").fetchall() == [(None,)]
    assert lake.sql("SELECT dates, dates_certain FROM loads").fetchall() == [("mdy", True)] * 3


def test_a_file_is_read_anew_when_its_new_lines_decide_otherwise(
    lake: Lake, grow: Callable[..., list[str]]
) -> None:
    """Nothing decided before, and the format has the day first: now the file says that it has the month."""
    assert grow(APRIL_3) == ["2024-03-04"]
    assert grow(JULY_4) == ["2024-03-04", "2024-04-07"]
    assert grow(MARCH_14) == ["2024-04-03", "2024-07-04", "2024-03-14"]
    assert lake.loads().select("id", "file", "rows", "loaded").rows() == [(3, "cdr.csv", 3, 3)]
    assert lake.sql("SELECT DISTINCT note FROM cdr").fetchall() == [(None,)]
    assert grow(APRIL_5) == ["2024-04-03", "2024-07-04", "2024-03-14", "2024-04-05"]
    lake.unload(3)
    assert days(lake) == []


def test_a_file_is_read_anew_when_a_load_names_another_order(grow: Callable[..., list[str]]) -> None:
    assert grow(APRIL_3) == ["2024-03-04"]
    assert grow(APRIL_5, dates="mdy") == ["2024-04-03", "2024-04-05"]
    # And the order that a load named lasts.
    assert grow(JULY_4) == ["2024-04-03", "2024-04-05", "2024-07-04"]


def test_new_lines_that_fit_no_order_of_the_file_are_refused_and_nothing_is_lost(
    lake: Lake, tmp_path: Path, grow: Callable[..., list[str]]
) -> None:
    grow(MARCH_14)
    path = tmp_path / "cdr.csv"
    path.write_text(path.read_text("utf-8") + "25/12/2024 10:00:00,x,1,2,20,10,ANSWERED,u9\n", "utf-8")
    (report,) = lake.load(path, customer="acme")
    assert report.refused is not None
    assert "has dates of both orders, such as 25/12/2024 and 03/14/2024" in report.refused
    assert days(lake) == ["2024-03-14"]


def test_lines_set_aside_before_are_not_there_twice_when_a_file_is_read_anew(
    lake: Lake, grow: Callable[..., list[str]]
) -> None:
    grow(APRIL_3, "no time at all")
    grow(MARCH_14)
    assert lake.sql("SELECT line FROM reject").fetchall() == [(3,)]
    (loaded,) = lake.loads().select("rows", "loaded", "rejected").rows()
    assert loaded == (3, 2, 1)


@pytest.mark.parametrize("nth", range(2), ids=["reject", "cdr"])
def test_killed_while_a_file_is_read_anew(
    lake: Lake, grow: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch, nth: int
) -> None:
    grow(APRIL_3, "no time at all")
    commits, commit = iter(range(100)), Table.commit

    def killed(self: Table, **given: Any) -> int:
        version = commit(self, **given)
        if next(commits) == nth:
            raise KilledError
        return version

    with monkeypatch.context() as patched:
        patched.setattr(Table, "commit", killed)
        with pytest.raises(KilledError):
            grow(MARCH_14)
    assert grow() == ["2024-04-03", "2024-03-14"]
    assert lake.sql("SELECT line FROM reject").fetchall() == [(3,)]
    assert lake.loads().select("id", "rows", "rejected").rows() == [(2, 3, 1)]


def test_a_file_that_an_earlier_version_loaded_is_read_anew_once(
    lake: Lake, grow: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody noted how its beginning was read."""
    with monkeypatch.context() as earlier:
        earlier.setattr(Load, "read_in", lambda load, _: load)
        grow(MARCH_14)
    assert grow(APRIL_3) == ["2024-03-14", "2024-04-03"]
    assert grow(APRIL_5) == ["2024-03-14", "2024-04-03", "2024-04-05"]
    assert lake.loads()["id"].to_list() == [2]


@pytest.mark.parametrize(
    ("parts", "charges"),
    [
        # With a decimal comma 1.500 could be two numbers; by itself it is 1.5.
        ((["1,5"], ["1.500", "2"]), ["1.5", None, "2"]),
        # The comma comes later: what was read before is read again.
        ((["1.500", "2"], ["1,5"]), [None, "2", "1.5"]),
        ((["1.500", "2"], ["3.25"]), ["1.5", "2", "3.25"]),
    ],
)
def test_the_decimal_sign_is_that_of_the_whole_file(
    lake: Lake, tmp_path: Path, parts: Sequence[Sequence[str]], charges: Sequence[str | None]
) -> None:
    (tmp_path / "priced.toml").write_text(PRICED, "utf-8")
    text = "id;at;price\n"
    number = 0
    for prices in parts:
        for price in prices:
            text += f"{number};14/03/2024 10:00:00;{price}\n"
            number += 1
        (tmp_path / "calls.csv").write_text(text, "utf-8")
        (report,) = lake.load(tmp_path / "calls.csv", source_format=tmp_path / "priced.toml")
        assert report.refused is None
    assert lake.verify().rows() == []
    found = {int(i): charge for i, charge in lake.sql("SELECT call_id, charge FROM cdr").fetchall()}
    assert [found.get(i) for i in range(number)] == [c and Decimal(c) for c in charges]
    aside = lake.sql("SELECT line FROM reject").fetchall()
    assert [line for (line,) in aside] == [i + 2 for i, charge in enumerate(charges) if charge is None]


def test_the_tail_of_a_file_without_a_heading_has_the_columns_of_the_file(lake: Lake, tmp_path: Path) -> None:
    """Its first lines have 18 columns, so that a tail of lines cut short is a tail of broken lines."""
    row = '"","100","200","from","""x"" <100>","SIP/1","SIP/2","Dial","x","{0}","{0}","{0}",10,8,"ANSWERED",'
    row += '"DOCUMENTATION","{1}",""\n'
    path = tmp_path / "Master.csv"
    path.write_text("".join(row.format(f"2024-03-14 10:00:0{i}", f"17.{i}") for i in range(3)), "utf-8")
    lake.load(path, customer="acme")
    with path.open("a", encoding="utf-8") as file:
        file.write('"","100","200"\n' * 2)
    (report,) = lake.load(path, customer="acme")
    assert (report.refused, report.rows, report.loaded, report.rejected) == (None, 5, 0, 2)
    assert lake.verify().rows() == []
    assert lake.sql("SELECT count(*) FROM cdr").fetchall() == [(3,)]
    assert lake.loads().select("id", "rows").rows() == [(1, 5)]


STATED = """
name = "stated"
title = "objects that have what is there to say"
documents = ["https://example.org/"]
[[layout]]
kind = "json"
needs = ["id", "at"]
[[connected]]
column = "answered"
present = true
[fields.call_id]
column = "id"
[fields.call_time]
column = "at"
[customer]
default = "acme"
"""


def test_a_column_that_only_the_beginning_has_is_a_column_of_the_file(lake: Lake, tmp_path: Path) -> None:
    """Nothing in the new line says whether it was answered, and so it was not."""
    (tmp_path / "stated.toml").write_text(STATED, "utf-8")
    text = ""
    for number, answer in enumerate((', "answered": "2024-03-04T10:00:05Z"', "", "")):
        text += f'{{"id": "{number}", "at": "2024-03-04T10:00:00Z"{answer}}}\n'
        (tmp_path / "calls.json").write_text(text, "utf-8")
        (report,) = lake.load(tmp_path / "calls.json", source_format=tmp_path / "stated.toml")
        assert (report.refused, report.rows) == (None, number + 1)
    assert lake.verify().rows() == []
    assert lake.sql("SELECT call_id, connected FROM cdr ORDER BY 1").fetchall() == [
        ("0", True),
        ("1", False),
        ("2", False),
    ]
