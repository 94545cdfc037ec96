"""Who holds, waits for and has reserved which GPU share, and what was used."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the tables of the lease book, empty and at version 0."""
    book = op.create_table(
        "crepre_gpu_book",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.bulk_insert(book, [{"id": 1, "version": 0}])
    op.create_table(
        "crepre_gpu_entries",
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("id", sa.String(120), primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
    )
    op.create_table(
        "crepre_gpu_usage",
        sa.Column("lease", sa.String(64), primary_key=True),
        sa.Column("person", sa.String(255), nullable=False),
        sa.Column("course", sa.String(40), nullable=False),
        sa.Column("profile", sa.String(40), nullable=False),
        sa.Column("gpu", sa.String(120), nullable=False),
        sa.Column("share", sa.Float, nullable=False),
        sa.Column("start", sa.DateTime, nullable=False),
        sa.Column("end", sa.DateTime, nullable=False),
        sa.Column("waited", sa.Float, nullable=False),
        sa.Column("lesson", sa.Boolean, nullable=False),
        sa.Column("why", sa.String(16), nullable=False),
    )
    op.create_index("crepre_gpu_usage_person", "crepre_gpu_usage", ["person", "end"])
    op.create_index("crepre_gpu_usage_course", "crepre_gpu_usage", ["course", "end"])
