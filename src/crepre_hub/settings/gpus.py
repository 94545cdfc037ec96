"""``[gpus]`` in ``lab.toml``: which GPUs the lab lends, how, and to whom what is shown."""

from __future__ import annotations

from datetime import timedelta, tzinfo
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from crepre_hub.forms import in_form
from crepre_hub.gpu.gpus import Gpu, Tier
from crepre_hub.gpu.rules import Rules
from crepre_hub.gpu.watchdog import Patience
from crepre_hub.profiles.profile import SHORTEST_LEASE
from crepre_hub.settings.amounts import at_least
from crepre_hub.units import Duration, Memory

_STRICT = ConfigDict(frozen=True, extra="forbid", strict=True)

TierWord = Literal["exclusive", "shared"]


class GpuCard(BaseModel):
    """
    One GPU that ``lab.toml`` says something about.

    Attributes:
        name: Only where the list is all there is; NVML knows it.
        memory: The same.
        tier: None for what the section says.
    """

    model_config = _STRICT

    uuid: Annotated[
        str,
        in_form("(GPU|MIG)-[0-9A-Za-z/-]{1,90}", "as nvidia-smi -L says it: 'GPU-…' or 'MIG-…'"),
    ]
    name: Annotated[str, Field(max_length=80)] = "GPU"
    memory: Annotated[Memory, Field(ge=256 * 1024**2)] | None = None
    tier: TierWord | None = None


class GpusSection(BaseModel):
    """Which GPUs there are, and how they are lent."""

    model_config = _STRICT

    found_by: Literal["nvml", "list"] = "nvml"
    cards: tuple[GpuCard, ...] = ()
    tier: TierWord = "exclusive"
    cap: Literal["auto", "mps", "cooperative"] = "auto"
    packing: Literal["best-fit", "spread"] = "best-fit"
    lease: Annotated[Duration, at_least(SHORTEST_LEASE)] = timedelta(hours=2)
    claim_window: Annotated[Duration, at_least(timedelta(seconds=10))] = timedelta(minutes=3)
    idle: Annotated[Duration, at_least(timedelta(minutes=1))] = timedelta(minutes=20)
    no_show: Annotated[Duration, at_least(timedelta(minutes=1))] = timedelta(minutes=15)
    watchdog: Literal["act", "report"] = "act"
    watchdog_grace: Annotated[Duration, at_least(timedelta(seconds=5))] = timedelta(minutes=2)
    names: Literal["initials", "full", "none"] = "initials"

    @model_validator(mode="after")
    def _each_card_once(self) -> Self:
        names = [card.uuid for card in self.cards]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"{', '.join(twice)}: more than once in cards")
        return self

    @model_validator(mode="after")
    def _a_list_says_all(self) -> Self:
        if self.found_by == "list" and not self.cards:
            raise ValueError('found_by = "list" needs cards, and there are none')
        vague = [card.uuid for card in self.cards if card.memory is None]
        if self.found_by == "list" and vague:
            raise ValueError(f'found_by = "list" needs the memory of each card: {vague[0]}')
        return self

    def tier_of(self, uuid: str, parent: str = "") -> Tier:
        """How the GPU *uuid* is lent; a slice as its card, unless it is named itself."""
        said = {card.uuid: card.tier for card in self.cards if card.tier is not None}
        return Tier(said.get(uuid) or said.get(parent) or self.tier)

    def listed(self) -> tuple[Gpu, ...]:
        """The GPUs of a lab whose list is all there is."""
        return tuple(
            Gpu(card.uuid, card.name, card.memory or 0, self.tier_of(card.uuid))
            for card in self.cards
        )

    def rules(self, zone: tzinfo) -> Rules:
        """The lab's numbers for the lease book; what is not here is the project's."""
        return Rules(
            claim_window=self.claim_window,
            no_show=self.no_show,
            idle=self.idle,
            spread=self.packing == "spread",
            zone=zone,
        )

    def patience(self) -> Patience:
        """The lab's numbers for the watchdog; what is not here is the project's."""
        grace = self.watchdog_grace
        return Patience(after_notice=grace, after_restart=grace, acts=self.watchdog == "act")
