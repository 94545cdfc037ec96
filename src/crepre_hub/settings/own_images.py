"""
A course's own files, ``courses/<id>/``, and the images that were made of them.

What the files ask for counts once an image was built from them and passed its trial. Which one
did is written in ``var/course-images.json``, so that the hub need not ask Docker.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Mapping
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path

from crepre_hub.courses.course import Course
from crepre_hub.courses.own_files import OWN_FILES, Locked, OwnFiles
from crepre_hub.settings.problems import Problem, near_miss
from crepre_hub.settings.reader import COURSE_FOLDER, SettingsProblems
from crepre_hub.settings.stamp import stamp_of

RECORD = "course-images.json"


@dataclass(frozen=True, slots=True)
class OwnImage:
    """
    An image that was made for one course.

    Attributes:
        course: Its id.
        image: The image that it was built on, as the course file names it.
        digest: Of the files that it was built from.
        reference: What Docker calls the build that students get.
    """

    course: str
    image: str
    digest: str
    reference: str


def own_folder(root: Path, course: str) -> Path:
    """Where a course's own files are."""
    return root / COURSE_FOLDER / course


def read_own_files(root: Path, course: str) -> OwnFiles | None:
    """
    What *course* asks for; None where it asks for nothing.

    Raises:
        SettingsProblems: If a file cannot be read.
    """
    texts = {}
    for name in OWN_FILES:
        file = own_folder(root, course) / name
        where = f"{COURSE_FOLDER}/{course}/{name}"
        try:
            text = file.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            problem = Problem(where, "", f"cannot be read: {error.strerror}")
            raise SettingsProblems([problem]) from None
        except UnicodeDecodeError:
            problem = Problem(where, "", "is not UTF-8; save the file as UTF-8")
            raise SettingsProblems([problem]) from None
        if text.strip():
            texts[name] = text
    return OwnFiles(course, texts) if texts else None


def own_problems(root: Path, course: Course, locks: Mapping[str, Locked]) -> tuple[Problem, ...]:
    """
    What can be seen to be wrong in the files of *course*.

    Args:
        locks: What is in each image that others can be built on.
    """
    try:
        files = read_own_files(root, course.id)
    except SettingsProblems as error:
        return error.problems
    if files is None:
        return ()
    images = dict.fromkeys(profile.image for profile in course.profiles.values())
    found = [each for image in images for each in files.complaints(locks.get(image, {}))]
    folder = f"{COURSE_FOLDER}/{course.id}"
    return tuple(
        Problem(f"{folder}/{each.file}:{each.line}", "", each.text) for each in dict.fromkeys(found)
    )


def stray_folders(root: Path, courses: Iterable[Course]) -> tuple[Problem, ...]:
    """Folders with a course's own files that are named for no course."""
    ids = {course.id for course in courses}
    found = {
        file.parent.name for name in OWN_FILES for file in (root / COURSE_FOLDER).glob(f"*/{name}")
    }
    return tuple(
        Problem(f"{COURSE_FOLDER}/{name}", "", f"is the folder of no course{near_miss(name, ids)}")
        for name in sorted(found - ids)
    )


def read_own_images(state: Path) -> tuple[OwnImage, ...]:
    """The images that were made; none where nothing, or nothing sensible, is written."""
    try:
        rows = json.loads((state / RECORD).read_text(encoding="utf-8"))
        return tuple(OwnImage(**row) for row in rows)
    except (OSError, ValueError, TypeError):
        return ()


def write_own_images(state: Path, images: Iterable[OwnImage]) -> None:
    """Replace the record; whoever reads meanwhile reads the old one or the new one."""
    half = state / f"{RECORD}.new"
    half.write_text(
        json.dumps([asdict(each) for each in images], indent=1) + "\n", encoding="utf-8"
    )
    half.replace(state / RECORD)


def record_image(state: Path, made: OwnImage) -> None:
    """Remember *made* instead of what its course had on the same image."""
    others = [each for each in read_own_images(state) if _key(each) != _key(made)]
    write_own_images(state, sorted([*others, made], key=_key))


def keep_images(state: Path, course: str, images: Container[str]) -> None:
    """Forget what *course* has on others than *images*; its profiles run on these as they are."""
    made = read_own_images(state)
    left = [each for each in made if each.course != course or each.image in images]
    if len(left) < len(made):
        write_own_images(state, left)


class LiveOwnImages:
    """The images that courses have of their own, read again whenever the record has changed."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._stamp = (-1, -1)
        self._made: tuple[OwnImage, ...] = ()

    def made(self) -> tuple[OwnImage, ...]:
        """All there are now."""
        stamp = stamp_of(self._root / "var" / RECORD)
        if stamp != self._stamp:
            self._made = read_own_images(self._root / "var")
            self._stamp = stamp
        return self._made

    def references(self) -> Mapping[tuple[str, str], str]:
        """What Docker calls each, by course and image."""
        return {_key(each): each.reference for each in self.made()}

    def problems(self, courses: Iterable[Course], buildable: Iterable[str]) -> tuple[Problem, ...]:
        """
        Courses whose files ask for something else than their images hold; folders of no course.

        Args:
            buildable: Names of the images that others can be built on.
        """
        names, made, all_courses = frozenset(buildable), self.made(), tuple(courses)
        found = (_problems_of(self._root, course, made, names) for course in all_courses)
        return (*stray_folders(self._root, all_courses), *chain.from_iterable(found))


def _problems_of(
    root: Path, course: Course, made: tuple[OwnImage, ...], buildable: frozenset[str]
) -> Iterable[Problem]:
    try:
        files = read_own_files(root, course.id)
    except SettingsProblems as error:
        return error.problems
    digest = files.digest if files else ""
    named = {profile.image for profile in course.profiles.values()} & buildable
    have = {each.image: each.digest for each in made if each.course == course.id}
    if all(have.get(image, "") == digest for image in named):
        return ()
    text = f"its image is outdated; students go on without the change: {remedy(course.id)}"
    return (Problem(f"{COURSE_FOLDER}/{course.id}", "", text),)


def remedy(course: str) -> str:
    """What to type to have the files count."""
    return f"crepre image build --course {course}"


def _key(image: OwnImage) -> tuple[str, str]:
    return image.course, image.image
