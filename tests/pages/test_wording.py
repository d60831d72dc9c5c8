from decimal import Decimal

import pytest

from cxreports.pages.wording import ABSENT, exact, minutes, money, number


def test_numbers_have_thousands_and_so_many_decimals() -> None:
    assert number(148230) == "148,230"
    assert number(46.196, 2) == "46.20"
    assert number(None) == ABSENT


@pytest.mark.parametrize(
    ("value", "least", "text"),
    [
        ("2914.2713000000", 4, "2,914.2713"),
        ("2914.2713000001", 4, "2,914.2713000001"),
        ("100.0000000000", 4, "100.0000"),
        ("0E-10", 4, "0.0000"),
        ("12345678901234567890123456.1234567891", 4, "12,345,678,901,234,567,890,123,456.1234567891"),
    ],
)
def test_exact_amounts_lose_no_digit(value: str, least: int, text: str) -> None:
    assert exact(Decimal(value), least) == text


def test_money_has_its_sign() -> None:
    assert money(Decimal("2914.27"), "USD") == "$2,914.27"
    assert money(Decimal("-3.5"), "EUR") == "\N{MINUS SIGN}€3.50"
    assert money(Decimal("-3.5"), "SEK") == "-3.50"
    assert money(None, "USD") == ABSENT


@pytest.mark.parametrize(("seconds", "text"), [(192.4, "3:12"), (59.6, "1:00"), (0, "0:00"), (None, ABSENT)])
def test_talk_time_is_minutes_and_seconds(seconds: float | None, text: str) -> None:
    assert minutes(seconds) == text
