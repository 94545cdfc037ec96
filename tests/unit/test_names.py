"""Names that outlive a process; people keep volumes by them."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crepre_hub.names import course_volume, home_volume, own_repository, seat_name

VALID = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]*")
"""Source: https://docs.docker.com/reference/cli/docker/container/create/ (names)"""

LABS = st.from_regex(r"[a-z][a-z0-9]{0,11}", fullmatch=True)
TEXTS = st.text(
    st.sampled_from("aAbB-._/ 09äÄ\N{KELVIN SIGN}\N{LATIN SMALL LETTER LONG S}")
    | st.characters(codec="utf-8"),
    max_size=60,
)
USERS = TEXTS.filter(bool)
COURSES = st.from_regex(r"[a-z][a-z0-9-]{0,39}", fullmatch=True)
FOLDER = st.sampled_from(["data", "shared"])

HOMES = [
    ("ada", "crepre-home-ada"),
    ("Ada", "crepre-home--41da"),
    ("ada.lovelace", "crepre-home-ada-2elovelace"),
    ("ada-lovelace", "crepre-home-ada-2dlovelace"),
    ("ada_lovelace", "crepre-home-ada-5flovelace"),
    ("a@uni.edu", "crepre-home-a-40uni-2eedu"),
    ("zoë", "crepre-home-zo-c3-ab"),
    ("-", "crepre-home--2d"),
    ("x" * 39, "crepre-home-" + "x" * 39),
    ("x" * 40, "crepre-home-xxxxxxxxxxxxxxxx--bd913ff68243d41b9611"),
]

KEY = b"the lab's own"

CONTAINERS = [
    ("ada", "", "crepre-seat-9cc8a9e2cf962cb7eff0"),
    ("guard", "", "crepre-seat-cca6b04cdc7251aa4ac4"),
    ("ada.l", "", "crepre-seat-3fd1812adae461e2e874"),
    ("ada", "gpu", "crepre-seat-091d67a24a3db7152ca4"),
    ("Ada", "My server", "crepre-seat-2763e459c1f568bb7217"),
]


@pytest.mark.parametrize(("user", "name"), HOMES)
def test_a_home_keeps_its_name_for_ever(user: str, name: str) -> None:
    """A changed line here would leave somebody's files behind."""
    assert home_volume("crepre", user) == name


@pytest.mark.parametrize(("user", "server", "name"), CONTAINERS)
def test_a_container_keeps_its_name(user: str, server: str, name: str) -> None:
    """A hub of the next version finds the containers of this one."""
    assert seat_name("crepre", user, server, key=KEY) == name


@given(LABS, USERS, TEXTS)
@example("abcdefghijkl", "ä" * 60, "Ä" * 60)
def test_docker_takes_every_name(lab: str, user: str, server: str) -> None:
    """Whatever somebody is called, the name is valid, and short enough for a host name."""
    for name in (seat_name(lab, user, server, key=KEY), home_volume(lab, user)):
        assert VALID.fullmatch(name)
        assert len(name) <= 63


@given(st.tuples(LABS, USERS, TEXTS), st.tuples(LABS, USERS, TEXTS))
@example(("a", "b", "c"), ("a", "b-c", ""))
@example(("a", "b/c", "d"), ("a", "b", "c/d"))
@example(("a", "Ada", ""), ("a", "ada", ""))
@example(("a", "seat-b", ""), ("a", "b", ""))
@example(("a", "x" * 16 + "y" * 30, ""), ("a", "x" * 16 + "z" * 30, ""))
def test_no_two_seats_share_a_name(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    """Another lab, user or server is another container; another lab or user another home."""
    if one != other:
        assert seat_name(*one, key=KEY) != seat_name(*other, key=KEY)
    if one[:2] != other[:2]:
        assert home_volume(*one[:2]) != home_volume(*other[:2])


@given(LABS, USERS, TEXTS)
def test_nobody_is_taken_for_a_part_of_the_lab(lab: str, user: str, server: str) -> None:
    """Somebody called ``guard`` does not replace the guard."""
    assert seat_name(lab, user, server, key=KEY) not in {f"{lab}-guard", f"{lab}-guard-next"}


@given(st.tuples(LABS, COURSES, FOLDER), st.tuples(LABS, COURSES, FOLDER), USERS)
@example(("a", "b", "data"), ("a", "data-b", "data"), "b")
def test_no_two_courses_share_a_folder(
    one: tuple[str, ...], other: tuple[str, ...], user: str
) -> None:
    """Another lab, course or folder is another volume, and none is anybody's home."""
    if one != other:
        assert course_volume(*one) != course_volume(*other)
    assert course_volume(*one) != home_volume(other[0], user)
    assert VALID.fullmatch(course_volume(*one))


def test_a_courses_folders_keep_their_names() -> None:
    """Admins copy and restore volumes by these names."""
    assert course_volume("crepre", "ml-101", "data") == "crepre-data-ml-101"


def test_a_name_says_nothing_without_the_labs_key() -> None:
    """Seats read each other's names from Docker's resolver, and learn nothing about people."""
    assert "ada" not in seat_name("crepre", "ada", "", key=KEY)
    assert seat_name("crepre", "ada", "", key=KEY) != seat_name("crepre", "ada", "", key=b"other")


@pytest.mark.parametrize(
    ("course", "name"),
    [
        ("ml-101", "crepre/lab/ml-101/cpu"),
        ("a--b", "crepre/lab/a--b/cpu"),
        ("ml-", "crepre/lab/ml__1/cpu"),
        ("ml--", "crepre/lab/ml__2/cpu"),
    ],
)
def test_a_courses_own_image_keeps_its_name(course: str, name: str) -> None:
    """And Docker takes it, whatever a course may be called."""
    assert own_repository("lab", course, "cpu") == name
    assert re.fullmatch(r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*", name.split("/")[2])
