"""Live channels as people ask for them, "how many now?", with where the number comes from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Literal

from cxreports.clock import Bucket, zone
from cxreports.figures.series import series

if TYPE_CHECKING:
    from datetime import datetime

    from cxreports.lake.snapshot import Snapshot

STALE: Final = timedelta(minutes=15)
"""Calls that began longer ago say nothing of how many go on now."""

_MINUTE: Final = Bucket.of("1m")
_UTC: Final = zone("UTC")


@dataclass(frozen=True)
class LiveChannels:
    """Channels in use, as some source has them.

    Attributes
    ----------
    count
        Calls in progress; None where that is unknown.
    source
        ``cdr``: the call records, which say how many calls were in progress as the last one that has
        ended began; ``switch``: the switches, which are asked; ``none``: there is nothing to go by.
    as_of
        The source's time: the beginning of the last call. Without a count, since when it is unknown.
    switch
        What the switches are: ``kamailio``.
    """

    count: int | None = None
    source: Literal["cdr", "switch", "none"] = "none"
    as_of: datetime | None = None
    switch: str = ""


def live_channels(
    snapshot: Snapshot, customer: str, last_call: datetime | None, now: datetime
) -> LiveChannels:
    """Channels in use by call records.

    The count is the most at once in the minute of the last call, so it never exceeds what the graph
    shows of the bucket around it.

    Parameters
    ----------
    last_call
        Time of the customer's last call; None without one.
    now
        The time on the clock; `STALE` after the last call the count is unknown.
    """
    if last_call is None:
        return LiveChannels()
    if now - last_call > STALE:
        return LiveChannels(None, "cdr", last_call)
    start, end = _MINUTE.floor(last_call, _UTC), _MINUTE.after(last_call, _UTC)
    minute = series(snapshot, customer, "channels", every="1m", start=start, end=end)
    return LiveChannels(minute["max"].item(), "cdr", last_call)
