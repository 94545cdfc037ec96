"""A course's data and what it shares, in containers: who reads, who writes, who sees nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from tests.labs.fixtures import LabMaker
from tests.labs.lab import Lab
from tests.labs.student import Kernel, Student
from tests.machine.engine import Engine

pytestmark = [pytest.mark.timeout(600), pytest.mark.asyncio(loop_scope="module")]

COURSE = """\
title = "{title}"
teachers = {teachers}
students = {students}
[profiles.small]
title = "Small"
image = "minimal"
cpus = 1
memory = "512 MiB"
[profiles.large]
title = "Large"
image = "minimal"
memory = "1 GiB"
"""
DATA, SHARED = "/home/student/courses/ml/data", "/home/student/courses/ml/shared"


@dataclass
class Class:
    """Everybody at work: a teacher and two students of ``ml``, and a student of ``art``."""

    lab: Lab
    people: dict[str, Student]
    kernels: dict[str, Kernel]

    async def run(self, name: str, command: str) -> tuple[int, str]:
        """Exit code and output of a shell's *command* in the server of *name*."""
        code = (
            "import json, subprocess; done = subprocess.run("
            f"{command!r}, shell=True, capture_output=True, text=True);"
            "print(json.dumps([done.returncode, done.stdout + done.stderr]))"
        )
        code, said = json.loads(await self.kernels[name].run(code))
        await self.kernels[name].close()  # a tab that idles while others work is given up
        return code, said

    async def said(self, name: str, command: str) -> str:
        """What *command* prints; it must end well."""
        code, text = await self.run(name, command)
        assert code == 0, f"{name}: {command}: {text}"
        return text.strip()

    async def seat(self, name: str, profile: str) -> None:
        """Start a server of *name*, with a kernel."""
        await self.people[name].start_and_wait(profile)
        await self.people[name].open_lab()
        self.kernels[name] = await self.people[name].kernel()


@pytest.fixture(scope="module")
def data_lab(make_lab: LabMaker, docker_engine: Engine, base_image: str) -> Lab:
    """Two courses: one with data, and one whose volume a crash has left half made."""
    lab = make_lab("docker", engine=docker_engine.url, base=base_image)
    lab.write(COURSE.format(title="Music", teachers='["tea"]', students='["stu", "sue", "max"]'))
    art = COURSE.format(title="Art", teachers='["tim"]', students='["ann", "max"]')
    (lab.root / "courses" / "art.toml").write_text(art)
    with lab.docker() as client:
        client.volumes.create(f"{lab.id}-shared-art")
    lab.up()
    corpus = lab.root / "corpus" / "deep"
    corpus.mkdir(parents=True)
    (corpus / "tune.txt").write_text("la\n")
    (corpus / "blåbær.csv").write_text("1,2\n")
    lab.crepre("course", "put", "ml", str(lab.root / "corpus"), "--into", "week3")
    return lab


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def room(data_lab: Lab) -> AsyncIterator[Class]:
    """All at work, having come at the same moment; servers stop at the end."""
    names = {"tea": "ml", "stu": "ml", "sue": "ml", "max": "art"}
    people = {name: Student(data_lab, name) for name in names}
    room = Class(data_lab, people, {})
    for name, person in people.items():
        await person.join(data_lab.link_for(name))
    await asyncio.gather(*(room.seat(name, f"{names[name]}/small") for name in names))
    yield room
    for name, person in people.items():
        await room.kernels[name].close()
        await person.stop()
        await person.http.close()


async def test_a_student_reads_the_data(room: Class) -> None:
    """In the home's list, a click away, and in code by the same path; names stay as they were."""
    assert await room.said("stu", f"cat {DATA}/week3/corpus/deep/tune.txt") == "la"
    assert await room.said("stu", "cd ~/courses/ml/data && ls week3/corpus/deep") == (
        "blåbær.csv\ntune.txt"
    )
    _, listed = await room.people["stu"].server_api("GET", "contents/courses/ml")
    assert sorted(each["name"] for each in listed["content"]) == ["data", "shared"]


@pytest.mark.parametrize(
    "attempt",
    [
        "echo x > {data}/new.txt",
        "echo x >> {data}/week3/corpus/deep/tune.txt",
        "rm -r {data}/week3",
        "mv {data}/week3 {data}/week4",
        "chmod 777 {data}",
        "chmod a+w {data}/week3/corpus/deep/tune.txt",
        "touch -a {data}/week3",
        "ln {data}/week3/corpus/deep/tune.txt ~/mine.txt",
        "ln -s /tmp {data}/tmp",
        "mount -o remount,rw /courses/ml/data",
        "umount /courses/ml/data",
        "mount --bind /courses/ml/shared /courses/ml/data",
        "unshare -rm mount -o remount,rw,bind /courses/ml/data",
        "rmdir /courses/ml/shared || mv /courses/ml /courses/x",
        "mkdir /courses/other",
    ],
)
async def test_a_student_changes_no_data(room: Class, attempt: str) -> None:
    """Not with the same uid, nor by another name, mode or mount; and nothing has changed."""
    code, said = await room.run("stu", attempt.format(data=DATA))
    assert code != 0, said
    assert await room.said("tea", f"cat {DATA}/week3/corpus/deep/tune.txt") == "la"
    assert await room.said("tea", f"ls -A {DATA}") == "week3"


async def test_a_teacher_writes_what_students_read_at_once(room: Class) -> None:
    """Whatever umask and mode the teacher's files have, of files that an admin put as well."""
    await room.said("tea", f"umask 077; mkdir {DATA}/own; echo new > {DATA}/own/notes.txt")
    await room.said("tea", f"echo more >> {DATA}/week3/corpus/deep/tune.txt")
    assert await room.said("stu", f"cat {DATA}/own/notes.txt") == "new"
    assert await room.said("stu", f"tail -1 {DATA}/week3/corpus/deep/tune.txt") == "more"
    await room.said("tea", f"rm -r {DATA}/own; sed -i 2d {DATA}/week3/corpus/deep/tune.txt")


async def test_students_share_a_folder(room: Class) -> None:
    """One writes, another reads and edits; a third, in another course, sees neither folder."""
    await room.said("stu", f"umask 077; echo one > {SHARED}/score.txt")
    await room.said("sue", f"echo two >> {SHARED}/score.txt")
    assert await room.said("stu", f"cat {SHARED}/score.txt") == "one\ntwo"
    assert await room.said("tea", f"cat {SHARED}/score.txt") == "one\ntwo"
    code, _ = await room.run("max", f"ls {SHARED} || ls {DATA} || ls /courses/ml")
    assert code != 0
    assert await room.said("max", "ls /courses; ls ~/courses") == "art\nart"
    assert "ml" not in await room.said("max", "grep /courses /proc/self/mountinfo")


async def test_half_made_folders_come_right(room: Class) -> None:
    """A volume that was made, and whose owner was not set, is the students' at the next start."""
    await room.said("max", "echo drawn > ~/courses/art/shared/picture.txt")
    code, _ = await room.run("max", "echo x > ~/courses/art/data/x.txt")
    assert code != 0


async def test_links_in_the_shared_folder_lead_nowhere(room: Class) -> None:
    """To whoever follows them they are their own files; an admin's command stays in the volume."""
    outside = room.lab.root / "outside"
    outside.mkdir()
    (outside / "secret.txt").write_text("of the host")
    await room.said("stu", "echo mine > ~/secret.txt; echo of stu > ~/only-stu.txt")
    await room.said("sue", "echo hers > ~/secret.txt")
    targets = {
        "shadow": "/etc/shadow",
        "home": "/home/student",
        "host": str(outside),
        "up": "../../../../../../../../../..",
        "docker": "/var/lib/docker",
    }
    for name, target in targets.items():
        await room.said("stu", f"ln -s {target} {SHARED}/{name}")
    assert await room.said("sue", f"cat {SHARED}/home/secret.txt") == "hers"
    for name in ("shadow", "home/only-stu.txt", "host/secret.txt", "docker/volumes"):
        code, said = await room.run("sue", f"cat {SHARED}/{name}")
        assert code != 0, said
    gift = room.lab.root / "gift.txt"
    gift.write_text("x" * 100_000)
    for name in ("host", "up", "shadow"):
        room.lab.crepre("course", "put", "ml", str(gift), "--shared", "--into", name, ok=False)
    assert [each.name for each in outside.iterdir()] == ["secret.txt"]
    assert not (room.lab.root.parents[-1] / "gift.txt").exists()
    shown = json.loads(room.lab.crepre("course", "show", "ml", "--json"))["folders"]
    assert shown["shared"]["size_bytes"] < 2_000_000


async def test_no_option_changes_what_is_mounted(room: Class) -> None:
    """What a student posts selects an offer and nothing else; another course's is refused."""
    await room.people["max"].stop()
    for form in ({"profile": "art/small", "volumes": "x"}, {"profile": "art/small", "mode": "rw"}):
        status, _ = await room.people["max"].api("POST", "users/max/server", form)
        assert status >= 400, form
    with_title = COURSE.format(title="Closed", teachers='["tim"]', students="[]")
    (room.lab.root / "courses" / "other.toml").write_text(with_title)
    status, _ = await room.people["max"].start("other/small")
    assert status == 403
    await room.seat("max", "ml/small")
    assert await room.said("max", "ls ~/courses") == "ml"
    assert await room.said("max", f"head -1 {DATA}/week3/corpus/deep/tune.txt") == "la"


async def test_a_new_role_counts_at_the_next_start(room: Class) -> None:
    """Who becomes a teacher writes after a restart of their server, and not before."""
    raised = COURSE.format(title="Music", teachers='["tea", "sue"]', students='["stu", "max"]')
    room.lab.write(raised)
    code, _ = await room.run("sue", f"touch {DATA}/early.txt")
    assert code != 0
    await room.people["sue"].stop()
    await room.seat("sue", "ml/small")
    await room.said("sue", f"touch {DATA}/late.txt && rm {DATA}/late.txt")


async def test_volumes_say_whose_they_are(room: Class) -> None:
    """Labels name lab, course and folder; of what put the files in nothing is left."""
    with room.lab.docker() as client:
        mine = {"label": [f"crepre.lab={room.lab.id}", "crepre.course=ml"]}
        volumes = client.volumes.list(filters=mine)
        hands = client.containers.list(
            all=True,
            filters={"label": ["crepre.hand", *mine["label"][:1]]},
            ignore_removed=True,
        )
    assert {each.attrs["Labels"]["crepre.folder"] for each in volumes} == {"data", "shared"}
    assert hands == []


async def test_files_that_cannot_be_put_are_refused_in_words(room: Class) -> None:
    """A file that is not there, a place outside, a course that is not: a sentence, nothing done."""
    gift = room.lab.root / "gift2.txt"
    gift.write_text("x")
    for words in (("ml", "/nowhere"), ("ml", str(gift), "--into", "../x"), ("nil", str(gift))):
        said = room.lab.crepre("course", "put", *words, ok=False)
        assert said
        assert "Traceback" not in said
    assert await room.said("tea", f"ls {DATA}") == "week3"
