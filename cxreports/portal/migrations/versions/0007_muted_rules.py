"""Up to when an alert rule is judged without a notice."""

import sqlalchemy as sa
from alembic import op

from cxreports.portal.columns import Instant

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns."""
    op.add_column("alert_rules", sa.Column("muted_until", Instant(timezone=True), nullable=True))
    op.add_column("alert_rules", sa.Column("muted_by", sa.Text(), nullable=False, server_default=""))
