"""Local accounts in a real JupyterHub: who gets in, who does not, and what they are told."""

from __future__ import annotations

import asyncio
import re
import statistics
import time
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
import pytest_asyncio
from jupyterhub import orm

from crepre_hub.login.passwords import PasswordDesk, Verdict
from crepre_hub.login.people import add_account, disable_account, enable_account, reset_account
from crepre_hub.login.throttle import PER_PAIR
from tests.hub.accounts_lab import NEXT_PASSWORD, PASSWORD, Lab, lab_in


@pytest_asyncio.fixture
async def lab(tmp_path: Path) -> AsyncIterator[Lab]:
    async with lab_in(tmp_path) as lab:
        yield lab


@pytest_asyncio.fixture
async def open_lab(tmp_path: Path) -> AsyncIterator[Lab]:
    async with lab_in(tmp_path, sign_up=True, admins={"boss"}, kept_names=lambda: {"prof"}) as lab:
        yield lab


def without_tokens(page: str) -> str:
    """The page, less what is new in each answer."""
    page = re.sub(r'name="_xsrf" value="[^"]+"', "", page)
    return re.sub(r'xsrf_token: "[^"]+"', "", page)


async def test_a_one_time_link_lets_its_owner_choose_a_password_and_in(lab: Lab) -> None:
    """Whoever opens a fresh link and chooses a good password is logged in, as an admin if so."""
    browser = await lab.newcomer("ada", admin=True)
    assert await browser.is_in()
    assert (await browser.get("/hub/admin"))[0] == 200
    assert await lab.browser().log_in("ada") == 302


async def test_a_one_time_link_works_once(lab: Lab) -> None:
    """A used link opens nothing, shows no form and changes no password."""
    link = add_account(lab.store, "ada")
    await lab.browser().open_link(link)
    thief = lab.browser()
    status, page, _ = await thief.get(f"/hub/welcome?code={link.code.reveal()}")
    assert (status, "new-password" in page) == (403, False)
    token = await thief.token_of("/hub/login")
    status, page, _ = await thief.post(
        "/hub/welcome",
        {
            "_xsrf": token,
            "code": link.code.reveal(),
            "password": NEXT_PASSWORD,
            "password_again": NEXT_PASSWORD,
        },
    )
    assert status == 403
    assert "new link" in page
    assert not await thief.is_in()
    assert await lab.browser().log_in("ada", PASSWORD) == 302


async def test_looking_at_a_link_does_not_use_it_up(lab: Lab) -> None:
    """A mail scanner that opens the link, or a bad password, leaves it usable."""
    link = add_account(lab.store, "ada")
    for _ in range(3):
        assert (await lab.browser().get(f"/hub/welcome?code={link.code.reveal()}"))[0] == 200
    status, page, _ = await lab.browser().open_link(link, "password12")
    assert (status, "easy to guess" in page) == (403, True)
    assert (await lab.browser().open_link(link))[0] == 302


async def test_a_link_raced_by_two_is_won_by_one(lab: Lab) -> None:
    """Of two people who use a link in the same moment, one gets in."""
    link = add_account(lab.store, "ada")
    answers = await asyncio.gather(*[lab.browser().open_link(link) for _ in range(4)])
    assert sorted(status for status, _, _ in answers) == [302, 403, 403, 403]


async def test_a_reset_keeps_everything_but_the_password_and_the_sessions(lab: Lab) -> None:
    """After a reset the old password and old cookies are dead; the hub's user is the same one."""
    browser = await lab.newcomer("ada", admin=True)
    before = lab.app.db.query(orm.User).filter_by(name="ada").one().id
    link = reset_account(lab.store, "ada")
    await asyncio.sleep(1.1)  # auth_refresh_age of the test lab
    assert not await browser.is_in()
    assert await lab.browser().log_in("ada", PASSWORD) == 403
    again = lab.browser()
    assert (await again.open_link(link, NEXT_PASSWORD))[0] == 302
    assert await again.is_in()
    assert not await browser.is_in()
    user = lab.app.db.query(orm.User).filter_by(name="ada").one()
    assert (user.id, user.admin) == (before, True)


async def test_a_disabled_account_is_out_at_once_and_stays_out(lab: Lab) -> None:
    """Cookie and token of a disabled account die, and enabling it brings neither back."""
    browser = await lab.newcomer("ada")
    token = lab.app.users["ada"].new_api_token()
    headers = {"Authorization": f"token {token}"}
    assert (await lab.browser().get("/hub/api/user", headers=headers))[0] == 200
    disable_account(lab.store, "ada")
    await asyncio.sleep(1.1)
    assert not await browser.is_in()
    assert (await lab.browser().get("/hub/api/user", headers=headers))[0] == 403
    status, page, _ = await lab.browser().submit("/hub/login", username="ada", password=PASSWORD)
    assert (status, "This account is closed." in page) == (403, True)
    enable_account(lab.store, "ada")
    await asyncio.sleep(1.1)
    assert not await browser.is_in()
    assert (await lab.browser().get("/hub/api/user", headers=headers))[0] == 403
    assert await lab.browser().log_in("ada") == 302


async def test_a_changed_password_logs_out_every_other_browser(lab: Lab) -> None:
    """Who changes the password stays; other browsers and tokens of the account go at once."""
    here = await lab.newcomer("ada")
    elsewhere = lab.browser()
    await elsewhere.log_in("ada")
    token = lab.app.users["ada"].new_api_token()
    fields = {
        "old_password": PASSWORD,
        "password": NEXT_PASSWORD,
        "password_again": NEXT_PASSWORD,
    }
    assert (await here.submit("/hub/password", **fields))[0] == 302
    assert "has been changed" in (await here.get("/hub/password?done=yes"))[1]
    assert await here.is_in()
    assert not await elsewhere.is_in()
    headers = {"Authorization": f"token {token}"}
    assert (await lab.browser().get("/hub/api/user", headers=headers))[0] == 403
    assert await lab.browser().log_in("ada", PASSWORD) == 403
    assert await lab.browser().log_in("ada", NEXT_PASSWORD) == 302


async def test_a_password_is_changed_only_by_who_knows_it(lab: Lab) -> None:
    """A wrong old password, two unequal new ones or an easy one change nothing."""
    browser = await lab.newcomer("ada")
    for old, new, again, says in [
        ("not this one", NEXT_PASSWORD, NEXT_PASSWORD, "old password is not right"),
        (PASSWORD, NEXT_PASSWORD, NEXT_PASSWORD + "x", "not the same"),
        (PASSWORD, "ada1234567", "ada1234567", "easy to guess"),
        (PASSWORD, "short", "short", "fewer than 10"),
    ]:
        _, page, _ = await browser.submit(
            "/hub/password", old_password=old, password=new, password_again=again
        )
        assert says in page
    assert await lab.browser().log_in("ada", PASSWORD) == 302


async def test_the_password_page_is_for_people_who_are_logged_in(lab: Lab) -> None:
    """A stranger is sent to log in."""
    status, _, headers = await lab.browser().get("/hub/password")
    assert status == 302
    assert "/hub/login" in headers["Location"]


async def test_signing_up_where_it_is_closed_is_refused(lab: Lab) -> None:
    """No form, no link to one, and a forged post makes no account."""
    browser = lab.browser()
    assert (await browser.get("/hub/signup"))[0] == 403
    _, page, _ = await browser.get("/hub/login")
    assert "signup" not in page
    token = await browser.token_of("/hub/login")
    fields = {"username": "eve", "password": PASSWORD, "password_again": PASSWORD}
    assert (await browser.post("/hub/signup", {"_xsrf": token, **fields}))[0] == 403
    assert lab.store.account_or_none("eve") is None


async def test_signing_up_makes_an_ordinary_account(open_lab: Lab) -> None:
    """Where it is open, whoever signs up is in, and no admin."""
    browser = open_lab.browser()
    assert "signup" in (await browser.get("/hub/login"))[1]
    status, _, _ = await browser.submit(
        "/hub/signup", username="Eve", password=PASSWORD, password_again=PASSWORD
    )
    assert status == 302
    assert await browser.is_in()
    assert (await browser.get("/hub/admin"))[0] == 403
    assert not open_lab.store.all_accounts()[0].is_admin


@pytest.mark.parametrize(
    "name",
    ["ada", "ADA", " ada ", "boss", "Boss", "prof", "ghost"],
)
async def test_nobody_signs_up_as_somebody_else(open_lab: Lab, name: str) -> None:
    """A name that has an account, a course's or admin's name, or a user of the hub is taken."""
    add_account(open_lab.store, "ada")
    open_lab.app.db.add(orm.User(name="ghost"))
    open_lab.app.db.commit()
    browser = open_lab.browser()
    status, page, _ = await browser.submit(
        "/hub/signup", username=name, password=PASSWORD, password_again=PASSWORD
    )
    assert (status, "is taken" in page) == (409, True)
    assert not await browser.is_in()


LOOK_ALIKES = [
    "аda",  # Cyrillic
    "ａｄａ",
    "ada\u200b",
    "ada\u00a0",
    "\u212ada",
    "a\u0301da",
    "../ada",
    "ada/../bob",
    "ada%00",
    "a da",
    "",
]


@pytest.mark.parametrize("name", LOOK_ALIKES)
async def test_a_look_alike_is_nobody(open_lab: Lab, name: str) -> None:
    """A name that looks like somebody's opens nothing and makes no second account."""
    await open_lab.newcomer("ada")
    assert await open_lab.browser().log_in(name) == 403
    await open_lab.browser().submit(
        "/hub/signup", username=name, password=NEXT_PASSWORD, password_again=NEXT_PASSWORD
    )
    assert [account.name for account in open_lab.store.all_accounts()] == ["ada"]
    assert await open_lab.browser().log_in("ada") == 302


@pytest.mark.parametrize("name", ["ada", "Ada", " ADA\t", "ada\x00"])
async def test_capitals_and_spaces_make_no_difference(lab: Lab, name: str) -> None:
    """However it is typed, it is one account and one user; Tornado makes spaces of NUL and co."""
    await lab.newcomer("ada")
    assert await lab.browser().log_in(name) == 302
    assert [user.name for user in lab.app.db.query(orm.User)] == ["ada"]


async def test_an_unknown_name_and_a_wrong_password_get_the_same_answer(lab: Lab) -> None:
    """The two pages, their statuses and their headers differ in nothing but the name typed."""
    await lab.newcomer("ada")
    add_account(lab.store, "new")  # has no password yet
    pages = set()
    for name in ("ada", "bob", "new"):
        status, page, headers = await lab.browser().submit(
            "/hub/login", username=name, password="wrong password here"
        )
        kept = {key: value for key, value in headers.items() if key not in ("Date", "Set-Cookie")}
        pages.add((status, without_tokens(page).replace(f'value="{name}"', ""), str(kept)))
    assert len(pages) == 1


async def test_an_unknown_name_costs_the_same_work(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each try is one verification, and the median times are within a third of each other."""
    await lab.newcomer("ada")
    verified: list[str | None] = []
    really = PasswordDesk._verify

    def counted(desk: PasswordDesk, stored: str | None, password: str) -> Verdict:
        verified.append(stored)
        return really(desk, stored, password)

    monkeypatch.setattr(PasswordDesk, "_verify", counted)
    times: dict[str, list[float]] = {"ada": [], "bob": []}
    for turn in range(9):
        for name, taken in times.items():
            browser = lab.browser(address=f"192.0.2.{turn + 1}")
            token = await browser.token_of("/hub/login")
            begun = time.process_time()  # others may want the processors as well
            status, _, _ = await browser.post(
                "/hub/login", {"_xsrf": token, "username": name, "password": "not the one"}
            )
            taken.append(time.process_time() - begun)
            assert status == 403
    known, unknown = (statistics.median(values) for values in times.values())
    assert len(verified) == 18
    assert 0.66 < known / unknown < 1.5


async def test_a_throttled_visitor_is_told_when_to_come_back(lab: Lab) -> None:
    """After too many tries the answer is 429 with Retry-After, for every name in one text."""
    await lab.newcomer("ada")
    answers = []
    for name in ("ada", "nobody"):
        browser = lab.browser(address="198.51.100.9")
        for _ in range(PER_PAIR):
            assert await browser.log_in(name, "wrong password here") == 403
        status, page, headers = await browser.submit("/hub/login", username=name, password=PASSWORD)
        assert status == 429
        assert 0 < int(headers["Retry-After"]) <= 600
        told = re.search(r'role="alert">([^<]+)<', page)
        assert told
        answers.append(told.group(1))
    assert (
        answers[0]
        == answers[1]
        == ("There have been too many attempts to log in. Wait 10 minutes, then try again.")
    )


async def test_a_throttle_survives_a_restart_and_keeps_nobody_else_out(tmp_path: Path) -> None:
    """A new hub process knows the old failures; the owner gets in from elsewhere and from home."""
    async with lab_in(tmp_path) as lab:
        home = await lab.newcomer("ada")
        cookies = list(home.session.cookie_jar)
        attacker = lab.browser()  # behind the same address as the owner
        for _ in range(PER_PAIR):
            await attacker.log_in("ada", "wrong password here")
    async with lab_in(tmp_path) as lab:
        assert await lab.browser().log_in("ada") == 429
        assert await lab.browser(address="203.0.113.5").log_in("ada") == 302
        owner = lab.browser()
        for cookie in cookies:
            if cookie.key == "crepre-device":
                owner.session.cookie_jar.update_cookies({cookie.key: cookie.value})
        assert await owner.log_in("ada") == 302


async def test_a_device_proves_its_own_account_only(lab: Lab) -> None:
    """Whoever has logged in as somebody else is a stranger to this account."""
    await lab.newcomer("ada")
    eve = await lab.newcomer("eve")
    for _ in range(PER_PAIR):
        await lab.browser().log_in("ada", "wrong password here")
    await eve.get("/hub/logout")
    assert await eve.log_in("ada") == 429


@pytest.mark.parametrize("really", ["198.51.100.9", "127.0.0.1"])
async def test_an_address_cannot_be_made_up(lab: Lab, really: str) -> None:
    """X-Real-Ip and the front of X-Forwarded-For, which anybody can send, change nothing."""
    await lab.newcomer("ada")
    for turn in range(PER_PAIR + 1):
        liar = lab.browser(address=f"10.9.8.{turn}, {really}")
        liar.session.headers["X-Real-Ip"] = f"10.1.1.{turn}"
        status = await liar.log_in("ada", "wrong password here")
    assert status == 429


@pytest.mark.parametrize("path", ["/hub/login", "/hub/signup", "/hub/welcome", "/hub/password"])
async def test_a_forged_post_is_refused(open_lab: Lab, path: str) -> None:
    """Without this browser's own token no form is accepted, cross-site or not."""
    browser = await open_lab.newcomer("ada")
    link = add_account(open_lab.store, "bob")
    fields = {
        "username": "ada",
        "code": link.code.reveal(),
        "old_password": PASSWORD,
        "password": PASSWORD if path == "/hub/login" else NEXT_PASSWORD,
        "password_again": NEXT_PASSWORD,
    }
    stolen = await open_lab.browser().token_of("/hub/login")
    for token in ({}, {"_xsrf": ""}, {"_xsrf": "x"}, {"_xsrf": stolen}):
        for mode in ("navigate", "no-cors", "cors"):
            headers = {"Sec-Fetch-Mode": mode, "Sec-Fetch-Site": "cross-site"}
            status, _, answer = await browser.post(path, {**fields, **token}, headers=headers)
            assert status == 403, (token, mode, answer)
    assert {account.name for account in open_lab.store.all_accounts()} == {"ada", "bob"}
    assert await open_lab.browser().log_in("ada", PASSWORD) == 302
    assert (await open_lab.browser().open_link(link))[0] == 302


async def test_ten_megabytes_of_user_name_are_neither_logged_nor_shown(
    open_lab: Lab, caplog: pytest.LogCaptureFixture
) -> None:
    """A huge name is refused; log, page and table stay small."""
    huge = "a" * 10_000_000
    lines: list[str] = []
    open_lab.app.log.addFilter(lambda record: lines.append(record.getMessage()) or True)
    browser = open_lab.browser()
    for path in ("/hub/login", "/hub/signup"):
        status, page, _ = await browser.submit(
            path, username=huge, password=PASSWORD, password_again=PASSWORD
        )
        assert status == 403
        assert len(page) < 50_000
    status, page, _ = await browser.post("/hub/login", {"username": huge, "password": "x"})
    assert (status, len(page) < 50_000) == (403, True)
    assert lines
    assert sum(map(len, lines)) + len(caplog.text) < 50_000
    assert open_lab.store.all_accounts() == ()


HOSTILE_NEXTS = [
    "https://evil.example",
    "//evil.example",
    "///evil.example",
    "////evil.example/x",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "\thttps://evil.example",
    "https:evil.example",
    "http:///evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "/%5Cevil.example",
    "@evil.example",
    "/hub/../../\\evil.example",
    "\x01//evil.example",
]


@pytest.mark.parametrize("target", HOSTILE_NEXTS)
async def test_nobody_is_sent_elsewhere_after_logging_in(open_lab: Lab, target: str) -> None:
    """Whatever ``next`` says, the browser stays in the lab: at login and at sign-up."""
    await open_lab.newcomer("ada")
    at_login = f"/hub/login?next={quote(target, safe='')}"
    _, _, login = await open_lab.browser().submit(at_login, username="ada", password=PASSWORD)
    _, _, sign_up = await open_lab.browser().submit(
        "/hub/signup",
        username="bob",
        password=PASSWORD,
        password_again=PASSWORD,
        next=target,
    )
    for headers in (login, sign_up):
        there = headers["Location"].replace("\\", "/").replace("\t", "")
        assert there.startswith("/")
        assert not there.startswith("//")
        assert urlsplit(there).netloc == ""


async def test_who_asked_for_a_page_gets_it_after_logging_in(open_lab: Lab) -> None:
    """A harmless ``next`` is kept through the login page's link to the sign-up page."""
    browser = open_lab.browser()
    _, page, _ = await browser.get("/hub/login?next=%2Fhub%2Fhome%3Fa%3D1%26b%3D2")
    path = re.search(r'href="(/hub/signup[^"]*)"', page)
    assert path
    _, page, _ = await browser.get(path.group(1).replace("&amp;", "&"))
    kept = re.search(r'name="next" value="([^"]*)"', page)
    assert kept
    assert kept.group(1).replace("&amp;", "&") == "/hub/home?a=1&b=2"


async def test_a_class_that_logs_in_at_once_does_not_freeze_the_hub(lab: Lab) -> None:
    """Forty logins at the same moment all succeed while the hub answers others."""
    hash_ = await lab.authenticator.door._passwords.hash(PASSWORD)
    for number in range(40):
        lab.store.add(f"student{number}", password_hash=hash_)
    waits: list[float] = []

    async def heartbeat() -> None:
        somebody = lab.browser()
        while True:
            asked = time.perf_counter()
            assert (await somebody.get("/hub/api/"))[0] == 200
            waits.append(time.perf_counter() - asked)
            await asyncio.sleep(0.02)

    pulse = asyncio.create_task(heartbeat())
    begun = time.perf_counter()
    statuses = await asyncio.gather(*[lab.browser().log_in(f"student{n}") for n in range(40)])
    took = time.perf_counter() - begun
    pulse.cancel()
    assert statuses == [302] * 40
    assert statistics.median(waits) < took / 3  # a ratio: this machine may be busy
    assert len(waits) > 2


async def test_the_database_may_hiccup_without_throwing_anybody_out(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """While accounts cannot be read, who is in stays in and who is out is told to wait."""
    browser = await lab.newcomer("ada")
    for name in ("crepre.sqlite", "crepre.sqlite-wal", "crepre.sqlite-shm"):
        (tmp_path / name).rename(tmp_path / f"{name}.away")
    (tmp_path / "crepre.sqlite").mkdir()
    lab.authenticator.door.store.engine.dispose()
    await asyncio.sleep(1.1)
    assert await browser.is_in()
    status, page, headers = await lab.browser().submit(
        "/hub/login", username="ada", password=PASSWORD
    )
    assert (status, headers["Retry-After"]) == (503, "60")
    assert "does not answer" in page
    assert (await lab.browser().get("/hub/welcome?code=x"))[0] == 503


async def test_whoever_is_deleted_on_the_admin_page_cannot_come_back(lab: Lab) -> None:
    """Deleting a user of the hub closes the account."""
    await lab.newcomer("ada")
    boss = await lab.newcomer("boss", admin=True)
    token = re.search(r'xsrf_token: "([^"]+)"', (await boss.get("/hub/home"))[1])
    assert token
    async with boss.session.delete(
        f"{lab.base}/hub/api/users/ada", headers={"X-XSRFToken": token.group(1)}
    ) as answer:
        assert answer.status == 204
    assert await lab.browser().log_in("ada") == 403


@pytest.mark.parametrize("body", [b"username=%ff&password=%ff", b"", b"username=ada", b"\xff\xfe"])
async def test_a_broken_form_is_an_ordinary_refusal(lab: Lab, body: bytes) -> None:
    """What no browser sends is answered with a refusal, never with an error of ours."""
    browser = lab.browser()
    token = await browser.token_of("/hub/login")
    status, _, _ = await browser.post(
        f"/hub/login?_xsrf={quote(token)}",
        body,
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert status in (400, 403)
