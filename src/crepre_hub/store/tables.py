"""The tables of the lab, as SQLAlchemy knows them. Their history is in ``migrations``."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
)


class UtcMoment(TypeDecorator[datetime]):
    """A moment with its time zone in Python, and in UTC without one in every database."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """What is written."""
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """What is read."""
        return None if value is None else value.replace(tzinfo=UTC)


metadata = MetaData()

accounts = Table(
    "crepre_accounts",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("is_admin", Boolean, nullable=False),
    Column("is_disabled", Boolean, nullable=False),
    Column("password_hash", String(255)),
    # Sessions from before a reset or a disabling are ended by the hub, which clears the mark.
    Column("sessions_must_end", Boolean, nullable=False),
    Column("created_at", UtcMoment, nullable=False),
    Column("password_set_at", UtcMoment),
    Column("last_login_at", UtcMoment),
)

one_time_links = Table(
    "crepre_one_time_links",
    metadata,
    Column("code_hash", String(64), primary_key=True),
    Column("account", ForeignKey(accounts.c.name, ondelete="CASCADE"), nullable=False),
    Column("expires_at", UtcMoment, nullable=False),
    Index("crepre_one_time_links_account", "account"),
)

login_attempts = Table(
    "crepre_login_attempts",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    # Keys are digests: what somebody typed into the wrong field is not kept, nor is its length.
    Column("account_key", String(64), nullable=False),
    Column("source_key", String(64), nullable=False),
    Column("device_key", String(64)),
    Column("at", UtcMoment, nullable=False),
    Index("crepre_login_attempts_account", "account_key", "at"),
    Index("crepre_login_attempts_source", "source_key", "at"),
    Index("crepre_login_attempts_at", "at"),
)

identities = Table(
    "crepre_identities",
    metadata,
    # A digest of issuer and subject, which may be longer than any index takes.
    Column("stable_key", String(64), primary_key=True),
    Column("account", ForeignKey(accounts.c.name, ondelete="CASCADE"), nullable=False, unique=True),
    Column("provider", String(16), nullable=False),
    Column("issuer", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("email", String(254)),
    Column("display_name", String(120), nullable=False),
    Column("first_login_at", UtcMoment),
)
