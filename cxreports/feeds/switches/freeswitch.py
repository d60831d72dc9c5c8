"""FreeSWITCH: ``show channels as json`` over its event socket, and the events of its channels.

Source
------
https://developer.signalwire.com/freeswitch/FreeSWITCH-Explained/Modules/mod_event_socket_1048924/,
https://developer.signalwire.com/freeswitch/FreeSWITCH-Explained/Introduction/Event-System/Event-List_7143557/
"""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from cxreports.feeds.switches.source import NoAnswer
from cxreports.feeds.switches.tcp import OverTcp
from cxreports.portal.feeds.under_way import Dialog

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cxreports.feeds.switches.tcp import Connection

LOG: Final = logging.getLogger(__name__)

EVENTS: Final = (
    "CHANNEL_CREATE",
    "CHANNEL_ANSWER",
    "CHANNEL_BRIDGE",
    "CHANNEL_HANGUP_COMPLETE",
    "CHANNEL_DESTROY",
)
"""Events after which the list of channels is another."""

_RINGING: Final = frozenset({"DOWN", "DIALING", "RINGING", "EARLY", "RING_WAIT"})
_ATTRIBUTES: Final = ("accountcode", "context", "name", "presence_id", "presence_data", "initial_dest")


class FreeSwitch(OverTcp):
    """A FreeSWITCH that is asked over its event socket."""

    def asked(self, connection: Connection) -> list[Dialog]:
        """Calls: the channels that belong together, named after the caller's."""
        connection.send("api show channels as json\n\n")
        try:
            answer = json.loads(self._answer(connection))
        except ValueError as error:
            raise NoAnswer(f"{self._switch.url} answers with what is no JSON") from error
        rows = answer.get("rows", []) if isinstance(answer, dict) else None
        if not isinstance(rows, list):
            raise NoAnswer(f"{self._switch.url} answers with no list of channels")
        calls: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        for row in rows:
            calls[row.get("call_uuid") or row.get("uuid", "")].append(row)
        return [_dialog(id_, legs) for id_, legs in calls.items()]

    def log_in(self, connection: Connection) -> None:
        """Answer the request for the password, and subscribe to the events of channels.

        A user that may not have events is asked all the same.
        """
        if connection.headers().get("Content-Type") != "auth/request":
            raise NoAnswer(f"{connection.where} is no event socket")
        if not self._reply(connection, f"auth {self._switch.password.read()}").startswith("+OK"):
            raise NoAnswer(f"{connection.where} refuses the password")
        if self._switch.events:
            reply = self._reply(connection, f"event json {' '.join(EVENTS)}")
            if not reply.startswith("+OK"):
                LOG.warning("%s gives no events: %s", self._switch.name, reply)

    def is_change(self, connection: Connection) -> bool:
        """Read a message: an event of a channel, or that the switch hangs up."""
        return self._passed(connection, connection.headers())

    def _reply(self, connection: Connection, command: str) -> str:
        connection.send(f"{command}\n\n")
        while (headers := connection.headers()).get("Content-Type") != "command/reply":
            self.heard(is_change=self._passed(connection, headers))
        return headers.get("Reply-Text", "")

    def _answer(self, connection: Connection) -> bytes:
        while (headers := connection.headers()).get("Content-Type") != "api/response":
            self.heard(is_change=self._passed(connection, headers))
        return connection.body(_size(headers))

    @staticmethod
    def _passed(connection: Connection, headers: Mapping[str, str]) -> bool:
        """Read past the body of what was not asked for; whether it was an event."""
        connection.skip(_size(headers))
        kind = headers.get("Content-Type", "")
        if kind == "text/disconnect-notice":
            raise NoAnswer(f"{connection.where} has hung up")
        return kind.startswith("text/event-")


def _size(headers: Mapping[str, str]) -> int:
    size = headers.get("Content-Length", "0")
    return int(size) if size.isdecimal() else -1


def _dialog(id_: str, legs: Sequence[Mapping[str, Any]]) -> Dialog:
    own = next((leg for leg in legs if leg.get("uuid") == id_), None)
    caller = own or min(
        legs, key=lambda leg: (leg.get("direction") != "inbound", leg.get("created_epoch", ""))
    )
    created = str(caller.get("created_epoch") or "")
    return Dialog(
        id=id_,
        caller=str(caller.get("cid_num") or ""),
        callee=str(caller.get("dest") or ""),
        since=datetime.fromtimestamp(int(created), UTC) if created.isdecimal() else None,
        state="ringing" if str(caller.get("callstate")) in _RINGING else "answered",
        attributes=(
            ("source_ip", str(caller.get("ip_addr") or "")),
            ("account", str(caller.get("accountcode") or "")),
            *((name, str(caller[name])) for name in _ATTRIBUTES if caller.get(name)),
        ),
    )
