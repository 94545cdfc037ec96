"""What may be announced: short plain text, for one of a few times."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crepre_hub.courses.announcements import LONGEST, life_of, plain_text
from crepre_hub.decisions import Refused


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("  The room\tis   117. ", "The room is 117."),
        ("One\r\n\r\n two\n", "One\ntwo"),
        ("<b>Åpent</b> 🎶 & more", "<b>Åpent</b> 🎶 & more"),
        ("x" * LONGEST, "x" * LONGEST),
    ],
)
def test_a_text_is_kept_without_needless_blanks(written: str, kept: str) -> None:
    """Its lines stay, and so does what looks like markup: whoever shows it escapes it."""
    assert plain_text(written) == kept


@pytest.mark.parametrize(
    "written", ["", " \n\t", "x" * (LONGEST + 1), "a\x1bb", "a\u200bb", "\u202eevil"]
)
def test_what_cannot_be_shown_is_refused(written: str) -> None:
    """Nothing, too much, and characters that cannot be seen or turn others around."""
    assert isinstance(plain_text(written), Refused)


def test_times_are_those_of_the_list() -> None:
    """Others are refused, whatever a browser sends."""
    assert life_of("24") == timedelta(days=1)
    for other in ("", "0", "-1", "25", "24.0", "٢٤", "1e9", "x"):
        assert isinstance(life_of(other), Refused)
