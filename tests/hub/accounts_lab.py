"""A real JupyterHub in this process, reached at its own port, with local accounts."""

from __future__ import annotations

import itertools
import random
import re
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp
from jupyterhub.app import JupyterHub
from jupyterhub.proxy import Proxy
from traitlets.config import Config

import crepre_hub
from crepre_hub.languages.templates import Languages
from crepre_hub.login.accounts import AccountsAuthenticator
from crepre_hub.login.people import OneTimeLink, add_account
from crepre_hub.store.accounts import AccountStore
from crepre_hub.store.engine import open_engine
from tests.migrated import ensure_migrated

TEMPLATES = Path(crepre_hub.__file__).parent / "hub" / "templates"
PASSWORD = "seven cellos waltzing"
NEXT_PASSWORD = "quiet marimba orchard"


class NoProxy(Proxy):
    """Keeps the routes and serves none: the tests talk to the hub's own port."""

    should_start = False

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.routes: dict[str, dict[str, Any]] = {}

    async def add_route(self, routespec: str, target: str, data: dict[str, Any]) -> None:
        self.routes[routespec] = {"routespec": routespec, "target": target, "data": data}

    async def delete_route(self, routespec: str) -> None:
        self.routes.pop(routespec, None)

    async def get_all_routes(self) -> dict[str, dict[str, Any]]:
        return dict(self.routes)


class Browser:
    """Keeps cookies, follows no redirect by itself, and fills in forms."""

    def __init__(self, base: str, *, address: str = "192.0.2.7") -> None:
        self.base = base
        self.session = aiohttp.ClientSession(
            cookie_jar=aiohttp.CookieJar(unsafe=True), headers={"X-Forwarded-For": address}
        )

    async def get(self, path: str, **kwargs: Any) -> tuple[int, str, dict[str, str]]:
        kwargs.setdefault("allow_redirects", False)
        async with self.session.get(self.base + path, **kwargs) as answer:
            return answer.status, await answer.text(), dict(answer.headers)

    async def post(self, path: str, data: Any, **kwargs: Any) -> tuple[int, str, dict[str, str]]:
        async with self.session.post(
            self.base + path, data=data, allow_redirects=False, **kwargs
        ) as answer:
            return answer.status, await answer.text(), dict(answer.headers)

    async def token_of(self, path: str) -> str:
        _, page, _ = await self.get(path)
        found = re.search(r'name="_xsrf" value="([^"]+)"', page)
        assert found, page
        return found.group(1)

    async def submit(
        self, path: str, *, form_at: str | None = None, **fields: str
    ) -> tuple[int, str, dict[str, str]]:
        """Open the form, fill it in, send it."""
        token = await self.token_of(form_at or path)
        return await self.post(path, {"_xsrf": token, **fields})

    async def log_in(self, name: str, password: str = PASSWORD) -> int:
        return (await self.submit("/hub/login", username=name, password=password))[0]

    async def open_link(
        self, link: OneTimeLink, password: str = PASSWORD
    ) -> tuple[int, str, dict[str, str]]:
        """Follow a one-time link and choose a password."""
        code = link.code.reveal()
        return await self.submit(
            "/hub/welcome",
            form_at=f"/hub/welcome?code={code}",
            code=code,
            password=password,
            password_again=password,
        )

    async def is_in(self) -> bool:
        return (await self.get("/hub/home"))[0] == 200


class Lab:
    """The running hub and its database of accounts."""

    def __init__(self, app: JupyterHub, base: str, store: AccountStore) -> None:
        self.app = app
        self.base = base
        self.store = store
        self._browsers: list[Browser] = []

    async def newcomer(self, name: str, *, admin: bool = False) -> Browser:
        """Somebody with a fresh account and PASSWORD, logged in."""
        browser = self.browser()
        assert (await browser.open_link(add_account(self.store, name, admin)))[0] == 302
        return browser

    @property
    def authenticator(self) -> AccountsAuthenticator:
        return self.app.authenticator

    browser_class: type[Browser] = Browser
    browsers: dict[str, Any]
    asker: Any

    def browser(self, **kwargs: Any) -> Any:
        self._browsers.append(self.browser_class(self.base, **kwargs))
        return self._browsers[-1]

    async def close(self) -> None:
        for browser in self._browsers:
            await browser.session.close()
        self.app.http_server.stop()
        await self.app.http_server.close_all_connections()
        self.app.metrics_collector.stop()
        for callback in self.app._periodic_callbacks.values():
            callback.stop()
        await self.app.cleanup()
        self.authenticator.door.close()
        self.app.db.close()
        self.app.db.get_bind().dispose()
        JupyterHub.clear_instance()


_PORTS = itertools.cycle(random.sample(range(30_000, 32_000), 2000))
"""Below those of which the kernel gives one to whoever asks for any, in the very next moment."""


def free_port() -> int:
    """A port that nobody has, and that no other lab of this run was given."""
    for port in _PORTS:
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no port is free")


@asynccontextmanager
async def lab_in(
    folder: Path,
    *,
    port: int | None = None,
    authenticator_class: type[AccountsAuthenticator] = AccountsAuthenticator,
    **authenticator: Any,
) -> AsyncIterator[Lab]:
    """
    Start a hub whose databases are in *folder*; start it again there, and it remembers.

    Its servers are JupyterHub's own mock server, in a process each.
    """
    port = port or free_port()
    url = f"sqlite:///{folder}/crepre.sqlite"
    ensure_migrated(folder / "crepre.sqlite")
    config = Config()
    config.JupyterHub.update(
        hub_bind_url=f"http://127.0.0.1:{port}",
        bind_url="http://127.0.0.1:1",
        db_url=f"sqlite:///{folder}/hub.sqlite",
        cookie_secret_file=str(folder / "cookie_secret"),
        authenticator_class=authenticator_class,
        proxy_class=NoProxy,
        spawner_class="simple",
        template_paths=[str(TEMPLATES)],
        jinja_environment_options={"extensions": [Languages]},
        cleanup_servers=False,
        cleanup_proxy=False,
        log_level="INFO",
    )
    config.Spawner.cmd = [sys.executable, "-m", "jupyterhub.tests.mocksu"]
    config.SimpleLocalProcessSpawner.home_dir_template = f"{folder}/homes/{{username}}"
    config[authenticator_class.__name__].update(store_url=url, auth_refresh_age=1, **authenticator)
    JupyterHub.clear_instance()
    app = JupyterHub(config=config)
    app.load_config_file = lambda *_args, **_kwargs: None
    await app.initialize([])
    await app.start()
    engine = open_engine(url)
    lab = Lab(app, f"http://127.0.0.1:{port}", AccountStore(engine))
    try:
        yield lab
    finally:
        await lab.close()
        engine.dispose()
