"""Where the lab keeps its tables."""

from __future__ import annotations

from collections.abc import Mapping

from crepre_hub.settings.reader import Settings


def database_url(settings: Settings, name: str) -> str:
    """Where *name* (``hub`` or ``crepre``) keeps its tables; one database on PostgreSQL."""
    url = settings.lab.database.url
    if url == "sqlite":
        return f"sqlite:///{settings.state / name}.sqlite"
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


def database_urls(settings: Settings) -> Mapping[str, str]:
    """All of the lab's, by name."""
    return {name: database_url(settings, name) for name in ("hub", "crepre")}
