"""Kinds of switches, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cxreports.feeds.switches.kamailio import Kamailio

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cxreports.feeds.configuration import Switch
    from cxreports.feeds.switches.source import Source

KINDS: Final[Mapping[str, Callable[[Switch], Source]]] = {"kamailio": Kamailio}
"""What asks each kind."""


def source_of(switch: Switch) -> Source:
    """What asks a switch."""
    return KINDS[switch.kind](switch)
