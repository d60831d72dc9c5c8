"""The wording of what is outstanding, and of a balance."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from cxreports.accounts.account import Account
from cxreports.accounts.balances import Balance
from cxreports.accounts.checklist import NoSecondFactor, UnverifiedEmail, UnverifiedMobile
from cxreports.accounts.low_balance import Level, LowBalance
from cxreports.accounts.warnings import AsrFall, ChannelsNearLimit, ForeignCharges, NoCalls, NoCompany
from cxreports.desk.answers import FiringAlert, Holder
from cxreports.pages.bar import balance_text
from cxreports.pages.outstanding import Notice, firing_in, notice_of, outstanding, warning_text

NOW = datetime(2026, 3, 1, 0, 20, tzinfo=UTC)


def low(level: Level, left: str = "-12.5") -> LowBalance:
    return LowBalance(level, Decimal(left), "USD", Decimal(0), Decimal(100))


@pytest.mark.parametrize(
    ("item", "title", "action", "url"),
    [
        (low(Level.OVER_LIMIT), "The debit limit is exceeded", "", ""),
        (low(Level.USED_UP), "The balance is used up", "", ""),
        (low(Level.LOW), "The balance is low", "", ""),
        (UnverifiedEmail("a@b.example"), "E-mail not verified", "Verify e-mail", "/profile#email"),
        (UnverifiedMobile("+4420"), "Mobile not verified", "Verify mobile", "/profile#mobile"),
        (UnverifiedMobile(""), "Mobile not verified", "Add mobile number", "/profile#mobile"),
        (NoSecondFactor(), "Two-factor authentication is off", "Enable", "/profile#two-factor"),
    ],
)
def test_an_item_leads_to_where_it_is_settled(item: Any, title: str, action: str, url: str) -> None:
    notice = notice_of(item)
    assert (notice.title, notice.action, notice.url) == (title, action, url)


@pytest.mark.parametrize(
    ("tz", "text"),
    [
        ("UTC", "29.8 %, firing since 28 Feb, 23:40"),
        ("Europe/Madrid", "29.8 %, firing since 00:40"),
        ("America/New_York", "29.8 %, firing since 18:40"),
    ],
)
def test_an_alert_says_on_the_zones_clocks_since_when_it_fires(tz: str, text: str) -> None:
    alert = FiringAlert(
        id=7,
        title="ASR of all calls",
        standing="",
        customer="acme",
        metric="asr",
        level="critical",
        since=NOW - timedelta(minutes=40),
        value="29.8",
        is_change=False,
        is_narrowed=False,
        currency="",
        is_acknowledged=False,
    )
    (notice,) = outstanding(Account(checklist=(alert,)), tz, NOW)
    assert notice == Notice("ASR of all calls", text, "Show", "/alerts#alert-7", level="critical")


UNUSUAL: dict[str, Any] = {
    "metric": "asr", "destination": "UK", "is_others": False, "value": 12.04, "low": 38.1, "high": 52.0,
    "hours": 3,
    "cause": {"of": "failures", "is_more": True, "share": 0.09, "code": "503", "destination": ""},
}  # fmt: skip


def firing(**more: Any) -> FiringAlert:
    values: dict[str, Any] = {
        "id": 7, "title": "Unusual traffic", "standing": "learned", "customer": "acme", "metric": "usual",
        "level": "warning", "since": NOW - timedelta(minutes=40), "value": "143.2", "is_change": False,
        "is_narrowed": False, "currency": "USD", "is_acknowledged": False,
    }  # fmt: skip
    return FiringAlert(**values | more)


@pytest.mark.parametrize(
    ("alert", "text"),
    [
        (
            firing(why=UNUSUAL, since=NOW - timedelta(minutes=10)),
            "ASR (UK) 12.0 %, usual are 38.1 % to 52.0 %; 9 % of the extra failures: 503, firing since 00:10",
        ),
        (
            firing(why=UNUSUAL | {"destination": "", "is_others": True, "cause": None}),
            "ASR (other destinations) 12.0 %, usual are 38.1 % to 52.0 %, firing since 28 Feb, 23:40",
        ),
        # 28 February 2026 is a Saturday.
        (
            firing(standing="balance_gone", metric="balance_days", value="4.2"),
            "4.2 days, gone by Thu 5 Mar at this rate, firing since 28 Feb, 23:40",
        ),
    ],
)
def test_what_stands_from_the_start_says_what_it_found(alert: FiringAlert, text: str) -> None:
    (notice,) = outstanding(Account(checklist=(alert,)), "UTC", NOW)
    assert notice.text == text


def test_what_is_unusual_stands_on_the_graph_of_what_left_its_band() -> None:
    alerts = [firing(why=UNUSUAL), firing(why=UNUSUAL | {"metric": "attempts"}), firing(metric="silence")]
    assert firing_in(alerts, "asr") == [("Unusual traffic", NOW - timedelta(minutes=40))]
    assert len(firing_in(alerts, "attempts")) == 1
    assert firing_in(alerts, "channels") == []


def test_a_low_balance_says_how_low_and_where_to_pay() -> None:
    account = Account(pay_url="https://pay.example.org/", checklist=(low(Level.USED_UP),))
    assert outstanding(account, "UTC", NOW) == [
        Notice(
            "The balance is used up", "It stands at -$12.50.", "Make a payment", "https://pay.example.org/"
        )
    ]


@pytest.mark.parametrize(
    ("warning", "text"),
    [
        (ChannelsNearLimit(8, 10), "8 of 10 channels in use"),
        (AsrFall(40.0, 50.0), "ASR 10.0 points below the day before"),
        (NoCalls(datetime(2026, 5, 1, 12, tzinfo=UTC)), "no calls since 1 May 2026, 12:00 UTC"),
        (NoCalls(None), "no calls yet"),
        (NoCompany(), "no company in the portal"),
        (low(Level.OVER_LIMIT), "debit limit exceeded"),
        (low(Level.USED_UP), "balance low"),
        (low(Level.LOW), "balance low"),
        (
            ForeignCharges((("EUR", Decimal(2)), ("GBP", Decimal("0.5")))),
            "calls charged in another currency: €2.00 EUR, £0.50 GBP",
        ),
    ],
)
def test_a_warning_is_worded(warning: Any, text: str) -> None:
    assert warning_text(warning) == text


def test_a_balance_says_its_currency_and_what_is_charged_in_others() -> None:
    company = Holder(id="acme", currency="USD")
    assert balance_text(Balance(company, Decimal("1284.06"), Decimal(0))) == "$1,284.06 USD"
    beside = Balance(company, Decimal("1284.06"), Decimal(0), {"EUR": Decimal(2)})
    assert balance_text(beside) == "$1,284.06 USD; charged besides: €2.00 EUR"
