"""Meters count what the kernel counts."""

from __future__ import annotations

import os
import time

from bench.meters import cpu_seconds, machine_time, memory_pss_mib, tree


def test_work_is_counted_for_who_does_it() -> None:
    """Half a second of counting shows as half a second, in the process and in the machine."""
    here, machine = cpu_seconds([os.getpid()]), machine_time()
    end = time.process_time() + 0.5
    while time.process_time() < end:
        pass
    assert 0.4 < cpu_seconds([os.getpid()]) - here < 0.8
    assert (machine_time() - machine).busy > 0.4


def test_a_tree_has_the_process_it_begins_with() -> None:
    """A process belongs to its own tree and to its parent's."""
    assert os.getpid() in tree([os.getpid()])
    assert os.getpid() in tree([os.getppid()])


def test_who_is_gone_took_nothing() -> None:
    """A process that has ended is no error: it has no tree, no work and no memory."""
    gone = 2**22 + 1
    assert tree([gone]) == set()
    assert cpu_seconds([gone]) == 0
    assert memory_pss_mib([gone]) == 0


def test_memory_of_a_process_is_more_than_its_interpreter() -> None:
    """A Python process has some MiB of its own."""
    assert memory_pss_mib([os.getpid()]) > 5
