"""Lists as the systems export them: encoding, separator and columns are found, people are right."""

from __future__ import annotations

from functools import partial

import pytest

from crepre_hub.courses.columns import HEADINGS, ROLE_WORDS, Field, guess_columns, role_or_none
from crepre_hub.courses.keys import KeyKind, listed_key
from crepre_hub.courses.roles import Role
from crepre_hub.sheets.roster import RosterSheet, headings_of, read_roster

CANVAS = """\
Student,ID,SIS User ID,SIS Login ID,Section,Assignment 1
    Points Possible,,,,,10
"Ås, Bjørn",101,4711,bjornas,MUS2830 Group 1,9
"Berg, Ceci",102,4712,cecib,MUS2830 Group 2,
"Student, Test",103,,,MUS2830 Group 1,
"""
MOODLE = """\
"First name","Last name","ID number","Email address",Groups
Bjørn,Ås,4711,Bjorn.As@uio.no,Gruppe 1
Ceci,Berg,4712,ceci@uio.no,
"""
BLACKBOARD = (
    "Last Name\tFirst Name\tUsername\tStudent ID\tAvailability\n"
    "Ås\tBjørn\tbjornas\t4711\tYes\nBerg\tCeci\tcecib\t4712\tYes\n"
)
FS = "Etternavn;Fornavn;Studentnr;Brukernavn;E-post;Parti\nÅs;Bjørn;4711;bjornas;b@uio.no;1\n"
STUDENTWEB = "Deltakerliste MUS2830\n\nNavn;Brukernavn;Rolle\nBjørn Ås;bjornas;Læringsassistent\n"
STUD_IP = 'Nachname;Vorname;Benutzername;"E-Mail";Status\nMüller;Jörg;jmueller;j@uni.de;autor\n'
EXCEL = "sep=;\r\nName;User name;Role\r\nAda;ada;Teacher\r\nBo;bo;TA\r\n"


def read(data: bytes, kind: str = "name", **more: object) -> RosterSheet:
    """The list in *data*, told by *kind*."""
    key_of = partial(listed_key, KeyKind(kind), issuer="i")
    return read_roster(data, key_of=key_of, kind=KeyKind(kind), **more)  # type: ignore[arg-type]


def people(sheet: RosterSheet) -> list[tuple[str, str, str | None]]:
    """Key, name and section of each."""
    return [(str(each.key), each.display_name, each.section) for each in sheet.people]


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        (
            CANVAS,
            "name",
            [
                ("bjornas", "Ås, Bjørn", "MUS2830 Group 1"),
                ("cecib", "Berg, Ceci", "MUS2830 Group 2"),
            ],
        ),
        (
            MOODLE,
            "email",
            [("bjorn.as@uio.no", "Bjørn Ås", "Gruppe 1"), ("ceci@uio.no", "Ceci Berg", "")],
        ),
        (BLACKBOARD, "name", [("bjornas", "Bjørn Ås", None), ("cecib", "Ceci Berg", None)]),
        (FS, "id", [("4711", "Bjørn Ås", "1")]),
        (STUDENTWEB, "name", [("bjornas", "Bjørn Ås", None)]),
        (STUD_IP, "name", [("jmueller", "Jörg Müller", None)]),
        (EXCEL, "name", [("ada", "Ada", None), ("bo", "Bo", None)]),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_an_export_is_read_as_it_is(
    text: str, kind: str, expected: list[tuple[str, str, str | None]], encoding: str, end: str
) -> None:
    """Whatever the encoding and the ends of lines: the same people."""
    data = text.replace("\r\n", "\n").replace("\n", end).encode(encoding)
    assert people(read(data, kind)) == expected


def test_what_was_taken_is_told() -> None:
    """The headings of each column, the encoding, and the rows that are nobody."""
    sheet = read(CANVAS.encode())
    assert sheet.columns == {
        Field.NAME: "SIS Login ID",
        Field.SECTION: "Section",
        Field.FULL_NAME: "Student",
    }
    assert (sheet.encoding, sheet.separator) == ("utf-8", ",")
    assert [problem.line for problem in sheet.passed_over] == [2, 5]


def test_a_heading_that_is_not_guessed_can_be_named() -> None:
    """As loosely spelled as headings are; it wins over the guess."""
    data = b"Kennung des Menschen;Username\nada;wrong\n"
    sheet = read(data, columns={Field.NAME: "kennung-des-menschen"})
    assert people(sheet) == [("ada", "", None)]


@pytest.mark.parametrize("role", Role)
def test_each_word_for_a_role_is_that_role(role: Role) -> None:
    """In every language of the table, and no word twice."""
    words = [word.strip() for word in ROLE_WORDS[role].split(",")]
    assert {role_or_none(word.upper()) for word in words} == {role}


def test_each_heading_names_one_field() -> None:
    """None is in the table twice, and each is found where it stands alone."""
    headings = [(w.strip(), f) for f, words in HEADINGS.items() for w in words.split(",")]
    assert len({heading for heading, _ in headings}) == len(headings)
    for heading, field in headings:
        assert guess_columns(["x", heading.upper()]) == {field: 1}


def test_quotes_may_hold_line_ends_and_separators() -> None:
    """Line numbers are those of an editor."""
    data = b'Name,Username\n"Berg,\nCeci",ceci\n"A ""B"" C",abc\n'
    with pytest.raises(Exception, match="line 2: the name"):
        read(data)
    data = b'Note,Username\n"many\nlines",ceci\nx,a b\n'
    with pytest.raises(Exception, match="line 4: the name 'a b' has a blank"):
        read(data)


def test_a_guessed_column_can_be_left_out() -> None:
    """Somebody who looks at the guess may say that there is no such column."""
    sheet = read(FS.encode(), columns={Field.SECTION: ""})
    assert people(sheet) == [("bjornas", "Bjørn Ås", None)]
    assert sheet.headings == tuple(FS.splitlines()[0].split(";"))


def test_headings_are_known_where_the_people_are_not() -> None:
    """So that somebody can say which column is which; titles above them do not count."""
    assert headings_of(STUDENTWEB.encode()) == ("Navn", "Brukernavn", "Rolle")
    assert headings_of(b"Who;What\nada;x\n") == ("Who", "What")
