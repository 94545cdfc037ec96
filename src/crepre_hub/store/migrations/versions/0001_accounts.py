"""Accounts, one-time links and login attempts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the three tables of local accounts."""
    _make_accounts()
    _make_one_time_links()
    _make_login_attempts()


def _make_accounts() -> None:
    op.create_table(
        "crepre_accounts",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("is_admin", sa.Boolean, nullable=False),
        sa.Column("is_disabled", sa.Boolean, nullable=False),
        sa.Column("password_hash", sa.String(255)),
        sa.Column("sessions_must_end", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("password_set_at", sa.DateTime),
        sa.Column("last_login_at", sa.DateTime),
    )


def _make_one_time_links() -> None:
    op.create_table(
        "crepre_one_time_links",
        sa.Column("code_hash", sa.String(64), primary_key=True),
        sa.Column(
            "account",
            sa.String(64),
            sa.ForeignKey("crepre_accounts.name", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("expires_at", sa.DateTime, nullable=False),
    )
    op.create_index("crepre_one_time_links_account", "crepre_one_time_links", ["account"])


def _make_login_attempts() -> None:
    table = "crepre_login_attempts"
    op.create_table(
        table,
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("account_key", sa.String(64), nullable=False),
        sa.Column("source_key", sa.String(64), nullable=False),
        sa.Column("device_key", sa.String(64)),
        sa.Column("at", sa.DateTime, nullable=False),
    )
    op.create_index(f"{table}_account", table, ["account_key", "at"])
    op.create_index(f"{table}_source", table, ["source_key", "at"])
    op.create_index(f"{table}_at", table, ["at"])


def downgrade() -> None:
    """Drop them, and with them every account."""
    for table in ("crepre_login_attempts", "crepre_one_time_links", "crepre_accounts"):
        op.drop_table(table)
