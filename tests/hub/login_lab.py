"""A real hub whose people come from providers, and the browsers that they use."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from crepre_hub.courses.identity import Identity
from crepre_hub.login.lab import LabAuthenticator
from crepre_hub.login.way import Way, kind_named
from crepre_hub.login.ways import plan_of
from crepre_hub.settings.lab import Lab as LabSettings
from tests.hub.accounts_lab import Browser, Lab, free_port, lab_in
from tests.hub.identity_provider import SECRET, Speaker, speaking

TENANT = "1b5e2c4d-aaaa-bbbb-cccc-0123456789ab"
UIO = "https://idp.uio.no"


@dataclass
class World:
    """A lab, the server that vouches for its people, and who has come in."""

    lab: Lab
    speaker: Speaker
    came: list[Identity]

    async def come(
        self, kind: str, browser: Browser | None = None, *, then: str = ""
    ) -> tuple[Browser, int, str, str]:
        """
        Go to the provider and back.

        Returns:
            The browser, and status, page and address of what the lab answered in the end.
        """
        browser = browser or self.lab.browser()
        back = await self.leave(kind, browser, then=then)
        status, page, headers = await browser.get(back)
        return browser, status, page, headers.get("Location", "")

    async def leave(self, kind: str, browser: Browser, *, then: str = "") -> str:
        """Go to the provider; returns the path at which it sends the browser back."""
        query = f"?next={then}" if then else ""
        status, page, headers = await browser.get(f"/hub/login/{kind}{query}")
        assert status == 302, page
        async with browser.session.get(headers["Location"], allow_redirects=False) as answer:
            back = answer.headers["Location"]
        assert back.startswith(self.lab.base), back
        return back.removeprefix(self.lab.base)

    async def name_of(self, browser: Browser) -> str:
        """Who the browser is logged in as; empty for nobody."""
        _, page, _ = await browser.get("/hub/home")
        found = re.search(r'user: "([^"]*)"', page)
        return found[1] if found else ""


@asynccontextmanager
async def world_in(
    folder: Path,
    kinds: Sequence[str],
    sections: Mapping[str, Mapping[str, Any]] | None = None,
    **more: Any,
) -> AsyncIterator[World]:
    """A lab with the ways in *kinds*; *more* goes to its authenticator."""
    port, elsewhere = free_port(), free_port()
    base = f"http://127.0.0.1:{port}"
    came: list[Identity] = []
    async with speaking(elsewhere) as speaker:
        settings = LabSettings.model_validate(
            {
                "lab": {"url": base},
                "login": {"kind": tuple(kinds), **sections_for(speaker, sections or {})},
            }
        )
        ways = [way_of(kind, settings, speaker) for kind in kinds if kind != "accounts"]
        more = {"on_login": came.append, **more}
        async with lab_in(
            folder,
            port=port,
            authenticator_class=LabAuthenticator,
            passwords="accounts" in kinds,
            ways_in=lambda: ways,
            **more,
        ) as lab:
            yield World(lab, speaker, came)


def sections_for(
    speaker: Speaker, changes: Mapping[str, Mapping[str, Any]]
) -> dict[str, dict[str, Any]]:
    """What an admin writes, with the server in the place of the real ones."""
    client = {"client_id": "lab"}
    usual: dict[str, dict[str, Any]] = {
        "github": {**client, "url": f"{speaker.base}/github"},
        "gitlab": {**client, "url": f"{speaker.base}/gitlab"},
        "google": {**client, "domains": ("uio.no",)},
        "azure": {**client, "tenant": TENANT},
        "cilogon": {**client, "universities": (UIO,), "domain": "uio.no"},
        "oidc": {**client, "issuer": speaker.base, "groups_url": f"{speaker.base}/groups"},
        "lti": {
            "issuer": "https://canvas.example.org",
            "client_ids": ("lab",),
            "deployments": ("1",),
            "authorize_url": f"{speaker.base}/authorize",
            "keys_url": f"{speaker.base}/keys",
        },
    }
    return {kind: {**usual.get(kind, {}), **changes.get(kind, {})} for kind in {**usual, **changes}}


def way_of(kind: str, settings: LabSettings, speaker: Speaker) -> Way:
    """The way in as the lab makes it, but for hosts that are not ours to speak for."""
    environ = {f"CREPRE_LOGIN_{kind.upper()}_SECRET": SECRET}
    way = kind_named(kind).way(plan_of(kind, settings, root=Path("/"), environ=environ))
    moved: dict[str, dict[str, object]] = {
        "google": {"authorize_url": f"{speaker.base}/authorize", "google_api_url": speaker.base},
        "azure": {
            "authorize_url": f"{speaker.base}/tenant/oauth2/v2.0/authorize",
            "token_url": f"{speaker.base}/token",
        },
        "cilogon": {
            "authorize_url": f"{speaker.base}/authorize",
            "token_url": f"{speaker.base}/token",
            "userdata_url": f"{speaker.base}/userinfo",
        },
    }
    return replace(way, traits={**way.traits, **moved.get(kind, {})})


def path_of(url: str) -> str:
    """The path of an address at any host."""
    return urlsplit(url).path
