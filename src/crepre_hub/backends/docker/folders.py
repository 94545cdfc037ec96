"""
A course's folders as Docker volumes.

Files come in by a container that is made and never started: the Engine itself then writes into its
volumes, whatever is in the image, and on another machine as well. It stays within that container,
wherever a link in a folder may point.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from docker import APIClient
from docker.errors import NotFound

from crepre_hub.backends.backend import CourseFolder
from crepre_hub.backends.docker.answers import errors_as_ours
from crepre_hub.backends.docker.network import LAB_LABEL
from crepre_hub.backends.docker.packing import pack, packed_folder
from crepre_hub.courses.folders import DATA, FOLDERS
from crepre_hub.errors import BackendError
from crepre_hub.names import course_volume

COURSES = "/courses"
"""Where the folders are in a seat: no folder of the image's, and none of the home's."""

COURSE_LABEL = "crepre.course"
FOLDER_LABEL = "crepre.folder"
HAND_LABEL = "crepre.hand"
LEFT_BEHIND_SECONDS = 24 * 3600.0


def course_place(course: str) -> str:
    """The folder in a seat that holds both of *course*."""
    return f"{COURSES}/{course}"


def render_folders(lab: str, course: str, *, writes_data: bool) -> dict[str, dict[str, str]]:
    """The part of ``DockerSpawner.volumes`` that is the course's; nothing comes from the image."""
    return {
        course_volume(lab, course, folder): {
            "bind": f"{course_place(course)}/{folder}",
            "mode": "ro,nocopy" if folder == DATA and not writes_data else "rw,nocopy",
        }
        for folder in FOLDERS
    }


def has_folders(client: APIClient, lab: str, course: str) -> bool:
    """
    Whether both volumes are there.

    Raises:
        BackendError: If Docker cannot say.
    """
    return len(_made(client, lab, course)) == len(FOLDERS)


def _made(client: APIClient, lab: str, course: str) -> tuple[str, ...]:
    """The folders whose volumes are there."""
    made = []
    with errors_as_ours(f"looking for the folders of {course}"):
        for folder in FOLDERS:
            with suppress(NotFound):
                client.inspect_volume(course_volume(lab, course, folder))
                made.append(folder)
    return tuple(made)


def ensure_folders(client: APIClient, lab: str, course: str, image: str) -> None:
    """
    Make the volumes of *course* where there are none, and give them to the seats' user.

    Args:
        image: Any that is there; nothing of it is run.

    Raises:
        BackendError: If Docker could not.
    """
    with errors_as_ours(f"making the folders of {course}"):
        for folder in FOLDERS:
            labels = {LAB_LABEL: lab, COURSE_LABEL: course, FOLDER_LABEL: folder}
            client.create_volume(course_volume(lab, course, folder), labels=labels)
        with _hand(client, lab, course, image) as hand:
            owned = b"".join(pack(packed_folder(folder) for folder in FOLDERS))
            client.put_archive(hand, course_place(course), owned)


def put_into(client: APIClient, lab: str, course: str, image: str, packed: Iterable[bytes]) -> None:
    """
    Put files into the folders of *course*, which are there.

    Args:
        packed: As ``packing`` makes it; its paths begin with the folder's name.

    Raises:
        BackendError: If Docker could not; some of the files may be there.
    """
    with (
        errors_as_ours(f"putting files into the folders of {course}"),
        _hand(client, lab, course, image) as hand,
    ):
        client.put_archive(hand, course_place(course), packed)


def look_at_folders(client: APIClient, lab: str, course: str) -> Sequence[CourseFolder]:
    """
    Where the folders of *course* are and how large; takes seconds where Docker has to count.

    Raises:
        BackendError: If Docker cannot say.
    """
    sizes: dict[str, int] = {}
    if _made(client, lab, course):
        with errors_as_ours(f"measuring the folders of {course}"):
            volumes = client.df()["Volumes"] or ()
        sizes = {each["Name"]: each["UsageData"]["Size"] for each in volumes}
    names = {folder: course_volume(lab, course, folder) for folder in FOLDERS}
    return tuple(
        CourseFolder(folder, f"volume {name}", sizes.get(name)) for folder, name in names.items()
    )


def remove_folders(client: APIClient, lab: str, course: str) -> None:
    """
    Remove the volumes of *course*.

    Raises:
        BackendError: If a container has one, whoever made it and whether or not it runs: then both
            stay. If Docker could not; then one may be gone.
    """
    volumes = [course_volume(lab, course, folder) for folder in FOLDERS]
    with errors_as_ours(f"removing the folders of {course}"):
        users = client.containers(all=True, filters={"volume": volumes})
        if users:
            names = ", ".join(sorted(each["Names"][0].lstrip("/") for each in users))
            raise BackendError(
                f"A container has the folders of {course}: {names}.",
                remedy=f"To end it, if nobody needs it: docker rm -f {names.replace(',', '')}",
            )
        for volume in volumes:
            with suppress(NotFound):
                client.remove_volume(volume)


@contextmanager
def _hand(client: Any, lab: str, course: str, image: str) -> Iterator[str]:
    """A container that holds the volumes of *course* and never runs."""
    _remove_left_behind(client, lab)
    binds = render_folders(lab, course, writes_data=True)
    made = client.create_container(
        image,
        command=["true"],
        labels={LAB_LABEL: lab, HAND_LABEL: course},
        host_config=client.create_host_config(binds=binds, network_mode="none"),
    )
    try:
        yield made["Id"]
    finally:
        client.remove_container(made["Id"], force=True)


def _remove_left_behind(client: Any, lab: str) -> None:
    """Remove hands of processes that were killed; others may be at work."""
    mine = {"label": [f"{LAB_LABEL}={lab}", HAND_LABEL]}
    for container in client.containers(all=True, filters=mine):
        if container["Created"] < time.time() - LEFT_BEHIND_SECONDS:
            client.remove_container(container["Id"], force=True)
