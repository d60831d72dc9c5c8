"""A rule's fields as people type them, read into what is kept."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from cxreports.errors import BadField
from cxreports.language import _
from cxreports.portal import fields
from cxreports.portal.alerts.watched import WATCHED, Watched

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from decimal import Decimal

LEVELS: Final = ("notice", "warning", "critical")

DIRECTIONS: Final = ("", "inbound", "outbound")
COMPARED: Final = ("", "week")

JUDGED: Final = frozenset(
    {
        "metric", "compared", "destination", "sip", "direction", "is_below", "threshold", "reset",
        "sample_min", "fewest_calls", "lasting_min", "is_each",
    }
)  # fmt: skip
"""Fields that say how it is judged."""

LONGEST_TITLE: Final = 120
LONGEST_SAMPLE_MIN: Final = 24 * 60
LONGEST_LASTING_MIN: Final = 24 * 60
LONGEST_REPEAT_MIN: Final = 7 * 24 * 60
MOST_CALLS: Final = 1_000_000
MOST_EMAILS: Final = 20

_LONGEST_URL: Final = 1000
_LONGEST_EMAIL: Final = 254
_EMAIL: Final = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+\.[^@\s,;<>\".]+")
_SIP: Final = re.compile(r"[1-6](\d\d|[xX]{2})|none")

DEFAULTS: Final[Mapping[str, Any]] = {
    "compared": "", "destination": "", "sip": "", "direction": "", "is_below": True, "sample_min": 30,
    "fewest_calls": 0, "lasting_min": 0, "repeat_min": 0, "level": "warning", "emails": [], "webhook": "",
    "is_each": False, "to_operators": False,
}  # fmt: skip
"""Fields that can be left out."""


def read(typed: Mapping[str, Any], *, has_company: bool) -> dict[str, Any]:
    """Values of all fields of a rule.

    Parameters
    ----------
    typed
        ``title``, ``metric``, ``threshold``, ``reset`` and others of a row (`AlertRule`); what is left out is
        as `DEFAULTS` have it, the reset as the threshold.
    has_company
        Whether the rule is a company's.

    Raises
    ------
    BadField
        A field cannot be taken; all of them that cannot are named.
    """
    given = {**DEFAULTS, **typed}
    if given.get("reset") in {None, ""}:
        given["reset"] = given.get("threshold", "")
    values = fields.each_of({name: partial(clean, given.get(name, "")) for name, clean in _READ.items()})
    for name in ("is_each", "to_operators"):
        values[name] = bool(given[name]) and not has_company
    _check(values, WATCHED[values["metric"]], has_company=has_company)
    return values


def _check(values: dict[str, Any], watched: Watched, *, has_company: bool) -> None:
    """Refuse fields that do not go together."""
    is_right = (
        values["reset"] >= values["threshold"]
        if values["is_below"]
        else values["reset"] <= values["threshold"]
    )
    if not is_right:
        raise BadField(
            "reset",
            _("A rule that fires below its threshold is reset at it or above.")
            if values["is_below"]
            else _("A rule that fires above its threshold is reset at it or below."),
        )
    if watched.needs_company and not has_company and not values["is_each"]:
        raise BadField("metric", _("This is of one company: watch every customer by itself."))
    if not watched.is_metric and (
        values["compared"] or values["destination"] or values["sip"] or values["direction"]
    ):
        raise BadField("metric", _("This is not of calls: it cannot be narrowed or compared."))
    if not watched.is_ratio and not values["compared"]:
        values["fewest_calls"] = 0


def _one_of(field: str, allowed: Iterable[str], typed: Any) -> str:
    if typed not in tuple(allowed):
        raise BadField(field, _("This is none of the choices."))
    return str(typed)


def _whole(field: str, most: int, least: int = 0) -> Callable[[Any], int]:
    return lambda typed: fields.whole(field, typed, least=least, most=most)


def _decimal(field: str) -> Callable[[Any], Decimal]:
    return lambda typed: fields.amount(field, typed)


def _sip(typed: Any) -> str:
    text = fields.line("sip", typed).lower()
    if text and not _SIP.fullmatch(text):
        raise BadField(
            "sip",
            _("{code} is no SIP code: write a code such as 486, or a class such as 4xx").format(code=text),
        )
    return text


def _emails(typed: Any) -> list[str]:
    listed = re.split(r"[\s,;]+", typed) if isinstance(typed, str) else list(typed)
    found = list(dict.fromkeys(address for each in listed if (address := fields.line("emails", each))))
    if len(found) > MOST_EMAILS:
        raise BadField("emails", _("{most} addresses are the most.").format(most=MOST_EMAILS))
    for address in found:
        if len(address) > _LONGEST_EMAIL or not _EMAIL.fullmatch(address):
            raise BadField("emails", _("{address} is no e-mail address.").format(address=address))
    return found


def _webhook(typed: Any) -> str:
    url = fields.line("webhook", typed, most=_LONGEST_URL)
    try:
        parts = urlsplit(url)
        is_one = parts.scheme in {"https", "http"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_one = False
    if url and not is_one:
        raise BadField("webhook", _("This should be an address such as https://noc.example.org/hooks/calls."))
    return url


_READ: Final[Mapping[str, Callable[[Any], Any]]] = {
    "title": lambda typed: " ".join(fields.line("title", typed, most=LONGEST_TITLE, required=True).split()),
    "metric": lambda typed: _one_of("metric", WATCHED, typed),
    "compared": lambda typed: _one_of("compared", COMPARED, typed),
    "destination": lambda typed: fields.line("destination", typed),
    "sip": _sip,
    "direction": lambda typed: _one_of("direction", DIRECTIONS, typed),
    "is_below": bool,
    "threshold": _decimal("threshold"),
    "reset": _decimal("reset"),
    "sample_min": _whole("sample_min", LONGEST_SAMPLE_MIN, 1),
    "fewest_calls": _whole("fewest_calls", MOST_CALLS),
    "lasting_min": _whole("lasting_min", LONGEST_LASTING_MIN),
    "repeat_min": _whole("repeat_min", LONGEST_REPEAT_MIN),
    "level": lambda typed: _one_of("level", LEVELS, typed),
    "emails": _emails,
    "webhook": _webhook,
}
