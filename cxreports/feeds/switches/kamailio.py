"""Kamailio: ``dlg.list`` of its dialog module, by JSON-RPC over HTTP (jsonrpcs, xhttp).

Source
------
https://www.kamailio.org/docs/modules/stable/modules/dialog.html (RPC commands, states of a dialog),
https://www.kamailio.org/docs/modules/stable/modules/jsonrpcs.html
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from cxreports.feeds.switches import http_rpc
from cxreports.feeds.switches.source import NoAnswer
from cxreports.portal.feeds.under_way import Dialog

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cxreports.feeds.configuration import Switch

ENDED: Final = 5
"""State of a dialogue that is over and not yet forgotten: 1 unconfirmed, 2 early, 3 and 4 confirmed."""

CONFIRMED: Final = (3, 4)


class Kamailio:
    """A Kamailio that is asked over HTTP."""

    def __init__(self, switch: Switch) -> None:
        self._switch = switch

    def channels_now(self) -> list[Dialog]:
        """Dialogues that have not ended."""
        answer = http_rpc.ask(
            self._switch.url,
            timeout_s=self._switch.timeout_s,
            body={"jsonrpc": "2.0", "method": "dlg.list", "id": 1},
            user=self._switch.user,
            password=self._switch.password.read(),
        )
        if isinstance(answer, dict) and "error" in answer:
            error = answer["error"]
            message = error.get("message", "") if isinstance(error, dict) else error
            raise NoAnswer(f"{http_rpc.where(self._switch.url)} refuses dlg.list: {message}")
        found = answer.get("result") if isinstance(answer, dict) else None
        if not isinstance(found, list):
            raise NoAnswer(f"{http_rpc.where(self._switch.url)} answers dlg.list with no list")
        return [_dialog(each) for each in found if isinstance(each, dict) and each.get("state") != ENDED]

    def close(self) -> None:
        """Nothing stays open."""


def _dialog(found: Mapping[str, Any]) -> Dialog:
    caller, callee = found.get("caller") or {}, found.get("callee") or {}
    begun = found.get("init_ts") or found.get("start_ts")
    is_answered = found.get("state") in CONFIRMED
    return Dialog(
        id=str(found.get("call-id", "")),
        caller=user_of(str(found.get("from_uri", ""))),
        callee=user_of(str(found.get("to_uri", ""))),
        since=_instant(begun),
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


def user_of(uri: str) -> str:
    """User of a SIP or tel URI: ``sip:34910000001@example.org;x=y`` is 34910000001."""
    address = uri.partition(":")[2] or uri
    user, at, _ = address.rpartition("@")
    return (user if at else address).partition(";")[0].partition(":")[0]


def host_of(uri: str) -> str:
    """Host of a SIP URI, without its port."""
    address = (uri.partition(":")[2] or uri).rpartition("@")[2].partition(";")[0].partition(">")[0]
    if address.startswith("["):
        return address[1:].partition("]")[0]
    return address.partition(":")[0]


def _instant(seconds: Any) -> datetime | None:
    return datetime.fromtimestamp(int(seconds), UTC) if isinstance(seconds, int) and seconds > 0 else None
