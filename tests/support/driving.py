"""Runs a portal as its own process, and visits its pages with a real browser."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import preloaded
import pypdfium2
from playwright.sync_api import Error
from sqlalchemy import delete

from cxreports.portal.database import Database
from cxreports.portal.people import sessions, users
from cxreports.portal.tables import Preferences, Role, Stage
from cxreports.web.kernels.surroundings import PROCESS_NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, SetCookieParam

    from cxreports import Lake

OPERATOR = "operator@example.org"

ARTIFACTS = Path(__file__).resolve().parents[2] / "artifacts"
PATIENCE_S = 180
"""Longest wait for a portal on a machine that is busy with other tests."""

FORKS_FOR = "forks-"
"""What a fork server is called that is no child of its portal, before the portal's process id."""

SERVE = f"""
import importlib, json, pathlib, sys
sys.path.append({str(Path(__file__).parent)!r})
import quick_hashes
quick_hashes.hash_quickly()
from cxreports.web import application, routes, serve

home, port, warm, notebook, kernels, limits, pages = sys.argv[1:]
for name, limit in json.loads(limits).items():
    module, _, constant = name.rpartition(".")
    assert hasattr(importlib.import_module(module), constant), name
    setattr(sys.modules[module], constant, limit)
if pages:
    import functools, os, subprocess, types
    import preloaded
    from cxreports.web.kernels import forked
    preloaded.use(preloaded.PAGES, int(pages))
    forking = functools.partial(preloaded.Popen, of=preloaded.PAGES, name=f"{FORKS_FOR}{{os.getpid()}}")
    forked.subprocess = types.SimpleNamespace(Popen=forking, DEVNULL=subprocess.DEVNULL)
if notebook:
    given = routes.notebook
    routes.notebook = lambda name: pathlib.Path(notebook) if name == "dashboard" else given(name)
if json.loads(kernels):
    configure = application.Portal.configure

    def configured(portal, *settings, **more):
        configure(portal, *settings, **more)
        for name, limit in json.loads(kernels).items():
            portal.config.PortalKernels[name] = limit

    application.Portal.configure = configured
serve(pathlib.Path(home), port=int(port), warm=int(warm))
"""


_REFUSED = re.compile(
    r"responded with a status of 4(01|03|04|22|29)|Unexpected response code: 403|ERR_CONNECTION_REFUSED"
)

_LOGINS: dict[str, str] = {}
"""Session of an operator, by the address of a running portal."""

_HOMES: dict[str, Path] = {}


@dataclass
class Portal:
    """A running portal.

    Attributes
    ----------
    address
        Where it answers.
    home
        Folder of its lake.
    log
        What it wrote so far.
    """

    address: str
    home: Path
    process: subprocess.Popen[str]
    log: list[str] = field(default_factory=list)

    def kernels(self) -> list[int]:
        """Give the process ids of its kernels, forked or started by the server itself."""
        listed = subprocess.run(["ps", "-eo", "pid,ppid,comm"], check=True, capture_output=True, text=True)
        rows = [line.split(maxsplit=2) for line in listed.stdout.splitlines()[1:]]
        pid = str(self.process.pid)
        own = {pid} | {child for child, parent, name in rows if parent == pid or name == f"{FORKS_FOR}{pid}"}
        return [int(pid) for pid, parent, name in rows if parent in own and name == PROCESS_NAME]

    def kernel(self, kernel_id: str) -> int | None:
        """Give the process id of one of its kernels, None if there is no such process."""
        for pid in self.kernels():
            with suppress(OSError):
                if Path(f"/proc/{pid}/cwd").readlink().name == f"scratch-{kernel_id}":
                    return pid
        return None


@contextmanager
def portal_of(
    home: Path,
    *,
    notebook: Path | None = None,
    kernels: dict[str, float] | None = None,
    warm: int = 1,
    port: int | None = None,
    limits: dict[str, float] | None = None,
    anew: bool = False,
    forks_anew: bool = False,
    excused: bool = False,
    **environment: str,
) -> Iterator[Portal]:
    """Serve a home folder until the block is left; no process may survive it.

    Parameters
    ----------
    notebook
        Takes the dashboard's place.
    kernels
        Limits of the kernels, by the names that `cxreports.web.kernels.limits.Limits` has for them.
    warm
        Kernels kept ready.
    port
        Where it answers; by default a free one.
    limits
        Constants of modules by their full names, for tests that would have to wait for them at length.
    anew
        It and its fork server import all they need, as they do in production, and are forked from nothing.
    forks_anew
        Its fork server alone does: it is its child, and imports all it needs.
    excused
        It may log a failure that it did not foresee.
    environment
        What the process finds in its environment besides the tests' own.
    """
    port = port or free_port()
    pages = None if anew or forks_anew else preloaded.line(preloaded.PAGES).fileno()
    process = (subprocess.Popen if anew else preloaded.Popen)(
        [
            *(sys.executable, "-c", SERVE),
            *(str(home), str(port), str(warm), str(notebook or "")),
            *(json.dumps(kernels or {}), json.dumps(limits or {}), str(pages or "")),
        ],
        pass_fds=[pages] if pages else [],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
    )
    assert process.stdout is not None
    running = Portal("", home, process)
    ready = threading.Event()

    def follow() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            running.log.append(line)
            sys.stdout.write(line)  # where pytest shows it with a test that fails
            if found := re.search(r"https?://\S+", line):
                running.address = running.address or found[0]
                ready.set()
        ready.set()

    reader = threading.Thread(target=follow, daemon=True)
    reader.start()
    try:
        assert ready.wait(PATIENCE_S), "the portal did not say its address"
        assert running.address, "".join(running.log)
        _LOGINS[running.address], _HOMES[running.address] = operator_session(home), home
        yield running
        kernels = running.kernels()
        process.send_signal(signal.SIGINT)
        process.wait(PATIENCE_S)
        until = time.monotonic() + PATIENCE_S
        while any(Path(f"/proc/{pid}").exists() for pid in kernels):
            assert time.monotonic() < until, "kernels outlive the portal"
            time.sleep(0.05)
    finally:
        process.kill()
        process.wait()
        reader.join()
        process.stdout.close()
    # Whatever a caller may send, and whenever it leaves, the portal's own code has an answer.
    assert excused or "Uncaught exception" not in "".join(running.log)


def last_day(lake: Lake) -> tuple[datetime, datetime]:
    """Give the ends of the 24 hours up to just after the end of the last call of all."""
    (end,) = lake.sql("SELECT max(end_time) AS ended FROM cdr").pl()["ended"]
    until = end.astimezone(UTC) + timedelta(microseconds=1)
    return until - timedelta(days=1), until


def free_port() -> int:
    """Find a port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def operator_session(home: Path) -> str:
    """Log an operator in without a browser, and give the session's id."""
    database = Database.of(home)
    with database.writing() as db:
        known = users.find(db, OPERATOR)
        user = known or users.add(db, OPERATOR, "Olga Operator", role=Role.OPERATOR)
        session_id = sessions.begin(db, user, stage=Stage.FULL)
    database.close()
    return session_id


def forget_choices(home: Path) -> None:
    """Let the operator have chosen nothing yet, whatever an earlier visit chose."""
    database = Database.of(home)
    with database.writing() as db:
        db.execute(delete(Preferences))
    database.close()


def login_cookie(address: str, session_id: str) -> SetCookieParam:
    """Give the cookie of a session, as Playwright takes it."""
    return {"name": "cx-session", "value": session_id, "url": address, "httpOnly": True, "sameSite": "Lax"}


def let_in(context: BrowserContext, portal: Portal) -> None:
    """Log a browser in to a portal, as its operator."""
    context.add_cookies([login_cookie(portal.address, _LOGINS[portal.address])])


@contextmanager
def visit(
    browser: Browser,
    address: str,
    *,
    width: int = 1440,
    height: int = 1200,
    scheme: str = "light",
    wait: bool = True,
    session_id: str | None = None,
    language: str = "en-GB",
    refuses: bool = False,
    moves: bool = False,
) -> Iterator[Page]:
    """Open a page in a browser of its own, by default as an operator; with an empty session as nobody.

    Any error or request to another host fails the test. Where a test is refused something, the
    browser's own note of that is none. By default its visitor wants little to move: drawing sixty times a
    second takes a third of a page's processor time where no graphics card does it.
    """
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=scheme,  # type: ignore[arg-type]
        reduced_motion="no-preference" if moves else "reduce",
        timezone_id="Europe/Madrid",
        locale=language,
    )
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    context.set_default_timeout(PATIENCE_S * 1000)
    origin = re.match(r"https?://[^/]+", address)
    assert origin is not None
    if session_id is None:
        session_id = _LOGINS[origin[0]]
        forget_choices(_HOMES[origin[0]])
    if session_id:
        # The log-in page would have told the zone too.
        zone: SetCookieParam = {"name": "cx-zone", "value": "Europe%2FMadrid", "url": origin[0]}
        context.add_cookies([login_cookie(origin[0], session_id), zone])
    page = context.new_page()
    wrong: list[str] = []

    def hear(said: ConsoleMessage) -> None:
        if said.type in {"error", "warning"} and not (refuses and _REFUSED.search(said.text)):
            wrong.append(said.text)

    page.on("console", hear)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda asked: wrong.append(asked.url) if not _is_local(asked.url) else None)
    page.on("websocket", lambda socket: wrong.append(socket.url) if not _is_local(socket.url) else None)
    try:
        page.goto(address)
        if wait:
            drawn(page)
        yield page
        assert wrong == []
    finally:
        leave(context)


def leave(context: BrowserContext) -> None:
    """Close a browser's pages as people do: a page that goes says so to the portal.

    The browser without windows ends the pages of a context that is closed as if it had crashed.
    """
    for page in context.pages:
        with suppress(Error):
            page.goto("about:blank", timeout=10_000)
    context.close()


def _is_local(url: str) -> bool:
    return re.match(r"(https?|wss?)://(localhost|127\.0\.0\.1)[:/]|data:|blob:", url) is not None


def drawn(page: Page) -> None:
    """Wait until the page has drawn its graphs in the zone of its browser."""
    page.locator(".cx-plot[data-drawn]").nth(3).wait_for()
    page.locator(".cx-grid[data-drawn]").wait_for()
    page.wait_for_url("**zone=**")
    settled(page)


def settled(page: Page) -> None:
    """Wait until the kernel has nothing to do for a while."""
    page.evaluate(
        """() => new Promise((done) => {
            let quiet = 0;
            const look = () => {
                quiet = "busy" in document.documentElement.dataset ? 0 : quiet + 1;
                quiet > 8 ? done() : setTimeout(look, 50);
            };
            look();
        })"""
    )


def zoom_in(page: Page) -> None:
    """Drag over a tenth of the first graph, from its middle on: two hours and some minutes of a day."""
    plot = page.locator(".cx-plot").first
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 64, steps=4)
    page.mouse.up()
    page.mouse.move(2, 2)


def zooms(page: Page) -> list[list[float]]:
    """Give what each graph shows, milliseconds on the zone's clocks."""
    ends: list[list[float]] = page.locator(".cx-plot").evaluate_all(
        "plots => plots.map(plot => plot.cxView.signal('cx_domain').map(Number))"
    )
    return ends


def widths(page: Page) -> list[float]:
    """Give the minutes of a bucket in each graph."""
    found: list[float] = page.locator(".cx-plot").evaluate_all(
        "plots => plots.map(({cxView}) => cxView.getState({data: (name) => /^rows/.test(name)}).data)"
        ".map((data) => Object.values(data).sort((a, b) => b.length - a.length)[0])"
        ".map((rows) => (rows[2].start - rows[1].start) / 60000)"
    )
    return found


def until(holds: Callable[[], bool], what: str) -> None:
    """Wait for something to become so."""
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end, f"still not: {what}"
        time.sleep(0.1)


def on_paper(page: Page) -> list[str]:
    """Texts of the sheets that a page is printed on."""
    pdf = pypdfium2.PdfDocument(page.pdf(format="A4", prefer_css_page_size=True, print_background=True))
    return [sheet.get_textpage().get_text_range().replace("\r\n", "\n") for sheet in pdf]
