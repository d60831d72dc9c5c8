"""Trying a feed: asked once, with nothing loaded."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import asyncssh

from cxreports.errors import CxreportsError
from cxreports.feeds.configuration import DatabaseTable, Folder, RemoteFolder, Switch
from cxreports.feeds.sftp_pull import SftpPull
from cxreports.feeds.switches.customers import with_customers
from cxreports.feeds.switches.kinds import source_of
from cxreports.feeds.tail import TailIntake

if TYPE_CHECKING:
    from cxreports.feeds.configuration import Delivered


@dataclass(frozen=True)
class Outcome:
    """What a feed answered."""

    name: str
    kind: str
    works: bool
    text: str


def tried(kind: str, feed: Switch | Delivered, home: Path) -> Outcome:
    """What a feed answers."""
    shown = feed.kind if isinstance(feed, Switch) else kind
    try:
        return Outcome(feed.name, shown, works=True, text=_answer(feed, home))
    except (CxreportsError, OSError, asyncssh.Error) as error:
        return Outcome(feed.name, shown, works=False, text=str(error) or type(error).__name__)


def _answer(feed: Switch | Delivered, home: Path) -> str:
    if isinstance(feed, Switch):
        source = source_of(feed)
        try:
            calls = with_customers(source.channels_now(), feed.customer)
        finally:
            source.close()
        nobody = sum(not call.customer for call in calls)
        return f"{len(calls):,} calls under way, {nobody:,} of them of no known customer"
    if isinstance(feed, Folder):
        files = sum(1 for entry in feed.path.iterdir() if entry.is_file())
        return f"{files:,} files in {feed.path}"
    if isinstance(feed, DatabaseTable):
        return _of_table(feed)
    if isinstance(feed, RemoteFolder):
        with TemporaryDirectory(prefix="cxreports-") as folder:
            found = asyncio.run(SftpPull(feed, home, Path(folder), lambda _path: None).listed())
        return f"{len(found):,} files in {feed.path}"
    return "waits for records that are posted to /api/cdr"


def _of_table(feed: DatabaseTable) -> str:
    with TemporaryDirectory(prefix="cxreports-") as folder:
        intake = TailIntake(feed, Path(folder))
        try:
            return f"{intake.count():,} rows in {feed.table}"
        finally:
            intake.close()
