"""The key with which the lab signs what it tells a learning platform."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from crepre_hub.errors import SettingsError

ALGORITHM = "RS256"
"""Source: https://www.imsglobal.org/spec/security/v1p0/#approved-jwt-signing-algorithms"""

BITS = 2048


class ToolKey:
    """The key in *file*, which is made where there is none and read by its owner alone."""

    def __init__(self, file: Path) -> None:
        self._file = file

    @cached_property
    def _key(self) -> RSAPrivateKey:
        if not self._file.exists():
            _write_once(self._file, generate_private_key(public_exponent=65537, key_size=BITS))
        try:
            key = load_pem_private_key(self._file.read_bytes(), None)
        except ValueError as error:
            raise SettingsError(
                f"{self._file} is no private key.",
                remedy="Take it away: the lab makes a new one, which the platform then reads.",
            ) from error
        assert isinstance(key, RSAPrivateKey), f"{self._file} is no RSA key"
        return key

    @cached_property
    def public(self) -> Mapping[str, Any]:
        """The public key as a JSON Web Key; its name is its thumbprint (RFC 7638)."""
        plain = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self._key.public_key()))
        needed = {name: plain[name] for name in ("e", "kty", "n")}
        digest = hashlib.sha256(json.dumps(needed, separators=(",", ":")).encode()).digest()
        name = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        return {**needed, "alg": ALGORITHM, "use": "sig", "kid": name}

    def sign(self, claims: Mapping[str, object]) -> str:
        """A token with *claims*."""
        headers = {"kid": self.public["kid"]}
        return jwt.encode(dict(claims), self._key, ALGORITHM, headers=headers)


def _write_once(file: Path, key: RSAPrivateKey) -> None:
    """Of two processes that make a key at the same moment, the first one's is kept."""
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(handle, "wb") as written:
        written.write(pem)
