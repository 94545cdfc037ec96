"""A course's own image on a real engine: what its files ask for is there, and no more moved."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from crepre_hub.courses.own_files import APT, POST_BUILD, REQUIREMENTS, OwnFiles
from crepre_hub.errors import CommandFailed
from crepre_hub.ops.course_image import CourseImage, build_course_image
from crepre_hub.ops.image_folders import ImageFolder, find_image_folder
from crepre_hub.ops.images import BuiltImage
from tests.labs.fixtures import LabMaker, People
from tests.labs.lab import COURSE, Lab
from tests.machine.engine import Engine

pytestmark = pytest.mark.timeout(600)

PLAIN = COURSE.replace('"course-cpu"', '"minimal"')

GOOD = {
    APT: "# a file with a comment\ntree\n",
    REQUIREMENTS: "tabulate  # tables in plain text\n",
    POST_BUILD: '#!/bin/bash -e\nid --user > "$COURSE_FILES/who"\ntest ! -w /opt/course\n',
}
LOOK = """\
import json, importlib.metadata as m, os, pathlib, shutil
setuid = [str(f) for f in pathlib.Path("/usr/bin").iterdir() if f.stat().st_mode & 0o6000]
versions = {d.metadata["Name"].lower(): d.version for d in m.distributions()}
print(json.dumps({"tree": shutil.which("tree"), "setuid": setuid, "versions": versions,
    "who": pathlib.Path(os.environ["COURSE_FILES"], "who").read_text().strip(),
    "user": os.getuid(), "home": os.getcwd(), "secrets": os.path.exists("/run/secrets/ca")}))
"""


@pytest.fixture
def below(docker_program: Path, minimal_image: str, tmp_path: Path) -> Iterator[ImageFolder]:
    """An image, as students get it, under a name of this test alone."""
    folder = tmp_path / f"t{uuid4().hex[:8]}"
    folder.mkdir()
    shutil.copy(find_image_folder("minimal").lock, folder)
    latest = ImageFolder(folder).latest
    subprocess.run([docker_program, "tag", minimal_image, latest], check=True)
    yield ImageFolder(folder)
    listed = [docker_program, "images", "--format", "{{.Repository}}:{{.Tag}}"]
    names = subprocess.run(listed, capture_output=True, text=True, check=True).stdout.split()
    mine = [name for name in names if folder.name in name]
    subprocess.run([docker_program, "rmi", *mine], capture_output=True, check=True)


def build(below: ImageFolder, texts: dict[str, str], *, untried: bool = False) -> BuiltImage:
    wanted = CourseImage("lab", OwnFiles("ml", texts), below)
    return build_course_image(
        wanted, untried=untried, on_step=lambda step: None, environment=os.environ
    )


def look_inside(docker: Path, image: str) -> dict[str, object]:
    """What a student finds in *image*."""
    command = [docker, "run", "--rm", "--network=none", image, "python", "-c", LOOK]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_what_the_files_ask_for_is_there(
    docker_program: Path, below: ImageFolder, minimal_image: str
) -> None:
    """Packages of both kinds, and what the script made, which ran without rights; no more moved."""
    built = build(below, GOOD)
    assert built.name == f"ml/{below.name}"
    found = look_inside(docker_program, built.tag)
    versions = found.pop("versions")
    assert isinstance(versions, dict)
    assert found == {
        "tree": "/usr/bin/tree",
        "setuid": [],
        "who": "1000",
        "user": 1000,
        "home": "/home/student",
        "secrets": False,
    }
    plain = "import importlib.metadata as m, json; print(json.dumps({d.metadata['Name'].lower(): d.version for d in m.distributions()}))"  # noqa: E501
    command = [docker_program, "run", "--rm", minimal_image, "python", "-c", plain]
    before = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    added = versions.pop("tabulate")
    assert added
    assert versions == before


def test_a_changed_requirement_takes_little_time(below: ImageFolder) -> None:
    """What was made of the other files is used again; with its trial it is there in 90 s."""
    texts = {APT: GOOD[APT], REQUIREMENTS: "tabulate\n"}
    first = build(below, texts, untried=True)
    again = build(below, texts)
    assert (again.was_there, again.tag) == (True, first.tag)
    changed = build(below, {**texts, REQUIREMENTS: "tabulate\npyfiglet\n"})
    print(f"rebuilt and tried in {changed.seconds:.1f} s")
    assert not changed.was_there
    assert changed.tag != first.tag
    assert changed.seconds < 90


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        (APT, "tree\n\nno-such-package-1\n", "apt.txt:3: there is no Debian package"),
        (REQUIREMENTS, "tabulate\nno-such-package-crepre\n", "requirements.txt:2: no version of"),
        (REQUIREMENTS, "# old\nnumba==0.60.0\n", "requirements.txt:2: 'numba' could not be built"),
        (
            REQUIREMENTS,
            "jupyter-kernel-gateway==2.5.2\n",  # wants an older jupyter-client
            "requirements.txt:1: 'jupyter-kernel-gateway' cannot be had beside",
        ),
        (POST_BUILD, "#!/bin/bash -e\nf() {\n  touch /etc/x\n}\nf\n", "postBuild:3: failed: touch"),
        (POST_BUILD, "#!/bin/sh -e\ntrue\nno-such-program\n", "postBuild:3: failed: no-such"),
        (POST_BUILD, "#!/usr/bin/env python3\n\n1 / 0\n", "postBuild:3: failed: 1 / 0"),
    ],
)
def test_a_mistake_is_shown_with_its_line(
    below: ImageFolder, name: str, text: str, line: str
) -> None:
    """First the line, then the last words of the build, then what to type."""
    with pytest.raises(CommandFailed) as caught:
        build(below, {name: text})
    assert caught.value.message.startswith(f"courses/ml/{line}")
    assert len(caught.value.message.splitlines()) > 2
    assert "crepre image build --course ml" in caught.value.remedy


@pytest.fixture
def lab(make_lab: LabMaker, docker_engine: Engine, base_image: str) -> Iterator[Lab]:
    """A lab that runs; images of its course go with it."""
    made = make_lab("docker", engine=docker_engine.url, base=base_image)
    made.write(PLAIN)
    made.up()
    yield made
    made.crepre("down", "--servers", ok=False)
    with made.docker() as client:
        for image in client.images.list(f"crepre/{made.id}/ml/minimal"):
            client.images.remove(image.id, force=True)


async def test_a_mistake_keeps_no_lab_down(
    make_lab: LabMaker, docker_engine: Engine, base_image: str
) -> None:
    """It comes up at five past eight, and says what the course goes on without, and why."""
    lab = make_lab("docker", engine=docker_engine.url, base=base_image)
    lab.write(PLAIN)
    (lab.root / "courses" / "ml").mkdir()
    (lab.root / "courses" / "ml" / REQUIREMENTS).write_text("no-such-package-crepre\n")
    said = lab.crepre("up", "--detach")
    assert lab.answers()
    assert "courses/ml/requirements.txt:1: no version of 'no-such-package-crepre'" in said
    assert "The course ml goes on without the change of its own files." in said
    assert "is ready" in said
    bill = json.loads(lab.crepre("image", "sbom", "minimal"))
    image = bill["metadata"]["component"]
    (file,) = (lab.state / "images").glob("minimal-*.cdx.json")
    assert file.name == f"minimal-{image['version']}.cdx.json"


async def test_students_get_it_while_the_lab_runs(lab: Lab, person: People) -> None:
    """From the next start on, without a restart; until it is built, the admin page says so."""
    (lab.root / "courses" / "ml").mkdir()
    (lab.root / "courses" / "ml" / REQUIREMENTS).write_text("tabulate\n")
    chief = await person(lab, "chief", admin=True)
    page, _ = await chief.page("/hub/admin")
    assert "crepre image build --course ml" in page
    assert "servers start from minimal without it" in lab.crepre("doctor", ok=False)
    lab.crepre("image", "build", "--course", "ml")
    page, _ = await chief.page("/hub/admin")
    assert "crepre image build --course ml" not in page
    ada = await person(lab, "ada")
    await ada.start_and_wait()
    await ada.open_lab()
    kernel = await ada.kernel()
    try:
        assert await kernel.run("import tabulate; print(tabulate.__name__)") == "tabulate\n"
    finally:
        await kernel.close()
    container = lab.containers("ada")[0]
    assert container.attrs["Config"]["Image"] == f"crepre/{lab.id}/ml/minimal:latest"
    assert "servers start from minimal without it" not in lab.crepre("doctor", ok=False)
