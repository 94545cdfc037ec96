"""``crepre gpu`` in a lab whose GPUs are a list; no hub has to run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cli.conftest import Crepre, Done
from tests.machine.gpu_rig import GpuRig

GPU = "GPU-00aa"
LAB = f"""\
[gpus]
found_by = "list"
cards = [{{uuid = "{GPU}", name = "Card", memory = "24 GiB"}}]
"""
COURSE = """\
title = "Machine learning"
students = ["ada", "bo", "cy", "dee"]
[profiles.gpu]
title = "With a GPU"
gpu = "whole"
[profiles.cpu]
title = "Without"
"""


@pytest.fixture
def crepre_gpu(crepre: Crepre, tmp_path: Path) -> Crepre:
    """The command in such a lab."""
    (tmp_path / "lab.toml").write_text(LAB)
    (tmp_path / "courses").mkdir()
    (tmp_path / "courses" / "ml.toml").write_text(COURSE)
    return crepre


def test_lend_wait_and_return(crepre_gpu: Crepre) -> None:
    """The first has it, the second waits, and whoever is returned has nothing any more."""
    lent = crepre_gpu("gpu", "lend", "ada", "ml/gpu", "--json").json
    assert (lent["state"], lent["lease"]["gpu"]) == ("lent", GPU)
    assert crepre_gpu("gpu", "lend", "bo", "ml/gpu", "--json").json["state"] == "waits"
    board = crepre_gpu("gpu", "board", "--json").json
    assert [held["who"] for held in board["gpus"][0]["held"]] == ["ada"]
    assert [row["who"] for row in board["line"]] == ["bo"]
    assert "bo" in crepre_gpu("gpu", "return", "bo").out
    assert crepre_gpu("gpu", "board", "--json").json["line"] == []


def test_an_admin_moves_the_line(crepre_gpu: Crepre) -> None:
    """Who is put first is served before those who came earlier; the board says who that is."""
    crepre_gpu("gpu", "drain", GPU)
    for name in ("bo", "cy"):
        crepre_gpu("gpu", "lend", name, "ml/gpu")
    assert crepre_gpu("gpu", "first", "cy", "--json").json["applied"]
    line = crepre_gpu("gpu", "board", "--json").json["line"]
    assert [(row["who"], row["is_first"]) for row in line] == [("cy", True), ("bo", False)]
    assert "1 (put first)" in crepre_gpu("gpu", "board").out
    assert "cy comes before all others" in crepre_gpu("gpu", "first", "cy").out
    crepre_gpu("gpu", "drain", GPU, "--undo")
    assert crepre_gpu("gpu", "first", "cy").out == "A GPU is kept for cy already.\n"


def test_dry_runs_change_nothing(crepre_gpu: Crepre) -> None:
    """The board after all of them is the board before."""
    for name in ("ada", "dee", "cy"):
        crepre_gpu("gpu", "lend", name, "ml/gpu")
    lesson = ("--from", "2099-01-08 10:15", "--for", "2 h", "--dry-run")
    other = ("ml", "gpu", "--from", "2099-01-09 10:15", "--for", "2 h", "--json")
    series = crepre_gpu("gpu", "reserve", *other).json["series"]
    before = crepre_gpu("gpu", "board", "--json").json
    for words in (
        ("lend", "bo", "ml/gpu", "--dry-run"),
        ("return", "ada", "--dry-run"),
        ("reserve", "ml", "gpu", *lesson),
        ("unreserve", series, "--dry-run"),
        ("drain", GPU, "--dry-run"),
        ("first", "cy", "--dry-run"),
    ):
        done = crepre_gpu("gpu", *words)
        assert done.code == 0
        assert "Nothing was changed" in done.out
    after = crepre_gpu("gpu", "board", "--json").json
    assert {**after, "as_of": ""} == {**before, "as_of": ""}


def test_an_overlap_is_refused_with_what_it_overlaps(crepre_gpu: Crepre) -> None:
    """Until that is cancelled."""
    lesson = ("ml", "gpu", "--from", "2099-01-08 10:15", "--for", "2 h")
    series = crepre_gpu("gpu", "reserve", *lesson, "--json").json["series"]
    refused = crepre_gpu("gpu", "reserve", *lesson)
    assert refused.code == 1
    assert "ml has 1 from" in refused.err
    assert crepre_gpu("gpu", "unreserve", series).code == 0
    assert crepre_gpu("gpu", "reserve", *lesson).code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("lend", "ada", "ml/cpu"), "ml/cpu is no profile with a GPU."),
        (("lend", "ada", "art/gpu"), "art"),
        (("first", "ada"), "ada waits for no GPU."),
        (("return", "nobody"), "nobody has no GPU and waits for none."),
        (("drain", "GPU-9"), "'GPU-9': no GPU has a UUID that begins so."),
        (("forget", "GPU-9"), "'GPU-9': no GPU has a UUID that begins so."),
        (("forget", "GPU-0"), "The machine still has this GPU."),
        (("unreserve", "nothing"), "There is no reservation nothing"),
    ],
)
def test_what_is_not_there_is_told(crepre_gpu: Crepre, words: tuple[str, ...], said: str) -> None:
    """With exit code 1 and what to type next."""
    done = crepre_gpu("gpu", *words)
    assert done.code == 1
    assert said in done.err


def test_a_gpu_without_a_reason_is_drained_all_the_same(crepre_gpu: Crepre) -> None:
    """To give none is not to put it into service."""
    crepre_gpu("gpu", "drain", GPU, "--reason", " ")
    (gpu,) = (
        each for each in crepre_gpu("gpu", "board", "--json").json["gpus"] if each["uuid"] == GPU
    )
    assert gpu["state"] == "drained"


def test_a_drained_gpu_is_lent_to_nobody(crepre_gpu: Crepre) -> None:
    """Until it is put into service again; the board says why."""
    crepre_gpu("gpu", "drain", "GPU-0", "--reason", "A new fan.")
    assert crepre_gpu("gpu", "lend", "ada", "ml/gpu", "--json").json["state"] == "waits"
    assert "A new fan." in crepre_gpu("gpu", "board").out
    crepre_gpu("gpu", "drain", GPU, "--undo")
    assert "in service" in crepre_gpu("gpu", "board").out
    crepre_gpu("gpu", "drain", GPU, "--reason", " ")
    assert "in service" not in crepre_gpu("gpu", "board").out


def test_hours_of_a_change_of_clocks_are_told(crepre_gpu: Crepre) -> None:
    """One that is skipped is refused; of one that is there twice it has to be said which."""

    def reserve(begin: str, *more: str) -> Done:
        lesson = ("ml", "gpu", "--from", begin, "--for", "30 min", *more, "--json")
        return crepre_gpu("gpu", "reserve", *lesson, TZ="Europe/Oslo")

    skipped = reserve("2098-03-30 02:30")
    assert skipped.code == 1
    assert "On 2098-03-30 clocks are put forward, and there is no 02:30." in skipped.err
    assert "such as 03:30" in skipped.err
    weekly = reserve("2098-03-23 02:30", "--until", "2098-04-06")
    assert "On 2098-03-30 clocks" in weekly.err
    twice = reserve("2098-10-26 02:30")
    assert twice.code == 1
    second = "2098-10-26 02:30+0100"
    assert f"--from '{second}' for the second" in twice.err
    assert reserve(second).json["kept"][0]["start"] == "2098-10-26 01:30:00+00:00"


def test_what_is_cancelled_of_a_file_comes_back_by_a_command(crepre_gpu: Crepre) -> None:
    """Which is told; of a reservation by hand there is nothing to undo."""
    lesson = ("ml", "gpu", "--from", "2099-01-08 10:15", "--for", "2 h", "--json")
    series = crepre_gpu("gpu", "reserve", *lesson).json["series"]
    assert "--undo" not in crepre_gpu("gpu", "unreserve", series).out
    done = crepre_gpu("gpu", "unreserve", series, "--undo")
    assert (done.code, f"Nothing of {series} is cancelled" in done.err) == (1, True)


def test_the_board_tells_what_is_used_and_from_outside(crepre_gpu: Crepre, tmp_path: Path) -> None:
    """As the page does: by all programs, and by those of no server of the lab."""
    (tmp_path / "lab.toml").write_text("")
    rig = GpuRig.make(tmp_path / "rig")
    rig.measure(_1={"used": 4 * 1024**3, "processes": {str(os.getpid()): 3 * 1024**3}})
    gpus = crepre_gpu("gpu", "board", "--json", **rig.lab_environment()).json["gpus"]
    assert [gpu["used"] for gpu in gpus] == [0, 4 * 1024**3, 0, 0]
    assert [gpu["outside"] for gpu in gpus] == [0, 3 * 1024**3, 0, 0]
    (row,) = (
        line
        for line in crepre_gpu("gpu", "board", **rig.lab_environment()).out.splitlines()
        if line.startswith(rig.uuids[1])
    )
    assert " ".join(row.split()[3:]) == "24 GiB 24 GiB 4 GiB 3 GiB in service"
