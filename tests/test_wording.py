from decimal import Decimal

import pytest

from cxreports.wording import (
    ABSENT,
    amount,
    decimals_of,
    exact_digits,
    minutes,
    money,
    money_with_code,
    number,
    percent,
)


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


def test_money_of_a_graph_has_its_code() -> None:
    assert money_with_code(Decimal("2914.275"), "EUR") == "2,914.28 EUR"
    assert money_with_code(Decimal(3), None) == "3.00"
    assert money_with_code(None, "EUR") == ABSENT


@pytest.mark.parametrize(
    ("value", "currency", "rounded", "exact"),
    [
        ("1284.0600000000", "USD", "$1,284.06", "$1,284.06"),
        ("0.0125000000", "EUR", "€0.01", "€0.0125"),
        ("1250", "JPY", "¥1,250", "¥1,250"),
        ("-12345678901234567890.0000000001", "USD", None, "-$12,345,678,901,234,567,890.0000000001"),
    ],
)
def test_amounts_are_rounded_to_the_currency_or_exact(
    value: str, currency: str, rounded: str | None, exact: str
) -> None:
    assert amount(Decimal(value), currency, exact=True) == exact
    if rounded is not None:
        assert amount(Decimal(value), currency) == rounded


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
