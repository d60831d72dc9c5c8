"""Times a month's report as PDF for 1,000 customers, beside papermill with nbconvert.

``python benchmarks/reports.py --home DIR`` makes a lake of 1,000 customers' October and September in DIR,
unless one is there, prints every customer's report and writes benchmarks/REPORTS.md. Papermill with nbconvert is
measured on a few customers, one after the other, as it takes seconds for each.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import duckdb
import nbformat
from rich.progress import Progress

from cxreports import Lake
from cxreports.portal.companies import companies
from cxreports.portal.database import Database
from cxreports.reports import Failed, run

if TYPE_CHECKING:
    from collections.abc import Callable

HERE: Final = Path(__file__).parent
CUSTOMERS: Final = 1_000
CALLS_A_DAY: Final = 10
NOW: Final = datetime(2026, 11, 2, tzinfo=UTC)
AIM_S: Final = 60.0

CALLS_SQL: Final = """
COPY (
    SELECT
        strftime(TIMESTAMP '2026-09-01' + to_days(day::INTEGER) + to_seconds((hash(n, day, c) % 86400)::INTEGER),
                 '%Y-%m-%d %H:%M:%S') AS dt,
        'c' || c || '-' || day || '-' || n AS callid,
        'customer-' || lpad(c::VARCHAR, 4, '0') AS customer_id,
        [34, 44, 49, 33, 81, 91, 1212, 5255][(1 + hash(c, n) % 8)::INTEGER] || '55501' || (hash(n) % 1000) AS dest_number,
        CASE WHEN hash(n, c, day) % 100 < 47 THEN 30 + hash(day, n, c) % 400 ELSE 0 END AS duration,
        CASE WHEN hash(n, c, day) % 100 < 47 THEN 200 ELSE [486, 487, 480, 404, 503][(1 + hash(c, day, n) % 5)::INTEGER] END
            AS sip_code,
        CASE WHEN hash(n, c, day) % 100 < 47 THEN round((30 + hash(day, n, c) % 400) * 0.00021, 6) ELSE 0 END
            AS customer_charge,
        'USD' AS customer_card_currency
    FROM range({customers}) AS customers(c), range(61) AS days(day), range({calls}) AS calls(n)
    ORDER BY dt
) TO '{path}' (HEADER)
"""


def prepared(home: Path, customers: int) -> None:
    """Make the lake and the companies, unless they are there."""
    home.mkdir(parents=True, exist_ok=True)
    if (home / "benchmark.json").exists():
        return
    calls = home / "calls.csv"
    duckdb.sql(CALLS_SQL.format(customers=customers, calls=CALLS_A_DAY, path=calls))
    (report,) = Lake(home).load(calls)
    print(f"{report.loaded:,} calls loaded in {report.seconds:.0f} s")
    calls.unlink()
    with closing(Database.of(home)) as database, database.writing() as db:
        for number in range(customers):
            companies.add(
                db, f"customer-{number:04d}", f"Customer {number}", zone="Europe/Madrid", channel_limit=10
            )
    (home / "benchmark.json").write_text(json.dumps({"customers": customers}), "utf-8")


def ours(home: Path, folder: Path, jobs: int, count: int) -> dict[str, Any]:
    """Time of some customers' PDFs, from the call to the last file."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    first = 0.0
    with Progress() as bar:
        task = bar.add_task("reports", total=None)

        def tell(done: int, total: int, _: Failed | None) -> None:
            nonlocal first
            first = first or time.monotonic() - begun
            bar.update(task, completed=done, total=total)

        made = run(
            "report",
            customer=[f"customer-{number:04d}" for number in range(count)],
            period="2026-10",
            to=folder,
            home=home,
            now=NOW,
            jobs=jobs,
            progress=tell,
        )
    seconds, after = time.monotonic() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    failed = [each for each in made if isinstance(each, Failed)]
    if failed:
        raise SystemExit(f"{len(failed)} reports failed: {failed[0]}")
    sizes = [each.path.stat().st_size for each in made if not isinstance(each, Failed)]
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {
        "reports": len(made),
        "seconds": seconds,
        "first_s": first,
        "cpu_s": cpu,
        "cpu_s_each": cpu / len(made),
        "kb": sum(sizes) / len(sizes) / 1024,
    }


WARM: Final = 12
STAGES: Final = {
    "figures, sentences and tables": ("cxreports.reports.notebook", "Notebook.run"),
    "graphs": ("cxreports.reports.making", "_drawn_once"),
    "setting by Typst": ("cxreports.reports.forms.pdf", "_compiled"),
}
"""What a report's processor time goes into, and the function that it is spent in."""


def stages(home: Path, folder: Path, count: int) -> dict[str, float]:
    """CPU ms that a report takes in one process after the first dozen, by stage and altogether."""
    spent = dict.fromkeys(STAGES, 0.0)
    for stage, (module, path) in STAGES.items():
        *holders, name = path.split(".")
        owner: Any = import_module(module)
        for each in holders:
            owner = getattr(owner, each)
        setattr(owner, name, _timed(getattr(owner, name), stage, spent))
    begun = 0.0

    def tell(done: int, *_: Any) -> None:
        nonlocal begun
        if done == WARM:
            begun = time.process_time()
            spent.update(dict.fromkeys(spent, 0.0))

    everybody = [f"customer-{number:04d}" for number in range(WARM + count)]
    options: dict[str, Any] = {"period": "2026-10", "to": folder, "home": home, "now": NOW}
    run("report", customer=everybody, jobs=0, progress=tell, **options)
    whole = time.process_time() - begun
    rest = whole - sum(spent.values())
    return {
        name: 1000 * seconds / count
        for name, seconds in (spent | {"the rest": rest, "a report": whole}).items()
    }


def _timed(work: Callable[..., Any], stage: str, spent: dict[str, float]) -> Callable[..., Any]:
    def timed(*arguments: Any, **options: Any) -> Any:
        begun = time.process_time()
        try:
            return work(*arguments, **options)
        finally:
            spent[stage] += time.process_time() - begun

    return timed


PLAIN: Final = (
    "import cxreports as cx\nlake = cx.open()\nspan = {'start': '2026-10-01', 'end': '2026-11-01'}",
    "lake.totals(customer, **span)",
    *(
        f"cx.charts.{name}(lake.series(customer, '{name}', every='1d', tz='Europe/Madrid', **span))"
        for name in ("channels", "asr", "acd", "dtmf")
    ),
    "lake.destinations(customer, **span).head(12)",
    "lake.sip_codes(customer, **span)",
    "lake.summary(customer, **span)",
)
"""The same figures, four charts and tables as an analyst writes them for papermill."""


def theirs(home: Path, folder: Path, count: int) -> dict[str, Any]:
    """Time of some customers' reports by papermill and nbconvert, as HTML: its PDF needs LaTeX or a browser."""
    notebook = nbformat.v4.new_notebook(
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    )
    notebook.cells = [
        nbformat.v4.new_code_cell("customer = ''", metadata={"tags": ["parameters"]}),
        *map(nbformat.v4.new_code_cell, PLAIN),
    ]
    source = folder / "plain.ipynb"
    nbformat.write(notebook, source)
    environment = {**os.environ, "CXREPORTS_HOME": str(home)}
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    for number in range(count):
        done = folder / f"customer-{number:04d}.ipynb"
        python = [sys.executable, "-m"]
        subprocess.run(
            [*python, "papermill", source, done, "-p", "customer", f"customer-{number:04d}", "--no-progress-bar"],
            check=True, env=environment, capture_output=True,
        )  # fmt: skip
        subprocess.run(
            [*python, "nbconvert", "--to", "html", "--no-input", "--embed-images", done],
            check=True, env=environment, capture_output=True,
        )  # fmt: skip
    seconds, after = time.monotonic() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"reports": count, "seconds": seconds, "cpu_s": cpu, "cpu_s_each": cpu / count}


def written(
    ours: dict[str, Any],
    by_stage: dict[str, float],
    theirs: dict[str, Any] | None,
    asked: argparse.Namespace,
    load: float,
) -> str:
    """The result as Markdown."""
    jobs = asked.jobs
    about = (
        f"`python benchmarks/reports.py --customers {asked.customers} --reports {asked.reports}`: October 2026 of "
        f"{ours['reports']:,} out of {asked.customers:,} customers with "
        f"{CALLS_A_DAY * 31:,} calls each, as PDF of two pages with four charts and four tables; {os.cpu_count()} "
        f"cores, {jobs} processes, Python {platform.python_version()}. The load average before the run was "
        f"{load:.1f}: other programs shared the cores, so wall time says little, and CPU time is longer than on a "
        "machine at rest."
    )
    each_s = by_stage["a report"] / 1000
    start_s = max(0.0, ours["cpu_s"] - ours["reports"] * each_s)
    least_s, most_s = (start_s + CUSTOMERS * each_s) / 2, CUSTOMERS * ours["cpu_s_each"] / 2
    is_all = ours["reports"] == CUSTOMERS
    took = (
        f"{CUSTOMERS:,} took {ours['seconds']:.0f} s on 2 cores"
        if is_all
        else f"{CUSTOMERS:,} would take between {least_s:.0f} s on 2 cores and, if each cost what it did here, {most_s:.0f} s"
    )
    aim = (
        f"CPU time has what the crew takes to start and until it has asked for everybody's figures at once. A "
        f"report after that takes {each_s:.2f} s in a process by itself: {took}. The aim, {CUSTOMERS:,} PDFs in a minute on "
        f"2 cores (0.12 CPU-s each), is {'met' if (ours['seconds'] if is_all else most_s) <= AIM_S else 'not met'}. The "
        f"first report was ready after {ours['first_s']:.1f} s. A PDF has {ours['kb']:.0f} kB."
    )
    others = (
        "Papermill and nbconvert make the same figures, charts and tables as HTML that draws its charts in a "
        "browser: their PDF needs LaTeX or a browser besides."
    )
    lines = [
        "# A month's report for many customers",
        "",
        about,
        "",
        "| | reports | wall s | CPU s | CPU s each, the start and all |",
        "|---|---:|---:|---:|---:|",
        _row("cxreports, PDF", ours),
        _row("papermill and nbconvert, HTML", theirs) if theirs else _earlier(),
        "",
        aim,
        "",
        f"Without the start, in one process after the first {WARM}, {asked.stages} reports:",
        "",
        "| CPU ms a report | |",
        "|---|---:|",
        *(f"| {name} | {spent:.0f} |" for name, spent in by_stage.items()),
        "",
        others,
        "",
    ]
    return "\n".join(lines)


def _earlier() -> str:
    """Line of papermill as it was measured before."""
    lines = (HERE / "REPORTS.md").read_text("utf-8").splitlines()
    found = next(each for each in lines if each.startswith("| papermill"))
    cells = found.split(" | ")[:5]
    line = " | ".join(cells).removesuffix(" |") + " |"
    return line if "earlier" in line else line.replace("HTML", "HTML, of an earlier run")


def _row(name: str, made: dict[str, Any]) -> str:
    cells = f"{made['reports']:,} | {made['seconds']:.1f} | {made['cpu_s']:.1f} | {made['cpu_s_each']:.2f}"
    return f"| {name} | {cells} |"


def main() -> None:
    """Measure, and write what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--home", type=Path, default=Path(tempfile.gettempdir()) / "cxreports-reports-benchmark"
    )
    parser.add_argument("--customers", type=int, default=CUSTOMERS)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--papermill", type=int, default=5, help="reports that papermill makes; 0 for none")
    parser.add_argument("--reports", type=int, default=CUSTOMERS, help="how many of the customers get theirs")
    parser.add_argument("--stages", type=int, default=30, help="reports that are measured by stage")
    parser.add_argument("--no-write", action="store_true")
    asked = parser.parse_args()
    prepared(asked.home, asked.customers)
    load = os.getloadavg()[0]
    folder = Path(tempfile.mkdtemp(prefix="cxreports-reports-"))
    try:
        made = ours(asked.home, folder, asked.jobs, asked.reports)
        print(made)
        by_stage = stages(asked.home, folder, asked.stages)
        print(by_stage)
        compared = theirs(asked.home, folder, asked.papermill) if asked.papermill else None
        print(compared)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    text = written(made, by_stage, compared, asked, load)
    print(text)
    if not asked.no_write:
        (HERE / "REPORTS.md").write_text(text, "utf-8")


if __name__ == "__main__":
    main()
