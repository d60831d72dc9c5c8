"""Times during which no alert rule of a company gives notice."""

import sqlalchemy as sa
from alembic import op

from cxreports.portal.columns import Instant

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "notice_pauses",
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("company_id", sa.Text(), nullable=True),
        sa.Column("since", Instant(timezone=True), nullable=False),
        sa.Column("until", Instant(timezone=True), nullable=False),
        sa.Column("paused_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["companies.id"], name=op.f("fk_notice_pauses_company_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("owner", name=op.f("pk_notice_pauses")),
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("notice_pauses")
