"""The course's files come by git, whatever happens on the way; what a student made stays theirs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from crepre_hub.ops.image_folders import find_image_folder
from crepre_hub.ops.stack import ensure_stack
from tests.labs.git_host import GitHost, Repository, git_host
from tests.labs.lab import PROJECT, until

LESSONS: dict[str, str | None] = {
    "README.md": "Read me.\n",
    "one.ipynb": "lesson one\n",
    "two.ipynb": "lesson two\n",
    "data/notes.csv": "60,62,64\n",
}


@dataclass
class Home:
    """A student's home, and the program that brings files to it."""

    path: Path
    python: Path
    more: dict[str, str] = field(default_factory=dict)

    def bring(self, url: str, *, branch: str = "main", folder: str = "course") -> tuple[bool, str]:
        """Run the program to its end; whether it went well, and what the student reads."""
        words, _ = self.begin(url, branch=branch, folder=folder).communicate(timeout=180)
        outcome = json.loads(words.splitlines()[-1])
        assert "Traceback" not in words
        return outcome["ok"], outcome["text"]

    def begin(
        self, url: str, *, branch: str = "main", folder: str = "course"
    ) -> subprocess.Popen[str]:
        """Start the program as a server does."""
        return subprocess.Popen(
            [self.python, "-I", "-m", "crepre_seat.bring"],
            env={
                "HOME": str(self.path),
                "PATH": f"{self.python.parent}:{os.defpath}",
                "CREPRE_CONTENT_REPOSITORY": url,
                "CREPRE_CONTENT_BRANCH": branch,
                "CREPRE_CONTENT_FOLDER": folder,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    @property
    def files(self) -> dict[str, str]:
        """What the student sees in the home."""
        return {
            path.relative_to(self.path).as_posix(): path.read_text()
            for path in sorted(self.path.rglob("*"))
            if path.is_file()
            and not any(part.startswith(".") for part in path.relative_to(self.path).parts)
        }

    def write(self, name: str, text: str) -> None:
        """The student saves a file."""
        (self.path / name).write_text(text)


@pytest.fixture(scope="session")
def seat_python() -> Path:
    """The Python of the environment that local labs' servers have."""
    target = PROJECT / "var" / "machine" / "stack" / "course-cpu"
    return ensure_stack(find_image_folder("course-cpu"), target, lambda step: None).python


@pytest.fixture
def home(tmp_path: Path, seat_python: Path) -> Home:
    """An empty home."""
    (tmp_path / "home").mkdir()
    return Home(tmp_path / "home", seat_python)


@pytest.fixture
def host(tmp_path: Path) -> Iterator[GitHost]:
    """A host of public repositories."""
    with git_host(tmp_path / "host") as running:
        yield running


@pytest.fixture
def course(host: GitHost) -> Repository:
    """A teacher's repository with two lessons."""
    repository = host.repository("course")
    repository.commit(LESSONS)
    return repository


def in_course(files: dict[str, str | None]) -> dict[str, str | None]:
    """*files* as they are in the home."""
    return {f"course/{name}": text for name, text in files.items()}


def test_a_new_home_gets_the_courses_files(home: Home, course: Repository) -> None:
    """Everything is there, and a second time nothing is told."""
    assert home.bring(course.url) == (True, "The course's files are here, in the folder course.")
    assert home.files == in_course(LESSONS)
    assert home.bring(course.url) == (True, "")
    assert home.files == in_course(LESSONS)


def test_what_a_student_changed_stays(home: Home, course: Repository) -> None:
    """The same line changed by both is the student's; what only the teacher changed is new."""
    home.bring(course.url)
    home.write("course/one.ipynb", "my lesson one\n")
    home.write("course/mine.ipynb", "my own\n")
    home.write("course/new.ipynb", "I was first\n")
    course.commit({"one.ipynb": "lesson one, again\n", "two.ipynb": "lesson two, again\n"})
    course.commit({"new.ipynb": "a new lesson\n", "drei/größe.md": "groß\n"})
    ok, text = home.bring(course.url)
    assert (ok, text) == (True, "The course's files in the folder course were renewed.")
    files = home.files
    (kept,) = [name for name in files if name.startswith("course/new__")]
    assert files.pop(kept) == "I was first\n"
    assert files == in_course(
        LESSONS
        | {
            "one.ipynb": "my lesson one\n",
            "mine.ipynb": "my own\n",
            "two.ipynb": "lesson two, again\n",
            "new.ipynb": "a new lesson\n",
            "drei/größe.md": "groß\n",
        }
    )


def test_what_the_teacher_removed_goes_unless_it_was_changed(
    home: Home, course: Repository
) -> None:
    """A lesson that was withdrawn goes; one that the student worked on stays."""
    home.bring(course.url)
    home.write("course/two.ipynb", "my lesson two\n")
    course.commit({"one.ipynb": None, "two.ipynb": None})
    assert home.bring(course.url)[0]
    assert "course/one.ipynb" not in home.files
    assert home.files["course/two.ipynb"] == "my lesson two\n"


def test_a_file_that_the_student_deleted_comes_back(home: Home, course: Repository) -> None:
    """Whoever broke a lesson deletes it and gets a new one."""
    home.bring(course.url)
    (home.path / "course" / "one.ipynb").unlink()
    assert home.bring(course.url)[0]
    assert home.files == in_course(LESSONS)


def test_another_branch_can_follow(home: Home, course: Repository) -> None:
    """A teacher who goes on in another branch takes the students along."""
    home.bring(course.url)
    home.write("course/one.ipynb", "my lesson one\n")
    course.git("checkout", "--quiet", "-b", "spring")
    course.commit({"three.ipynb": "lesson three\n"})
    assert home.bring(course.url, branch="spring")[0]
    assert home.files["course/three.ipynb"] == "lesson three\n"
    assert home.files["course/one.ipynb"] == "my lesson one\n"


# --- interrupted


def test_a_first_time_that_was_cut_off_heals(home: Home, host: GitHost, course: Repository) -> None:
    """A server that is killed in the middle leaves nothing that keeps the next one from it."""
    incoming = home.path / ".course.incoming"
    host.silent_while = incoming.exists  # git makes the folder, then asks what to put there
    program = home.begin(course.url)
    until(incoming.exists, what="the folder that is being filled")
    os.killpg(program.pid, signal.SIGKILL)
    program.communicate()
    host.silent_while = lambda: False
    assert home.files == {}
    assert home.bring(course.url)[0]
    assert home.files == in_course(LESSONS)
    assert not incoming.exists()


def test_a_renewal_that_was_cut_off_heals(home: Home, course: Repository) -> None:
    """Its locks and half of the new files are there: no copy of any is made, nothing is lost."""
    home.bring(course.url)
    home.write("course/one.ipynb", "my lesson one\n")
    course.commit({"two.ipynb": "lesson two, again\n", "three.ipynb": "lesson three\n"})
    home.write("course/two.ipynb", "lesson two, again\n")
    home.write("course/three.ipynb", "lesson three\n")
    for name in ("index.lock", "HEAD.lock", "refs/heads/main.lock", "shallow.lock"):
        lock = home.path / "course" / ".git" / name
        lock.touch()
        os.utime(lock, (1e9, 1e9))
    assert home.bring(course.url)[0]
    assert home.files == in_course(
        LESSONS
        | {
            "one.ipynb": "my lesson one\n",
            "two.ipynb": "lesson two, again\n",
            "three.ipynb": "lesson three\n",
        }
    )


# --- failures


def closed_port(host: GitHost) -> str:
    return "http://127.0.0.1:9/course"


def no_such_host(host: GitHost) -> str:
    return "http://git.invalid/course"


def no_such_repository(host: GitHost) -> str:
    return f"{host.address}/other"


@pytest.mark.parametrize(
    ("where", "words"),
    [
        (closed_port, "127.0.0.1 does not answer"),
        (no_such_host, "git.invalid does not answer"),
        (no_such_repository, "there is no public repository at"),
    ],
)
def test_a_repository_that_is_away_changes_nothing(
    home: Home, host: GitHost, course: Repository, where: Callable[[GitHost], str], words: str
) -> None:
    """The student reads one sentence, and has what was there before; so does a new home."""
    for name in ("fresh", "known"):
        if name == "known":
            home.bring(course.url)
            home.write("course/one.ipynb", "my lesson one\n")
        before = home.files
        ok, text = home.bring(where(host))
        assert not ok
        assert words in text
        assert home.files == before


def test_a_missing_branch_is_told(home: Home, course: Repository) -> None:
    """By its name, before anything is changed; the first time and later."""
    assert "has no branch spring" in home.bring(course.url, branch="spring")[1]
    home.bring(course.url)
    assert "has no branch spring" in home.bring(course.url, branch="spring")[1]
    assert home.files == in_course(LESSONS)


def test_a_students_own_folder_is_left_alone(home: Home, course: Repository) -> None:
    """A folder or clone of the student's that has the name already is told, and not touched."""
    (home.path / "course").mkdir()
    home.write("course/mine.txt", "mine\n")
    assert "is a folder of your own" in home.bring(course.url)[1]
    subprocess.run(["git", "init", "--quiet"], cwd=home.path / "course", check=True)
    assert "is a repository of your own" in home.bring(course.url)[1]
    assert home.files == {"course/mine.txt": "mine\n"}


def test_a_link_in_the_way_is_not_followed(home: Home, course: Repository, tmp_path: Path) -> None:
    """Nothing is written where a link leads."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (home.path / "course").symlink_to(elsewhere)
    assert "course is a link" in home.bring(course.url)[1]
    assert "course is a link" in home.bring(course.url, folder="course/music")[1]
    assert list(elsewhere.iterdir()) == []


def test_a_broken_git_configuration_is_in_nobodys_way(home: Home, course: Repository) -> None:
    """The home's own settings of git are for the student's own git."""
    home.write(".gitconfig", "[core\n")
    assert home.bring(course.url)[0]


def test_a_full_home_is_told(root: None, home: Home, course: Repository) -> None:
    """A home without room keeps what it has; with room again, the files come."""
    course.commit({"large.bin": os.urandom(700_000).hex()})
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "crepre-test", home.path], check=True)
    try:
        home.write("mine.txt", "mine\n")
        ok, text = home.bring(course.url)
        assert not ok
        assert "your home is full" in text
        assert home.files == {"mine.txt": "mine\n"}
        subprocess.run(["mount", "-o", "remount,size=16m", home.path], check=True)
        assert home.bring(course.url)[0]
        assert home.files["course/one.ipynb"] == "lesson one\n"
    finally:
        subprocess.run(["umount", home.path], check=True)


def test_a_silent_host_is_given_up(home: Home, host: GitHost, course: Repository) -> None:
    """While it says nothing the program waits, and can be ended with all it started."""
    asked = threading.Event()
    host.silent_while = lambda: asked.set() is None
    program = home.begin(course.url)
    until(asked.is_set, what="the program's first question")
    with pytest.raises(subprocess.TimeoutExpired):
        program.wait(1)
    os.killpg(program.pid, signal.SIGALRM)
    words, _ = program.communicate(timeout=90)
    assert "is too slow today" in json.loads(words.splitlines()[-1])["text"]
