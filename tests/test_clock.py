"""Time: what is read, what is refused, and edges against walking a zone's clock second by second."""

from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxreports.clock import Bucket, Period, Time, from_microseconds, microseconds, time, zone
from cxreports.errors import BadTime


def local(every: str, start: str, end: str, name: str) -> list[str]:
    edges = Bucket.of(every).edges(time(start), time(end), zone(name))
    return [f"{from_microseconds(each).astimezone(zone(name)):%m-%d %H:%M%z}" for each in edges]


@pytest.mark.parametrize(
    "given",
    [
        "2026-03-29T14:30",
        "2026-03-29 14:30",
        " 2026-03-29T14:30:00Z ",
        "2026-03-29T16:30+02:00",
        datetime(2026, 3, 29, 14, 30),  # noqa: DTZ001 - what has no offset is UTC
        datetime(2026, 3, 29, 16, 30, tzinfo=timezone(timedelta(hours=2))),
    ],
)
def test_what_has_no_offset_is_utc(given: Time) -> None:
    assert time(given) == datetime(2026, 3, 29, 14, 30, tzinfo=UTC)


def test_a_date_is_its_midnight() -> None:
    assert time("2024-02-29") == time(date(2024, 2, 29)) == datetime(2024, 2, 29, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-02-29", "29/03/2026", "2026-03-29T25:00", "0001-01-01"]
)
def test_what_is_no_time_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(BadTime, match=r"ISO 8601|1900 to 2199"):
        time(text)


def test_microseconds_are_exact_far_away() -> None:
    moment = datetime(2199, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
    assert from_microseconds(microseconds(moment)) == moment


@pytest.mark.parametrize("name", ["Madrid", "europe/madrid", "Europe/Madird", "Madrid "])
def test_a_zone_that_is_not_one_is_answered_with_a_near_one(name: str) -> None:
    with pytest.raises(BadTime, match=r"did you mean .*Europe/Madrid"):
        zone(name)


@pytest.mark.parametrize("name", ["", "../etc/passwd", "Europe", "localtime", "/UTC", "a\0b"])
def test_no_path_is_a_zone(name: str) -> None:
    with pytest.raises(BadTime, match="no time zone"):
        zone(name)


@pytest.mark.parametrize("text", ["", "h", "0h", "7m", "5h", "2d", "2w", "5mo", "-1h", "1.5h", "hours", "1q"])
def test_a_width_that_is_not_one_is_refused(text: str) -> None:
    with pytest.raises(BadTime, match=r"bucket"):
        Bucket.of(text)


def test_too_many_buckets_are_refused() -> None:
    with pytest.raises(BadTime, match="choose wider ones"):
        Bucket.of("1s").edges(time("2026-01-01"), time("2027-01-01"), zone("UTC"))


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("1h 2026-03-29T00:00 2026-03-29T02:00 Europe/Madrid", "01:00+0100 03:00+0200 04:00+0200"),
        ("2h 2026-03-29T00:00 2026-03-29T02:00 Europe/Madrid", "00:00+0100 03:00+0200 04:00+0200"),
        ("1h 2026-10-25T00:00 2026-10-25T02:00 Europe/Madrid", "02:00+0200 02:00+0100 03:00+0100"),
        ("6h 2026-10-25T00:00 2026-10-25T05:30 Europe/Madrid", "00:00+0200 06:00+0100 12:00+0100"),
        ("1h 2026-10-03T15:00 2026-10-03T16:00 Australia/Lord_Howe", "01:00+1030 02:30+1100 03:00+1100"),
        ("1h 2026-04-04T14:00 2026-04-04T16:00 Australia/Lord_Howe", "01:00+1100 02:00+1030 03:00+1030"),
        ("30m 2026-04-04T14:30 2026-04-04T15:30 Australia/Lord_Howe", "01:30+1100 01:30+1030 02:00+1030"),
        ("1h 2026-11-01T04:00 2026-11-01T06:00 America/Havana", "00:00-0400 00:00-0500 01:00-0500"),
        ("6h 2026-11-01T04:00 2026-11-01T12:00 America/Havana", "00:00-0400 06:00-0500 12:00-0500"),
        ("1h 2026-01-01T00:00 2026-01-01T00:30 Asia/Kolkata", "05:00+0530 06:00+0530"),
        ("15m 2026-01-01T00:00 2026-01-01T00:15 Asia/Kathmandu", "05:45+0545 06:00+0545"),
    ],
)
def test_edges_follow_the_wall_clock_through_each_change(asked: str, expected: str) -> None:
    assert [each[6:] for each in local(*asked.split())] == expected.split()


def test_a_day_that_a_zone_skipped_has_no_bucket() -> None:
    assert [each[:5] for each in local("1d", "2011-12-29T11:00", "2011-12-31T09:00", "Pacific/Apia")] == [
        "12-29",
        "12-31",
        "01-01",
    ]


def test_weeks_start_on_monday_and_months_on_the_first() -> None:
    assert local("1w", "2026-01-01", "2026-01-06", "UTC") == [
        "12-29 00:00+0000",
        "01-05 00:00+0000",
        "01-12 00:00+0000",
    ]
    assert local("1mo", "2024-02-29", "2024-03-01", "UTC") == ["02-01 00:00+0000", "03-01 00:00+0000"]
    assert local("3mo", "2024-02-29", "2024-04-02", "UTC") == [
        "01-01 00:00+0000",
        "04-01 00:00+0000",
        "07-01 00:00+0000",
    ]
    assert local("1y", "2024-12-31", "2025-01-01", "UTC") == ["01-01 00:00+0000", "01-01 00:00+0000"]


def test_an_empty_period_has_no_edges() -> None:
    assert len(Bucket.of("1h").edges(time("2026-01-01"), time("2026-01-01"), zone("UTC"))) == 0


def test_floor_and_ceil_stay_on_an_edge_and_after_leaves_it() -> None:
    hour, utc, ten = Bucket.of("hour"), zone("UTC"), time("2026-01-01T10:00")
    assert hour.floor(ten, utc) == hour.ceil(ten, utc) == ten
    assert hour.after(ten, utc) == hour.ceil(ten + timedelta(microseconds=1), utc) == time("2026-01-01T11:00")


CHANGES = st.sampled_from(
    [
        ("Europe/Madrid", "2026-03-29T01:00"),
        ("Europe/Madrid", "2026-10-25T01:00"),
        ("America/St_Johns", "2010-11-07T02:31"),
        ("Australia/Lord_Howe", "2026-04-04T15:00"),
        ("Australia/Lord_Howe", "2026-10-03T15:30"),
        ("America/Sao_Paulo", "2018-02-18T02:00"),
        ("America/Havana", "2026-11-01T05:00"),
        ("Pacific/Apia", "2011-12-30T10:00"),
        ("Africa/Casablanca", "2026-02-15T02:00"),
        ("Antarctica/Troll", "2026-10-25T01:00"),
        ("Africa/Monrovia", "1972-01-07T00:44:30"),
    ]
)


@settings(max_examples=60, deadline=None)
@given(CHANGES, st.sampled_from(["5m", "15m", "30m", "1h", "6h", "1d"]), st.integers(-90, 60))
def test_edges_equal_walking_the_clock_minute_by_minute(
    change: tuple[str, str], every: str, minutes: int
) -> None:
    name, instant = change
    start = time(instant) + timedelta(minutes=minutes)
    end = start + timedelta(hours=5)
    width = Bucket.of(every).width_us // 60_000_000
    found = Bucket.of(every).edges(start, end, zone(name))
    assert found[0] <= microseconds(start) < found[1]
    assert found[-2] < microseconds(end) <= found[-1]
    assert (np.diff(found) > 0).all()
    walked, shown, before = [], None, None
    moment, step = start - timedelta(days=3 if every == "1d" else 1), timedelta(seconds=30)
    while moment < end:
        wall = moment.astimezone(zone(name)).replace(tzinfo=None)
        bucket = (wall - datetime(1970, 1, 1)) // timedelta(minutes=width)  # noqa: DTZ001 - a wall clock
        put_back = before is not None and before + step - wall >= timedelta(minutes=width)
        if shown is None or bucket > shown or put_back:
            shown = bucket
            walked.append(microseconds(moment))
        before = wall
        moment += step
    inside = [each for each in found.tolist() if microseconds(start) < each < microseconds(end)]
    assert inside == [each for each in walked if each > microseconds(start)]


def test_a_period_is_half_open_and_knows_the_one_before() -> None:
    day = Period.last("24h", until="2026-03-29T10:00")
    assert day == Period.of("2026-03-28T10:00", "2026-03-29T10:00")
    assert day.previous() == Period.of("2026-03-27T10:00", "2026-03-28T10:00")
    assert day.length == timedelta(days=1)
    assert Period.last("7d", until="2026-03-29").length == timedelta(days=7)
    assert str(day) == "2026-03-28 10:00:00 to 2026-03-29 10:00:00 UTC"


@pytest.mark.parametrize("length", ["", "1mo", "24", "day", "-1h"])
def test_a_length_that_is_not_one_is_refused(length: str) -> None:
    with pytest.raises(BadTime, match="24h, 7d or 30d"):
        Period.last(length, until="2026-03-29")
