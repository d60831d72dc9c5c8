"""An e-mail address that is the user's once a code sent to it has come back."""

import sqlalchemy as sa
from alembic import op

from cxreports.portal.columns import Instant

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns."""
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.add_column(sa.Column("pending_email", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("pending_email_at", Instant(timezone=True), nullable=True))


def downgrade() -> None:
    """Drop the columns."""
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.drop_column("pending_email_at")
        batch_op.drop_column("pending_email")
