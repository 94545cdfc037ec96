"""What the doctor looks at where servers run in Docker."""

from __future__ import annotations

from collections.abc import Sequence

from crepre_hub.backends.docker.guard import Guard
from crepre_hub.backends.docker.network import SeatNetwork
from crepre_hub.findings import Check


def docker_checks(engine: str, network: SeatNetwork, guard: Guard) -> Sequence[Check]:
    """The checks for one engine."""
    return ()
