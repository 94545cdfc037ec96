"""Which images a lab needs, and what happens when one of them cannot be renewed."""

from __future__ import annotations

from datetime import UTC, datetime
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from crepre_hub.courses.course import Course
from crepre_hub.errors import TrialFailed
from crepre_hub.ops.image_builds import Build, ImageBuilds
from crepre_hub.ops.lab_images import (
    abandoned,
    build_site,
    course_images_of,
    excused,
    image_named,
    images_of,
)
from crepre_hub.profiles.profile import Profile
from crepre_hub.settings.lab import DockerSection, ImagesSection, Lab, LabSection
from crepre_hub.settings.own_images import OwnImage, record_image
from crepre_hub.settings.reader import Settings

PROFILES = {
    "a": Profile(title="A", image="course-cpu"),
    "b": Profile(title="B", image="quay.io/x:1"),
}
MUSIC = Course(id="music", title="Music", profiles=PROFILES)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A lab called ``lab`` with one course."""
    (tmp_path / "courses" / "music").mkdir(parents=True)
    (tmp_path / "var").mkdir()
    docker = DockerSection(socket="unix:///elsewhere.sock", subnet=IPv4Network("10.1.0.0/24"))
    images = ImagesSection(base="mine:1", ca_bundle="/ca.pem")
    lab = Lab(lab=LabSection(id="lab"), docker=docker, images=images)
    return Settings(tmp_path, lab, (MUSIC,))


def test_a_lab_needs_what_its_courses_name(settings: Settings) -> None:
    """And the guard; what is made elsewhere is not made here."""
    assert images_of(settings) == ["course-cpu", "guard"]


def test_a_lab_says_where_images_are_built(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its engine, base and certificates count wherever images are built by hand."""
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    site = build_site(settings)
    assert site.environment["DOCKER_HOST"] == "unix:///elsewhere.sock"
    assert (site.base, site.ca_bundle) == ("mine:1", Path("/ca.pem"))
    assert build_site(settings, base="other:1").base == "other:1"
    assert build_site(None).bills is None


def test_a_course_builds_on_images_that_are_made_here(settings: Settings) -> None:
    """Nothing without files; with them, one image for each recipe that it names."""
    assert course_images_of(settings, MUSIC) == ()
    (settings.root / "courses" / "music" / "apt.txt").write_text("tree")
    (made,) = course_images_of(settings, MUSIC)
    assert made.latest == "crepre/lab/music/course-cpu:latest"


@pytest.mark.parametrize(
    ("name", "called"),
    [
        ("course-cpu", "course-cpu"),
        ("music/course-cpu", "lab/music/course-cpu"),
        ("other/music/course-cpu", "other/music/course-cpu"),
    ],
)
def test_images_are_called_as_one_types_them(settings: Settings, name: str, called: str) -> None:
    """A course's own image by course and image; another lab's by its whole name."""
    assert image_named(name, settings) == called
    assert image_named(name, None) == name


def test_a_courses_builds_are_kept_while_it_wants_or_uses_them(settings: Settings) -> None:
    """Those of other labs are not ours to judge."""
    names = ["course-cpu", "lab/music/course-cpu", "lab/art/course-cpu", "other/art/course-cpu"]
    images = [ImageBuilds(name, f"crepre/{name}", ()) for name in names]
    ours = ["crepre/lab/music/course-cpu", "crepre/lab/art/course-cpu"]
    assert abandoned(images, settings) == ours
    (settings.root / "courses" / "music" / "apt.txt").write_text("tree")
    assert abandoned(images, settings) == ours[1:]
    record_image(settings.state, OwnImage("art", "course-cpu", "ab", f"{ours[1]}:latest"))
    assert abandoned(images, settings) == []


def test_a_lab_goes_on_with_what_it_has() -> None:
    """What failed is told, with what students get instead."""
    build = Build("sha256:1", frozenset({"latest", "0123"}), datetime(2026, 9, 1, tzinfo=UTC), 1)
    failure = TrialFailed("The kernel died.", remedy="Look.")
    told = excused(failure, "cpu", build)
    assert told.splitlines() == ["The kernel died.", "Look.", "The lab goes on with cpu 0123."]


def test_a_lab_without_any_does_not_start() -> None:
    """There is nothing that students could go on with."""
    failure = TrialFailed("The kernel died.")
    with pytest.raises(TrialFailed) as caught:
        excused(failure, "cpu", None)
    assert caught.value is failure
