"""What the doctor makes of files, databases, proxy, hub and address."""

from __future__ import annotations

import base64
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine
from tornado.web import create_signed_value

from crepre_hub.doctor.database import (
    DatabaseFacts,
    DatabasesFacts,
    judge_databases,
    look_at_databases,
)
from crepre_hub.doctor.files import (
    judge_course_files,
    judge_lab_file,
    look_at_course_files,
    look_at_lab_file,
    settings_in_use,
)
from crepre_hub.doctor.web import (
    Answer,
    HubFacts,
    ProxyFacts,
    UrlFacts,
    is_signed_by,
    judge_hub,
    judge_proxy,
    judge_url,
)
from crepre_hub.settings.lab import Lab
from crepre_hub.settings.last_good import keep_lab
from crepre_hub.settings.live import LiveCourses
from crepre_hub.store.engine import open_engine
from crepre_hub.store.migrations import ensure_schema
from tests.unit.doctor.test_machine_checks import Lines, lines
from tests.unit.settings.conftest import COURSE

# --- lab.toml and course files

EVERYWHERE = "0.0.0.0"
GOES_ON = " (the last good version goes on)"


@pytest.mark.parametrize(
    ("before", "now", "is_up", "expected"),
    [
        ("", "", False, [("ok", "lab.toml is fine.")]),
        ("", "", True, [("ok", "lab.toml is fine.")]),
        ("", "# a comment", True, [("ok", "lab.toml is fine.")]),
        (
            "",
            '[lab]\nname = "New"',
            True,
            [("warning", "lab.toml was changed since the lab started, which goes on as it began.")],
        ),
        ("", '[lab]\nname = "New"', False, [("ok", "lab.toml is fine.")]),
        ("", "zzz = 1", False, [("error", "lab.toml: zzz: unknown setting")]),
        ("", "zzz = 1", True, [("warning", f"lab.toml: zzz: unknown setting{GOES_ON}")]),
    ],
)
def test_the_lab_file(tmp_path: Path, before: str, now: str, is_up: bool, expected: Lines) -> None:
    """A mistake stops a lab that is down, and waits while one is up."""
    (tmp_path / "lab.toml").write_text(before)
    keep_lab(tmp_path)
    (tmp_path / "lab.toml").write_text(now)
    assert lines(judge_lab_file(look_at_lab_file(tmp_path, is_up=is_up))) == expected


def test_the_other_checks_go_by_what_runs(tmp_path: Path) -> None:
    """Ports and network are those of the lab that is up, whatever the file says by now."""
    (tmp_path / "lab.toml").write_text('[lab]\nlisten = "127.0.0.1:9000"')
    keep_lab(tmp_path)
    (tmp_path / "lab.toml").write_text("")
    seen = look_at_lab_file(tmp_path, is_up=True)
    assert settings_in_use(tmp_path, seen, ()).lab.lab.listen == "127.0.0.1:9000"
    seen = look_at_lab_file(tmp_path, is_up=False)
    assert settings_in_use(tmp_path, seen, ()).lab == Lab()


@pytest.fixture
def course_file(tmp_path: Path) -> Path:
    """A course file that a running lab has read."""
    file = tmp_path / "courses" / "music.toml"
    file.parent.mkdir()
    file.write_text(COURSE)
    assert len(LiveCourses(tmp_path, images=["course-cpu"]).shelf().courses) == 1
    return file


def courses(root: Path) -> Lines:
    """What is found in the course files below *root*."""
    return lines(judge_course_files(look_at_course_files(root, ["course-cpu"])))


def test_good_courses(tmp_path: Path, course_file: Path) -> None:
    """They are listed by their ids."""
    assert course_file.exists()
    assert courses(tmp_path) == [("ok", "Courses: music.")]


def test_a_broken_course_with_a_last_good_version(tmp_path: Path, course_file: Path) -> None:
    """Students go on, so it is a warning."""
    course_file.write_text("zzz = 1")
    assert set(courses(tmp_path)) == {
        ("warning", f"courses/music.toml: title: is missing{GOES_ON}"),
        ("warning", f"courses/music.toml: profiles: is missing{GOES_ON}"),
        ("warning", f"courses/music.toml: zzz: unknown setting{GOES_ON}"),
    }


def test_a_broken_course_without_one(tmp_path: Path, course_file: Path) -> None:
    """Its students cannot work, so it is an error; nothing is written by looking."""
    (course_file.parent / "new.toml").write_text("profiles = 3")
    seen = courses(tmp_path)
    assert [level for level, _ in seen] == ["error", "error"]
    assert all("the course is not offered" in text for _, text in seen)
    assert not (tmp_path / "var" / "last-good" / "courses" / "new.toml").exists()


def test_no_course_at_all(tmp_path: Path) -> None:
    """Nobody could start anything."""
    assert courses(tmp_path) == [
        ("error", "There is no course in courses/, so nobody can start anything.")
    ]


def test_a_course_without_people(tmp_path: Path, course_file: Path) -> None:
    """A roster that was forgotten is noticed before the lesson."""
    course_file.write_text(COURSE.replace("open = true\n", ""))
    assert courses(tmp_path)[0] == (
        "warning",
        "Nobody is in the course music, and it is not open.",
    )


# --- databases


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """The lab's database, up to date."""
    engine = open_engine(f"sqlite:///{tmp_path / 'crepre.sqlite'}")
    ensure_schema(engine)
    yield engine
    engine.dispose()


def databases(folder: Path, *, is_up: bool = True) -> Lines:
    """What is found in the lab's database."""
    urls = {"crepre": f"sqlite:///{folder / 'crepre.sqlite'}"}
    return lines(judge_databases(look_at_databases(urls, is_up=is_up)))


def test_a_whole_database(tmp_path: Path, engine: Engine) -> None:
    """It is looked at while others use it."""
    with engine.connect():
        assert databases(tmp_path) == [("ok", "The database crepre is whole and can be written.")]


def test_a_locked_database(tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody who holds it for long keeps everybody else from writing."""
    monkeypatch.setattr("crepre_hub.doctor.database.PATIENCE_SECONDS", 0.05)
    with engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM crepre_login_attempts")
        ((level, text),) = databases(tmp_path)
    assert level == "error"
    assert "cannot be used: database is locked" in text


def test_a_damaged_database(tmp_path: Path, engine: Engine) -> None:
    """Half a page of noise does not go unnoticed."""
    engine.dispose()
    file = tmp_path / "crepre.sqlite"
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with file.open("r+b") as raw:
        raw.seek(3 * 4096)
        raw.write(b"\xff" * 4096 * 2)
    assert [level for level, _ in databases(tmp_path)] == ["error"]


def test_no_database_at_all(tmp_path: Path) -> None:
    """A file full of something else is not one."""
    (tmp_path / "crepre.sqlite").write_text("not a database, certainly not one" * 50)
    assert [level for level, _ in databases(tmp_path)] == ["error"]


@pytest.mark.parametrize(("is_up", "level"), [(True, "error"), (False, "ok")])
def test_a_database_that_is_not_there(tmp_path: Path, is_up: bool, level: str) -> None:
    """Before the first start that is as it should be; looking makes none."""
    assert [found for found, _ in databases(tmp_path, is_up=is_up)] == [level]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("version", ["0000", None])
def test_tables_of_another_version(version: str | None) -> None:
    """Our own tables must be as this version makes them; the hub looks after its own."""
    facts = DatabasesFacts(
        (DatabaseFacts("crepre", "x", version=version), DatabaseFacts("hub", "y")),
        "0001",
        is_up=True,
    )
    assert [level for level, _ in lines(judge_databases(facts))] == ["error", "ok"]


def test_a_databases_password_is_not_told() -> None:
    """A report may be sent by mail."""
    url = "postgresql+psycopg://lab:hunter2@127.0.0.1:1/lab"
    facts = DatabasesFacts((DatabaseFacts("hub", url, problem="refused"),), "", is_up=True)
    (one,) = judge_databases(facts)
    assert one.remedy == "pg_isready -h 127.0.0.1 -p 1 -d lab"


# --- proxy, hub, address

YES, NO, AWAY = Answer(200), Answer(403), Answer(0, "Connection refused")


@pytest.mark.parametrize(
    ("with_token", "without", "expected"),
    [
        (YES, NO, ("ok", "The proxy answers the hub, and nobody without its token.")),
        (
            YES,
            YES,
            ("error", "The proxy tells and changes its routes for anybody on this machine."),
        ),
        (NO, NO, ("error", "The proxy does not know this lab's token.")),
        (AWAY, AWAY, ("error", "The proxy does not answer (Connection refused).")),
        (Answer(500), NO, ("error", "The proxy does not answer (status 500).")),
    ],
)
def test_proxy(with_token: Answer, without: Answer, expected: tuple[str, str]) -> None:
    """It answers us, and nobody else."""
    assert lines(judge_proxy(ProxyFacts(with_token, without))) == [expected]


@pytest.mark.parametrize(
    ("direct", "by_proxy", "by_seats", "words"),
    [
        (YES, YES, YES, ["to browsers and to servers"]),
        (AWAY, AWAY, AWAY, ["The hub does not answer (Connection refused)."]),
        (YES, Answer(503), YES, ["not through the proxy (status 503)"]),
        (YES, YES, AWAY, ["at 10.1.0.1:8081 (Connection refused)"]),
        (YES, AWAY, AWAY, ["not through the proxy", "not where servers look"]),
    ],
)
def test_hub(direct: Answer, by_proxy: Answer, by_seats: Answer, words: list[str]) -> None:
    """Which way is closed is said, and only that."""
    found = lines(judge_hub(HubFacts(direct, by_proxy, by_seats, "10.1.0.1:8081")))
    assert len(found) == len(words)
    assert all(word in text for word, (_, text) in zip(words, found, strict=True))


@pytest.mark.parametrize(
    ("url", "answer", "is_ours", "address", "levels"),
    [
        ("http://127.0.0.1:8000", YES, True, "127.0.0.1", ["ok"]),
        ("http://localhost:8000", YES, True, "localhost", ["ok"]),
        ("https://lab.example.org", YES, True, "127.0.0.1", ["ok"]),
        ("https://lab.example.org", YES, True, EVERYWHERE, ["ok"]),
        ("http://lab.example.org", YES, True, EVERYWHERE, ["ok", "warning"]),
        ("https://lab.example.org", YES, False, "127.0.0.1", ["error"]),
        ("https://lab.example.org", AWAY, False, "127.0.0.1", ["error"]),
        ("http://lab.example.org", AWAY, False, "10.0.0.5", ["error", "warning"]),
    ],
)
def test_url(url: str, answer: Answer, is_ours: bool, address: str, levels: list[str]) -> None:
    """People reach this lab and no other, and not in the clear."""
    found = judge_url(UrlFacts(url, answer, is_ours, address))
    assert [level for level, _ in lines(found)] == levels


KEY = "00ff" * 16


def cookie(name: str, key: str) -> str:
    """A cookie as the hub with *key* would set it."""
    signed = create_signed_value(bytes.fromhex(key), name, "id")
    return f"_xsrf={base64.urlsafe_b64encode(signed).decode().rstrip('=')}; Path=/hub/"


@pytest.mark.parametrize(
    ("cookies", "is_ours"),
    [
        ([cookie("_xsrf", KEY)], True),
        (["a=b; Path=/", cookie("_xsrf", KEY)], True),
        ([cookie("_xsrf", "11" * 32)], False),
        ([cookie("other", KEY)], False),
        (["_xsrf=Zm9yZ2Vk"], False),
        (["_xsrf=%%%"], False),
        ([], False),
    ],
)
def test_whose_page_it_is(cookies: list[str], is_ours: bool) -> None:
    """Only this lab's hub can sign its cookie."""
    assert is_signed_by(KEY, tuple(cookies)) is is_ours


@pytest.mark.parametrize("key", ["", "zz", "0"])
def test_without_a_key_nothing_is_ours(key: str) -> None:
    """An empty secret signs nothing."""
    assert not is_signed_by(key, (cookie("_xsrf", KEY),))
