from datetime import UTC, datetime, timedelta

import pytest

from cxreports.clock import Period
from cxreports.errors import BadTime
from cxreports.pages.view import View, bucket_width, zone_names

NOW = datetime(2026, 11, 23, 13, 15, 56, tzinfo=UTC)


@pytest.mark.parametrize(("period", "hours"), [("24h", 24), ("7d", 168), ("30d", 720)])
def test_fixed_period_ends_where_the_data_does(period: str, hours: int) -> None:
    assert View(period=period).span(NOW) == Period(NOW - timedelta(hours=hours), NOW)


@pytest.mark.parametrize(
    ("period", "start"),
    [("24h", "2026-11-22T13:30"), ("7d", "2026-11-16T13:30"), ("30d", "2026-10-24T18:30")],
)
def test_graphs_of_a_fixed_period_begin_with_a_whole_bucket_on_the_zones_clocks(
    period: str, start: str
) -> None:
    view = View(zone="Asia/Kolkata", period=period)
    assert view.plotted(view.span(NOW)) == Period.of(start, "2026-11-23T13:16")


def test_graphs_of_a_custom_period_show_what_was_asked_for() -> None:
    view = View(period="custom", custom_from="2026-03-29T00:07", custom_to="2026-03-30T00:11")
    assert view.plotted(view.span(NOW)) == Period.of("2026-03-29T00:07", "2026-03-30T00:11")


def test_custom_period_is_on_the_zones_clocks() -> None:
    view = View(
        zone="Europe/Madrid", period="custom", custom_from="2026-03-29T00:00", custom_to="2026-03-30T00:00"
    )
    assert view.span(NOW).length == timedelta(hours=23)


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        ("", ""),
        ("yesterday", "today"),
        ("2026-01-02T00:00", "2026-01-01T00:00"),
        ("0001-01-01T00:00", "2026-01-01T00:00"),
        ("2026-01-01T00:00", "9999-12-31T23:59"),
    ],
)
def test_custom_period_that_is_none_is_refused(begin: str, end: str) -> None:
    with pytest.raises(BadTime):
        View(period="custom", custom_from=begin, custom_to=end, zone="Asia/Kolkata").span(NOW)


def test_address_leads_back_to_the_same_view() -> None:
    view = View(
        "acme", "Asia/Kolkata", "custom", "2026-11-01T10:00", "2026-11-02T10:30", compare=False, tab="weekly"
    )
    assert View().asked(view.address()) == view
    view = View("acme", widgets=("summary", "ner", "channels"), theme="dark")
    assert View().asked(view.address()) == view


def test_nonsense_in_an_address_is_left_out() -> None:
    asked = {
        "zone": "Mars/Base",
        "period": "custom",
        "from": "x",
        "to": "y",
        "tab": "<script>",
        "compare": "maybe",
        "theme": "pink",
    }
    assert View().asked(asked) == View()


def test_widgets_that_there_are_none_of_are_left_out() -> None:
    assert View().asked({"widgets": "ner,magic,ner,figures"}).widgets == ("ner", "figures")


@pytest.mark.parametrize(
    ("length", "width"),
    [
        (timedelta(hours=1), "1m"),
        (timedelta(hours=24), "15m"),
        (timedelta(days=7), "1h"),
        (timedelta(days=30), "6h"),
    ],
)
def test_graphs_have_about_a_hundred_buckets(length: timedelta, width: str) -> None:
    assert bucket_width(length) == width


def test_zones_have_their_present_names() -> None:
    assert {"Asia/Kolkata", "Europe/Kyiv", "Europe/Madrid"} <= set(zone_names())
    assert "Asia/Calcutta" not in zone_names()
