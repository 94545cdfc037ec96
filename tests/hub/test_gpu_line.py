"""Two students and one GPU, in a real hub: waiting, offers, starts, ends; and the board."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from crepre_hub.backends.backend import Found, Seat
from crepre_hub.clock import utc_now
from crepre_hub.gpu.claims import Claim, Lease
from crepre_hub.gpu.troubles import OFF_THE_BUS, Trouble
from crepre_hub.probes.gpus import GpuInventory
from crepre_hub.settings.gpus import GpuCard, GpusSection
from crepre_hub.settings.lab import Lab as LabFile
from tests.hub.course_lab import CourseBrowser, CourseLab, course_lab_in, write_course

pytestmark = pytest.mark.asyncio(loop_scope="module")

GPU = "GPU-0aaaaaaa"
PROFILE = """
[profiles.gpu]
title = "With a GPU"
image = "x:1"
gpu = "whole"
"""

SHOWN = 140
"""So much of a notice does JupyterLab show."""

LESSON_FOR_TWO = """
[[gpus.reservations]]
profile = "gpu"
seats = 2
day = 2099-01-08
starts = "10:15"
ends = "12:00"
"""


def one_gpu() -> LabFile:
    """A lab file with one GPU, said in a list."""
    card = GpuCard(uuid=GPU, name="Card", memory="24 GiB")
    return LabFile(gpus=GpusSection(found_by="list", cards=(card,)))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lab(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[CourseLab]:
    folder = tmp_path_factory.mktemp("gpus")
    write_course(folder, "ml", teachers=["tea"], students=["ada", "bo"], more="")
    file = folder / "courses" / "ml.toml"
    file.write_text(file.read_text() + PROFILE)
    async with course_lab_in(folder, lab_file=one_gpu()) as lab:
        names = ("ada", "bo", "tea", "out", "boss")
        lab.browsers = {name: await lab.newcomer(name, admin=name == "boss") for name in names}
        lab.look()
        await lab.app._first_look
        yield lab


@pytest_asyncio.fixture(loop_scope="module")
async def people(lab: CourseLab) -> AsyncIterator[dict[str, CourseBrowser]]:
    """Everybody's browser; afterwards nobody has a server, a claim or a lease."""
    yield lab.browsers
    for user in [*lab.app.users.values()]:
        await stop(lab, user.name)
    for name in lab.browsers:
        lab.wiring.lending.leave(name)
    for lease in leases(lab):
        lab.wiring.lending.give_back(lease.id)


def leases(lab: CourseLab) -> list[Lease]:
    return [*lab.wiring.lending.book().leases.values()]


def claims(lab: CourseLab) -> list[Claim]:
    return [*lab.wiring.lending.book().claims.values()]


async def stop(lab: CourseLab, name: str) -> None:
    user = lab.app.users[name]
    if user.running:
        await user.stop()


async def press(browser: CourseBrowser, action: str, path: str = "/hub/gpu", **more: str) -> Any:
    token = await browser.token_of("/hub/password")
    return await browser.post(path, {"_xsrf": token, "action": action, **more})


async def with_token(lab: CourseLab, name: str, method: str, path: str) -> Any:
    """What the hub answers *name*'s server, which asks as JupyterLab makes it ask."""
    headers = {"Authorization": f"token {lab.app.users[name].new_api_token()}"}
    url = f"{lab.base}/hub/api/crepre/{path}"
    async with lab.browser().session.request(method, url, headers=headers) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.json(content_type=None)


async def until(fact: Callable[[], object]) -> None:
    for _ in range(900):
        if fact():
            return
        await asyncio.sleep(0.1)
    raise AssertionError("not within 90 s")


async def test_the_second_waits_and_starts_when_the_first_is_done(
    lab: CourseLab, people: dict[str, CourseBrowser]
) -> None:
    """A place and a likely time, an offer when the first has stopped, and then the server."""
    ada, bo = people["ada"], people["bo"]
    assert "1 free now" in (await ada.get("/hub/spawn"))[1]
    await lab.started("ada", ada, "ml/gpu")
    assert [(each.person, each.gpu) for each in leases(lab)] == [("ada", GPU)]
    assert "next at about" in (await bo.get("/hub/spawn"))[1]
    status, _, headers = await bo.submit_spawn("ml/gpu")
    assert (status, headers["Location"]) == (302, "/hub/gpu")
    _, page, _ = await bo.get("/hub/gpu")
    assert "Place <strong>1</strong> of 1" in page
    assert re.search(r"Probably free at about <strong>\d\d:\d\d<", page)
    assert not lab.app.users["bo"].running
    when = re.search(r"your turn at about (\d\d:\d\d)", (await bo.get("/hub/spawn"))[1])
    assert when is not None, "the start page tells of a new claim, and not of the reader's own"
    assert f"Probably free at about <strong>{when[1]}<" in (await bo.get("/hub/gpu"))[1]

    await stop(lab, "ada")
    assert leases(lab) == []
    assert claims(lab)[0].offer is not None
    assert "GPU: one is kept for you" in (await bo.get("/hub/spawn"))[1]
    assert "A GPU is free for you" in (await bo.get("/hub/gpu?part=1"))[1]
    status, _, headers = await press(bo, "start")
    assert headers["Location"].startswith("/hub/spawn-pending/bo")
    await lab.until_running("bo")
    assert [each.person for each in leases(lab)] == ["bo"]
    assert claims(lab) == []
    assert "You have a GPU until" in (await bo.get("/hub/gpu"))[1]


async def test_somebody_in_line_works_without_a_gpu_meanwhile(
    lab: CourseLab, people: dict[str, CourseBrowser]
) -> None:
    """Their place is kept, and the server without is ended when the one with a GPU starts."""
    await lab.started("ada", people["ada"], "ml/gpu")
    await people["bo"].submit_spawn("ml/gpu")
    await lab.started("bo", people["bo"], "ml/small")
    assert [each.person for each in claims(lab)] == ["bo"]
    assert "Open my server without a GPU" in (await people["bo"].get("/hub/gpu"))[1]
    await stop(lab, "ada")
    assert "Save your work in it first" in (await people["bo"].get("/hub/gpu"))[1]
    await press(people["bo"], "start")
    await lab.until_running("bo")
    assert lab.app.users["bo"].spawner.lease == leases(lab)[0].id
    assert leases(lab)[0].person == "bo"


async def test_whoever_leaves_the_line_is_not_in_it(
    lab: CourseLab, people: dict[str, CourseBrowser]
) -> None:
    """And may ask again."""
    await lab.started("ada", people["ada"], "ml/gpu")
    await people["bo"].submit_spawn("ml/gpu")
    await press(people["bo"], "leave")
    assert claims(lab) == []
    assert "not in line" in (await people["bo"].get("/hub/gpu"))[1]


async def test_asked_twice_there_is_one_claim(
    lab: CourseLab, people: dict[str, CourseBrowser]
) -> None:
    """Also through the REST API, which says where to look instead of 429."""
    await lab.started("ada", people["ada"], "ml/gpu")
    for _ in range(2):
        await people["bo"].submit_spawn("ml/gpu")
    token = lab.app.users["bo"].new_api_token()
    headers = {"Authorization": f"token {token}"}
    url = f"{lab.base}/hub/api/users/bo/server"
    async with people["bo"].session.post(
        url, json={"profile": "ml/gpu"}, headers=headers
    ) as answer:
        assert answer.status == 403
        assert "You are in line: /hub/gpu" in await answer.text()
    assert len(claims(lab)) == 1


async def test_nobody_goes_on_beyond_the_courses_hours(
    lab: CourseLab, people: dict[str, CourseBrowser]
) -> None:
    """What is left is told before and during use, and in the end in the place of the button."""
    file, ada = lab.wiring.settings.root / "courses" / "ml.toml", people["ada"]
    before = file.read_text()
    file.write_text(f'{before}\n[gpus]\nallowance = "10 h"\n')
    card = r"1 free now; you have (10 h 0|9 h 5\d) min left this week"  # others used some of it
    assert re.search(card, (await ada.get("/hub/spawn"))[1])
    await lab.started("ada", ada, "ml/gpu")
    (lease,) = leases(lab)
    page = (await ada.get("/hub/gpu"))[1]
    assert re.search(r"you have (10 h 0|9 h 5\d) min left\.", page)
    assert 'value="renew"' in page
    file.write_text(f'{before}\n[gpus]\nallowance = "10 min"\n')
    page = (await ada.get("/hub/gpu"))[1]
    _, _, headers = await press(ada, "renew")
    file.write_text(before)
    assert "You have used your 10 min of GPU time for this week" in page
    assert 'value="renew"' not in page
    assert headers["Location"] == "/hub/gpu?done=no"
    assert leases(lab) == [lease]


async def test_a_lease_that_is_over_ends_the_server(
    lab: CourseLab, people: dict[str, CourseBrowser], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its owner reads why, and starts without a GPU from the same page."""
    await lab.started("ada", people["ada"], "ml/gpu")
    desk, (lease,) = lab.wiring.lending, leases(lab)
    monkeypatch.setattr(desk, "_clock", lambda: lease.ends)
    lab.app.gpus.tick()
    await until(lambda: not lab.app.users["ada"].spawner.active)
    assert leases(lab) == []
    page = (await people["ada"].get("/hub/gpu"))[1]
    assert "Your time on the GPU was over" in page
    assert 'href="/hub/spawn"' in page
    await lab.started("ada", people["ada"], "ml/small")


async def test_a_server_with_anothers_gpu_is_ended(
    lab: CourseLab, people: dict[str, CourseBrowser]
) -> None:
    """As soon as two looks have seen it; the lease of whoever has the GPU stays."""
    await lab.started("ada", people["ada"], "ml/gpu")
    (lease,) = leases(lab)
    backend, start = lab.wiring.backend, utc_now() - timedelta(minutes=5)
    given = replace(lab.wiring.lending.given(lease), lease="of-long-ago")
    stray = Found("c0ffee", Seat("bo"), start, "ml", "gpu", given)
    backend.there = (stray,)
    await lab.app.servers.look()
    assert backend.there == (stray,)
    await lab.app.servers.look()
    assert backend.there == ()
    assert leases(lab) == [lease]


async def test_the_end_is_told_three_times_and_a_click_puts_it_off(
    lab: CourseLab, people: dict[str, CourseBrowser], monkeypatch: pytest.MonkeyPatch
) -> None:
    """To the server, by its token, each time anew; not put off while somebody waits."""
    await lab.started("ada", people["ada"], "ml/gpu")
    desk, (lease,) = lab.wiring.lending, leases(lab)
    told = set()
    for left in (29, 9, 1):
        moment = lease.ends - timedelta(minutes=left)
        monkeypatch.setattr(desk, "_clock", lambda moment=moment: moment)
        lab.app.gpus.tick()
        (news,) = (await with_token(lab, "ada", "get", "news"))["news"]
        assert (news["renew"], news["until"]) == (True, lease.ends.timestamp())
        told.add(news["text"])
    assert [each[:3] for each in sorted(told)] == ["10 ", "2 m", "30 "]
    assert (await with_token(lab, "ada", "post", "gpu/renew"))["renewed"]
    assert (await with_token(lab, "ada", "get", "news"))["news"] == []
    assert leases(lab)[0].ends == moment + lease.length

    await people["bo"].submit_spawn("ml/gpu")
    monkeypatch.setattr(desk, "_clock", lambda: leases(lab)[0].ends - timedelta(minutes=1))
    lab.app.gpus.tick()
    (news,) = (await with_token(lab, "ada", "get", "news"))["news"]
    assert not news["renew"]
    assert "cannot be renewed" in news["text"]
    assert len(f"GPU: {news['text']}") <= SHOWN
    answer = await with_token(lab, "ada", "post", "gpu/renew")
    assert not answer["renewed"]
    assert "Somebody waits" in answer["text"]
    assert "This lease is over" in (await with_token(lab, "out", "post", "gpu/renew"))["text"]


async def test_whose_gpu_is_lost_is_told(
    lab: CourseLab, people: dict[str, CourseBrowser], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In JupyterLab, until it is back; the server goes on."""
    await lab.started("ada", people["ada"], "ml/gpu")
    desk = lab.wiring.lending
    with monkeypatch.context() as patch:
        patch.setattr(desk, "_park", replace(desk._park, look=GpuInventory))
        desk.look()
    (news,) = (await with_token(lab, "ada", "get", "news"))["news"]
    assert "Your GPU is lost" in news["text"]
    assert len(f"GPU: {news['text']}") <= SHOWN
    assert lab.app.users["ada"].running
    desk.look()
    assert (await with_token(lab, "ada", "get", "news"))["news"] == []


async def test_a_start_that_fails_keeps_no_gpu(
    lab: CourseLab, people: dict[str, CourseBrowser], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next in line is served, and the same student starts without a GPU at once."""
    spawner_class = lab.app.spawner_class

    async def broken(self: object) -> None:
        raise OSError("the fan fell off")

    with monkeypatch.context() as patch:
        patch.setattr(spawner_class.__mro__[2], "start", broken)
        await people["ada"].submit_spawn("ml/gpu")
        await until(lambda: not lab.app.users["ada"].spawner.active)
    assert leases(lab) == []
    await lab.started("ada", people["ada"], "ml/small")


async def test_the_board_is_for_everybody_and_names_are_for_staff(
    lab: CourseLab, people: dict[str, CourseBrowser]
) -> None:
    """Others see initials, and nothing of a course that they are not in."""
    await lab.started("ada", people["ada"], "ml/gpu")
    await people["bo"].submit_spawn("ml/gpu")
    seen = {name: (await people[name].get("/hub/board"))[1] for name in people}
    assert "ada (you), Ml" in seen["ada"]
    assert "A., Ml" in seen["bo"]
    assert "bo (you)" in seen["bo"]
    assert "ada, Ml" in seen["tea"]
    assert "ada, Ml" in seen["boss"]
    assert "A., another course" in seen["out"]
    assert "Ml" not in seen["out"].split('id="live"')[1].split("<noscript")[0]
    assert [GPU in page for page in seen.values()] == [name == "boss" for name in seen]
    assert all('href="/hub/board"' in page for page in seen.values())


async def test_only_admins_change_the_board(
    lab: CourseLab, people: dict[str, CourseBrowser]
) -> None:
    """A teacher's or student's request changes nothing; an admin's does."""
    await lab.started("ada", people["ada"], "ml/gpu")
    await people["bo"].submit_spawn("ml/gpu")
    book = lab.wiring.lending.book()
    claim = claims(lab)[0].id
    wanted = [
        ("end", leases(lab)[0].id),
        ("first", claim),
        ("remove", claim),
        ("drain", GPU),
    ]
    for name in ("ada", "tea", "out"):
        for action, about in wanted:
            status, _, _ = await press(people[name], action, "/hub/board", name=about)
            assert status == 403
    assert lab.wiring.lending.book() == book
    for action, about in wanted:
        await press(people["boss"], action, "/hub/board", name=about, reason="Too hot.")
    after = lab.wiring.lending.book()
    assert after.leases[wanted[0][1]].ending == "admin"
    assert after.claims == {}
    assert after.gpus[GPU].drained == "Too hot."
    assert "Too hot." in (await people["ada"].get("/hub/board"))[1]
    await press(people["boss"], "undrain", "/hub/board", name=GPU)
    assert lab.wiring.lending.book().gpus[GPU].is_lent


async def test_everybody_reads_why_a_gpu_is_not_lent(
    lab: CourseLab, people: dict[str, CourseBrowser], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who has it is told at work and on their page; what to do about it is for admins."""
    await lab.started("ada", people["ada"], "ml/gpu")
    desk = lab.wiring.lending
    whole = desk._park.look
    lost = GpuInventory(troubles=(Trouble(GPU, OFF_THE_BUS, "Reboot the machine."),))
    monkeypatch.setattr(desk, "_park", replace(desk._park, look=lambda: lost))
    await lab.app.gpus.look()
    for name, browser in people.items():
        _, page, _ = await browser.get("/hub/board?part=1")
        assert "Failed.</strong> It fell off the bus" in page
        assert ("Reboot the machine." in page) == (name == "boss")
        assert 'value="forget"' not in page
    assert OFF_THE_BUS in (await people["ada"].get("/hub/gpu"))[1]
    (news,) = (await with_token(lab, "ada", "get", "news"))["news"]
    assert "It fell off the bus" in news["text"]
    assert len(f"GPU: {news['text']}") <= SHOWN
    assert "Reboot the machine." in (await people["boss"].get("/hub/admin/problems"))[1]

    await stop(lab, "ada")
    assert 'value="forget"' in (await people["boss"].get("/hub/board"))[1]
    await press(people["boss"], "forget", "/hub/board", name=GPU)
    assert not desk.book().gpus
    monkeypatch.setattr(desk, "_park", replace(desk._park, look=whole))
    await lab.app.gpus.look()
    assert desk.book().gpus[GPU].is_lent


@pytest.mark.parametrize("path", ["/hub/gpu", "/hub/board"])
async def test_an_open_page_is_sent_again_only_when_it_has_changed(
    lab: CourseLab, people: dict[str, CourseBrowser], path: str
) -> None:
    """By anything in the book or by the hub; its age is told all the same."""
    bo, part = people["bo"], f"{path}?part=1"
    _, first, headers = await bo.get(part)
    have = f"{part}&have={headers['X-Tag']}"
    assert int(headers["X-Seconds"]) >= 4
    status, same, then = await bo.get(have)
    if then["X-Tag"] == headers["X-Tag"]:  # else a minute has just begun
        assert (status, same) == (204, "")
    assert then["X-As-Of"]
    await lab.started("ada", people["ada"], "ml/gpu")
    await bo.submit_spawn("ml/gpu")
    status, changed, _ = await bo.get(have)
    assert status == 200
    assert changed != first
    assert (await people["ada"].get(f"{part}&have={then['X-Tag']}"))[0] == 200


async def test_an_admin_puts_somebody_first_and_the_board_says_so(
    lab: CourseLab, people: dict[str, CourseBrowser]
) -> None:
    """To everybody, and the button is gone then."""
    desk = lab.wiring.lending
    await lab.started("ada", people["ada"], "ml/gpu")
    for name in ("tea", "bo"):
        await people[name].submit_spawn("ml/gpu")
    bo = desk.book().claim_of("bo")
    assert bo is not None
    assert f'id="first-{bo.id}"' in (await people["boss"].get("/hub/board"))[1]
    await press(people["boss"], "first", "/hub/board", name=bo.id)
    assert [view.claim.person for view in desk.outlook().values() if view.place == 1] == ["bo"]
    seen = {name: (await people[name].get("/hub/board?part=1"))[1] for name in ("tea", "boss")}
    assert all("put first by an admin" in page for page in seen.values())
    assert f'id="first-{bo.id}"' not in seen["boss"]


async def test_the_line_is_told_in_norwegian(
    lab: CourseLab, people: dict[str, CourseBrowser]
) -> None:
    """What one waits for, why one cannot go on, and why a GPU is not lent."""
    await lab.started("ada", people["ada"], "ml/gpu")
    await people["bo"].submit_spawn("ml/gpu")
    await press(people["boss"], "drain", "/hub/board", name=GPU)

    async def norsk(name: str, path: str) -> str:
        headers = {"Accept-Language": "nb"}
        async with people[name].session.get(f"{lab.base}{path}", headers=headers) as answer:
            return await answer.text()

    try:
        assert "Du venter på en hel GPU" in await norsk("bo", "/hub/gpu")
        assert "Denne GPU-en tas ut av bruk." in await norsk("ada", "/hub/gpu")
        board = await norsk("out", "/hub/board")
    finally:
        await press(people["boss"], "undrain", "/hub/board", name=GPU)
    assert "Tatt ut av bruk.</strong> Administratoren har ikke sagt hvorfor." in board
    assert "<td>en hel GPU</td>" in board


async def test_what_a_course_file_cannot_have_kept_is_on_the_admins_page(
    lab: CourseLab, people: dict[str, CourseBrowser]
) -> None:
    """With the reason, until the file asks for what there is room for."""
    file = lab.wiring.settings.root / "courses" / "ml.toml"
    before = file.read_text()
    file.write_text(before + LESSON_FOR_TWO)
    lab.app.gpus.keep()
    page = (await people["boss"].get("/hub/admin/problems"))[1]
    file.write_text(before)
    lab.app.gpus.keep()
    assert "only 1 of 2 can be kept: the lab has no more." in page
    assert "<code>courses/ml.toml</code>" in page
    assert 'id="unkept"' not in (await people["boss"].get("/hub/admin/problems"))[1]


async def test_a_hub_that_starts_anew_forgets_nobody(tmp_path: Path) -> None:
    """Leases, places and offers are as they were, and the server with the GPU is known."""
    write_course(tmp_path, "ml", students=["ada", "bo"])
    file = tmp_path / "courses" / "ml.toml"
    file.write_text(file.read_text() + PROFILE)
    async with course_lab_in(tmp_path, lab_file=one_gpu()) as first:
        await first.app._first_look
        ada, bo = await first.newcomer("ada"), await first.newcomer("bo")
        first.look()
        await first.started("ada", ada, "ml/gpu")
        await bo.submit_spawn("ml/gpu")
        before = first.wiring.lending.book()
        first.keeps_servers = True
    async with course_lab_in(tmp_path, lab_file=one_gpu()) as second:
        await second.app._first_look
        after = second.wiring.lending.book()
        assert (after.leases, after.claims) == (before.leases, before.claims)
        assert second.app.users["ada"].spawner.lease in before.leases
        await second.until_running("ada")
        await second.app.users["ada"].stop()
        (claim,) = second.wiring.lending.book().claims.values()
        assert claim.offer is not None
