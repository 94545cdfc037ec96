"""One suite for every backend that is installed: found by entry points, asked the same things."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import EntryPoint, entry_points
from ipaddress import IPv4Network
from pathlib import Path, PurePosixPath
from typing import Any, get_args

import dockerspawner  # noqa: F401  (its imports look for IPv6: before the doors close)
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crepre_hub.backends.backend import Backend, Seat, backend_named
from crepre_hub.backends.docker.backend import DockerBackend
from crepre_hub.errors import BackendError
from crepre_hub.gpu.given import Cap, GivenGpu
from crepre_hub.hub.spawning import seat_class
from crepre_hub.profiles.profile import Placement
from crepre_hub.settings.lab import DockerSection, Lab, LabSection, ServersSection
from crepre_hub.settings.reader import Settings
from tests.closed_doors import closed_doors  # noqa: F401  (pytest finds it here by its name)

pytestmark = pytest.mark.usefixtures("closed_doors")

GiB = 1024**3
POINTS = sorted(entry_points(group="crepre.backends"), key=lambda point: point.name)
TOLD = {"CREPRE_COURSE_TITLE": "Music {user} {0} {x.y} }{ 100%"}
PLACEMENT = Placement("music", "small", "course-cpu", 1.5, 2 * GiB, environment=TOLD)
ADA = Seat("ada")
ENDS = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
KEY = "ab" * 32
LABS = Path("/to be set")


@pytest.fixture(scope="module", autouse=True)
def _folder_of_labs(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Two labs that keep the key of their names; it is the same here."""
    global LABS  # noqa: PLW0603  (a fixture cannot be asked for by ``of_lab``'s callers)
    LABS = tmp_path_factory.mktemp("labs")
    for lab in ("lab", "other"):
        (LABS / lab / "var" / "secrets").mkdir(parents=True)
        (LABS / lab / "var" / "secrets" / "names").write_text(KEY)


NAMES = st.text(min_size=1, max_size=40) | st.sampled_from(
    ["..", "../../etc", "/etc/passwd", "a b", "a\nb", "ada", "Ada", "ada-", "-", "%s", "{username}"]
)
SEATS = st.builds(Seat, NAMES, st.just("") | NAMES)

many = settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)


@pytest.fixture(params=POINTS, ids=lambda point: point.name)
def point(request: pytest.FixtureRequest) -> EntryPoint:
    """Each backend's entry point."""
    found: EntryPoint = request.param
    return found


@pytest.fixture
def backend(point: EntryPoint) -> Backend:
    """Each backend, for a lab called ``lab``."""
    return of_lab("lab", point.name)


def of_lab(lab: str, name: str) -> Backend:
    """The backend *name* for another lab."""
    lab_file = Lab(lab=LabSection(id=lab))
    return backend_named(name, Settings(LABS / lab, lab_file, ()))


def rendered(backend: Backend, seat: Seat, placement: Placement = PLACEMENT) -> dict[str, Any]:
    """All traits of one server."""
    return {
        **backend.defaults(), **backend.identity(seat), **backend.render(placement, seat)
    }  # fmt: skip


def texts(value: object) -> list[str]:
    """Every text in *value*, however deep."""
    if isinstance(value, dict):
        return [text for pair in value.items() for each in pair for text in texts(each)]
    if isinstance(value, list | tuple | set):
        return [text for each in value for text in texts(each)]
    return [value] if isinstance(value, str) else []


def test_both_backends_are_installed() -> None:
    """The suite does not pass by finding nothing."""
    assert {"docker", "local"} <= {point.name for point in POINTS}


def test_one_word_for_one_thing(point: EntryPoint, backend: Backend) -> None:
    """Entry point, attribute, file and the word in ``lab.toml`` are the same."""
    words = get_args(ServersSection.model_fields["backend"].annotation)
    assert backend.name == point.name
    assert point.name in words
    assert point.module.startswith(f"crepre_hub.backends.{point.name}")


def test_an_unknown_backend_is_refused_with_a_remedy() -> None:
    """A word that nobody provides ends in a sentence."""
    with pytest.raises(BackendError) as caught:
        of_lab("lab", "abacus")
    assert caught.value.remedy


def test_a_process_of_no_lab_belongs_to_no_server(backend: Backend) -> None:
    """None that has this number, as Linux gives none so large."""
    assert backend.server_of(4_194_305) == ""


def test_only_traits_that_the_spawner_has(backend: Backend) -> None:
    """A misspelt trait would be set silently, and do nothing."""
    traits = seat_class(backend.spawner_class).class_trait_names()
    unknown = set(rendered(backend, ADA)) - set(traits)
    assert not unknown


def test_each_value_is_one_that_its_trait_takes(backend: Backend) -> None:
    """What is rendered is valid: the spawner's own validation raises for none."""
    spawner = seat_class(backend.spawner_class)()
    for name, value in rendered(backend, ADA).items():
        assert spawner.traits()[name]._validate(spawner, value) is not None or value is None


def test_the_spawner_can_say_why_it_does_not_run(backend: Backend) -> None:
    """What the common part of every spawner asks for is there."""
    assert callable(backend.spawner_class.why_not_running)
    assert hasattr(backend.spawner_class, "start_log")


def test_servers_reach_the_hub_at_an_address(backend: Backend) -> None:
    """An address of this machine, never one that means all of them."""
    assert re.fullmatch(r"\d+\.\d+\.\d+\.\d+", backend.hub_host)
    assert backend.hub_host != "0.0.0.0"


def test_checks_say_what_they_look_at(backend: Backend) -> None:
    """Asking for the checks looks at nothing yet; each has a name of its own and a title."""
    checks = backend.checks()
    names = [check.name for check in checks]
    assert names
    assert len(set(names)) == len(names)
    assert all(check.title and not check.title.endswith(".") for check in checks)


@many
@given(seat=SEATS)
def test_the_same_seat_is_the_same_server(backend: Backend, seat: Seat) -> None:
    """A restarted hub finds what an earlier one made."""
    again = of_lab("lab", backend.name)
    assert backend.identity(seat) == again.identity(seat)
    assert homes(rendered(backend, seat)) == homes(rendered(again, seat))


def homes(traits: dict[str, Any]) -> object:
    """Where a server's own files are; a course's folders are beside them."""
    volumes = traits.get("volumes") or {traits.get("home_dir"): None}
    return {place for place, where in volumes.items() if not isinstance(where, dict)}


@many
@given(seat=SEATS)
def test_the_home_that_is_archived_is_the_one_that_is_served(backend: Backend, seat: Seat) -> None:
    """And no other: what is packed, or removed, is what the server of that person has mounted."""
    traits = rendered(backend, seat)
    assert homes(traits) == {backend.homes.where(seat.user)}


def own(backend: Backend, seat: Seat) -> tuple[object, ...]:
    """What must be a server's alone, where the backend has it."""
    traits = rendered(backend, seat)
    return tuple(traits[name] for name in ("name_template", "log_file") if name in traits)


@many
@given(one=SEATS, other=SEATS)
def test_two_people_share_nothing(backend: Backend, one: Seat, other: Seat) -> None:
    """Different people have different homes; different seats different servers."""
    if one.user != other.user:
        assert homes(rendered(backend, one)) != homes(rendered(backend, other))
    else:
        assert homes(rendered(backend, one)) == homes(rendered(backend, other))
    if one != other:
        assert own(backend, one) != own(backend, other)


@many
@given(seat=SEATS)
def test_two_labs_on_a_machine_share_nothing(backend: Backend, seat: Seat) -> None:
    """The lab's id keeps one user's homes in two labs apart."""
    other = of_lab("other", backend.name)
    assert homes(rendered(backend, seat)) != homes(rendered(other, seat))


@many
@given(seat=SEATS)
def test_a_hostile_name_reaches_nothing_else(backend: Backend, seat: Seat) -> None:
    """Whatever somebody is called, it names no folder above and expands to nothing."""
    traits = rendered(backend, seat)
    labels = set((traits.get("extra_create_kwargs") or {}).get("labels", {}).values())
    for text in texts(traits):
        if text not in labels and "Music" not in text:  # these are told as they are
            assert ".." not in PurePosixPath(text).parts
            assert "{" not in text
            assert "\n" not in text


@pytest.mark.parametrize("memory", [256 * 1024**2, 3 * GiB + 1])
@pytest.mark.parametrize("cpus", [0.1, 1.5, 64.0])
def test_a_size_is_rendered_as_it_is(backend: Backend, cpus: float, memory: int) -> None:
    """No backend rounds a profile down, or fails on a size that the settings take."""
    placement = Placement("music", "small", "course-cpu", cpus, memory)
    traits = rendered(backend, ADA, placement)
    if backend.name == "docker":
        host = traits["extra_host_config"]
        assert (host["nano_cpus"], host["mem_limit"]) == (round(cpus * 1e9), memory)


def test_a_server_is_told_of_its_course(backend: Backend) -> None:
    """What the placement says reaches the server by its own names, as it is."""
    spawner = seat_class(backend.spawner_class)()
    traits = rendered(backend, ADA)
    kwargs = traits.get("extra_create_kwargs", {})
    if kwargs:
        kwargs = spawner._render_templates(kwargs, {"user": "somebody"})
    environment = kwargs.get("environment") or traits["environment"]
    assert TOLD.items() <= environment.items()


HIDES_GPUS = {"NVIDIA_VISIBLE_DEVICES": "void", "CUDA_VISIBLE_DEVICES": "-1"}


def gpu_variables(backend: Backend, gpu: GivenGpu | None) -> dict[str, str]:
    """What a server is told about which GPU it has."""
    traits = rendered(backend, ADA, replace(PLACEMENT, gpu=gpu))
    told = traits.get("extra_create_kwargs", traits)["environment"]
    return {name: told[name] for name in HIDES_GPUS if name in told}


def test_a_server_without_a_gpu_is_told_that_it_has_none(backend: Backend) -> None:
    """Not told, it would have those that the image or the machine gives to everybody."""
    found = gpu_variables(backend, None)
    assert found
    assert found.items() <= HIDES_GPUS.items()


@pytest.mark.parametrize("cap", Cap)
def test_a_server_is_told_its_gpu_and_no_other(backend: Backend, cap: Cap) -> None:
    """By the UUID, whatever caps it, and in every variable that names GPUs."""
    given = GivenGpu("l", "GPU-7", 6 * GiB, 24 * GiB, ENDS, cap)
    assert set(gpu_variables(backend, given).values()) == {"GPU-7"}


@pytest.mark.parametrize("cap", [Cap.DRIVER, Cap.MPS])
def test_a_local_process_is_told_its_share(cap: Cap) -> None:
    """Nobody limits it: neither the driver nor MPS knows processes, so its frameworks have to."""
    given = GivenGpu("l", "GPU-7", 6 * GiB, 24 * GiB, ENDS, cap)
    traits = rendered(of_lab("lab", "local"), ADA, replace(PLACEMENT, gpu=given))
    assert "CREPRE_GPU_FRACTION" in traits["environment"]


def test_a_gpu_of_the_last_start_is_not_kept(backend: Backend) -> None:
    """Every trait that a server with a GPU sets, one without sets as well."""
    given = GivenGpu("l", "GPU-7", 6 * GiB, 24 * GiB, ENDS, Cap.COOPERATIVE)
    assert set(rendered(backend, ADA)) == set(rendered(backend, ADA, replace(PLACEMENT, gpu=given)))


def test_rendering_twice_is_the_same(backend: Backend) -> None:
    """Rendering remembers nothing."""
    first = rendered(backend, ADA)
    rendered(backend, Seat("bo"), Placement("x", "y", "z:1", 9, 9 * GiB))
    again = rendered(backend, ADA)
    assert texts(first) == texts(again)


def test_what_a_seat_in_docker_is_made_of() -> None:
    """The literal traits of one container; security is in ``docs/isolation.md``."""
    backend = of_lab("lab", "docker")
    traits = dict(backend.render(PLACEMENT, Seat("Ada", "")))
    host = traits.pop("extra_host_config")
    assert callable(traits.pop("limit_gpu"))
    assert callable(traits.pop("ensure_folders"))
    assert backend.identity(Seat("Ada")) == {"name_template": "lab-seat-e7155fe453a371aa506d"}
    assert traits == {
        "image": "crepre/course-cpu:latest",
        "volumes": {
            "lab-home--41da": "/home/student",
            "lab-data-music": {"bind": "/courses/music/data", "mode": "ro,nocopy"},
            "lab-shared-music": {"bind": "/courses/music/shared", "mode": "rw,nocopy"},
        },
        "notebook_dir": "/home/student",
        "extra_create_kwargs": {
            "image": "crepre/course-cpu:latest",
            "user": "1000:1000",
            "environment": {
                "CREPRE_COURSE_TITLE": "Music {{user}} {{0}} {{x.y}} }}{{ 100%",
                "MEM_LIMIT": str(2 * GiB),
                "CPU_LIMIT": "1.5",
                "CREPRE_COURSE_FOLDER": "/courses/music",
                "NVIDIA_VISIBLE_DEVICES": "void",
            },
            "labels": {
                "crepre.lab": "lab",
                "crepre.user": "Ada",
                "crepre.server": "",
                "crepre.course": "music",
                "crepre.profile": "small",
            },
        },
        "gpu": "",
    }
    walls = {
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "privileged": False,
        "read_only": True,
        "init": True,
        "network_mode": "lab-seats",
        "mem_limit": 2 * GiB,
        "memswap_limit": 2 * GiB,
        "nano_cpus": 1_500_000_000,
        "pids_limit": 1024,
        "auto_remove": False,
    }
    assert {name: host[name] for name in walls} == walls
    assert backend.hub_host == str(IPv4Network("10.231.0.0/20")[1])
    assert not {"port_bindings", "publish_all_ports", "devices", "binds"} & set(host)


def test_what_a_local_seat_is_made_of() -> None:
    """The literal traits of one process."""
    traits = dict(of_lab("lab", "local").render(PLACEMENT, Seat("ada")))
    traits.pop("args")  # depends on who runs the tests
    assert callable(traits.pop("end_leftovers"))
    assert callable(traits.pop("make_folders"))
    assert callable(traits.pop("free_port"))
    environment = traits.pop("environment")
    assert environment["PATH"].startswith(f"{LABS}/lab/var/stack/course-cpu/bin:")
    assert environment["PIP_USER"] == "1"
    assert environment["CREPRE_COURSE_FOLDER"] == f"{LABS}/lab/var/courses/music"
    assert traits == {
        "cmd": [f"{LABS}/lab/var/stack/course-cpu/bin/crepre-seat"],
        "home_dir": f"{LABS}/lab/var/homes/lab-home-ada",
        "notebook_dir": f"{LABS}/lab/var/homes/lab-home-ada",
        "log_file": f"{LABS}/lab/var/log/servers/lab-home-ada.log",
    }


def test_a_server_is_told_where_its_courses_folders_are(backend: Backend) -> None:
    """Another course is another place, and its last part is the course's name on every backend."""
    places = []
    for course in ("music", "art-"):
        traits = rendered(backend, ADA, replace(PLACEMENT, course=course))
        kwargs = traits.get("extra_create_kwargs", traits)
        place = kwargs["environment"]["CREPRE_COURSE_FOLDER"]
        assert PurePosixPath(place).name == course
        places.append(place)
    assert places[0] != places[1]


@pytest.mark.parametrize("writes", [False, True])
def test_data_is_writable_for_whoever_the_placement_says(writes: bool) -> None:
    """The mount of the data is read-only unless the rules said otherwise; shared never is."""
    placement = replace(PLACEMENT, writes_data=writes)
    volumes = of_lab("lab", "docker").render(placement, ADA)["volumes"]
    assert isinstance(volumes, dict)
    assert volumes["lab-data-music"]["mode"].startswith("rw" if writes else "ro")
    assert volumes["lab-shared-music"]["mode"].startswith("rw")
    assert len(volumes) == 3


def test_the_guard_of_docker_follows_the_settings() -> None:
    """What lab.toml opens and closes is what the guard is told."""
    lab = Lab(
        lab=LabSection(id="lab"),
        docker=DockerSection(reach=("10.0.7.0/24",), deny=("198.51.100.0/24",), internet=False),
    )
    backend = backend_named("docker", Settings(LABS / "lab", lab, ()))
    assert isinstance(backend, DockerBackend)
    reach = backend.guard.reach
    assert (reach.allow, reach.deny, reach.internet) == (
        (IPv4Network("10.0.7.0/24"),),
        (IPv4Network("198.51.100.0/24"),),
        False,
    )
