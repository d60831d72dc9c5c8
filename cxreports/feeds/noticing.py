"""Noticing at once that a file was closed or renamed into place, where the system says so (inotify).

Network drives and other systems say nothing, or not that a file was closed: there the looks of `Landing` do.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from watchdog.events import FileClosedEvent, FileMovedEvent, FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

if TYPE_CHECKING:
    from collections.abc import Callable

    from watchdog.observers.api import BaseObserver

LOG: Final = logging.getLogger(__name__)


class _Noticer(FileSystemEventHandler):
    def __init__(self, folder: Path, closed: Callable[[Path], None]) -> None:
        self._folder, self._closed = folder, closed

    def on_any_event(self, event: FileSystemEvent) -> None:
        if isinstance(event, FileClosedEvent):
            path = event.src_path
        elif isinstance(event, FileMovedEvent):
            path = event.dest_path
        else:
            return
        # The folder as its landing names it, whatever links led here.
        self._closed(self._folder / Path(os.fsdecode(path)).name)


class Noticing:
    """Notices of folders."""

    def __init__(self) -> None:
        self._observer: BaseObserver | None = None

    def begin(self, folder: Path, closed: Callable[[Path], None]) -> bool:
        """Call a function with each file that is complete; False where the system cannot say."""
        try:
            if self._observer is None:
                observer = Observer()
                observer.start()
                self._observer = observer
            self._observer.schedule(
                _Noticer(folder, closed), str(folder), event_filter=[FileClosedEvent, FileMovedEvent]
            )
        except (OSError, RuntimeError) as error:
            LOG.info("%s: looked at every half second: %s", folder, error)
            return False
        return True

    def close(self) -> None:
        """Notice nothing any more."""
        if self._observer is not None:
            self._observer.stop()
            self._observer.join()
            self._observer = None
