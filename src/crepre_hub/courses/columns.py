"""Which column of an exported list holds what: a table of known headings, and a guess by it."""

from __future__ import annotations

import enum
import re
import unicodedata
from collections.abc import Mapping, Sequence

from crepre_hub.courses.roles import Role


class Field(enum.StrEnum):
    """What a column may hold."""

    NAME = "name"
    EMAIL = "email"
    ID = "id"
    ROLE = "role"
    SECTION = "section"
    FULL_NAME = "full-name"
    FIRST_NAME = "first-name"
    LAST_NAME = "last-name"


HEADINGS: Mapping[Field, str] = {
    Field.NAME: "user name, username, user, login, login id, login name, sis login id, account,"
    " brukernavn, bruker, feide id, feidenavn, feide navn, benutzername, anmeldename, kennung,"
    " nutzerkennung, uid, name of user",
    Field.EMAIL: "email, e-mail, email address, e-mail address, mail, epost, e-post,"
    " e-postadresse, epostadresse, mailadresse, e-mail-adresse",
    Field.ID: "subject, sub, sis user id, sis id, id number, idnumber, external id, student id,"
    " studentnr, studentnummer, studentnumber, student number, matrikelnummer, matrikelnr, id",
    Field.ROLE: "role, roles, course role, rolle, roller, kursrolle, type, enrollment type,"
    " enrolment type",
    Field.SECTION: "section, sections, group, groups, gruppe, grupper, gruppen, parti, seksjon,"
    " klasse, class, kull, team, tutorium, undervisningsparti",
    Field.FULL_NAME: "name, full name, display name, student, student name, navn, fullt navn,"
    " vollständiger name, teilnehmer",
    Field.FIRST_NAME: "first name, firstname, given name, fornavn, vorname",
    Field.LAST_NAME: "last name, lastname, surname, family name, etternavn, nachname, familienname",
}
"""As Canvas, Moodle, Blackboard, FS, StudentWeb, Stud.IP and people write them."""

ROLE_WORDS: Mapping[Role, str] = {
    Role.TEACHER: "teacher, teachers, instructor, lecturer, editingteacher, editing teacher,"
    " teacherenrollment, lærer, foreleser, emneansvarlig, underviser, lehrer, dozent, dozentin",
    Role.ASSISTANT: "assistant, ta, teaching assistant, teachingassistant, non-editing teacher,"
    " taenrollment, grader, tutor, tutorin, hjelpelærer, læringsassistent, gruppelærer, assistent",
    Role.STUDENT: "student, students, learner, participant, studentenrollment, studentin,"
    " deltaker, teilnehmer, teilnehmerin, studierende",
}

NOT_MEMBERS = "observer, observerenrollment, guest, gjest, gast, designer, studentviewenrollment"
"""Roles whose people are passed over."""

_NOTHING_IN_IT = re.compile(r"[^\w]+")


def _folded(text: str) -> str:
    """*text* as headings are compared: small letters and digits alone."""
    return _NOTHING_IN_IT.sub("", unicodedata.normalize("NFKC", text).casefold())


def _table(words: str) -> dict[str, int]:
    return {_folded(word): place for place, word in enumerate(words.split(","))}


_PLACES = {field: _table(words) for field, words in HEADINGS.items()}
_ROLES = {word: role for role, words in ROLE_WORDS.items() for word in _table(words)}
_PASSED_OVER = frozenset(_table(NOT_MEMBERS))


def guess_columns(headings: Sequence[str]) -> dict[Field, int]:
    """
    The place of each field whose heading is known; of two, the better-known heading.

    A heading like ``Group 1`` or ``Emails (work)`` is nobody's: what is guessed is shown, and
    a wrong guess is worse than none.
    """
    folded = [_folded(heading) for heading in headings]
    guessed: dict[Field, int] = {}
    for field, places in _PLACES.items():
        known = [(places[word], at) for at, word in enumerate(folded) if word in places]
        if known:
            guessed[field] = min(known)[1]
    return guessed


def role_or_none(written: str) -> Role | None:
    """The role that *written* names in one of the languages; None for one we do not know."""
    return _ROLES.get(_folded(written))


def is_passed_over(written: str) -> bool:
    """Whether *written* is a role of people who are not members, such as observers."""
    return _folded(written) in _PASSED_OVER


def heading_index(headings: Sequence[str], wanted: str) -> int | None:
    """The place of the heading that somebody typed, spelled as loosely as headings are."""
    folded = [_folded(heading) for heading in headings]
    return folded.index(_folded(wanted)) if _folded(wanted) in folded else None
