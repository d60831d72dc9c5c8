"""Rows that stay in memory from one state of the lake to the next give what the lake itself gives."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from lake_calls import call, write_calls

from cxreports.cdr.record import ALL_CUSTOMERS
from cxreports.clock import DAY_US, Bucket, Period, microseconds, time, zone
from cxreports.errors import NoSuchCustomer
from cxreports.figures.analyst import Lake
from cxreports.figures.bucket_sums import bucket_sums
from cxreports.figures.series import series
from cxreports.figures.summary import totals
from cxreports.lake.snapshot import Snapshot
from cxreports.sql import instant_sql

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import polars as pl

    from cxreports.cdr.source_format import SourceFormat
    from cxreports.lake import Store

CUSTOMERS = ("acme", "bravo", "o'neil")
LAST = datetime(2026, 3, 29, 9, 41, 12, tzinfo=UTC)
"""Of all calls; that night Madrid's clocks went forward."""

ZONES = ("UTC", "Europe/Madrid", "Asia/Kolkata")
WIDTHS = ("5m", "15m", "1h", "6h", "1d", "1w")
METRICS = ("attempts", "asr", "acd", "ner", "pdd", "dtmf", "duration", "billed_duration", "charge")


@pytest.fixture
def page(store: Store) -> Lake:
    """The lake as an open page has it."""
    lake = Lake(store.home)
    lake.keep_rows()
    return lake


@pytest.fixture
def questions(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """SQL of each question that is asked of a snapshot."""
    asked: list[str] = []
    query = Snapshot.query

    def noted(snapshot: Snapshot, sql: str, **how: Any) -> pl.DataFrame:
        asked.append(sql)
        return query(snapshot, sql, **how)

    monkeypatch.setattr(Snapshot, "query", noted)
    return asked


def some_calls(rng: random.Random, first: int, count: int, *, days: float) -> list[dict[str, Any]]:
    """Calls of the last so many days, some without an answer, a price or a currency of their own."""
    made = []
    for nth in range(first, first + count):
        begun = LAST - timedelta(seconds=rng.randrange(int(days * 86_400)))
        ended = min(begun + timedelta(seconds=rng.choice((0, 5, 70, 4_000))), LAST)
        priced = {"charge": f"{rng.random():.7f}", "currency": rng.choice(("USD", "USD", "EUR"))}
        made.append(
            call(
                nth,
                f"{begun:%Y-%m-%dT%H:%M:%SZ}",
                f"{ended:%Y-%m-%dT%H:%M:%SZ}",
                customer=rng.choice(CUSTOMERS[: 2 + (first > 0)]),
                **(priced if rng.random() < 0.8 else {}),
            )
        )
    return made


def asked(rng: random.Random) -> tuple[str, np.ndarray[Any, Any], Period, str]:
    """A customer, edges, a period and its zone, as pages ask: up to now, the period before, a past one."""
    end = rng.choice(
        (
            LAST + timedelta(microseconds=1),
            LAST - timedelta(days=1),
            LAST - timedelta(seconds=rng.randrange(900_000)),
        )
    )
    start = end - timedelta(seconds=rng.choice((600, 3_600, 86_400, 7 * 86_400, 30 * 86_400, 100 * 86_400)))
    tz = rng.choice(ZONES)
    if rng.random() < 0.3:
        edges = np.array([microseconds(start), microseconds(end)])
    else:
        edges = Bucket.of(rng.choice(WIDTHS)).edges(start, end, zone(tz))
    return rng.choice((*CUSTOMERS, ALL_CUSTOMERS)), edges, Period(start, end), tz


def answers(snapshot: Snapshot, question: tuple[str, Any, Period, str], minute: bool) -> list[pl.DataFrame]:
    customer, edges, period, tz = question
    floor = {"second": 0, "microsecond": 0} if minute else {}
    start, end = period.start.replace(**floor), period.end.replace(**floor)  # type: ignore[arg-type]
    return [
        bucket_sums(snapshot, customer, METRICS, edges, period),
        bucket_sums(snapshot, customer, ("attempts", "asr"), edges, period),
        series(snapshot, customer, "channels", every="1h", start=start, end=end, tz=tz),
        totals(snapshot, customer, start=period.start, end=period.end),
        snapshot.customers(),
    ]


@pytest.mark.parametrize("seed", [0, *(pytest.param(nth, marks=pytest.mark.slow) for nth in range(1, 9))])
def test_every_state_of_a_lake_gives_the_same_from_memory(
    seed: int, store: Store, page: Lake, tmp_path: Path, plain: SourceFormat
) -> None:
    rng = random.Random(seed)
    number = 0
    for step in range(9):
        done = rng.random()
        if step and done < 0.15:
            ids = store.loads()["id"].to_list()
            store.unload(rng.choice(ids)) if len(ids) > 1 else None
        elif step and done < 0.3:
            store.compact()
        else:
            count, days = (400, 60) if step == 0 else (rng.choice((1, 20)), rng.choice((0.02, 3, 40)))
            path = write_calls(tmp_path / f"{step}.csv", some_calls(rng, number, count, days=days))
            number += count
            store.load(path, source_format=plain)
        ours, theirs = page.snapshot(), store.snapshot()
        assert ours.kept is not None
        assert theirs.kept is None
        for _ in range(9):
            question = asked(rng)
            if question[0] not in {*theirs.by_customer, ALL_CUSTOMERS}:
                with pytest.raises(NoSuchCustomer):
                    answers(ours, question, minute=True)
                continue
            minute = rng.random() < 0.8
            pairs = zip(answers(ours, question, minute), answers(theirs, question, minute), strict=True)
            for one, other in pairs:
                assert one.schema == other.schema
                assert one.equals(other), question


LONG = (
    ("2025-04-11T09:07", "2026-03-29T09:42"),
    ("2025-04-11T09:15", "2026-03-29T09:30"),
    ("2025-05-01T00:00", "2025-11-30T23:59"),
    ("2025-10-26T00:37:11.5", "2026-02-02T03:00:00.25"),
)
"""Periods that are held as quarters of an hour, whole ones and ragged ones."""


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_years_of_channels_are_what_their_minutes_say(
    seed: int, store: Store, page: Lake, tmp_path: Path, plain: SourceFormat
) -> None:
    rng = random.Random(seed)
    number = 0
    for step in range(5):
        if step == 3:
            store.unload(rng.choice(store.loads()["id"].to_list()))
        else:
            days = 350 if step == 0 else rng.choice((2, 100))
            path = write_calls(tmp_path / f"{step}.csv", some_calls(rng, number, 150, days=days))
            number += 150
            store.load(path, source_format=plain)
        ours, theirs = page.snapshot(), store.snapshot()
        for start, end in LONG:
            for customer in ("acme", ALL_CUSTOMERS):
                asked = {"every": rng.choice(("15m", "1h", "1d", "1mo")), "start": start, "end": end}
                asked["tz"] = rng.choice(("UTC", "Europe/Madrid", "Asia/Kathmandu"))
                found = series(ours, customer, "channels", **asked)
                assert found.equals(series(theirs, customer, "channels", **asked)), asked


def test_a_call_of_months_is_one_channel_in_each_of_them(page: Lake, load: Callable[..., Any]) -> None:
    load(
        call(0, "2025-10-02T12:00:00Z", "2026-01-21T12:00:00Z"),
        call(1, "2025-11-30T23:59:30Z", "2025-12-01T00:00:30Z", customer="bravo"),
    )
    asked = {"every": "1mo", "start": "2025-09-01", "end": "2026-03-01"}
    own = series(page.snapshot(), "acme", "channels", **asked)
    assert own["max"].to_list() == [0, 1, 1, 1, 1, 0]
    days = [0, 29.5, 30, 31, 20.5, 0]
    lengths = [30, 31, 30, 31, 31, 28]
    assert own["mean"].to_list() == pytest.approx(
        [of / whole for of, whole in zip(days, lengths, strict=True)]
    )
    every = series(page.snapshot(), ALL_CUSTOMERS, "channels", **asked)
    assert every["max"].to_list() == [0, 1, 2, 2, 1, 0]


def test_a_load_has_a_page_read_the_channels_of_its_month_alone(
    page: Lake, load: Callable[..., Any], questions: list[str]
) -> None:
    rng = random.Random(3)
    load(*some_calls(rng, 0, 300, days=300))
    years = {"every": "1mo", "start": "2025-06-01", "end": "2026-04-01"}
    first = series(page.snapshot(), "acme", "channels", **years)
    load(*some_calls(rng, 300, 40, days=3))
    questions.clear()
    again = series(page.snapshot(), "acme", "channels", **years)
    assert not again.equals(first)
    assert again[:-1].equals(first[:-1])
    minutes = [sql for sql in questions if "/channels/" in sql]
    assert len(minutes) == 1
    assert f"minute >= {instant_sql(microseconds(time('2026-03-01')))}" in minutes[0]
    assert "year=2026" in minutes[0]
    assert "year=2025" not in minutes[0]


def test_a_load_costs_a_page_the_files_that_it_added(
    store: Store, page: Lake, load: Callable[..., Any], questions: list[str]
) -> None:
    rng = random.Random(1)
    load(*some_calls(rng, 0, 200, days=30))
    period = {"start": LAST - timedelta(days=7), "end": LAST + timedelta(microseconds=1)}
    first = totals(page.snapshot(), "acme", **period)
    questions.clear()
    load(*some_calls(rng, 200, 5, days=0.01))
    assert not totals(page.snapshot(), "acme", **period).equals(first)
    before = {each.path for table in store.snapshot(1).contents.values() for each in table.files.values()}
    assert before
    assert questions
    assert [sql for sql in questions if any(path in sql for path in before)] == []
    questions.clear()
    totals(page.snapshot(), "acme", **period)
    assert questions == []


def test_what_lies_far_back_is_read_and_not_kept(page: Lake, load: Callable[..., Any]) -> None:
    rng = random.Random(2)
    load(*some_calls(rng, 0, 300, days=300))
    snapshot = page.snapshot()
    assert snapshot.kept is not None
    long_ago = microseconds(LAST - timedelta(days=200))
    assert snapshot.kept.sums(snapshot, "hourly", "acme", long_ago, long_ago + DAY_US, DAY_US) is None
    assert snapshot.kept.minutes(snapshot, "acme", long_ago, long_ago + DAY_US) is None
    recent = microseconds(LAST - timedelta(days=2))
    assert snapshot.kept.sums(snapshot, "hourly", "acme", recent, recent + DAY_US, DAY_US) is not None


def test_a_page_that_is_open_for_weeks_forgets_what_it_asked_for_at_first(
    page: Lake, load: Callable[..., Any]
) -> None:
    load(*some_calls(random.Random(6), 0, 200, days=1))
    today = microseconds(LAST) // DAY_US * DAY_US
    for weeks in range(3):
        later = LAST + timedelta(weeks=2 * weeks)
        load(
            call(1_000 + weeks, f"{later:%Y-%m-%dT%H:%M:%SZ}", f"{later:%Y-%m-%dT%H:%M:%SZ}", customer="acme")
        )
        snapshot = page.snapshot()
        assert snapshot.kept is not None
        low = today + weeks * 14 * DAY_US
        found = snapshot.kept.sums(snapshot, "quarters", "acme", low, low + DAY_US, DAY_US)
        assert found is not None
        assert found["attempts"].sum() >= 1
        (kept,) = [each for (kind, _), each in snapshot.kept._kept.items() if kind == "quarters"]
        assert kept.low == low


def test_an_hour_of_very_many_calls_is_added_up_by_the_lake(
    store: Store, page: Lake, load: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cxreports.lake.kept.rows.MOST_CALLS", 3)
    load(*some_calls(random.Random(3), 0, 300, days=2))
    start, end = LAST - timedelta(days=1, seconds=5), LAST - timedelta(minutes=7)
    assert totals(page.snapshot(), "acme", start=start, end=end).equals(
        totals(store.snapshot(), "acme", start=start, end=end)
    )


def test_a_head_says_whose_calls_it_brought(store: Store, load: Callable[..., Any]) -> None:
    rng = random.Random(4)
    load(*some_calls(rng, 0, 50, days=3))
    before = store.snapshot()
    assert not store.touches(before, "acme")
    # Of no length, it changes no minute of the channels.
    load(call(50, "2026-03-29T09:00:00Z", "2026-03-29T09:00:00Z", customer="bravo"))
    assert [store.touches(before, each) for each in ("acme", "bravo", "all")] == [False, True, True]
    store.compact()
    assert [store.touches(before, each) for each in ("acme", "bravo")] == [False, True]
    assert [store.touches(store.snapshot(), each) for each in ("bravo", "all")] == [False, False]
    after = store.snapshot()
    store.unload(int(store.loads()["id"].max()))  # type: ignore[arg-type]
    assert store.touches(after, "acme"), "calls that went may be anybody's"
    assert Lake(store.home, as_of=before.head.version).touches(before, "bravo") is False


def test_very_many_customers_are_everybody(
    store: Store, load: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cxreports.lake.kept.touched.MOST", 1)
    rng = random.Random(5)
    load(*some_calls(rng, 0, 5, days=3))
    before = store.snapshot()
    load(
        *(
            each | {"customer": name}
            for each, name in zip(some_calls(rng, 5, 2, days=1), CUSTOMERS, strict=False)
        )
    )
    assert store.touches(before, CUSTOMERS[2])
