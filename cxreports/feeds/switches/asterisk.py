"""Asterisk: ``CoreShowChannels`` over its manager interface (AMI), and the events of its channels.

Source
------
https://docs.asterisk.org/Asterisk_20_Documentation/API_Documentation/AMI_Actions/CoreShowChannels/,
https://docs.asterisk.org/Asterisk_20_Documentation/API_Documentation/AMI_Events/ (class "call")
"""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from cxreports.errors import BadFeed
from cxreports.feeds.switches.source import NoAnswer
from cxreports.feeds.switches.tcp import OverTcp
from cxreports.portal.feeds.under_way import Dialog

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cxreports.feeds.configuration import Switch
    from cxreports.feeds.switches.tcp import Connection

UP: Final = "6"
"""ChannelState of a channel that was answered."""

EVENTS: Final = frozenset(
    {"Newchannel", "Newstate", "BridgeEnter", "BridgeLeave", "NewAccountCode", "Hangup"}
)
"""Events after which the list of channels is another; the others of their class say nothing new."""

_MOST_ROWS: Final = 200_000
_UNIQUEID: Final = re.compile(r"(\d{9,11})\.\d+$")
_ATTRIBUTES: Final = ("Channel", "Context", "CallerIDName", "Linkedid")


class Asterisk(OverTcp):
    """An Asterisk that is asked over its manager interface."""

    def __init__(self, switch: Switch) -> None:
        super().__init__(switch)
        self._questions = 0

    def asked(self, connection: Connection) -> list[Dialog]:
        """Calls: the channels of one linked id, named after the first one's."""
        calls: dict[str, list[Mapping[str, str]]] = defaultdict(list)
        for row in self._listed(connection):
            calls[row.get("Linkedid") or row.get("Uniqueid", "")].append(row)
        return [_dialog(id_, channels) for id_, channels in calls.items()]

    def log_in(self, connection: Connection) -> None:
        """Log in, with the events of calls where the switch's table does not say otherwise.

        A user whose ``read`` in ``manager.conf`` lacks ``call`` is sent none, and is asked all the same.
        """
        if not connection.line().startswith("Asterisk Call Manager"):
            raise NoAnswer(f"{connection.where} is no manager interface of Asterisk")
        user, password = self._switch.user, self._switch.password.read()
        if set("\r\n") & set(user + password):
            raise BadFeed("the user or password of the manager interface has a line end")
        events = "call" if self._switch.events else "off"
        connection.send(
            f"Action: Login\r\nUsername: {user}\r\nSecret: {password}\r\nEvents: {events}\r\n\r\n"
        )
        while (answer := connection.headers()).get("Response") is None:
            continue
        if answer["Response"] != "Success":
            raise NoAnswer(f"{connection.where} refuses the user or password")

    def is_change(self, connection: Connection) -> bool:
        """Read an event."""
        return connection.headers().get("Event") in EVENTS

    def _listed(self, connection: Connection) -> list[Mapping[str, str]]:
        self._questions += 1
        action_id = f"cxreports-{self._questions}"
        connection.send(f"Action: CoreShowChannels\r\nActionID: {action_id}\r\n\r\n")
        rows: list[Mapping[str, str]] = []
        while len(rows) < _MOST_ROWS:
            found = connection.headers()
            if found.get("ActionID") != action_id:
                self.heard(is_change=found.get("Event") in EVENTS)
                continue
            connection.renew()
            if found.get("Response") == "Error":
                raise NoAnswer(f"{connection.where} refuses CoreShowChannels: {found.get('Message', '')}")
            if found.get("Event") == "CoreShowChannel":
                rows.append(found)
            elif found.get("Event") == "CoreShowChannelsComplete":
                return rows
        raise NoAnswer(f"{connection.where} lists channels without end")


def _dialog(id_: str, channels: Sequence[Mapping[str, str]]) -> Dialog:
    own = next((each for each in channels if each.get("Uniqueid") == id_), channels[0])
    begun = _UNIQUEID.search(id_)
    return Dialog(
        id=id_,
        caller=own.get("CallerIDNum", ""),
        callee=own.get("Exten") or own.get("ConnectedLineNum", ""),
        since=datetime.fromtimestamp(int(begun[1]), UTC) if begun else None,
        state="answered" if own.get("ChannelState") == UP else "ringing",
        attributes=(
            ("account", own.get("AccountCode", "")),
            *((name.lower(), own[name]) for name in _ATTRIBUTES if own.get(name)),
        ),
    )
