"""Why a server ended, from its last words."""

from __future__ import annotations

import pytest

from crepre_hub.backends.ending import NO_ROOM, why_it_ended
from crepre_hub.errors import HomeFull


@pytest.mark.parametrize("words", NO_ROOM)
def test_a_full_home_is_told_as_one(words: str) -> None:
    """Wherever in the log the system said that there is no room."""
    assert isinstance(why_it_ended(f"OSError: {words}\nbye", how="It ended"), HomeFull)


def test_other_ends_are_told_by_the_last_line() -> None:
    """Blank lines say nothing; a silent server is said to have been silent."""
    ended = why_it_ended("first\nlast word\n\n", how="It ended with exit code 3")
    assert not isinstance(ended, HomeFull)
    assert ended.message == "It ended with exit code 3: last word"
    assert why_it_ended("", how="It ended").message == "It ended: it printed nothing"


def test_what_the_server_calls_an_error_comes_before_what_it_said_after() -> None:
    """Threads that end later still say something."""
    log = "[E 10:00 A] no\n[C 10:01 B] the port is taken\n[I 10:02 C] Skipped servers\n"
    assert why_it_ended(log, how="It ended").message == "It ended: [C 10:01 B] the port is taken"
