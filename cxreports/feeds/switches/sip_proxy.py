"""What Kamailio and OpenSIPS share: both list the dialogues of their dialog module by JSON-RPC over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from cxreports.feeds.switches import http_rpc
from cxreports.feeds.switches.source import NoAnswer, Silent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cxreports.feeds.configuration import Switch
    from cxreports.portal.feeds.under_way import Dialog

_CONFIRMED: Final = frozenset({3, 4})
_ENDED: Final = 5
"""States of a dialogue: 1 unconfirmed, 2 early, 3 and 4 confirmed, 5 over and not yet forgotten."""


class SipProxy(Silent):
    """A SIP proxy that is asked for its dialogues."""

    method: ClassVar[str]
    """By which it lists them."""

    def __init__(self, switch: Switch) -> None:
        self._switch = switch

    def channels_now(self) -> list[Dialog]:
        """Dialogues that have not ended."""
        found = self.listed(http_rpc.call(self._switch, self.method))
        if not isinstance(found, list):
            raise NoAnswer(f"{http_rpc.where(self._switch.url)} answers {self.method} with no list")
        return [self.dialog(each) for each in found if isinstance(each, dict) and _state(each) != _ENDED]

    def listed(self, result: Any) -> Any:
        """The list in a result."""
        return result

    def dialog(self, found: Mapping[str, Any]) -> Dialog:
        """A call out of an entry of the list."""
        raise NotImplementedError


def is_confirmed(found: Mapping[str, Any]) -> bool:
    """Whether an entry's dialogue was answered."""
    return _state(found) in _CONFIRMED


def number(value: Any) -> int:
    """Whole number, be it written as text; 0 for anything else."""
    text = str(value)
    return int(text) if text.isdecimal() else 0


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


def _state(found: Mapping[str, Any]) -> int:
    return number(found.get("state"))
