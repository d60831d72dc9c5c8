"""The link to pay: what is filled in, and templates that are none."""

from decimal import Decimal

import pytest

from cxreports.accounts.balances import Balance
from cxreports.accounts.pay_link import pay_link
from cxreports.desk.answers import Holder
from cxreports.errors import CxreportsError

PAY = "https://pay.example.org/?account={account}&amount={amount}&currency={currency}"


def balance(left: str) -> Balance:
    return Balance(Holder(id="a&b", name="A & B", currency="USD"), Decimal(left), Decimal(0))


def test_link_has_what_is_owed_and_escapes_what_it_fills_in() -> None:
    owed = pay_link(PAY, balance("-12.50"))
    assert owed == "https://pay.example.org/?account=a%26b&amount=12.50&currency=USD"
    assert pay_link(PAY, balance("5")).endswith("amount=0&currency=USD")
    assert pay_link(PAY, balance("-0.0000000001")).endswith("amount=0.0000000001&currency=USD")


def test_without_a_template_there_is_nowhere_to_pay() -> None:
    assert pay_link("", balance("-12.50")) == ""


@pytest.mark.parametrize(
    "template", ["https://x/{who}", "https://x/{", "https://x/{0}", "javascript:alert(1)"]
)
def test_bad_template_is_refused(template: str) -> None:
    with pytest.raises(CxreportsError, match="payment address"):
        pay_link(template, balance("1"))
