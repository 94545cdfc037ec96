"""A lab that lends pretended GPUs of a real Docker Engine, and what must be true of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine

from crepre_hub.clock import utc_now
from crepre_hub.gpu.book import Book
from crepre_hub.gpu.draft import Change, Draft
from crepre_hub.gpu.given import GivenGpu, given_in
from crepre_hub.gpu.gpus import Wish
from crepre_hub.gpu.inventory import drain
from crepre_hub.gpu.rules import Rules
from crepre_hub.store.engine import open_engine
from crepre_hub.store.gpu_book import GpuBookStore
from tests.faults.fixtures import QUICK
from tests.labs.docker_faults import FaultyDocker
from tests.labs.lab import Lab, new_lab
from tests.machine.own_engine import OwnEngine

COURSE = """\
title = "Machine learning for music"
open = true
teachers = ["tess"]
default_profile = "small"

[profiles.small]
title = "Small notebook"
image = "minimal"
cpus = 0.5
memory = "512 MiB"

[profiles.whole]
title = "Notebook with a GPU"
image = "minimal"
cpus = 0.5
memory = "512 MiB"
gpu = "whole"

[profiles.share]
title = "Notebook with a share of a GPU"
image = "minimal"
cpus = 0.5
memory = "512 MiB"
gpu = "6 GiB"
"""

MORE_OFTEN = "c.CrepreHub.gpus_every_seconds = 0.3\n"

LOOKS_OFTEN = "c.CrepreHub.look_at_gpus_every_seconds = 1\n"
"""The hub asks NVML as it always does, only more often."""


def gpus_toml(
    uuids: tuple[str, ...], *, shared: int = 0, window: str = "3 min", found_by: str = "list"
) -> str:
    """Lines of ``[gpus]``: cards of 24 GiB, the last *shared* of them shared."""
    tiers = ["exclusive"] * (len(uuids) - shared) + ["shared"] * shared
    cards = ",\n".join(
        f'  {{uuid = "{uuid}", name = "Pretended GPU", memory = "24 GiB", tier = "{tier}"}}'
        for uuid, tier in zip(uuids, tiers, strict=True)
    )
    rules = f'found_by = "{found_by}"\ncap = "cooperative"\nclaim_window = "{window}"\n'
    return f"{rules}cards = [\n{cards}\n]\n"


HAND = """\
import os
from datetime import datetime, timedelta
from pathlib import Path
from crepre_hub.clock import utc_now
from crepre_hub.desk.lending import LendingDesk

hand = Path(os.environ["CREPRE_ROOT"], "hand")

def now():
    return utc_now() + timedelta(minutes=float(hand.read_text()))

LendingDesk._clock = property(lambda desk: now, lambda desk, clock: None)
"""
"""The hub's GPU desk has a clock with a hand: it is so many minutes ahead as the file says."""


def new_gpu_lab(
    root: Path, engine: OwnEngine, base: str, gpus: str, faults: FaultyDocker | None = None
) -> Lab:
    """A lab on *engine*, written and not running, that looks after everything often."""
    engine.start()
    lab = new_lab(
        root,
        backend="docker",
        engine=engine.url,
        socket=faults.url if faults else "",
        base=base,
        environment=engine.rig.lab_environment(),
        more_settings={"gpus": gpus},
    )
    lab.write(COURSE)
    (lab.root / "config.d").mkdir()
    (lab.root / "config.d" / "quick.py").write_text(QUICK + MORE_OFTEN + LOOKS_OFTEN)
    (lab.root / "config.d" / "clock.py").write_text(HAND)
    turn_clock(lab, 0)
    return lab


def turn_clock(lab: Lab, minutes: float) -> None:
    """Let the GPU desk of *lab* believe that it is so much later."""
    half = lab.root / "hand.new"
    half.write_text(str(minutes))
    half.replace(lab.root / "hand")


@contextmanager
def _database(lab: Lab) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{lab.state}/crepre.sqlite")
    yield engine
    engine.dispose()


def change(lab: Lab, rule: Callable[[Book, datetime], Change]) -> None:
    """Write what *rule* says over the book of *lab*, as the hub and the command line do."""
    with _database(lab) as engine:
        store, written = GpuBookStore(engine), False
        while not written:
            book = store.read(Book(Rules()))
            written = store.write(book, rule(book, utc_now()))


def take_out(lab: Lab, gpu: str, reason: str) -> None:
    """Take a GPU out of service; with an empty *reason*, put it back."""
    change(lab, lambda book, now: drain(book, gpu, reason, now))


def bring_forward(lab: Lab, person: str, left: timedelta) -> None:
    """Let the lease of *person* end so soon, as if the rest of it had passed."""

    def sooner(book: Book, now: datetime) -> Change:
        (lease,) = (each for each in book.leases.values() if each.person == person)
        draft = Draft(book, now)
        draft.put_lease(lease._replace(ends=now + left, told=None))
        return draft.close()

    change(lab, sooner)


def book_of(lab: Lab) -> Book:
    """The lease book as it is."""
    with _database(lab) as engine:
        return GpuBookStore(engine).read(Book(Rules()))


def host_pid(lab: Lab, user: str, kernel: str) -> int:
    """The number that the machine knows *user*'s kernel by, as NVML would tell it; 0 for none."""
    for each in lab.containers(user):
        for row in each.top(ps_args="-eo pid,args")["Processes"]:
            if f"kernel-{kernel}.json" in row[-1]:
                return int(row[0])
    return 0


def held(lab: Lab) -> dict[str, GivenGpu]:
    """What each container that runs has, by its id."""
    return {
        each.id: gpu
        for each in lab.containers()
        if each.status == "running" and (gpu := given_in(each.labels.get("crepre.gpu", "")))
    }


def broken_laws(lab: Lab) -> list[str]:
    """What of the desk's promises is not true at this moment, by containers and by the book."""
    book, having = book_of(lab), held(lab)
    wrong = []
    for gpu in book.gpus.values():
        inside = sum(each.share for each in having.values() if each.uuid == gpu.uuid)
        if inside > gpu.memory or book.free_on(gpu.uuid) < 0:
            wrong.append(f"{gpu.uuid} is held twice: {inside} of {gpu.memory}")
    for name, given in having.items():
        lease = book.leases.get(given.lease)
        if lease is None or lease.gpu != given.uuid:
            wrong.append(f"container {name[:12]} holds {given.uuid} without a lease")
    leases = [each.lease for each in having.values()]
    wrong += [f"lease {each} has two servers" for each in {*leases} if leases.count(each) > 1]
    wrong += [f"lease {each} has no server" for each in book.leases.keys() - {*leases}]
    return wrong + _waiting_for_nothing(book)


def _waiting_for_nothing(book: Book) -> list[str]:
    """Claims that wait although a share that they could have is free."""
    return [
        f"{claim.person} waits, and {gpu.uuid} is free"
        for claim in book.claims.values()
        if claim.offer is None
        for gpu in book.gpus.values()
        if gpu.is_lent and 0 < _size(claim.wish, book, gpu.uuid) <= book.free_on(gpu.uuid)
    ]


def _size(wish: Wish, book: Book, uuid: str) -> int:
    return wish.on(book.gpus[uuid])
