"""What the kernel tells of processes."""

from __future__ import annotations

from pathlib import Path

import pytest

from crepre_hub.probes.processes import kernel_of, line_of, name_of, owner_of

KERNEL = "0b1f7c1e-5f0d-4d7e-9a53-3b0a7b9d6e01"
FILE = f"/home/student/.local/share/jupyter/runtime/kernel-{KERNEL}.json"


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    """A server (20), its kernel (30) and what that started; a terminal (40) and what it runs."""
    start(tmp_path, 1, 0, "systemd", "/sbin/init")
    start(tmp_path, 20, 1, "crepre-seat", "python", "/opt/bin/crepre-seat")
    start(tmp_path, 30, 20, "python (1) 7", "python", "-m", "ipykernel_launcher", "-f", FILE)
    start(tmp_path, 31, 30, "python", "python", "-c", "import torch")
    start(tmp_path, 40, 20, "bash", "/bin/bash", "-l")
    start(tmp_path, 41, 40, "python", "python", "train.py", "kernel-no.json")
    return tmp_path


def start(proc: Path, pid: int, parent: int, name: str, *words: str) -> None:
    folder = proc / str(pid)
    folder.mkdir()
    (folder / "stat").write_text(f"{pid} ({name}) S {parent} {pid} {pid} 0 -1 4194304 1 0 0")
    (folder / "comm").write_text(f"{name}\n")
    (folder / "cmdline").write_text("\0".join(words) + "\0")


def test_who_started_whom(proc: Path) -> None:
    """Up to the first process, also past names with brackets and blanks."""
    assert list(line_of(31, proc)) == [31, 30, 20, 1]


@pytest.mark.parametrize(("pid", "kernel"), [(30, KERNEL), (31, KERNEL), (41, ""), (20, "")])
def test_the_kernel_that_a_process_belongs_to(proc: Path, pid: int, kernel: str) -> None:
    """Itself, or what a notebook started; a terminal's belongs to none."""
    assert kernel_of(pid, proc) == kernel


def test_who_a_process_is(proc: Path) -> None:
    """What the program is called, and whose it is."""
    assert name_of(40, proc) == "bash"
    assert owner_of(40, proc) == Path.home().owner()


def test_a_process_that_ended_is_nobody(proc: Path) -> None:
    """Nothing is known of it, and nothing fails."""
    assert (name_of(99, proc), owner_of(99, proc), kernel_of(99, proc)) == ("", "", "")
    assert list(line_of(99, proc)) == [99]
