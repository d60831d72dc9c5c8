"""Reach of a lake: the time up to which its calls are there, by the switch that wrote them.

A call is recorded when it ends, so a switch's records reach up to the end of its last call. Every head
carries these ends along (``head``), computed from the calls that a load added (``derive``): no question
reads calls to know how far they go.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from cxreports.clock import from_microseconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import duckdb

    from cxreports.lake.log import DataFile
    from cxreports.lake.table import Table

NOTE: Final = "reach"
"""Note of a commit to ``channels``: the ends by switch, as JSON."""

LATE: Final = timedelta(minutes=15)
"""A switch whose last call ended longer before the newest one is quiet: it holds nothing back."""

MOST_SWITCHES: Final = 64
"""So many switches are followed, those heard of last."""


@dataclass(frozen=True)
class Reach:
    """Time up to which the calls of a lake are there.

    Attributes
    ----------
    ends
        End of each switch's last call, microseconds since 1970; an empty name stands for records
        that name no switch.
    """

    ends: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def read(cls, note: str) -> Reach:
        """Reach out of a commit's note; nothing where an older version wrote none."""
        return cls(json.loads(note) if note else {})

    @classmethod
    def of_calls(cls, connection: duckdb.DuckDBPyConnection, cdr: Table, files: Iterable[DataFile]) -> Reach:
        """Reach of the calls in some files of ``cdr``; a call without a known end counts by its beginning."""
        found = connection.execute(
            "SELECT coalesce(switch, ''), epoch_us(max(greatest(call_time, end_time))) "
            f"FROM {cdr.rows(files)} AS calls GROUP BY ALL"
        )
        return cls(dict(found.fetchall()))

    @classmethod
    def of_bounds(cls, files: Iterable[DataFile]) -> Reach:
        """Reach by what the log says of files of ``cdr``, for lakes whose heads carry none yet."""
        ends = [
            int(each.bounds[column][1])
            for each in files
            for column in ("call_time", "end_time")
            if column in each.bounds
        ]
        return cls({"": max(ends)} if ends else {})

    def note(self) -> str:
        """The reach as a commit notes it."""
        newest = sorted(self.ends.items(), key=lambda each: (-each[1], each[0]))[:MOST_SWITCHES]
        return json.dumps(dict(sorted(newest)))

    def is_shortened_by(self, gone: Reach, come: Reach) -> bool:
        """Whether the last call of a switch may be among calls that went, while others came."""
        return any(
            end >= self.ends.get(name, end) and come.ends.get(name, end - 1) < end
            for name, end in gone.ends.items()
        )

    def with_more(self, other: Reach) -> Reach:
        """Reach of these calls and others."""
        names = {**self.ends, **other.ends}
        return Reach({name: max(each.ends.get(name, 0) for each in (self, other)) for name in names})

    @property
    def last(self) -> datetime | None:
        """End of the last call of all, UTC; None without a call."""
        return from_microseconds(max(self.ends.values())) if self.ends else None

    @property
    def complete(self) -> datetime | None:
        """Time up to which the calls of every switch are there, UTC; None without a call.

        It is the earliest of the switches' last ends. Nobody can tell a late switch from one that has
        no calls, so a switch holds it back by `LATE` at most, and after that counts as quiet.
        """
        last = self.last
        if last is None:
            return None
        return min(end for end in map(from_microseconds, self.ends.values()) if last - end <= LATE)
