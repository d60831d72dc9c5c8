"""Kinds of switches, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cxreports.feeds.switches.asterisk import Asterisk
from cxreports.feeds.switches.freeswitch import FreeSwitch
from cxreports.feeds.switches.http_json import HttpJson
from cxreports.feeds.switches.kamailio import Kamailio
from cxreports.feeds.switches.opensips import OpenSips

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cxreports.feeds.configuration import Switch
    from cxreports.feeds.switches.source import Source

KINDS: Final[Mapping[str, Callable[[Switch], Source]]] = {
    "asterisk": Asterisk,
    "freeswitch": FreeSwitch,
    "http": HttpJson,
    "kamailio": Kamailio,
    "opensips": OpenSips,
}
"""What asks each kind."""


def source_of(switch: Switch) -> Source:
    """What asks a switch."""
    return KINDS[switch.kind](switch)
