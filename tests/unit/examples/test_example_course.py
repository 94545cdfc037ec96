"""The example course is as a teacher needs it: nothing to clean, nothing missing."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from crepre_hub.settings.reader import read_course

PROJECT = Path(__file__).parents[3]
COURSE = PROJECT / "examples" / "creative-prediction"
IMAGE = PROJECT / "images" / "course-cpu"
NOTEBOOKS = sorted(COURSE.glob("notebooks/*.ipynb"))

PACKAGE_OF = {
    "PIL": "pillow",
    "pythonosc": "python-osc",
    "tensorflow": "tensorflow-cpu",
}
"""Modules whose package has another name."""

READ_BY_ALL = pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)


def read(notebook: Path) -> Any:
    return nbformat.read(notebook, as_version=nbformat.NO_CONVERT)


def sources(notebook: Path, kind: str) -> list[str]:
    return [cell.source for cell in read(notebook).cells if cell.cell_type == kind]


def code_of(notebook: Path) -> Iterator[ast.Module]:
    """Each code cell, what it writes into a file included."""
    for source in sources(notebook, "code"):
        yield ast.parse(re.sub(r"\A%%writefile .*\n", "", source))


def names_in(text: str) -> set[str]:
    """The packages that a list names, without versions and reasons."""
    return {found[1].lower() for found in re.finditer(r"^([\w-]+)", text, re.MULTILINE)}


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").partition(".")[0]


def test_the_course_has_seven_notebooks() -> None:
    """One for each of the course's subjects, in the order in which they are read."""
    assert [path.stem.partition("-")[0] for path in NOTEBOOKS] == list("1234567")


def test_the_course_file_can_be_copied_as_it_is() -> None:
    """The settings reader finds no mistake, and its image is one of ours."""
    course = read_course(COURSE / "course.toml", images=["course-cpu"])
    assert course.default_profile in course.profiles


@READ_BY_ALL
def test_a_notebook_keeps_to_its_format(notebook: Path) -> None:
    """It is valid, in the newest format, and JupyterLab would change nothing by saving it."""
    document = read(notebook)
    nbformat.validate(document)
    assert (document.nbformat, document.nbformat_minor) == (4, 5)
    assert nbformat.writes(document) + "\n" == notebook.read_text()


@READ_BY_ALL
def test_a_notebook_holds_nobodys_results(notebook: Path) -> None:
    """No output, no count, nothing of the machine that it was written on."""
    document = read(notebook)
    assert set(document.metadata) == {"kernelspec", "language_info"}
    assert dict(document.metadata.language_info) == {"name": "python"}
    assert document.metadata.kernelspec.name == "python3"
    for cell in document.cells:
        assert cell.metadata == {}, cell.id
        if cell.cell_type == "code":
            assert (cell.outputs, cell.execution_count) == ([], None), cell.id


@READ_BY_ALL
def test_a_notebook_needs_only_what_the_image_has(notebook: Path) -> None:
    """Each import is Python's own, or of a package that the image names."""
    there = names_in((IMAGE / "requirements.in").read_text())
    needed = {name for tree in code_of(notebook) for name in imported(tree)}
    packages = {
        PACKAGE_OF.get(name, name).lower().replace("_", "-")
        for name in needed - sys.stdlib_module_names
    }
    assert packages <= there, packages - there


@READ_BY_ALL
def test_a_notebook_stays_at_home(notebook: Path) -> None:
    """It runs without a network: it names no address of elsewhere, and installs nothing."""
    code = "\n".join(sources(notebook, "code"))
    assert not re.search(r"https?://|urlopen|urlretrieve|requests\.|wget|pip install", code)


@READ_BY_ALL
def test_a_notebook_judges_its_result_and_leaves_work(notebook: Path) -> None:
    """It stops with a sentence where the result is nonsense, and ends with an exercise."""
    *_, before, last = [
        line
        for text in sources(notebook, "markdown")
        for line in text.splitlines()
        if line.startswith("## ")
    ]
    assert (before, last) == ("## Did it work?", "## Exercise")
    checks = [
        node
        for tree in code_of(notebook)
        for node in ast.walk(tree)
        if isinstance(node, ast.Assert)
    ]
    assert len(checks) >= 5
    assert all(check.msg for check in checks), "a check without a sentence"
