"""
A server that speaks the endpoints of GitHub, GitLab, Google, Entra ID, CILogon and of a platform.

It says whatever a test wants said, hostile claims included. Codes are checked as the real ones
check them: once, with the client's secret and with PKCE.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT, SECRET = "lab", "only-for-tests"


def new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def signed(claims: dict[str, Any], key: rsa.RSAPrivateKey, *, kid: str = "k1", **more: Any) -> str:
    """A token as a provider makes one."""
    now = int(time.time())
    return jwt.encode(
        {"iat": now, "exp": now + 300, **claims}, key, "RS256", headers={"kid": kid}, **more
    )


@dataclass
class Speaker:
    """
    The server, and what it says.

    Attributes:
        answers: By path; what a GET there returns as JSON.
        id_token: What comes with the access token; none if empty.
        id_claims: In its place: claims that are signed with the nonce of the login.
        ask: The last request to authorize.
    """

    base: str
    key: rsa.RSAPrivateKey = field(default_factory=new_key)
    answers: dict[str, Any] = field(default_factory=dict)
    id_token: str = ""
    id_claims: dict[str, Any] = field(default_factory=dict)
    ask: dict[str, str] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=set)

    def keys(self) -> dict[str, Any]:
        """The public key, as a provider shows it."""
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
        return {"keys": [{**public, "kid": "k1", "use": "sig", "alg": "RS256"}]}

    async def authorize(self, request: web.Request) -> web.Response:
        """Send the browser back with a code, as if somebody had logged in."""
        self.ask = dict(request.query)
        code = secrets.token_hex(8)
        self.codes[code] = self.ask
        query = urlencode({"code": code, "state": self.ask["state"]})
        raise web.HTTPFound(f"{self.ask['redirect_uri']}?{query}")

    async def token(self, request: web.Request) -> web.Response:
        """Exchange a code."""
        form = await request.post()
        ask = self.codes.pop(str(form.get("code")), None)
        digest = hashlib.sha256(str(form.get("code_verifier")).encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        is_right = (
            ask is not None
            and form.get("client_secret") == SECRET
            and form.get("redirect_uri") == ask["redirect_uri"]
            and challenge == ask["code_challenge"]
        )
        if not is_right:
            return web.json_response({"error": "invalid_grant"}, status=400)
        token = secrets.token_hex(8)
        self.tokens.add(token)
        if self.id_claims:
            claims = {"nonce": (ask or {}).get("nonce"), **self.id_claims}
            self.id_token = signed(claims, self.key)
        answer = {"access_token": token, "token_type": "Bearer", "scope": "read:org,user:email"}
        return web.json_response(
            {**answer, **({"id_token": self.id_token} if self.id_token else {})}
        )

    async def answer(self, request: web.Request) -> web.Response:
        """What was put into ``answers``; only to whoever has a token, keys excepted."""
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if request.path.endswith("keys"):
            return web.json_response(self.keys())
        is_open = request.path.startswith("/.well-known/")
        if token not in self.tokens and not is_open:
            return web.json_response({"message": "Bad credentials"}, status=401)
        if request.path not in self.answers:
            return web.json_response({"message": "Not Found"}, status=404)
        found = self.answers[request.path]
        return web.Response(status=204) if found == "" else web.json_response(found)


@asynccontextmanager
async def speaking(port: int) -> AsyncIterator[Speaker]:
    """The server at *port* of loopback."""
    speaker = Speaker(f"http://127.0.0.1:{port}")
    app = web.Application()
    for path in ("/github/login/oauth/authorize", "/gitlab/oauth/authorize", "/authorize"):
        app.router.add_get(path, speaker.authorize)
    app.router.add_get("/tenant/oauth2/v2.0/authorize", speaker.authorize)
    for path in ("/github/login/oauth/access_token", "/gitlab/oauth/token", "/token"):
        app.router.add_post(path, speaker.token)
    app.router.add_post("/oauth2/v4/token", speaker.token)
    app.router.add_get("/{path:.*}", speaker.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield speaker
    finally:
        await runner.cleanup()
