"""People, enrolments, join links, and entries into others' servers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the five tables of courses' members."""
    _make_people()
    op.create_table(
        "crepre_rosters",
        sa.Column("course", sa.String(40), primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
    )
    _make_enrolments()
    _make_join_links()
    _make_entries()


def _make_people() -> None:
    table = "crepre_people"
    op.create_table(
        table,
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("id_key", sa.String(600)),
        sa.Column("email", sa.String(255)),
        sa.Column("display_name", sa.String(120), nullable=False),
        sa.Column("seen_at", sa.DateTime, nullable=False),
    )
    op.create_index(f"{table}_id_key", table, ["id_key"])
    op.create_index(f"{table}_email", table, ["email"])


def _make_enrolments() -> None:
    table = "crepre_enrolments"
    op.create_table(
        table,
        sa.Column("course", sa.String(40), primary_key=True),
        sa.Column("key_kind", sa.String(8), primary_key=True),
        sa.Column("key_text", sa.String(600), primary_key=True),
        sa.Column("origin", sa.String(8), primary_key=True),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("section", sa.String(80), nullable=False),
        sa.Column("display_name", sa.String(120), nullable=False),
        sa.Column("since", sa.DateTime, nullable=False),
        sa.Column("until", sa.DateTime),
        sa.Column("keep_home_until", sa.DateTime),
        sa.Column("by", sa.String(255), nullable=False),
    )
    op.create_index(f"{table}_key", table, ["key_kind", "key_text"])


def _make_join_links() -> None:
    table = "crepre_join_links"
    op.create_table(
        table,
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("course", sa.String(40), nullable=False),
        sa.Column("code_hash", sa.String(64), nullable=False, unique=True),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("expires_at", sa.DateTime),
        sa.Column("seats", sa.Integer),
        sa.Column("used", sa.Integer, nullable=False),
        sa.Column("revoked_at", sa.DateTime),
        sa.Column("by", sa.String(255), nullable=False),
    )
    op.create_index(f"{table}_course", table, ["course"])


def _make_entries() -> None:
    table = "crepre_entries"
    op.create_table(
        table,
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("server", sa.String(64), nullable=False),
        sa.Column("visitor", sa.String(64), nullable=False),
        sa.Column("course", sa.String(40), nullable=False),
        sa.Column("visitor_role", sa.String(16), nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
    )
    op.create_index(f"{table}_owner", table, ["owner", "at"])


def downgrade() -> None:
    """Drop them, and with them everybody who is in a course by other means than its file."""
    for table in ("entries", "join_links", "enrolments", "rosters", "people"):
        op.drop_table(f"crepre_{table}")
