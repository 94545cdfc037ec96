"""Course files that are edited while the lab runs."""

from __future__ import annotations

import os
import resource
from pathlib import Path

import pytest

from crepre_hub.settings.live import LiveCourses
from crepre_hub.settings.reader import read_course
from tests.unit.settings.conftest import COURSE, WriteFile

FILE = "courses/music.toml"


@pytest.fixture
def live(tmp_path: Path, write: WriteFile) -> LiveCourses:
    """A lab with one good course, which has been read."""
    write(FILE, COURSE)
    courses = LiveCourses(tmp_path, images=["course-cpu"])
    assert titles(courses) == ["Music"]
    return courses


def titles(live: LiveCourses) -> list[str]:
    """Titles of the courses that count."""
    return [course.title for course in live.shelf().courses]


def problems(live: LiveCourses) -> list[str]:
    """What is wrong at this moment."""
    return [str(problem) for problem in live.shelf().problems]


def test_a_good_edit_counts_at_the_next_look(live: LiveCourses, write: WriteFile) -> None:
    """No restart is needed."""
    write(FILE, COURSE.replace("Music", "Music and more"))
    assert titles(live) == ["Music and more"]
    assert problems(live) == []


def test_a_broken_edit_keeps_the_last_good_version(live: LiveCourses, write: WriteFile) -> None:
    """Students go on, and the mistake is told."""
    write(FILE, COURSE.replace("open", "opne"))
    assert titles(live) == ["Music"]
    assert problems(live) == [f"{FILE}: opne: unknown setting; did you mean 'open'?"]


def test_a_broken_edit_outlives_a_restart(
    tmp_path: Path, live: LiveCourses, write: WriteFile
) -> None:
    """A hub that starts while a file is broken goes on with the last good version."""
    write(FILE, b"\xff")
    del live
    restarted = LiveCourses(tmp_path, images=["course-cpu"])
    assert titles(restarted) == ["Music"]
    assert len(problems(restarted)) == 1


def test_a_mended_file_counts_again(live: LiveCourses, write: WriteFile) -> None:
    """The mistake is forgotten with its cause."""
    write(FILE, "title =")
    assert len(problems(live)) == 1
    write(FILE, COURSE.replace("Music", "Mended"))
    assert (titles(live), problems(live)) == (["Mended"], [])


def test_a_removed_file_takes_its_course_along(live: LiveCourses, tmp_path: Path) -> None:
    """What is gone on purpose is not kept alive."""
    (tmp_path / FILE).unlink()
    assert titles(live) == []


def test_a_file_that_was_never_good_is_not_offered(live: LiveCourses, write: WriteFile) -> None:
    """A new file with a mistake neither counts nor harms the others."""
    write("courses/new.toml", "title =")
    assert titles(live) == ["Music"]
    assert len(problems(live)) == 1


def test_a_second_course_with_the_id_is_not_offered(live: LiveCourses, write: WriteFile) -> None:
    """The first file keeps its id; the second is told, and never becomes the last good one."""
    write("courses/zzz.toml", f'id = "music"\n{COURSE.replace("Music", "Thief")}')
    assert titles(live) == ["Music"]
    assert problems(live) == [
        "courses/zzz.toml: id: 'music' is the id of courses/music.toml as well; change one"
    ]


def test_an_edit_within_the_same_moment_is_seen_by_its_size(
    live: LiveCourses, write: WriteFile, tmp_path: Path
) -> None:
    """File systems with coarse times do not hide an edit."""
    before = (tmp_path / FILE).stat()
    write(FILE, COURSE.replace("Music", "Musics"))
    os.utime(tmp_path / FILE, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert titles(live) == ["Musics"]


def test_an_edit_of_the_same_size_is_seen_by_its_time(live: LiveCourses, write: WriteFile) -> None:
    """A changed letter counts."""
    write(FILE, COURSE.replace("Music", "Magic"))
    assert titles(live) == ["Magic"]


def test_an_edit_to_an_older_time_is_seen(
    live: LiveCourses, write: WriteFile, tmp_path: Path
) -> None:
    """A restored backup, older than what it replaces, counts."""
    write(FILE, COURSE.replace("Music", "Older"))
    os.utime(tmp_path / FILE, (1, 1))
    assert titles(live) == ["Older"]


def test_nothing_is_read_while_nothing_changes(live: LiveCourses) -> None:
    """A look costs one stat for each file."""
    assert live.shelf().courses is live.shelf().courses


def test_a_changed_lab_file_is_told(live: LiveCourses, write: WriteFile) -> None:
    """What needs a restart says so."""
    write("lab.toml", '[lab]\nname = "New"')
    assert problems(live) == [
        "lab.toml: was changed; the lab uses it after: crepre down && crepre up"
    ]
    assert titles(live) == ["Music"]


def test_a_number_that_is_far_too_large_is_a_mistake_like_others(
    live: LiveCourses, write: WriteFile
) -> None:
    """It neither ends the look nor takes another course away."""
    write("courses/art.toml", f'keep_homes = "99999999999 d"\n{COURSE}')
    write("courses/far.toml", f'keep_homes = "3000000 d"\n{COURSE}')
    write("courses/deep.toml", f"x = {'[' * 3000}{']' * 3000}\n{COURSE}")
    write("courses/big.toml", f'{COURSE}memory = "{"9" * 400} GiB"')
    assert titles(live) == ["Music"]
    assert {problem.partition(":")[0] for problem in problems(live)} == {
        "courses/art.toml",
        "courses/big.toml",
        "courses/deep.toml",
        "courses/far.toml",
    }


def test_a_full_disk_takes_no_course_and_no_last_good_version_away(
    tmp_path: Path, live: LiveCourses, write: WriteFile
) -> None:
    """An edit counts although no copy of it can be written, and the copy before stays whole."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    write(FILE, COURSE.replace("Music", "Music and more"))
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, before[1]))  # a write ends in the middle
    try:
        assert titles(live) == ["Music and more"]
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    write(FILE, "title =")
    assert titles(live) == ["Music"]
    assert [each.name for each in (tmp_path / "var/last-good/courses").iterdir()] == ["music.toml"]


def test_a_lab_that_may_keep_nothing_has_its_courses(tmp_path: Path, write: WriteFile) -> None:
    """Such as one whose folder somebody else has made."""
    write(FILE, COURSE)
    write("var/last-good", "in the way")
    assert titles(LiveCourses(tmp_path, images=["course-cpu"])) == ["Music"]


def test_what_was_not_read_is_not_kept(
    tmp_path: Path, write: WriteFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An edit between the look and the copy does not become the last good version unread."""
    write(FILE, COURSE)

    def read_and_break(*args: object, **kwargs: object) -> object:
        course = read_course(*args, **kwargs)  # type: ignore[arg-type]
        write(FILE, "title =")
        return course

    monkeypatch.setattr("crepre_hub.settings.live.read_course", read_and_break)
    live = LiveCourses(tmp_path, images=["course-cpu"])
    assert titles(live) == ["Music"]
    assert not (tmp_path / "var/last-good/courses/music.toml").exists()


def test_one_broken_file_leaves_the_others_alone(live: LiveCourses, write: WriteFile) -> None:
    """A colleague's edit counts although this file is broken."""
    write("courses/art.toml", COURSE.replace("Music", "Art"))
    write(FILE, "title =")
    assert titles(live) == ["Art", "Music"]
