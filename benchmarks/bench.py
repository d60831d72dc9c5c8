"""Measure cxreports beside pandas, polars, DuckDB and chDB on the same files, in one run.

``make bench`` writes ``benchmarks/RESULTS.md``. Each figure of loading is a process of its own:
CPU seconds (user and system, children included), wall seconds and peak memory as the kernel
accounts them. All load in turns, each once a round, and the tables have the medians of the rounds.
Queries are timed warm inside one process: the median of several.

    python benchmarks/bench.py [--rows 10000000] [--folder DIR] [--keep]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import peers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

DAYS = 365
FIRST_DAY = date(2025, 11, 1)
END = datetime.combine(FIRST_DAY + timedelta(days=DAYS), datetime.min.time(), UTC)
CUSTOMERS = 400
DAYS_PER_FILE = 18
BATCH = 10_000
ROUNDS = 3
REPEATS = 15
LARGEST, SMALL = "c0001", "c0400"
FLOOR: Final = next(iter(peers.LOADS))
OURS: Final = "**cxreports load**: checks, rejects, duplicates, sort, rollups"


@dataclass(frozen=True)
class Cost:
    """What a process took."""

    cpu_s: float
    wall_s: float
    peak_mb: float

    @classmethod
    def of(cls, *arguments: str) -> Cost:
        """Run this script on one job and account for it."""
        begun = time.perf_counter()
        process = subprocess.Popen([sys.executable, __file__, *arguments])
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begun
        if os.waitstatus_to_exitcode(status):
            raise SystemExit(f"the job {' '.join(arguments)} failed")
        return cls(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024)

    @classmethod
    def median(cls, costs: Sequence[Cost]) -> Cost:
        """Give the median of each."""
        names = (each.name for each in fields(cls))
        return cls(*(statistics.median(getattr(cost, name) for cost in costs) for name in names))

    def row(self, name: str, floor: Cost) -> str:
        """Give a line of the table; the ratio is of CPU to the floor's."""
        return f"| {name} | {self.cpu_s:.1f} | {self.wall_s:.1f} | {self.peak_mb:,.0f} | {self.cpu_s / floor.cpu_s:.2f} |"


def write_files(folder: Path, rows: int) -> None:
    """Write a year of an operator's calls as ConnexCS API files."""
    import polars as pl

    from cxreports.traffic.customers import crowd
    from cxreports.traffic.days import expected_per_day, generate
    from cxreports.traffic.vendor_files import write_connexcs_api

    folder.mkdir(parents=True, exist_ok=True)
    crowded = crowd(CUSTOMERS, rows / DAYS)
    crowded = crowd(CUSTOMERS, rows / DAYS * (rows / DAYS) / expected_per_day(crowded))
    frames: list[Any] = []
    for number, day in enumerate(generate(FIRST_DAY, DAYS, customers=crowded)):
        frames.append(day)
        if len(frames) == DAYS_PER_FILE or number == DAYS - 1:
            write_connexcs_api(pl.concat(frames).sort("end_time"), folder / f"cdr-{number:03}.csv")
            frames.clear()
    late = crowd(CUSTOMERS, BATCH)
    extra = pl.concat(generate(FIRST_DAY + timedelta(days=DAYS), 2, customers=late)).head(BATCH)
    (folder / "batch").mkdir(exist_ok=True)
    write_connexcs_api(extra, folder / "batch" / "late.csv")


def files_in(folder: Path) -> list[Path]:
    """Give the generated files in order."""
    return sorted(folder.glob("cdr-*.csv"))


def load_cxreports(home: Path, files: list[Path]) -> None:
    """Load with everything that a load does."""
    import cxreports

    reports = cxreports.open(home).load(*files)
    print(json.dumps({"loaded": sum(r.loaded for r in reports), "rows": sum(r.rows for r in reports)}))


def questions() -> list[peers.Question]:
    """Ask what the dashboard asks."""
    asked = []
    for who, customer in (("largest", LARGEST), ("small", SMALL)):
        for name, days, bucket in (
            ("24 h by hour", 1, "hour"),
            ("60 days by day", 60, "day"),
            ("12 months", 365, "month"),
        ):
            start = END - timedelta(days=days)
            asked.append(
                peers.Question(
                    f"{name}, {who} customer",
                    customer,
                    f"{start:%Y-%m-%d %H:%M:%S}",
                    f"{END:%Y-%m-%d %H:%M:%S}",
                    bucket,
                )
            )
    return asked


PAGE: Final = "cxreports, open page"
"""A process that keeps in memory the rows that it has read, as a page does."""


def ask_cxreports(home: Path, *, keeps_rows: bool = False) -> Callable[[peers.Question], int]:
    """Answer from the lake."""
    import cxreports

    lake = cxreports.open(home)
    if keeps_rows:
        lake.keep_rows()
    return lambda q: int(lake.summary(q.customer, by=q.bucket, start=q.start, end=q.end)["attempts"].sum())


def warm_ms(answer: Callable[[], object]) -> float:
    """Give the median of several warm runs in milliseconds."""
    answer()
    took = []
    for _ in range(REPEATS):
        begun = time.perf_counter()
        answer()
        took.append((time.perf_counter() - begun) * 1000)
    return statistics.median(took)


def ask_all(name: str, place: Path) -> None:
    """Time every question with one engine and print the answers as JSON."""
    is_ours = name in {"cxreports", PAGE}
    ask = ask_cxreports(place, keeps_rows=name == PAGE) if is_ours else peers.ASKS[name](place)
    answers = {q.name: (warm_ms(lambda q=q: ask(q)), ask(q)) for q in questions()}  # type: ignore[misc]
    if is_ours:
        import cxreports

        lake = cxreports.open(place)
        if name == PAGE:
            lake.keep_rows()
        for who, customer in (("largest", LARGEST), ("all", "all")):
            answers[f"channels by minute for 24 h, {who}"] = (
                warm_ms(
                    lambda customer=customer: lake.series(
                        customer, "channels", every="1m", start=END - timedelta(days=1), end=END
                    )
                ),  # type: ignore[misc]
                0,
            )
    elif name in peers.CHANNELS:
        sweep = peers.CHANNELS[name](place)
        answers["channels by minute for 24 h, largest"] = (warm_ms(lambda: sweep(LARGEST, END)), 0)
    print(json.dumps(answers))


def asked(name: str, place: Path) -> dict[str, tuple[float, int]]:
    """Run `ask_all` in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, "--ask", name, "--at", str(place)],
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    return {key: (ms, attempts) for key, (ms, attempts) in json.loads(done.stdout.splitlines()[-1]).items()}


def measure(rows: int, folder: Path) -> str:
    """Run everything and give the tables."""
    sizes = {
        label: count for label, count in (("1 M", 1_000_000), ("10 M", 10_000_000)) if count <= rows
    } or {f"{rows:,}": rows}
    lines = [
        (
            f"Measured {datetime.now(UTC):%Y-%m-%d} in one run of `make bench` on {os.cpu_count()} cores"
            f" ({platform.machine()}), Python {platform.python_version()},"
            f" {', '.join(f'{name} {version(name)}' for name in ('duckdb', 'polars', 'pandas', 'deltalake', 'chdb'))}."
            " Machines differ and are noisy: read the ratios."
        ),
        "",
    ]
    latencies: dict[str, dict[str, dict[str, tuple[float, int]]]] = {}
    for label, count in sizes.items():
        print(f"==> {label} CDRs", flush=True)
        place = folder / label.replace(" ", "")
        files = place / "files"
        Cost.of("--write", str(count), "--at", str(files))
        lines += loading(label, place, files)
        latencies[label] = {name: asked(name, place / "cxreports") for name in ("cxreports", PAGE)}
        for name in peers.ASKS:
            print(f"    questions: {name}", flush=True)
            latencies[label][name] = asked(name, place / name)
        shutil.rmtree(files)
    return "\n".join([*lines, *answering(latencies)])


def loading(label: str, place: Path, files: Path) -> list[str]:
    """Measure every load of one size."""
    count = sum(1 for _ in files_in(files))
    size_mb = sum(file.stat().st_size for file in files_in(files)) / 1e6
    homes = {name: place / name.split(":")[0] for name in peers.LOADS} | {OURS: place / "cxreports"}
    loads: dict[str, list[Cost]] = {name: [] for name in homes}
    for nth in range(ROUNDS):
        for name, home in homes.items():
            print(f"    load {nth + 1} of {ROUNDS}: {name}", flush=True)
            shutil.rmtree(home, ignore_errors=True)
            engine = "cxreports" if name == OURS else name
            loads[name].append(Cost.of("--load", engine, "--at", str(home), "--from", str(files)))
    floor = Cost.median(loads[FLOOR])
    rows = [Cost.median(costs).row(name, floor) for name, costs in loads.items()]
    for what, job in (
        ("cxreports, the same files again", "--load"),
        (f"cxreports, {BATCH:,} new CDRs on top", "--batch"),
        ("cxreports, `hourly` and `channels` built anew", "--rebuild"),
    ):
        print(f"    {what}", flush=True)
        at = ("--at", str(homes[OURS]), "--from", str(files))
        rows.append(Cost.of(job, "cxreports", *at).row(what, floor))
    for name in peers.BUILDS:
        print(f"    build: {name}", flush=True)
        cost = Cost.of("--build", name, "--at", str(place / name))
        rows.append(cost.row(f"{name}: hourly sums and minute channels built from its Parquet", floor))
    ratios = (ours.cpu_s / bare.cpu_s for ours, bare in zip(loads[OURS], loads[FLOOR], strict=True))
    return [
        f"## Loading {label} CDRs ({count} files, {size_mb:,.0f} MB of CSV, {CUSTOMERS} customers, {DAYS} days)",
        "",
        "| | CPU s | wall s | peak MB | CPU / floor |",
        "|---|--:|--:|--:|--:|",
        *rows,
        "",
        f"In its {ROUNDS} rounds cxreports took {', '.join(f'{each:.2f}' for each in ratios)} times the floor's CPU.",
        "",
    ]


def answering(latencies: dict[str, dict[str, dict[str, tuple[float, int]]]]) -> list[str]:
    """Lay out the questions' times and check that all engines gave one answer."""
    engines = ["cxreports", PAGE, *peers.ASKS]
    lines = []
    for label, by_engine in latencies.items():
        lines += [
            f"## Questions of the dashboard, {label} CDRs (warm, median of {REPEATS}, ms)",
            "",
            f"| | {' | '.join(engines)} |",
            "|---|" + "--:|" * len(engines),
        ]
        for name in by_engine["cxreports"]:
            attempts = {by_engine[engine][name][1] for engine in engines if name in by_engine[engine]}
            if len(attempts) > 1:
                raise SystemExit(f"the engines disagree about {name}: {attempts}")
            cells = [f"{by_engine[e][name][0]:,.1f}" if name in by_engine[e] else "-" for e in engines]
            lines.append(f"| {name} | {' | '.join(cells)} |")
        lines.append("")
    return lines


def main() -> None:
    """Dispatch: a whole run, or one job of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument(
        "--folder", type=Path, help="where the files and lakes go; default: a temporary folder"
    )
    parser.add_argument("--keep", action="store_true", help="leave them there")
    for job in ("--write", "--load", "--batch", "--rebuild", "--build", "--ask"):
        parser.add_argument(job, help=argparse.SUPPRESS)
    parser.add_argument("--at", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--from", dest="source", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.write:
        write_files(given.at, int(given.write))
    elif given.load == "cxreports":
        load_cxreports(given.at, files_in(given.source))
    elif given.load:
        peers.LOADS[given.load](files_in(given.source), given.at)
    elif given.batch:
        load_cxreports(given.at, [given.source / "batch" / "late.csv"])
    elif given.rebuild:
        import cxreports

        cxreports.open(given.at).rebuild()
    elif given.build:
        peers.BUILDS[given.build](given.at)
    elif given.ask:
        ask_all(given.ask, given.at)
    else:
        folder = given.folder or Path(tempfile.mkdtemp(prefix="cxreports-bench-"))
        try:
            table = measure(given.rows, folder)
        finally:
            if not given.keep:
                shutil.rmtree(folder, ignore_errors=True)
        results = Path(__file__).with_name("RESULTS.md")
        results.write_text(f"# Benchmarks\n\n{table}\n")
        print(results.read_text())


if __name__ == "__main__":
    main()
