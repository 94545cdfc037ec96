"""``crepre doctor`` on real folders, ports and files."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.cli.conftest import Crepre, Done
from tests.machine.engine import Engine

NOWHERE = "unix:///nowhere/docker.sock"


def by_check(done: Done) -> dict[str, list[dict[str, Any]]]:
    """The report's findings, by the names of their checks."""
    found: dict[str, list[dict[str, Any]]] = {}
    for each in done.json:
        found.setdefault(each["check"], []).append(each)
    return found


def test_a_folder_without_a_lab(crepre: Crepre) -> None:
    """One error that says how to begin; the rest waits; nothing is written."""
    done = crepre("doctor", "--json")
    assert (done.code, done.files) == (1, frozenset())
    assert [each["check"] for each in done.json if each["level"] == "error"] == ["settings"]
    assert "crepre init" in by_check(done)["settings"][0]["text"]
    assert by_check(done)["hub"][0]["level"] == "skipped"


def test_a_lab_that_is_down(crepre: Crepre, lab: Path) -> None:
    """Its one trouble is that it is down (and that its packages are not there yet)."""
    done = crepre("doctor", "--json")
    report = by_check(done)
    assert (done.code, done.files) == (1, frozenset())
    assert report["lab"][0]["remedy"] == "crepre up --detach"
    assert [report[name][0]["level"] for name in ("settings", "courses", "ports", "disk")] == (
        ["ok"] * 4
    )
    assert report["programs"][0]["level"] == "skipped"
    assert lab.exists()


def test_each_finding_has_the_same_fields(crepre: Crepre, lab: Path) -> None:
    """A program that reads the report can rely on them; what is not well has a remedy."""
    for each in crepre("doctor", "--json").json:
        assert list(each) == ["check", "title", "level", "text", "remedy"]
        assert bool(each["remedy"]) == (each["level"] in ("warning", "error"))
    assert lab.exists()


def test_the_gravest_stands_last(crepre: Crepre, lab: Path) -> None:
    """What to mend first is next to the prompt, with its remedy, then the sum."""
    (lab / "courses" / "bad.toml").write_text("zzz = 1")
    lines = crepre("doctor").out.splitlines()
    marks = [line[0] for line in lines[:-2] if line[0] in "✓-!✗"]
    assert marks == sorted(marks, key="-✓!✗".index)
    assert lines[-3].startswith("   ")
    assert lines[-3].strip()
    assert lines[-1].endswith("skipped.")
    assert "error" in lines[-1]


def test_somebody_elses_port(crepre: Crepre, lab: Path, port: int, listener: socket.socket) -> None:
    """Who it is, by name and number, and how to find it."""
    (found,) = by_check(crepre("doctor", "--json"))["ports"]
    assert found["level"] == "error"
    assert f"Port {port}" in found["text"]
    assert f"({os.getpid()})" in found["text"]
    assert f"sport = :{port}" in found["remedy"]
    assert listener.fileno() > 0
    assert lab.exists()


def test_a_broken_course(crepre: Crepre, lab: Path) -> None:
    """A mistake is an error while there is no good version of the file."""
    (lab / "courses" / "first-course.toml").write_text("zzz = 1")
    found = by_check(crepre("doctor", "--json"))["courses"]
    assert {each["level"] for each in found} == {"error"}
    assert any("zzz: unknown setting" in each["text"] for each in found)


def test_a_silent_docker(crepre: Crepre, lab: Path) -> None:
    """The doctor ends, and says that Docker is silent, and how to start it."""
    file = lab / "lab.toml"
    file.write_text(file.read_text().replace('backend = "local"', 'backend = "docker"'))
    report = by_check(crepre("doctor", "--json", DOCKER_HOST=NOWHERE))
    assert report["docker"][0]["text"] == f"Docker does not answer at {NOWHERE}."
    assert report["docker"][0]["remedy"] == "Start it: systemctl restart docker"
    assert {report[name][0]["level"] for name in ("network", "guard", "images")} == {"skipped"}


def test_a_docker_that_hangs(crepre: Crepre, lab: Path, tmp_path: Path) -> None:
    """An engine that takes calls and answers none costs seconds, not the report."""
    file = lab / "lab.toml"
    file.write_text(file.read_text().replace('backend = "local"', 'backend = "docker"'))
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(tmp_path / "d.sock"))
        silent.listen()
        report = by_check(crepre("doctor", "--json", DOCKER_HOST=f"unix://{tmp_path / 'd.sock'}"))
    assert report["docker"][0]["level"] == "error"
    assert report["database"][0]["level"] == "ok"


def test_a_real_docker(crepre: Crepre, lab: Path, docker_engine: Engine) -> None:
    """A real engine's answers are understood: version, safety, images, disk."""
    file = lab / "lab.toml"
    file.write_text(file.read_text().replace('backend = "local"', 'backend = "docker"'))
    report = by_check(crepre("doctor", "--json", DOCKER_HOST=docker_engine.url))
    assert report["docker"][0]["level"] == "ok"
    for name in ("docker-version", "docker-safety", "images", "disk-docker"):
        assert not [each for each in report[name] if "check itself" in each["text"]]


def test_a_database_that_is_locked(crepre: Crepre, lab: Path) -> None:
    """A writer who never ends is found from another process."""
    crepre("user", "add", "ada")
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            (
                "import sqlite3, sys, time; c = sqlite3.connect(sys.argv[1]);"
                "c.execute('BEGIN IMMEDIATE'); print('held', flush=True); time.sleep(600)"
            ),
            str(lab / "var" / "crepre.sqlite"),
        ],
        stdout=subprocess.PIPE,
    )
    try:
        assert holder.stdout is not None
        holder.stdout.readline()
        found = by_check(crepre("doctor", "--json"))["database"]
    finally:
        holder.kill()
        holder.communicate()
    (locked,) = [each for each in found if each["level"] == "error"]
    assert "database is locked" in locked["text"]
    assert locked["remedy"].startswith("Find who holds it: fuser")


def test_a_clock_that_went_back(crepre: Crepre, lab: Path) -> None:
    """A file of tomorrow tells that today is wrong."""
    crepre("user", "add", "ada")
    file = lab / "var" / "crepre.sqlite"
    later = file.stat().st_mtime + 86400
    os.utime(file, (later, later))
    found = by_check(crepre("doctor", "--json"))["clock"]
    assert found[0]["level"] == "error"
    assert "files were written at" in found[0]["text"]
