"""A portal that serves a lake of a few days, and a real browser that looks at it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cxreports import Lake
from cxreports.demo import demo

sys.path.insert(0, str(Path(__file__).parent))

from driving import portal_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from driving import Portal


@pytest.fixture(scope="session")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """Ten days of the demo operator's calls."""
    home = tmp_path_factory.mktemp("home")
    demo(home, days=10, scale=0.2)
    return Lake(home)


@pytest.fixture(scope="session")
def portal(lake: Lake) -> Iterator[Portal]:
    with portal_of(lake.home) as running:
        yield running
