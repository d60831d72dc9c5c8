"""Notices: what a page says in a plain panel when it has nothing to show, or something failed.

A company whose calls have not come yet gets its first day: what it can settle meanwhile, and what its
operator does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from cxreports.accounts.checklist import NoSecondFactor, UnverifiedEmail, UnverifiedMobile
from cxreports.accounts.low_balance import LowBalance
from cxreports.desk.answers import FiringAlert
from cxreports.language import _, number
from cxreports.pages.outstanding import notice_of
from cxreports.visitor import current
from cxreports.wording import money

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxreports.accounts.account import Account

Step = dict[str, Any]
"""``{"title", "text", "done", "action", "url"}``; done is None for what nobody has to do."""


def notice(kind: Literal["error", "empty"], title: str, text: str, code: str = "") -> dict[str, Any]:
    """A notice as the pages' widgets take it."""
    return {"kind": kind, "title": title, "text": text, "code": code}


def no_calls() -> dict[str, Any]:
    """Notice of an empty lake, for whoever fills it."""
    text = _("Load CDR files, or make a sample operator with 60 days of calls:")
    return notice("empty", _("There are no calls yet"), text, "cxreports demo")


def first_day(customer: str, name: str, account: Account) -> dict[str, Any]:
    """Notice of a customer without calls, with the steps that whoever looks at it can take.

    Parameters
    ----------
    name
        Of the company; its id where the portal knows none.
    """
    visitor = current()
    if visitor is not None and not visitor.is_operator:
        title = _("Your operator has not delivered calls yet")
        text = _("They show here by themselves, within a minute of the first delivery.")
        cards = [
            _card(_("Meanwhile"), *_own_steps(account)),
            _card(_("Your operator's part"), *_operators_part(name, account)),
            _card(_("What you will see here"), *_terms()),
        ]
        return notice("empty", title, text) | {"cards": cards}
    title = _("There are no calls of {customer}").format(customer=name)
    text = _("They show here by themselves, within a minute after a file with them is loaded.")
    if visitor is None:
        return notice("empty", title, text)
    return notice("empty", title, text) | {
        "cards": [_card(_("What comes next"), *_operators_steps(customer, account))]
    }


def first_customer() -> dict[str, Any]:
    """Notice of a portal without a customer, with what an operator does first."""
    text = _("A customer shows here when its company is added, or when calls of it are loaded.")
    steps = (
        _step(
            _("Company added"),
            _("Its id is the customer id that its call records bear."),
            done=False,
            action=_("Add company"),
            url="/operator/companies/add",
        ),
        _step(_("First call records loaded"), _load_text(), done=False),
    )
    return notice("empty", _("There are no customers yet"), text) | {
        "cards": [_card(_("What comes next"), *steps)]
    }


def _load_text() -> str:
    return _("Load the CDR files, or put them into a watched folder.")


def _card(title: str, *steps: Step) -> dict[str, Any]:
    return {"title": title, "steps": list(steps)}


def _step(title: str, text: str = "", *, done: bool | None = None, action: str = "", url: str = "") -> Step:
    return {"title": title, "text": text, "done": done, "action": action, "url": url}


def _own_steps(account: Account) -> Iterator[Step]:
    """Steps of the visitor: the checklist, and what of it is settled already."""
    waiting = {type(item): item for item in account.checklist if not isinstance(item, FiringAlert)}
    yield _step(_("Account opened"), _("by your operator"), done=True)
    settled = {
        UnverifiedEmail: _("E-mail verified"),
        UnverifiedMobile: _("Mobile verified"),
        NoSecondFactor: _("Two-factor authentication is on"),
        LowBalance: _("Balance topped up"),
    }
    for kind, title in settled.items():
        item = waiting.get(kind)
        if item is not None:
            left = notice_of(item, account.pay_url)
            yield _step(left.title, left.text, done=False, action=left.action, url=left.url)
        elif kind is not LowBalance:
            yield _step(title, done=True)
        elif account.balance is not None:
            left_over = money(account.balance.left, account.balance.company.currency)
            yield _step(title, _("It stands at {amount}.").format(amount=left_over), done=True)


def _operators_part(name: str, account: Account) -> Iterator[Step]:
    balance = account.balance
    yield _step(
        _("Company opened"), name if balance is None else f"{name}, {balance.company.currency}", done=True
    )
    yield _step(_("Channels"), _limit(account), done=True)
    yield _step(_("First call records delivered"), _("Nothing has arrived yet."), done=False)


def _operators_steps(customer: str, account: Account) -> Iterator[Step]:
    """Steps of an operator towards a customer's first calls."""
    if account.balance is None:
        add = f"/operator/companies/add?company={customer}"
        yield _step(
            _("Company added"),
            _("The portal has none of this id."),
            done=False,
            action=_("Add company"),
            url=add,
        )
        return
    yield _step(_("Company added"), account.balance.company.currency, done=True)
    change = f"/operator/companies/change?company={customer}"
    yield _step(_("Channels"), _limit(account), done=True, action=_("Change"), url=change)
    invite = f"/operator/users?company={customer}"
    yield _step(_("Users"), _("Who of the company may log in."), action=_("Invite a user"), url=invite)
    yield _step(
        _("First call records loaded"),
        _load_text(),
        done=False,
    )


def _limit(account: Account) -> str:
    if account.channel_limit is None:
        return _("no limit")
    return _("at most {count} at once").format(count=number(account.channel_limit))


def _terms() -> Iterator[Step]:
    yield _step(_("Live channels"), _("calls in progress at once, beside your limit"))
    yield _step("ASR", _("answered calls / attempts"))
    yield _step("ACD", _("mean talk time of answered calls"))
    yield _step("DTMF", _("answered calls with keypad tones"))
