"""The end of servers that nobody uses."""

from __future__ import annotations

import asyncio

from tests.labs.fixtures import LabMaker, People
from tests.labs.lab import until


async def test_an_idle_server_is_stopped_and_its_home_kept(
    make_lab: LabMaker, person: People
) -> None:
    """After the time in lab.toml an unused server is stopped; its files are there next time."""
    lab = make_lab("local", more_settings={"servers": 'idle_stop = "10 s"\n'})
    lab.up()
    lab.stop_program("idle-culler")  # it would not wait for a busy machine
    ada = await person(lab, "ada")
    await ada.start_and_wait()
    await ada.open_lab()
    await ada.server_api(
        "PUT", "contents/song.txt", {"type": "file", "format": "text", "content": "la la"}
    )
    lab.start_program("idle-culler")
    await ada.until_stopped()
    log = lab.state / "log" / "idle-culler.log"
    await asyncio.to_thread(until, lambda: "Culling" in log.read_text(), what="the culler's word")
    lab.stop_program("idle-culler")
    await ada.start_and_wait()
    await ada.open_lab()
    _, file = await ada.server_api("GET", "contents/song.txt")
    assert file["content"] == "la la"
