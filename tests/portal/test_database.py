"""The database: one shape, exact values, and one writer at a time, on SQLite and on PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import select
from sqlalchemy.exc import StatementError

from cxreports.portal.tables import Company, Row

if TYPE_CHECKING:
    from cxreports.portal.database import Database

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def test_the_migrations_make_the_tables_that_the_code_knows(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Row.metadata) == []


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
