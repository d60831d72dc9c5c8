"""Kamailio: ``dlg.list`` of its dialog module, by JSON-RPC over HTTP (jsonrpcs, xhttp).

Source
------
https://www.kamailio.org/docs/modules/stable/modules/dialog.html (RPC commands, states of a dialog),
https://www.kamailio.org/docs/modules/stable/modules/jsonrpcs.html
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from cxreports.feeds.switches.sip_proxy import SipProxy, host_of, is_confirmed, user_of
from cxreports.portal.feeds.under_way import Dialog

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Kamailio(SipProxy):
    """A Kamailio."""

    method: ClassVar[str] = "dlg.list"

    def dialog(self, found: Mapping[str, Any]) -> Dialog:
        """A call out of an entry of the list."""
        caller, callee = found.get("caller") or {}, found.get("callee") or {}
        is_answered = is_confirmed(found)
        return Dialog(
            id=str(found.get("call-id", "")),
            caller=user_of(str(found.get("from_uri", ""))),
            callee=user_of(str(found.get("to_uri", ""))),
            since=_instant(found.get("init_ts") or found.get("start_ts")),
            answered_at=_instant(found.get("start_ts")) if is_answered else None,
            state="answered" if is_answered else "ringing",
            attributes=tuple(_attributes(found, caller, callee)),
        )


def _attributes(
    found: Mapping[str, Any], caller: Mapping[str, Any], callee: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    """What customers are found by: variables and profiles of the dialogue, addresses, URIs."""
    for variable in found.get("variables") or ():
        if isinstance(variable, dict):
            for name, value in variable.items():
                yield str(name), str(value)
    for profile in found.get("profiles") or ():
        if isinstance(profile, dict):
            for name, value in profile.items():
                yield f"profile.{name}", str(value)
    yield "from_uri", str(found.get("from_uri", ""))
    yield "to_uri", str(found.get("to_uri", ""))
    for side, leg in (("caller", caller), ("callee", callee)):
        contact = str(leg.get("contact", ""))
        yield f"{side}_contact", contact
        if side == "caller":
            yield "source_ip", host_of(contact)


def _instant(seconds: Any) -> datetime | None:
    return datetime.fromtimestamp(int(seconds), UTC) if isinstance(seconds, int) and seconds > 0 else None
