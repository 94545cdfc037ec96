"""A lab with courses: a real CrepreHub in this process, with local accounts and mock servers."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from jupyterhub.app import JupyterHub
from jupyterhub.spawner import SimpleLocalProcessSpawner
from traitlets.config import Config

from crepre_hub.backends.backend import Found, Seat
from crepre_hub.backends.local.homes import FolderHomes
from crepre_hub.errors import StartFailed
from crepre_hub.hub.app import CrepreHub
from crepre_hub.hub.configure import configure_courses, configure_pages
from crepre_hub.hub.lane import Lane
from crepre_hub.hub.spawn_form import options_from_form
from crepre_hub.hub.spawning import seat_class
from crepre_hub.profiles.profile import Placement
from crepre_hub.settings.database import database_url
from crepre_hub.settings.lab import Lab as LabFile
from crepre_hub.settings.reader import Settings
from crepre_hub.store.accounts import AccountStore
from crepre_hub.wiring import Wiring
from tests.hub.accounts_lab import Browser, Lab, NoProxy, free_port
from tests.migrated import ensure_migrated

COURSE = """
title = "{title}"
teachers = {teachers}
assistants = {assistants}
students = {students}
{more}
[profiles.small]
title = "Small"
image = "x:1"
[profiles.large]
title = "Large"
image = "x:1"
"""


class MockSpawner(SimpleLocalProcessSpawner):
    """JupyterHub's own mock server, in a process each."""

    server_id = "mock"

    async def why_not_running(self) -> StartFailed | None:
        return None if await self.poll() is None else StartFailed("The mock server has ended.")


class TestBackend:
    """
    Nothing is rendered.

    Attributes:
        there: What a test says is there beside the hub's own servers; ends when it is removed.
    """

    __test__ = False
    spawner_class = MockSpawner
    hub_host = "127.0.0.1"

    def __init__(self, root: Path) -> None:
        self.there: tuple[Found, ...] = ()
        self.homes = FolderHomes(lambda user: root / "homes" / user, lambda user: False)

    def identity(self, seat: Seat) -> Mapping[str, object]:
        return {}

    def render(self, placement: Placement, seat: Seat) -> Mapping[str, object]:
        return {}

    def found(self) -> Sequence[Found]:
        return self.there

    def remove(self, found: Found) -> None:
        self.there = tuple(each for each in self.there if each != found)

    def server_of(self, pid: int) -> str:
        return ""


@dataclass(frozen=True)
class TestWiring(Wiring):
    """The lab's own wiring, but for the backend."""

    __test__ = False

    @cached_property
    def backend(self) -> Any:
        return TestBackend(self.settings.root)


class CourseBrowser(Browser):
    """A browser that can start servers."""

    async def submit_spawn(self, profile: str, user: str = "") -> tuple[int, str, dict[str, str]]:
        """Choose *profile* on the start page."""
        token = await self.token_of("/hub/password")
        path = f"/hub/spawn/{user}" if user else "/hub/spawn"
        return await self.post(f"{path}?_xsrf={token}", {"profile": profile})


class CourseLab(Lab):
    """The running hub, its desks and its course files."""

    browser_class = CourseBrowser

    def __init__(self, app: JupyterHub, base: str, wiring: Wiring) -> None:
        super().__init__(app, base, AccountStore(wiring.engine))
        self.wiring = wiring

    def write(self, course: str, **fields: object) -> None:
        """A course file; what is not said is empty."""
        write_course(self.wiring.settings.root, course, **fields)

    def look(self) -> None:
        """What the hub does every few seconds."""
        self.app.look_at_courses()
        self.app.standing.look()

    async def started(self, name: str, browser: Browser, profile: str) -> None:
        """Start a server from the form, and wait until it runs."""
        status, page, _ = await browser.submit_spawn(profile)
        assert status == 302, page
        await self.until_running(name)

    async def until_running(self, name: str) -> None:
        for _ in range(900):
            if self.app.users[name].spawner.ready:
                return
            await asyncio.sleep(0.1)
        raise AssertionError(f"{name}'s server did not start within 90 s")

    keeps_servers = False

    async def close(self) -> None:
        for user in list(self.app.users.values()):
            pid = user.spawner.pid if user.running and not self.keeps_servers else 0
            if pid:
                os.kill(pid, signal.SIGKILL)
                await asyncio.to_thread(os.waitpid, pid, 0)
        for each in self.app._repeating:
            each.stop()
        self.app.forget_newcomers()
        self.app.recent.stop()
        await super().close()


def write_course(root: Path, course: str, **fields: object) -> None:
    """A course file; what is not said is empty."""
    lists = {name: fields.pop(name, []) for name in ("teachers", "assistants", "students")}
    values = {"title": course.title(), "more": fields.pop("more", ""), **lists}
    assert not fields
    file = root / "courses" / f"{course}.toml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(COURSE.format(**values))


@asynccontextmanager
async def course_lab_in(
    folder: Path,
    *,
    port: int | None = None,
    authenticator_class: str = "crepre-accounts",
    lab_file: LabFile | None = None,
    **authenticator: Any,
) -> AsyncIterator[CourseLab]:
    """Start a hub with the course files in *folder*; start it again there, and it remembers."""
    port = port or free_port()
    (folder / "var").mkdir(exist_ok=True)
    ensure_migrated(folder / "var" / "crepre.sqlite")
    wiring = TestWiring(Settings(folder, lab_file or LabFile(), ()), (), "test")
    config = Config()
    configure_courses(config, wiring)
    configure_pages(config, wiring)
    config.CrepreHub.update(
        backend=lambda: wiring.backend,
        look_at_courses=lambda: wiring.courses.shelf(),  # noqa: PLW0108  (as configure_hub)
        standing_every_seconds=3600,  # a test looks when it wants to
        reconcile_every_seconds=3600,
        gpus_every_seconds=3600,
        look_at_gpus_every_seconds=3600,
    )
    config.JupyterHub.update(
        hub_bind_url=f"http://127.0.0.1:{port}",
        bind_url="http://127.0.0.1:1",
        db_url=f"sqlite:///{folder}/hub.sqlite",
        cookie_secret_file=str(folder / "cookie_secret"),
        authenticator_class=authenticator_class,
        proxy_class=NoProxy,
        spawner_class=seat_class(MockSpawner),
        cleanup_servers=False,
        cleanup_proxy=False,
        log_level="INFO",
    )
    config.SeatMixin.desk = lambda: wiring.launch_desk
    config.SeatMixin.backend = lambda: wiring.backend
    lane = Lane(4)
    config.SeatMixin.lane = lambda: lane
    config.Spawner.cmd = [sys.executable, "-m", "jupyterhub.tests.mocksu"]
    config.Spawner.options_form = lambda spawner: spawner.cards()
    config.Spawner.options_from_form = options_from_form
    config.Spawner.apply_user_options = lambda spawner, options: None
    config.SimpleLocalProcessSpawner.home_dir_template = f"{folder}/homes/{{username}}"
    url = database_url(wiring.settings, "crepre")
    config.AccountsAuthenticator.update(store_url=url, auth_refresh_age=3600, **authenticator)
    JupyterHub.clear_instance()
    app = CrepreHub(config=config)
    app.load_config_file = lambda *_args, **_kwargs: None
    await app.initialize([])
    await app.start()
    lab = CourseLab(app, f"http://127.0.0.1:{port}", wiring)
    try:
        yield lab
    finally:
        await lab.close()
        wiring.engine.dispose()
