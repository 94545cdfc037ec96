"""A lab whose hub and store are on PostgreSQL."""

from __future__ import annotations

from tests.labs.fixtures import LabMaker, People


async def test_a_lab_on_postgresql_outlives_its_hub(
    make_lab: LabMaker, person: People, postgres_url: str
) -> None:
    """Hub and accounts are kept where database.url says; a killed hub finds its servers."""
    url = postgres_url.replace("postgresql+psycopg://", "postgresql://")
    lab = make_lab("local", more_settings={"database": f'url = "{url}"\n'})
    lab.up()
    ada = await person(lab, "ada")
    await ada.start_and_wait()
    await ada.open_lab()
    kernel = await ada.kernel()
    assert await kernel.run("6 * 7") == "42"
    lab.until_hub_is_back(lab.kill("hub"))
    assert (await ada.model())["servers"][""]["ready"]
    assert not list(lab.state.glob("*.sqlite"))
    assert "ada" in lab.crepre("user", "list")
    await ada.stop()
    lab.down()  # before its database goes
