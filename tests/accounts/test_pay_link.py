"""The link to pay: what is filled in, and templates that are none."""

from decimal import Decimal

import pytest

from cxreports.accounts.balances import Balance
from cxreports.accounts.pay_link import pay_link
from cxreports.desk.answers import Holder
from cxreports.errors import CxreportsError

PAY = "https://pay.example.org/?account={account}&amount={amount}&currency={currency}"


def balance(left: str, currency: str = "USD") -> Balance:
    return Balance(Holder(id="a&b", name="A & B", currency=currency), Decimal(left), Decimal(0))


def test_link_has_what_is_owed_and_escapes_what_it_fills_in() -> None:
    owed = pay_link(PAY, balance("-12.50"))
    assert owed == "https://pay.example.org/?account=a%26b&amount=12.50&currency=USD"


@pytest.mark.parametrize(
    ("left", "currency", "amount"),
    [
        ("-0.0000000001", "USD", "0.01"),
        ("-12.5", "USD", "12.50"),
        ("-12.501", "USD", "12.51"),
        ("-1250", "JPY", "1250"),
        ("-1250.000001", "JPY", "1251"),
        ("-1.2341", "BHD", "1.235"),
        ("-12345678901234567890123456789.001", "USD", "12345678901234567890123456789.01"),
    ],
)
def test_amount_settles_the_debt_in_the_digits_of_the_currency(left: str, currency: str, amount: str) -> None:
    assert pay_link("https://x/?a={amount}", balance(left, currency)) == f"https://x/?a={amount}"


@pytest.mark.parametrize("left", ["0", "5"])
@pytest.mark.parametrize(
    ("template", "link"),
    [
        (PAY, "https://pay.example.org/?account=a%26b&currency=USD"),
        ("https://x/?amount={amount}&to={account}", "https://x/?to=a%26b"),
        ("https://x/?to={account}&amount={amount}", "https://x/?to=a%26b"),
        ("https://x/?to={account}&amount={amount}#top", "https://x/?to=a%26b#top"),
        ("https://x/pay?amount={amount}", "https://x/pay"),
        ("https://x/{account}/{amount}{currency}", "https://x/a%26b"),
        ("https://x/{amount}/to/{account}?in={currency}", "https://x/to/a%26b?in=USD"),
    ],
)
def test_without_need_there_is_no_amount(template: str, link: str, left: str) -> None:
    assert pay_link(template, balance(left)) == link


def test_without_a_template_there_is_nowhere_to_pay() -> None:
    assert pay_link("", balance("-12.50")) == ""


@pytest.mark.parametrize(
    "template", ["https://x/{who}", "https://x/{", "https://x/{0}", "javascript:alert(1)"]
)
def test_bad_template_is_refused(template: str) -> None:
    with pytest.raises(CxreportsError, match="payment address"):
        pay_link(template, balance("1"))
