"""Runs migrations over the engine that `cxreports.portal.database` hands over."""

from alembic import context

from cxreports.portal.alerts import tables as _alerts  # noqa: F401 (its tables are of the same metadata)
from cxreports.portal.tables import Row

with context.config.attributes["engine"].connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=Row.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
    )
    with context.begin_transaction():
        context.run_migrations()
