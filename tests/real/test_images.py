"""The image of a course, built by a real Docker Engine and tried as a student has it."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from crepre_hub.errors import CommandFailed, DockerUnreachable, ImageMissing
from crepre_hub.ops.build_log import Step
from crepre_hub.ops.image_folders import expected_digest, find_image_folder
from crepre_hub.ops.images import build_image, image_state, render_verify_command, verify_image
from crepre_hub.ops.lock_file import locked_in
from crepre_hub.ops.sbom import write_sbom

HERE = Path(__file__).parent
SPARE = "crepre-test/spare:latest"
pytestmark = pytest.mark.timeout(600)

BROKEN = """\
ARG BASE
FROM ${BASE}
RUN : Something that works; true
RUN : Something that does not; echo the reason is this; exit 7
"""

CURIOUS = """\
ARG BASE
FROM ${BASE}
RUN --mount=type=secret,id=ca : {unique}; sha256sum < /run/secrets/ca > /seen
"""  # unique, since a secret is no part of what a cached step is known by


def ignore(step: Step) -> None:
    """Nobody watches this build."""


def run_inside(
    docker: Path,
    image: str,
    script: str,
    *options: str,
    then: tuple[str, ...] = (),
    seconds: float = 120,
) -> Any:
    """What *script*, run in *image* under verify's conditions, prints as JSON."""
    strict = render_verify_command(docker, image)
    strict = strict[: strict.index(image)]
    if any(option.startswith("--tmpfs=/home/student") for option in options):
        strict.remove("--volume=/home/student")
    done = subprocess.run(
        [*strict, "--interactive", *options, image, "python", "-", *then],
        input=(HERE / script).read_text(),
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture
def recipes(tmp_path: Path) -> Path:
    """A folder of recipes: one that fails, and one that looks at its secret."""
    curious = CURIOUS.replace("{unique}", uuid4().hex)
    for name, text in {"broken": BROKEN, "curious": curious}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "Dockerfile").write_text(text)
    (tmp_path / "seat").mkdir()
    return tmp_path


@pytest.mark.parametrize(("image", "checks"), [("course-cpu", 29), ("minimal", 10)])
def test_an_image_holds_what_it_promises(
    image: str, checks: int, request: pytest.FixtureRequest
) -> None:
    """Each check of an image passes inside it, with no network and no rights."""
    name = image.removesuffix("-cpu")
    findings = verify_image(image, tag=request.getfixturevalue(f"{name}_image"))
    assert len(findings) >= checks
    assert [finding for finding in findings if finding.level != "ok"] == []
    assert not [finding for finding in findings if "not checked" in finding.text]


def test_a_recipe_is_built_once(base_image: str, minimal_image: str) -> None:
    """An image that is there from the same recipe is not built again, and tells no step."""
    steps: list[Step] = []
    built = build_image("minimal", base=base_image, tag=minimal_image, on_step=steps.append)
    assert built.was_there
    assert steps == []
    assert built.digest == expected_digest(find_image_folder("minimal"))
    assert built.seconds < 60


def test_an_image_tells_which_recipe_it_is_from(minimal_image: str) -> None:
    """The doctor sees whether an image matches its lock, is outdated, or is not there."""
    assert image_state("minimal", tag=minimal_image) == "current"
    assert image_state("minimal", tag="crepre-test/absent:1") == "missing"


def test_another_recipes_image_is_outdated(minimal_image: str, recipes: Path) -> None:
    """An image whose label differs from the recipe's digest is outdated."""
    assert image_state("broken", tag=minimal_image, root=recipes) == "outdated"


def test_a_failed_build_names_the_step_and_the_reason(base_image: str, recipes: Path) -> None:
    """Who builds reads which step failed, what it said, and what to do."""
    steps: list[Step] = []
    with pytest.raises(CommandFailed) as caught:
        build_image("broken", base=base_image, tag=SPARE, root=recipes, on_step=steps.append)
    assert "step 3 of 3 (Something that does not)" in caught.value.message
    assert "the reason is this" in caught.value.message
    assert caught.value.remedy
    assert [step.number for step in steps] == [1, 2, 3]


def test_a_base_image_that_cannot_be_had_is_said(docker_program: Path) -> None:
    """The remedy for a base that cannot be pulled is to name another."""
    with pytest.raises(CommandFailed) as caught:
        build_image("minimal", base="localhost:9/absent:1", tag=SPARE, on_step=ignore)
    assert "CREPRE_BASE_IMAGE" in caught.value.remedy


def test_an_engine_that_is_away_is_said(docker_program: Path) -> None:
    """Without an engine neither build nor verify pretends that an image is missing."""
    away = {**os.environ, "DOCKER_HOST": "unix:///nowhere/docker.sock"}
    with pytest.raises(DockerUnreachable, match="does not answer"):
        build_image("minimal", on_step=ignore, environment=away)
    with pytest.raises(DockerUnreachable):
        verify_image("minimal", environment=away)


def test_an_image_that_is_not_there_cannot_be_verified(docker_program: Path) -> None:
    """The remedy is the command that builds it."""
    with pytest.raises(ImageMissing) as caught:
        verify_image("minimal", tag="crepre-test/absent:1")
    assert "crepre image build" in caught.value.remedy


def test_a_full_home_lets_its_owner_in(docker_program: Path, minimal_image: str) -> None:
    """With no byte and no file left in the home, JupyterLab opens and something can be deleted."""
    home = "--tmpfs=/home/student:uid=1000,gid=1000,mode=700,size=1m,nr_inodes=30"
    result = run_inside(docker_program, minimal_image, "in_full_home.py", home)
    assert result.pop("files") < 30
    assert result == {
        "full": "No space left on device",
        "lab": True,
        "listed": True,
        "deleted": 204,
        "gone": True,
    }


def test_a_server_outlives_an_outage_of_the_hub(docker_program: Path, minimal_image: str) -> None:
    """Longer than its memory lasts, a server answers without a hub; a hub that is back counts."""
    answers = run_inside(docker_program, minimal_image, "in_outage.py")
    assert answers == [200, 200, 403]


def test_without_the_package_seat_it_does_not(docker_program: Path, minimal_image: str) -> None:
    """The test above can fail: with the extension off, the outage is an error 500."""
    off = ("--ServerApp.jpserver_extensions=crepre_seat=False",)
    answers = run_inside(docker_program, minimal_image, "in_outage.py", then=off)
    assert answers == [200, 500, 403]


def test_a_bundle_for_the_build_stays_out(
    docker_program: Path, base_image: str, recipes: Path, tmp_path: Path
) -> None:
    """A CA bundle is there for the step that asks for it, and gone after it."""
    bundle = tmp_path / "ca.pem"
    bundle.write_text(f"a bundle of this test, {tmp_path}")
    build_image(
        "curious", base=base_image, ca_bundle=bundle, tag=SPARE, root=recipes, on_step=ignore
    )
    script = "cat /seen; ls /run/secrets; true"
    command = [docker_program, "run", "--rm", "--network=none", SPARE, "sh", "-c", script]
    seen = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    subprocess.run([docker_program, "rmi", SPARE], capture_output=True, check=True)
    assert seen[0] == hashlib.sha256(bundle.read_bytes()).hexdigest()
    assert "ca" not in seen[1:]


def test_what_is_in_an_image_is_written_down(
    docker_program: Path, course_image: str, tmp_path: Path
) -> None:
    """A valid bill with every package of the lock and of Debian, made without a network."""
    file = write_sbom(course_image, tmp_path, os.environ)
    text = file.read_text()
    assert file.name == "crepre-test.course-cpu-latest.cdx.json"
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    urls = {component["purl"] for component in json.loads(text)["components"]}
    locked = locked_in(find_image_folder("course-cpu"))
    assert f"pkg:pypi/jupyterlab@{locked['jupyterlab'][-1]}" in urls
    assert sum(url.startswith("pkg:deb/debian/") for url in urls) > 80
    assert write_sbom(course_image, tmp_path, {}) == file, "it is written once"
