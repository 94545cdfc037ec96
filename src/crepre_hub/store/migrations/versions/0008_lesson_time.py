"""How much of a lease was in a lesson, for those that went on after it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

USAGE = sa.table(
    "crepre_gpu_usage",
    sa.column("lease", sa.String),
    sa.column("start", sa.DateTime),
    sa.column("end", sa.DateTime),
    sa.column("lesson", sa.Boolean),
    sa.column("lesson_seconds", sa.Float),
)


def upgrade() -> None:
    """Add the column; of leases that are over, a lesson's was all of it until now."""
    column = sa.Column("lesson_seconds", sa.Float, nullable=False, server_default="0")
    op.add_column("crepre_gpu_usage", column)
    bind = op.get_bind()
    lessons = sa.select(USAGE.c.lease, USAGE.c.start, USAGE.c.end).where(USAGE.c.lesson)
    for lease, start, end in bind.execute(lessons).all():
        seconds = (end - start).total_seconds()
        mine = sa.update(USAGE).where(USAGE.c.lease == lease)
        bind.execute(mine.values(lesson_seconds=seconds))


def downgrade() -> None:
    """Drop it: all of a lesson's lease counts as its lesson again."""
    with op.batch_alter_table("crepre_gpu_usage") as table:
        table.drop_column("lesson_seconds")
