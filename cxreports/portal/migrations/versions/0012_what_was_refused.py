"""What a receiver refused for good: until now, only that it did."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_OUTBOX = sa.table("outbox", sa.column("is_permanent", sa.Boolean()), sa.column("refusal", sa.String()))


def upgrade() -> None:
    """Put what is refused in the place of whether: receivers were taken off for whatever it was."""
    op.add_column("outbox", sa.Column("refusal", sa.String(16), nullable=False, server_default=""))
    op.execute(_OUTBOX.update().where(_OUTBOX.c.is_permanent).values(refusal="receiver"))
    # Not in a batch: SQLite would build the table anew, and delete the tries with the old one.
    op.drop_column("outbox", "is_permanent")


def downgrade() -> None:
    """Keep that something was refused."""
    op.add_column(
        "outbox", sa.Column("is_permanent", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.execute(_OUTBOX.update().where(_OUTBOX.c.refusal != "").values(is_permanent=True))
    op.drop_column("outbox", "refusal")
