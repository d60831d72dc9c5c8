"""The audit log as people read it."""

from typing import TYPE_CHECKING, Any, Final

from cxreports.language import _, ngettext
from cxreports.portal.audit import EVENTS, Event

if TYPE_CHECKING:
    from cxreports.portal.tables import AuditEntry

_NOTHING: Final = "\N{EN DASH}"


def title(event: str) -> str:
    """Sentence of an event; of one of another release its name."""
    found = EVENTS.get(event)
    return event if found is None else _(found.sentence)


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
        case (
            Event.PASSKEY_ADDED
            | Event.PASSKEY_REMOVED
            | Event.VIEW_SAVED
            | Event.VIEW_SHARED
            | Event.VIEW_UNSHARED
            | Event.VIEW_DELETED
        ):
            words = str(told.get("name", ""))
        case Event.PROFILE_CHANGED:
            words = _changes(told.get("changed", {}))
        case Event.ACCESS_REFUSED | Event.TOO_MANY_TRIES:
            words = f"{told.get('method', '')} {told.get('path', '')}".strip()
        case Event.LANGUAGE_CHANGED:
            words = str(told.get("language", ""))
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
