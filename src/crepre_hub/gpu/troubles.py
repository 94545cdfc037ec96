"""What can be wrong with a GPU, in words: why it is not lent, and what an admin does about it."""

from __future__ import annotations

from dataclasses import dataclass

from crepre_hub.sentences import say

NOT_LOADED = say("NVIDIA's driver is installed, but the kernel has not loaded it.")
UPGRADED = say("NVIDIA's driver was upgraded, and the kernel still runs the one before.")
NO_PERMISSION = say("The lab's account may not use NVIDIA's devices.")
NOT_THERE = say("It is not there any more.")
OFF_THE_BUS = say("It fell off the bus; every program on it has failed.")
NEEDS_RESET = say("It has to be reset before it can be used again.")
NO_POWER = say("Its power cables are not all connected.")
INTERRUPTS = say("The kernel has trouble with its interrupts.")
WORN_OUT = say("Its memory has more errors than it can mend.")
CORRUPTED = say("What it has stored about itself is damaged.")
NOT_FOUND = say("The machine does not find it any more.")

KNOWN = {
    str(each): each
    for each in (
        NOT_LOADED,
        UPGRADED,
        NO_PERMISSION,
        NOT_THERE,
        OFF_THE_BUS,
        NEEDS_RESET,
        NO_POWER,
        INTERRUPTS,
        WORN_OUT,
        CORRUPTED,
        NOT_FOUND,
    )
}
"""The lab's own sentences: read from the store they are texts like any other."""

UNNAMED = "GPU number"
"""Begins what a card is called that cannot say its UUID."""

FORGET = "Look at: nvidia-smi -L. If it is gone for good: crepre gpu forget <its UUID>"
"""What to do about a GPU that is not found."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """
    Something about GPUs that NVML refused, or could not say.

    Attributes:
        gpu: Its UUID, or ``GPU number 2`` where not even that is known; empty for all of them.
        text: What is wrong, in one sentence.
        remedy: What an admin types or does next, in English.
    """

    gpu: str
    text: str
    remedy: str

    @property
    def may_be_any(self) -> bool:
        """Whether it may be of any GPU that is not found."""
        return not self.gpu or self.gpu.startswith(UNNAMED)
