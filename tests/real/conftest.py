"""What the tests on real things need from the machine."""

from __future__ import annotations

from tests.machine.fixtures import (  # noqa: F401  (pytest finds fixtures here by their names)
    base_image,
    chromium,
    course_image,
    docker_engine,
    docker_program,
    mmdebstrap,
    postgresql_folder,
    root,
)
