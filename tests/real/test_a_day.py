"""A student's day, in a container and in a local process: in, to work, and everything kept."""

from __future__ import annotations

from tests.labs.fixtures import People
from tests.labs.lab import Lab


async def test_a_kernel_outlives_a_killed_hub(lab: Lab, person: People) -> None:
    """A hub that is killed and comes back finds the server; its kernel kept every variable."""
    ada = await person(lab, "ada")
    await ada.start_and_wait()
    await ada.open_lab()
    kernel = await ada.kernel()
    assert await kernel.run("melody = [60, 62, 64]; sum(melody)") == "186"
    old = lab.kill("hub")
    assert await kernel.run("melody[-1]") == "64"
    lab.until_hub_is_back(old)
    assert (await ada.model())["servers"][""]["ready"]
    assert await kernel.run("len(melody)") == "3"


async def test_a_file_outlives_its_server(lab: Lab, person: People) -> None:
    """What was saved is there after the server was stopped and started again."""
    bo = await person(lab, "bo")
    await bo.start_and_wait()
    await bo.open_lab()
    status, _ = await bo.server_api(
        "PUT", "contents/song.txt", {"type": "file", "format": "text", "content": "la la"}
    )
    assert status == 201
    await bo.stop()
    await bo.start_and_wait("ml/large")
    await bo.open_lab()
    status, file = await bo.server_api("GET", "contents/song.txt")
    assert (status, file["content"]) == (200, "la la")
