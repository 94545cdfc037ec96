"""When servers ran, and whom students have let in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the tables of runs and of invitations."""
    op.create_table(
        "crepre_sessions",
        sa.Column("owner", sa.String(64), primary_key=True),
        sa.Column("server", sa.String(64), primary_key=True),
        sa.Column("started_at", sa.DateTime, primary_key=True),
        sa.Column("course", sa.String(40), nullable=False),
        sa.Column("profile", sa.String(40), nullable=False),
        sa.Column("seen_at", sa.DateTime, nullable=False),
        sa.Column("stopped_at", sa.DateTime),
    )
    op.create_index("crepre_sessions_owner", "crepre_sessions", ["owner", "seen_at"])
    op.create_index("crepre_sessions_open", "crepre_sessions", ["stopped_at"])
    op.create_table(
        "crepre_invitations",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("guest", sa.String(64), nullable=False),
        sa.Column("course", sa.String(40), nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("expires_at", sa.DateTime, nullable=False),
        sa.Column("revoked_at", sa.DateTime),
    )
    op.create_index("crepre_invitations_expires", "crepre_invitations", ["expires_at"])


def downgrade() -> None:
    """Drop them: how long servers ran is forgotten, and nobody is invited."""
    op.drop_table("crepre_invitations")
    op.drop_table("crepre_sessions")
