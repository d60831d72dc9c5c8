"""The database: one shape, exact values, and one writer at a time, on SQLite and on PostgreSQL."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import select, text
from sqlalchemy.exc import StatementError

from cxreports.errors import BadDatabase
from cxreports.portal import shape
from cxreports.portal.database import Database
from cxreports.portal.metadata import METADATA
from cxreports.portal.post.outgoing import OutgoingMessage, SendingTry
from cxreports.portal.tables import Company

if TYPE_CHECKING:
    from pathlib import Path

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def test_the_migrations_make_the_tables_that_the_code_knows(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []


def test_money_and_instants_come_back_as_they_went_in(database: Database) -> None:
    tokyo = datetime(2026, 6, 1, 21, 0, 0, 1, tzinfo=timezone(timedelta(hours=9)))
    with database.writing() as db:
        db.add(Company(id="acme", name="Acme", debit_limit=Decimal("0.000001"), created_at=tokyo))
    with database.reading() as db:
        company = db.scalars(select(Company)).one()
        assert company.debit_limit == Decimal("0.000001")
        assert company.created_at == NOON + timedelta(microseconds=1)
        assert company.created_at.utcoffset() == timedelta(0)


def test_a_time_without_a_zone_is_refused(database: Database) -> None:
    naive = NOON.replace(tzinfo=None)
    with pytest.raises(StatementError, match="has no zone"), database.writing() as db:
        db.add(Company(id="acme", name="Acme", created_at=naive))


def test_the_newest_shape_is_the_one_that_the_migrations_end_with() -> None:
    assert shape.newest() == ScriptDirectory(str(shape.MIGRATIONS)).get_current_head()


def test_what_was_refused_before_is_of_the_receiver_and_its_tries_are_kept(
    database: Database, tmp_path: Path
) -> None:
    config = Config(attributes={"engine": database.engine})
    config.set_main_option("script_location", str(shape.MIGRATIONS))
    command.downgrade(config, "0011")
    insert = text(
        "INSERT INTO outbox (key, channel, target, subject, text, html, headers, attachments, state,"
        " created_at, due_at, tries, answer, is_permanent) VALUES (:key, 'mail', 'a@b.example', '', '', '',"
        " '{}', '[]', 'failed', :now, :now, 1, '550', :permanent)"
    )
    begun = text(
        "INSERT INTO outbox_tries (message_id, number, began_at, answer)"
        " SELECT id, 1, created_at, answer FROM outbox"
    )
    with database.engine.begin() as connection:
        for key, permanent in (("gone", True), ("given up", False)):
            connection.execute(insert, {"key": key, "now": str(NOON), "permanent": permanent})
        connection.execute(begun)
    database.migrate(tmp_path)
    with database.reading() as db:
        kept = {each.key: each.refusal for each in db.scalars(select(OutgoingMessage))}
        tries = len(list(db.scalars(select(SendingTry))))
    assert (kept, tries) == ({"gone": "receiver", "given up": ""}, 2)


def test_a_database_of_a_newer_release_is_refused(database: Database, tmp_path: Path) -> None:
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(BadDatabase, match="made by a newer cxreports"):
        database.migrate(tmp_path)


def test_a_page_imports_no_migrations(tmp_path: Path) -> None:
    Database.of(tmp_path).close()
    program = (
        "import sys; from pathlib import Path\n"
        "import cxreports.pages.warm_up, cxreports.pages.customers, cxreports.web.kernels.process\n"
        "from cxreports.portal.database import database_of\n"
        "database_of(Path(sys.argv[1]))\n"
        "print([name for name in sys.modules if name.partition('.')[0] in {'alembic', 'mako'}])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], check=True, capture_output=True, text=True
    )
    assert ran.stdout == "[]\n"
