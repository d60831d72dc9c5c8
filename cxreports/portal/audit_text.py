"""The audit log as people read it."""

from typing import TYPE_CHECKING, Any, Final

from cxreports.language import _, ngettext
from cxreports.portal.audit import Event

if TYPE_CHECKING:
    from cxreports.portal.tables import AuditEntry

_NOTHING: Final = "\N{EN DASH}"


def title(event: str) -> str:
    """Say what happened; the name itself of an event of another release."""
    return _titles().get(event, event)


def detail(entry: "AuditEntry") -> str:
    """Say more of it; empty where there is no more to say."""
    told = entry.detail
    words = ""
    match entry.event:
        case Event.LOGIN:
            words = _ways().get(told.get("by", ""), "")
        case Event.LOGIN_FAILED:
            words = _steps().get(told.get("step", ""), "")
        case Event.RECOVERY_CODE_USED:
            left = int(told.get("left", 0))
            words = ngettext("{count} code is left", "{count} codes are left", left).format(count=left)
        case Event.SESSION_ENDED:
            ended = int(told.get("count", 1))
            words = ngettext("{count} browser", "{count} browsers", ended).format(count=ended)
        case Event.PASSKEY_ADDED | Event.PASSKEY_REMOVED:
            words = str(told.get("name", ""))
        case Event.PROFILE_CHANGED:
            words = _changes(told.get("changed", {}))
    return words


def _changes(changed: dict[str, Any]) -> str:
    names = {
        "name": _("Name"),
        "email": _("E-mail"),
        "department": _("Department"),
        "phone": _("Phone"),
        "mobile": _("Mobile"),
    }
    return "; ".join(
        f"{names.get(field, field)}: {before or _NOTHING} → {after or _NOTHING}"
        for field, (before, after) in changed.items()
    )


def _ways() -> dict[str, str]:
    return {
        "password": _("by password"),
        "passkey": _("by passkey"),
        "password and totp": _("by password and authenticator code"),
        "password and recovery_code": _("by password and recovery code"),
        "password and passkey": _("by password and passkey"),
    }


def _steps() -> dict[str, str]:
    return {
        "password": _("the password was not right"),
        "confirmation": _("the password was not right when it was asked for again"),
        "second factor": _("the code was not right"),
        "passkey": _("the passkey was not accepted"),
    }


def _titles() -> dict[str, str]:
    return {
        Event.LOGIN: _("Logged in"),
        Event.LOGIN_FAILED: _("Log-in failed"),
        Event.LOGOUT: _("Logged out"),
        Event.SESSION_ENDED: _("Logged out elsewhere"),
        Event.PASSWORD_CHANGED: _("Password changed"),
        Event.PASSWORD_RESET_ASKED: _("New password asked for"),
        Event.PASSWORD_RESET: _("Password chosen by a mailed link"),
        Event.TWO_FACTOR_ENABLED: _("Two-factor authentication turned on"),
        Event.TWO_FACTOR_DISABLED: _("Two-factor authentication turned off"),
        Event.RECOVERY_CODE_USED: _("Recovery code used"),
        Event.RECOVERY_CODES_RENEWED: _("New recovery codes made"),
        Event.PASSKEY_ADDED: _("Passkey added"),
        Event.PASSKEY_REMOVED: _("Passkey removed"),
        Event.PROFILE_CHANGED: _("Profile changed"),
        Event.EMAIL_VERIFIED: _("E-mail verified"),
        Event.MOBILE_VERIFIED: _("Mobile verified"),
        Event.USER_ADDED: _("User added"),
        Event.USER_INVITED: _("User invited"),
        Event.USER_CHANGED: _("User changed"),
        Event.USER_DISABLED: _("User disabled"),
        Event.USER_ENABLED: _("User enabled"),
        Event.COMPANY_ADDED: _("Company added"),
        Event.COMPANY_CHANGED: _("Company changed"),
        Event.PAYMENT_ADDED: _("Payment added"),
        Event.PAYMENT_CHANGED: _("Payment changed"),
        Event.BLOCK_ASSIGNED: _("Number block assigned"),
        Event.BLOCK_RELEASED: _("Number block released"),
        Event.NUMBER_SETTINGS_CHANGED: _("Numbering changed"),
        Event.EXTENSION_ADDED: _("Extension added"),
        Event.EXTENSION_REMOVED: _("Extension removed"),
        Event.EXPORTED: _("Exported"),
    }
