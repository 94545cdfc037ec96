"""The GPUs that a lab has had, by its lease book."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import make_url

from crepre_hub.errors import StoreUnreachable
from crepre_hub.gpu.book import Book
from crepre_hub.gpu.gpus import Gpu
from crepre_hub.gpu.rules import Rules
from crepre_hub.settings.database import database_url
from crepre_hub.settings.reader import Settings
from crepre_hub.store.engine import open_engine
from crepre_hub.store.gpu_book import GpuBookStore


def known_gpus(settings: Settings) -> tuple[Gpu, ...]:
    """
    All that a hub of this lab has ever seen, as it saw them last.

    None where there is no book yet, or it cannot be read; why, the check of the databases says.
    """
    url = database_url(settings, "crepre")
    if url.startswith("sqlite") and not Path(make_url(url).database or "").exists():
        return ()
    engine = open_engine(url)
    try:
        return tuple(GpuBookStore(engine).read(Book(Rules())).gpus.values())
    except StoreUnreachable:
        return ()
    finally:
        engine.dispose()
