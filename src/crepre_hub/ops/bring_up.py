"""Setting up what is missing, then starting the lab, until it answers."""

from __future__ import annotations

import time
import urllib.request

from crepre_hub.backends.backend import backend_named
from crepre_hub.backends.docker.engine import client_at, engine_from_environment
from crepre_hub.backends.local.checks import INSTALL_DOCKER
from crepre_hub.errors import CommandFailed, DockerClosed, DockerUnreachable
from crepre_hub.ops.build_log import Step
from crepre_hub.ops.image_build import OnStep
from crepre_hub.ops.image_folders import find_image_folder
from crepre_hub.ops.lab_images import GUARD, ensure_images, images_of
from crepre_hub.ops.lab_programs import lab_programs
from crepre_hub.ops.processes import (
    is_going_down,
    is_up,
    program_states,
    start_supervisor,
    stop_supervisor,
)
from crepre_hub.ops.project import ensure_state_folder, project_root
from crepre_hub.ops.proxy import ensure_proxy
from crepre_hub.ops.stack import ensure_stack
from crepre_hub.probes.ports import is_free
from crepre_hub.settings.last_good import keep_lab
from crepre_hub.settings.own_images import read_own_files
from crepre_hub.settings.ports import ports_of
from crepre_hub.settings.reader import Settings

READY_PATIENCE_SECONDS = 60.0
EVERYWHERE = "0.0.0.0"  # noqa: S104  (compared with, not bound to)
FAILURES_BEFORE_GIVING_UP = 5


def chosen_backend(settings: Settings) -> str:
    """What ``lab.toml`` says; for ``auto``, Docker where an engine answers."""
    word = settings.lab.servers.backend
    if word != "auto":
        return word
    return "local" if why_not_docker(settings) else "docker"


def why_not_docker(settings: Settings) -> DockerUnreachable | None:
    """Why Docker cannot be used, with what to type; None where it can, or is not wanted."""
    if settings.lab.servers.backend == "local":
        return None
    try:
        client_at(engine_from_environment(settings.lab.docker.socket))
    except DockerClosed as error:
        return error
    except DockerUnreachable:
        return DockerUnreachable("There is no Docker Engine here.", remedy=INSTALL_DOCKER)
    return None


def bring_up(settings: Settings, backend: str, on_step: OnStep) -> tuple[str, ...]:
    """
    Make what is missing and start the lab; returns when it answers. May be repeated.

    Returns:
        What the admin should know, though the lab is up.

    Raises:
        CrepreError: If something could not be made, with what to do about it.
    """
    if is_going_down(settings.state):
        stop_supervisor(settings.state)
    if is_up(settings.state):
        return ()
    ensure_ports_free(settings)
    ensure_state_folder(settings)
    keep_lab(settings.root)
    on_step(Step(1, 4, "the proxy"))
    proxy = ensure_proxy(project_root() / "deploy" / "proxy", settings.state / "proxy")
    on_step(Step(2, 4, "the course's software"))
    notices = ensure_software(settings, backend, on_step)
    on_step(Step(3, 4, "where servers run"))
    backend_named(backend, settings).ensure_ready()
    on_step(Step(4, 4, "starting"))
    environment = {"CREPRE_ROOT": str(settings.root), "CREPRE_BACKEND": backend}
    start_supervisor(settings.state, lab_programs(settings, proxy=proxy, environment=environment))
    wait_until_ready(settings)
    return notices


def ensure_software(settings: Settings, backend: str, on_step: OnStep) -> tuple[str, ...]:
    """
    The images of all profiles, or the same software for local processes.

    Returns:
        What could not be renewed, where students can go on with what they have.
    """
    if backend == "docker":
        return ensure_images(settings, on_step)
    for name in images_of(settings):
        if name != GUARD:
            stack = (settings.state / "stack" / name).resolve()
            ensure_stack(find_image_folder(name), stack, on_step)
    return tuple(
        f"What courses/{course.id}/ asks for is in containers only."
        for course in settings.courses
        if read_own_files(settings.root, course.id) is not None
    )


def ensure_ports_free(settings: Settings) -> None:
    """
    See that nobody else listens where the lab wants to.

    Raises:
        CommandFailed: If somebody does.
    """
    ports = ports_of(settings.lab)
    for address, port in (
        (ports.address, ports.public),
        ("127.0.0.1", ports.proxy_api),
        ("127.0.0.1", ports.hub),
    ):
        if not is_free(address, port):
            raise CommandFailed(
                f"Something else listens on {address}:{port}.",
                remedy=f"Find it with: ss -ltnp 'sport = :{port}'. Or choose another port under"
                " [lab] listen in lab.toml.",
            )


def wait_until_ready(settings: Settings) -> None:
    """
    Return when the lab answers as a browser sees it.

    Raises:
        CommandFailed: If it does not, with the hub's last words.
    """
    failures = 0
    until = time.monotonic() + READY_PATIENCE_SECONDS
    while time.monotonic() < until:
        if answers(settings):
            return
        if any(each.state == "BACKOFF" for each in program_states(settings.state)):
            failures += 1  # it ended at once, and is to be tried again
            if failures > FAILURES_BEFORE_GIVING_UP:
                break
        time.sleep(0.2)
    log = settings.state / "log" / "hub.log"
    last = log.read_text(errors="replace").strip().splitlines()[-8:] if log.exists() else []
    stop_supervisor(settings.state)
    raise CommandFailed("\n".join(["The hub did not start:", *last]), remedy=f"All of it: {log}")


def answers(settings: Settings) -> bool:
    """Whether the hub answers through the proxy."""
    ports = ports_of(settings.lab)
    host = "127.0.0.1" if ports.address == EVERYWHERE else ports.address
    url = f"http://{host}:{ports.public}/hub/health"
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return int(answer.status) == 200
    except OSError:
        return False
