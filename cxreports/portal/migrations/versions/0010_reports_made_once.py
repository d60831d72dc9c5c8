"""What names a report that is made once."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("schedules", sa.Column("once_key", sa.String(64), nullable=True))
    op.create_index(op.f("ix_schedules_once_key"), "schedules", ["once_key"], unique=True)


def downgrade() -> None:
    """Take it away, and the reports that were made once with it."""
    op.execute("DELETE FROM schedules WHERE once_key IS NOT NULL")
    op.drop_index(op.f("ix_schedules_once_key"), table_name="schedules")
    op.drop_column("schedules", "once_key")
