"""A page for whoever is here for the first time: written once, and theirs from then on."""

from __future__ import annotations

import re
import resource
from dataclasses import fields, replace
from pathlib import Path

import crepre_seat.welcome
import pytest
from crepre_seat.facts import Content, SeatFacts, facts_in
from crepre_seat.welcome import LANGUAGE, NAME, WelcomePage, ensure_welcome, render
from jinja2 import Environment, meta

TEMPLATES = sorted(Path(crepre_seat.welcome.__file__).parent.glob("*.md"))
CONTENT = Content("https://git.example.org/ada/course", "main", "music course", "one/1.ipynb")


@pytest.fixture
def facts(tmp_path: Path) -> SeatFacts:
    """A new home in a course without files."""
    return SeatFacts(
        home=tmp_path,
        course="Music",
        profile="Small notebook",
        size="1 CPU, 1 GiB",
        larger="Large notebook (2 CPUs, 4 GiB)",
    )


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.stem)
def test_a_template_uses_what_there_is_and_nothing_else(template: Path) -> None:
    """Each name that the page has is in every language's template, and no other."""
    used = meta.find_undeclared_variables(Environment(autoescape=True).parse(template.read_text()))
    assert used == {each.name for each in fields(WelcomePage)}


def test_the_language_that_is_used_has_a_template() -> None:
    """The default is one of the files."""
    assert LANGUAGE in {template.stem for template in TEMPLATES}


def test_a_page_says_what_a_student_needs(facts: SeatFacts) -> None:
    """Course, profile with its limits, what there is beyond it, GPU, packages, and what stays."""
    page = render(facts)
    for words in (
        "# Welcome to Music\n",
        "*Small notebook*: 1 CPU, 1 GiB at most",
        "Large notebook (2 CPUs, 4 GiB)",
        "%pip install",
        "GPU",
        "is there tomorrow",
    ):
        assert words in page


def test_a_page_says_how_to_get_a_gpu(facts: SeatFacts) -> None:
    """Where the course has any; nobody who has one reads that there are none."""
    none = "No profile of this course has one"
    assert none in render(facts)
    page = render(replace(facts, gpus="Notebook with a GPU"))
    assert "You have one in: Notebook with a GPU." in page
    assert none not in page


def test_the_courses_files_are_linked(facts: SeatFacts) -> None:
    """A file with a blank on its way is a link that works."""
    page = render(replace(facts, content=CONTENT))
    assert "in the folder `music course`" in page
    assert "[one/1.ipynb](music%20course/one/1.ipynb)" in page
    assert CONTENT.repository in page


@pytest.mark.parametrize("gpus", ["", "Notebook with a GPU"])
@pytest.mark.parametrize("larger", ["", "Large"])
@pytest.mark.parametrize("content", [None, CONTENT, replace(CONTENT, open="")])
def test_a_page_is_whole_in_every_case(
    facts: SeatFacts, content: Content | None, larger: str, gpus: str
) -> None:
    """One blank line between paragraphs, and nothing of the template is left."""
    page = render(replace(facts, content=content, larger=larger, gpus=gpus))
    assert not re.search(r"[{}]|None|\(\)|\[\]", page)
    assert page.endswith("\n")
    paragraphs = re.sub(r"\n{3,}", "\n\n", page).strip().split("\n\n")
    assert not [each for each in paragraphs if "\n" in each]


def test_a_new_home_gets_the_page_once(facts: SeatFacts) -> None:
    """Whoever changed or deleted it meets it no more."""
    assert ensure_welcome(facts)
    page = facts.home / NAME
    assert page.read_text() == render(facts)
    page.write_text("mine")
    assert not ensure_welcome(facts)
    assert page.read_text() == "mine"
    page.unlink()
    assert not ensure_welcome(facts)
    assert not page.exists()


def test_a_file_of_that_name_stays(facts: SeatFacts) -> None:
    """Somebody's own Welcome.md is not ours."""
    (facts.home / NAME).write_text("mine")
    assert not ensure_welcome(facts)
    assert (facts.home / NAME).read_text() == "mine"


@pytest.mark.parametrize("in_the_way", [".local", ".local/state", ".local/state/crepre"])
def test_a_home_that_takes_no_file_gets_none(facts: SeatFacts, in_the_way: str) -> None:
    """No start fails for a page; the next one tries again."""
    obstacle = facts.home / in_the_way
    obstacle.parent.mkdir(parents=True, exist_ok=True)
    obstacle.write_text("a file")
    assert not ensure_welcome(facts)
    assert not (facts.home / NAME).exists()
    obstacle.unlink()
    assert ensure_welcome(facts)


def test_a_full_home_keeps_no_half_page(facts: SeatFacts) -> None:
    """What could not be written whole is gone, so that there is a page when there is room."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        assert not ensure_welcome(facts)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert [path for path in facts.home.rglob("*") if path.is_file()] == []
    assert ensure_welcome(facts)


def test_a_server_without_a_lab_has_no_page(tmp_path: Path) -> None:
    """The image run by hand writes nothing into a home."""
    assert not ensure_welcome(SeatFacts(home=tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_facts_come_from_the_environment() -> None:
    """The names are those that the lab uses; without a repository there is no content."""
    words = {
        "CREPRE_COURSE_TITLE": "Music",
        "CREPRE_PROFILE_TITLE": "Small",
        "CREPRE_PROFILE_SIZE": "1 CPU, 1 GiB",
        "CREPRE_LARGER_PROFILES": "Large",
        "CREPRE_GPU_PROFILES": "GPU",
    }
    told = SeatFacts(Path.home(), "Music", "Small", "1 CPU, 1 GiB", "Large", "GPU")
    assert facts_in(words) == told
    more = {
        "CREPRE_CONTENT_REPOSITORY": CONTENT.repository,
        "CREPRE_CONTENT_BRANCH": "main",
        "CREPRE_CONTENT_FOLDER": "music course",
        "CREPRE_CONTENT_OPEN": "one/1.ipynb",
    }
    assert facts_in(words | more).content == CONTENT
    assert facts_in({}).content is None
