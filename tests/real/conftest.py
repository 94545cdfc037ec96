"""What the tests on real things need: the machine's parts, and whole labs."""

from __future__ import annotations

from tests.faults.fixtures import faults, faulty_docker, faulty_lab  # noqa: F401
from tests.labs.browser import browser  # noqa: F401  (pytest finds fixtures here by their names)
from tests.labs.fixtures import (  # noqa: F401
    docker_lab,
    lab,
    local_lab,
    make_lab,
    person,
)
from tests.machine.fixtures import (  # noqa: F401
    base_image,
    chromium,
    course_image,
    docker_engine,
    docker_program,
    engine_or_why_not,
    guard_image,
    minimal_image,
    mmdebstrap,
    postgresql_folder,
    root,
)
from tests.machine.own_engine import gpu_rig, own_bridge, own_engine  # noqa: F401
from tests.machine.postgresql import postgres_url  # noqa: F401
