"""Courses opened and closed by hand; archives of homes, and the record of homes removed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the four tables of a term's end."""
    op.create_table(
        "crepre_switches",
        sa.Column("course", sa.String(40), primary_key=True),
        sa.Column("is_open", sa.Boolean, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("by", sa.String(255), nullable=False),
        sa.Column("reason", sa.String(255), nullable=False),
        sa.Column("opens", sa.Date),
        sa.Column("closes", sa.Date),
    )
    op.create_table(
        "crepre_purge_dates",
        sa.Column("course", sa.String(40), primary_key=True),
        sa.Column("purge_on", sa.Date, nullable=False),
        sa.Column("set_at", sa.DateTime, nullable=False),
        sa.Column("by", sa.String(255), nullable=False),
    )
    _make_archives()
    _make_purges()


def _make_archives() -> None:
    table = "crepre_archives"
    op.create_table(
        table,
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("course", sa.String(40), nullable=False),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("file", sa.String(255), nullable=False, unique=True),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("remarks", sa.Integer, nullable=False),
        sa.Column("began_at", sa.DateTime, nullable=False),
        sa.Column("by", sa.String(255), nullable=False),
    )
    op.create_index(f"{table}_owner", table, ["owner"])
    op.create_index(f"{table}_course", table, ["course"])


def _make_purges() -> None:
    table = "crepre_purges"
    op.create_table(
        table,
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("course", sa.String(40), nullable=False),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("by", sa.String(255), nullable=False),
        sa.Column("home_bytes", sa.BigInteger, nullable=False),
        sa.Column("archive", sa.String(255), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
    )
    op.create_index(f"{table}_course", table, ["course"])


def downgrade() -> None:
    """Drop them: the files of archives stay, the record of what was removed does not."""
    for table in ("purges", "archives", "purge_dates", "switches"):
        op.drop_table(f"crepre_{table}")
