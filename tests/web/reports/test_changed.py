"""Finished reports whose calls have changed since: told on the page, and sent again with what has changed."""

from __future__ import annotations

import re
import shutil
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from small_office import ANA, BEA, load_calls, office_of

from cxreports.errors import CxreportsError
from cxreports.lake.store import Store
from cxreports.portal.database import now
from cxreports.portal.schedules import library
from cxreports.schedules.worker import Worker
from cxreports.schedules.workshop import LakeWorkshop
from cxreports.settings import Settings
from cxreports.web.reports.changed import changes_since

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from small_office import Client, Office

WEEK = {
    "act": "save", "name": "Week", "notebook": "destinations", "period": "last-7-days", "every": "weekly",
    "days": "mon", "at": "07:00", "zone": "UTC", "missed": "once", "wait_h": "6", "to": "x@acme.example",
    "formats": "csv", "language": "en",
}  # fmt: skip


pytestmark = pytest.mark.usefixtures("forked_crews")


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office_of(tmp_path_factory.mktemp("home")) as running:
        call(running, minute=0, customers=("acme", "bravo"))
        yield running


def call(office: Office, minute: int, customers: tuple[str, ...]) -> None:
    """Let somebody call, two days ago."""
    at = now().replace(second=0, microsecond=0) - timedelta(days=2, minutes=minute)
    load_calls(office.portal.home, [(customer, at, 30, 200, "0.1", "USD") for customer in customers])


def work(office: Office) -> None:
    """Make the reports that were asked for."""
    settings = Settings(home=office.portal.home)
    Worker(office.database, settings, LakeWorkshop(settings)).reports()


def cards(client: Client) -> list[str]:
    """Give the cards of the page, the newest first."""
    return re.findall(
        r'<article class="cx-card cx-report-card">.*?</article>', client.get("/reports").text, re.DOTALL
    )


def scheduled(client: Client) -> str:
    client.post("/reports/schedule", **WEEK)
    (number,) = set(re.findall(r"reports/schedule\?schedule=(\d+)", client.get("/reports").text))
    return number


def test_a_card_says_what_has_changed_until_the_report_is_sent_again(office: Office) -> None:
    ana, bea = office.client(ANA), office.client(BEA)
    for client in (ana, bea):
        client.post("/reports", act="run", id=scheduled(client))
    work(office)
    (card,), (hers,) = cards(ana), cards(bea)
    assert "changed since" not in card + hers
    call(office, minute=5, customers=("acme",))
    (card,), (hers,) = cards(ana), cards(bea)
    assert "changed since" in card
    said = ["Attempts: 1 → 2", "Connected: 1 → 2", "Charge: $0.10 → $0.20"]
    assert re.findall(r'<span class="cx-muted">(.*?)</span>', card) == said
    assert "changed since" not in hers, "another company's calls are none of hers"
    (report,) = re.findall(r'name="id" value="(\d+)"', card)
    ana.post("/reports", act="again", id=report)
    work(office)
    newest, before = cards(ana)
    assert "revised" in newest
    assert "changed since" not in newest
    assert "changed since" in before


def test_nothing_is_said_while_the_lake_cannot_be_read(office: Office, tmp_path: Path) -> None:
    shutil.copytree(office.portal.home / "lake", tmp_path / "lake")
    log = max((tmp_path / "lake" / "channels" / "_delta_log").glob("*.json"))
    log.write_bytes(b"{")
    broken = Store(Settings(home=tmp_path))
    with pytest.raises(CxreportsError):
        broken.snapshot()
    with office.database.reading() as db:
        parts = library.reports(db, "acme")
        assert len(parts) > 1
        assert changes_since(parts, broken, tmp_path) == {}
