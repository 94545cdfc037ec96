"""What teachers do on the pages of a course: sections of links, raised hands, announcements."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make them."""
    op.add_column(
        "crepre_join_links",
        sa.Column("section", sa.String(80), nullable=False, server_default=""),
    )
    op.create_table(
        "crepre_hands",
        sa.Column("course", sa.String(40), primary_key=True),
        sa.Column("person", sa.String(64), primary_key=True),
        sa.Column("since", sa.DateTime, nullable=False),
    )
    table = "crepre_announcements"
    op.create_table(
        table,
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("course", sa.String(40), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("until", sa.DateTime, nullable=False),
    )
    op.create_index(f"{table}_course", table, ["course", "until"])


def downgrade() -> None:
    """Drop them."""
    for table in ("announcements", "hands"):
        op.drop_table(f"crepre_{table}")
    op.drop_column("crepre_join_links", "section")
