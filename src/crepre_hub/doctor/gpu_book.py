"""Whether the GPUs that the lab had are still lent, and why one is not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import inspect, make_url

from crepre_hub.findings import Finding
from crepre_hub.gpu.book import Book
from crepre_hub.gpu.gpus import Gpu, State
from crepre_hub.store.engine import open_engine
from crepre_hub.store.gpu_book import GpuBookStore
from crepre_hub.store.tables import gpu_entries


def look_at_known_gpus(url: str) -> tuple[Gpu, ...]:
    """Those in the lease book; none where the database is not made yet."""
    file = make_url(url).database or ""
    if url.startswith("sqlite") and not Path(file).exists():
        return ()
    engine = open_engine(url)
    try:
        if not inspect(engine).has_table(gpu_entries.name):
            return ()
        return tuple(GpuBookStore(engine).read(Book()).gpus.values())
    finally:
        engine.dispose()


def judge_known_gpus(gpus: tuple[Gpu, ...]) -> Iterator[Finding]:
    """One that is gone or fails needs somebody; one that an admin took out does not."""
    if not gpus:
        yield Finding("skipped", "The lab has had no GPU yet.")
        return
    troubled = [gpu for gpu in gpus if gpu.state in {State.MISSING, State.FAILED}]
    for gpu in troubled:
        text = f"{gpu.uuid} ({gpu.name}) is not lent: {gpu.trouble}"
        yield Finding("error", text, remedy=gpu.remedy)
    if not troubled:
        drained = sum(gpu.state is State.DRAINED for gpu in gpus)
        out = f", {drained} taken out of service" if drained else ""
        yield Finding("ok", f"All {len(gpus)} are there{out}.")
