"""What a student sees first, and what they are told."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from crepre_seat.facts import Content, SeatFacts
from crepre_seat.notices import Notices
from crepre_seat.opening import VISIT_SECONDS, Opening

LAB = "/user/ada/lab"
START = "music course/1.ipynb"


@pytest.fixture
def facts(tmp_path: Path) -> SeatFacts:
    """A home of a course whose first file is still to come."""
    return SeatFacts(
        tmp_path, content=Content("https://x.org/c", "main", "music course", "1.ipynb")
    )


@dataclass
class Visits:
    """A server that has just started, and somebody who comes again and again."""

    facts: SeatFacts
    first: str = ""
    now: float = 1000.0

    def __post_init__(self) -> None:
        self.opening = Opening(self.facts, default=LAB, first=self.first, clock=lambda: self.now)

    def next(self) -> str:
        """Where the next visit leads; each of its requests is answered alike."""
        self.now += VISIT_SECONDS
        found = {self.opening.next() for _ in range(3)}
        assert len(found) == 1
        return found.pop()


opening = Visits


def arrive(facts: SeatFacts) -> None:
    """The course's file comes."""
    (facts.home / START).parent.mkdir()
    (facts.home / START).touch()


def test_jupyterlab_opens_as_it_was_left(facts: SeatFacts) -> None:
    """Without anything new the lab's own address follows."""
    assert opening(facts).next() == LAB


def test_the_page_of_welcome_opens_once(facts: SeatFacts) -> None:
    """The second visit of the day is like any other."""
    here = opening(facts, "Welcome.md")
    assert [here.next(), here.next()] == [f"{LAB}/tree/Welcome.md", LAB]


def test_the_courses_file_opens_once_for_each_person(facts: SeatFacts) -> None:
    """It opens when it is there, and neither on the next visit nor after the next start."""
    here = opening(facts)
    assert here.next() == LAB
    arrive(facts)
    assert here.next() == f"{LAB}/tree/music%20course/1.ipynb"
    assert here.next() == LAB
    assert opening(facts).next() == LAB


def test_another_file_that_the_teacher_names_opens_too(facts: SeatFacts) -> None:
    """A course that opens with another lesson every week."""
    arrive(facts)
    assert opening(facts).next() != LAB
    (facts.home / "music course" / "2.ipynb").touch()
    content = Content("https://x.org/c", "main", "music course", "2.ipynb")
    assert opening(SeatFacts(facts.home, content=content)).next().endswith("/2.ipynb")


def test_the_courses_file_comes_before_the_page_of_welcome(facts: SeatFacts) -> None:
    """Whoever has the lesson on the screen needs no page that leads there."""
    arrive(facts)
    here = opening(facts, "Welcome.md")
    assert here.next().endswith("/1.ipynb")
    assert here.next() == LAB


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\n", b"other\n"])
def test_a_home_that_remembers_nothing_still_opens(facts: SeatFacts, content: bytes) -> None:
    """A broken memory costs nothing but the courtesy."""
    arrive(facts)
    facts.state.mkdir(parents=True)
    (facts.state / "opened").write_bytes(content)
    assert opening(facts).next().startswith(LAB)
    (facts.state / "opened").unlink()
    (facts.state / "opened").mkdir()
    assert opening(facts).next() == LAB


def test_the_same_words_are_told_once() -> None:
    """However often something happens, the student reads it once."""
    notices = Notices()
    notices.tell("Your home is full.", "warning")
    notices.tell("Your home is full.", "warning")
    notices.pending += 1
    said = notices.as_json()
    assert [(each["text"], each["kind"]) for each in said["notices"]] == [
        ("Your home is full.", "warning")
    ]
    assert said["more"]
