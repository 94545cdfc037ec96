"""``crepre course`` and ``crepre roster``: plan, print, apply."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from crepre_hub.settings.samples import ensure_samples
from tests.cli.conftest import Crepre, Done

COURSE = """
title = "Music"
teachers = ["tea"]
closes = 2030-12-20
[profiles.small]
title = "Small"
image = "x:1"
"""
ROSTER = "Etternavn;Fornavn;Brukernavn;Rolle\r\nÅs;Bjørn;bjornas;student\r\nBerg;Ceci;ceci;TA\r\n"


@pytest.fixture
def lab(crepre: Crepre, tmp_path: Path) -> Crepre:
    """A lab with one course and a roster file."""
    ensure_samples(tmp_path)
    (tmp_path / "courses" / "first-course.toml").unlink()
    (tmp_path / "courses" / "music.toml").write_text(COURSE)
    (tmp_path / "export.csv").write_bytes(ROSTER.encode("cp1252"))
    return crepre


def members(lab: Crepre) -> dict[str, tuple[str, str]]:
    """Role and origin by name."""
    shown = lab("roster", "show", "music", "--json")
    assert shown.code == 0
    return {each["who"]: (each["role"], each["from"]) for each in shown.json}


def fine(done: Done) -> Done:
    assert (done.code, "Traceback" in done.err) == (0, False), done.err
    return done


def test_a_sync_shows_what_it_does_and_does_it(lab: Crepre) -> None:
    """
    First only shown, then done, then nothing more to do; guests and the file's people stay.

    Whoever has no account is told with the command that makes one.
    """
    shown = fine(lab("roster", "sync", "music", "export.csv", "--dry-run"))
    for text in ("Read as cp1252", "'Brukernavn'", "+ bjornas (Bjørn Ås)  student", "2 join"):
        assert text in shown.out
    assert "Nothing was changed" in shown.err
    assert members(lab) == {"tea": ("teacher", "file")}
    fine(lab("roster", "add", "music", "guest", "--role", "assistant", "--for", "1 h"))
    done = fine(lab("roster", "sync", "music", "export.csv"))
    assert "have no account yet" in done.out
    assert done.out.splitlines()[-1] == "crepre user add bjornas ceci"
    everybody = {
        "tea": ("teacher", "file"),
        "bjornas": ("student", "roster"),
        "ceci": ("assistant", "roster"),
        "guest": ("assistant", "hand"),
    }
    assert members(lab) == everybody
    again = fine(lab("roster", "sync", "music", "export.csv", "--json")).json
    assert (again["join"], again["leave"], again["change"], again["same"]) == ([], [], [], 2)
    assert members(lab) == everybody


def test_what_could_not_be_applied_is_not_told_as_applied(lab: Crepre, tmp_path: Path) -> None:
    """A program reads JSON for what was done; here somebody else was quicker."""
    fine(lab("roster", "show", "music"))
    with closing(sqlite3.connect(tmp_path / "var" / "crepre.sqlite")) as database:
        database.execute(
            "CREATE TRIGGER quicker BEFORE INSERT ON crepre_rosters"
            " BEGIN SELECT RAISE(ABORT, 'is there'); END"
        )
    done = lab("roster", "sync", "music", "export.csv", "--json")
    assert (done.code, done.out) == (1, "")
    assert "Somebody else has just changed who is in music." in done.err


def test_who_is_not_in_the_next_list_leaves(lab: Crepre, tmp_path: Path) -> None:
    """With the day until which the home is kept; a role that changes is shown before and after."""
    fine(lab("roster", "sync", "music", "export.csv"))
    (tmp_path / "next.csv").write_text("Username,Role\nceci,student\n")
    done = fine(lab("roster", "sync", "music", "next.csv"))
    assert "- bjornas (Bjørn Ås)  leaves; home kept until 20" in done.out
    assert "~ ceci (Ceci Berg)  assistant -> student" in done.out
    assert members(lab) == {"tea": ("teacher", "file"), "ceci": ("student", "roster")}


def test_a_list_with_a_mistake_changes_nothing(lab: Crepre, tmp_path: Path) -> None:
    """Exit 1, the line, and everybody as before."""
    (tmp_path / "bad.csv").write_text("Username,Role\nada,student\nbo,wizard\nc d,student\n")
    done = lab("roster", "sync", "music", "bad.csv")
    assert done.code == 1
    assert "line 3: 'wizard' is not a role" in done.err
    assert "line 4: the name 'c d' has a blank" in done.err
    assert members(lab) == {"tea": ("teacher", "file")}


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["roster", "show", "nope"], 1, "There is no course 'nope' (courses: music)."),
        (["roster", "sync", "music", "gone.csv"], 1, "gone.csv cannot be read"),
        (["roster", "sync", "music", "export.csv", "--column", "x"], 2, "write FIELD=HEADING"),
        (["roster", "sync", "music", "export.csv", "--column", "name=Feide"], 1, "'Feide'"),
        (["roster", "add", "music", "a b"], 1, "has a blank"),
        (["roster", "add", "music", "ada", "--role", "boss"], 2, "boss"),
        (["roster", "add", "music", "ada", "--for", "soon"], 2, "is not an amount"),
        (["roster", "add", "music", "ada", "--for", "9999999999 d"], 2, "a hundred years"),
        (["roster", "add", "music", "ada", "--section", "x" * 81], 1, "is not a section"),
        (["roster", "add", "music", "ada", "--section", "=1+1"], 1, "is not a section"),
        (["roster", "remove", "music", "tea"], 1, "tea is in the course file."),
        (["roster", "remove", "music", "nobody"], 1, "nobody is not in music."),
        (["roster", "join-link", "music", "--role", "teacher"], 2, "teacher"),
        (["roster", "join-link", "music", "--seats", "0"], 2, "seats"),
        (["roster", "join-link", "music", "--seats", "9" * 30], 2, "seats"),
        (["roster", "join-link", "music", "--section", "x" * 81], 1, "is not a section"),
        (["roster", "join-link", "music", "--expires", "9999999999 d"], 2, "a hundred years"),
        (["roster", "join-link", "music", "--revoke", "xx"], 1, "no join link 'xx'"),
        (["course", "show", "nope"], 1, "There is no course"),
    ],
)
def test_what_is_refused_is_told(lab: Crepre, words: list[str], code: int, says: str) -> None:
    """Exit 1 where the lab says no, 2 where the command is used wrongly."""
    done = lab(*words)
    assert (done.code, says in done.err, "Traceback" in done.err) == (code, True, False), done.err


def test_by_hand_in_and_out(lab: Crepre) -> None:
    """Added, shown, removed; with --dry-run nothing happens."""
    fine(lab("roster", "add", "music", "ada", "bo", "--section", "A", "--dry-run"))
    assert "ada" not in members(lab)
    fine(lab("roster", "add", "music", "ada", "bo", "--section", "A"))
    assert members(lab)["ada"] == ("student", "hand")
    fine(lab("roster", "remove", "music", "ada", "--dry-run"))
    assert "ada" in members(lab)
    assert "- ada  leaves; home kept until" in fine(lab("roster", "remove", "music", "ada")).out
    assert members(lab).keys() == {"tea", "bo"}


def test_a_join_link_is_made_shown_and_revoked(lab: Crepre) -> None:
    """Its address is told once; the list knows how many used it, and the code no more."""
    made = fine(lab("roster", "join-link", "music", "--seats", "40", "--json")).json
    assert made["link"].endswith(f"/hub/join/{made['code']}")
    assert len(made["code"].replace("-", "")) == 20
    shown = fine(lab("roster", "join-link", "music", "--list", "--json"))
    assert made["code"] not in shown.out
    assert [(each["state"], each["used"], each["seats"]) for each in shown.json] == [
        ("works", 0, 40)
    ]
    done = fine(lab("roster", "join-link", "music", "--revoke", made["id"], "--json"))
    assert [each["state"] for each in done.json] == ["revoked"]


def test_courses_are_listed_with_their_people(lab: Crepre) -> None:
    """For people and for programs."""
    fine(lab("roster", "sync", "music", "export.csv"))
    (course,) = fine(lab("course", "list", "--json")).json
    assert course["members"] == {"teachers": 1, "assistants": 1, "students": 1}
    assert course["closes"] == "2030-12-20"
    assert "Music" in fine(lab("course", "list")).out
    shown = fine(lab("course", "show", "music"))
    assert "... to 2030-12-20" in shown.out
    assert json.loads(fine(lab("course", "show", "music", "--json")).out)["profiles"]


def test_files_come_to_a_course(lab: Crepre, tmp_path: Path) -> None:
    """`show` tells where its folders are, before and after files were put there."""
    settings = tmp_path / "lab.toml"
    settings.write_text(settings.read_text().replace('backend = "auto"', 'backend = "local"'))
    assert "data       not made yet" in fine(lab("course", "show", "music")).out
    done = fine(lab("course", "put", "music", "export.csv", "--into", "week3"))
    assert "~/courses/music/data/week3" in done.out
    folders = fine(lab("course", "show", "music", "--json")).json["folders"]
    assert folders["data"]["size_bytes"] == len(ROSTER.encode("cp1252"))
    assert (Path(folders["data"]["place"]) / "week3" / "export.csv").exists()
    assert folders["shared"]["size_bytes"] == 0
    for words, text in {
        ("music", "nothing.csv"): "There is no nothing.csv",
        ("music", "export.csv", "--into", "../x"): "not a place within",
        ("nil", "export.csv"): "There is no course",
    }.items():
        refused = lab("course", "put", *words)
        assert (refused.code, text in refused.err) == (1, True), refused.err
    broken = lab("course", "show", "music", DOCKER_HOST="tcp://127.0.0.1:1")
    assert broken.code == 0
