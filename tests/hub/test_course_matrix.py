"""
Role x endpoint x object over the hub's REST API and pages, generated from the routes.

JupyterHub's package has no OpenAPI document, so the routes are those of its handlers, with every
method that they have. Each is asked about everybody, by everybody who is no admin; what the table
below does not allow must be refused with 403 or 404: any other answer means that a right was there.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from jupyterhub import apihandlers, handlers, orm
from tornado import web

from crepre_hub.clock import utc_now
from crepre_hub.courses.invitation import Invitation
from crepre_hub.courses.keys import Key, KeyKind
from crepre_hub.courses.roles import Role
from crepre_hub.hub.lab_handlers import ROUTES
from crepre_hub.store.course_stores import CourseStores
from crepre_hub.store.endings import Archive
from tests.hub.course_lab import CourseLab, course_lab_in, write_course

MUSIC = {"tea", "tina", "asa", "stu", "two", "ace", "boss"}
ART = {"tim", "sam", "two", "ace"}
EVERYBODY = [*sorted(MUSIC | ART), "out"]
"""``two`` is a student of both and has a server for art; ``ace`` assists in art and is a student
of music; ``boss`` is a student of music and an admin; ``out`` is in no course."""

RUNNING = {"stu": "music", "sam": "art", "two": "art", "tina": "music", "boss": "music"}

INVITED = {"stu": "1" * 16, "sam": "2" * 16}
"""Invitations that count while everything is asked, by whose they are."""
MAY_INVITE = {("stu", "music"): {"tea", "tina", "asa"}}
"""Who can let whom in; ``ace`` is staff somewhere, the others here are no students."""

SEEN = {"tea": MUSIC, "tina": MUSIC, "asa": MUSIC, "tim": ART, "ace": ART}
REACHED = {
    "tea": {"stu", "asa"},
    "tina": {"stu", "asa"},
    "asa": {"stu"},
    "tim": {"sam", "two", "ace"},
}
REACHED["ace"] = {"sam", "two"}
ACTORS = ["tea", "asa", "stu", "tim", "ace", "out"]

USER = r"/api/users/([^/]+)"
ALLOWED = {
    ("get", USER): SEEN,
    ("get", USER + "/server"): REACHED,
    ("delete", USER + "/server"): REACHED,
    ("get", USER + "/servers/([^/]*)"): REACHED,
    ("delete", USER + "/servers/([^/]*)"): REACHED,
    ("get", USER + "/server/progress"): REACHED,
    ("get", USER + "/servers/([^/]*)/progress"): REACHED,
}
"""What staff may do about others; nothing that is not here."""

FOR_ALL = {
    ("get", "/api/?"), ("get", "/api/health$"), ("get", "/api/user"), ("get", "/api/users"),
    ("get", "/api/groups"), ("get", "/api/services"), ("post", "/api/oauth2/token"),
    ("get", "/api/oauth2/authorize"), ("post", "/api/oauth2/authorize"),
}  # fmt: skip
"""About nobody else, or looked at below."""

NO_ANSWER = {
    ("post", "/api/authorizations/token/([^/]+)"): 500,
    ("get", "/api/authorizations/token"): 500,
}
"""JupyterHub's own: methods whose signature does not fit the route. Nobody gets anything."""

METHODS = ("get", "post", "put", "patch", "delete")
BODIES: dict[str, Any] = {
    "/api/groups/([^/]+)/users": {"users": ["tea", "asa", "stu", "tim", "ace", "out"]},
    USER: {"admin": True, "name": "renamed"},
    "/api/users": {"usernames": ["newcomer"], "admin": True},
    USER + "/tokens": {"note": "stolen"},
    "/api/shares/([^/]+)": {"user": "out"},
}


@dataclass(frozen=True)
class Call:
    """One request and what it is about."""

    method: str
    route: str
    path: str
    target: str


def routes() -> Iterator[tuple[str, str]]:
    """Every method of every route of the REST API."""
    for route, handler in (rule[:2] for rule in apihandlers.default_handlers):
        for method in METHODS:
            if getattr(handler, method) is not getattr(web.RequestHandler, method):
                yield method, route
    for route, _ in (rule[:2] for rule in handlers.default_handlers):
        if route.startswith("/api/"):
            yield "get", route


def calls(target: str) -> Iterator[Call]:
    """Every request that says something about *target*, their groups or their course."""
    about = {
        "users": target, "shares": target, "share-codes": target,
        "groups": "course:music:teachers", "services": "evil", "tokens": "a1",
        "servers": "", "shared": "tea", "cookie": "jupyterhub-hub-login", "token": "0" * 32,
    }  # fmt: skip
    for method, route in routes():
        path = route.replace("?:", "").rstrip("$?")
        while "(" in path:
            before, _, after = path.partition("(")
            what = before.rstrip("/").rpartition("/")[2]
            path = before + about.get(what, "") + re.sub(r"^[^)]*\)\??", "", after)
        yield Call(method, route, path.replace(")?", ""), target)


ARCHIVE_OF = {name: number for number, name in enumerate(EVERYBODY, start=1)}
"""Everybody has an archive."""

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lab(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[CourseLab]:
    """Everybody has logged in, and some have a server; one lab for all, as none may change it."""
    tmp_path = tmp_path_factory.mktemp("matrix")
    write_course(
        tmp_path, "music", teachers=["tea", "tina"], assistants=["asa"],
        students=["stu", "two", "ace", "boss"],
    )  # fmt: skip
    write_course(tmp_path, "art", teachers=["tim"], assistants=["ace"], students=["sam", "two"])
    async with course_lab_in(tmp_path) as lab:
        browsers = {name: await lab.newcomer(name, admin=name == "boss") for name in EVERYBODY}
        now = lab.wiring.desks.people.now
        for (name, number), guest in zip(INVITED.items(), ("asa", "ace"), strict=True):
            course = RUNNING[name]
            one = Invitation(number, name, guest, course, now, now + timedelta(hours=1))
            CourseStores.on(lab.wiring.engine).invitations.add(one)
        lab.look()
        for name, course in RUNNING.items():
            await lab.started(name, browsers[name], f"{course}/small")
        lab.look()
        lab.browsers = browsers
        archive_everybody(lab)
        yield lab


def archive_everybody(lab: CourseLab) -> None:
    """An archive for each, as the command line leaves it."""
    ends, store = lab.wiring.ends, lab.wiring.desks.stores.ends
    with ends.folder.alone():
        for name in EVERYBODY:
            file = f"music/{name}.tar.gz"
            written = ends.folder.write(file, [f"files of {name}".encode()])
            size, digest = written.size_bytes, written.sha256
            store.add_archive(Archive("music", name, file, size, digest, 0, utc_now()))
    numbers = {name: ends.archives.archives_of(name)[0].id for name in EVERYBODY}
    assert numbers == ARCHIVE_OF


def state(lab: CourseLab) -> object:
    """Everything that nobody here may change."""
    lab.app.db.expire_all()
    db = lab.app.db
    return (
        sorted((user.name, user.admin) for user in db.query(orm.User)),
        sorted((group.name, *sorted(u.name for u in group.users)) for group in db.query(orm.Group)),
        sorted((role.name, *role.scopes) for role in db.query(orm.Role)),
        sorted(user.name for user in lab.app.users.values() if user.running),
        db.query(orm.Share).count(),
        db.query(orm.APIToken).count(),
    )


async def ask(lab: CourseLab, call: Call, token: str | None) -> tuple[int, str]:
    headers = {"Authorization": f"token {token}"} if token else {}
    body = json.dumps(BODIES.get(call.route, {}))
    async with lab.asker.session.request(
        call.method, f"{lab.base}/hub{call.path}", data=body, headers=headers, allow_redirects=False
    ) as answer:
        return answer.status, await answer.text()


async def test_nobody_does_to_others_what_the_table_does_not_say(lab: CourseLab) -> None:
    """Over the whole REST API: 0 leaks, and nothing has changed after all these attempts."""
    tokens = {actor: lab.app.users[actor].new_api_token() for actor in ACTORS}
    lab.asker = lab.browser()
    before = state(lab)
    leaks, asked = [], 0
    for actor in (*ACTORS, None):
        for target in EVERYBODY:
            for call in calls(target):
                key = (call.method, call.route)
                if target == actor or key in FOR_ALL:
                    continue
                if target in ALLOWED.get(key, {}).get(actor or "", set()):
                    continue
                status, text = await ask(lab, call, tokens.get(actor or ""))
                asked += 1
                if status not in (403, 404, NO_ANSWER.get(key)):
                    leaks.append(f"{actor}: {call.method} {call.path} -> {status} {text[:80]}")
    assert leaks == []
    assert asked > 2000
    assert state(lab) == before


async def test_nobody_raises_themselves(lab: CourseLab) -> None:
    """Neither their account, nor by a group, nor with a token that can do more than they can."""
    lab.asker = lab.browser()
    before = state(lab)
    for actor in ACTORS:
        token = lab.app.users[actor].new_api_token()
        own = [
            ("patch", f"/api/users/{actor}", {"admin": True}),
            ("delete", f"/api/users/{actor}", {}),
            ("post", "/api/groups/course:music:teachers/users", {"users": [actor]}),
            ("post", "/api/groups/course:art:reached-by-staff/users", {"users": [actor]}),
            ("delete", "/api/groups/course:music:students/users", {"users": [actor]}),
            ("post", f"/api/shares/{actor}", {"user": "out"}),
            ("post", f"/api/users/{actor}/tokens", {"roles": ["admin"]}),
            ("post", f"/api/users/{actor}/tokens", {"scopes": ["admin:users"]}),
            ("post", f"/api/users/{actor}/tokens", {"scopes": ["access:servers"]}),
            (
                "post",
                f"/api/users/{actor}/tokens",
                {"scopes": ["servers!group=course:art:students"]},
            ),
        ]
        for method, path, body in own:
            headers = {"Authorization": f"token {token}"}
            url = f"{lab.base}/hub{path}"
            async with lab.asker.session.request(
                method, url, data=json.dumps(body), headers=headers
            ) as answer:
                assert answer.status in (400, 403, 404), (actor, method, path, body)
    after = state(lab)
    assert after[:5] == before[:5]
    assert after[5] == before[5] + len(ACTORS)


async def test_lists_show_the_own_course_alone(lab: CourseLab) -> None:
    """Staff list their members; of whoever works elsewhere they read the name and no more."""
    lab.asker = lab.browser()
    for actor in ACTORS:
        token = lab.app.users[actor].new_api_token()
        for path in ("/api/users", "/api/users?state=active", "/api/users?state=ready"):
            status, text = await ask(lab, Call("get", path, path, ""), token)
            users = {user["name"]: user for user in json.loads(text)} if status == 200 else {}
            assert users.keys() <= SEEN.get(actor, set()) | {actor}
            for name, user in users.items():
                if name not in REACHED.get(actor, set()) | {actor}:
                    assert not {"servers", "server", "last_activity", "groups"} & user.keys()
        status, text = await ask(lab, Call("get", "/api/groups", "/api/groups", ""), token)
        assert status == 403 or json.loads(text) == []
    status, text = await ask(
        lab, Call("get", "", "/api/users", ""), lab.app.users["tea"].new_api_token()
    )
    assert {user["name"] for user in json.loads(text)} == MUSIC


def pages(target: str) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Every page of JupyterHub's and ours that is about somebody."""
    client = f"jupyterhub-user-{target}"
    query = (
        f"client_id={client}&response_type=code&redirect_uri=/user/{target}/oauth_callback&state=x"
    )
    yield "get", f"/hub/spawn/{target}", {}
    yield "post", f"/hub/spawn/{target}", {"profile": "music/small"}
    yield "get", f"/hub/spawn-pending/{target}", {}
    yield "get", f"/hub/api/oauth2/authorize?{query}", {}
    yield "post", f"/hub/api/oauth2/authorize?{query}", {"scopes": f"access:servers!user={target}"}
    yield "get", f"/hub/my/archive/{ARCHIVE_OF[target]}", {}
    for course in ("music", "art"):
        for action in ("start", "stop"):
            yield "post", f"/hub/course/{course}", {action: target}
        yield "post", "/hub/my", {"action": "invite", "who": f"{course}/{target}"}
    yield "post", "/hub/my", {"action": "revoke", "invitation": INVITED.get(target, "0" * 16)}
    for action in ("end", "first", "remove", "drain", "undrain", "cancel"):
        yield "post", "/hub/board", {"action": action, "name": target}


def may_open(actor: str, path: str, fields: dict[str, str], target: str) -> bool:
    """Whether the table lets *actor* do that on a page."""
    if "/spawn" in path or "/my/archive" in path or path == "/hub/board":
        return False
    if fields.get("action") == "invite":
        course = fields["who"].partition("/")[0]
        return target in MAY_INVITE.get((actor, course), set())
    if "/course/" in path:
        course = path.rpartition("/")[2]
        staff = {"music": {"tea", "tina", "asa"}, "art": {"tim", "ace"}}[course]
        return actor in staff and target in REACHED[actor]
    return target in REACHED.get(actor, set())


async def test_no_page_leads_into_a_server_that_is_not_the_readers_to_open(lab: CourseLab) -> None:
    """Start, stop and the door itself, asked by everybody about everybody, with cookies."""
    before = state(lab)
    leaks, asked = [], 0
    for actor in ACTORS:
        browser = lab.browsers[actor]
        xsrf = await browser.token_of("/hub/password")
        for target in EVERYBODY:
            if target == actor:
                continue
            for method, path, fields in pages(target):
                if may_open(actor, path, fields, target):
                    continue
                if method == "get":
                    status, text, _ = await browser.get(path)
                else:
                    status, text, _ = await browser.post(path, {"_xsrf": xsrf, **fields})
                asked += 1
                has_no_door = status == 400 and "oauth2" in path and target not in RUNNING
                if status not in (403, 404) and not has_no_door:
                    leaks.append(f"{actor}: {method} {path} {fields} -> {status} {text[:60]}")
    assert leaks == []
    assert asked > 400
    assert state(lab)[:5] == before[:5]
    assert lab.wiring.desks.visits.visitors_of("sam") == ()
    assert {each.id for each in lab.wiring.desks.people.invitations()} == set(INVITED.values())


async def test_an_archive_is_its_owners_alone(lab: CourseLab) -> None:
    """Everybody sees and gets their own, and no page shows another's; admins are no exception."""
    for actor in EVERYBODY:
        browser = lab.browsers[actor]
        _, page, _ = await browser.get("/hub/my/archive")
        shown = {name for name, number in ARCHIVE_OF.items() if f'archive/{number}"' in page}
        assert shown == {actor}
        for target, number in ARCHIVE_OF.items():
            status, text, _ = await browser.get(f"/hub/my/archive/{number}")
            is_own = target == actor
            assert (status, f"files of {target}" in text) == (
                (200, True) if is_own else (404, False)
            )


async def test_the_course_page_is_for_its_staff(lab: CourseLab) -> None:
    """Others learn nothing of it, not even that it is there."""
    for actor in (*ACTORS, "boss"):
        for course, staff in (("music", {"tea", "asa", "boss"}), ("art", {"tim", "ace", "boss"})):
            status, page, _ = await lab.browsers[actor].get(f"/hub/course/{course}")
            assert status == (200 if actor in staff else 404), (actor, course)
            shown = {name for name in EVERYBODY if f">{name}<" in page or f">{name} " in page}
            assert status == 404 or shown - {actor} == {"music": MUSIC, "art": ART}[course] - {
                actor
            }


STAFF = {"music": {"tea", "asa"}, "art": {"tim", "ace"}}
TEACHERS = {"music": {"tea"}, "art": {"tim"}}
COURSE = "/course/([^/]+)"
MEMBERS = {"music": {"tea", "asa", "stu", "ace", "boss"}, "art": {"tim", "ace"}}
COURSE_PAGES = {
    COURSE: STAFF,
    COURSE + "/roster": TEACHERS,
    COURSE + "/links": TEACHERS,
    COURSE + "/room": STAFF,
    COURSE + "/room/tiles": STAFF,
    COURSE + "/hand": MEMBERS,
    COURSE + "/announcements": TEACHERS,
    COURSE + "/gpus": TEACHERS,
}
"""Every page below a course, with those who may use it; admins use those of its staff."""
NOT_TO_LOOK_AT = {COURSE + "/hand"}
NOT_TO_CLICK_ON = {COURSE + "/room/tiles"}


async def test_every_page_of_a_course_is_for_those_whom_the_table_names(lab: CourseLab) -> None:
    """To look and to click; strangers do not learn that it is there, and nothing changes."""
    routes = {rule[0].removeprefix("/hub") for rule in lab.app.pages}
    assert {each for each in routes if each.startswith("/course/")} == COURSE_PAGES.keys()
    before, places = state(lab), lab.wiring.desks.people.enrolments()
    for actor in (*ACTORS, "boss"):
        browser = lab.browsers[actor]
        xsrf = await browser.token_of("/hub/password")
        for route, may in COURSE_PAGES.items():
            for course in ("music", "art"):
                path = f"/hub{route.replace('([^/]+)', course)}"
                is_staff = actor in STAFF[course] | {"boss"} and may is not MEMBERS
                refusal = 403 if is_staff else 404
                is_in = actor in may[course] or (actor == "boss" and may is not MEMBERS)
                looked = (await browser.get(path))[0]
                shown = 405 if route in NOT_TO_LOOK_AT else 200 if is_in else refusal
                assert looked == shown, (actor, path)
                clicked = (await browser.post(path, {"_xsrf": xsrf, "action": "dance"}))[0]
                told = 405 if route in NOT_TO_CLICK_ON else 400 if is_in else refusal
                assert clicked == told, (actor, path)
                assert (await browser.post(path, {"action": "dance"}))[0] == 403
    assert (state(lab), lab.wiring.desks.people.enrolments()) == (before, places)


def clicks_on_courses(actor: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Each click that changes who is in a course; each page below it, and what is posted there."""
    for role in ("teacher", "assistant", "student"):
        yield "", {"action": "add", "who": actor, "role": role, "section": ""}
    for name in ("stu", "sam", "asa", "tea"):
        yield "", {"action": "remove", "who": f"name:{name}"}
    yield "/links", {"action": "make", "days": "14", "seats": "", "section": ""}
    yield "/links", {"action": "revoke", "link": "x"}
    yield "/announcements", {"action": "announce", "text": "Hello", "hours": "1"}
    yield "/announcements", {"action": "take-back", "id": "x"}
    yield "/gpus", {"action": "reserve", "profile": "small", "seats": "1", "day": "2027-02-01"}
    yield "/gpus", {"action": "cancel", "name": "x"}
    yield "/gpus", {"action": "cancel-series", "name": "x"}
    yield "/roster", {"action": "read"}
    yield "/roster", {"action": "again", "token": "x", "column-name": "Who"}
    yield "/roster", {"action": "apply", "token": "x"}


async def test_what_changes_a_course_is_done_by_its_teachers(lab: CourseLab) -> None:
    """Each click that would change it, by everybody else: refused, and nothing has changed."""
    desks = lab.wiring.desks
    for actor in ACTORS:
        browser = lab.browsers[actor]
        xsrf = await browser.token_of("/hub/password")
        for course in ("music", "art"):
            for page, fields in clicks_on_courses(actor):
                if actor in TEACHERS[course]:
                    continue
                path = f"/hub/course/{course}{page}"
                status, text, _ = await browser.post(path, {"_xsrf": xsrf, **fields})
                assert status == (403 if actor in STAFF[course] else 404), (actor, path, text)
            assert desks.joining.links(desks.rosters.course(course)) == ()
            assert desks.announcements.of_course(desks.rosters.course(course)) == ()
    assert desks.people.enrolments() == ()


async def test_news_is_of_the_own_courses(lab: CourseLab) -> None:
    """By a token, as servers ask, and by a browser; nobody else's, and not without a name."""
    desks = lab.wiring.desks
    lab.asker = lab.browser()
    for name in ("music", "art"):
        course = desks.rosters.course(name)
        desks.announcements.announce(course, f"on {name}", life=timedelta(hours=1), by="tea")
    call = Call("get", "/api/crepre/news", "/api/crepre/news", "")
    heard = {"tea": {"on music"}, "stu": {"on music"}, "ace": {"on music", "on art"}, "out": set()}
    for actor, texts in heard.items():
        status, answer = await ask(lab, call, lab.app.users[actor].new_api_token())
        assert (status, {each["text"] for each in json.loads(answer)["news"]}) == (200, texts)
        page = (await lab.browsers[actor].get("/hub/home"))[1]
        assert {text for text in ("on music", "on art") if text in page} == texts
    assert (await ask(lab, call, None))[0] == 403
    renew = Call("post", "/api/crepre/gpu/renew", "/api/crepre/gpu/renew", "")
    assert (await ask(lab, renew, None))[0] == 403
    # Such as the one that the server of another gets when its door is opened for somebody.
    name_only = lab.app.users["tea"].new_api_token(scopes=["read:users:name!user"])
    assert [(await ask(lab, each, name_only))[0] for each in (call, renew)] == [403, 403]
    own = lab.app.users["tea"].new_api_token(scopes=["users:activity!user"])
    assert [(await ask(lab, each, own))[0] for each in (call, renew)] == [200, 200]
    token = {"Authorization": f"token {lab.app.users['stu'].new_api_token()}"}
    url = f"{lab.base}/hub/api/crepre/news"
    async with lab.asker.session.get(url, headers=token) as answer:
        token["If-None-Match"] = answer.headers["Etag"]
    async with lab.asker.session.get(url, headers=token) as answer:
        assert answer.status == 304
    for name in ("music", "art"):
        course = desks.rosters.course(name)
        (each,) = desks.announcements.of_course(course)
        desks.announcements.take_back(course, each.id)


async def test_teachers_raise_nobody_to_their_own_rank(lab: CourseLab) -> None:
    """Neither themselves nor others, in their own course; nor do they end a teacher's place."""
    tea, desks = lab.browsers["tea"], lab.wiring.desks
    xsrf = await tea.token_of("/hub/password")
    course = desks.rosters.course("music")
    (other,) = desks.rosters.add_all(course, [Key(KeyKind.NAME, "out")], role=Role.TEACHER)
    fields: list[dict[str, str]] = [
        {"action": "add", "who": name, "role": "teacher"} for name in ("tea", "stu", "new")
    ]
    fields += [{"action": "add", "who": "out", "role": "student"}]
    fields += [{"action": "remove", "who": f"name:{name}"} for name in ("out", "tina", "tea")]
    for each in fields:
        status, page, _ = await tea.post(
            "/hub/course/music", {"_xsrf": xsrf, "section": "", **each}
        )
        assert (status, 'role="alert"' in page) == (400, True), each
    assert desks.people.enrolments() == (other,)
    desks.rosters.remove(course, other.key)


async def test_the_pages_for_admins_are_for_admins(lab: CourseLab) -> None:
    """Every method of every one of them, with cookies and with tokens; a guest has to log in."""
    before = state(lab)
    leaks = []
    guest = lab.browser()
    for route, handler in ROUTES:
        for method in METHODS:
            if getattr(handler, method) is getattr(web.RequestHandler, method):
                continue
            for actor in ACTORS:
                fields = {"_xsrf": await lab.browsers[actor].token_of("/hub/password")}
                call = lab.browsers[actor].session.request(
                    method, f"{lab.base}/hub{route}", data=fields, allow_redirects=False
                )
                async with call as answer:
                    text = await answer.text()
                if answer.status != 404 or "boss" in text:
                    leaks.append(f"{actor}: {method} {route} -> {answer.status}")
        status, _, headers = await guest.get(f"/hub{route}")
        assert (status, "/hub/login" in headers["Location"]) == (302, True)
        assert (await lab.browsers["boss"].get(f"/hub{route}"))[0] == 200
    assert leaks == []
    assert state(lab)[:5] == before[:5]


async def test_staff_see_and_stop_the_servers_of_their_students(lab: CourseLab) -> None:
    """What the table does allow works, or the test above would prove nothing."""
    lab.asker = lab.browser()
    token = lab.app.users["asa"].new_api_token()
    for path in ("/api/users/stu", "/api/users/stu/server", "/api/users/stu/server/progress"):
        assert (await ask(lab, Call("get", path, path, "stu"), token))[0] == 200
    path = "/api/users/stu/server"
    assert (await ask(lab, Call("delete", path, path, "stu"), token))[0] in (202, 204)
