"""Who logs in with a provider, and which account is theirs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0001"


def upgrade() -> None:
    """Make the table that binds people at a provider to accounts."""
    op.create_table(
        "crepre_identities",
        sa.Column("stable_key", sa.String(64), primary_key=True),
        sa.Column(
            "account",
            sa.String(64),
            sa.ForeignKey("crepre_accounts.name", ondelete="CASCADE"),
            nullable=False,
            unique=True,
        ),
        sa.Column("provider", sa.String(16), nullable=False),
        sa.Column("issuer", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("email", sa.String(254)),
        sa.Column("display_name", sa.String(120), nullable=False),
        sa.Column("first_login_at", sa.DateTime),
    )


def downgrade() -> None:
    """Drop it: nobody is known to a provider any more."""
    op.drop_table("crepre_identities")
