"""What the doctor makes of processes from outside the lab."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crepre_hub.doctor.gpu_processes import OutsideFacts, judge_processes
from crepre_hub.probes.gpu_use import GpuProcess

GiB = 1024**3
NOBODY = 4_194_305
"""No process has this number: it is above the largest that Linux gives."""

PROCESS = GpuProcess("GPU-a", NOBODY, 3 * GiB, name="python")


@pytest.mark.parametrize(
    ("seen", "level", "words"),
    [
        (OutsideFacts(), "ok", "Nothing but the lab's servers"),
        (OutsideFacts(why_not="No course asks for a GPU."), "skipped", "No course"),
        (OutsideFacts((PROCESS,)), "warning", "python (process 4194305), from outside the lab"),
        (OutsideFacts((replace(PROCESS, memory_bytes=None),)), "warning", "holds some memory"),
        (OutsideFacts((replace(PROCESS, only_draws=True),)), "ok", "holds 3 GiB of GPU-a"),
        (OutsideFacts((PROCESS,), frozenset({"GPU-a"})), "ok", "holds 3 GiB of GPU-a"),
    ],
)
def test_processes_from_outside(seen: OutsideFacts, level: str, words: str) -> None:
    """A warning where the GPU is the lab's to lend, and the process is not the display's."""
    (found,) = judge_processes(seen)
    assert found.level == level
    assert words in found.text
    assert bool(found.remedy) == (level == "warning")


def test_how_to_see_what_it_is() -> None:
    """By the process, or by its container."""
    (of_host,) = judge_processes(OutsideFacts((PROCESS,)))
    (of_container,) = judge_processes(OutsideFacts((replace(PROCESS, container="3f"),)))
    assert f"ps -fp {NOBODY}" in of_host.remedy
    assert "docker ps --no-trunc --filter id=3f" in of_container.remedy
    assert "crepre gpu drain GPU-a" in of_host.remedy
