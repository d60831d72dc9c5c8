"""What is outstanding, in the reader's language: checklist of the bar, warnings of the operator's table."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final, assert_never

from cxreports.accounts.checklist import NoSecondFactor, UnverifiedEmail, UnverifiedMobile
from cxreports.accounts.low_balance import Level, LowBalance
from cxreports.accounts.warnings import AsrFall, ChannelsNearLimit, ForeignCharges, NoCalls, NoCompany
from cxreports.alerts.sentences import found_text, title_text
from cxreports.clock import zone
from cxreports.desk.answers import FiringAlert
from cxreports.language import _, date_and_time, number
from cxreports.wording import money, time_on_the_clock

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from cxreports.accounts.account import Account
    from cxreports.accounts.checklist import Waiting
    from cxreports.accounts.warnings import CustomerWarning

EMAIL: Final = "/profile#email"
MOBILE: Final = "/profile#mobile"
TWO_FACTOR: Final = "/profile#two-factor"
ALERTS: Final = "/alerts"


@dataclass(frozen=True)
class Notice:
    """An item of the checklist as the top bar shows it.

    Attributes
    ----------
    title
        What it is, in a few words.
    text
        What there is to know about it.
    action
        Label of the link that settles it; empty where no page does.
    url
        Where it is settled; empty with `action`.
    level
        Level of an alert that fires; empty for what waits otherwise.
    """

    title: str
    text: str
    action: str = ""
    url: str = ""
    level: str = ""


def outstanding(account: Account, tz: str, now: datetime) -> list[Notice]:
    """Checklist of an account, worded, most urgent first; times are those of a zone's clocks."""
    return [
        _firing(item, tz, now) if isinstance(item, FiringAlert) else notice_of(item, account.pay_url)
        for item in account.checklist
    ]


def _firing(alert: FiringAlert, tz: str, now: datetime) -> Notice:
    found = found_text(
        alert.metric,
        Decimal(alert.value),
        alert.currency,
        alert.since,
        zone(tz),
        is_change=alert.is_change,
        why=alert.why,
    )
    since = time_on_the_clock(alert.since, zone(tz), now)
    text = _("{figure}, firing since {time}").format(figure=found, time=since)
    title = title_text(alert.standing, alert.title)
    return Notice(title, text, _("Show"), f"{ALERTS}#alert-{alert.id}", level=alert.level)


def notice_of(item: Waiting, pay_url: str = "") -> Notice:
    """Wording of what waits to be settled, with the link that settles it."""
    match item:
        case LowBalance():
            text = _("It stands at {amount}.").format(amount=money(item.left, item.currency))
            return Notice(
                _low_balance_title(item.level), text, _("Make a payment") if pay_url else "", pay_url
            )
        case UnverifiedEmail():
            text = _("Nothing but your word says yet that mail to {email} reaches you.")
            return Notice(_("E-mail not verified"), text.format(email=item.email), _("Verify e-mail"), EMAIL)
        case UnverifiedMobile(""):
            text = _("Your profile has no mobile number yet.")
            return Notice(_("Mobile not verified"), text, _("Add mobile number"), MOBILE)
        case UnverifiedMobile():
            text = _("Text messages to {mobile} have not been confirmed yet.").format(mobile=item.mobile)
            return Notice(_("Mobile not verified"), text, _("Verify mobile"), MOBILE)
        case NoSecondFactor():
            text = _("Your password alone opens your account: whoever guesses or steals it is in.")
            return Notice(_("Two-factor authentication is off"), text, _("Enable"), TWO_FACTOR)
        case _:
            assert_never(item)


def firing_in(firing: Iterable[FiringAlert], metric: str) -> list[tuple[str, datetime]]:
    """Titles of the alerts that a metric's graph shows, and since when they fire."""
    return [
        (title_text(alert.standing, alert.title), alert.since)
        for alert in firing
        if _graph_of(alert) == metric
    ]


def _graph_of(alert: FiringAlert) -> str:
    """Graph that an alert stands on; of a learned rule that of what left its band."""
    metric = alert.metric if alert.why is None else str(alert.why["metric"])
    return {"channels_pct": "channels", "dtmf_calls": "dtmf", "connected": "attempts"}.get(metric, metric)


def warning_text(warning: CustomerWarning) -> str:
    """Wording of a warning about a customer."""
    match warning:
        case ChannelsNearLimit(used, limit):
            text = _("{used} of {limit} channels in use").format(used=number(used), limit=number(limit))
        case AsrFall():
            text = _("ASR {points} points below the day before").format(points=number(warning.points, 1))
        case NoCalls():
            text = _silence_text(warning.last_call)
        case NoCompany():
            text = _("no company in the portal")
        case LowBalance():
            over_limit = warning.level is Level.OVER_LIMIT
            text = _("debit limit exceeded") if over_limit else _("balance low")
        case ForeignCharges(charges):
            text = _("calls charged in another currency: {amounts}").format(amounts=amounts_text(charges))
        case _:
            assert_never(warning)
    return text


def amounts_text(charges: Iterable[tuple[str, Decimal]]) -> str:
    """Amounts of several currencies, by currency: ``€2.00 EUR, £1.00 GBP``."""
    return ", ".join(money(cost, currency, code=True) for currency, cost in sorted(charges))


def _silence_text(last_call: datetime | None) -> str:
    if last_call is None:
        return _("no calls yet")
    return _("no calls since {time} UTC").format(time=date_and_time(last_call, "yMMMd"))


def _low_balance_title(level: Level) -> str:
    match level:
        case Level.OVER_LIMIT:
            return _("The debit limit is exceeded")
        case Level.USED_UP:
            return _("The balance is used up")
        case Level.LOW:
            return _("The balance is low")
        case _:
            assert_never(level)
