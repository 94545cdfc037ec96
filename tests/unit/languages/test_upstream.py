"""JupyterHub's skeleton of a page, marked for translation."""

from __future__ import annotations

from pathlib import Path

import pytest
from jupyterhub._data import DATA_FILES_PATH

from crepre_hub.languages.upstream import MARKED, PHRASES, in_our_words

SOURCE = (Path(DATA_FILES_PATH) / "templates" / "page.html").read_text()


@pytest.mark.parametrize(("place", "phrase"), PHRASES)
def test_each_phrase_still_stands_in_the_skeleton(place: str, phrase: str) -> None:
    """Once, in the place where it is looked for; afterwards it is marked."""
    assert SOURCE.count(place.format(phrase)) == 1
    assert place.format(phrase) not in in_our_words(SOURCE)


@pytest.mark.parametrize("old", [old for old, _ in MARKED])
def test_what_is_replaced_still_stands_in_the_skeleton(old: str) -> None:
    """Once."""
    assert SOURCE.count(old) == 1
    assert old not in in_our_words(SOURCE)


def test_other_templates_stay_as_they_are() -> None:
    """Ours are marked by hand."""
    assert in_our_words("<p>Close</p>\n") == "<p>Close</p>\n"
