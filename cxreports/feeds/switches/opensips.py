"""OpenSIPS: ``dlg_list_ctx`` of its dialog module, by the management interface over HTTP (mi_http).

Source
------
https://opensips.org/html/docs/modules/3.4.x/dialog.html (exported MI functions),
https://opensips.org/html/docs/modules/3.4.x/mi_http.html
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from cxreports.feeds.switches.sip_proxy import SipProxy, host_of, is_confirmed, number, user_of
from cxreports.portal.feeds.under_way import Dialog

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class OpenSips(SipProxy):
    """An OpenSIPS."""

    method: ClassVar[str] = "dlg_list_ctx"

    def listed(self, result: Any) -> Any:
        """The list in a result."""
        return result.get("Dialogs") if isinstance(result, dict) else result

    def dialog(self, found: Mapping[str, Any]) -> Dialog:
        """A call out of an entry of the list."""
        is_answered, answered = is_confirmed(found), number(found.get("timestart"))
        at = datetime.fromtimestamp(answered, UTC) if answered else None
        return Dialog(
            id=str(found.get("callid", "")),
            caller=user_of(str(found.get("from_uri", ""))),
            callee=user_of(str(found.get("to_uri", ""))),
            # The interface says when a dialogue was answered, not when it was begun.
            since=at,
            answered_at=at if is_answered else None,
            state="answered" if is_answered else "ringing",
            attributes=tuple(_attributes(found)),
        )


def _attributes(found: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    context = found.get("context") or {}
    for kind, prefix in (("values", ""), ("profiles", "profile.")):
        for each in context.get(kind) or ():
            if isinstance(each, dict):
                for name, value in each.items():
                    yield f"{prefix}{name}", str(value)
    contact = str(found.get("caller_contact", ""))
    yield "from_uri", str(found.get("from_uri", ""))
    yield "to_uri", str(found.get("to_uri", ""))
    yield "caller_contact", contact
    yield "source_ip", host_of(contact)
