"""The link to a course's folders: where there is none it is made, and nothing gives way to it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from crepre_seat.course_folder import link_course_folder
from crepre_seat.facts import SeatFacts


@pytest.fixture
def facts(tmp_path: Path) -> SeatFacts:
    """A home, and the folders of the course ``music``."""
    place = tmp_path / "courses" / "music"
    for folder in ("data", "shared"):
        (place / folder).mkdir(parents=True)
    (place / "data" / "tune.txt").write_text("la")
    home = tmp_path / "home"
    home.mkdir()
    return SeatFacts(home, course_folder=str(place))


def test_the_link_leads_to_both_folders(facts: SeatFacts) -> None:
    """The path in the home is the same wherever the folders are; a second start changes nothing."""
    for _ in range(2):
        assert link_course_folder(facts) == ""
        assert (facts.home / "courses/music/data/tune.txt").read_text() == "la"


def test_a_server_without_folders_gets_no_link(facts: SeatFacts, tmp_path: Path) -> None:
    """Neither where the lab told nothing, nor where what it told of is not there."""
    for place in ("", str(tmp_path / "nowhere")):
        assert link_course_folder(SeatFacts(facts.home, course_folder=place)) == ""
    assert not (facts.home / "courses").exists()


@pytest.mark.parametrize(
    "make",
    [
        lambda path: path.parent.mkdir() or path.write_text("mine"),
        lambda path: path.mkdir(parents=True) or (path / "mine").write_text("mine"),
        lambda path: path.parent.mkdir() or path.symlink_to("/nowhere"),
        lambda path: path.parent.mkdir() or path.symlink_to(path.parent),
        lambda path: path.parent.write_text("mine"),
        lambda path: path.parent.symlink_to("/nowhere"),
    ],
    ids=["file", "folder", "lost link", "own link", "file above", "lost link above"],
)
def test_nothing_of_the_students_gives_way(facts: SeatFacts, make: Callable[[Path], None]) -> None:
    """Whatever has the link's name stays as it is, and a sentence says where the folders are."""
    path = facts.home / "courses" / "music"
    make(path)
    before = [(each, each.lstat()) for each in sorted(facts.home.rglob("*"))]
    sentence = link_course_folder(facts)
    assert facts.course_folder in sentence
    assert "Rename it" in sentence
    assert [(each, each.lstat()) for each in sorted(facts.home.rglob("*"))] == before


def test_links_to_other_courses_go_when_they_lead_nowhere(facts: SeatFacts) -> None:
    """In a container only the course that the server runs for is there."""
    courses = facts.home / "courses"
    courses.mkdir()
    places = Path(facts.course_folder).parent
    (courses / "art").symlink_to(places / "art")
    (courses / "mine").symlink_to("/nowhere")
    assert link_course_folder(facts) == ""
    assert sorted(each.name for each in courses.iterdir()) == ["mine", "music"]


def test_a_link_from_before_a_move_is_made_anew(facts: SeatFacts) -> None:
    """A home that comes from another backend leads to where the folders are now."""
    (facts.home / "courses").mkdir()
    (facts.home / "courses" / "music").symlink_to("/gone/courses/music")
    assert link_course_folder(facts) == ""
    assert (facts.home / "courses/music/data/tune.txt").exists()


def test_a_home_that_takes_nothing_opens_all_the_same(
    facts: SeatFacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk costs the link and nothing else."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "symlink_to", full)
    assert link_course_folder(facts) == ""
