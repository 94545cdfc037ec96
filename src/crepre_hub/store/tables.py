"""The tables of the lab, as SQLAlchemy knows them. Their history is in ``migrations``."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    Float,
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
people = Table(
    "crepre_people",
    metadata,
    Column("name", String(64), primary_key=True),
    # Both as keys of courses.keys, as the last login proved them.
    Column("id_key", String(600)),
    Column("email", String(255)),
    Column("display_name", String(120), nullable=False),
    Column("seen_at", UtcMoment, nullable=False),
    Index("crepre_people_id_key", "id_key"),
    Index("crepre_people_email", "email"),
)

rosters = Table(
    "crepre_rosters",
    metadata,
    Column("course", String(40), primary_key=True),
    # Counted up with each write: of two who read the same one, the second has to read again.
    Column("version", Integer, nullable=False),
)

enrolments = Table(
    "crepre_enrolments",
    metadata,
    Column("course", String(40), primary_key=True),
    Column("key_kind", String(8), primary_key=True),
    Column("key_text", String(600), primary_key=True),
    Column("origin", String(8), primary_key=True),
    Column("role", String(16), nullable=False),
    Column("section", String(80), nullable=False),
    Column("display_name", String(120), nullable=False),
    Column("since", UtcMoment, nullable=False),
    Column("until", UtcMoment),
    Column("keep_home_until", UtcMoment),
    Column("by", String(255), nullable=False),
    Index("crepre_enrolments_key", "key_kind", "key_text"),
)

join_links = Table(
    "crepre_join_links",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("course", String(40), nullable=False),
    Column("code_hash", String(64), nullable=False, unique=True),
    Column("created_at", UtcMoment, nullable=False),
    Column("expires_at", UtcMoment),
    Column("seats", Integer),
    Column("used", Integer, nullable=False),
    Column("revoked_at", UtcMoment),
    Column("by", String(255), nullable=False),
    Column("section", String(80), nullable=False, server_default=""),
    Index("crepre_join_links_course", "course"),
)

entries = Table(
    "crepre_entries",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("owner", String(64), nullable=False),
    Column("server", String(64), nullable=False),
    Column("visitor", String(64), nullable=False),
    Column("course", String(40), nullable=False),
    Column("visitor_role", String(16), nullable=False),
    Column("at", UtcMoment, nullable=False),
    Index("crepre_entries_owner", "owner", "at"),
)

switches = Table(
    "crepre_switches",
    metadata,
    Column("course", String(40), primary_key=True),
    Column("is_open", Boolean, nullable=False),
    Column("at", UtcMoment, nullable=False),
    Column("by", String(255), nullable=False),
    Column("reason", String(255), nullable=False),
    # The dates of the course file when it was typed: new ones there end it.
    Column("opens", Date),
    Column("closes", Date),
)

purge_dates = Table(
    "crepre_purge_dates",
    metadata,
    Column("course", String(40), primary_key=True),
    Column("purge_on", Date, nullable=False),
    Column("set_at", UtcMoment, nullable=False),
    Column("by", String(255), nullable=False),
)

archives = Table(
    "crepre_archives",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("course", String(40), nullable=False),
    Column("owner", String(64), nullable=False),
    Column("file", String(255), nullable=False, unique=True),
    Column("size_bytes", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("remarks", Integer, nullable=False),
    # Before the first byte was read: a home that has changed since wants another one.
    Column("began_at", UtcMoment, nullable=False),
    Column("by", String(255), nullable=False),
    Index("crepre_archives_owner", "owner"),
    Index("crepre_archives_course", "course"),
)

purges = Table(
    "crepre_purges",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("course", String(40), nullable=False),
    Column("owner", String(64), nullable=False),
    Column("at", UtcMoment, nullable=False),
    Column("by", String(255), nullable=False),
    Column("home_bytes", BigInteger, nullable=False),
    # Of the archive that was held against its checksum first; empty where there was none.
    Column("archive", String(255), nullable=False),
    Column("sha256", String(64), nullable=False),
    Index("crepre_purges_course", "course"),
)

hands = Table(
    "crepre_hands",
    metadata,
    Column("course", String(40), primary_key=True),
    Column("person", String(64), primary_key=True),
    Column("since", UtcMoment, nullable=False),
)

announcements = Table(
    "crepre_announcements",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("course", String(40), nullable=False),
    Column("text", Text, nullable=False),
    Column("by", String(64), nullable=False),
    Column("created_at", UtcMoment, nullable=False),
    Column("until", UtcMoment, nullable=False),
    Index("crepre_announcements_course", "course", "until"),
)

gpu_book = Table(
    "crepre_gpu_book",
    metadata,
    # One row. Its version is counted up with each change of the entries: of two writers who read
    # the same one, the second has to read again.
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("version", Integer, nullable=False),
)

gpu_entries = Table(
    "crepre_gpu_entries",
    metadata,
    Column("kind", String(16), primary_key=True),
    Column("id", String(120), primary_key=True),
    Column("version", Integer, nullable=False),  # of the book that it was written with
    # The value as JSON: nothing is looked up by what is in it, since the whole book is read.
    Column("content", Text, nullable=False),
)

gpu_usage = Table(
    "crepre_gpu_usage",
    metadata,
    Column("lease", String(64), primary_key=True),
    Column("person", String(255), nullable=False),
    Column("course", String(40), nullable=False),
    Column("profile", String(40), nullable=False),
    Column("gpu", String(120), nullable=False),
    Column("share", Float, nullable=False),
    Column("start", UtcMoment, nullable=False),
    Column("end", UtcMoment, nullable=False),
    Column("waited", Float, nullable=False),
    Column("lesson", Boolean, nullable=False),
    Column("why", String(16), nullable=False),
    Column("lesson_seconds", Float, nullable=False, server_default="0"),
    Index("crepre_gpu_usage_person", "person", "end"),
    Index("crepre_gpu_usage_course", "course", "end"),
)

sessions = Table(
    "crepre_sessions",
    metadata,
    Column("owner", String(64), primary_key=True),
    Column("server", String(64), primary_key=True),
    Column("started_at", UtcMoment, primary_key=True),
    Column("course", String(40), nullable=False),
    Column("profile", String(40), nullable=False),
    Column("seen_at", UtcMoment, nullable=False),
    Column("stopped_at", UtcMoment),
    Index("crepre_sessions_owner", "owner", "seen_at"),
    Index("crepre_sessions_open", "stopped_at"),
)

invitations = Table(
    "crepre_invitations",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("owner", String(64), nullable=False),
    Column("guest", String(64), nullable=False),
    Column("course", String(40), nullable=False),
    Column("created_at", UtcMoment, nullable=False),
    Column("expires_at", UtcMoment, nullable=False),
    Column("revoked_at", UtcMoment),
    Index("crepre_invitations_expires", "expires_at"),
)
