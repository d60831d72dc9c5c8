"""Calls under way, as the switches said last: one file in the home that the poller replaces and pages read.

The file is no record of anything: it says what is now, and is out of date as soon as nobody replaces it. It
holds numbers of people who are talking, so it lies beside the database, where no page's process reaches.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from pydantic import TypeAdapter, ValidationError

from cxreports.cdr.record import ALL_CUSTOMERS
from cxreports.private_file import private_file

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

FILE: Final = "live.json"

HOLDS_S: Final = 15.0
"""What is older says nothing of now, unless the switch is asked less often: the poller itself has gone."""


@dataclass(frozen=True)
class Dialog:
    """A call that is under way.

    Attributes
    ----------
    id
        Of the call at its switch.
    caller, callee
        Numbers, as the switch has them.
    since
        When it was begun; None where the switch does not say.
    answered_at
        When it was answered; None while it rings, or where the switch does not say.
    state
        ``ringing`` or ``answered``.
    customer
        Whose call it is; empty where no rule says so.
    attributes
        What else the switch says of it, by name.
    """

    id: str
    caller: str
    callee: str
    since: datetime | None = None
    answered_at: datetime | None = None
    state: str = "answered"
    customer: str = ""
    attributes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Reading:
    """What a switch said last.

    Attributes
    ----------
    switch, kind
        Its name in ``feeds.toml``, and what it is.
    at
        When it was asked last.
    calls
        Calls under way; nothing where that is unknown.
    unknown_since
        Since when it does not answer; None while it does.
    failure
        Why it does not.
    holds_s
        Seconds after which nothing is known any more, if it was not asked again.
    """

    switch: str
    kind: str
    at: datetime
    calls: tuple[Dialog, ...] = ()
    unknown_since: datetime | None = None
    failure: str = ""
    holds_s: float = HOLDS_S


@dataclass(frozen=True)
class SwitchChannels:
    """Channels in use by all switches.

    Attributes
    ----------
    count
        Calls under way; None where a switch does not answer.
    as_of
        When the switches were asked; without a count, since when it is unknown.
    kinds
        What they are: ``kamailio``.
    """

    count: int | None
    as_of: datetime
    kinds: str


_READINGS: Final = TypeAdapter(tuple[Reading, ...])


def keep(home: Path, readings: Iterable[Reading]) -> None:
    """Replace what the switches said last."""
    path = home / FILE
    new = path.with_suffix(f".{os.getpid()}.new")
    private_file(new).write_bytes(_READINGS.dump_json(tuple(readings)))
    new.replace(path)


def forget(home: Path) -> None:
    """Leave nothing of what the switches said: none is asked any more."""
    (home / FILE).unlink(missing_ok=True)


def readings(home: Path, now: datetime | None = None) -> tuple[Reading, ...]:
    """What the switches said last; nothing where none is asked.

    What nobody has replaced for too long is unknown since it was said.
    """
    try:
        found = _READINGS.validate_json((home / FILE).read_bytes())
    except (FileNotFoundError, ValidationError, json.JSONDecodeError):
        return ()
    now = now or datetime.now(UTC)
    return tuple(
        reading
        if (now - reading.at).total_seconds() <= reading.holds_s
        else replace(reading, calls=(), unknown_since=reading.unknown_since or reading.at)
        for reading in found
    )


def calls_of(found: Iterable[Reading], customer: str) -> list[Dialog]:
    """Calls of a customer, or of all of them, that are under way; the longest first."""
    every = [
        call
        for reading in found
        for call in reading.calls
        if customer and customer in {ALL_CUSTOMERS, call.customer} and reading.unknown_since is None
    ]
    return sorted(every, key=lambda call: (call.since or datetime.max.replace(tzinfo=UTC), call.id))


def channels_of(found: Iterable[Reading], customer: str) -> SwitchChannels | None:
    """Channels of a customer, or of all; None where no switch is asked."""
    found = tuple(found)
    if not found:
        return None
    kinds = ", ".join(dict.fromkeys(reading.kind for reading in found))
    silent = [reading for reading in found if reading.unknown_since is not None]
    if silent:
        since = min(reading.unknown_since for reading in silent if reading.unknown_since is not None)
        kinds = ", ".join(dict.fromkeys(reading.kind for reading in silent))
        return SwitchChannels(None, since, kinds)
    return SwitchChannels(len(calls_of(found, customer)), min(reading.at for reading in found), kinds)
