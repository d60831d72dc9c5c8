"""A lake of calls that a test wrote down, as pages open it."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any


class Stored:
    """A made snapshot with what a stored one has besides; it counts what is asked of it."""

    versions = {"channels": 1}  # noqa: RUF012

    def __init__(self, made: Any, asked: list[str]) -> None:
        self._made = made
        self._asked = asked

    def __getattr__(self, name: str) -> Any:
        return getattr(self._made, name)

    def query(self, sql: str) -> Any:
        self._asked.append(sql)
        return self._made.query(sql)


@dataclass
class OneSnapshot:
    """A lake that shows calls that a test wrote down."""

    shown: Any
    home: Path
    opened: int = 0
    asked: list[str] = field(default_factory=list)

    def snapshot(self) -> Any:
        self.opened += 1
        return Stored(self.shown, self.asked)

    def keep_rows(self) -> None:
        """What is asked is counted, so each question shall reach the lake."""

    def touches(self, snapshot: Any, customer: str) -> bool:
        del snapshot, customer
        return False


def ago(**length: float) -> datetime:
    return datetime.now(UTC).replace(microsecond=0) - timedelta(**length)
