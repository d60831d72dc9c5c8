"""Live channels: to the microsecond what counting call by call gives, however the calls arrive."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lake_calls import call, utc, write_calls
from lake_oracle import DAY, MINUTE, Call, minutes

from cxreports.clock import from_microseconds, microseconds
from cxreports.lake import LoadReport, Store
from cxreports.lake.channels import Calls, Minutes, Touched, sweep

if TYPE_CHECKING:
    from collections.abc import Callable

    from cxreports.cdr.source_format import SourceFormat

NEW_YEAR = microseconds(utc("2026-01-01"))
CUSTOMERS = ("acme", "bulk", "corp")

beginnings = st.one_of(
    st.integers(-2 * MINUTE, 2 * MINUTE),
    st.integers(-30, 30).map(lambda minute: minute * MINUTE),
    st.integers(-2 * DAY, 2 * DAY),
    st.integers(-3, 3).map(lambda day: day * DAY),
)
lengths = st.one_of(
    st.just(0),
    st.integers(1, 3 * MINUTE),
    st.integers(1, 10).map(lambda minute: minute * MINUTE),
    st.integers(0, 3 * DAY),
)
calls_made: st.SearchStrategy[Call] = st.builds(
    lambda customer, begun, length: (customer, NEW_YEAR + begun, NEW_YEAR + begun + length),
    st.sampled_from(CUSTOMERS),
    beginnings,
    lengths,
)


@given(st.lists(calls_made, max_size=14))
@settings(deadline=None)
def test_a_sweep_counts_what_goes_on(calls: list[Call]) -> None:
    lasting = [each for each in calls if each[2] > each[1]]
    swept = {}
    for owner, names in ((1, CUSTOMERS), (0, ("all",))):
        rows = sweep(
            Calls(
                np.array([CUSTOMERS.index(each[0]) * owner for each in lasting], np.int64),
                np.array([each[1] for each in lasting], np.int64),
                np.array([each[2] for each in lasting], np.int64),
            )
        )
        figures = zip(rows.channels.tolist(), rows.peak.tolist(), rows.area_us.tolist(), strict=True)
        keys = [
            (names[each], minute)
            for each, minute in zip(rows.owner.tolist(), rows.minute.tolist(), strict=True)
        ]
        swept.update(zip(keys, figures, strict=True))
    assert swept == minutes(calls)


def test_owners_too_many_for_one_integer_are_swept_in_parts() -> None:
    far = 2**40
    rows = sweep(Calls(np.array([0, 5, far]), np.array([1, 2, 3]), np.array([11, 12, 13])))
    assert rows.owner.tolist() == [0, 5, far]
    assert rows.area_us.tolist() == [10, 10, 10]


@given(st.lists(calls_made, max_size=8), st.lists(calls_made, min_size=1, max_size=8), st.integers(-1, 1))
@settings(deadline=None)
def test_minutes_are_touched_by_the_calls_of_their_owner(
    made: list[Call], others: list[Call], day: int
) -> None:
    low = NEW_YEAR + day * DAY
    window = range(low, low + DAY, MINUTE)

    def touched_by(calls: list[Call]) -> list[set[tuple[str, int]]]:
        return [
            {(who, minute) for minute in window if begun < minute + MINUTE and minute <= ended}
            for who, begun, ended in calls
        ]

    expected = set().union(*touched_by(made))
    touched = Touched.by(_columns(made), low, low + DAY)
    every = [
        (owner, minute)
        for owner in range(len(CUSTOMERS))
        for minute in range(low - DAY, low + 2 * DAY, MINUTE)
    ]
    owner, minute = np.array(every, np.int64).T
    held = touched.holds(Minutes(owner, minute, owner, owner, owner))
    assert {(CUSTOMERS[every[i][0]], every[i][1]) for i in np.flatnonzero(held)} == expected
    assert touched.meets(_columns(others)).tolist() == [bool(each & expected) for each in touched_by(others)]


def _columns(calls: list[Call]) -> Calls:
    return Calls(
        np.array([CUSTOMERS.index(each[0]) for each in calls], np.int64),
        np.array([each[1] for each in calls], np.int64),
        np.array([each[2] for each in calls], np.int64),
    )


@given(st.lists(st.lists(calls_made, max_size=5), min_size=1, max_size=4))
@settings(deadline=None, max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_stored_minutes_are_right_whenever_calls_arrive(
    plain: SourceFormat, batches: list[list[Call]]
) -> None:
    with TemporaryDirectory() as folder:
        store = Store(Path(folder) / "home")
        for number, batch in enumerate(batches):
            rows = [as_row(100 * number + nth, each) for nth, each in enumerate(batch)]
            store.load(write_calls(Path(folder) / f"{number}.csv", rows), source_format=plain)
        assert stored_minutes(store) == minutes([each for batch in batches for each in batch])
        assert store.verify().is_empty()


def test_a_call_over_midnight_has_a_row_there_so_that_no_question_looks_back_further(
    store: Store, load: Callable[..., LoadReport]
) -> None:
    load(call(1, "2026-01-30T23:58:30Z", "2026-02-02T00:00:10Z"))
    assert stored_minutes(store) == minutes(
        [("acme", microseconds(utc("2026-01-30T23:58:30")), microseconds(utc("2026-02-02T00:00:10")))]
    )
    days = store.snapshot().query(
        "SELECT strftime(minute, '%Y-%m-%d') AS day FROM channels WHERE customer = 'acme' ORDER BY day"
    )
    assert days["day"].to_list() == ["2026-01-30", "2026-01-31", "2026-02-01", "2026-02-02"]


def test_calls_without_a_known_end_are_not_in_progress(store: Store, load: Callable[..., LoadReport]) -> None:
    load(
        call(1, "2026-01-30T10:00:00Z", "", duration_s="", pdd_ms=""),
        call(2, "2026-01-30T10:00:30Z", "2026-01-30T10:00:31Z"),
    )
    ((_, figures),) = [each for each in stored_minutes(store).items() if each[0][0] == "acme"]
    assert figures == (0, 1, 1_000_000)


@pytest.mark.parametrize("ended", ["2026-01-30T10:05:00Z", "2026-01-30T10:05:00.000001Z"])
def test_a_call_that_ends_as_a_minute_begins_is_not_in_progress_in_it(
    store: Store, load: Callable[..., LoadReport], ended: str
) -> None:
    load(call(1, "2026-01-30T10:00:30Z", ended))
    minute = microseconds(utc("2026-01-30T10:05:00"))
    extra = ended.count("1Z")
    assert stored_minutes(store)["acme", minute] == (0, extra, extra)


def as_row(number: int, made: Call) -> dict[str, object]:
    customer, begun, ended = made
    return call(
        number, from_microseconds(begun).isoformat(), from_microseconds(ended).isoformat(), customer=customer
    )


def stored_minutes(store: Store) -> dict[tuple[str, int], tuple[int, int, int]]:
    rows = (
        store.snapshot()
        .query("SELECT customer, epoch_us(minute), channels, peak, area_us FROM channels")
        .rows()
    )
    stored = {(customer, minute): (level, peak, area) for customer, minute, level, peak, area in rows}
    assert len(stored) == len(rows)
    return stored
