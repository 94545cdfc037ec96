"""
Homes are packed, looked at, unpacked and removed, whatever a student has put into them.

One suite for every backend, on homes that were made to break whoever reads them.
"""

from __future__ import annotations

import io
import secrets
import subprocess
import tarfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from crepre_hub.backends.backend import backend_named
from crepre_hub.backends.homes import Homes
from crepre_hub.errors import BackendError
from crepre_hub.settings.lab import Lab, LabSection
from crepre_hub.settings.reader import Settings
from tests.machine.engine import Engine

MAKE_HOSTILE = r"""
set -e
mkdir -p docs 'a b'
echo 'my notes' > docs/notes.txt
ln docs/notes.txt twin
ln -s /etc/passwd passwd
ln -s /etc etc
ln -s ../../.. up
ln -s docs/notes.txt own
mkfifo pipe
printf x > "$(printf 'new\nline')"
printf x > '--checkpoint-action=exec=touch pwned'
printf x > '-rf'
printf x > "$(printf 'esc\033[31m')"
printf 'begin' > huge; truncate -s 1T huge
cp /bin/true suid; chmod 4755 suid
echo mine > closed; chmod 000 closed
touch -d 2050-01-01 future
mkdir deep
export DEPTH=${DEPTH:-150}
perl -e 'chdir "deep"; for (1..$ENV{DEPTH}) { $d = "folder" . "x" x 40; mkdir $d; chdir $d }'
mkdir -p shut/in; echo x > shut/in/x; chmod 000 shut
"""

LOOK_QUICKLY_SECONDS = 180
"""A file of 1 TiB that is nearly all hole takes an hour where holes are read."""


@dataclass
class Place:
    """Homes of a lab, and how something is run in one as its owner (or as root) would."""

    homes: Homes
    run: Callable[[str, str], None]


@pytest.fixture(params=["docker", "local"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """A lab without hub or servers, on each backend."""
    settings = Settings(tmp_path, Lab(lab=LabSection(id=f"t{secrets.token_hex(4)}")), ())
    if request.param == "local":
        backend = backend_named("local", settings)
        folder_of = backend.homes.folder_of  # type: ignore[attr-defined]

        def run(user: str, script: str) -> None:
            folder_of(user).mkdir(parents=True, exist_ok=True)
            subprocess.run(["sh", "-c", script], cwd=folder_of(user), check=True)

        yield Place(backend.homes, run)
        subprocess.run(["chmod", "-R", "u+rwx", str(tmp_path)], check=True, capture_output=True)
        return
    engine: Engine = request.getfixturevalue("docker_engine")
    request.getfixturevalue("guard_image")
    yield from docker_place(engine, settings)


def docker_place(engine: Engine, settings: Settings) -> Iterator[Place]:
    import docker  # noqa: PLC0415

    lab = settings.lab.lab.id
    client = docker.DockerClient(base_url=engine.url)
    backend = backend_named("docker", settings)

    def run(user: str, script: str) -> None:
        client.containers.run(
            "crepre/guard:latest",
            ["sh", "-c", f"chown 1000:1000 /h && cd /h && {script}"],
            entrypoint="",
            remove=True,
            volumes={f"{lab}-home-{user}": {"bind": "/h", "mode": "rw"}},
        )

    yield Place(backend.homes, run)
    mine = {"label": f"crepre.lab={lab}"}
    left = client.containers.list(all=True, filters=mine)
    for volume in client.volumes.list():
        if volume.name.startswith(f"{lab}-home-"):
            volume.remove(force=True)
    client.close()
    assert left == []


def packed(homes: Homes, user: str) -> bytes:
    packing = homes.pack(user)
    try:
        return b"".join(packing)
    finally:
        packing.close()


def members(archive: bytes) -> dict[str, tarfile.TarInfo]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        return {member.name: member for member in tar}


def content(archive: bytes, name: str) -> bytes:
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        file: Any = tar.extractfile(name)
        return bytes(file.read())


def test_a_hostile_home_is_packed_whole_and_harms_nobody(place: Place, tmp_path: Path) -> None:
    """Links, pipes, holes and names are told as they are; nothing is opened, followed or run."""
    place.run("eve", MAKE_HOSTILE)
    began = time.monotonic()
    home = place.homes.look(["eve", "nobody"])["eve"]
    archive = packed(place.homes, "eve")
    assert time.monotonic() - began < LOOK_QUICKLY_SECONDS
    assert len(archive) < 4 * 2**20
    assert home.size_bytes < 20 * 2**20
    found = members(archive)
    assert {name.split("/")[0] for name in found} == {"home"}
    assert not [name for name in found if ".." in Path(name).parts]
    for name, to in (("passwd", "/etc/passwd"), ("etc", "/etc"), ("up", "../../..")):
        assert (found[f"home/{name}"].issym(), found[f"home/{name}"].linkname) == (True, to)
    assert found["home/pipe"].isfifo()
    assert found["home/huge"].size == 2**40
    twin, notes = found["home/twin"], found["home/docs/notes.txt"]
    assert sorted([twin.islnk(), notes.islnk()]) == [False, True]
    for name in ("new\nline", "--checkpoint-action=exec=touch pwned", "-rf", "esc\x1b[31m"):
        assert content(archive, f"home/{name}") == b"x"
    assert content(archive, "home/closed") == b"mine\n"
    assert content(archive, "home/shut/in/x") == b"x\n"
    assert max(name.count("/") for name in found) > 150
    assert b"root:" not in archive
    seen = subprocess.run(["find", tmp_path, "-name", "pwned"], capture_output=True, check=True)
    assert seen.stdout == b""


def test_what_was_packed_comes_back(place: Place) -> None:
    """Into another home, with every file and link; nothing gets rights that it did not have."""
    place.run("eve", f"DEPTH=60; {MAKE_HOSTILE}")  # deeper ones have to be unpacked in two steps
    archive = packed(place.homes, "eve")
    place.homes.unpack("ada", iter([archive[:1000], archive[1000:]]))
    homes = place.homes.look(["eve", "ada"])
    assert homes["ada"].entries == homes["eve"].entries
    place.run("ada", "test ! -u suid && test -L etc && test \"$(cat own)\" = 'my notes'")


def test_half_an_archive_does_not_come_back_as_a_home(place: Place) -> None:
    """An archive that is cut off is an error."""
    place.run("eve", "head -c 300000 /dev/urandom > data")
    archive = packed(place.homes, "eve")
    with pytest.raises(BackendError, match="Not all of the archive"):
        place.homes.unpack("ada", [archive[:100_000]])


def test_a_removed_home_is_gone_and_others_are_not(place: Place) -> None:
    """However its owner has closed it; removing it again does nothing."""
    place.run("eve", MAKE_HOSTILE)
    place.run("ada", "echo 1 > mine")
    place.homes.remove("eve")
    place.homes.remove("eve")
    assert place.homes.look(["eve", "ada"]).keys() == {"ada"}
    with pytest.raises(BackendError, match="eve has no home"):
        place.homes.pack("eve")
    assert place.homes.look(["eve"]) == {}


def test_a_change_is_seen_whatever_date_a_file_was_given(place: Place) -> None:
    """A file that is dated back still counts as new; looking and packing change nothing."""
    place.run("ada", "echo 1 > a; touch -d 2001-01-01 a")
    before = place.homes.look(["ada"])["ada"]
    packed(place.homes, "ada")
    assert place.homes.look(["ada"])["ada"] == before
    place.run("ada", "echo 2 > a; touch -d 2001-01-01 a")
    assert place.homes.look(["ada"])["ada"].changed_at > before.changed_at


def test_a_home_of_many_names_is_not_large(place: Place) -> None:
    """A file with a thousand names takes its room once, so that nobody feigns a full disk."""
    place.run("eve", "head -c 1000000 /dev/urandom > f; for i in $(seq 1000); do ln f $i; done")
    assert place.homes.look(["eve"])["eve"].size_bytes < 3_000_000


def test_packing_that_nobody_waits_for_leaves_nothing_behind(place: Place) -> None:
    """A browser that goes away ends the work; what is not asked for is not read."""
    place.run("ada", "head -c 60000000 /dev/urandom > large")
    packing = place.homes.pack("ada")
    first = next(iter(packing))
    assert 0 < len(first) < 1_000_000
    packing.close()
    packing.close()
