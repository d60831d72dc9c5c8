"""Questions that are asked once for all customers: each one's own figures, and nobody else's rows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from lake_calls import call, write_calls

from cxreports.clock import Period
from cxreports.figures.breakdown import both
from cxreports.figures.series import series, series_at_once
from cxreports.figures.summary import summary, totals
from cxreports.lake.calls.at_once import AtOnce
from cxreports.lake.calls.held import held
from cxreports.lake.snapshot import Snapshot

if TYPE_CHECKING:
    from pathlib import Path

    import polars as pl

    from cxreports.cdr.source_format import SourceFormat
    from cxreports.lake import Store

CUSTOMERS = ("acme", "bravo", "o'neil")
MARCH = Period(datetime(2026, 3, 10, tzinfo=UTC), datetime(2026, 3, 12, tzinfo=UTC))
WITHIN: dict[str, Any] = {"start": MARCH.start, "end": MARCH.end}


@pytest.fixture
def whole(store: Store, tmp_path: Path, plain: SourceFormat) -> Snapshot:
    """Calls of three customers over three weeks; one of them has none in the days that are asked for."""
    calls = [
        call(
            nth,
            f"2026-03-{1 + nth % 21:02}T{nth % 24:02}:{nth % 60:02}:07Z",
            f"2026-03-{1 + nth % 21:02}T{nth % 24:02}:{nth % 60:02}:59Z",
            customer=CUSTOMERS[nth % 2],
        )
        for nth in range(300)
    ]
    calls.append(call(301, "2026-03-02T10:00:00Z", "2026-03-02T10:00:30Z", customer=CUSTOMERS[2]))
    store.load(write_calls(tmp_path / "calls.csv", calls), source_format=plain)
    return store.snapshot()


def figures(snapshot: Snapshot, customer: str) -> list[pl.DataFrame]:
    destinations, codes = both(snapshot, customer, **WITHIN)
    ratios = series_at_once(
        snapshot, customer, ("asr", "acd", "dtmf"), every="1h", tz="Asia/Kolkata", **WITHIN
    )
    return [
        totals(snapshot, customer, **WITHIN),
        summary(snapshot, customer, "hour", weighed=True, **WITHIN),
        summary(snapshot, customer, "day", **WITHIN),
        series(snapshot, customer, "channels", every="1m", **WITHIN),
        series(snapshot, customer, "channels", every="1h", tz="Asia/Kolkata", **WITHIN),
        *ratios.values(),
        destinations(12),
        destinations(1),
        codes,
    ]


def test_each_customer_has_its_own_figures(store: Store, whole: Snapshot) -> None:
    kept = held(whole, MARCH, "test")
    at_once = AtOnce(whole, kept)
    for customer in CUSTOMERS:
        plain = store.reaching(whole, customer)
        quick = replace(store.reaching(whole, customer, kept), at_once=at_once)
        for one, other in zip(figures(plain, customer), figures(quick, customer), strict=True):
            assert one.equals(other)


def test_the_second_customer_asks_the_lake_nothing(
    store: Store, whole: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = held(whole, MARCH, "test")
    at_once = AtOnce(whole, kept)
    first, second = (replace(store.reaching(whole, each, kept), at_once=at_once) for each in CUSTOMERS[:2])
    figures(first, CUSTOMERS[0])
    # What only she needs: how many calls went on as the period began.
    figures(second, CUSTOMERS[1])
    monkeypatch.setattr(Snapshot, "query", lambda _self, sql, **_: pytest.fail(sql))
    assert figures(second, CUSTOMERS[1])[0]["attempts"].to_list() == [14]


def test_others_and_chosen_calls_are_asked_for_as_ever(store: Store, whole: Snapshot) -> None:
    kept = held(whole, MARCH, "test")
    bound = replace(store.reaching(whole, "acme", kept), at_once=AtOnce(whole, kept))
    chosen = bound.narrowed("sip_code = 486")
    assert totals(chosen, "acme", **WITHIN)["attempts"].to_list() == [0]
    # All that a bound snapshot knows is its own customer.
    assert totals(bound, "all", **WITHIN).equals(totals(bound, "acme", **WITHIN))
    assert bound.query(f"SELECT DISTINCT customer FROM {bound.scan('cdr', customer='')} AS rows").rows() == [
        ("acme",)
    ]


def test_what_is_not_held_is_asked_for_one_by_one(store: Store, whole: Snapshot) -> None:
    kept = {name: rows for name, rows in held(whole, MARCH, "test").items() if name != "channels"}
    at_once = AtOnce(whole, kept)
    assert at_once.holds({"cdr", "daily"})
    assert not at_once.holds({"channels"})
    plain = store.reaching(whole, "bravo")
    quick = replace(store.reaching(whole, "bravo", kept), at_once=at_once)
    for one, other in zip(figures(plain, "bravo"), figures(quick, "bravo"), strict=True):
        assert one.equals(other)
