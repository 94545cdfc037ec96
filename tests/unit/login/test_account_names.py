"""The one form of a user name."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crepre_hub.decisions import Refused
from crepre_hub.login.names import LONGEST_NAME, normal_name

GOOD = [
    ("ada", "ada"),
    ("Ada", "ada"),
    ("ADA", "ada"),
    (" ada ", "ada"),
    ("\tada\r\n", "ada"),
    ("a", "a"),
    ("ada.lovelace-1815_x", "ada.lovelace-1815_x"),
    ("a" * 64, "a" * 64),
]

BAD = [
    "",
    " ",
    "1ada",
    ".ada",
    "-ada",
    "_ada",
    "..",
    "a/b",
    "a\\b",
    "a b",
    "a%20b",
    "a@b",
    "a:b",
    "a\nb",
    "ada\n\x00",
    "ada\x00",
    "a" * 65,
    "a" * 10_000_000,
    " " * 10_000_000 + "ada",
    "åda",
    "аda",  # Cyrillic a
    "αda",  # Greek alpha
    "ａｄａ",  # full width
    "\u212aim",  # Kelvin sign, whose small letter is k
    "\u0130da",  # dotted capital I
    "ada\u200b",
    "ada\u00a0",
    "ada\u3000",
    "a\u0301da",
    "ª",
    "ﬁ",
    "𝖺𝖽𝖺",
    "\ud800",
]


@pytest.mark.parametrize(("typed", "name"), GOOD)
def test_a_good_name_has_this_form(typed: str, name: str) -> None:
    """The form that users keep; homes bear it."""
    assert normal_name(typed) == name


@pytest.mark.parametrize("typed", BAD, ids=range(len(BAD)))
def test_anything_else_is_refused_with_the_rule(typed: str) -> None:
    """The refusal says what a user name looks like, and repeats nothing that was typed."""
    answer = normal_name(typed)
    assert isinstance(answer, Refused)
    assert "begins with a letter from a to z" in answer.remedy


@given(st.text(max_size=80))
def test_a_normal_name_is_its_own_normal_form(typed: str) -> None:
    """Also under NFC and NFKC, in ASCII, and no longer than the table allows."""
    name = normal_name(typed)
    if isinstance(name, str):
        assert normal_name(name) == name
        assert unicodedata.normalize("NFKC", name) == name
        assert name.isascii()
        assert len(name) <= LONGEST_NAME


@given(st.text(max_size=20), st.text(max_size=20))
def test_names_meet_only_by_capitals_and_spaces(one: str, other: str) -> None:
    """Two texts with the same normal form are the same but for ASCII capitals and edges."""
    if isinstance(normal_name(one), str) and normal_name(one) == normal_name(other):
        assert one.strip().lower() == other.strip().lower()
