"""What the last visits drew: whoever asks for a page again has it at once, and its kernel a moment later.

A drawing is of one login, one address and one state of the lake, and of what the person had chosen; where any
of these is another one, the page waits for its kernel as a first visit does.
"""

from __future__ import annotations

import threading
import time
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cxreports.errors import CxreportsError
from cxreports.portal.people import preferences

if TYPE_CHECKING:
    from collections.abc import Collection

    from cxreports.lake.store import Store
    from cxreports.portal.database import Database
    from cxreports.visitor import Visitor

KEPT_S: Final = 600.0
"""An older drawing is not shown: the last hours of its graphs are not those of now."""

_MOST_BYTES: Final = 32 * 2**20
_QUICK: Final = 1
"""Level of compression: a third of the time of the usual one, for a tenth more bytes."""


@dataclass(frozen=True)
class Drawing:
    """What a drawing is of.

    Attributes
    ----------
    notebook
        Name of the page's notebook.
    visitor
        Whose login, with what the address asks for.
    choices
        What the person had chosen for pages.
    version
        The lake's.
    """

    notebook: str
    visitor: Visitor
    choices: tuple[tuple[str, str], ...]
    version: int


class Drawings:
    """Keeps the newest drawings in memory, up to 32 MB of them.

    Parameters
    ----------
    database, store
        The portal's.
    """

    def __init__(self, database: Database, store: Store) -> None:
        self._database, self._store = database, store
        self._kept: dict[Drawing, tuple[float, bytes]] = {}
        self._guard = threading.Lock()

    def wanted(self, notebook: str, visitor: Visitor) -> Drawing:
        """Say what a page would be a drawing of, were it drawn now."""
        with self._database.reading() as db:
            choices = preferences.load(db, visitor.user_id)
        try:
            version = self._store.snapshot().head.version
        except CxreportsError:  # the page says what is wrong with the lake
            version = -1
        return Drawing(notebook, visitor, tuple(sorted(choices.items())), version)

    def find(self, wanted: Drawing) -> str | None:
        """Text of a drawing, if one is kept that is not too old."""
        with self._guard:
            drawn_at, packed = self._kept.get(wanted, (0.0, b""))
            if not packed or time.monotonic() - drawn_at > KEPT_S:
                return None
        return zlib.decompress(packed).decode()

    def keep(self, names: Collection[Drawing], text: str) -> None:
        """Keep the text of a drawing that goes by one or more names; the oldest ones make room."""
        packed = zlib.compress(text.encode(), _QUICK)
        now = time.monotonic()
        with self._guard:
            for name in names:
                self._kept.pop(name, None)
                self._kept[name] = (now, packed)
            held = sum(len(each) for _, each in self._kept.values())
            while self._is_over(held, now):
                held -= len(self._kept.pop(next(iter(self._kept)))[1])

    def _is_over(self, held: int, now: float) -> bool:
        """Whether the oldest drawing is too many or too old."""
        drawn_at, _ = next(iter(self._kept.values()), (now, b""))
        return held > _MOST_BYTES or now - drawn_at > KEPT_S
