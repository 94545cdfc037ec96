"""A lease is idle only where its GPU, or all its processes there, were seen doing nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crepre_hub.desk.gpu_watch import idle_since
from crepre_hub.gpu.book import Book
from crepre_hub.gpu.claims import Lease, Source
from crepre_hub.gpu.gpus import Gpu, Tier, Wish
from crepre_hub.gpu.rules import Rules
from crepre_hub.probes.gpu_use import GpuLoad, GpuProcess, GpuSample
from tests.hand_clock import NOON

GiB = 1024**3
LONG_AGO = NOON - timedelta(hours=1)


def book(share: int) -> Book:
    """One lease of *share* GiB on a shared card of 24."""
    gpu = Gpu("GPU-s", "Card", 24 * GiB, Tier.SHARED)
    hours = timedelta(hours=2)
    lease = Lease(
        id="mine", person="ada", server="", course="ml", profile="gpu", wish=Wish(share * GiB),
        length=hours, gpu="GPU-s", memory=share * GiB, start=LONG_AGO, ends=NOON + hours,
        source=Source.CLAIM,
    )  # fmt: skip
    return Book.of(rules=Rules(), gpus=[gpu], leases=[lease])


def sample(load: int | None, *processes: tuple[str, int | None]) -> GpuSample:
    """What NVML says: the card's load, and that of processes by container."""
    return GpuSample(
        (GpuLoad("GPU-s", 0, load),),
        tuple(GpuProcess("GPU-s", 7, 1, busy, name) for name, busy in processes),
    )


@pytest.mark.parametrize(
    ("share", "seen", "is_idle"),
    [
        (6, sample(0), True),
        (6, sample(0, ("c-mine", None)), True),
        (6, sample(80, ("c-other", 80), ("c-mine", 0)), True),
        (6, sample(80, ("c-other", 80)), True),
        (6, sample(80, ("c-mine", 80)), False),
        (6, sample(80, ("c-mine", None)), False),
        (6, sample(None, ("c-mine", 0)), True),
        (6, sample(None, ("c-mine", 3)), False),
        (6, sample(80), False),
        (6, sample(80, ("", 80)), False),
        (6, sample(80, ("", 80), ("c-mine", 0)), True),
        (6, sample(None, ("", None)), False),
        (6, sample(None), True),
        (24, sample(1), False),
        (24, sample(0), True),
        (6, GpuSample(), False),
    ],
)
def test_who_does_nothing(share: int, seen: GpuSample, is_idle: bool) -> None:
    """By the card where it is at rest, by the lease's own processes where others share it."""
    found = idle_since(book(share), seen, {"c-mine": "mine", "c-other": "other"}, {}, NOON)
    assert found == ({"mine": NOON} if is_idle else {})


def test_the_first_moment_counts() -> None:
    """And is forgotten as soon as something is done."""
    since = idle_since(book(6), sample(0), {}, {"mine": LONG_AGO}, NOON)
    assert since == {"mine": LONG_AGO}
    busy = sample(9, ("c", 9))
    assert idle_since(book(6), busy, {"c": "mine"}, since, NOON) == {}
