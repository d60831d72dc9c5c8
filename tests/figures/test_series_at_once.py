"""Series that are read together are those that are read one by one."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cxreports.errors import NoSuchCustomer
from cxreports.figures.series import READ_AT_ONCE, series, series_at_once

Make = Callable[..., Any]

BEGUN = datetime(2026, 10, 24, 20, tzinfo=UTC)


@pytest.fixture(name="lake", scope="module")
def _lake(made: Make) -> Any:
    return made(
        {
            "call_time": BEGUN + timedelta(minutes=7 * number),
            "customer": ("acme", "other")[number % 5 == 0],
            "connected": number % 3 > 0,
            "sip_code": (486, 200, 200, 404)[number % 4] if number < 90 else None,
            "duration_s": number if number % 3 else 0,
            "dtmf": ("1", "")[number % 2] if number < 60 else None,
        }
        for number in range(120)
    )


@pytest.mark.parametrize("tz", ["UTC", "Europe/Madrid", "Asia/Kolkata"])
@pytest.mark.parametrize("every", ["15m", "1h", "6h", "1d"])
@pytest.mark.parametrize("customer", ["acme", "all"])
def test_they_are_the_same(lake: Any, customer: str, every: str, tz: str) -> None:
    span = {
        "every": every,
        "start": BEGUN + timedelta(minutes=50),
        "end": BEGUN + timedelta(hours=20),
        "tz": tz,
    }
    found = series_at_once(lake, customer, list(READ_AT_ONCE), **span)
    assert list(found) == list(READ_AT_ONCE)
    for name, frame in found.items():
        expected = series(lake, customer, name, **span)
        assert frame.select(expected.columns).equals(expected), name
    connected = series(lake, customer, "connected", **span)["value"]
    assert found["attempts"]["connected"].to_list() == connected.to_list()


def test_they_are_one_question(lake: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    query = type(lake).query
    monkeypatch.setattr(type(lake), "query", lambda self, sql: asked.append(sql) or query(self, sql))
    series_at_once(
        lake, "acme", list(READ_AT_ONCE), every="1h", start=BEGUN, end=BEGUN + timedelta(hours=5), tz="UTC"
    )
    assert len([sql for sql in asked if "bucket" in sql]) == 1


def test_an_empty_period_has_no_bucket(lake: Any) -> None:
    found = series_at_once(lake, "acme", ["asr"], every="1h", start=BEGUN, end=BEGUN, tz="UTC")
    assert found["asr"].is_empty()


def test_an_unknown_customer_is_refused(lake: Any) -> None:
    with pytest.raises(NoSuchCustomer):
        series_at_once(lake, "nobody", ["asr"], every="1h", start=BEGUN, end=BEGUN, tz="UTC")
