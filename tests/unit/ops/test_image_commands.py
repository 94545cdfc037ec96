"""Builds and checks of images: the command lines, and what comes back."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from crepre_hub.errors import CommandFailed, DockerUnreachable, ImageMissing, SettingsError
from crepre_hub.ops import docker_images
from crepre_hub.ops.docker_cli import DockerClient
from crepre_hub.ops.docker_images import has_gpu_runtime, translated
from crepre_hub.ops.image_build import BuildPlan, plan_build, render_build_command
from crepre_hub.ops.image_folders import ImageFolder, expected_digest
from crepre_hub.ops.images import read_findings, render_verify_command

DOCKER = Path("/usr/bin/docker")


@pytest.fixture
def folder(tmp_path: Path) -> ImageFolder:
    (tmp_path / "cpu").mkdir()
    (tmp_path / "seat").mkdir()
    (tmp_path / "cpu" / "Dockerfile").write_text("FROM x")
    return ImageFolder(tmp_path / "cpu")


def plan(folder: ImageFolder, **environment: str) -> BuildPlan:
    return plan_build(folder, base=None, ca_bundle=None, tag=None, environment=environment)


def test_a_plain_build(folder: ImageFolder) -> None:
    """Without wishes the Dockerfile's own base is used, and no secret is passed."""
    assert render_build_command(DOCKER, plan(folder)) == [
        "/usr/bin/docker",
        "build",
        "--progress=plain",
        "--build-arg",
        f"LOCK_DIGEST={expected_digest(folder)}",
        "--label",
        "crepre.repository=crepre/cpu",
        "--label",
        f"org.opencontainers.image.version={expected_digest(folder)[:12]}",
        "--tag",
        folder.tag,
        "--file",
        str(folder.path / "Dockerfile"),
        str(folder.path.parent),
    ]


def test_the_environment_adds_base_and_bundle(folder: ImageFolder, tmp_path: Path) -> None:
    """``CREPRE_BASE_IMAGE`` and ``SSL_CERT_FILE`` count where nothing else was said."""
    bundle = tmp_path / "ca.pem"
    bundle.write_text("")
    made = plan(folder, CREPRE_BASE_IMAGE="debian:trixie", SSL_CERT_FILE=str(bundle))
    command = " ".join(render_build_command(DOCKER, made))
    assert "--build-arg BASE=debian:trixie " in command
    assert f"--secret id=ca,src={bundle} " in command


def test_what_was_said_counts_more_than_the_environment(
    folder: ImageFolder, tmp_path: Path
) -> None:
    """Arguments go before the environment."""
    bundle = tmp_path / "mine.pem"
    bundle.write_text("")
    made = plan_build(
        folder,
        base="mine:1",
        ca_bundle=bundle,
        tag="try:1",
        environment={"CREPRE_BASE_IMAGE": "other", "SSL_CERT_FILE": "/nowhere"},
    )
    assert (made.base, made.ca_bundle, made.tag) == ("mine:1", bundle, "try:1")


def test_an_image_tells_versions_and_the_lock(folder: ImageFolder) -> None:
    """What an admin asks first is in the labels; of a package for several Pythons, the newest."""
    lock = "jupyterlab==4.6.6 \\\n    --hash=sha256:0\nnumpy==2.4 ; python_version < '3.12' \\\n"
    folder.lock.write_text(lock + "numpy==2.5 ; python_version >= '3.12' \\\nsix==1.17.0 \\\n")
    labels = plan(folder).labels
    assert labels["crepre.versions"] == "jupyterlab=4.6.6 numpy=2.5"
    assert labels["crepre.packages"] == hashlib.sha256(folder.lock.read_bytes()).hexdigest()


def test_proxies_are_passed_by_name_alone(folder: ImageFolder) -> None:
    """A proxy's address, which may hold a password, is not on the command line."""
    made = plan(folder, https_proxy="http://ada:secret@proxy:3128", HTTP_PROXY="")
    command = " ".join(render_build_command(DOCKER, made))
    assert "--build-arg https_proxy " in command
    assert "secret@" not in command
    assert "HTTP_PROXY" not in command


def test_a_bundle_that_is_not_there_is_said_before_the_build(folder: ImageFolder) -> None:
    """A wrong ``SSL_CERT_FILE`` is one sentence, not a failed build."""
    with pytest.raises(SettingsError, match="/nowhere.pem") as caught:
        plan(folder, SSL_CERT_FILE="/nowhere.pem")
    assert "unset" in caught.value.remedy


@pytest.mark.parametrize(
    "option",
    [
        "--network=none",
        "--read-only",
        "--cap-drop=ALL",
        "--security-opt=no-new-privileges",
        "--rm",
        "--init",
    ],
)
def test_checks_run_under_strict_conditions(option: str) -> None:
    """The image is verified without network, rights, and a root that can be written."""
    command = render_verify_command(DOCKER, "crepre/cpu:latest")
    assert option in command[: command.index("crepre/cpu:latest")]
    assert "--user" not in " ".join(command)


@pytest.mark.parametrize("gpus", [True, False])
def test_checks_see_gpus_where_the_engine_has_them(*, gpus: bool) -> None:
    """An engine without NVIDIA's runtime is not asked for what it would refuse."""
    command = render_verify_command(DOCKER, "crepre/gpu:latest", gpus=gpus)
    assert ("--gpus=all" in command[: command.index("crepre/gpu:latest")]) == gpus


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ('{"nvidia": {"path": "nvidia-container-runtime"}, "runc": {"path": "runc"}}', True),
        ('{"io.containerd.runc.v2": {"path": "runc"}, "runc": {"path": "runc"}}', False),
        ("null", False),
    ],
)
def test_an_engine_has_gpus_where_it_knows_nvidias_runtime(
    said: str, answer: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine's own list of runtimes says so."""
    monkeypatch.setattr(docker_images, "run_program", lambda command, environment: said)
    client = DockerClient(DOCKER, "20.10.24", has_buildx=False)
    assert has_gpu_runtime(client, {}) is answer


RESULTS = [
    {"check": "plot", "ok": True, "text": "9 bytes", "seconds": 1.0},
    {"check": "lock", "ok": False, "text": "numpy missing", "seconds": 0.1},
]


def test_each_check_is_a_finding() -> None:
    """Checks that failed are errors with a remedy; warnings around the result do not disturb."""
    lines = ["WARNING | a kernel said something", json.dumps(RESULTS), "bye"]
    well, ill = read_findings(lines, remedy="Build again.")
    assert (well.level, well.text, well.remedy) == ("ok", "plot: 9 bytes", "")
    assert (ill.level, ill.text, ill.remedy) == ("error", "lock: numpy missing", "Build again.")


def test_what_could_not_be_looked_at_is_skipped_by_name() -> None:
    """A check that found no GPU is neither a failure nor taken for a good result."""
    result = {"check": "gpu, jax", "ok": True, "text": "not checked: no GPU here"}
    (finding,) = read_findings([json.dumps([result])], remedy="")
    assert (finding.level, finding.text) == ("skipped", "gpu, jax: not checked: no GPU here")


def test_checks_that_did_not_run_are_a_failure() -> None:
    """No result is never taken for a good one."""
    with pytest.raises(CommandFailed, match="exec: crepre-verify: not found"):
        read_findings(["exec: crepre-verify: not found"], remedy="")


def test_an_absent_image_and_an_absent_engine_differ() -> None:
    """The doctor's remedies differ: build the image, or start Docker."""
    absent = translated(CommandFailed("Error: No such image: x"), "x")
    ours = translated(CommandFailed("Error: No such image: x"), "crepre/course-gpu:latest")
    assert ours.remedy == "Run `crepre image build course-gpu`."
    assert isinstance(absent, ImageMissing)
    dead = translated(CommandFailed("Cannot connect to the Docker daemon at unix:///x"), "x")
    assert isinstance(dead, DockerUnreachable)
    other = CommandFailed("something else")
    assert translated(other, "x") is other
