"""The example course in labs: what its students run, on their servers, through the hub."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.labs.fixtures import LabMaker, People
from tests.labs.lab import Lab
from tests.labs.notebooks import Outcome, put_folder, run_notebook

COURSE = Path(__file__).parents[2] / "examples" / "creative-prediction"
NOTEBOOKS = COURSE / "notebooks"
HEARD = {"2-melody-rnn", "7-playing-together"}
PEAK_MIB = 2048
"""For a kernel and the largest program that it runs, together: the profile has 3 GiB."""


@pytest.fixture(params=["docker", "local"])
def course_lab(request: pytest.FixtureRequest, make_lab: LabMaker) -> Lab:
    """A lab with the example course, of each kind in turn."""
    more = {}
    if request.param == "docker":
        engine = request.getfixturevalue("docker_engine")
        more = {"engine": engine.url, "base": request.getfixturevalue("base_image")}
    lab = make_lab(request.param, **more)
    lab.write((COURSE / "course.toml").read_text())
    lab.up()
    return lab


async def test_each_notebook_of_the_example_course_runs_to_its_end(
    course_lab: Lab, person: People
) -> None:
    """No cell fails, everything is seen, music is heard, and the profile's memory is enough."""
    ada = await person(course_lab, "ada")
    await ada.start_and_wait("ml/studio")
    await ada.open_lab()
    await put_folder(ada, NOTEBOOKS)
    outcomes = []
    for notebook in sorted(NOTEBOOKS.glob("*.ipynb")):
        outcomes.append(await run_notebook(ada, f"notebooks/{notebook.name}"))
        print(outcomes[-1])
        look_and_listen(outcomes[-1], heard=notebook.stem in HEARD)
    print(f"{course_lab.backend}: {sum(each.seconds for each in outcomes):.0f} s for all")
    assert len(outcomes) == 7


def look_and_listen(outcome: Outcome, *, heard: bool) -> None:
    pictures = [data for kind, data in outcome.shown if kind == "image/png"]
    players = [data for kind, data in outcome.shown if "<audio" in data]
    assert pictures, f"{outcome.name} shows nothing"
    assert bool(players) == heard, f"{outcome.name} has {len(players)} players"
    assert sum(outcome.peak_mib) < PEAK_MIB, outcome
