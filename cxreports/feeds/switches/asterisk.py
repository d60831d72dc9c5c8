"""Asterisk: ``CoreShowChannels`` over its manager interface (AMI).

Source
------
https://docs.asterisk.org/Asterisk_20_Documentation/API_Documentation/AMI_Actions/CoreShowChannels/
"""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from cxreports.errors import BadFeed
from cxreports.feeds.switches.source import NoAnswer
from cxreports.feeds.switches.tcp import Connection, OverTcp
from cxreports.portal.feeds.under_way import Dialog

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

UP: Final = "6"
"""ChannelState of a channel that was answered."""

_MOST_EVENTS: Final = 200_000
_UNIQUEID: Final = re.compile(r"(\d{9,11})\.\d+$")
_ATTRIBUTES: Final = ("Channel", "Context", "CallerIDName", "Linkedid")


class Asterisk(OverTcp):
    """An Asterisk that is asked over its manager interface."""

    def channels_now(self) -> list[Dialog]:
        """Calls: the channels of one linked id, named after the first one's."""
        try:
            rows = self._listed(self.connected())
        except NoAnswer:
            self.close()
            raise
        calls: dict[str, list[Mapping[str, str]]] = defaultdict(list)
        for row in rows:
            calls[row.get("Linkedid") or row.get("Uniqueid", "")].append(row)
        return [_dialog(id_, channels) for id_, channels in calls.items()]

    def log_in(self, connection: Connection) -> None:
        """Log in, for answers without events."""
        if not connection.line().startswith("Asterisk Call Manager"):
            raise NoAnswer(f"{connection.where} is no manager interface of Asterisk")
        user, password = self._switch.user, self._switch.password.read()
        if set("\r\n") & set(user + password):
            raise BadFeed("the user or password of the manager interface has a line end")
        connection.send(f"Action: Login\r\nUsername: {user}\r\nSecret: {password}\r\nEvents: off\r\n\r\n")
        while (answer := connection.headers()).get("Response") is None:
            continue
        if answer["Response"] != "Success":
            raise NoAnswer(f"{connection.where} refuses the user or password")

    @staticmethod
    def _listed(connection: Connection) -> list[Mapping[str, str]]:
        connection.send("Action: CoreShowChannels\r\nActionID: cxreports\r\n\r\n")
        rows: list[Mapping[str, str]] = []
        for _ in range(_MOST_EVENTS):
            found = connection.headers()
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
