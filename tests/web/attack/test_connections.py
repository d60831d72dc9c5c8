"""Who may hold how many connections, and for how many there are files."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from tornado.httpserver import HTTPServer
from tornado.web import Application

from cxreports.web.connections import MOST_OF_ADDRESS, Doors

PAGES = 100
FILES = """
import resource
hard = {hard}
resource.setrlimit(resource.RLIMIT_NOFILE, (1024, hard))
from cxreports.web.connections import raise_file_limit
print(raise_file_limit({pages}), resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""


class Stream:
    """A connection, as far as a door looks at it."""

    is_closed = False

    def close(self) -> None:
        self.is_closed = True


def knocks(doors: Doors, address: str) -> bool:
    """Whether a connection from an address is let in."""
    stream: Any = Stream()
    doors.handle_stream(stream, (address, 50000, 0, 0))
    return not stream.is_closed


@pytest.fixture(name="doors")
def _doors(monkeypatch: pytest.MonkeyPatch) -> Doors:
    monkeypatch.setattr(HTTPServer, "handle_stream", lambda *_: None)
    return Doors(Application(), tls=None, shared={"10.0.0.1"}, most=3 * MOST_OF_ADDRESS)


def test_a_network_of_ipv6_is_one_address(doors: Doors) -> None:
    assert all(knocks(doors, f"2001:db8:1:2::{host:x}") for host in range(MOST_OF_ADDRESS))
    assert not knocks(doors, "2001:db8:1:2:ffff::1")
    assert knocks(doors, "2001:db8:1:3::1")


def test_an_address_is_the_same_in_ipv6s_clothes(doors: Doors) -> None:
    assert all(knocks(doors, "192.0.2.7") for _ in range(MOST_OF_ADDRESS))
    assert not knocks(doors, "::ffff:192.0.2.7")
    assert knocks(doors, "192.0.2.8")


def test_many_people_may_be_behind_a_trusted_proxy_but_no_more_than_there_are_places(doors: Doors) -> None:
    assert all(knocks(doors, "10.0.0.1") for _ in range(3 * MOST_OF_ADDRESS))
    assert not knocks(doors, "10.0.0.1")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
@pytest.mark.parametrize(
    ("hard", "connections", "files", "warns"),
    [
        (8192, 8192 - 256 - 20 * PAGES, 8192, False),
        (2048, 1024, 2048, True),
    ],
)
def test_as_many_files_as_the_system_allows(hard: int, connections: int, files: int, warns: bool) -> None:
    code = FILES.format(hard=hard, pages=PAGES)
    ran = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert ran.stdout.split() == [str(connections), str(files)]
    assert ("may open only 2048 files" in ran.stderr) == warns
