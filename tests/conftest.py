"""What tests of several rooms use: lakes made by hand (``support/made_lake.py``), and the browser."""

import fcntl
import gc
import os
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

import made_lake
import preloaded
import pytest
import quick_hashes
from hypothesis import settings
from tornado.ioloop import IOLoop

from cxreports.demo.calls import demo
from cxreports.lake import Snapshot, Store

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytest_plugins = ("databases",)

CHROMIUM: Final = next(
    filter(
        None,
        map(shutil.which, ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")),
    ),
    None,
)
"""The system's browser, best the one without windows: a page costs it a third of the processor's time.

Playwright's own where there is none.
"""

CHROMIUM_FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


LONGEST: Final = (
    "web/test_sessions.py",
    "web/test_every_page.py",
    "schedules/test_killed.py",
    "web/test_dashboard.py",
    "widgets/test_grid.py",
    "web/attack/test_routes.py",
    "schedules/test_running.py",
    "web/test_calls_behind.py",
    "web/attack/test_exhaustion.py",
    "web/test_call_records.py",
    "web/test_faults.py",
    "web/forms/test_log_ins.py",
    "widgets/test_jupyter.py",
)
"""Modules that begin first, the longest one before all: one that began last would run alone at the end."""

MOST_SHARED: Final = 8
"""Lakes made by hand that are kept for the next test."""


quick_hashes.hash_quickly()

# On a busy machine any example may take long.
settings.register_profile("suite", deadline=None)
settings.load_profile("suite")

# Until all is collected: looking through what imports make takes as long as making it, and none of it goes.
gc.disable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the longest modules begin first; ``--no-loadscope-reorder`` keeps to it."""
    places = {Path(__file__).parent / name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path, len(places)))


def pytest_collection_finish() -> None:
    """Let the collector pass over what was imported and collected: it would look at it after each module."""
    gc.collect()
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="module", autouse=True)
def nothing_left_open() -> Iterator[None]:
    """Fail the module that left a file or socket open, not the one in which it happens to be collected."""
    yield
    # tornado holds what a closed loop held until another begins.
    for loop in [each for each in IOLoop._ioloop_for_asyncio if each.is_closed()]:
        del IOLoop._ioloop_for_asyncio[loop]
    gc.collect()
    # What is there now stays, imports above all: to look through it after each module took 7 % of the time.
    gc.freeze()


@pytest.fixture(scope="session")
def made_store(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Store]:
    """Make the store of a lake of calls that a test wrote down."""
    return lambda calls: made_lake.made_store(tmp_path_factory.mktemp("made"), calls)


@pytest.fixture(scope="session")
def made(made_store: Callable[..., Store]) -> Callable[..., Snapshot]:
    """Make a snapshot of calls that a test wrote down; who asks for the same calls soon after shares it."""
    last: dict[str, Snapshot] = {}

    def snapshot(calls: Iterable[dict[str, Any]]) -> Snapshot:
        calls = list(calls)
        key = repr(calls)
        found = last.pop(key, None) or made_store(calls).snapshot()
        # A few of them are enough for the tests of a module.
        while len(last) >= MOST_SHARED:
            del last[next(iter(last))]
        last[key] = found
        return found

    return snapshot


@pytest.fixture(scope="session")
def demo_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., None]:
    """Put calls of the demo operator into a home folder; workers share what one of them has made.

    What they share is copied and never worked with: each worker has its own lake and database.
    """
    folder = tmp_path_factory.getbasetemp()
    shared = folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder

    def put(home: Path, *, days: int, scale: float) -> None:
        made = shared / f"demo-{days}-{scale}"
        with Path(f"{made}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not made.exists():
                begun = Path(f"{made}.begun")
                shutil.rmtree(begun, ignore_errors=True)
                begun.mkdir(mode=0o700)
                demo(begun, days=days, scale=scale)
                begun.rename(made)
        shutil.copytree(made, home, dirs_exist_ok=True)

    return put


@pytest.fixture(scope="session")
def small_demo(demo_of: Callable[..., None]) -> Callable[[Path], None]:
    """Put two days of the demo operator's calls into a home folder."""
    return lambda home: demo_of(home, days=2, scale=0.1)


@pytest.fixture
def forked_crews(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reports are made by processes that have imported already (``support/preloaded.py``)."""
    forking = SimpleNamespace(
        Popen=preloaded.Popen, DEVNULL=subprocess.DEVNULL, TimeoutExpired=subprocess.TimeoutExpired
    )
    monkeypatch.setattr("cxreports.reports.crew.subprocess", forking)


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    """The one browser of a module: Playwright cannot be started twice at a time.

    While it is open its event loop runs in this thread, and no notebook can be run beside it.
    """
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        yield started
        started.close()
