"""The first minutes of a lab: what ``crepre up`` says, and the way in that it gives."""

from __future__ import annotations

import re

from tests.labs.fixtures import LabMaker
from tests.labs.student import Student

LINK = re.compile(r"http://127\.0\.0\.1:\d+/hub/welcome\?code=[\w-]{43}")


async def test_the_first_admin_comes_in_by_a_link(make_lab: LabMaker) -> None:
    """Without Docker a sentence says so; a link opens the lab once, and then no more is given."""
    lab = make_lab("auto", socket="unix:///nowhere/docker.sock")
    said = lab.crepre("up", "--detach")
    assert "There is no Docker Engine here. The lab runs in local processes" in said
    assert "curl -fsSL https://get.docker.com | sh" in said
    (lost,) = LINK.findall(said)
    (link,) = LINK.findall(lab.crepre("up", "--detach"))  # as if the first had gone astray
    async with Student(lab, "admin") as admin:
        assert "This link cannot be used" in (await admin.page(lost))[0]
        await admin.join(link)
        assert (await admin.api("GET", "users"))[0] == 200
    assert not LINK.findall(lab.crepre("up", "--detach"))
