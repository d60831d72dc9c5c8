"""Trying a feed: asked once, with nothing loaded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cxreports.errors import CxreportsError
from cxreports.feeds.configuration import Folder, Switch
from cxreports.feeds.switches.customers import with_customers
from cxreports.feeds.switches.kinds import source_of

if TYPE_CHECKING:
    from cxreports.feeds.configuration import Delivered


@dataclass(frozen=True)
class Outcome:
    """What a feed answered."""

    name: str
    kind: str
    works: bool
    text: str


def tried(kind: str, feed: Switch | Delivered) -> Outcome:
    """What a feed answers."""
    shown = feed.kind if isinstance(feed, Switch) else kind
    try:
        return Outcome(feed.name, shown, works=True, text=_answer(feed))
    except (CxreportsError, OSError) as error:
        return Outcome(feed.name, shown, works=False, text=str(error))


def _answer(feed: Switch | Delivered) -> str:
    if isinstance(feed, Switch):
        source = source_of(feed)
        try:
            calls = with_customers(source.channels_now(), feed.customer)
        finally:
            source.close()
        nobody = sum(not call.customer for call in calls)
        return f"{len(calls):,} calls under way, {nobody:,} of them of no known customer"
    if isinstance(feed, Folder):
        found = sum(1 for entry in feed.path.iterdir() if entry.is_file())
        return f"{found:,} files in {feed.path}"
    return "waits for records that are posted to /api/cdr"
