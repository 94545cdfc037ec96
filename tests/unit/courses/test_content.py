"""What a course file may say of a git repository, and what a server is told of its course."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from crepre_hub.courses.content import Content
from crepre_hub.courses.course import Course
from crepre_hub.courses.telling import told
from crepre_hub.profiles.profile import Profile
from crepre_hub.settings.reader import SettingsProblems, read_course

HOME = "https://git.example.org/ada/course"
SMALL = Profile(title="Small", cpus=1, memory="1 GiB")
LARGE = Profile(title="Large", cpus=2, memory="4 GiB")


def content(**values: Any) -> Content:
    """A section with *values*."""
    return Content(**{"repository": HOME, **values})


def course_with(part: Content | None, *more: Profile) -> Course:
    """A course with two profiles, and *more*."""
    profiles = dict(zip("abc", (SMALL, LARGE, *more), strict=False))
    return Course(id="ml", title="Music", profiles=profiles, content=part)


@pytest.mark.parametrize(
    ("repository", "place"),
    [
        (HOME, "course"),
        (f"{HOME}.git", "course"),
        (f"{HOME}/", "course"),
        ("http://10.0.7.3:3000/ada/course", "course"),
    ],
)
def test_the_folder_is_the_repositorys_name(repository: str, place: str) -> None:
    """Unless the course says another."""
    assert content(repository=repository).place == place
    assert content(repository=repository, folder="music/week 1").place == "music/week 1"


@pytest.mark.parametrize(
    "values",
    [
        {"repository": "--upload-pack=touch /tmp/x"},
        {"repository": "-ohttps://git.example.org/x"},
        {"repository": "ext::sh -c 'touch /tmp/x'"},
        {"repository": "file:///etc"},
        {"repository": "/home/ada/course"},
        {"repository": "../course"},
        {"repository": "git@git.example.org:ada/course"},
        {"repository": "ssh://git.example.org/ada/course"},
        {"repository": "ftp://git.example.org/ada/course"},
        {"repository": "https://"},
        {"repository": "https:///course"},
        {"repository": "https://ada:secret@git.example.org/course"},
        {"repository": "https://token@git.example.org/course"},
        {"repository": "https://git.example.org/course?x=1"},
        {"repository": "https://git.example.org/course#main"},
        {"repository": "https://git.example.org/co urse"},
        {"repository": "https://git.example.org/course\n--x"},
        {"repository": "https://git.example.org"},
        {"repository": "https://git.example.org/.."},
        {"repository": "https://git.example.org/.git"},
        {"repository": "https://git.example.org/-x"},
        {"branch": ""},
        {"branch": "-x"},
        {"branch": "--upload-pack=x"},
        {"branch": "a..b"},
        {"branch": "a b"},
        {"branch": "a:b"},
        {"branch": "a/"},
        {"branch": "a//b"},
        {"branch": "a/.b"},
        {"branch": "a.lock"},
        {"branch": "a@{1}"},
        {"branch": "a\n"},
        {"folder": ".."},
        {"folder": "a/../.."},
        {"folder": "/etc"},
        {"folder": "~"},
        {"folder": "."},
        {"folder": ".ssh"},
        {"folder": "a/.jupyter"},
        {"folder": "-rf"},
        {"folder": "a//b"},
        {"folder": "a\0b"},
        {"folder": "a\\..\\b"},
        {"open": "../.bashrc"},
        {"open": "/etc/passwd"},
        {"open": "a?b"},
    ],
    ids=str,
)
def test_what_could_lead_elsewhere_is_refused(values: dict[str, str]) -> None:
    """No option, no program, no other place and no secret stands in a course file."""
    with pytest.raises(ValueError, match="content|Content"):
        content(**values)


def test_a_refusal_names_file_and_path(tmp_path: Path) -> None:
    """The admin reads where to look and what would be right."""
    file = tmp_path / "ml.toml"
    file.write_text(
        'title = "Music"\n[profiles.a]\ntitle = "A"\n'
        '[content]\nrepository = "ext::sh -c id"\nfolder = "../x"\nbranhc = "main"\n'
    )
    with pytest.raises(SettingsProblems) as caught:
        read_course(file, images=["course-cpu"])
    lines = [str(problem) for problem in caught.value.problems]
    assert len(lines) == 3
    assert lines[0].startswith("courses/ml.toml: content/repository: ")
    assert lines[1].startswith("courses/ml.toml: content/folder: '../x' is not a path below")
    assert lines[2] == ("courses/ml.toml: content/branhc: unknown setting; did you mean 'branch'?")


def test_a_password_is_not_repeated(tmp_path: Path) -> None:
    """What stands in a log is not what somebody wrote by mistake."""
    file = tmp_path / "ml.toml"
    file.write_text(
        'title = "Music"\n[profiles.a]\ntitle = "A"\n'
        '[content]\nrepository = "https://ada:secret@git.example.org/x"\n'
    )
    with pytest.raises(SettingsProblems) as caught:
        read_course(file, images=["course-cpu"])
    assert "secret" not in str(caught.value)


def test_a_server_is_told_of_its_course() -> None:
    """The literal names; images that somebody keeps read them."""
    part = content(branch="spring", open="lessons/1.ipynb")
    assert told(course_with(part), SMALL) == {
        "CREPRE_COURSE_TITLE": "Music",
        "CREPRE_PROFILE_TITLE": "Small",
        "CREPRE_PROFILE_SIZE": "1 CPU, 1 GiB",
        "CREPRE_GPU_PROFILES": "",
        "CREPRE_LARGER_PROFILES": "Large (2 CPUs, 4 GiB)",
        "CREPRE_CONTENT_REPOSITORY": HOME,
        "CREPRE_CONTENT_BRANCH": "spring",
        "CREPRE_CONTENT_FOLDER": "course",
        "CREPRE_CONTENT_OPEN": "lessons/1.ipynb",
    }


def test_without_content_nothing_is_said_of_it() -> None:
    """A course that brings no files; its largest profile has no larger one."""
    words = told(course_with(None), LARGE)
    assert words["CREPRE_LARGER_PROFILES"] == ""
    assert not [name for name in words if name.startswith("CREPRE_CONTENT")]


def test_a_server_is_told_which_profiles_have_a_gpu() -> None:
    """By their titles; whichever profile it has itself."""
    gpu = Profile(title="With a GPU", gpu="whole")
    course = course_with(None, gpu)
    assert told(course, SMALL)["CREPRE_GPU_PROFILES"] == "With a GPU"
    assert told(course, gpu)["CREPRE_GPU_PROFILES"] == "With a GPU"
