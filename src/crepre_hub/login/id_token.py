"""Id tokens: whether a provider really signed one, for us, for this login, a moment ago."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import jwt

from crepre_hub.errors import CrepreError
from crepre_hub.login.discovery import ALGORITHMS

LEEWAY_SECONDS = 30
FETCH_AGAIN_SECONDS = 60
"""A key that is not known makes us ask, at most so often: who forges tokens decides nothing."""

KEEP_SECONDS = 3600
"""A key that the provider has withdrawn is believed no longer than this."""

REQUIRED = ["iss", "sub", "aud", "exp", "iat"]


class NotOurs(CrepreError):
    """An id token that is forged, old, or for somebody else."""

    reason = "id-token"


class Keys:
    """The public keys of one provider, asked for when they are first needed."""

    def __init__(self, fetch: Callable[[], Awaitable[dict[str, Any]]]) -> None:
        self._fetch = fetch
        self._set: jwt.PyJWKSet | None = None
        self._fetched_at = -float("inf")
        self._one_at_a_time = asyncio.Lock()

    async def named(self, key_id: str | None) -> jwt.PyJWK:
        """
        The key called *key_id*; the only one, where tokens do not name theirs.

        Raises:
            NotOurs: If the provider has no such key.
        """
        async with self._one_at_a_time:
            age = time.monotonic() - self._fetched_at
            found = self._find(key_id) if age < KEEP_SECONDS else None
            if found is None and age >= FETCH_AGAIN_SECONDS:
                self._set = jwt.PyJWKSet.from_dict(await self._fetch())
                self._fetched_at = time.monotonic()
                found = self._find(key_id)
        if found is None:
            raise NotOurs(f"The provider has no key {key_id!r:.80}.")
        return found

    def _find(self, key_id: str | None) -> jwt.PyJWK | None:
        keys = [key for key in (self._set.keys if self._set else ()) if _can_verify(key)]
        if key_id is None:
            return keys[0] if len(keys) == 1 else None
        return next((key for key in keys if key.key_id == key_id), None)


def _can_verify(key: jwt.PyJWK) -> bool:
    return key.public_key_use in (None, "sig") and key.algorithm_name in ALGORITHMS


async def verified_claims(
    token: object, keys: Keys, *, issuer: str, audience: str, nonce: str | None
) -> dict[str, Any]:
    """
    What is in *token*.

    Source: https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation

    Raises:
        NotOurs: If anything about it is not right.
    """
    if not isinstance(token, str):
        raise NotOurs("The provider sent no id token.")
    try:
        header = jwt.get_unverified_header(token)
        key = await keys.named(header.get("kid"))
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=[key.algorithm_name],
            audience=audience,
            issuer=issuer,
            leeway=LEEWAY_SECONDS,
            options={"require": REQUIRED},
        )
    except jwt.PyJWTError as error:
        raise NotOurs(f"The id token is not right: {error}") from error
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if claims.get("azp", None if several else audience) != audience:
        raise NotOurs("The id token was made for another client.")
    if nonce is not None and claims.get("nonce") != nonce:
        raise NotOurs("The id token belongs to another login.")
    return claims
