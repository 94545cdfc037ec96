"""People who have an account on this machine; on JupyterHub's own PAMAuthenticator."""

from __future__ import annotations

import asyncio
import grp
import os
import pwd
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from jupyterhub.auth import PAMAuthenticator

from crepre_hub.courses.identity import Identity, claims_of
from crepre_hub.decisions import Refused
from crepre_hub.findings import Finding
from crepre_hub.login.claims import Claims, Naming, identity_of, refused, texts
from crepre_hub.login.forms import FormWay
from crepre_hub.login.way import Plan, Way
from crepre_hub.sentences import say

PAM_FOLDER = Path("/etc/pam.d")

LOWEST_UID = 1000
"""Below are root and the machine's programs. Source: UID_MIN in login.defs(5)."""


def way(plan: Plan) -> Way:
    """Whoever may log in to this machine by the service that is named."""
    naming = plan.naming(say("an account of this machine"))
    return Way(
        naming=naming,
        authenticator=PamWay,
        traits={
            "allow_all": True,
            "service": plan.lab.login.pam.service,
            "open_sessions": False,
            "check_account": True,
        },
        identify=lambda claims: identify(claims, naming),
        has_form=True,
    )


def probe(plan: Plan) -> Iterator[Finding]:
    """Whether this machine has the service, and the lab may ask it about anybody."""
    file = PAM_FOLDER / plan.lab.login.pam.service
    if not file.exists():
        text = f"This machine has no PAM service {file.name!r}."
        yield Finding("error", text, remedy=f"ls {PAM_FOLDER}, and set service in lab.toml.")
    elif not os.access("/etc/shadow", os.R_OK):
        text = "The lab's account may not read /etc/shadow, so PAM knows no password but its own."
        yield Finding("error", text, remedy="Add it to the group shadow, or use another kind.")
    else:
        yield Finding("ok", f"PAM's service {file.name!r} is there.")


def identify(claims: Claims, naming: Naming) -> Identity | Refused:
    """Who the machine's list of users says it is; a person there has nothing more lasting."""
    uid = claims.get("uid")
    if not isinstance(uid, int) or uid < LOWEST_UID:
        return refused("not-a-person", naming, "This account belongs to the machine itself.")
    return identity_of(
        naming,
        issuer="pam",
        subject=claims.get("name"),
        name=claims.get("name"),
        display_name=claims.get("full_name"),
        claims=claims_of("group", texts(claims.get("groups"))),
    )


class PamWay(FormWay, PAMAuthenticator):  # type: ignore[misc]  # JupyterHub has no types
    """PAMAuthenticator that tells who somebody is on this machine."""

    async def authenticate(self, handler: Any, data: dict[str, str]) -> dict[str, Any] | None:
        """The user, with what the machine knows of them."""
        name = await super().authenticate(handler, data)
        if name is None:
            return None
        return {"name": name, "auth_state": await asyncio.to_thread(facts_of, name)}


def facts_of(name: str) -> dict[str, object]:
    """What the machine's tables say about the user *name*."""
    user = pwd.getpwnam(name)
    return {
        "name": user.pw_name,
        "uid": user.pw_uid,
        "full_name": user.pw_gecos.split(",")[0],
        "groups": list(_names_of_groups(os.getgrouplist(name, user.pw_gid))),
    }


def _names_of_groups(numbers: Iterable[int]) -> Iterator[str]:
    """Those that have one: a directory of groups may be away, or know less than the users' one."""
    for number in numbers:
        with suppress(KeyError):
            yield grp.getgrgid(number).gr_name
