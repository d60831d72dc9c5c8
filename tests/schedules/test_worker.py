"""The worker beside a portal: it works, and is begun anew where something ends it."""

from __future__ import annotations

import multiprocessing
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from driving import until

from cxreports import beside
from cxreports.delivery import outbox
from cxreports.delivery.outbox import Channel, Message
from cxreports.portal.companies import companies
from cxreports.portal.database import Database
from cxreports.schedules.worker import working

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_letters_go_out_though_the_worker_was_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "BEGIN_ANEW_AFTER_S", 0.1)
    database = Database.of(tmp_path)
    with database.writing() as db:
        companies.add(db, "acme", "Acme Telecom")
    with working(tmp_path):
        for nth in (1, 2):
            with database.writing() as db:
                letter = Message(f"letter-{nth}", Channel.MAIL, "ana@acme.example", "Hello", "body", "acme")
                outbox.put(db, letter, now=datetime.now(UTC))
            until(
                lambda wanted=nth: len(list((tmp_path / "mail").glob("*.eml"))) == wanted,  # type: ignore[misc]
                "the letter is written",
            )
            (process,) = multiprocessing.active_children()
            process.kill()
            until(lambda gone=process: not gone.is_alive(), "it was killed")  # type: ignore[misc]
    database.close()
    assert not multiprocessing.active_children()
