"""``crepre course``: open, close, archive and purge, in an empty lab with homes in folders."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import tarfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from crepre_hub.store.engine import open_engine
from crepre_hub.store.runs import RunLog
from crepre_hub.usage.sessions import Run
from tests.cli.conftest import CREPRE, PATIENCE_SECONDS, Crepre, Done

MUSIC = """
title = "Music"
teachers = ["tea"]
students = ["ada", "bo", "cy"]
{dates}
[profiles.small]
title = "Small"
image = "x:1"
"""
PAST = "opens = 2020-01-10\ncloses = 2020-06-01"


def today() -> date:
    """By the lab's clock; the tests may have begun yesterday."""
    return datetime.now(UTC).astimezone().date()


@pytest.fixture
def lab_folder(lab: Path) -> Path:
    """A lab with the courses *music*, which is over, and *art*, in which *bo* is as well."""
    (lab / "courses" / "first-course.toml").unlink()
    write(lab, "music", PAST)
    write(lab, "art", "", students='["bo"]')
    for name in ("ada", "bo", "cy"):
        home(lab, name).mkdir(parents=True)
        (home(lab, name) / "notes.txt").write_text(f"{name}'s notes")
    return lab


def write(lab: Path, course: str, dates: str, students: str = '["ada", "bo", "cy"]') -> None:
    text = MUSIC.format(dates=dates).replace('["ada", "bo", "cy"]', students)
    (lab / "courses" / f"{course}.toml").write_text(text)


def home(lab: Path, name: str) -> Path:
    return lab / "var" / "homes" / f"crepre-home-{name}"


def fine(done: Done) -> Done:
    assert done.code == 0, done.err + done.out
    return done


def refused(done: Done, *texts: str) -> None:
    assert done.code == 1, done.out
    for text in texts:
        assert text in done.err, done.err


def test_a_course_is_closed_and_opened_by_hand(crepre: Crepre, lab_folder: Path) -> None:
    """Shown with who, when and why; after a dry run nothing is different."""
    before = fine(crepre("course", "show", "art", "--json")).json
    assert (before["state"], before["by_hand"]) == ("open", None)
    dry = fine(crepre("course", "close", "art", "--reason", "Exam", "--dry-run"))
    assert "Nothing was changed" in dry.err
    assert fine(crepre("course", "show", "art", "--json")).json == before

    done = fine(crepre("course", "close", "art", "--reason", "Exam", SUDO_USER="kari"))
    assert "art is closed" in done.out
    shown = fine(crepre("course", "show", "art", "--json")).json
    assert shown["state"] == "closed"
    kept = {key: shown["by_hand"][key] for key in ("by_hand", "by", "reason", "counts")}
    assert kept == {"by_hand": "closed", "by": "kari", "reason": "Exam", "counts": True}
    assert "(kari): Exam" in fine(crepre("course", "show", "art")).out
    again = fine(crepre("course", "close", "art", "--json")).json
    assert (again["at"], again["reason"]) == (shown["by_hand"]["at"], "Exam")

    fine(crepre("course", "open", "music"))
    states = {each["id"]: each["state"] for each in fine(crepre("course", "list", "--json")).json}
    assert states == {"art": "closed", "music": "open"}
    assert "music is closed: 2020-01-10" in fine(crepre("course", "dates", "music")).out
    assert fine(crepre("course", "show", "music", "--json")).json["state"] == "closed"


def test_new_dates_in_the_file_are_the_last_word(crepre: Crepre, lab_folder: Path) -> None:
    """And it is said that they overrule what was typed."""
    fine(crepre("course", "open", "music"))
    write(lab_folder, "music", PAST.replace("06-01", "06-02"))
    shown = fine(crepre("course", "show", "music"))
    assert "closed; it was opened by hand on" in shown.out
    assert "the new dates in its file overrule that" in shown.out


def archived(lab: Path) -> list[Path]:
    return sorted((lab / "var" / "archives" / "music").glob("*.tar.gz"))


def test_a_course_is_archived_once(crepre: Crepre, lab_folder: Path) -> None:
    """Each home in a file that its checksum fits; a second run makes what is missing alone."""
    dry = fine(crepre("course", "archive", "music", "--dry-run"))
    assert "3 to be archived" in dry.out
    assert archived(lab_folder) == []
    done = fine(crepre("course", "archive", "music"))
    assert "Archived 3 homes" in done.out
    assert "/hub/my/archive" in done.out
    folder = lab_folder / "var" / "archives" / "music"
    subprocess.run(["sha256sum", "--strict", "-c", "SHA256SUMS"], cwd=folder, check=True)
    first = archived(lab_folder)
    assert [file.name.split("-")[0] for file in first] == ["ada", "bo", "cy"]
    with tarfile.open(first[0]) as tar:
        file = tar.extractfile("home/notes.txt")
        assert file is not None
        assert file.read() == b"ada's notes"

    again = fine(crepre("course", "archive", "music", "--json")).json
    assert (again["made"], again["failed"], again["applied"]) == ([], [], True)
    assert archived(lab_folder) == first

    (home(lab_folder, "bo") / "more.txt").write_text("since")
    first[2].unlink()
    made = fine(crepre("course", "archive", "music", "--json")).json["made"]
    assert [each["owner"] for each in made] == ["bo", "cy"]
    assert [file.name.split("-")[0] for file in archived(lab_folder)] == ["ada", "bo", "cy"]
    assert first[1] not in archived(lab_folder)


def test_the_day_of_purge_is_set_once_and_by_hand(crepre: Crepre, lab_folder: Path) -> None:
    """After the time that the course keeps homes; a later run leaves it, unless it is told."""
    day = str(today() + timedelta(days=90))
    plan = fine(crepre("course", "archive", "music", "--json")).json
    assert plan["purge_on"] == day
    write(lab_folder, "music", f"{PAST}\nkeep_homes = '10 d'")
    assert fine(crepre("course", "archive", "music", "--json")).json["purge_on"] == day
    set_by_hand = str(today() + timedelta(days=9))
    fine(crepre("course", "archive", "music", "--purge-on", set_by_hand))
    assert f"kept until {set_by_hand}" in fine(crepre("course", "list")).out
    for wrong in ("soon", "2020-01-01"):
        assert crepre("course", "archive", "music", "--purge-on", wrong).code == 2


def test_a_purge_takes_only_what_nobody_needs(crepre: Crepre, lab_folder: Path) -> None:
    """Refused while open, before its day, without archives, unasked; then one home stays."""
    refused(crepre("course", "purge", "art", "--yes", "art"), "art is not closed")
    fine(crepre("course", "archive", "music"))
    refused(crepre("course", "purge", "music", "--yes", "music"), "are kept until", "--purge-on")
    fine(crepre("course", "archive", "music", "--purge-on", str(today())))
    listed = fine(crepre("course", "list")).out
    assert f"may be purged since {today()}" in listed
    found = crepre("doctor", "--json").json
    (due,) = (each for each in found if each["check"] == "purge-dates")
    assert (due["level"], due["remedy"]) == ("warning", "crepre course purge music --dry-run")

    (home(lab_folder, "cy") / "late.txt").write_text("after the archive")
    plan = fine(crepre("course", "purge", "music", "--dry-run", "--json")).json
    answers = {each["owner"]: (each["goes"], each["why"]) for each in plan["homes"]}
    assert answers == {
        "ada": (True, "nobody needs it"),
        "bo": (False, "needed by art"),
        "cy": (False, "it has changed since its archive"),
    }
    refused(crepre("course", "purge", "music"), "There is nobody to ask.")
    refused(crepre("course", "purge", "music", "--yes", "art"), "--yes names 'art'")
    assert home(lab_folder, "ada").exists()

    done = fine(crepre("course", "purge", "music", "--yes", "music", SUDO_USER="kari"))
    assert "Removed 1 home." in done.out
    assert [home(lab_folder, name).exists() for name in ("ada", "bo", "cy")] == [False, True, True]
    (record,) = fine(crepre("course", "show", "music", "--json")).json["removed"]
    (archive,) = (file for file in archived(lab_folder) if file.name.startswith("ada-"))
    assert (record["owner"], record["by"]) == ("ada", "kari")
    assert record["archive"] == f"music/{archive.name}"
    assert f"{record['sha256']}  {archive.name}" in (archive.parent / "SHA256SUMS").read_text()
    assert f"ada, {today()}" in fine(crepre("course", "show", "music")).out


def test_a_disk_of_archives_that_is_not_there_is_told(crepre: Crepre, lab_folder: Path) -> None:
    """The folder is a link to a disk that is not mounted: a sentence, and every home stays."""
    (lab_folder / "var" / "archives").symlink_to(lab_folder / "not" / "mounted")
    for words in (["archive", "music"], ["purge", "music", "--yes", "music"]):
        refused(crepre("course", *words), "cannot be used", "mounted")
    assert home(lab_folder, "ada").exists()


def test_a_course_that_cannot_be_read_keeps_all_homes(crepre: Crepre, lab_folder: Path) -> None:
    """Who is in it is not known: nothing is removed, of whatever course, until it is mended."""
    fine(crepre("course", "archive", "music", "--purge-on", str(today())))
    new = lab_folder / "courses" / "new.toml"
    new.write_text('title = "New"\nstudents = ["ada"]\n[profiles.small]\nmemroy = "1 GiB"')
    for words in (["--yes", "music"], ["--dry-run"]):
        refused(crepre("course", "purge", "music", *words), "courses/new.toml", "memroy")
    assert home(lab_folder, "ada").exists()
    new.unlink()
    fine(crepre("course", "purge", "music", "--yes", "music"))
    assert not home(lab_folder, "ada").exists()


def test_a_question_does_not_stand_in_the_answer_for_a_program(
    crepre: Crepre, lab_folder: Path
) -> None:
    """With --json, standard output is JSON alone, whoever is asked."""
    fine(crepre("course", "archive", "music", "--purge-on", str(today())))
    ours, theirs = pty.openpty()
    os.write(ours, b"y\nmusic\n")
    done = subprocess.run(
        [CREPRE, "course", "purge", "music", "--json"],
        cwd=lab_folder, stdin=theirs, capture_output=True, text=True, check=False,
        timeout=PATIENCE_SECONDS,
    )  # fmt: skip
    os.close(ours)
    os.close(theirs)
    assert [each["owner"] for each in json.loads(done.stdout)["removed"]] == ["ada", "cy"]
    assert "for good?" in done.stderr


def test_an_archive_that_a_removed_home_relied_on_stays(crepre: Crepre, lab_folder: Path) -> None:
    """The same person comes back next year: the old archive is not replaced by the new one."""
    fine(crepre("course", "archive", "music", "--purge-on", str(today())))
    fine(crepre("course", "purge", "music", "--yes", "music"))
    home(lab_folder, "ada").mkdir()
    (home(lab_folder, "ada") / "notes.txt").write_text("next year")
    fine(crepre("course", "archive", "music"))
    assert len([file for file in archived(lab_folder) if file.name.startswith("ada-")]) == 2


def test_the_folders_of_a_course_go_with_it(crepre: Crepre, lab_folder: Path) -> None:
    """Shown, asked about and written down, since no archive has them; unless they are to stay."""
    file = lab_folder / "var" / "courses" / "music" / "data" / "corpus.txt"
    file.parent.mkdir(parents=True)
    file.parent.with_name("shared").mkdir(mode=0o500)
    file.write_text("la" * 1000)
    fine(crepre("course", "archive", "music", "--purge-on", str(today())))
    plan = fine(crepre("course", "purge", "music", "--dry-run", "--json")).json
    told = [(each["name"], each["size_bytes"], each["goes"]) for each in plan["folders"]]
    assert told == [("data", 2000, True), ("shared", 0, True)]
    dry = fine(crepre("course", "purge", "music", "--dry-run"))
    assert "- data: 2 KiB, IN NO ARCHIVE" in dry.out
    kept = fine(crepre("course", "purge", "music", "--keep-folders", "--yes", "music"))
    assert "stays: --keep-folders" in kept.out
    assert file.exists()
    refused(crepre("course", "purge", "music"), "There is nobody to ask.")
    done = fine(crepre("course", "purge", "music", "--yes", "music", SUDO_USER="kari"))
    assert "Removed 0 homes and the course's folders." in done.out
    assert not file.parent.parent.exists()
    assert f"the course's folders, {today()}" in fine(crepre("course", "show", "music")).out
    record = fine(crepre("course", "show", "music", "--json")).json["removed"][-1]
    assert (record["owner"], record["by"], record["home_bytes"]) == (None, "kari", 2000)
    again = fine(crepre("course", "purge", "music", "--yes", "music", "--json")).json
    assert (again["folders"], again["removed"]) == ([], [])


def test_a_guest_of_an_open_course_is_one_of_its_people(crepre: Crepre, lab_folder: Path) -> None:
    """Archived and removed with it, unless another course, open to all as well, needs the home."""
    for course in ("music", "art"):
        write(lab_folder, course, f"open = true\n{PAST if course == 'music' else ''}", "[]")
    fine(crepre("course", "list"))  # makes the database
    engine = open_engine(f"sqlite:///{next(lab_folder.glob('var/*.sqlite'))}")
    since = datetime(2020, 3, 1, tzinfo=UTC)
    for owner, course in (("ada", "music"), ("bo", "music"), ("bo", "art")):
        RunLog(engine).begin(Run(owner, course, course, "small", since, since))
    engine.dispose()
    made = fine(crepre("course", "archive", "music", "--purge-on", str(today()), "--json")).json
    assert [each["owner"] for each in made["made"]] == ["ada", "bo"]
    fine(crepre("course", "purge", "music", "--yes", "music"))
    assert [home(lab_folder, name).exists() for name in ("ada", "bo", "cy")] == [False, True, True]


def test_a_broken_archive_keeps_its_home(crepre: Crepre, lab_folder: Path) -> None:
    """It is read to its end first; only --without-archive goes on without it."""
    fine(crepre("course", "archive", "music", "--purge-on", str(today())))
    ada = archived(lab_folder)[0]
    content = bytearray(ada.read_bytes())
    content[-9] ^= 1
    ada.write_bytes(content)
    plan = fine(crepre("course", "purge", "music", "--dry-run"))
    assert "stays: its archive is not as it was written" in plan.out
    fine(crepre("course", "purge", "music", "--yes", "music"))
    assert home(lab_folder, "ada").exists()
    done = fine(crepre("course", "purge", "music", "--without-archive", "--yes", "music"))
    assert "WITHOUT A WHOLE ARCHIVE" in done.out
    assert not home(lab_folder, "ada").exists()
    removed = fine(crepre("course", "show", "music", "--json")).json["removed"]
    assert {each["owner"]: each["archive"] is None for each in removed} == {
        "ada": True,
        "cy": False,
    }


def test_who_has_left_is_archived_and_kept_as_promised(crepre: Crepre, lab_folder: Path) -> None:
    """Taken out by hand: still in the archive, and the home stays until the day that was told."""
    home(lab_folder, "di").mkdir()
    (home(lab_folder, "di") / "a").write_text("a")
    fine(crepre("roster", "add", "music", "di"))
    fine(crepre("roster", "remove", "music", "di"))
    done = fine(crepre("course", "archive", "music", "--purge-on", str(today())))
    assert "student, has left" in done.out
    assert "di-" in " ".join(file.name for file in archived(lab_folder))
    plan = fine(crepre("course", "purge", "music", "--dry-run"))
    assert f"stays: left, and kept until {today() + timedelta(days=90)}" in plan.out


def test_a_home_is_put_back_from_its_archive(crepre: Crepre, lab_folder: Path) -> None:
    """Into an empty home alone, and only from an archive that is whole."""
    fine(crepre("course", "archive", "music", "--purge-on", str(today())))
    ada, bo, _ = (str(file) for file in archived(lab_folder))
    refused(crepre("user", "home", "restore", "bo", bo), "The home of bo is not empty: 1 files")
    fine(crepre("course", "purge", "music", "--yes", "music"))
    assert "would be" in fine(crepre("user", "home", "restore", "ada", ada, "--dry-run")).out
    assert not home(lab_folder, "ada").exists()
    half = lab_folder / "half.tar.gz"
    half.write_bytes(Path(ada).read_bytes()[:60])
    refused(crepre("user", "home", "restore", "ada", str(half)), "is no whole archive")
    refused(crepre("user", "home", "restore", "ada", "gone.tar.gz"), "cannot be read")
    assert not home(lab_folder, "ada").exists()
    fine(crepre("user", "home", "restore", "ada", ada))
    assert (home(lab_folder, "ada") / "notes.txt").read_text() == "ada's notes"
