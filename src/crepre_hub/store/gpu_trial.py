"""The lease book for a dry run: what is written is read again, and the database never sees it."""

from __future__ import annotations

from sqlalchemy import Engine

from crepre_hub.gpu.book import Book
from crepre_hub.gpu.draft import Change
from crepre_hub.store.gpu_book import GpuBookStore


class TrialBookStore(GpuBookStore):
    """The lab's book until the first change; from then on a copy that ends with the process."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self._changed: Book | None = None

    def version(self) -> int:
        """Of the copy."""
        return super().version() if self._changed is None else self._changed.version

    def read(self, known: Book) -> Book:
        """The copy, else the lab's."""
        return super().read(known) if self._changed is None else self._changed

    def write(self, before: Book, change: Change) -> bool:
        """Keep it in mind; nobody else writes."""
        self._changed = change.book
        return True
