"""How many pages the PDF of a finished report has."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("report_files", sa.Column("pages", sa.Integer(), nullable=True))


def downgrade() -> None:
    """Take it away."""
    op.drop_column("report_files", "pages")
