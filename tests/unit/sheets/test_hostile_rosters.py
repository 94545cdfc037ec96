"""Lists that are wrong, by accident or on purpose: a clear message with lines, and nothing used."""

from __future__ import annotations

from contextlib import suppress
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crepre_hub.courses.keys import KeyKind, listed_key
from crepre_hub.sheets.problems import SHOWN, SheetError
from crepre_hub.sheets.roster import RosterSheet, read_roster
from crepre_hub.sheets.text import LARGEST

HEAD = b"Username,Role,Section,Name\n"


def read(data: bytes, **more: str) -> RosterSheet:
    """The list in *data*, told by user names."""
    return read_roster(
        data,
        key_of=partial(listed_key, KeyKind.NAME),
        kind=KeyKind.NAME,
        encoding=more.get("as_", ""),
    )


HOSTILE = {
    "nothing": (b"", ["the file is empty"]),
    "only blanks": (b"\xef\xbb\xbf \r\n \n", ["the file is empty"]),
    "ten megabytes": (HEAD + b"a,student,,\n" * 1_000_000, ["MiB; a list of people has 4 at most"]),
    "a workbook": (b"PK\x03\x04" + b"\0" * 50, ["an Excel or LibreOffice workbook"]),
    "an old workbook": (b"\xd0\xcf\x11\xe0" + b"\0" * 50, ["an old Excel workbook"]),
    "a pdf": (b"%PDF-1.7\n", ["a PDF"]),
    "binary": (bytes(range(256)) * 8, ["line 2: is not cp1252"]),
    "NUL bytes": (HEAD + b"ada,student,,\nb\0o,student,,\n", ["line 3: has a character"]),
    "escape codes": (HEAD + b"ada,student,\x1b[2J,\n", ["line 2: has a character"]),
    "wrong encoding said": ("Username\nbjørn\n".encode("cp1252"), ["line 2: is not utf-8"]),
    "no such encoding": (b"Username\nada\n", ["there is no encoding 'klingon'"]),
    "cut in the middle of UTF-16": ("Username\nada\n".encode("utf-16")[:-1], ["is not utf-16"]),
    "no column of names": (
        b"Etternavn;Fornavn\nBerg;Ceci\n",
        ["line 1: there is no column of user names (the headings are: 'Etternavn', 'Fornavn')"],
    ),
    "no headings": (b"ada,student\nbo,student\n", ["line 1: there is no column of user names"]),
    "headings and nobody": (HEAD, ["line 1: there is nobody below the headings"]),
    "two roles": (
        HEAD + b"ada,student,,\nbo,student,,\nada,teacher,,\n",
        ["line 4: ada has the role 'teacher'; line 2 says 'student'"],
    ),
    "two sections": (
        HEAD + b"ada,,A,\nAda,,B,\n",
        ["line 3: ada has the section 'B'; line 2 says 'A'"],
    ),
    "unknown role": (HEAD + b"ada,wizard,,\n", ["line 2: 'wizard' is not a role that we know"]),
    "empty name": (HEAD + b"ada,,,\n,student,,Nobody\n", ["line 3: the name is empty"]),
    "blank in a name": (HEAD + b"ada lovelace,,,\n", ["line 2: the name 'ada lovelace' has a"]),
    "invisible letter": (
        HEAD + "a\u200bda,,,\n".encode(),
        ["line 2: the name 'a\\u200bda' has a blank or a character that cannot be seen"],
    ),
    "formula as name": (HEAD + b"=1+1,,,\n", ["line 2: the name '=1+1' is a formula"]),
    "formula as display name": (
        HEAD + b'ada,,,"=HYPERLINK(""http://evil"")"\n',
        ["line 2: the name '=HYPERLINK(\"http://evil\")' is a formula"],
    ),
    "formula as section": (HEAD + b"ada,,@SUM(A1),\n", ["line 2: the section '@SUM(A1)' is a"]),
    "quote never closed": (
        HEAD + b'ada,,,\n"bo,,,\n' + b"x,,,\n" * 30,
        ["line 3: a quotation mark is opened here and never closed"],
    ),
    "quote in the middle": (HEAD + b'"ada"x,,,\n', ["line 2: the quotation marks are not right"]),
    "a cell without end": (
        HEAD + b'"' + b"x" * 200_000 + b'",,,\n',
        ["line 2: a cell is far too long"],
    ),
    "a hundred thousand columns": (
        b"Username" + b"," * 100_000 + b"\nada\n",
        ["line 1: has 100001 cells; a list of people has 200 at most"],
    ),
    "more cells than headings": (
        HEAD + b"ada,,,,extra\n",
        ["line 2: has 5 cells, and there are 4 headings"],
    ),
    "a name of a megabyte": (
        HEAD + b"x" * 100_000 + b",,,\n",
        ["line 2: the name is longer than 255 characters"],
    ),
    "a long section": (HEAD + b"ada,," + b"x" * 81 + b",\n", ["the section has more than 80"]),
    "line that turns around": (
        HEAD + "ada,,,\u202eevil\n".encode(),
        ["line 2: the name '\\u202eevil' has a character that cannot be seen"],
    ),
    "mixed line ends and three mistakes": (
        b"Username,Role\r\nada,wizard\rbo,student\n,student\r\nc d,student\n",
        ["line 2: 'wizard'", "line 4: the name is empty", "line 5: the name 'c d'"],
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_list_that_is_wrong_is_told_by_line(name: str) -> None:
    """Every mistake with its line; nobody of the list is used."""
    data, sentences = HOSTILE[name]
    said = {"wrong encoding said": "utf-8", "no such encoding": "klingon"}.get(name, "")
    with pytest.raises(SheetError) as caught:
        read(data, as_=said)
    for sentence in sentences:
        assert sentence in caught.value.message
    assert len(caught.value.message) < 4000
    assert caught.value.message.isprintable() or "\n" in caught.value.message


def test_a_wrong_column_is_not_told_two_thousand_times() -> None:
    """So many lines, and how many more there are."""
    with pytest.raises(SheetError) as caught:
        read(HEAD + b"a b,,,\n" * 2000)
    assert len(caught.value.message.splitlines()) == SHOWN + 1
    assert "... and 1980 more lines" in caught.value.message


def test_the_same_row_twice_is_one_person() -> None:
    """Not a mistake: it says nothing different."""
    assert len(read(HEAD + b"ada,student,A,Ada\nADA,Student,A,Ada\n").people) == 1


def test_a_list_of_the_largest_size_is_read() -> None:
    """The limit is on what no course has."""
    rows = b"".join(b"user%d,student,A,\n" % n for n in range(20_000))
    assert len(rows) < LARGEST
    assert len(read(HEAD + rows).people) == 20_000


@given(
    st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode("utf-8", "ignore"))
)
@settings(max_examples=300, deadline=None)
def test_whatever_is_in_a_file_is_read_or_told(data: bytes) -> None:
    """No stack trace, whatever somebody uploads; what is read has people with visible names."""
    for start in (b"", HEAD):
        with suppress(SheetError):  # told, and that is all
            sheet = read(start + data)
            assert sheet.people
            assert all(str(each.key).isprintable() for each in sheet.people)
