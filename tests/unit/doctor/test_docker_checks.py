"""What the doctor makes of a Docker Engine, and of local processes."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pytest

from crepre_hub.backends.docker.checks import (
    ImageFacts,
    docker_checks,
    judge_guard,
    judge_images,
    judge_network,
)
from crepre_hub.backends.docker.course_checks import CourseImageFacts, judge_course_images
from crepre_hub.backends.docker.engine_facts import (
    EngineFacts,
    engine_facts,
    judge_safety,
    judge_version,
    numbers_of,
)
from crepre_hub.backends.docker.guard import Guard
from crepre_hub.backends.docker.guard_state import GuardState
from crepre_hub.backends.docker.network import NetworkPlan, seat_network
from crepre_hub.backends.local.checks import (
    StackFacts,
    judge_isolation,
    judge_own_files,
    judge_stacks,
)
from tests.unit.doctor.test_machine_checks import lines

EVERYWHERE = "0.0.0.0"
SAFE = EngineFacts("29.1.0", "1.3.3", frozenset({"seccomp", "apparmor", "cgroupns"}))


def test_a_safe_engine() -> None:
    """Nothing but good news."""
    assert lines(judge_version(SAFE)) == [("ok", "Docker 29.1.0.")]
    assert lines(judge_safety(SAFE)) == [("ok", "Containers are confined by apparmor and seccomp.")]


@pytest.mark.parametrize(
    ("version", "level"),
    [
        ("19.03.15", "error"),
        ("20.10.24+dfsg1", "warning"),
        ("27.5.1", "warning"),
        ("28.0.0", "ok"),
        ("30.0.0-rc.1", "ok"),
        ("dev", "error"),
    ],
)
def test_engine_versions(version: str, level: str) -> None:
    """Too old does not work; old is not mended."""
    assert lines(judge_version(replace(SAFE, version=version)))[0][0] == level


@pytest.mark.parametrize(
    ("runc", "levels"),
    [
        ("1.1.11", ["error"]),
        ("1.1.12", []),
        ("1.2.7", ["error"]),
        ("1.2.8", []),
        ("1.3.2", ["error"]),
        ("1.3.3", []),
        ("1.4.0", []),
        ("1.0.3", ["error"]),
        ("1.1.5+ds1", ["warning"]),
        ("1.1.12-0ubuntu2", []),
        ("1.1.0-rc.1", ["error"]),
        ("", []),
    ],
)
def test_runc_versions(runc: str, levels: list[str]) -> None:
    """Known ways out are an error; what a distribution may have mended is a warning."""
    found = lines(judge_version(replace(SAFE, runc=runc)))
    assert [level for level, _ in found[1:]] == levels


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"security": frozenset({"apparmor"})}, ["error"]),
        ({"security": frozenset({"seccomp"})}, ["warning"]),
        ({"security": frozenset({"seccomp", "selinux"})}, ["ok"]),
        ({"live_restore": False}, ["warning"]),
        ({"default_runtime": "nvidia"}, ["warning"]),
        ({"port_proxies": 3}, ["warning"]),
        ({"weak_limits": ("PidsLimit", "SwapLimit")}, ["error", "warning"]),
        ({"security": frozenset(), "live_restore": False}, ["error", "warning", "warning"]),
    ],
)
def test_engine_safety(change: dict[str, Any], expected: list[str]) -> None:
    """Each thing that weakens the walls is one line."""
    assert [level for level, _ in lines(judge_safety(replace(SAFE, **change)))] == expected


def test_facts_of_an_engines_answers() -> None:
    """The fields are those of Docker's API, as an Engine 20.10 answers."""
    version = {"Version": "20.10.24+dfsg1", "Components": [{"Name": "runc", "Version": "1.1.5"}]}
    info = {
        "SecurityOptions": ["name=apparmor", "name=seccomp,profile=default"],
        "LiveRestoreEnabled": True,
        "DefaultRuntime": "runc",
        "DockerRootDir": "/srv/docker",
        "MemoryLimit": True,
        "SwapLimit": False,
        "PidsLimit": True,
    }
    assert engine_facts(version, info, 1) == EngineFacts(
        version="20.10.24+dfsg1",
        runc="1.1.5",
        security=frozenset({"apparmor", "seccomp"}),
        live_restore=True,
        default_runtime="runc",
        weak_limits=("SwapLimit",),
        root=Path("/srv/docker"),
        port_proxies=1,
    )


@pytest.mark.parametrize("profile", ["unconfined", "default"])
def test_a_filter_that_lets_all_pass_is_none(profile: str) -> None:
    """The Engine names seccomp even where its profile is empty."""
    info = {"SecurityOptions": [f"name=seccomp,profile={profile}"]}
    facts = engine_facts({"Version": "29"}, info)
    assert ("seccomp" in facts.security) == (profile == "default")


@pytest.mark.parametrize(
    ("version", "numbers"),
    [("28.5.1", (28, 5, 1)), ("1.1.5+ds1-1+deb12u1", (1, 1, 5)), ("dev", ()), ("", ())],
)
def test_numbers_of_a_version(version: str, numbers: tuple[int, ...]) -> None:
    """Whatever a distribution hangs on to it."""
    assert numbers_of(version) == numbers


NETWORK = seat_network("lab", IPv4Network("10.1.0.0/24"))


@pytest.mark.parametrize(
    ("plan", "has_interface", "expected"),
    [
        (
            NetworkPlan(NETWORK, create=False),
            True,
            [("ok", "Seats are on lab-seats, 10.1.0.0/24.")],
        ),
        (NetworkPlan(NETWORK, create=True), True, [("error", "The network lab-seats is gone.")]),
        (
            NetworkPlan(NETWORK, create=False),
            False,
            [("error", "Docker knows the network lab-seats, but the host has no cr-lab.")],
        ),
        (
            NetworkPlan(NETWORK, create=False, problems=("a", "b"), remedy="rebuild"),
            True,
            [("error", "a."), ("error", "b.")],
        ),
    ],
)
def test_network(plan: NetworkPlan, has_interface: bool, expected: list[tuple[str, str]]) -> None:
    """Gone, different, or half gone."""
    assert lines(judge_network((plan, has_interface))) == expected


def test_guard() -> None:
    """The guard's own words and remedy are passed on."""
    assert lines(judge_guard(GuardState(parted="bridge"))) == [
        ("ok", "Seats are kept apart by bridge.")
    ]
    assert lines(judge_guard(GuardState("It is gone.", "crepre up"))) == [("error", "It is gone.")]


@pytest.mark.parametrize(
    ("image", "expected", "remedy"),
    [
        (ImageFacts("cpu", "crepre/cpu:latest", "ab", "ab"), "ok", ""),
        (ImageFacts("cpu", "crepre/cpu:latest", "ab", "cd"), "warning", "crepre image build cpu"),
        (ImageFacts("cpu", "crepre/cpu:latest", "ab", ""), "warning", "crepre image build cpu"),
        (ImageFacts("cpu", "crepre/cpu:latest", "ab", None), "error", "crepre image build cpu"),
        (ImageFacts("a/b:1", "a/b:1", "", ""), "ok", ""),
        (ImageFacts("a/b:1", "a/b:1", "", None), "error", "docker pull a/b:1"),
    ],
)
def test_images(image: ImageFacts, expected: str, remedy: str) -> None:
    """Missing, from another lock, or right; the remedy is the line that mends it."""
    (one,) = judge_images((image,))
    assert (one.level, one.remedy) == (expected, remedy)


def test_an_image_that_was_rolled_back() -> None:
    """It is outdated on purpose, and the remedy is another one."""
    (one,) = judge_images((ImageFacts("cpu", "crepre/cpu:latest", "ab", "cd", held="ab"),))
    assert (one.level, one.remedy) == (
        "warning",
        "To use it again: crepre image rollback cpu",
    )


ML = CourseImageFacts("ml", "cpu", "ab", is_used=True, found="ab")
BUILD_ML = "crepre image build --course ml"


@pytest.mark.parametrize(
    ("change", "level", "remedy"),
    [
        ({}, "ok", ""),
        ({"is_used": False, "found": None}, "warning", BUILD_ML),
        ({"found": None}, "error", BUILD_ML),
        ({"found": "cd"}, "warning", BUILD_ML),
        ({"found": "cd", "is_held": True}, "warning", "crepre image rollback ml/cpu"),
        ({"wanted": ""}, "warning", BUILD_ML),
        ({"is_on_current": False}, "warning", BUILD_ML),
    ],
)
def test_courses_own_images(change: dict[str, Any], level: str, remedy: str) -> None:
    """Not built, gone, outdated, rolled back, not wanted any more, on an old one, or right."""
    (one,) = judge_course_images((replace(ML, **change),))
    assert one.level == level
    assert one.remedy.endswith(remedy)
    assert bool(one.remedy) == (level != "ok")


def test_courses_without_images_of_their_own() -> None:
    """The check still says something."""
    assert [level for level, _ in lines(judge_course_images(()))] == ["ok"]


def test_local_processes_have_no_course_images() -> None:
    """That a course asks for one is said."""
    assert lines(judge_own_files(("ml",))) == [
        ("warning", "What courses/ml/ asks for is in containers only.")
    ]
    assert [level for level, _ in lines(judge_own_files(()))] == ["ok"]


@pytest.mark.parametrize(
    ("address", "levels"),
    [
        ("127.0.0.1", ["warning"]),
        ("localhost", ["warning"]),
        (EVERYWHERE, ["warning", "error"]),
        ("192.168.1.2", ["warning", "error"]),
    ],
)
def test_local_processes_are_for_trying_out(address: str, levels: list[str]) -> None:
    """Without walls between people, only this machine may come in."""
    assert [level for level, _ in lines(judge_isolation(address))] == levels


@pytest.mark.parametrize(
    ("stack", "level"),
    [
        (StackFacts("cpu", has_recipe=True, is_current=True), "ok"),
        (StackFacts("cpu", has_recipe=True, is_current=False), "error"),
        (StackFacts("a/b:1", has_recipe=False, is_current=False), "error"),
    ],
)
def test_stacks(stack: StackFacts, level: str) -> None:
    """The packages are there and from the lock, or nothing starts."""
    assert [found for found, _ in lines(judge_stacks((stack,)))] == [level]


def test_checks_name_only_earlier_checks() -> None:
    """Asking for the checks connects to nothing, and each need is a check that runs before."""
    names = {"settings", "lab"}
    guard = Guard("crepre/guard:latest", NETWORK)
    for check in docker_checks("unix:///nowhere", NETWORK, guard, {"cpu": "crepre/cpu:latest"}):
        assert set(check.needs) <= names
        names.add(check.name)
