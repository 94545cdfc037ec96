"""Where a mistake stands in a TOML file."""

from __future__ import annotations

import tomllib

import pytest

from crepre_hub.settings.lines import line_of

TEXT = '''\
# A course.
title = "Music"
open = "yes"
description = """
members_by = "not a key"
[profiles.none]
"""
members_by = "nmae"

rules = [
  {claim = "x", role = "boss"},
]
[ profiles.small ]  # the first
title = "Small"
"memory" = "1 KiB"
large.cpus = 9
[[things]]
a.b = 1
[login."ldap"]
port=1
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("title", 2),
        ("open", 3),
        ("members_by", 8),
        ("rules", 10),
        ("rules/0/role", 10),
        ("profiles/small", 13),
        ("profiles/small/memory", 15),
        ("profiles/small/cpus", 13),
        ("profiles/small/large/cpus", 16),
        ("things/0/a", 17),
        ("login/ldap/port", 20),
        ("profiles/none", None),
        ("nothing", None),
        ("", None),
    ],
)
def test_the_line_of_a_key(path: str, line: int | None) -> None:
    """Of the key itself, else of the nearest table around it; texts of several lines hold none."""
    assert line_of(TEXT, path) == line


def test_a_file_that_is_no_toml_says_its_line_itself() -> None:
    """Python's reader names it; the sentence is trusted only where there is no key."""
    with pytest.raises(tomllib.TOMLDecodeError) as caught:
        tomllib.loads("a = 1\nb = \n")
    assert line_of("a = 1\nb = \n", "", str(caught.value)) == 2
    assert line_of(TEXT, "open", "see line 99") == 3
