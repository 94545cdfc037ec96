"""Whether the GPUs that courses ask for are there, and what keeps shares of them apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from crepre_hub.clock import lab_zone, utc_now
from crepre_hub.doctor.known_gpus import known_gpus
from crepre_hub.findings import Finding
from crepre_hub.gpu.given import Cap
from crepre_hub.gpu.gpus import Gpu, Health, Tier
from crepre_hub.probes.gpu_caps import seen_cap
from crepre_hub.probes.gpus import GpuInventory, look_at_gpus
from crepre_hub.settings.gpu_problems import (
    card_problems,
    missing_gpus,
    room_problems,
    share_problems,
)
from crepre_hub.settings.problems import Problem
from crepre_hub.settings.reader import LAB_FILE, Settings

NO_WISH = "No course asks for a GPU."
INSTALL = "Install NVIDIA's driver, and see what it finds: nvidia-smi -L"
LOOK = (
    "See what the kernel says: dmesg | grep -i xid. If it was taken out for good: take it out of"
    " lab.toml, and crepre gpu forget UUID"
)
MORE = (
    "For shares that nobody gets around: NVIDIA's driver R615 or newer, on a machine booted with"
    " systemd.unified_cgroup_hierarchy=1."
)
MPS_PAGE = "How to run it: docs/gpus.md"
NO_CONTAINERS = (Cap.COOPERATIVE, "servers are local processes")
NOT_ALL = 'Or lend it to one person at a time: tier = "exclusive"'


@dataclass(frozen=True, slots=True)
class GpuFacts:
    """
    The GPUs beside what is asked of them.

    Attributes:
        is_wanted: Whether any course asks for one.
        problems: Of the files, in the light of what was found.
        missing: What the lab should have and was not found; not what an admin has drained.
    """

    inventory: GpuInventory
    is_wanted: bool
    problems: tuple[Problem, ...] = ()
    missing: tuple[Gpu, ...] = ()

    @property
    def missing_in_words(self) -> str:
        """A sentence that names what is missing; empty where nothing is."""
        if not self.missing:
            return ""
        names = (f"{gpu.uuid} ({gpu.name})" if gpu.name else gpu.uuid for gpu in self.missing)
        return f"Not found by NVML: {', '.join(names)}."


def look_at_wishes(settings: Settings) -> GpuFacts:
    """This machine's GPUs beside what the courses of *settings* ask for."""
    seen = look_at_gpus(settings.lab.gpus)
    profiles = (each for course in settings.courses for each in course.profiles.values())
    is_wanted = any(profile.gpu is not None for profile in profiles)
    missing = _missing(settings, seen)
    missed = tuple(gpu for gpu in missing if not gpu.drained)
    return GpuFacts(seen, is_wanted, gpu_problems(settings, seen, missing), missed)


def _missing(settings: Settings, seen: GpuInventory) -> tuple[Gpu, ...]:
    """None where the list says all, and where no GPU is found: then it is the driver that is."""
    if seen.is_listed or not seen.gpus:
        return ()
    return missing_gpus(settings.lab.gpus, seen.gpus, known_gpus(settings))


def gpu_problems(
    settings: Settings, seen: GpuInventory, missing: Sequence[Gpu] = ()
) -> tuple[Problem, ...]:
    """
    Mistakes in the files that show once it is known which GPUs there are.

    None where the driver fails, or finds nothing: which GPUs the lab has is then not known, and
    whoever needs none can work. A GPU that is *missing* counts as if it were there: what is right
    on the day before is no mistake on the day on which a card fails.
    """
    if seen.troubles or not seen.gpus:
        return ()
    section, courses = settings.lab.gpus, settings.courses
    well = (replace(gpu, health=Health.PRESENT, drained="") for gpu in missing)
    gpus = (*seen.gpus, *well)
    cards = tuple(card_problems(LAB_FILE, section, seen.gpus))
    if not all(gpu.memory for gpu in gpus):
        return cards
    shares = tuple(share_problems(courses, gpus))
    lessons = room_problems(courses, gpus, lab_zone(), utc_now()) if not shares else ()
    return (*cards, *shares, *lessons)


def judge_gpus(seen: GpuFacts) -> Iterator[Finding]:
    """What fails, what is asked for in vain, and how many there are."""
    found = seen.inventory
    for each in found.troubles:
        of = f"{each.gpu}: " if each.gpu else ""
        yield Finding("error", f"{of}{each.text}", remedy=each.remedy)
    for problem in seen.problems:
        yield Finding(
            "error", f"{problem}.", remedy=f"Change it, then: crepre check ({found.in_words})"
        )
    if seen.missing:
        yield Finding("error", f"{seen.missing_in_words} {found.in_words}", remedy=LOOK)
    if found.troubles or seen.problems or seen.missing:
        return
    if seen.is_wanted and not found.gpus:
        yield Finding("error", f"{found.in_words} Courses ask for GPUs.", remedy=INSTALL)
    elif seen.is_wanted:
        yield Finding("ok", found.in_words)
    else:
        yield Finding("ok" if found.gpus else "skipped", f"{found.in_words} {NO_WISH}")


@dataclass(frozen=True, slots=True)
class CapFacts:
    """
    What keeps shares of GPUs that are alike in this.

    Attributes:
        why: Why it is not more, or why it does not work; empty where there is nothing to say.
    """

    gpus: tuple[Gpu, ...]
    cap: Cap
    why: str

    @property
    def of(self) -> str:
        """Such as ``GPU-5f (NVIDIA RTX 4090)``, or how many there are."""
        first = self.gpus[0]
        if len(self.gpus) == 1:
            return f"{first.uuid} ({first.name})"
        return f"{len(self.gpus)} GPUs ({', '.join(sorted({gpu.name for gpu in self.gpus}))})"


def look_at_caps(settings: Settings, backend: str) -> tuple[CapFacts, ...]:
    """
    The shared GPUs and what keeps their shares; tries the driver's limits.

    Args:
        backend: Its name. Processes of this machine are limited by nothing.
    """
    section = settings.lab.gpus
    alike: dict[tuple[Cap, str], list[Gpu]] = {}
    for gpu in look_at_gpus(section).gpus:
        if gpu.tier is Tier.SHARED:
            seen = NO_CONTAINERS if backend == "local" else seen_cap(section, gpu)
            alike.setdefault(seen, []).append(gpu)
    return tuple(CapFacts(tuple(gpus), cap, why) for (cap, why), gpus in alike.items())


def judge_caps(seen: tuple[CapFacts, ...]) -> Iterator[Finding]:
    """Enforced is a word for what nobody gets around; nothing else is called so."""
    if not seen:
        yield Finding("skipped", "No GPU is shared.")
    for each in seen:
        if each.cap is Cap.DRIVER:
            yield Finding("ok", f"Shares of {each.of} are enforced by the driver.")
        elif each.cap is Cap.MPS and each.why:
            text = f"MPS does not keep shares of {each.of}: {each.why}."
            yield Finding("error", text, remedy=f"{MPS_PAGE}. {NOT_ALL}")
        elif each.cap is Cap.MPS:
            text = f"MPS keeps each process on {each.of} to its share; they share crashes as well."
            yield Finding("ok", text)
        else:
            text = f"Shares of {each.of} are kept by good manners alone: {each.why}."
            yield Finding("warning", text, remedy=f"{MORE} {NOT_ALL}")
