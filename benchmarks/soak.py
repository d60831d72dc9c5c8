"""A writer that loads a file every second beside reading processes, for as long as you like.

Every file holds the same number of calls, so a reader that ever sees a number of calls that is
not a multiple of it has seen part of a file. Exits with 1 if any process saw an error or such
a number.

    python benchmarks/soak.py --seconds 600 --readers 20
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cxreports.lake import Snapshot, Store

CALLS = 97
CUSTOMERS = 5


def main() -> int:
    """Run the writer and the readers; give the exit status."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--seconds", type=float, default=600)
    options.add_argument("--readers", type=int, default=20)
    options.add_argument("--every", type=float, default=1.0, help="seconds between files")
    options.add_argument("--read", type=Path, help=argparse.SUPPRESS)
    asked = options.parse_args()
    if asked.read:
        return read(asked.read, asked.seconds)
    with tempfile.TemporaryDirectory() as folder:
        return soak(Path(folder), asked.seconds, asked.readers, asked.every)


def soak(folder: Path, seconds: float, readers: int, every: float) -> int:
    """Load a file at a time while others read."""
    store = Store(folder / "home")
    store.snapshot()
    command = [sys.executable, __file__, "--read", str(store.home), "--seconds", str(seconds)]
    reading = [subprocess.Popen(command) for _ in range(readers)]
    begun, took, files = time.monotonic(), [], 0
    while time.monotonic() - begun < seconds:
        (report,) = store.load(write(folder / "calls.csv", files))
        if report.loaded != CALLS:
            print("writer:", report)
            return 1
        files += 1
        took.append(report.seconds)
        time.sleep(max(0.0, begun + files * every - time.monotonic()))
    failed = sum(each.wait() != 0 for each in reading)
    differences = store.verify()
    took.sort()
    print(
        f"{files} files, each loaded in {took[len(took) // 2]:.3f} s (median; longest {took[-1]:.3f} s); "
        f"{failed} of {readers} readers saw an error; verify finds {len(differences)} differences; "
        f"{ {name: len(contents.files) for name, contents in store.snapshot().contents.items()} } files"
    )
    return int(failed > 0 or not differences.is_empty())


def write(path: Path, nth: int) -> Path:
    """Write a file of calls that ended in one second."""
    ended = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(seconds=nth)
    rows = ["Call ID,Call Time,Duration,SIP Code,PDD,Charge,customer_id,Currency"]
    for each in range(CALLS):
        length = 1 + each * (nth % 7 + 1)
        rows.append(
            f"{nth}-{each},{ended - timedelta(seconds=length):%Y-%m-%d %H:%M:%S},{length},200,0,0.{each:04},"
            f"customer-{each % CUSTOMERS},USD"
        )
    path.write_text("\n".join(rows) + "\n", "utf-8")
    return path


def read(home: Path, seconds: float) -> int:
    """Ask again and again; each answer belongs to a whole number of files."""
    store = Store(home)
    begun, asked, longest = time.monotonic(), 0, 0.0
    seen: set[int] = set()
    while time.monotonic() - begun < seconds:
        before = time.monotonic()
        calls = whole_files(store.snapshot())
        longest = max(longest, time.monotonic() - before)
        seen.add(calls)
        asked += 1
        time.sleep(0.05)
    print(f"reader: {asked} questions, {len(seen)} states, longest {longest:.3f} s")
    return 0


def whole_files(snapshot: Snapshot) -> int:
    """Give the number of calls that a snapshot holds, if all its tables agree on it."""
    (calls,) = snapshot.query(f"SELECT count(*) FROM {snapshot.scan('cdr')} AS calls").row(0)
    (attempts,) = snapshot.query("SELECT coalesce(sum(attempts), 0) FROM hourly").row(0)
    (of_days,) = snapshot.query("SELECT coalesce(sum(attempts), 0) FROM daily").row(0)
    (area,) = snapshot.query("SELECT coalesce(sum(area_us), 0) FROM channels WHERE customer <> 'all'").row(0)
    (area_of_all,) = snapshot.query(
        "SELECT coalesce(sum(area_us), 0) FROM channels WHERE customer = 'all'"
    ).row(0)
    sql = "SELECT count(*) FROM (SELECT 1 FROM cdr GROUP BY call_time, record_key HAVING count(*) > 1)"
    (twice,) = snapshot.query(sql).row(0)
    if calls % CALLS or {attempts, of_days} != {calls} or twice or (area == 0) != (area_of_all == 0):
        raise SystemExit(
            f"{calls} calls, {attempts} and {of_days} attempts, {twice} twice: not whole files of {CALLS}"
        )
    return int(calls)


if __name__ == "__main__":
    sys.exit(main())
