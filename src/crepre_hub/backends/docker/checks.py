"""What the doctor looks at where servers run in Docker."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

from docker.errors import ImageNotFound

from crepre_hub.backends.docker.answers import errors_as_ours
from crepre_hub.backends.docker.course_checks import judge_course_images, look_at_course_images
from crepre_hub.backends.docker.engine import client_at
from crepre_hub.backends.docker.engine_facts import (
    EngineFacts,
    judge_safety,
    judge_version,
    look_at_engine,
)
from crepre_hub.backends.docker.gpu_checks import judge_lending, look_at_lending
from crepre_hub.backends.docker.guard import Guard
from crepre_hub.backends.docker.guard_state import GuardState, guard_state
from crepre_hub.backends.docker.network import (
    NetworkPlan,
    SeatNetwork,
    plan_network,
    read_routes,
)
from crepre_hub.doctor.disk import disk_facts, judge_disk
from crepre_hub.findings import Check, FactCheck, Finding
from crepre_hub.ops.build_shelf import OURS
from crepre_hub.ops.image_builds import HELD
from crepre_hub.ops.image_folders import expected_digest, image_folders
from crepre_hub.ops.images import LOCK_LABEL
from crepre_hub.settings.reader import Settings

MAKE_ROOM = "crepre image prune && docker builder prune"
START_AGAIN = "crepre down && crepre up --detach"


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """
    An image that the lab needs.

    Attributes:
        name: As a course file says it.
        reference: As Docker says it.
        wanted: Digest of its recipe; empty for one that is not made here.
        found: The label ``crepre.lock`` of what is there; None where nothing is.
        held: The same of a build that an admin rolled back from.
    """

    name: str
    reference: str
    wanted: str
    found: str | None
    held: str | None = None


def docker_checks(
    engine: str,
    network: SeatNetwork,
    guard: Guard,
    images: Mapping[str, str] | None = None,
    settings: Settings | None = None,
) -> Sequence[Check]:
    """
    The checks for one engine.

    Args:
        engine: Where it listens.
        network: As it should be.
        guard: As it should be.
        images: Docker's name for each image that a course names.
        settings: Of the lab, whose courses may have images of their own.
    """
    ask: Callable[[], EngineFacts] = cache(partial(look_at_engine, engine))
    wanted = {**(images or {}), "guard": guard.image}
    docker = ("docker",)
    return (
        FactCheck("docker", "The Docker Engine answers", ask, _judge_answer, ("settings",)),
        FactCheck("docker-version", "Its version is safe", ask, judge_version, docker),
        FactCheck("docker-safety", "It confines containers", ask, judge_safety, docker),
        FactCheck(
            "network",
            "The seats' network is as it should be",
            partial(look_at_network, engine, network),
            judge_network,
            ("docker", "lab"),
        ),
        FactCheck(
            "guard",
            "The firewall between seats is in force",
            lambda: guard_state(client_at(engine), guard),
            judge_guard,
            ("docker", "lab", "network"),
        ),
        FactCheck(
            "images",
            "Each course's software is here, from the recipe as it is",
            partial(look_at_images, engine, wanted),
            judge_images,
            docker,
        ),
        *_course_checks(engine, settings),
        FactCheck(
            "disk-docker",
            "Images, homes and courses' data have room",
            lambda: disk_facts(ask().root) if _is_local(engine) else None,
            partial(judge_disk, remedy=MAKE_ROOM),
            docker,
        ),
    )


def _course_checks(engine: str, settings: Settings | None) -> Sequence[Check]:
    if settings is None:
        return ()
    look = partial(look_at_course_images, engine, settings)
    title = "What each course asks for on top of its software is here"
    needs = ("docker", "courses")
    lend = partial(look_at_lending, engine, settings)
    return (
        FactCheck("course-images", title, look, judge_course_images, needs),
        FactCheck("gpu-lending", "Docker can lend GPUs", lend, judge_lending, needs),
    )


def _judge_answer(seen: EngineFacts) -> Iterator[Finding]:
    yield Finding("ok", f"Docker {seen.version} answers.")


def look_at_network(engine: str, network: SeatNetwork) -> tuple[NetworkPlan, bool]:
    """What would have to be done about the network, and whether the host has its interface."""
    with errors_as_ours("looking at its networks"):
        networks = client_at(engine).networks()
    plan = plan_network(network, networks, read_routes())
    return plan, not _is_local(engine) or Path("/sys/class/net", network.bridge).exists()


def _is_local(engine: str) -> bool:
    return engine.startswith("unix://")


def judge_network(seen: tuple[NetworkPlan, bool]) -> Iterator[Finding]:
    """Missing, different, in the way of another, or gone from the host behind Docker's back."""
    plan, has_interface = seen
    wanted = plan.wanted
    for problem in plan.problems:
        yield Finding("error", f"{problem}.", remedy=plan.remedy)
    if plan.create:
        yield Finding("error", f"The network {wanted.name} is gone.", remedy=START_AGAIN)
    elif not plan.problems and not has_interface:
        text = f"Docker knows the network {wanted.name}, but the host has no {wanted.bridge}."
        yield Finding("error", text, remedy="systemctl restart docker")
    elif not plan.problems:
        yield Finding("ok", f"Seats are on {wanted.name}, {wanted.subnet}.")


def judge_guard(state: GuardState) -> Iterator[Finding]:
    """No seat starts while the guard is not in force."""
    if state.problem:
        yield Finding("error", state.problem, remedy=state.remedy)
    else:
        yield Finding("ok", f"Seats are kept apart by {state.parted}.")


def look_at_images(engine: str, wanted: Mapping[str, str]) -> tuple[ImageFacts, ...]:
    """Each of *wanted*, a name in a course file and one for Docker."""
    recipes = {folder.name: expected_digest(folder) for folder in image_folders()}
    return tuple(
        ImageFacts(
            name,
            reference,
            recipes.get(name, ""),
            _label_or_none(engine, reference),
            _label_or_none(engine, f"{OURS}{name}:{HELD}") if name in recipes else None,
        )
        for name, reference in sorted(wanted.items())
    )


def _label_or_none(engine: str, reference: str) -> str | None:
    with errors_as_ours(f"looking for {reference}"):
        client: Any = client_at(engine)
        try:
            image = client.inspect_image(reference)
        except ImageNotFound:
            return None
        return str((image["Config"].get("Labels") or {}).get(LOCK_LABEL, ""))


def judge_images(images: tuple[ImageFacts, ...]) -> Iterator[Finding]:
    """A missing image keeps its profiles from starting; an outdated one starts as it was."""
    for image in images:
        build = f"crepre image build {image.name}"
        if image.found is None:
            remedy = build if image.wanted else f"docker pull {image.reference}"
            yield Finding("error", f"The image {image.reference} is not here.", remedy=remedy)
        elif image.wanted and image.found != image.wanted and image.held == image.wanted:
            text = f"The image {image.name} was rolled back to an earlier build."
            remedy = f"To use it again: crepre image rollback {image.name}"
            yield Finding("warning", text, remedy=remedy)
        elif image.wanted and image.found != image.wanted:
            text = f"The image {image.name} was built from another lock or recipe than is here."
            yield Finding("warning", text, remedy=build)
        else:
            yield Finding("ok", f"The image {image.name} is here{_as_locked(image)}.")


def _as_locked(image: ImageFacts) -> str:
    return " and matches its lock" if image.wanted else ""
