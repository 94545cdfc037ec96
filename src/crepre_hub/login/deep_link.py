"""
A teacher adds a link to the lab from within the platform (LTI deep linking 2.0).

The platform sends the teacher with a signed wish, the teacher picks a course, and the browser
carries the answer back, signed with the lab's key.
Source: https://www.imsglobal.org/spec/lti-dl/v2p0
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
LINKING = "https://purl.imsglobal.org/spec/lti-dl/claim/"
REQUEST, RESPONSE = "LtiDeepLinkingRequest", "LtiDeepLinkingResponse"
LINK = "ltiResourceLink"

ANSWER_SECONDS = 300
WISH_SECONDS = 3600
MOST_WISHES = 1000


@dataclass(frozen=True, slots=True)
class Wish:
    """
    What a platform asked for.

    Attributes:
        user: Who picks, by their name in the lab.
        issuer: The platform.
        client: What the platform calls the lab.
        return_url: Where the answer goes.
        data: Has to come back as it is; None if there was none.
    """

    user: str
    issuer: str
    client: str
    deployment: str
    return_url: str
    data: object = None


@dataclass(frozen=True, slots=True)
class Item:
    """One link."""

    title: str
    url: str


def wish_or_none(claims: Mapping[str, Any], user: str) -> Wish | None:
    """What a launch, whose signature was right, asks for; None where it takes no link."""
    settings = claims.get(f"{LINKING}deep_linking_settings")
    if claims.get(f"{CLAIM}message_type") != REQUEST or not isinstance(settings, Mapping):
        return None
    accepted, url = settings.get("accept_types"), settings.get("deep_link_return_url")
    if not isinstance(accepted, list) or LINK not in accepted or not _is_address(url):
        return None
    audience = claims["aud"]
    client = audience if isinstance(audience, str) else claims.get("azp") or audience[0]
    deployment = str(claims[f"{CLAIM}deployment_id"])
    return Wish(user, claims["iss"], client, deployment, str(url), settings.get("data"))


def answer_to(wish: Wish, items: Iterable[Item], *, now: int) -> dict[str, object]:
    """The claims of the answer; *now* is in seconds since 1970."""
    claims: dict[str, object] = {
        "iss": wish.client,
        "aud": [wish.issuer],
        "iat": now,
        "exp": now + ANSWER_SECONDS,
        "nonce": secrets.token_hex(16),
        f"{CLAIM}deployment_id": wish.deployment,
        f"{CLAIM}message_type": RESPONSE,
        f"{CLAIM}version": "1.3.0",
        f"{LINKING}content_items": [
            {"type": LINK, "title": item.title, "url": item.url} for item in items
        ],
    }
    return claims if wish.data is None else {**claims, f"{LINKING}data": wish.data}


class Wishes:
    """
    Wishes that wait for a choice; each is answered once, by whoever it was for.

    Only what a platform has signed gets here.
    """

    def __init__(self, most: int = MOST_WISHES) -> None:
        self._most = most
        self._waiting: dict[str, tuple[float, Wish]] = {}

    def add(self, wish: Wish, *, now: float) -> str:
        """Keep *wish* for an hour; returns its name. The oldest goes where there are too many."""
        for name, (until, _) in list(self._waiting.items()):
            if until <= now or len(self._waiting) >= self._most:
                del self._waiting[name]
        name = secrets.token_urlsafe(16)
        self._waiting[name] = (now + WISH_SECONDS, wish)
        return name

    def named(self, name: str, user: str, *, now: float) -> Wish | None:
        """The wish of that *name*, if it is for *user* and not too old."""
        until, wish = self._waiting.get(name, (now, None))
        return wish if wish is not None and wish.user == user and now < until else None

    def answered(self, name: str) -> None:
        """It waits no more."""
        self._waiting.pop(name, None)


def _is_address(url: object) -> bool:
    return isinstance(url, str) and urlsplit(url).scheme in ("https", "http")
