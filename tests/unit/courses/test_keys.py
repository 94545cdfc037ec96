"""Lists and logins meet only where kind and text are the same; look-alikes never do."""

from __future__ import annotations

import pytest

from crepre_hub.courses.identity import Identity
from crepre_hub.courses.keys import Key, KeyKind, id_key, listed_key


@pytest.mark.parametrize(
    ("kind", "written", "key"),
    [
        ("name", " Ada ", "ada"),
        ("name", "\N{FULLWIDTH LATIN SMALL LETTER A}da", "ada"),
        ("email", " Ada@UiO.no", "ada@uio.no"),
        ("id", "5F-a ", "13:https://idp.x|5F-a"),
    ],
)
def test_what_is_written_in_a_list_has_one_form(kind: str, written: str, key: str) -> None:
    """Capitals and blanks lock nobody out; ids are left as they are."""
    assert listed_key(KeyKind(kind), written, issuer="https://idp.x").text == key


@pytest.mark.parametrize(
    ("kind", "written", "says"),
    [
        ("name", "", "is empty"),
        ("name", "  ", "is empty"),
        ("name", "a b", "blank"),
        ("name", "a\u200bb", "cannot be seen"),
        ("name", "x" * 256, "longer than 255"),
        ("name", "=cmd|'/c calc'!A0", "is a formula"),
        ("name", "@SUM(A1)", "is a formula"),
        ("email", "ada", "not an e-mail address"),
        ("email", "@uio.no", "is a formula"),
        ("email", "ada@localhost", "not an e-mail address"),
        ("email", "\N{CYRILLIC SMALL LETTER A}da@uio.no", "not an e-mail address"),
        ("email", "ada@uio.no, bo@uio.no", "has a blank"),
        ("id", "", "is empty"),
    ],
)
def test_what_is_nobody_is_told(kind: str, written: str, says: str) -> None:
    """In words, and with what was written."""
    with pytest.raises(ValueError, match=says):
        listed_key(KeyKind(kind), written, issuer="i")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Key(KeyKind.NAME, "ada"), Key(KeyKind.EMAIL, "ada")),
        (id_key("https://a", "1"), id_key("https://b", "1")),
        (id_key("a|1", "2"), id_key("a", "1|2")),
        (id_key("i", "Ada"), id_key("i", "ada")),
    ],
)
def test_different_people_have_different_keys(one: Key, other: Key) -> None:
    """Neither the kind, nor the issuer, nor case makes one of two."""
    assert one != other


def test_a_listed_id_is_the_identitys_stable_id() -> None:
    """Both sides write it alike."""
    identity = Identity("oidc", "https://idp.x", "5F-a", "ada")
    listed = listed_key(KeyKind.ID, "5F-a", issuer="https://idp.x")
    assert listed.text == identity.stable_id
    assert str(listed) == "5F-a"
