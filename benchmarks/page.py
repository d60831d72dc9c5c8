"""Measure the dashboard in a real browser beside stock Voilà with the same graphs and table, in one run.

``make bench-page`` writes ``benchmarks/PAGE.md``. Both sides show one customer's last day of one
lake: the same four altair charts and the table by hour. Each first visit has a new browser
profile; each round goes over all sides, so that a busy minute of the machine meets each of them.

    python benchmarks/page.py [--rounds 7] [--home DIR]
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import nbformat
import psutil
from playwright.sync_api import Error, sync_playwright

from cxreports.demo.calls import demo
from cxreports.portal.database import Database
from cxreports.portal.people import sessions, users
from cxreports.portal.tables import Stage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import BrowserContext, Page, Playwright

CUSTOMER: Final = "acme"
ZONE: Final = "Europe/Madrid"
BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")
"""Whole ones: without windows, the stock page with altair's default renderer is never ready to be measured."""

PATIENCE_S: Final = 60
REST_S: Final = 0.5
AT_REST_CPU_S: Final = 0.02
GIVEN_UP_S: Final = 20
KB: Final = 1000

SERVE: Final = """
import pathlib, sys
from cxreports.web import serve
serve(pathlib.Path(sys.argv[1]), port=int(sys.argv[2]), warm=int(sys.argv[3]))
"""

STOCK: Final = """
import altair as alt
{before}
import cxreports
from cxreports import charts
from IPython.display import display

lake = cxreports.open()
day = dict(start={start!r}, end={end!r})
for name in ("channels", "asr", "acd", "dtmf"):
    frame = lake.series({customer!r}, name, every="15m", tz={zone!r}, **day)
    graph = charts.BY_METRIC[name](frame).properties(width=560)
    display({shown})
lake.summary({customer!r}, by="hour", **day).to_pandas()
"""

RENDERERS: Final = {
    "offline": {"before": "alt.JupyterChart.enable_offline()", "shown": "alt.JupyterChart(graph)"},
    "default": {"before": "", "shown": "graph"},
}
"""What the stock notebook says for altair's widget, which needs no network, and for its default renderer."""

_DRAWN_BY_VEGA: Final = "document.querySelectorAll('canvas.marks, svg.marks').length"
DRAWN: Final = {
    "cxreports": "document.querySelectorAll('.cx-plot[data-drawn]').length >= 4"
    " && document.querySelector('.cx-grid[data-drawn]')",
    "offline": f"{_DRAWN_BY_VEGA} >= 4 && document.querySelector('table')",
    "default": "document.querySelectorAll('[id^=altair-viz]').length >= 4 && document.querySelector('table')",
}
"""When a page is drawn; with the default renderer, when all is there that vega would be fetched for."""

JOINED: Final = "document.documentElement.dataset.kernel"
IN_ITS_ZONE: Final = (
    "[...document.querySelectorAll('.cx-plot[data-drawn]')]"
    f".filter((plot) => plot.ariaLabel.includes('{ZONE}')).length >= 4"
)

LOOK: Final = """
window.{name} = new Promise((done, fail) => {{
    const look = () => {holds} ? done(performance.now() / 1000) : requestAnimationFrame(look);
    requestAnimationFrame(look);
    const broken = () => document.body?.innerText.includes("Error displaying widget");
    setInterval(() => broken() && fail(new Error("not drawn")), 1000);
    setTimeout(() => fail(new Error("not drawn")), {patience_ms});
}});
"""


@dataclass(frozen=True)
class Side:
    """What is measured.

    Attributes
    ----------
    page
        ``cxreports``, or how the stock notebook draws its charts.
    is_warm
        Whether a kernel waits for its visitor.
    """

    page: str
    is_warm: bool = False

    @property
    def is_stock(self) -> bool:
        """Whether it is Voilà as it comes."""
        return self.page != "cxreports"

    @property
    def kernel(self) -> str:
        """Say in JavaScript which kernel a page has."""
        if self.is_stock:
            return "JSON.parse(document.getElementById('jupyter-config-data').textContent).kernelId"
        return "document.documentElement.dataset.kernel"

    def command(self, home: Path, notebooks: Path, port: int) -> list[str]:
        """Give the command that serves it."""
        if not self.is_stock:
            return [sys.executable, "-c", SERVE, str(home), str(port), str(int(self.is_warm))]
        notebook = str(notebooks / f"{self.page}.ipynb")
        kept = [f"--preheat_kernel={self.is_warm}", "--pool_size=1"]
        return [sys.executable, "-m", "voila", notebook, "--no-browser", f"--port={port}", *kept]


@dataclass(frozen=True)
class Server:
    """A running side."""

    side: Side
    address: str
    process: psutil.Process
    cookies: dict[str, str]

    def tree(self) -> list[psutil.Process]:
        """Give the server and its kernels."""
        return [self.process, *self.process.children(recursive=True)]

    def rest(self) -> None:
        """Wait until nothing is prepared or cleared away any more."""
        end, before = time.monotonic() + PATIENCE_S, -1.0
        while time.monotonic() < end:
            now = cpu_s(self.tree())
            if abs(now - before) < AT_REST_CPU_S and (not self.side.is_warm or len(self.tree()) > 1):
                return
            before = now
            time.sleep(REST_S)
        raise SystemExit(f"{self.side} does not come to rest")

    def end(self, kernel: str) -> None:
        """End the kernel of a page that was left: stock Voilà refuses the page's own word for lack of a cookie."""
        if not self.side.is_stock:
            return
        request = Request(
            f"{self.address}voila/api/shutdown/{kernel}", b"", {"Cookie": "_xsrf=0", "X-XSRFToken": "0"}
        )
        with suppress(HTTPError), urlopen(request, timeout=PATIENCE_S):
            pass

    def pss_mb(self, kernel: str) -> float:
        """Give a kernel's share of the memory."""
        # One that was forked has the command line of what it was forked from, and a folder of its own.
        process = next(
            each for each in self.tree() if any(kernel in part for part in (*each.cmdline(), each.cwd()))
        )
        lines = Path(f"/proc/{process.pid}/smaps_rollup").read_text("ascii").splitlines()
        return int(next(line for line in lines if line.startswith("Pss:")).split()[1]) / 1024


@dataclass(frozen=True)
class Visit:
    """What one visit took: seconds until drawn, in the visitor's zone, and with its kernel; CPU, memory."""

    drawn_s: float
    in_its_zone_s: float
    joined_s: float
    server_cpu_s: float
    browser_cpu_s: float
    pss_mb: float


@dataclass
class Weight:
    """What came over the wire in one visit."""

    received: int = 0
    strangers: set[str] = field(default_factory=set)

    def finished(self, done: dict[str, Any]) -> None:
        """Count an answer, headers and all, as compressed as it came."""
        self.received += done["encodedDataLength"]

    def framed(self, came: dict[str, Any]) -> None:
        """Count a message of a websocket; those that are not text are told in base64."""
        frame = came["response"]
        size = len(frame["payloadData"])
        self.received += size if frame["opcode"] == 1 else size * 3 // 4

    def asked(self, request: Any) -> None:
        """Note a host that is not the server."""
        host = urlsplit(request.url).hostname
        if host not in {"localhost", None}:
            self.strangers.add(str(host))


def cpu_s(processes: list[psutil.Process]) -> float:
    """Add up the user and system time of living processes."""
    total = 0.0
    for each in processes:
        try:
            times = each.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system
    return total


def browser_cpu_s() -> float:
    """Give the CPU seconds of the one browser that is open."""
    found = []
    for each in psutil.Process().children(recursive=True):
        try:
            if "chrom" in each.name():
                found.append(each)
        except psutil.NoSuchProcess:
            continue
    return cpu_s(found)


@contextmanager
def serving(side: Side, home: Path, notebooks: Path) -> Iterator[Server]:
    """Run a side until the block is left."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    process = subprocess.Popen(
        side.command(home, notebooks, port),
        env={**os.environ, "CXREPORTS_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        end = time.monotonic() + PATIENCE_S
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > end:
                raise SystemExit(f"{side} does not answer")
            time.sleep(0.1)
        yield Server(side, f"http://localhost:{port}/", psutil.Process(process.pid), {})
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def met_anew(server: Server, home: Path) -> Server:
    """A server whose visitor has just logged in; the log-in page has left the browser's zone in a cookie too."""
    if server.side.is_stock:
        return server
    with closing(Database.of(home)) as database, database.writing() as db:
        user = users.of_company(db, CUSTOMER)[0]
        session = sessions.begin(db, user, stage=Stage.FULL)
    return replace(server, cookies={"cx-session": session, "cx-zone": ZONE})


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _browser() -> str:
    """Path of a browser."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        raise SystemExit(f"a whole browser is wanted, one of {', '.join(BROWSERS)}: apt-get install chromium")
    return found


@contextmanager
def profile(playwright: Playwright) -> Iterator[BrowserContext]:
    """Give a browser with a new profile, in which nothing is cached."""
    with tempfile.TemporaryDirectory(prefix="cxreports-profile-", ignore_cleanup_errors=True) as folder:
        context = playwright.chromium.launch_persistent_context(
            folder,
            executable_path=_browser(),
            args=["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"],
            viewport={"width": 1440, "height": 1200},
            timezone_id=ZONE,
        )
        context.set_default_timeout(PATIENCE_S * 1000)
        yield context
        context.close()


def opened(context: BrowserContext, server: Server, weight: Weight | None = None) -> Page:
    """Begin a visit; the one place that knows how a page is reached."""
    if not server.side.is_stock:
        context.add_cookies(
            [{"name": name, "value": value, "url": server.address} for name, value in server.cookies.items()]
        )
    page = context.new_page()
    looks = {"cxDrawn": DRAWN[server.side.page], "cxInItsZone": IN_ITS_ZONE, "cxJoined": JOINED}
    for name, holds in looks.items():
        page.add_init_script(LOOK.format(name=name, holds=holds, patience_ms=1000 * PATIENCE_S))
    if weight is not None:
        wire = context.new_cdp_session(page)
        wire.on("Network.loadingFinished", weight.finished)
        wire.on("Network.webSocketFrameReceived", weight.framed)
        wire.send("Network.enable")
        page.on("request", weight.asked)
    query = "" if server.side.is_stock else f"?customer={CUSTOMER}"
    page.goto(f"{server.address}{query}", wait_until="commit")
    return page


def left(page: Page, server: Server) -> None:
    """Close a page; its kernel ends."""
    kernel = page.evaluate(server.side.kernel)
    page.close(run_before_unload=True)
    server.end(kernel)


def visited(context: BrowserContext, server: Server) -> Visit | None:
    """Visit a page until all is drawn, and leave it; None when it never is."""
    server.rest()
    served, browsed = cpu_s(server.tree()), browser_cpu_s()
    page = opened(context, server)
    try:
        drawn = in_its_zone = joined = page.evaluate("window.cxDrawn")
        if not server.side.is_stock:
            in_its_zone = page.evaluate("window.cxInItsZone")
            joined = max(in_its_zone, page.evaluate("window.cxJoined"))
    except Error:
        left(page, server)
        return None
    served, browsed = cpu_s(server.tree()) - served, browser_cpu_s() - browsed
    pss = server.pss_mb(page.evaluate(server.side.kernel))
    left(page, server)
    return Visit(drawn, in_its_zone, joined, served, browsed, pss)


def weighed(context: BrowserContext, server: Server) -> Weight:
    """Weigh a visit, from the request until its server is at rest."""
    server.rest()
    weight = Weight()
    page = opened(context, server, weight)
    with suppress(Error):
        page.evaluate("window.cxDrawn")
        if not server.side.is_stock:
            page.evaluate("window.cxJoined")
    server.rest()
    page.wait_for_timeout(1000 * REST_S)
    left(page, server)
    return weight


def drawn_by_default(context: BrowserContext, server: Server) -> int:
    """Count the charts that altair's default renderer has drawn when nobody waits any longer."""
    page = opened(context, server)
    page.evaluate("window.cxDrawn")
    page.wait_for_timeout(1000 * GIVEN_UP_S)
    count: int = page.evaluate(_DRAWN_BY_VEGA)
    left(page, server)
    return count


def write_notebooks(folder: Path) -> None:
    """Write the stock notebooks."""
    end = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    day = {"start": (end - timedelta(days=1)).isoformat(), "end": end.isoformat()}
    for name, words in RENDERERS.items():
        cell = nbformat.v4.new_code_cell(STOCK.format(customer=CUSTOMER, zone=ZONE, **day, **words).strip())
        spec = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
        nbformat.write(nbformat.v4.new_notebook(cells=[cell], metadata=spec), folder / f"{name}.ipynb")


SIDES: Final = tuple(
    Side(page, is_warm) for is_warm in (False, True) for page in ("cxreports", "offline", "default")
)
VISITS: Final = ("first visit", "next visit")


def measure(rounds: int, home: Path, notebooks: Path, sides: tuple[Side, ...]) -> str:
    """Run everything and give the text of the tables."""
    _browser()
    visits: dict[tuple[Side, str], list[Visit]] = {(side, which): [] for side in sides for which in VISITS}
    weights: dict[tuple[Side, str], Weight] = {}
    never: set[Side] = set()
    with sync_playwright() as playwright, ExitStack() as running:
        servers = [running.enter_context(serving(side, home, notebooks)) for side in sides]
        for number in range(rounds):
            print(f"==> round {number + 1} of {rounds}", flush=True)
            for server in servers:
                if server.side in never:
                    continue
                with profile(playwright) as context:
                    met = met_anew(server, home)
                    for which in VISITS:
                        took = visited(context, met)
                        print(f"    {server.side} {which}: {took}", flush=True)
                        visits[server.side, which] += [took] if took else []
                if not any(visits[server.side, which] for which in VISITS):
                    never.add(server.side)  # each visit of one that is never drawn takes a minute
        seen = [server for server in servers if server.side not in never]
        for server in seen:
            with profile(playwright) as context:
                met = met_anew(server, home)
                for which in VISITS:
                    weights[server.side, which] = weighed(context, met)
        drawn = None
        if Side("default") in {server.side for server in seen}:
            with profile(playwright) as context:
                drawn = drawn_by_default(context, servers[sides.index(Side("default"))])
    visits = {key: took for key, took in visits.items() if key[0] not in never}
    return "\n".join([*_head(rounds), *_times(visits, rounds), *_weights(visits, weights), *_finding(drawn)])


_LABELS: Final = {
    "cxreports": "**cxreports**",
    "offline": "stock Voilà, altair's widget with vega in it",
    "default": "stock Voilà, altair's default renderer, up to its requests for vega",
}


def _head(rounds: int) -> list[str]:
    packages = ", ".join(
        f"{name} {version(name)}" for name in ("voila", "altair", "anywidget", "polars", "duckdb")
    )
    return [
        "# From the request to the drawn page",
        "",
        (
            f"Measured {datetime.now(UTC):%Y-%m-%d} in one run of `make bench-page` on {os.cpu_count()} cores"
            f" ({platform.machine()}), Python {platform.python_version()}, {packages}. Medians of {rounds} rounds,"
            " each of which visits all sides in turn with a new browser profile. Machines differ and are noisy: read"
            " the ratios."
        ),
        "",
        (
            "The stock notebook has the same content: one customer's last day as the same four altair charts, and the"
            " table by hour; it has no top bar, no figures, no grid and no choices. Its page is drawn when four charts"
            " and the table are there; that of cxreports when four graphs and the grid are, and once more when they"
            " stand in the time zone of the visitor's browser. A page of cxreports that its visitor has had a moment ago"
            " is shown as it was drawn then, and goes on with a kernel when that has made it anew; processor time is"
            " counted until then."
        ),
        "",
    ]


def _times(visits: dict[tuple[Side, str], list[Visit]], rounds: int) -> list[str]:
    lines = []
    for which in VISITS:
        ours = _median(visits[Side("cxreports", is_warm=True), which], "in_its_zone_s")
        lines += [
            f"## {which.capitalize()}",
            "",
            "| | kernel | drawn, s | in its zone, s | ratio | with its kernel, s | server CPU, s | browser CPU, s | drawn |",
            "|---|---|--:|--:|--:|--:|--:|--:|--:|",
        ]
        # As each comes: cxreports keeps a kernel warm, Voilà starts one for the visit.
        for page, is_warm in (("cxreports", True), ("offline", False), ("default", False),
                              ("cxreports", False), ("offline", True), ("default", True)):  # fmt: skip
            if (Side(page, is_warm), which) not in visits:
                continue
            took = visits[Side(page, is_warm), which]
            usual = "" if is_warm == (page != "cxreports") else ", as it comes"
            kernel = f"{'kept warm' if is_warm else 'started'}{usual}"
            times = [_median(took, name) for name in ("drawn_s", "in_its_zone_s")]
            rest = [_median(took, name) for name in ("joined_s", "server_cpu_s", "browser_cpu_s")]
            figures = [*times, times[1] / ours, *rest]
            cells = " | ".join(f"{each:.{1 if at == len(times) else 2}f}" for at, each in enumerate(figures))
            lines.append(f"| {_LABELS[page]} | {kernel} | {cells} | {len(took)} of {rounds} |")
        lines.append("")
    return lines


def _weights(
    visits: dict[tuple[Side, str], list[Visit]], weights: dict[tuple[Side, str], Weight]
) -> list[str]:
    lines = [
        "## Over the wire, and in memory",
        "",
        (
            "Answers with their headers and messages of the websocket, until the page is at rest; the kernel's share of"
            " the memory (PSS) when it is drawn."
        ),
        "",
        "| | first visit, kB | next visit, kB | asks other hosts | kernel, MB |",
        "|---|--:|--:|---|--:|",
    ]
    for page, label in _LABELS.items():
        if (Side(page), VISITS[0]) not in weights:
            continue
        first, following = (weights[Side(page), which] for which in VISITS)
        pss = _median([each for which in VISITS for each in visits[Side(page), which]], "pss_mb")
        strangers = str(len(first.strangers)) if first.strangers else "none"
        sizes = f"{first.received / KB:,.0f} | {following.received / KB:,.0f}"
        lines.append(f"| {label} | {sizes} | {strangers} | {pss:.0f} |")
    return [*lines, ""]


def _finding(drawn: int | None) -> list[str]:
    if drawn is None:
        return [
            (
                "Altair's default renderer fetches vega from a CDN. Its page is left out of this run: without a network"
                f" it was not seen to be drawn within {PATIENCE_S} s. Stock Voilà's page asks a CDN for its icons too."
            ),
        ]
    return [
        (
            f"With altair's default renderer and no network, {drawn} of 4 charts were drawn {GIVEN_UP_S} s after the"
            " page was complete: it fetches vega from a CDN, so its times above leave out that fetch and the drawing"
            " itself. Stock Voilà's page asks a CDN for its icons with either renderer."
        ),
    ]


def _median(took: list[Visit], what: str) -> float:
    return statistics.median(getattr(each, what) for each in took) if took else float("nan")


def main() -> None:
    """Measure and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--home", type=Path, help="a lake with the demo's calls; default: a new one")
    parser.add_argument(
        "--without-default",
        action="store_true",
        help="leave altair's default renderer out, which wants a CDN",
    )
    given = parser.parse_args()
    sides = tuple(each for each in SIDES if not (given.without_default and each.page == "default"))
    with tempfile.TemporaryDirectory(prefix="cxreports-bench-") as folder:
        home = given.home or Path(folder) / "home"
        demo(home)
        write_notebooks(Path(folder))
        text = measure(given.rounds, home.resolve(), Path(folder), sides)
    results = Path(__file__).with_name("PAGE.md")
    results.write_text(f"{text}\n", "utf-8")
    print(text)


if __name__ == "__main__":
    main()
