"""Ways in where a password is typed here and looked at elsewhere."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from jupyterhub.auth import Authenticator

from crepre_hub.errors import CrepreError
from crepre_hub.login.door import Door, MustWait, Visitor
from crepre_hub.login.forms import FormWay
from crepre_hub.login.throttle import PER_PAIR

HERE = Visitor("192.0.2.7")


class Silent(Authenticator):  # type: ignore[misc]  # JupyterHub has no types
    """A directory that does not answer."""

    async def authenticate(self, handler: Any, data: Any) -> None:
        raise CrepreError("The directory does not answer.")


class SilentWay(FormWay, Silent):  # type: ignore[misc]
    """The same, as a way into the lab."""


async def test_a_directory_that_is_away_is_held_against_nobody(door: Door, clock: Any) -> None:
    """When it is back, a class that has tried and tried comes in at once."""
    way = SilentWay()
    way.lab, way.way = SimpleNamespace(door=door), SimpleNamespace(word="ldap", naming=None)
    handler = SimpleNamespace(visitor=lambda: HERE)
    for _ in range(PER_PAIR * 2):
        clock.now += timedelta(seconds=1)
        with pytest.raises(CrepreError):
            await way.get_authenticated_user(handler, {"username": "ola", "password": "x"})
    assert not isinstance(await door.enter("ldap:ola", HERE), MustWait)
