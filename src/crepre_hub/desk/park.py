"""What a lab has of GPUs, and what somebody wants of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta

from crepre_hub.backends.backend import Seat
from crepre_hub.gpu.allowance import Allowance
from crepre_hub.gpu.given import Cap
from crepre_hub.gpu.gpus import Gpu, Wish
from crepre_hub.gpu.rules import Rules
from crepre_hub.gpu.watchdog import Patience
from crepre_hub.probes.gpu_use import GpuSample
from crepre_hub.probes.gpus import GpuInventory

NO_ALLOWANCE = Allowance()


@dataclass(frozen=True, slots=True)
class Park:
    """
    What the lab has of GPUs, and how it lends them.

    Attributes:
        rules: The admin's numbers.
        look: Asks the machine what it has, and what of it fails; may take a second.
        cap: What keeps a lease of so many bytes on a GPU to them.
        lease: How long a GPU is lent where a profile does not say.
        sample: Who uses the GPUs named, at this moment; empty where nobody can say.
        patience: With whoever takes more of a GPU than was lent.
    """

    rules: Callable[[], Rules]
    look: Callable[[], GpuInventory]
    cap: Callable[[Gpu, int], Cap]
    lease: Callable[[], timedelta]
    sample: Callable[[Iterable[str]], GpuSample] = lambda uuids: GpuSample()
    patience: Callable[[], Patience] = Patience


@dataclass(frozen=True, slots=True)
class Asked:
    """
    A GPU that somebody wants for a server.

    Attributes:
        length: None for as long as the lab says.
        allowance: What the course permits each person.
    """

    seat: Seat
    course: str
    profile: str
    wish: Wish
    length: timedelta | None = None
    allowance: Allowance = NO_ALLOWANCE
