"""CPU time of loads that are spread out: calls of three years in one file, and files of one call each.

python benchmarks/many.py                 # writes benchmarks/MANY.md
python benchmarks/many.py --files 10000   # as many files as a switch writes in a day
"""

from __future__ import annotations

import argparse
import platform
import shutil
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cxreports.lake import Store

if TYPE_CHECKING:
    from collections.abc import Sequence

HERE: Final = Path(__file__).parent
HEAD: Final = "dt,callid,customer_id,dest_number,duration,sip_code,customer_charge,customer_card_currency"
FIRST: Final = datetime(2023, 3, 1, tzinfo=UTC)
MONTH: Final = timedelta(days=28)
MONTHS: Final = timedelta(days=37 * 30)


@dataclass(frozen=True)
class Measured:
    """A load."""

    what: str
    rows: int
    files: int
    cpu_s: float
    stored: int


def rows(count: int, span: timedelta) -> list[str]:
    """Calls at equal distances over some time."""
    return [
        f"{FIRST + span * nth / count:%Y-%m-%d %H:%M:%S},c-{nth},acme,34{nth % 1000:06d},{30 + nth % 90},200,0.01,USD"
        for nth in range(count)
    ]


def measured(what: str, files: Sequence[Sequence[str]]) -> Measured:
    """CPU time of loading files of these rows in one command, into a lake that has one call already."""
    folder = Path(tempfile.mkdtemp(prefix="cxreports-many-"))
    try:
        paths = [folder / f"{nth}.csv" for nth in range(len(files))]
        for path, lines in zip(paths, files, strict=True):
            path.write_text("\n".join([HEAD, *lines]) + "\n", "utf-8")
        store = Store(folder / "home")
        before = folder / "before.csv"
        before.write_text(f"{HEAD}\n2023-01-01 00:00:00,x,acme,34,60,200,0.01,USD\n", "utf-8")
        store.load(before)
        begun = time.process_time()
        loaded = sum(each.loaded for each in store.load(*paths))
        cpu_s = time.process_time() - begun
        stored = sum(1 for _ in (folder / "home" / "lake").rglob("*.parquet"))
    finally:
        shutil.rmtree(folder)
    expected = sum(map(len, files))
    if loaded != expected:
        raise SystemExit(f"{loaded} of {expected} calls were loaded")
    return Measured(what, expected, len(files), cpu_s, stored)


def main() -> None:
    """Measure, and write what was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=int, default=5_000)
    parser.add_argument("--files", type=int, default=500)
    parser.add_argument("--no-write", action="store_true")
    asked = parser.parse_args()
    spread = rows(asked.files, MONTH)
    found = [
        measured("calls of one month", [rows(asked.rows, MONTH)]),
        measured("calls of 37 months", [rows(asked.rows, MONTHS)]),
        measured("calls of one month, one file", [spread]),
        measured("the same calls, a file each", [[each] for each in spread]),
    ]
    lines = [
        "# Loads that are spread out",
        "",
        (
            f"`python benchmarks/many.py`, Python {platform.python_version()}; processor time of the load, on a machine that "
            "other programs used too."
        ),
        "",
        "| load | calls | files given | CPU s | Parquet files in the lake |",
        "|---|---:|---:|---:|---:|",
        *(
            f"| {each.what} | {each.rows:,} | {each.files:,} | {each.cpu_s:.1f} | {each.stored:,} |"
            for each in found
        ),
        "",
        (
            f"37 months cost {found[1].cpu_s / found[0].cpu_s:.0f} times what one month does: the lake has a file for each day. "
            f"A file of one call costs {1000 * found[3].cpu_s / found[3].files:.0f} ms, so that {found[3].files:,} of them cost "
            f"{found[3].cpu_s / found[2].cpu_s:.0f} times what one file does; the aims are 1 and 2."
        ),
        "",
    ]
    print("\n".join(lines))
    if not asked.no_write:
        (HERE / "MANY.md").write_text("\n".join(lines), "utf-8")


if __name__ == "__main__":
    main()
