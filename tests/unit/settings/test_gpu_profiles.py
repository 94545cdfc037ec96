"""What a profile says of GPUs."""

from __future__ import annotations

from pathlib import Path

import pytest

from crepre_hub.gpu.gpus import WHOLE, Wish
from crepre_hub.profiles.profile import Profile
from crepre_hub.settings.reader import SettingsProblems, read_course

GiB = 1024**3


def profile(tmp_path: Path, lines: str) -> Profile:
    """A profile with *lines* in its course file."""
    text = f'title = "ML"\n[profiles.gpu]\ntitle = "GPU"\n{lines}'
    (tmp_path / "ml.toml").write_text(text)
    return read_course(tmp_path / "ml.toml", images=["course-cpu"]).profiles["gpu"]


@pytest.mark.parametrize(
    ("lines", "wish", "summary"),
    [
        ("", None, "1 CPU, 2 GiB"),
        ('gpu = "whole"', WHOLE, "1 CPU, 2 GiB, a whole GPU"),
        ('gpu = "6 GiB"', Wish(6 * GiB), "1 CPU, 2 GiB, 6 GiB of a GPU"),
    ],
)
def test_a_profile_asks_for_a_gpu_or_none(
    tmp_path: Path, lines: str, wish: Wish | None, summary: str
) -> None:
    """Its card says what it asks for."""
    found = profile(tmp_path, lines)
    assert (found.gpu, found.summary) == (wish, summary)


OR_WHOLE = "; or 'whole' for a GPU of one's own"


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('gpu = "6 GB"', f"/gpu: 'GB' is not a unit of memory; use MiB, GiB, TiB{OR_WHOLE}"),
        ('gpu = "hole"', "/gpu: 'hole' is not an amount; write a number and MiB or GiB, like"),
        ("gpu = 1", "/gpu: 1 is not an amount"),
        ("gpu = true", "/gpu: True is not an amount"),
        ('gpu = "0 GiB"', "/gpu: '0 GiB' is no share; leave gpu out"),
        ('lease = "2 h"', ": lease is for profiles with a GPU; add gpu"),
        ('gpu = "whole"\nlease = "2 min"', ": lease is too short; at least '5 min'"),
        ('gpu = "whole"\nlease = 2', "/lease: 2 is not an amount"),
        ('gpus = "whole"', "/gpus: unknown setting; did you mean 'gpu'?"),
    ],
)
def test_a_mistake_about_gpus_is_told_with_its_place(tmp_path: Path, lines: str, said: str) -> None:
    """File, path, what is wrong and what would be right."""
    with pytest.raises(SettingsProblems) as caught:
        profile(tmp_path, lines)
    (problem,) = caught.value.problems
    assert str(problem).startswith(f"courses/ml.toml: profiles/gpu{said}")
