"""Rules that notify all operators, and the receivers of rules to whom no mail goes any more."""

import sqlalchemy as sa
from alembic import op

from cxreports.portal.columns import Instant

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, set for the rules that stand from the start and told nobody, and make the table."""
    op.add_column(
        "alert_rules", sa.Column("to_operators", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.execute(
        "UPDATE alert_rules SET to_operators = true WHERE standing IS NOT NULL AND webhook = '' "
        "AND CAST(emails AS TEXT) = '[]'"
    )
    op.create_table(
        "alert_receivers",
        sa.Column("rule_id", sa.Integer(), nullable=False),
        sa.Column("target_key", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("removed_at", Instant(timezone=True), nullable=True),
        sa.Column("removed_why", sa.Text(), nullable=False),
        sa.Column("failed_message", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["rule_id"], ["alert_rules.id"], name=op.f("fk_alert_receivers_rule_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("rule_id", "target_key", name=op.f("pk_alert_receivers")),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("alert_receivers")
    op.drop_column("alert_rules", "to_operators")
