"""The checklist: what waits for a person to settle it, each with the action that does."""

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from cxreports.language import _
from cxreports.wording import amount

if TYPE_CHECKING:
    from cxreports.portal.tables import Company, User


@dataclass(frozen=True)
class Alert:
    """Something that waits.

    Attributes
    ----------
    title
        What it is, in a few words.
    text
        What there is to know about it.
    action
        Label of what settles it; empty where that is not on a page.
    url
        Where it is settled; empty with `action`.
    """

    title: str
    text: str
    action: str = ""
    url: str = ""


@dataclass(frozen=True)
class Places:
    """Where the pages are that settle alerts.

    Attributes
    ----------
    email, mobile, two_factor
        Addresses of pages.
    pay
        Where the company pays; empty where that is not set up.
    """

    email: str = "/profile#email"
    mobile: str = "/profile#mobile"
    two_factor: str = "/profile#two-factor"
    pay: str = ""


PLACES: Final = Places()


def is_low(company: "Company", balance: Decimal) -> bool:
    """Whether a balance is used up, or at the mark at which the company is warned."""
    return balance <= max(Decimal(0), company.low_balance or Decimal(0))


def alerts(
    user: "User | None", company: "Company | None", *, balance: Decimal | None, places: Places = PLACES
) -> list[Alert]:
    """Give what is outstanding, most urgent first.

    Parameters
    ----------
    user
        Who is told; None for the company's alerts alone.
    company
        Whose balance is looked at; None for an operator's user.
    balance
        The company's, in its currency; None where nobody keeps one.
    """
    found = [] if company is None or balance is None else _of_balance(company, balance, places)
    return found if user is None else found + _of_user(user, places)


def _of_user(user: "User", places: Places) -> list[Alert]:
    found = []
    if user.email_verified_at is None:
        text = _("Nothing but your word says yet that mail to {email} reaches you.").format(email=user.email)
        found.append(Alert(_("E-mail not verified"), text, _("Verify e-mail"), places.email))
    if user.mobile_verified_at is None:
        text = (
            _("Text messages to {mobile} have not been confirmed yet.").format(mobile=user.mobile)
            if user.mobile
            else _("Your profile has no mobile number yet.")
        )
        action = _("Verify mobile") if user.mobile else _("Add mobile number")
        found.append(Alert(_("Mobile not verified"), text, action, places.mobile))
    if user.totp_enabled_at is None:
        text = _("Your password alone opens your account: whoever guesses or steals it is in.")
        found.append(Alert(_("Two-factor authentication is off"), text, _("Enable"), places.two_factor))
    return found


def _of_balance(company: "Company", balance: Decimal, places: Places) -> list[Alert]:
    if not is_low(company, balance):
        return []
    if balance < -company.debit_limit:
        title = _("The debit limit is exceeded")
    elif balance <= 0:
        title = _("The balance is used up")
    else:
        title = _("The balance is low")
    stands = _("It stands at {amount}.").format(amount=amount(balance, company.currency))
    return [Alert(title, stands, _("Make a payment") if places.pay else "", places.pay)]
