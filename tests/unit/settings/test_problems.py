"""Each mistake in a file is one line with its place and what would be right."""

from __future__ import annotations

from pathlib import Path

import pytest

from crepre_hub.settings.reader import SettingsProblems, read_settings
from tests.unit.settings.conftest import COURSE, WriteFile

IMAGES = ("course-cpu", "guard")

IN_LAB = [
    ("[labb]", "lab.toml: labb: unknown setting; did you mean 'lab'?"),
    ("zzz = 1", "lab.toml: zzz: unknown setting"),
    ('[lab]\nnam = "x"', "lab.toml: lab/nam: unknown setting; did you mean 'name'?"),
    ("[login]\nsignup = true", "lab.toml: login/signup: unknown setting; did you mean 'sign_up'?"),
    (
        '[servers]\nidle = "1 h"\nidle_stp = "1 h"',
        (
            "lab.toml: servers/idle: unknown setting; did you mean 'idle_stop'?\n"
            "lab.toml: servers/idle_stp: unknown setting; did you mean 'idle_stop'?"
        ),
    ),
    ("[docker]\nsockt = 1", "lab.toml: docker/sockt: unknown setting; did you mean 'socket'?"),
    ("[database]\nurll = 1", "lab.toml: database/urll: unknown setting; did you mean 'url'?"),
    ("[images]\nbas = 1", "lab.toml: images/bas: unknown setting; did you mean 'base'?"),
    (
        '[servers]\nbackend = "dcker"',
        (
            "lab.toml: servers/backend: 'dcker' is not one of 'auto', 'docker', 'local'"
            "; did you mean 'docker'?"
        ),
    ),
    (
        '[servers]\nidle_stop = "1 hour"',
        "lab.toml: servers/idle_stop: 'hour' is not a unit of time; use s, min, h, d, weeks",
    ),
    (
        "[servers]\nidle_stop = 60",
        (
            "lab.toml: servers/idle_stop: 60 is not an amount; write a number and s, min, h or d,"
            " like '2 h'"
        ),
    ),
    (
        '[lab]\nurl = "lab.example.org"',
        (
            "lab.toml: lab/url: 'lab.example.org' is not an address; write it like"
            " 'https://lab.example.org'"
        ),
    ),
    (
        '[lab]\nurl = "https://example.org/lab"',
        (
            "lab.toml: lab/url: 'https://example.org/lab' has a path; the lab lives at the root of"
            " its address"
        ),
    ),
    (
        '[lab]\nurl = "https://example.org/?a=b"',
        (
            "lab.toml: lab/url: 'https://example.org/?a=b' has more than a machine and a port;"
            " leave the rest out"
        ),
    ),
    (
        '[lab]\nlisten = "8000"',
        (
            "lab.toml: lab/listen: '8000' is not an IPv4 address and a port up to 65454, like"
            " '127.0.0.1:8000'"
        ),
    ),
    (
        '[lab]\nlisten = "0.0.0.0:65455"',
        (
            "lab.toml: lab/listen: '0.0.0.0:65455' is not an IPv4 address and a port up to 65454,"
            " like '127.0.0.1:8000'"
        ),
    ),
    (
        '[lab]\nlisten = "::1:8000"',
        (
            "lab.toml: lab/listen: '::1:8000' is not an IPv4 address and a port up to 65454, like"
            " '127.0.0.1:8000'"
        ),
    ),
    (
        '[docker]\nreach = ["10.0.7.0/24", "10.0.0.1/8"]',
        (
            "lab.toml: docker/reach/1: '10.0.0.1/8' is not an IPv4 address or network, like"
            " '192.168.1.20' or '10.0.7.0/24'"
        ),
    ),
    (
        '[servers]\nidle_stop = "1 s"',
        "lab.toml: servers/idle_stop: '1 s' is too short; at least '10 s'",
    ),
    (
        '[database]\nurl = "mysql://lab:hunter2@host/x"',
        (
            "lab.toml: database/url: 'mysql://lab:********@host/x' does not have the right form:"
            " 'sqlite', or an address like 'postgresql://...'"
        ),
    ),
    (
        "[lab]\nname = 1979-05-27",
        "lab.toml: lab/name: input should be a valid string, not {'date': '1979-05-27'}",
    ),
    (
        "[servers]\nat_once = inf",
        "lab.toml: servers/at_once: input should be a valid integer, not inf",
    ),
    (
        '[docker]\nsubnet = "10.0.0.0"',
        (
            "lab.toml: docker/subnet: '10.0.0.0' is too small, or not IPv4; a class wants a /24 or"
            " larger"
        ),
    ),
    (
        '[docker]\nsubnet = "ten"',
        "lab.toml: docker/subnet: 'ten' is not a network, like '10.231.0.0/20'",
    ),
    (
        '[login]\nsign_up = "yes"',
        "lab.toml: login/sign_up: input should be a valid boolean, not 'yes'",
    ),
    ("lab = 3", "lab.toml: lab: input should be a table, not 3"),
]

IN_COURSE = [
    ("opne = true", "courses/music.toml: opne: unknown setting; did you mean 'open'?"),
    (
        "[profiles.small.x]\ny = 1",
        "courses/music.toml: profiles/small/x: unknown setting",
    ),
    (
        '[profiles.big]\ntitle = "Big"\nmemry = "2 GiB"',
        "courses/music.toml: profiles/big/memry: unknown setting; did you mean 'memory'?",
    ),
    (
        '[profiles.big]\ntitle = "Big"\nmemory = "2 GB"',
        "courses/music.toml: profiles/big/memory: 'GB' is not a unit of memory; use MiB, GiB, TiB",
    ),
    (
        '[profiles.big]\ntitle = "Big"\ncpus = "2"',
        "courses/music.toml: profiles/big/cpus: input should be a valid number, not '2'",
    ),
    (
        '[profiles.big]\ntitle = "Big"\nmemory = "1 MiB"',
        "courses/music.toml: profiles/big/memory: '1 MiB' is too little; at least '256 MiB'",
    ),
    (
        '[profiles."Big one"]\ntitle = "Big"',
        (
            "courses/music.toml: profiles/Big one: 'Big one' does not have the right form:"
            " small letters, digits and '-', first a letter, 40 at most"
        ),
    ),
    ("[profiles.big]\ncpus = 2", "courses/music.toml: profiles/big/title: is missing"),
    (
        '[profiles.big]\ntitle = "Big"\nimage = "course-cup"',
        (
            "courses/music.toml: profiles/big/image: there is no image 'course-cup'; did you mean"
            " 'course-cpu'? (images here: course-cpu, guard; or name one with its tag, 'name:tag')"
        ),
    ),
]

TOP_OF_COURSE = [
    (
        'default_profile = "smal"',
        "courses/music.toml: default_profile: unknown profile 'smal'; did you mean 'small'?",
    ),
    (
        'teachers = ["ada"]\nstudents = ["Ada "]',
        "courses/music.toml: ada: in more than one role; keep one of them",
    ),
    ('teachers = "ada"', "courses/music.toml: teachers: input should be a valid array, not 'ada'"),
    (
        'id = "Music"',
        (
            "courses/music.toml: id: 'Music' does not have the right form:"
            " small letters, digits and '-', first a letter, 40 at most"
        ),
    ),
]


def said(root: Path) -> str:
    """What reading the lab's files ends with."""
    with pytest.raises(SettingsProblems) as caught:
        read_settings(root, images=IMAGES)
    return caught.value.message


@pytest.mark.parametrize(("text", "message"), IN_LAB)
def test_a_mistake_in_the_lab_file(
    tmp_path: Path, write: WriteFile, text: str, message: str
) -> None:
    """Place, mistake and near miss stand in one line, at every level of the file."""
    write("lab.toml", text)
    assert said(tmp_path) == message


@pytest.mark.parametrize(("text", "message"), IN_COURSE)
def test_a_mistake_in_a_profile(tmp_path: Path, write: WriteFile, text: str, message: str) -> None:
    """A course file's mistakes read like those of the lab's."""
    before = "" if text.startswith("[") else f"{text}\n"
    after = text if text.startswith("[") else ""
    write("courses/music.toml", f"{before}{COURSE}{after}")
    assert said(tmp_path) == message


@pytest.mark.parametrize(("text", "message"), TOP_OF_COURSE)
def test_a_mistake_in_a_course(tmp_path: Path, write: WriteFile, text: str, message: str) -> None:
    """Rules between settings answer like those of one setting."""
    write("courses/music.toml", f"{text}\n{COURSE}")
    assert said(tmp_path) == message


def test_no_profiles_at_all(tmp_path: Path, write: WriteFile) -> None:
    """A course that offers nothing is a mistake."""
    write("courses/music.toml", 'title = "Music"')
    assert said(tmp_path) == "courses/music.toml: profiles: is missing"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            b"# ok\ntitle = '\xe4'",
            "courses/music.toml: line 2 is not UTF-8; save the file as UTF-8",
        ),
        (
            b"title = \n",
            "courses/music.toml: is not TOML: Invalid value (at line 1, column 9)",
        ),
        (
            b"a = 1\na = 2\n",
            "courses/music.toml: is not TOML: Cannot overwrite a value (at line 2, column 6)",
        ),
    ],
)
def test_a_file_that_cannot_be_read(
    tmp_path: Path, write: WriteFile, content: bytes, message: str
) -> None:
    """The line is named where something other than TOML stands."""
    write("courses/music.toml", content)
    assert said(tmp_path) == message


def test_a_folder_that_cannot_be_read(tmp_path: Path, write: WriteFile) -> None:
    """It is told beside what else is wrong; it is not a lab without courses."""
    write("lab.toml", "[servers]\nat_onc = 1\n")
    write("courses", "")
    assert said(tmp_path).splitlines()[-1] == "courses/: cannot be read: Not a directory"
    assert said(tmp_path).startswith("lab.toml: servers/at_onc: unknown setting")


def test_an_editors_mark_at_the_beginning_is_no_mistake(tmp_path: Path, write: WriteFile) -> None:
    """Windows' Notepad begins UTF-8 files with a byte order mark."""
    write("courses/music.toml", b"\xef\xbb\xbf" + COURSE.encode())
    assert [course.id for course in read_settings(tmp_path, images=IMAGES).courses] == ["music"]


def test_two_courses_with_one_id(tmp_path: Path, write: WriteFile) -> None:
    """The later file is named, and the one that has the id already."""
    write("courses/music.toml", COURSE)
    write("courses/other.toml", f'id = "music"\n{COURSE}')
    assert said(tmp_path) == (
        "courses/other.toml: id: 'music' is the id of courses/music.toml as well; change one"
    )


def test_an_id_that_is_taken_is_told_beside_other_mistakes(
    tmp_path: Path, write: WriteFile
) -> None:
    """A file that cannot be used for another reason has an id all the same."""
    write("courses/music.toml", f"opne = true\n{COURSE}")
    write("courses/other.toml", f'id = "music"\n{COURSE}')
    assert said(tmp_path).splitlines() == [
        "courses/music.toml: opne: unknown setting; did you mean 'open'?",
        "courses/other.toml: id: 'music' is the id of courses/music.toml as well; change one",
    ]


def test_rules_between_settings_are_told_beside_other_mistakes(
    tmp_path: Path, write: WriteFile
) -> None:
    """An unknown profile and a missing image do not wait until all values have their form."""
    write("courses/music.toml", f'default_profile = "smal"\nopne = true\n{COURSE}image = "x"\n')
    assert [line.split(": ")[1] for line in said(tmp_path).splitlines()] == [
        "opne",
        "default_profile",
        "profiles/small/image",
    ]


def test_a_missing_lab_file(tmp_path: Path) -> None:
    """The line that makes one is named."""
    assert said(tmp_path) == (
        f"lab.toml: there is no such file in {tmp_path}; make one with: crepre init"
    )


def test_all_mistakes_are_reported_at_once(tmp_path: Path, write: WriteFile) -> None:
    """Whoever mends the files needs one run to see everything."""
    write("lab.toml", '[lab]\nnam = "x"\n[servers]\nidle_stop = "1 hour"')
    write("courses/a.toml", b"\xff")
    write("courses/b.toml", "opne = true")
    write("courses/c.toml", COURSE)
    write("courses/d.toml", f'id = "c"\n{COURSE}')
    assert [line.split(": ")[:2] for line in said(tmp_path).splitlines()] == [
        ["lab.toml", "lab/nam"],
        ["lab.toml", "servers/idle_stop"],
        ["courses/a.toml", "line 1 is not UTF-8; save the file as UTF-8"],
        ["courses/b.toml", "title"],
        ["courses/b.toml", "profiles"],
        ["courses/b.toml", "opne"],
        ["courses/d.toml", "id"],
    ]
