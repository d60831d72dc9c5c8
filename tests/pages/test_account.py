"""What pages show of an account."""

from decimal import Decimal

import pytest

from cxreports.customers import Customer
from cxreports.errors import CxreportsError
from cxreports.pages.account import FileAccount

PAY = "https://pay.example.org/?account={account}&amount={amount}&currency={currency}"


def account(balance: str | None, template: str = PAY) -> FileAccount:
    amount = None if balance is None else Decimal(balance)
    return FileAccount(Customer("a&b", "A & B", "USD", balance=amount), template)


def test_balance_says_its_currency() -> None:
    assert account("1284.06").balance == "$1,284.06 USD"
    assert not account("0.01").is_low


@pytest.mark.parametrize("balance", ["0", "-12.5"])
def test_used_up_balance_is_outstanding(balance: str) -> None:
    (alert,) = account(balance).alerts
    assert account(balance).is_low
    assert alert.title == "The balance is used up"
    assert alert.url == account(balance).pay_url
    assert alert.action == "Pay"


def test_link_has_what_is_owed_and_escapes_what_it_fills_in() -> None:
    assert account("-12.50").pay_url == "https://pay.example.org/?account=a%26b&amount=12.50&currency=USD"
    assert account("5").pay_url.endswith("amount=0&currency=USD")


@pytest.mark.parametrize("nobody", [FileAccount(None, PAY), account(None)])
def test_without_a_balance_there_is_nothing_to_show(nobody: FileAccount) -> None:
    assert (nobody.balance, nobody.pay_url, nobody.alerts, nobody.is_low) == ("", "", (), False)


@pytest.mark.parametrize(
    "template", ["https://x/{who}", "https://x/{", "https://x/{0}", "javascript:alert(1)"]
)
def test_bad_template_is_refused(template: str) -> None:
    with pytest.raises(CxreportsError, match="payment address"):
        account("1", template).pay_url  # noqa: B018
