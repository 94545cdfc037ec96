"""The history of the lab's tables, and the one way to bring a database up to date."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, text

from crepre_hub.errors import StoreUnreachable
from crepre_hub.store.engine import transaction

VERSION_TABLE = "crepre_alembic_version"

_LOCK_NUMBER = 0x637265707265  # "crepre"; any number will do, as long as it stays the same


def ensure_schema(engine: Engine) -> None:
    """
    Bring the tables of *engine* up to date; may be repeated, also by two processes at once.

    The second process waits for the first one and then finds nothing to do.

    Raises:
        StoreUnreachable: If the database does not answer, or a newer crepre-hub has used it.
    """
    with transaction(engine) as connection:
        _wait_for_our_turn(connection)
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:  # its revision is not among ours
            raise StoreUnreachable(
                "A newer crepre-hub has used the lab's database.",
                remedy="Install that version again, or restore the backup from before it.",
            ) from error


def _wait_for_our_turn(connection: Connection) -> None:
    """Hold the lock that only one upgrade can have, until the transaction ends."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _LOCK_NUMBER})
