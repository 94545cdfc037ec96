"""A GPU as the book knows it, and what somebody wishes to have of one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from crepre_hub.gpu.troubles import KNOWN
from crepre_hub.sentences import Sentence, say
from crepre_hub.units import format_memory


class Tier(StrEnum):
    """How many may hold one GPU at a time."""

    EXCLUSIVE = "exclusive"
    """One lease holds the whole card, even if it wished for less."""

    SHARED = "shared"
    """As many leases as its memory has room for."""


class Health(StrEnum):
    """What the machine last said of a GPU."""

    PRESENT = "present"
    MISSING = "missing"
    FAILED = "failed"


class State(StrEnum):
    """What the board says of a GPU."""

    IN_SERVICE = "in service"
    DRAINED = "drained"
    MISSING = "missing"
    FAILED = "failed"


TAKEN_OUT = say("The admin did not say why.")
"""Why an admin drained a GPU who did not say why."""

_OURS = {**KNOWN, str(TAKEN_OUT): TAKEN_OUT}
"""What the lab itself writes down as a reason."""


@dataclass(frozen=True, slots=True)
class Gpu:
    """
    One device that a container can be given: a card, or a slice of one.

    Attributes:
        uuid: As NVML says it, such as ``GPU-…`` or ``MIG-…``.
        memory: Bytes.
        parent: The card's UUID, for a slice; empty for a card.
        health: A GPU that is not present is not lent.
        trouble: Why it is missing or has failed.
        remedy: What an admin does about that, in English; empty while it is present.
        drained: Why an admin took it out of service; empty for a GPU in service. It outlasts
            a GPU that vanishes and comes back.
    """

    uuid: str
    name: str
    memory: int
    tier: Tier = Tier.EXCLUSIVE
    parent: str = ""
    health: Health = Health.PRESENT
    trouble: str = ""
    drained: str = ""
    remedy: str = ""

    @property
    def state(self) -> State:
        """One word; trouble comes before an admin's decision."""
        if self.health is not Health.PRESENT:
            return State(self.health.value)
        return State.DRAINED if self.drained else State.IN_SERVICE

    @property
    def reason(self) -> str:
        """Why it is not in service; empty if it is."""
        reason = self.trouble if self.health is not Health.PRESENT else self.drained
        return _OURS.get(reason, reason)

    @property
    def is_lent(self) -> bool:
        """Whether new leases may be on it."""
        return self.health is Health.PRESENT and not self.drained


class Wish(NamedTuple):
    """
    What a profile asks for. A tuple, since it is the key to nearly every table of the book.

    Attributes:
        memory: Bytes of the share; with *whole*, the least that the card must have.
        whole: The card for oneself.
    """

    memory: int = 0
    whole: bool = False

    def on(self, gpu: Gpu) -> int:
        """Bytes that a lease for this wish holds on *gpu*; 0 if the GPU is too small for it."""
        if self.memory > gpu.memory:
            return 0
        return gpu.memory if self.whole or gpu.tier is Tier.EXCLUSIVE else self.memory

    @property
    def said(self) -> Sentence:
        """For people: ``6 GiB of a GPU``."""
        size = format_memory(self.memory)
        if not self.whole:
            return say("%(memory)s of a GPU", memory=size)
        if self.memory:
            return say("a whole GPU with at least %(memory)s", memory=size)
        return say("a whole GPU")

    @property
    def none_free(self) -> Sentence:
        """That it cannot be had just now."""
        return _none_free(self)

    def __str__(self) -> str:
        return self.said


WHOLE = Wish(whole=True)


@lru_cache(maxsize=256)
def _none_free(wish: Wish) -> Sentence:
    """Written once: everybody who waits is told so."""
    size = format_memory(wish.memory)
    if not wish.whole:
        return say("No %(memory)s share of a GPU is free just now.", memory=size)
    if wish.memory:
        return say("No whole GPU with at least %(memory)s is free just now.", memory=size)
    return say("No whole GPU is free just now.")
