"""FreeSWITCH: ``show channels as json`` over its event socket.

Source
------
https://developer.signalwire.com/freeswitch/FreeSWITCH-Explained/Modules/mod_event_socket_1048924/
"""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from cxreports.feeds.switches.source import NoAnswer
from cxreports.feeds.switches.tcp import Connection, OverTcp
from cxreports.portal.feeds.under_way import Dialog

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_RINGING: Final = frozenset({"DOWN", "DIALING", "RINGING", "EARLY", "RING_WAIT"})
_ATTRIBUTES: Final = ("accountcode", "context", "name", "presence_id", "presence_data", "initial_dest")


class FreeSwitch(OverTcp):
    """A FreeSWITCH that is asked over its event socket."""

    def channels_now(self) -> list[Dialog]:
        """Calls: the channels that belong together, named after the caller's."""
        try:
            content = self._asked(self.connected(), "api show channels as json")
            answer = json.loads(content)
        except NoAnswer:
            self.close()
            raise
        except ValueError as error:
            self.close()
            raise NoAnswer(f"{self._switch.url} answers with what is no JSON") from error
        rows = answer.get("rows", []) if isinstance(answer, dict) else None
        if not isinstance(rows, list):
            raise NoAnswer(f"{self._switch.url} answers with no list of channels")
        calls: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        for row in rows:
            calls[row.get("call_uuid") or row.get("uuid", "")].append(row)
        return [_dialog(id_, legs) for id_, legs in calls.items()]

    def log_in(self, connection: Connection) -> None:
        """Answer the request for the password."""
        if connection.headers().get("Content-Type") != "auth/request":
            raise NoAnswer(f"{connection.where} is no event socket")
        connection.send(f"auth {self._switch.password.read()}\n\n")
        reply = connection.headers().get("Reply-Text", "")
        if not reply.startswith("+OK"):
            raise NoAnswer(f"{connection.where} refuses the password")

    @staticmethod
    def _asked(connection: Connection, command: str) -> bytes:
        connection.send(f"{command}\n\n")
        while True:
            headers = connection.headers()
            size = headers.get("Content-Length", "0")
            content = connection.body(int(size) if size.isdecimal() else -1)
            kind = headers.get("Content-Type", "")
            if kind == "api/response":
                return content
            if kind == "text/disconnect-notice":
                raise NoAnswer(f"{connection.where} has hung up")


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
