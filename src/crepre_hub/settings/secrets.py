"""Secrets of the ways in: in a file that only the lab's account can read, or in its environment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from crepre_hub.errors import SettingsError
from crepre_hub.secret import Secret
from crepre_hub.settings.login import LdapSection, LoginSection, OAuthSection

OTHERS = 0o027
"""Bits of a file's mode: written by the group, or anything at all by everybody."""

LONGEST_BYTES = 4096


def variable_of(kind: str) -> str:
    """Where the secret of *kind* may stand instead of in a file."""
    return f"CREPRE_LOGIN_{kind.upper()}_SECRET"


def kinds_with_secret(login: LoginSection) -> Iterator[tuple[str, str, str]]:
    """Kind, key and file of each secret that *login* needs."""
    for kind in login.kind:
        section = login.section(kind) if kind != "accounts" else None
        if isinstance(section, OAuthSection):
            yield kind, "client_secret_file", section.client_secret_file
        elif isinstance(section, LdapSection) and section.search_as:
            yield kind, "search_password_file", section.search_password_file


def secret_of(kind: str, login: LoginSection, *, root: Path, environ: Mapping[str, str]) -> Secret:
    """
    The secret of *kind*; empty where it needs none.

    Raises:
        SettingsError: If there is none, or others can read it.
    """
    wanted = {word: (key, file) for word, key, file in kinds_with_secret(login)}
    if kind not in wanted:
        return Secret("")
    key, file = wanted[kind]
    if file:
        return _read(root / file)
    text = environ.get(variable_of(kind), "")
    if not text:
        raise SettingsError(
            f"The secret of {kind!r} is missing.",
            remedy=f"Put it into a file of mode 600 and name that as {key}, or set"
            f" {variable_of(kind)} where the lab is started.",
        )
    return Secret(text)


def _read(file: Path) -> Secret:
    try:
        mode = file.stat().st_mode
        text = file.read_bytes()[: LONGEST_BYTES + 1].decode()
    except OSError as error:
        raise SettingsError(
            f"The secret in {file} cannot be read: {error.strerror}.",
            remedy=f"Write it there, and then: chmod 600 {file}",
        ) from None
    except UnicodeDecodeError:
        text = ""
    if mode & OTHERS:
        raise SettingsError(
            f"Others on this machine can read or change the secret in {file}.",
            remedy=f"chmod 600 {file}",
        )
    secret = text.strip()
    if not secret or len(secret) > LONGEST_BYTES or not secret.isprintable():
        raise SettingsError(
            f"{file} holds no secret: one line of text is wanted.",
            remedy="Write the secret into it as the provider shows it, and nothing else.",
        )
    return Secret(secret)


def secret_problems(
    login: LoginSection, *, root: Path, environ: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """The path and the text of each secret that cannot be used."""
    for kind, key, _ in kinds_with_secret(login):
        try:
            secret_of(kind, login, root=root, environ=environ)
        except SettingsError as error:
            yield f"login/{kind}/{key}", str(error)
