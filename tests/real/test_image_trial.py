"""A new image is tried in a real container before students get it, and can be rolled back."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import pytest

from crepre_hub.backends.docker.trial import TRIAL_LABEL
from crepre_hub.errors import BackendError, TrialFailed
from crepre_hub.ops.build_log import Step
from crepre_hub.ops.build_shelf import apply_removal
from crepre_hub.ops.image_builds import ImageBuilds, Removal, plan_prune
from crepre_hub.ops.image_folders import find_image_folder
from crepre_hub.ops.image_offer import builds_at, engine_client, roll_back
from crepre_hub.ops.images import BuiltImage, build_image

pytestmark = pytest.mark.timeout(600)

RECIPE = """\
ARG BASE
FROM ${BASE}
COPY seat /tmp/seat
ARG LOCK_DIGEST
ARG BASE
LABEL crepre.lock="${LOCK_DIGEST}" crepre.imports="%s" org.opencontainers.image.base.name="${BASE}"
USER root
%s
USER student
CMD ["crepre-seat"]
"""
SITE = "/opt/course/lib/python3.*/site-packages"


@dataclass
class Recipe:
    """An image of this test alone, on top of a plain one."""

    name: str
    root: Path
    base: str
    docker: Path
    made: list[str] = field(default_factory=list)

    def build(
        self, line: str = "", *, imports: str = "mistune", untried: bool = False
    ) -> BuiltImage:
        """Build it with *line* as its last step, and offer it."""
        (self.root / self.name / "Dockerfile").write_text(RECIPE % (imports, line))
        self.steps: list[Step] = []
        self.made.append(digits(self))
        return build_image(
            self.name,
            base=self.base,
            root=self.root,
            on_step=self.steps.append,
            untried=untried,
        )

    @property
    def builds(self) -> ImageBuilds:
        """All there are."""
        return builds_at({}, self.name)

    def current(self) -> str:
        """The name of the build that students get; empty if there is none."""
        return self.builds.current.name if self.builds.current else ""

    def remove(self) -> None:
        """Take all builds away."""
        for build in self.builds.builds:
            names = [f"crepre/{self.name}:{tag}" for tag in build.tags]
            subprocess.run([self.docker, "rmi", *names], capture_output=True, check=True)


@pytest.fixture
def recipe(docker_program: Path, minimal_image: str, tmp_path: Path) -> Iterator[Recipe]:
    """A recipe that nobody else has."""
    name = f"trial-{uuid4().hex[:8]}"
    (tmp_path / name).mkdir()
    (tmp_path / "seat").mkdir()
    (tmp_path / "seat" / "file").write_text("")
    made = Recipe(name, tmp_path, minimal_image, docker_program)
    yield made
    shown = ["--all", "--filter", f"label={TRIAL_LABEL}", "--format", "{{.Labels}}"]
    left = subprocess.run([docker_program, "ps", *shown], capture_output=True, check=True).stdout
    assert name not in left.decode(), "others may be trying their images just now"
    made.remove()


def digits(recipe: Recipe) -> str:
    """What the recipe's build is called as it is now."""
    return find_image_folder(recipe.name, recipe.root).tag.rpartition(":")[2]


def test_a_good_image_is_for_students(recipe: Recipe) -> None:
    """It was logged in to, ran a cell, and imported what it promises, before it was given out."""
    built = recipe.build(imports="mistune bs4")
    assert recipe.current() == digits(recipe)
    trial = [step.title for step in recipe.steps if step.title.startswith("trial: ")]
    titles = [title.removeprefix("trial: ") for title in trial]
    assert titles == [
        "the server", "logging in", "JupyterLab", "a kernel", "a cell",
        "import mistune", "import bs4",
    ]  # fmt: skip
    assert not built.was_there
    again = recipe.build(imports="mistune bs4")
    assert again.was_there
    assert not recipe.steps


BROKEN = [
    (
        "a server that does not start",
        f"RUN rm -r {SITE}/jupyter_server",
        "the server",
        "pip install jupyterlab",  # JupyterHub's own words, when Jupyter's server is missing
    ),
    (
        "a command that is not there",
        "RUN rm /opt/course/bin/crepre-seat",
        "the server",
        "exec crepre-seat failed",
    ),
    (
        "a kernel that dies",
        f"RUN echo 'import os; os._exit(3)' >> $(echo {SITE}/mistune/__init__.py)",
        "import mistune",
        "the kernel died",
    ),
    (
        "a framework that does not import",
        f"RUN rm -r {SITE}/mistune/plugins",
        "import mistune",
        "No module named 'mistune.plugins",
    ),
]


@pytest.mark.parametrize(
    ("what", "line", "step", "words"), BROKEN, ids=[each[0] for each in BROKEN]
)
def test_a_broken_image_is_not(recipe: Recipe, what: str, line: str, step: str, words: str) -> None:
    """Students keep the build they had; who built reads where it broke, and how to go on."""
    recipe.build(untried=True)
    good = recipe.current()
    with pytest.raises(TrialFailed) as caught:
        recipe.build(line)
    assert f"did not pass its trial ({step})" in caught.value.message
    assert words in caught.value.message
    assert f"students go on with crepre/{recipe.name}:{good}" in caught.value.message
    assert f"crepre image build {recipe.name} --untried" in caught.value.remedy
    assert recipe.current() == good != digits(recipe)


def test_an_image_can_be_given_out_untried(recipe: Recipe) -> None:
    """Whoever knows better says so."""
    recipe.build("RUN rm /opt/course/bin/crepre-seat", untried=True)
    assert recipe.current() == digits(recipe)


def test_back_and_forward(recipe: Recipe) -> None:
    """One command puts the build before back; the same one, or a newer build, goes forward."""
    recipe.build("RUN : one", untried=True)
    one = recipe.current()
    recipe.build("RUN : two", untried=True)
    two = recipe.current()
    had, have = roll_back(recipe.name, {})
    assert (had.name, have.name) == (two, one)
    assert recipe.current() == one
    assert recipe.build("RUN : two", untried=True).held
    assert recipe.current() == one
    roll_back(recipe.name, {})
    assert recipe.current() == two
    roll_back(recipe.name, {})
    recipe.build("RUN : three", untried=True)
    assert recipe.current() == digits(recipe) not in (one, two)
    assert recipe.builds.held is None


def test_nothing_in_use_is_removed(recipe: Recipe) -> None:
    """Of four builds go those that are neither current nor previous nor of a container."""
    for number in range(4):
        recipe.build(f"RUN : {number}", untried=True)
    oldest, second, *_ = sorted(
        recipe.builds.builds, key=lambda build: recipe.made.index(build.name)
    )
    client = engine_client({})
    container = client.create_container(oldest.id)["Id"]
    try:
        (removal,) = plan_prune([recipe.builds])
        assert removal.build.id == second.id
        apply_removal(client, removal)
        assert second.name not in [build.name for build in recipe.builds.builds]
        with pytest.raises(BackendError):
            apply_removal(client, Removal(recipe.name, oldest, (oldest.id,)))
    finally:
        client.remove_container(container)
    assert len(recipe.builds.builds) == 3
