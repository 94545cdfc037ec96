"""From processes on GPUs to whoever answers for them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from crepre_hub.backends.backend import Found, Seat
from crepre_hub.desk.gpu_parties import SLACK, parties
from crepre_hub.desk.gpu_warnings import beside, no_kernel, notice, restarted
from crepre_hub.gpu.book import Book
from crepre_hub.gpu.claims import Lease, Source, Why
from crepre_hub.gpu.given import Cap, GivenGpu
from crepre_hub.gpu.gpus import Gpu, Tier, Wish
from crepre_hub.gpu.rules import Rules
from crepre_hub.gpu.watchdog import Breach
from crepre_hub.probes.gpu_use import GpuProcess, GpuSample
from tests.hand_clock import NOON

GiB = 1024**3
ENDS = NOON + timedelta(hours=2)
LEASE = Lease(
    id="lease", person="ada", server="", course="ml", profile="gpu", wish=Wish(6 * GiB),
    length=timedelta(hours=2), gpu="GPU-s", memory=6 * GiB, start=NOON, ends=ENDS,
    source=Source.CLAIM,
)  # fmt: skip
BOOK = Book.of(rules=Rules(), gpus=[Gpu("GPU-s", "Card", 24 * GiB, Tier.SHARED)], leases=[LEASE])
GIVEN = GivenGpu("lease", "GPU-s", 6 * GiB, 24 * GiB, ENDS, Cap.COOPERATIVE)
ADA = Found("c-ada", Seat("ada"), NOON, "ml", "gpu", GIVEN)
BO = Found("c-bo", Seat("bo"), NOON, "ml", "cpu")


def process(pid: int, size: int | None, container: str = "", gpu: str = "GPU-s") -> GpuProcess:
    return GpuProcess(gpu, pid, size, container=container, name="python")


def breaches(*processes: GpuProcess, server: Found = ADA, book: Book = BOOK) -> list[object]:
    """What is wrong with each party on the GPUs."""
    sample = GpuSample(processes=processes)
    return [each.breach for each in parties(sample, [server, BO], book)]


@pytest.mark.parametrize(
    ("sizes", "breach"),
    [
        ([6 * GiB], None),
        ([6 * GiB + SLACK], None),
        ([6 * GiB + SLACK + 1], Breach.OVER_CAP),
        ([4 * GiB, 4 * GiB], Breach.OVER_CAP),
        ([None], None),
        ([None, None, 7 * GiB], Breach.OVER_CAP),
    ],
)
def test_memory_is_added_up_for_each_server(sizes: list[int | None], breach: object) -> None:
    """What the driver does not tell counts as nothing; a little over a share is CUDA's own."""
    found = breaches(*(process(number, size, "c-ada") for number, size in enumerate(sizes)))
    assert found == [breach]


@pytest.mark.parametrize(
    "given", [replace(GIVEN, cap=Cap.DRIVER), replace(GIVEN, share=24 * GiB, cap=Cap.NONE)]
)
def test_who_has_no_cap_breaks_none(given: GivenGpu) -> None:
    """A whole GPU has none, and where the driver keeps a share there is nothing to watch."""
    assert breaches(process(1, 23 * GiB, "c-ada"), server=replace(ADA, gpu=given)) == [None]


def test_each_server_answers_for_itself_on_each_gpu() -> None:
    """One below its share, one on a GPU that it was not lent, one without any, one from outside."""
    sample = GpuSample(
        processes=(
            process(1, 5 * GiB, "c-ada"),
            process(2, GiB, "c-ada", "GPU-other"),
            process(3, None, "c-bo"),
            process(4, GiB),
            process(5, GiB, "c-of-somebody-else"),
        )
    )
    found = {each.key: each.breach for each in parties(sample, [ADA, BO], BOOK)}
    assert found == {
        ("c-ada", "GPU-s"): None,
        ("c-ada", "GPU-other"): Breach.NOT_HELD,
        ("c-bo", "GPU-s"): Breach.NOT_HELD,
        ("process 4", "GPU-s"): Breach.OUTSIDE,
        ("process 5", "GPU-s"): Breach.OUTSIDE,
    }


def test_a_server_that_is_being_stopped_is_left_alone() -> None:
    """Whatever it is stopped for, it will be gone."""
    ending = Book.of(rules=Rules(), leases=[LEASE._replace(ending=Why.WATCHDOG)])
    assert breaches(process(1, 9 * GiB, "c-ada"), book=ending) == [None]


def test_what_people_are_told() -> None:
    """What is wrong, what to do, what happens then; the neighbours learn no name."""
    sample = GpuSample(processes=(process(1, 7 * GiB, "c-ada"),))
    (party,) = parties(sample, [ADA], BOOK)
    wrong = "holds 7 GiB of its GPU's memory, and 6 GiB were lent to you"
    for said in (notice(party, "11:42"), restarted(party, "11:42"), no_kernel(party, "11:42")):
        assert wrong in said
        assert "11:42" in said
    assert "Otherwise" not in notice(party, "")
    assert "ada" not in beside(acts=True)
    assert "not your code" in beside(acts=False)
