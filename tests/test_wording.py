from decimal import Decimal

import pytest

from cxreports.wording import ABSENT, decimals_of, minutes, money, number


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


def test_money_has_its_sign() -> None:
    assert money(Decimal("2914.27"), "USD") == "$2,914.27"
    assert money(Decimal("-3.5"), "EUR") == "\N{MINUS SIGN}€3.50"
    assert money(Decimal("-3.5"), "SEK") == "-3.50"
    assert money(None, "USD") == ABSENT


@pytest.mark.parametrize(("seconds", "text"), [(192.4, "3:12"), (59.6, "1:00"), (0, "0:00"), (None, ABSENT)])
def test_talk_time_is_minutes_and_seconds(seconds: float | None, text: str) -> None:
    assert minutes(seconds) == text
