"""A real Kamailio on the loopback, and sipp's callers and callees beside it."""

from __future__ import annotations

import csv
import os
import shutil
import signal
import sqlite3
import subprocess
import tempfile
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from driving import free_port, until

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SCENARIOS: Final = Path(__file__).parents[1] / "feeds/switches/sipp"

ACC: Final = """
PRAGMA journal_mode = WAL;
CREATE TABLE version (table_name VARCHAR(32) NOT NULL, table_version INTEGER DEFAULT 0 NOT NULL);
INSERT INTO version VALUES ('acc', 5);
CREATE TABLE acc (
    id INTEGER PRIMARY KEY NOT NULL, method VARCHAR(16), from_tag VARCHAR(128), to_tag VARCHAR(128),
    callid VARCHAR(255), sip_code VARCHAR(3), sip_reason VARCHAR(128), time TIMESTAMP NOT NULL,
    time_attr INTEGER, time_exten INTEGER, src_user VARCHAR(64), dst_user VARCHAR(64), src_ip VARCHAR(64),
    dtmf VARCHAR(64)
);
"""
"""The table acc of Kamailio's own script, with the columns of its db_extra and time_mode."""

CALLEES: Final = {
    "ANSWERING": "callee",
    "BUSY": "callee-486",
    "NOBODY": "callee-404",
    "RINGING": "callee-487",
    "KEYED": "callee-dtmf",
}


@dataclass
class Sipp:
    """A sipp that calls.

    Attributes
    ----------
    statistics
        File that it writes its own counts into, again and again.
    """

    process: subprocess.Popen[bytes]
    statistics: Path

    def count(self, name: str) -> int:
        """One of its counts, such as ``TotalCallCreated``, as written last."""
        return int(self._last().get(name) or 0)

    def length_s(self) -> float:
        """Mean length of its calls, from the first message to the last."""
        hours, minutes, seconds, micros = self._last()["CallLength(C)"].split(":")
        return int(hours) * 3600 + int(minutes) * 60 + int(seconds) + int(micros) / 1e6

    def _last(self) -> dict[str, str]:
        if not self.statistics.exists():
            return {}
        rows = list(csv.DictReader(self.statistics.read_text().splitlines(), delimiter=";"))
        return rows[-1] if rows else {}


@dataclass
class Kamailio:
    """A running Kamailio."""

    port: int
    folder: Path
    process: subprocess.Popen[bytes]
    callers: list[Sipp] = field(default_factory=list)

    @property
    def rpc(self) -> str:
        return f"http://127.0.0.1:{self.port}/RPC"

    @property
    def database(self) -> Path:
        return self.folder / "acc.db"

    def call(self, number: str, scenario: str, calls: int, lasts_ms: int, fields: Sequence[str] = ()) -> Sipp:
        """Let sipp call a number, as many times at once; with a line of a scenario's fields for each call."""
        statistics = self.folder / f"{number}.csv"
        lines = self.folder / f"{number}.fields"
        lines.write_text("\n".join(["SEQUENTIAL", *fields]) + "\n")
        process = subprocess.Popen(
            [
                *("sipp", f"127.0.0.1:{self.port}", "-i", "127.0.0.1", "-p", str(free_port())),
                *("-sf", str(SCENARIOS / f"{scenario}.xml"), "-s", number, "-m", str(calls)),
                *("-r", "20", "-d", str(lasts_ms), "-nostdin", "-trace_stat", "-fd", "1"),
                *(("-inf", str(lines)) if fields else ()),
                *("-stf", str(statistics), "-cid_str", f"{number}-%u-%p@%s"),
            ],
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        caller = Sipp(process, statistics)
        self.callers.append(caller)
        return caller

    def kill(self) -> None:
        """Kill all of its processes."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@contextmanager
def kamailio() -> Iterator[Kamailio]:
    """Start Kamailio and the phones that it calls, until the block ends."""
    if not (shutil.which("kamailio") and shutil.which("sipp")):
        pytest.skip(
            "no Kamailio is installed (Debian: apt install kamailio kamailio-sqlite-modules sip-tester)"
        )
    with ExitStack() as started:
        folder = Path(started.enter_context(tempfile.TemporaryDirectory(prefix="cx-kamailio-")))
        ports = {name: free_port() for name in CALLEES}
        for name, scenario in CALLEES.items():
            command = ["sipp", "-i", "127.0.0.1", "-p", str(ports[name]), "-nostdin"]
            started.enter_context(_running([*command, "-sf", str(SCENARIOS / f"{scenario}.xml")], folder))
        with closing(sqlite3.connect(folder / "acc.db")) as database:
            database.executescript(ACC)
        port = free_port()
        text = (SCENARIOS / "kamailio.cfg").read_text()
        for name, value in {**ports, "PORT": port, "FOLDER": folder}.items():
            text = text.replace(f"@{name}@", str(value))
        (folder / "kamailio.cfg").write_text(text)
        command = ["kamailio", "-DD", "-E", "-f", str(folder / "kamailio.cfg"), "-Y", str(folder)]
        process = started.enter_context(_running(command, folder, log=folder / "kamailio.log"))
        server = Kamailio(port, folder, process)
        try:
            yield server
        finally:
            for caller in server.callers:
                caller.process.kill()
                caller.process.wait()


@contextmanager
def _running(command: list[str], folder: Path, log: Path | None = None) -> Iterator[subprocess.Popen[bytes]]:
    with (log or Path(os.devnull)).open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdout=output,
            stderr=output,
            env={**os.environ, "TZ": "UTC"},
            start_new_session=True,  # a killed Kamailio leaves its children behind
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def ended(callers: list[Sipp]) -> None:
    """Wait until all callers have ended well."""
    until(lambda: all(each.process.poll() is not None for each in callers), "sipp has ended")
    assert [each.process.returncode for each in callers] == [0] * len(callers)
