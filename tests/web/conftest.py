"""A portal that serves a lake of a few days, and a real browser that looks at it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from account_people import Accounts, Mailbox
from driving import free_port, portal_of

from cxreports import Lake
from cxreports.portal.database import Database

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from driving import Portal


@pytest.fixture(scope="session")
def lake(tmp_path_factory: pytest.TempPathFactory, demo_of: Callable[..., None]) -> Lake:
    """Ten days of the demo operator's calls."""
    home = tmp_path_factory.mktemp("home")
    demo_of(home, days=10, scale=0.2)
    return Lake(home)


@pytest.fixture(scope="session")
def portal(lake: Lake) -> Iterator[Portal]:
    with portal_of(lake.home) as running:
        yield running


@pytest.fixture(scope="session")
def accounts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Accounts]:
    """A portal without calls and kernels, which hands its mail over to a real server."""
    from aiosmtpd.controller import Controller

    mailbox, home, port = Mailbox(), tmp_path_factory.mktemp("accounts"), free_port()
    server = Controller(mailbox, hostname="127.0.0.1", port=port)
    server.start()
    try:
        with portal_of(home, warm=0, CXREPORTS_SMTP_URL=f"smtp://127.0.0.1:{port}") as running:
            database = Database.of(home)
            yield Accounts(running, database, mailbox)
            database.close()
    finally:
        server.stop()
