"""``crepre init``, ``check``, ``docs``, and being used wrongly."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from crepre_hub import __version__
from crepre_hub.settings.samples import ensure_samples
from tests.cli.conftest import Crepre

TWO_MISTAKES = [
    "lab.toml: lab/nmae: unknown setting; did you mean 'name'?",
    "courses/first-course.toml: opne: unknown setting; did you mean 'open'?",
]


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """A lab with a mistake in each of its files."""
    ensure_samples(tmp_path)
    for file, good, bad in (
        ("lab.toml", "\nname = ", "\nnmae = "),
        ("courses/first-course.toml", "\nopen = ", "\nopne = "),
    ):
        path = tmp_path / file
        path.write_text(path.read_text().replace(good, bad))
    return tmp_path


def test_the_first_init_writes_a_lab(crepre: Crepre) -> None:
    """Two files, both named, and both good."""
    done = crepre("init")
    assert (done.code, done.err) == (0, "")
    assert done.files == {"lab.toml", "courses", "courses/first-course.toml"}
    assert all(name in done.out for name in ("lab.toml", "first-course.toml"))
    assert crepre("check").code == 0


def test_the_second_init_changes_nothing(crepre: Crepre, tmp_path: Path) -> None:
    """Files that are there stay, and that is said."""
    crepre("init")
    (tmp_path / "lab.toml").write_text("# mine\n")
    done = crepre("init")
    assert (done.code, done.files) == (0, frozenset())
    assert "nothing was changed" in done.out
    assert (tmp_path / "lab.toml").read_text() == "# mine\n"


def test_check_names_the_courses(crepre: Crepre) -> None:
    """All is well: exit 0, one line, nothing written."""
    crepre("init")
    done = crepre("check")
    assert (done.code, done.files) == (0, frozenset())
    assert done.out == "lab.toml and the courses are fine (courses: first-course).\n"
    assert crepre("check", "--json").json == {"problems": []}


def test_check_reports_every_mistake_at_once(crepre: Crepre, broken: Path) -> None:
    """One line for each on standard error, exit 2."""
    done = crepre("check")
    assert (done.code, done.out, done.err.splitlines()) == (2, "", TWO_MISTAKES)
    assert broken.exists()


def test_check_for_programs(crepre: Crepre, broken: Path) -> None:
    """The same as JSON on standard output, with the same exit code."""
    done = crepre("check", "--json")
    assert done.code == 2
    assert [f"{p['file']}: {p['path']}: {p['text']}" for p in done.json["problems"]] == TWO_MISTAKES
    assert broken.exists()


@pytest.mark.parametrize(
    ("file", "code"),
    [("courses/first-course.toml", 2), ("lab.toml", 2), ("courses/good.toml", 0), ("gone.toml", 2)],
)
def test_check_of_one_file(crepre: Crepre, broken: Path, file: str, code: int) -> None:
    """Only that file counts; a draft elsewhere can be tried before students meet it."""
    (broken / "courses" / "good.toml").write_text(
        'title = "x"\nopen = true\n[profiles.a]\ntitle = "x"'
    )
    assert crepre("check", file).code == code


@pytest.mark.parametrize(
    ("file", "text", "told"),
    [
        ("gone.toml", None, "gone.toml: there is no such file in {folder}"),
        ("drafts/new.toml", "opne = true", "drafts/new.toml: opne: unknown setting; did you mean"),
        ("drafts/lab.toml", "labb = 1", "drafts/lab.toml: labb: unknown setting; did you mean"),
    ],
)
def test_check_calls_a_file_as_it_was_typed(
    crepre: Crepre, tmp_path: Path, file: str, text: str | None, told: str
) -> None:
    """A draft is not mistaken for a course of the lab."""
    if text is not None:
        (tmp_path / file).parent.mkdir()
        (tmp_path / file).write_text(text)
    assert told.format(folder=tmp_path) in crepre("check", file).err


@pytest.mark.parametrize("topic", ["settings", "course"])
def test_docs_print_the_manual(crepre: Crepre, topic: str) -> None:
    """What is printed is a file that can be used."""
    done = crepre("docs", topic)
    assert done.code == 0
    assert tomllib.loads(done.out)


def test_docs_of_something_else(crepre: Crepre) -> None:
    """What there is, is named."""
    done = crepre("docs", "setings")
    assert (done.code, done.err) == (
        2,
        "There is no manual of 'setings'; there is: settings, course\n",
    )


def test_the_version(crepre: Crepre) -> None:
    """One line, nothing set up for it."""
    done = crepre("--version")
    assert (done.code, done.out, done.files) == (0, f"crepre-hub {__version__}\n", frozenset())


@pytest.mark.parametrize(
    "words",
    [
        ["fly"], ["up", "--fly"], ["check", "a", "b"], ["user"], ["user", "add"], ["image"],
        ["image", "fly"], ["docs", "a", "b"], ["status", "now"], [],
    ],
    ids=" ".join,
)  # fmt: skip
def test_misuse_ends_with_2_and_says_how(crepre: Crepre, words: list[str]) -> None:
    """A wrong word starts and writes nothing."""
    done = crepre(*words)
    assert (done.code, done.files) == (2, frozenset())
    assert "Usage: crepre" in done.out + done.err


@pytest.mark.parametrize("words", [["--help"], ["up", "--help"], ["user", "add", "--help"]])
def test_help_is_there(crepre: Crepre, words: list[str]) -> None:
    """Every command explains itself."""
    done = crepre(*words)
    assert (done.code, done.err) == (0, "")
