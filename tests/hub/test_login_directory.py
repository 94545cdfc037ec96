"""Debian's slapd, and this machine's own users, as ways into a real hub."""

from __future__ import annotations

import asyncio
import secrets
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from crepre_hub.login.throttle import PER_PAIR
from tests.hub.accounts_lab import Browser
from tests.hub.login_lab import World, world_in
from tests.machine.directory import PASSWORD, SEARCHER_PASSWORD, Directory

PEOPLE = "uid={username},ou=people,dc=uio,dc=no"


@asynccontextmanager
async def lab_with(folder: Path, directory: Directory, **changes: Any) -> AsyncIterator[World]:
    """A lab whose people are in *directory*."""
    section = {
        "server": "localhost",
        "port": directory.tls_port,
        "ca_file": str(directory.ca),
        "people": (PEOPLE,),
        **changes,
    }
    async with world_in(folder, ["ldap"], {"ldap": section}) as world:
        yield world


@pytest_asyncio.fixture
async def world(tmp_path: Path, directory: Directory) -> AsyncIterator[World]:
    async with lab_with(tmp_path, directory) as world:
        yield world


async def log_in(
    world: World, name: str, password: str = PASSWORD, *, kind: str = "ldap"
) -> tuple[Browser, int, str]:
    """Fill in the form; returns the browser, and status and page of the answer."""
    browser = world.lab.browser()
    status, page, _ = await browser.submit(f"/hub/login/{kind}", username=name, password=password)
    return browser, status, page


async def test_a_person_of_the_directory_comes_in_as_its_entry_says(world: World) -> None:
    """Name, lasting id and groups are the entry's; capitals and blanks make no second person."""
    for typed in ("ola", " OLA "):
        browser, status, page = await log_in(world, typed)
        assert status == 302, page
        assert await world.name_of(browser) == "ola"
    first, second = world.came
    assert first == second
    assert (first.display_name, first.claims) == ("Ola Nordmann", {"group:cn=ml,dc=uio,dc=no"})
    assert len(first.subject) == 36


async def test_whoever_does_not_know_the_password_stays_out(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """
    Wrong, empty and blank passwords, and names that are parts of a search, open nothing.

    CVE-2026-54338 (GHSA-p43p-whwx-q52h): however long a name is, the log does not grow with it.
    """
    tries = [("ola", "wrong"), ("ola", ""), ("ola", " "), ("nobody", PASSWORD)]
    tries += [
        (name, PASSWORD)
        for name in (
            "*",
            "ola*",
            "*)(uid=ola",
            "ola)(|(uid=*",
            "ola,ou=people",
            "ola\\00",
            "ｏｌａ",
            "uid=ola,ou=people,dc=uio,dc=no",
            "o" * 5_000_000,
        )
    ]
    for name, password in tries:
        browser, status, page = await log_in(world, name, password)
        assert (status, "is not right" in page) == (403, True), name[:50]
        assert await world.name_of(browser) == "", name[:50]
    assert not world.came
    assert len(caplog.text) < 1_000_000


async def test_a_search_finds_people_wherever_they_are(
    tmp_path: Path, directory: Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By an account of the lab's own, and with STARTTLS."""
    monkeypatch.setattr("tests.hub.login_lab.SECRET", SEARCHER_PASSWORD)
    how = {
        "people": (),
        "search_below": "dc=uio,dc=no",
        "search_as": "cn=searcher,dc=uio,dc=no",
        "tls": "starttls",
        "port": directory.port,
    }
    async with lab_with(tmp_path, directory, **how) as world:
        browser, status, page = await log_in(world, "kari")
        assert status == 302, page
        assert await world.name_of(browser) == "kari"
        assert (await log_in(world, "kari", "wrong"))[1] == 403


@pytest.mark.parametrize(
    "wrong",
    [
        {"ca_file": ""},  # an authority that nobody here knows
        {"server": "127.0.0.1"},  # another name than the certificate's
        {"port": 1},  # nobody is there
    ],
)
async def test_no_password_goes_to_a_directory_that_is_not_the_one(
    tmp_path: Path, directory: Directory, wrong: dict[str, Any]
) -> None:
    """Without a right certificate nothing is sent, and the page says that it does not answer."""
    async with lab_with(tmp_path, directory, **wrong) as world:
        browser, status, page = await log_in(world, "ola")
        assert (status, "does not answer just now" in page) == (503, True), page
        assert await world.name_of(browser) == ""


async def test_guessing_is_slowed_down(world: World) -> None:
    """By the same counters as the lab's own accounts."""
    for _ in range(PER_PAIR):
        assert (await log_in(world, "kari", "wrong"))[1] == 403
    _, status, page = await log_in(world, "kari")
    assert (status, "too many attempts" in page) == (429, True)
    assert (await log_in(world, "ola"))[1] == 302


async def test_who_is_renamed_in_the_directory_keeps_the_account(
    world: World, directory: Directory
) -> None:
    """The entry's id counts; whoever gets the old name is somebody else."""
    await log_in(world, "kari")
    directory.rename("kari", "kari2")
    try:
        browser, status, _ = await log_in(world, "kari2")
        assert (status, await world.name_of(browser)) == (302, "kari")
        entry = "objectClass: inetOrgPerson\nuid: kari\ncn: K\nsn: K\n"
        directory.add(f"dn: uid=kari,ou=people,dc=uio,dc=no\n{entry}userPassword: {PASSWORD}\n")
        _, status, page = await log_in(world, "kari")
        assert (status, "belongs to somebody else" in page) == (403, True)
    finally:
        directory._tool("ldapdelete", "uid=kari,ou=people,dc=uio,dc=no")
        directory.rename("kari2", "kari")


@pytest.fixture
def system_user(root: None) -> Iterator[str]:
    """A person with an account on this machine, for a moment."""
    name = f"crepre-{secrets.token_hex(3)}"
    subprocess.run(["useradd", "--no-create-home", "--comment", "Pia P,,,", name], check=True)
    subprocess.run(["chpasswd"], input=f"{name}:{PASSWORD}", text=True, check=True)
    yield name
    subprocess.run(["userdel", name], check=True)


async def test_people_with_an_account_of_this_machine_come_in(
    tmp_path: Path, system_user: str
) -> None:
    """By PAM; root and wrong passwords do not, and the right one does not in another spelling."""
    async with world_in(tmp_path, ["pam"], {"pam": {}}) as world:
        browser, status, page = await log_in(world, system_user, kind="pam")
        assert status == 302, page
        assert await world.name_of(browser) == system_user
        (who,) = world.came
        assert (who.display_name, f"group:{system_user}" in who.claims) == ("Pia P", True)
        for name, password in ((system_user, "wrong"), (system_user, ""), ("root", PASSWORD)):
            _, status, _ = await log_in(world, name, password, kind="pam")
            assert status == 403, name


async def test_the_hub_goes_on_while_a_directory_is_asked(world: World) -> None:
    """Ten logins at once are worked on beside the hub's loop, and the pages still answer."""
    logins = [asyncio.create_task(log_in(world, "ola")) for _ in range(10)]
    assert (await world.lab.browser().get("/hub/health"))[0] == 200
    assert {status for _, status, _ in await asyncio.gather(*logins)} == {302}
