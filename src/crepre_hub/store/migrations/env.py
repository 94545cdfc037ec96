"""Alembic runs this; the connection, already in a transaction, comes from ``ensure_schema``."""

from __future__ import annotations

from alembic import context

from crepre_hub.store.migrations import VERSION_TABLE
from crepre_hub.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
)
context.run_migrations()
