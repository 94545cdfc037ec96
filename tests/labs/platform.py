"""A learning platform: a course with a link to the lab, and a real key that vouches (LTI 1.3)."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html import escape
from urllib.parse import urlencode

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
LEARNER = "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"


@dataclass
class Platform:
    """
    The platform, at another site than the lab: cookies are as they are between two hosts.

    Attributes:
        port: Where it listens; ``localhost``, since the lab is at an address.
        person: The user name of whoever is logged in there.
    """

    port: int
    lab_url: str
    person: str = "liv"
    key: rsa.RSAPrivateKey = field(
        default_factory=lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048)
    )

    @property
    def issuer(self) -> str:
        """What it calls itself."""
        return f"http://localhost:{self.port}"

    async def course(self, request: web.Request) -> web.Response:
        """A course with a link to a page of the lab."""
        query = urlencode(
            {
                "iss": self.issuer,
                "login_hint": self.person,
                "target_link_uri": f"{self.lab_url}/hub/home",
                "client_id": "tool",
            }
        )
        link = escape(f"{self.lab_url}/hub/login/lti?{query}")
        return web.Response(text=f'<a href="{link}">The lab</a>', content_type="text/html")

    async def authorize(self, request: web.Request) -> web.Response:
        """Vouch for the person, with a form that posts itself to the lab."""
        asked = request.query
        token = jwt.encode(
            {
                "iss": self.issuer,
                "aud": asked["client_id"],
                "sub": f"id-of-{self.person}",
                "nonce": asked["nonce"],
                "iat": int(time.time()),
                "exp": int(time.time()) + 300,
                f"{CLAIM}version": "1.3.0",
                f"{CLAIM}message_type": "LtiResourceLinkRequest",
                f"{CLAIM}deployment_id": "1",
                f"{CLAIM}target_link_uri": f"{self.lab_url}/hub/home",
                f"{CLAIM}resource_link": {"id": "r-1"},
                f"{CLAIM}roles": [LEARNER],
                f"{CLAIM}custom": {"username": self.person},
            },
            self.key,
            "RS256",
            headers={"kid": "k1"},
        )
        fields = "".join(
            f'<input type="hidden" name="{name}" value="{escape(value)}">'
            for name, value in {"id_token": token, "state": asked["state"]}.items()
        )
        action = escape(asked["redirect_uri"])
        page = f'<form method="post" action="{action}">{fields}</form>'
        return web.Response(
            text=f"{page}<script>document.forms[0].submit()</script>", content_type="text/html"
        )

    async def keys(self, request: web.Request) -> web.Response:
        """The public key."""
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
        return web.json_response({"keys": [{**public, "kid": "k1", "use": "sig", "alg": "RS256"}]})


@asynccontextmanager
async def running_platform(platform: Platform) -> AsyncIterator[Platform]:
    """While it answers."""
    app = web.Application()
    app.router.add_get("/course", platform.course)
    app.router.add_get("/authorize", platform.authorize)
    app.router.add_get("/keys", platform.keys)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "localhost", platform.port).start()
    try:
        yield platform
    finally:
        await runner.cleanup()
