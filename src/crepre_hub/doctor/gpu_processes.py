"""Whether anything but the lab's servers uses the GPUs that it lends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import inspect, make_url

from crepre_hub.backends.backend import Backend
from crepre_hub.findings import Finding
from crepre_hub.gpu.book import Book
from crepre_hub.probes.gpu_use import GpuProcess, from_outside, sample_of, with_servers
from crepre_hub.probes.gpus import look_at_gpus
from crepre_hub.probes.processes import owner_of
from crepre_hub.settings.reader import Settings
from crepre_hub.store.engine import open_engine
from crepre_hub.store.gpu_book import GpuBookStore
from crepre_hub.store.tables import gpu_book
from crepre_hub.units import format_memory


@dataclass(frozen=True, slots=True)
class OutsideFacts:
    """
    Processes that belong to no server of the lab.

    Attributes:
        why_not: Why nobody looked; empty where somebody did.
        drained: GPUs that an admin took out of service.
    """

    processes: tuple[GpuProcess, ...] = ()
    drained: frozenset[str] = frozenset()
    why_not: str = ""


def look_at_processes(settings: Settings, backend: Backend, database: str) -> OutsideFacts:
    """Ask the driver who uses the GPUs, and the backend which servers there are."""
    section = settings.lab.gpus
    profiles = (each for course in settings.courses for each in course.profiles.values())
    if all(profile.gpu is None for profile in profiles):
        return OutsideFacts(why_not="No course asks for a GPU.")
    if section.found_by == "list":
        return OutsideFacts(why_not="GPUs are listed in lab.toml, and nobody measures them.")
    gpus = [gpu.uuid for gpu in look_at_gpus(section).gpus]
    if not gpus:
        return OutsideFacts(why_not="No GPU is found.")
    sample = with_servers(sample_of(section, gpus), backend.server_of)
    servers = {each.id for each in backend.found()} if sample.processes else set()
    return OutsideFacts(from_outside(sample, servers), _drained(database))


def _drained(url: str) -> frozenset[str]:
    """By the lease book; none where the database is not made yet."""
    file = make_url(url).database or ""
    if url.startswith("sqlite") and not Path(file).exists():
        return frozenset()
    engine = open_engine(url)
    try:
        if not inspect(engine).has_table(gpu_book.name):
            return frozenset()
        book = GpuBookStore(engine).read(Book())
        return frozenset(gpu.uuid for gpu in book.gpus.values() if gpu.drained)
    finally:
        engine.dispose()


def judge_processes(seen: OutsideFacts) -> Iterator[Finding]:
    """Nothing of it is ever ended; a display is no reason to worry, nor a GPU that is not lent."""
    if seen.why_not:
        yield Finding("skipped", seen.why_not)
        return
    quiet = [each for each in seen.processes if each.only_draws or each.gpu in seen.drained]
    loud = [each for each in seen.processes if each not in quiet]
    for each in loud:
        yield Finding("warning", f"{outsider(each)}.", remedy=remedy(each))
    for each in quiet:
        yield Finding("ok", f"{outsider(each)}.")
    if not seen.processes:
        yield Finding("ok", "Nothing but the lab's servers uses its GPUs.")


def outsider(process: GpuProcess) -> str:
    """Who it is and what it holds, in words for an admin."""
    of = owner_of(process.pid)
    who = f"{process.name} (process {process.pid}{f' of {of}' if of else ''})"
    size = process.memory_bytes
    held = "some memory" if size is None else format_memory(size)
    return f"{who}, from outside the lab, holds {held} of {process.gpu}"


def remedy(process: GpuProcess) -> str:
    """How to see what it is, and how the lab makes way for it."""
    look = f"docker ps --no-trunc --filter id={process.container}"
    seen = look if process.container else f"ps -fp {process.pid}"
    return f"See what it is: {seen}; to leave it the GPU: crepre gpu drain {process.gpu}"
