"""Runs migrations over the engine that `cxreports.portal.database` hands over."""

from alembic import context

from cxreports.portal.metadata import METADATA

with context.config.attributes["engine"].connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=METADATA,
        render_as_batch=connection.dialect.name == "sqlite",
    )
    with context.begin_transaction():
        context.run_migrations()
