"""Which id tokens are believed."""

from __future__ import annotations

import json
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from crepre_hub.login.id_token import Keys, NotOurs, verified_claims

ISSUER, CLIENT, NONCE = "https://idp.example.org", "lab", "n-1"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EVIL = rsa.generate_private_key(public_exponent=65537, key_size=2048)
NOW = int(time.time())
CLAIMS = {
    "iss": ISSUER,
    "aud": CLIENT,
    "sub": "u-1",
    "nonce": NONCE,
    "iat": NOW,
    "exp": NOW + 24 * 3600,  # all tests together take longer than a real token lives
}


def public(key: Any = KEY, **more: Any) -> dict[str, Any]:
    """*key* as a provider shows it."""
    algorithm = (
        jwt.algorithms.RSAAlgorithm
        if isinstance(key, rsa.RSAPrivateKey)
        else jwt.algorithms.ECAlgorithm
    )
    return {**json.loads(algorithm.to_jwk(key.public_key())), "kid": "k1", "use": "sig", **more}


class Provider:
    """Counts how often its keys are asked for."""

    def __init__(self, *keys: dict[str, Any]) -> None:
        self.shown = {"keys": list(keys)}
        self.asked = 0

    async def __call__(self) -> dict[str, Any]:
        self.asked += 1
        return self.shown


def token(key: Any = KEY, *, kid: str | None = "k1", by: str = "RS256", **changes: Any) -> str:
    """CLAIMS with *changes*, signed; a claim of None is left out."""
    claims = {name: value for name, value in {**CLAIMS, **changes}.items() if value is not None}
    return jwt.encode(claims, key, by, headers={"kid": kid} if kid else {})


async def claims_in(text: object, provider: Provider | None = None) -> dict[str, Any]:
    keys = Keys(provider or Provider(public(alg="RS256")))
    return await verified_claims(text, keys, issuer=ISSUER, audience=CLIENT, nonce=NONCE)


async def test_a_token_for_this_login_is_believed() -> None:
    """With a key that has a name, the only one without, and one of the other kind."""
    assert (await claims_in(token()))["sub"] == "u-1"
    assert (await claims_in(token(kid=None)))["sub"] == "u-1"
    assert (await claims_in(token(aud=[CLIENT])))["sub"] == "u-1"
    curve = ec.generate_private_key(ec.SECP256R1())
    found = await claims_in(token(curve, by="ES256"), Provider(public(curve)))
    assert found["sub"] == "u-1"


@pytest.mark.parametrize(
    "forged",
    [
        token(EVIL),
        token(kid="k2"),
        token(iss=f"{ISSUER}/"),
        token(iss=None),
        token(aud="another"),
        token(aud=None),
        token(aud=[CLIENT, "another"]),
        token(aud=[CLIENT, "another"], azp="another"),
        token(azp="another"),
        token(nonce="n-2"),
        token(nonce=None),
        token(exp=NOW - 60),
        token(exp=None),
        token(iat=NOW + 3600),
        token(iat=None),
        token(sub=None),
        token(nbf=NOW + 3600),
        token("", by="none"),
        token("x" * 32, by="HS256"),
        "",
        "a.b.c",
        None,
        7,
    ],
)
async def test_every_other_token_is_not(forged: object) -> None:
    """Forged, unsigned, old, early, incomplete, for another client or another login."""
    with pytest.raises(NotOurs):
        await claims_in(forged)


async def test_a_key_for_secrets_signs_nothing() -> None:
    """Neither a shared secret among the keys, nor a key that is there to encrypt."""
    secret = {"kty": "oct", "k": "eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHg", "kid": "k1"}
    for key in ({**secret, "alg": "HS256"}, public(use="enc", alg="RS256")):
        with pytest.raises(NotOurs):
            await claims_in(token("x" * 32, by="HS256"), Provider(key))


async def test_new_keys_are_asked_for_and_not_too_often() -> None:
    """A provider may change its keys; whoever forges tokens does not make the lab ask for them."""
    provider = Provider(public(alg="RS256"))
    keys = Keys(provider)
    for text in (token(kid="k2"), token(kid="k3"), token(kid="k4")):
        with pytest.raises(NotOurs):
            await verified_claims(text, keys, issuer=ISSUER, audience=CLIENT, nonce=NONCE)
    assert provider.asked == 1
    provider.shown = {"keys": [public(EVIL, kid="k2", alg="RS256")]}
    keys._fetched_at -= 61
    found = await verified_claims(
        token(EVIL, kid="k2"), keys, issuer=ISSUER, audience=CLIENT, nonce=NONCE
    )
    assert (found["sub"], provider.asked) == ("u-1", 2)


async def test_a_key_that_was_withdrawn_is_believed_for_an_hour() -> None:
    """A provider that lost a key can only stop showing it."""
    provider = Provider(public(alg="RS256"))
    keys = Keys(provider)
    said = {"issuer": ISSUER, "audience": CLIENT, "nonce": NONCE}
    await verified_claims(token(), keys, **said)
    provider.shown = {"keys": [public(EVIL, kid="k2", alg="RS256")]}
    await verified_claims(token(), keys, **said)
    keys._fetched_at -= 3601
    with pytest.raises(NotOurs):
        await verified_claims(token(), keys, **said)
