"""Names that outlive a process; people keep volumes by them."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crepre_hub.names import container_name, home_volume

VALID = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]*")
"""Source: https://docs.docker.com/reference/cli/docker/container/create/ (names)"""

LABS = st.from_regex(r"[a-z][a-z0-9]{0,11}", fullmatch=True)
TEXTS = st.text(
    st.sampled_from("aAbB-._/ 09äÄ\N{KELVIN SIGN}\N{LATIN SMALL LETTER LONG S}")
    | st.characters(codec="utf-8"),
    max_size=60,
)
USERS = TEXTS.filter(bool)

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

CONTAINERS = [
    ("ada", "", "crepre-seat-ada"),
    ("guard", "", "crepre-seat-guard"),
    ("ada.l", "", "crepre-seat-ada-2el"),
    ("ada", "gpu", "crepre-seat-ada--gpu--6de2feb7ca7d63"),
    ("ada", "My server", "crepre-seat-ada---4dy-20--74326df26b2807"),
    ("x" * 64, "y" * 40, "crepre-seat-xxxxxxxxxxxxxxxx--7c--yyyyyyy--669aebf817681a"),
]


@pytest.mark.parametrize(("user", "name"), HOMES)
def test_a_home_keeps_its_name_for_ever(user: str, name: str) -> None:
    """A changed line here would leave somebody's files behind."""
    assert home_volume("crepre", user) == name


@pytest.mark.parametrize(("user", "server", "name"), CONTAINERS)
def test_a_container_keeps_its_name(user: str, server: str, name: str) -> None:
    """A hub of the next version finds the containers of this one."""
    assert container_name("crepre", user, server) == name


@given(LABS, USERS, TEXTS)
@example("abcdefghijkl", "ä" * 60, "Ä" * 60)
def test_docker_takes_every_name(lab: str, user: str, server: str) -> None:
    """Whatever somebody is called, the name is valid, and short enough for a host name."""
    for name in (container_name(lab, user, server), home_volume(lab, user)):
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
        assert container_name(*one) != container_name(*other)
    if one[:2] != other[:2]:
        assert home_volume(*one[:2]) != home_volume(*other[:2])


@given(LABS, USERS, TEXTS)
def test_nobody_is_taken_for_a_part_of_the_lab(lab: str, user: str, server: str) -> None:
    """Somebody called ``guard`` does not replace the guard."""
    assert container_name(lab, user, server) not in {f"{lab}-guard", f"{lab}-guard-next"}
