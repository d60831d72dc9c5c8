"""The audit log as people read it: sentences in their language, names instead of ids."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from cxreports.cdr.record import ALL_CUSTOMERS
from cxreports.language import LANGUAGES, _, ngettext, number
from cxreports.portal.actor import CONSOLE
from cxreports.portal.audit import EVENTS, Event
from cxreports.portal.labels import company_labels, payment_labels, profile_labels, role_labels
from cxreports.wording import ABSENT, moment, money

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from cxreports.portal.tables import AuditEntry, Company

    Companies = Mapping[str, Company]

_NOBODY: Final[Companies] = {}
_MOST_LISTED: Final = 20
"""Payments and extensions that an entry lists; of more it says how many there are."""

_AMOUNTS: Final = frozenset({"debit_limit", "low_balance"})


def title(event: str) -> str:
    """Sentence of an event; of one of another release its name."""
    found = EVENTS.get(event)
    return event if found is None else _(found.sentence)


def person(entry: AuditEntry) -> str:
    """Who did it: an e-mail address, what was typed for one, or the command line; empty for a stranger."""
    return _("command line") if entry.who == CONSOLE.who else entry.who


def company_name(company_id: str | None, companies: Companies = _NOBODY) -> str:
    """Name of a company; of one that the portal does not have, its id."""
    if company_id == ALL_CUSTOMERS:
        return _("All customers")
    company = companies.get(company_id or "")
    return (company_id or "") if company is None else company.name


def detail(entry: AuditEntry, companies: Companies = _NOBODY) -> str:
    """What else there is to say of an entry; empty where its title says all.

    Parameters
    ----------
    companies
        Companies that it may name, by id.
    """
    write = _WRITERS.get(entry.event)
    return "" if write is None else write(entry, companies)


def _joined(parts: Iterable[str]) -> str:
    return "; ".join(part for part in parts if part)


def _other(entry: AuditEntry) -> str:
    """Whom it was done to, where it is somebody else than who did it."""
    user = str(entry.detail.get("user", ""))
    return "" if user == entry.who else user


def _user(entry: AuditEntry, _companies: Companies) -> str:
    return str(entry.detail.get("user", ""))


def _login(entry: AuditEntry, _companies: Companies) -> str:
    ways = {
        "password": _("by password"),
        "passkey": _("by passkey"),
        "password and totp": _("by password and authenticator code"),
        "password and recovery_code": _("by password and recovery code"),
        "password and passkey": _("by password and passkey"),
    }
    return ways.get(entry.detail.get("by", ""), "")


def _login_failed(entry: AuditEntry, _companies: Companies) -> str:
    steps = {
        "password": _("the password was not right"),
        "confirmation": _("the password was not right when it was asked for again"),
        "second factor": _("the code was not right"),
        "passkey": _("the passkey was not accepted"),
    }
    wait = int(entry.detail.get("wait_s", 0))
    pause = ngettext("next try after {count} second", "next try after {count} seconds", wait)
    return _joined(
        [steps.get(entry.detail.get("step", ""), ""), pause.format(count=number(wait)) if wait else ""]
    )


def _by_whom(entry: AuditEntry, _companies: Companies) -> str:
    who = entry.detail.get("by", "")
    return _("by {name}").format(name=_("command line") if who == CONSOLE.who else who) if who else ""


def _codes_left(entry: AuditEntry, _companies: Companies) -> str:
    left = int(entry.detail.get("left", 0))
    return ngettext("{count} code is left", "{count} codes are left", left).format(count=left)


def _browsers(entry: AuditEntry, _companies: Companies) -> str:
    ended = int(entry.detail.get("count", 1))
    return ngettext("{count} browser", "{count} browsers", ended).format(count=ended)


def _name(entry: AuditEntry, _companies: Companies) -> str:
    return str(entry.detail.get("name", ""))


def _receiver(entry: AuditEntry, companies: Companies) -> str:
    return _joined([_name(entry, companies), entry.detail.get("target", ""), entry.detail.get("answer", "")])


def _reset(entry: AuditEntry, _companies: Companies) -> str:
    return {"invitation": _("by an invitation")}.get(entry.detail.get("by", ""), "")


def _profile(entry: AuditEntry, _companies: Companies) -> str:
    labels = profile_labels()
    changes = (
        f"{labels.get(field, field)}: {before or ABSENT} → {after or ABSENT}"
        for field, (before, after) in entry.detail.get("changed", {}).items()
    )
    return _joined([_other(entry), *changes])


def _email_asked(entry: AuditEntry, _companies: Companies) -> str:
    return f"{entry.detail.get('user', entry.who)} → {entry.detail.get('email', ABSENT)}"


def _email_changed(entry: AuditEntry, _companies: Companies) -> str:
    return f"{entry.detail.get('before', ABSENT)} → {entry.who}"


def _user_added(entry: AuditEntry, _companies: Companies) -> str:
    return _joined([str(entry.detail.get("user", "")), role_labels().get(entry.detail.get("role", ""), "")])


def _user_changed(entry: AuditEntry, _companies: Companies) -> str:
    freed = _("may try to log in again at once") if entry.detail.get("unlocked") else ""
    return _joined([str(entry.detail.get("user", "")), freed])


def _company(entry: AuditEntry, companies: Companies) -> str:
    company = companies.get(entry.company_id or "")
    currency = entry.detail.get("currency") or (company.currency if company else None)
    labels = company_labels()
    return _joined(
        f"{labels[field]}: {_amount(value, currency) if field in _AMOUNTS else value}"
        for field, value in entry.detail.items()
        if field in labels and value not in {None, ""}
    )


def _amount(value: Any, currency: str | None) -> str:
    return money(Decimal(str(value)), currency, exact=True)


def _payment(entry: AuditEntry, _companies: Companies) -> str:
    payment, labels = entry.detail, payment_labels()
    if "payments" in payment:
        return _imported(payment)
    return _joined(
        [
            _amount(payment["amount"], payment.get("currency")) if "amount" in payment else "",
            labels.get(payment.get("kind", ""), ""),
            labels.get(payment.get("status", ""), ""),
            payment.get("reference") or "",
        ]
    )


def _imported(detail: Mapping[str, Any]) -> str:
    payments = detail["payments"]
    count = ngettext("{count} entry from {file}", "{count} entries from {file}", len(payments)).format(
        count=number(len(payments)), file=detail.get("file", ABSENT)
    )
    amounts = ", ".join(
        f"{_amount(each['amount'], each.get('currency'))} ({each['reference']})"
        for each in payments[:_MOST_LISTED]
    )
    return f"{count}: {amounts}{' …' if len(payments) > _MOST_LISTED else ''}"


def _payment_settled(entry: AuditEntry, _companies: Companies) -> str:
    payment, labels = entry.detail, payment_labels()
    before, after = (labels.get(payment.get(name, ""), ABSENT) for name in ("before", "after"))
    amount = _amount(payment["amount"], payment.get("currency")) if "amount" in payment else ""
    return _joined([amount, payment.get("reference") or "", f"{before} → {after}"])


def _block(entry: AuditEntry, _companies: Companies) -> str:
    first, last = entry.detail.get("first"), entry.detail.get("last")
    block = f"{first}–{last}" if last else _("from {first} on").format(first=first)  # noqa: RUF001 (a range)
    gone = entry.detail.get("extensions") or []
    if not gone:
        return block
    with_it = ngettext("with {count} extension", "with {count} extensions", len(gone)).format(
        count=number(len(gone))
    )
    listed = ", ".join(map(str, gone[:_MOST_LISTED]))
    return _joined([block, f"{with_it}: {listed}{' …' if len(gone) > _MOST_LISTED else ''}"])


def _numbering(entry: AuditEntry, _companies: Companies) -> str:
    return _("blocks of {size} numbers from {first} on").format(
        size=entry.detail.get("size"), first=entry.detail.get("first")
    )


def _extension(entry: AuditEntry, _companies: Companies) -> str:
    return str(entry.detail.get("number", ""))


def _exported(entry: AuditEntry, companies: Companies) -> str:
    sources = {
        "access log": _("Access log"),
        "weekly review": _("Weekly review"),
        "dashboard": _("Dashboard"),
        "call records": _("Call records"),
        "customers": _("Customers"),
        "deliveries": _("Deliveries"),
    }
    what, rows = entry.detail.get("what", ""), entry.detail.get("rows")
    counted = "" if rows is None else ngettext("{count} row", "{count} rows", rows).format(count=number(rows))
    form, customer = entry.detail.get("form", ""), entry.detail.get("customer")
    return _joined([sources.get(what, what), company_name(customer, companies), form.upper(), counted])


def _language(entry: AuditEntry, _companies: Companies) -> str:
    tag = str(entry.detail.get("language", ""))
    return LANGUAGES.get(tag, tag)


def _refused(entry: AuditEntry, _companies: Companies) -> str:
    purposes = {
        "email": _("for the e-mail address"),
        "mobile": _("for the mobile number"),
        "reset": _("to choose another password"),
        "invitation": _("of an invitation"),
    }
    asked = f"{entry.detail.get('method', '')} {entry.detail.get('path', '')}".strip()
    further = _("further ones of this minute are left out") if entry.detail.get("more") else ""
    return _joined([asked, purposes.get(entry.detail.get("purpose", ""), ""), further])


def _alert(entry: AuditEntry, _companies: Companies) -> str:
    until = entry.detail.get("until")
    parts = [entry.detail.get("title", ""), entry.detail.get("note", "")]
    if until:
        parts.append(moment(datetime.fromisoformat(until)))
    return _joined(map(str, parts))


_WRITERS: Final[dict[str, Callable[[AuditEntry, Companies], str]]] = {
    Event.LOGIN: _login,
    Event.LOGIN_FAILED: _login_failed,
    Event.SESSION_ENDED: _browsers,
    Event.PASSWORD_CHANGED: _user,
    Event.PASSWORD_RESET_ASKED: _user,
    Event.PASSWORD_RESET: _reset,
    Event.TWO_FACTOR_DISABLED: _by_whom,
    Event.RECOVERY_CODE_USED: _codes_left,
    Event.PASSKEY_ADDED: _name,
    Event.PASSKEY_REMOVED: _name,
    Event.VIEW_SAVED: _name,
    Event.VIEW_SHARED: _name,
    Event.VIEW_UNSHARED: _name,
    Event.VIEW_DELETED: _name,
    Event.SCHEDULE_ADDED: _name,
    Event.SCHEDULE_CHANGED: _name,
    Event.SCHEDULE_PAUSED: _name,
    Event.SCHEDULE_RESUMED: _name,
    Event.SCHEDULE_REMOVED: _name,
    Event.REPORT_ASKED: _name,
    Event.RECEIVER_REMOVED: _receiver,
    Event.UNSUBSCRIBED: _name,
    Event.PROFILE_CHANGED: _profile,
    Event.EMAIL_CHANGE_ASKED: _email_asked,
    Event.EMAIL_CHANGED: _email_changed,
    Event.USER_ADDED: _user_added,
    Event.USER_INVITED: _user_added,
    Event.USER_CHANGED: _user_changed,
    Event.USER_DISABLED: _user,
    Event.USER_ENABLED: _user,
    Event.COMPANY_ADDED: _company,
    Event.COMPANY_CHANGED: _company,
    Event.PAYMENT_ADDED: _payment,
    Event.PAYMENT_CHANGED: _payment_settled,
    Event.BLOCK_ASSIGNED: _block,
    Event.BLOCK_RELEASED: _block,
    Event.NUMBER_SETTINGS_CHANGED: _numbering,
    Event.EXTENSION_ADDED: _extension,
    Event.EXTENSION_REMOVED: _extension,
    Event.EXPORTED: _exported,
    Event.LANGUAGE_CHANGED: _language,
    Event.ACCESS_REFUSED: _refused,
    Event.CODE_REFUSED: _refused,
    Event.LINK_REFUSED: _refused,
    Event.TOO_MANY_TRIES: _refused,
    **{event: _alert for event in Event if event.startswith("alert_")},
}
"""How the detail of an event is written; the title of the others says all."""
