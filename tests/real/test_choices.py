"""What the REST API and the form post is hostile until it has selected one of the offers."""

from __future__ import annotations

import secrets
from typing import Any

import pytest

from tests.labs.fixtures import People
from tests.labs.lab import COURSE, Lab

CLOSED = COURSE.replace("open = true", "open = false").replace(
    'teachers = ["tess"]', 'teachers = ["tess"]\nstudents = ["sam"]'
)


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"profile": "ml/huge"}, "not offered"),
        ({"profile": "closed/small"}, "not in the course"),
        ({"profile": "ml/small", "image": "alpine:latest"}, "no option image"),
        ({"profile": ["ml/small"]}, "not understood"),
        ({"profile": {"image": "alpine"}}, "not understood"),
        ({"profile": "x" * 100_000}, "not understood"),
        ({}, "No profile was chosen"),
    ],
)
async def test_a_forged_choice_starts_nothing(
    docker_lab: Lab, person: People, options: dict[str, Any], word: str
) -> None:
    """A choice that is not on offer is refused with its reason, and no container is made."""
    (docker_lab.root / "courses" / "closed.toml").write_text(CLOSED)
    mallory = await person(docker_lab, f"mallory{secrets.token_hex(3)}")
    status, answer = await mallory.api(
        "POST", f"users/{mallory.name}/server", {"user_options": options}
    )
    assert status == 403, answer
    assert word in str(answer)
    assert docker_lab.containers(mallory.name) == []


async def test_the_form_says_why_it_refuses(docker_lab: Lab, person: People) -> None:
    """A forged form comes back with a sentence and a code that the log has as well."""
    mallory = await person(docker_lab, "malloryform")
    status, page = await mallory.start("ml/small", image="alpine")
    assert status == 403
    assert "There is no option image." in page
    assert "Traceback" not in page
    code = page.split("(Code ")[1][:6]
    await docker_lab.until_logged(code)


async def test_a_person_of_a_course_may_start_what_it_offers(
    docker_lab: Lab, person: People
) -> None:
    """Somebody on a closed course's list starts its profile; nobody has to log in again."""
    (docker_lab.root / "courses" / "closed.toml").write_text(CLOSED)
    sam = await person(docker_lab, "sam")
    await sam.start_and_wait("closed/small")
    (container,) = docker_lab.containers("sam")
    assert container.labels["crepre.course"] == "closed"
    assert container.attrs["HostConfig"]["Memory"] == 1024**3
