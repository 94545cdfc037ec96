"""Sentences that can be told in another language."""

from __future__ import annotations

import copy
import json
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from crepre_hub.courses.roles import Role
from crepre_hub.decisions import Refused
from crepre_hub.languages.catalogues import moment_in, name_of, tell
from crepre_hub.languages.words import word
from crepre_hub.sentences import duration, say, say_number, together, week_time


def test_a_sentence_is_its_english_text() -> None:
    """For logs, the command line and programs it is a text like any other."""
    sentence = say("You are not in the course %(course)s.", course="music")
    assert sentence == "You are not in the course music."
    assert json.dumps({"said": sentence}) == '{"said": "You are not in the course music."}'
    assert copy.deepcopy(sentence).values == {"course": "music"}


def test_a_sentence_is_told_with_its_values() -> None:
    """The words are another language's, the values are the same."""
    sentence = say("You are not in the course %(course)s.", course="100 %(x)s")
    assert tell(sentence, "nb") == "Du er ikke med i emnet 100 %(x)s."


def test_values_are_told_in_the_same_language() -> None:
    """A role or a day within a sentence is none of English."""
    role = say("You are in %(course)s already, as %(role)s.", course="A", role=Role.TEACHER.word)
    assert tell(role, "nb") == "Du er allerede med i A, som lærer."
    day = say("The course %(course)s opens on %(day)s.", course="a", day=date(2026, 8, 17))
    assert str(day) == "The course a opens on 17 August 2026."
    assert tell(day, "en") == str(day)
    assert tell(day, "nb") == "Emnet a åpner 17. august 2026."


def test_what_is_counted_has_the_right_form() -> None:
    """One minute, more minutes, none."""
    forms = [say_number("%(num)s minute", "%(num)s minutes", number) for number in (0, 1, 2)]
    assert forms == ["0 minutes", "1 minute", "2 minutes"]
    assert [tell(form, "nb") for form in forms] == ["0 minutter", "1 minutt", "2 minutter"]


def test_sentences_together_stay_sentences() -> None:
    """Each is told for itself; empty ones leave no gap, and nothing at all is empty."""
    refusal = Refused("x", say("This account is closed."), say("Ask the lab's admin."))
    assert refusal.whole == "This account is closed. Ask the lab's admin."
    assert tell(refusal.whole, "nb") == "Denne kontoen er stengt. Spør labens administrator."
    assert tell(together("", say("Try again."), ""), "nb") == "Prøv igjen."
    assert tell(together("", ""), "nb") == ""


def test_a_list_is_told_item_by_item() -> None:
    """With whatever stands between them."""
    named = together(say("Close"), say("Try again."), between="; ")
    assert named == "Close; Try again."
    assert tell(named, "nb") == "Lukk; Prøv igjen."


def test_a_moment_of_these_weeks_is_told_with_its_weekday() -> None:
    """In the zone that it has, whatever the machine's."""
    moment = week_time(datetime(2026, 11, 3, 11, 40, tzinfo=timezone(timedelta(hours=9))))
    assert moment == tell(moment, "en") == "Tue 3 Nov 11:40"
    assert tell(moment, "nb") == "tir. 3. nov. 11:40"


@pytest.mark.parametrize(
    ("minutes", "english", "norwegian"),
    [
        (0, "0 min", "0 min"),
        (59.9, "59 min", "59 min"),
        (60, "1 h", "1 t"),
        (125, "2 h 5 min", "2 t 5 min"),
        (40 * 60, "40 h", "40 t"),
    ],
)
def test_a_time_is_told_in_hours_and_minutes(minutes: float, english: str, norwegian: str) -> None:
    """Also inside of a sentence."""
    time = duration(timedelta(minutes=minutes))
    assert time == english
    assert tell(time, "nb") == norwegian
    assert tell(say("%(part)s", part=time), "nb") == norwegian


def test_what_is_no_sentence_of_ours_stays_as_it_is() -> None:
    """A title, a name, a provider's word: it may look like one of ours."""
    assert tell("teacher", "nb") == "teacher"
    assert word("teacher") == "teacher"
    assert word("a-word-of-tomorrow") == "a-word-of-tomorrow"


def test_languages_have_names_of_their_own() -> None:
    """As those who speak them write them."""
    assert (name_of("en"), name_of("nb")) == ("English", "Norsk bokmål")


def test_moments_are_told_as_people_of_the_language_write_them() -> None:
    """Day, month in words, hours of twenty-four."""
    moment = datetime(2026, 11, 24, 21, 50, tzinfo=UTC).astimezone()
    assert moment_in("en", moment) == f"{moment:%d} Nov 2026, {moment:%H:%M}"
    assert moment_in("nb", moment) == f"{moment:%d}. nov. 2026, {moment:%H:%M}"
