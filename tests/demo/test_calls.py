"""The demo: the same operator whenever it is made, brought up to now without a call twice."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import polars as pl
import pytest
from standing_demo import DAYS, NOW, SCALE, Standing, demo_without_examples

from cxreports.demo.calls import OUTAGE_DAYS_AGO, demo
from cxreports.errors import LoadError
from cxreports.lake.store import Store
from cxreports.traffic.days import Traffic
from cxreports.traffic.vendor_files import WRITERS

if TYPE_CHECKING:
    from pathlib import Path


def ids(home: Path) -> pl.Series:
    return Store(home).snapshot().query("SELECT call_id FROM cdr")["call_id"]


def due(now: datetime) -> set[str]:
    """Ids of the calls that a switch would have written by then."""
    start = datetime(2026, 3, 18, tzinfo=UTC) - timedelta(days=DAYS)
    records = pl.concat(calls for _, _, calls in Traffic(scale=SCALE).delivered(start, now))
    return set(records.filter(pl.col("call_time") >= start)["call_id"])


def test_the_lake_holds_every_call_that_is_over(standing: Standing) -> None:
    report = standing.report
    loaded = ids(standing.home)
    assert loaded.is_unique().all()
    assert set(loaded) == due(NOW)
    assert report.calls == report.loaded == len(loaded)
    assert (report.start, report.end) == (datetime(2026, 3, 16, tzinfo=UTC), NOW)
    assert report.files == DAYS + 1
    assert Store(standing.home).verify().is_empty()


def test_running_again_adds_what_has_happened_since(standing: Standing, copied: Path) -> None:
    assert demo(copied, now=NOW).loaded == 0
    assert demo(copied, now=NOW - timedelta(hours=1)).loaded == 0
    later = NOW + timedelta(hours=13)
    added = demo(copied, now=later, scale=SCALE).loaded
    assert set(ids(copied)) == due(later)
    assert standing.report.loaded + added == len(ids(copied))


def test_a_run_that_was_cut_short_is_made_up_for(copied: Path) -> None:
    (copied / "demo" / "state.json").unlink()
    later = NOW + timedelta(minutes=30)
    assert demo(copied, days=DAYS, now=later, scale=SCALE).loaded < 100
    loaded = ids(copied)
    assert loaded.is_unique().all()
    assert set(loaded) == due(later)


def test_with_a_rate_calls_are_added_while_time_passes(tmp_path: Path) -> None:
    at = [NOW]
    sizes: list[int] = []

    def pause(seconds: float) -> None:
        sizes.append(len(ids(tmp_path)))
        if len(sizes) == 4:
            raise KeyboardInterrupt
        at[0] += timedelta(seconds=seconds)

    report = demo_without_examples(tmp_path, days=1, now=None, rate=1, clock=lambda: at[0], pause=pause)
    assert report.end == at[0]
    assert sizes[0] < sizes[1] < sizes[2] < sizes[3]
    assert sizes[3] == report.loaded
    assert len(list((tmp_path / "demo" / "cdr").iterdir())) == 2
    assert ids(tmp_path).is_unique().all()


def test_a_day_lies_there_in_every_format(standing: Standing) -> None:
    folder = standing.home / "demo" / "formats"
    assert {path.name for path in folder.iterdir()} == set(WRITERS)
    day = pl.read_csv(folder / "connexcs.csv", columns=["Call Time"])["Call Time"].str.slice(0, 10)
    assert day.unique().to_list() == ["2026-03-17"]


def test_progress_says_what_is_done(standing: Standing) -> None:
    assert [line.split()[0] for line in standing.told] == ["added", "added", "writing", "writing", "loading"]


def test_another_seed_is_refused_where_a_demo_stands(standing: Standing) -> None:
    with pytest.raises(LoadError, match="holds a demo of seed"):
        demo(standing.home, seed=1, now=NOW)


def test_the_outage_lies_nine_days_back(tmp_path: Path) -> None:
    demo_without_examples(tmp_path, days=OUTAGE_DAYS_AGO)
    outage = date(2026, 3, 18) - timedelta(days=OUTAGE_DAYS_AGO)
    calls = Store(tmp_path).snapshot().query("SELECT call_time, sip_code FROM cdr")
    lost = calls.filter(pl.col("sip_code") == 503).group_by(pl.col("call_time").dt.date()).len()
    assert lost.sort("len")["call_time"][-1] == outage
