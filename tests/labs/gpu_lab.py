"""A whole lab with pretended GPUs: Docker lends them, NVML finds them, a test says what they do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.labs.lab import Lab, new_lab
from tests.machine.own_engine import OwnEngine

COURSE = """\
title = "Machine learning for music"
open = true
teachers = ["tess"]

[profiles.cpu]
title = "Notebook"
image = "minimal"
cpus = 0.5
memory = "512 MiB"

[profiles.share]
title = "A part of a GPU"
image = "minimal"
cpus = 0.5
memory = "512 MiB"
gpu = "6 GiB"

[profiles.whole]
title = "A GPU"
image = "minimal"
cpus = 0.5
memory = "512 MiB"
gpu = "whole"
"""


@contextmanager
def gpu_lab(
    root: Path, engine: OwnEngine, base: str, *, gpus: str = "", course: str = COURSE
) -> Iterator[Lab]:
    """
    A lab that is up, on the second engine and its four cards.

    Args:
        root: Its folder.
        gpus: Lines for ``[gpus]``, such as ``tier = "shared"``.
    """
    engine.start()
    engine.rig.clear()
    lab = new_lab(
        root,
        backend="docker",
        engine=engine.url,
        base=base,
        environment=engine.rig.lab_environment(),
        more_settings={"gpus": gpus},
    )
    lab.write(course)
    lab.up()
    try:
        yield lab
    finally:
        engine.start()
        lab.down()
