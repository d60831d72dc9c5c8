"""Call records: hand-made ones filtered and paged, against a filter in plain Python, and as files."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxreports import Lake
from cxreports.cdr.record import COLUMNS
from cxreports.clock import Period
from cxreports.errors import BadFilter, NoSuchCustomer
from cxreports.figures.call_files import download
from cxreports.figures.call_records import CdrFilter, count, page
from cxreports.traffic.days import Traffic
from cxreports.traffic.vendor_files import write_connexcs_api

if TYPE_CHECKING:
    from collections.abc import Callable

NOON = datetime(2026, 3, 28, 12, tzinfo=UTC)

CALLS = [
    {"source": "+34911234567", "destination": "442071234567", "sip_code": 200, "direction": "outbound"},
    {"source": "442079", "destination": "34600", "sip_code": 486, "connected": False, "direction": "inbound"},
    {"source": "anonymous", "destination": "+44 207", "sip_code": 404, "connected": False},
    {"source": "sip:o'hara@x", "destination": "100", "charge": "0.0123456789", "currency": "USD"},
    {"source": "=1+1", "destination": "-", "charge": "-2", "currency": "USD", "customer": "other"},
]


@pytest.fixture(name="lake")
def _lake(made: Callable[..., Any]) -> Any:
    """Five calls, an hour apart."""
    return made([{**call, "call_time": NOON + timedelta(hours=n)} for n, call in enumerate(CALLS)])


def found(lake: Any, **asked: Any) -> list[int]:
    return page(lake, CdrFilter(**asked), descending=False, columns=["record_key"])["record_key"].to_list()


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, [0, 1, 2, 3, 4]),
        ({"customer": "acme"}, [0, 1, 2, 3]),
        ({"connected": True}, [0, 3, 4]),
        ({"number": "44207"}, [0, 1]),
        ({"number": "+44 (207) 1"}, [0]),
        ({"number": "+34911"}, [0]),
        ({"number": "34"}, [0, 1]),
        ({"number": "911234567"}, []),
        ({"number": "anon"}, [2]),
        ({"number": "sip:o'hara"}, [3]),
        ({"number": "%"}, []),
        ({"sip": "486"}, [1]),
        ({"sip": "4xx"}, [1, 2]),
        ({"sip": "2XX"}, [0]),
        ({"sip": "none"}, [3, 4]),
        ({"direction": "inbound"}, [1]),
        ({"destination": "442…"}, [0]),
        ({"destination": "100…"}, [3]),
        ({"destination": "100"}, []),
        ({"number": "44", "connected": True, "sip": "200", "direction": "outbound"}, [0]),
        ({"period": Period(NOON + timedelta(hours=1), NOON + timedelta(hours=3))}, [1, 2]),
    ],
)
def test_a_filter_lets_through_what_it_says(lake: Any, asked: dict[str, Any], expected: list[int]) -> None:
    assert found(lake, **asked) == expected
    assert count(lake, CdrFilter(**asked)) == len(expected)


@pytest.mark.parametrize(
    "evil",
    ["'", "' OR true --", "\\' OR 1=1 --", "x'); DROP TABLE cdr; --", "$1", "?", "\x00", "☎'", "%"],
)
def test_what_is_asked_for_is_never_sql(lake: Any, evil: str) -> None:
    assert found(lake, number=evil) == []
    with pytest.raises(NoSuchCustomer):
        count(lake, CdrFilter(customer=evil))
    for wrong in ({"sip": evil}, {"direction": evil}):
        with pytest.raises(BadFilter):
            CdrFilter(**wrong)  # type: ignore[arg-type]
    for wrong in ({"sort": evil}, {"columns": [evil]}):
        with pytest.raises(BadFilter, match="no column"):
            page(lake, CdrFilter(), **wrong)  # type: ignore[arg-type]
    with pytest.raises(BadFilter):
        download(lake, CdrFilter(), format=evil)  # type: ignore[arg-type]
    with pytest.raises(BadFilter):
        download(lake, CdrFilter(), columns=[evil])
    assert count(lake, CdrFilter()) == 5


def test_pages_need_a_column_and_lie_somewhere(lake: Any) -> None:
    for wrong in ({"columns": []}, {"offset": -1}, {"limit": -1}):
        with pytest.raises(BadFilter):
            page(lake, CdrFilter(), **wrong)  # type: ignore[arg-type]
    assert page(lake, CdrFilter(), offset=99).height == 0
    assert page(lake, CdrFilter(), limit=0, sort="charge").columns == list(COLUMNS)


def test_calls_without_a_value_come_last_either_way(lake: Any) -> None:
    for descending, first in ((True, [3, 4]), (False, [4, 3])):
        keys = page(lake, CdrFilter(), sort="charge", descending=descending)["record_key"].to_list()
        assert keys[:2] == first
        assert set(keys[2:]) == {0, 1, 2}


def test_csv_is_exact_and_harmless(lake: Any) -> None:
    columns = ["call_time", "source", "destination", "charge", "connected", "answer_time"]
    text = b"".join(download(lake, CdrFilter(), columns=columns)).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0] == columns
    assert rows[1] == ["2026-03-28T12:00:00.000000Z", "+34911234567", "442071234567", "", "true", ""]
    assert rows[4][3] == "0.0123456789"
    assert rows[5][1:4] == ["'=1+1", "'-", "-2"]


def test_no_calls_are_a_file_too(lake: Any) -> None:
    none = CdrFilter(number="999")
    assert b"".join(download(lake, none, columns=["call_id", "charge"])) == b"\xef\xbb\xbfcall_id,charge\n"
    empty = pl.read_parquet(io.BytesIO(b"".join(download(lake, none, format="parquet"))))
    assert (empty.height, empty.columns) == (0, list(COLUMNS))


@pytest.fixture(name="stored", scope="module")
def _stored(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """Two days of an operator's calls in a lake of several files."""
    folder: Path = tmp_path_factory.mktemp("stored")
    lake = Lake(folder / "home")
    traffic = Traffic(scale=0.02)
    for day in (28, 29):
        write_connexcs_api(traffic.day(datetime(2026, 3, day).date()), folder / f"{day}.csv")  # noqa: DTZ001
        (report,) = lake.load(folder / f"{day}.csv")
        assert report.loaded > 200
    return lake


@pytest.fixture(name="all_calls", scope="module")
def _all_calls(stored: Lake) -> list[dict[str, Any]]:
    return stored.sql("SELECT * FROM cdr").pl().to_dicts()


def naive(calls: list[dict[str, Any]], asked: CdrFilter) -> list[dict[str, Any]]:
    """Filter call by call."""

    def wanted(call: dict[str, Any]) -> bool:
        sides = [(call[side] or "").removeprefix("+") for side in ("source", "destination")]
        code = str(call["sip_code"] or "")
        return (
            asked.customer in {"all", call["customer"]}
            and (asked.period is None or asked.period.start <= call["call_time"] < asked.period.end)
            and (not asked.connected or call["connected"])
            and any(side.startswith(asked.number.removeprefix("+")) for side in sides)
            and (not asked.sip or code == asked.sip or (asked.sip[1:] == "xx" and code[:1] == asked.sip[0]))
            and (not asked.direction or call["direction"] == asked.direction)
        )

    return [call for call in calls if wanted(call)]


FILTERS = st.builds(
    CdrFilter,
    customer=st.sampled_from(["all", "acme"]),
    period=st.none()
    | st.tuples(st.integers(0, 48 * 60), st.integers(0, 48 * 60)).map(
        lambda ends: Period(*(datetime(2026, 3, 28, tzinfo=UTC) + timedelta(minutes=m) for m in sorted(ends)))
    ),
    connected=st.booleans(),
    number=st.sampled_from(["", "1", "+1212", "44", "34", "+"]),
    sip=st.sampled_from(["", "200", "486", "4xx", "5xx"]),
    direction=st.sampled_from(["", "outbound", "inbound"]),
)


@settings(max_examples=40, deadline=None)
@given(
    asked=FILTERS,
    sort=st.sampled_from(["call_time", "charge", "source", "sip_code", "pdd_ms"]),
    descending=st.booleans(),
    offset=st.integers(0, 400),
    limit=st.integers(0, 100),
)
def test_any_page_is_what_sorting_everything_gives(
    stored: Lake,
    all_calls: list[dict[str, Any]],
    asked: CdrFilter,
    sort: str,
    descending: bool,
    offset: int,
    limit: int,
) -> None:
    expected = sorted(
        naive(all_calls, asked), key=lambda c: (c["call_time"], c["record_key"]), reverse=descending
    )
    known = sorted((c for c in expected if c[sort] is not None), key=lambda c: c[sort], reverse=descending)
    expected = known + [c for c in expected if c[sort] is None]
    snapshot = stored.snapshot()
    got = page(snapshot, asked, sort=sort, descending=descending, offset=offset, limit=limit)
    assert count(snapshot, asked) == len(expected)
    assert got.to_dicts() == [{c: call[c] for c in COLUMNS} for call in expected[offset : offset + limit]]


@pytest.mark.parametrize("rows", [7, 50_000])
def test_files_are_the_lake_in_order_however_they_are_cut(
    stored: Lake, all_calls: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    monkeypatch.setattr("cxreports.figures.call_files.SLICE_ROWS", rows)
    asked = CdrFilter(customer="acme")
    expected = sorted(naive(all_calls, asked), key=lambda c: (c["call_time"], c["record_key"]))
    told: list[int] = []
    pieces = list(download(stored.snapshot(), asked, format="parquet", progress=told.append))
    assert told == sorted(told)
    assert told[-1] == len(expected)
    assert (len(pieces) > 5) == (rows == 7)
    got = pl.read_parquet(io.BytesIO(b"".join(pieces)))
    assert got.to_dicts() == [{c: call[c] for c in COLUMNS} for call in expected]
    assert got.schema["charge"] == pl.Decimal(28, 10)
    assert got.schema["call_time"] == pl.Datetime("us", "UTC")
    lines = csv.DictReader(io.StringIO(b"".join(download(stored.snapshot(), asked)).decode("utf-8-sig")))
    for line, call in zip(lines, expected, strict=True):
        assert Decimal(line["charge"]) == call["charge"]
        assert datetime.fromisoformat(line["call_time"]) == call["call_time"]
        assert (line["source"], line["call_id"]) == (call["source"], call["call_id"])


def test_a_spreadsheet_sees_that_a_download_is_utf_8(tmp_path: Path) -> None:
    """Without the byte order mark Excel reads it in the local code page: Réunion becomes RÃ©union."""
    lake = Lake(tmp_path)
    lake.load(Path(__file__).parent / "cases" / "cdr-download-no-bom" / "c.csv", customer="acme")
    columns = ("call_id", "source", "destination_name", "charge")
    data = b"".join(download(lake.snapshot(), CdrFilter(customer="acme"), columns=columns))
    assert data.startswith(b"\xef\xbb\xbf")
    head, first, second = csv.reader(io.StringIO(data.decode("utf-8-sig")))
    assert tuple(head) == columns
    # A formula stands as a text.
    assert first == ["x1", '\'=HYPERLINK("http://e.example/")', "Côte d'Ivoire \N{EN DASH} Mobile", "0.0125"]
    assert second == ["x2", "+34911234567", "Réunion", "100"]


def test_analysts_ask_the_lake(stored: Lake, all_calls: list[dict[str, Any]]) -> None:
    start, end = datetime(2026, 3, 28, 20, tzinfo=UTC), datetime(2026, 3, 29, 4, tzinfo=UTC)
    calls = stored.cdrs("acme", start=start, end=end, number="+44", columns=["call_time", "charge"])
    expected = naive(all_calls, CdrFilter(customer="acme", period=Period(start, end), number="44"))
    assert calls["call_time"].to_list() == sorted(c["call_time"] for c in expected)
    assert calls["charge"].sum() == sum(c["charge"] for c in expected)
    assert stored.cdrs(limit=3).height == 3
    with pytest.raises(NoSuchCustomer):
        stored.cdrs("nobody")


def test_an_empty_lake_has_no_calls(tmp_path: Path) -> None:
    assert Lake(tmp_path).cdrs().height == 0
