"""OpenSIPS: ``dlg_list_ctx`` of its dialog module, by the management interface over HTTP (mi_http).

Source
------
https://opensips.org/html/docs/modules/3.4.x/dialog.html (exported MI functions),
https://opensips.org/html/docs/modules/3.4.x/mi_http.html
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from cxreports.feeds.switches import http_rpc
from cxreports.feeds.switches.kamailio import CONFIRMED, ENDED, host_of, user_of
from cxreports.feeds.switches.source import NoAnswer
from cxreports.portal.feeds.under_way import Dialog

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cxreports.feeds.configuration import Switch

_METHOD: Final = "dlg_list_ctx"


class OpenSips:
    """An OpenSIPS that is asked over HTTP."""

    def __init__(self, switch: Switch) -> None:
        self._switch = switch

    def channels_now(self) -> list[Dialog]:
        """Dialogues that have not ended."""
        answer = http_rpc.ask(
            self._switch.url,
            timeout_s=self._switch.timeout_s,
            body={"jsonrpc": "2.0", "method": _METHOD, "id": 1},
            user=self._switch.user,
            password=self._switch.password.read(),
        )
        result = answer.get("result") if isinstance(answer, dict) else None
        found = result.get("Dialogs") if isinstance(result, dict) else result
        if not isinstance(found, list):
            raise NoAnswer(f"{http_rpc.where(self._switch.url)} answers {_METHOD} with no list")
        return [_dialog(each) for each in found if _number(each.get("state")) != ENDED]

    def close(self) -> None:
        """Nothing stays open."""


def _dialog(found: Mapping[str, Any]) -> Dialog:
    is_answered = _number(found.get("state")) in CONFIRMED
    answered = _number(found.get("timestart"))
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


def _number(value: Any) -> int:
    text = str(value)
    return int(text) if text.isdecimal() else 0
